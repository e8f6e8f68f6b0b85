/** What a machine asks of its guest's operating system: the integration services. */

import type { Clock, Partition } from '@viridian/hypervisor';
import { type Heart, IntegrationServices } from '@viridian/vsp/integration';
import type { CheckedConfiguration } from './configuration.ts';

/** What the guest is asked to do. */
export interface ShutdownRequest {
  /** Start again instead of switching off. */
  readonly reboot?: boolean;
  /** Even if programs object; Linux does so in any case. */
  readonly force?: boolean;
}

/** What the services of one machine need. */
export interface ServiceParts {
  readonly configuration: CheckedConfiguration;
  readonly partition: Partition;
  readonly clock: Clock;
  /** Path of the partition. */
  readonly where: string;
  readonly heartChanged: (heart: Heart) => void;
}

/** The services that the configuration asks for; undefined for none. */
export function makeServices(parts: ServiceParts): IntegrationServices | undefined {
  const { configuration, partition, clock, where, heartChanged } = parts;
  if (!configuration.integration) return undefined;
  return new IntegrationServices({
    clock,
    unixMilliseconds: () => Date.now(),
    referenceTime: () => partition.msrState.reference.now(),
    heartChanged,
    where: `${where}/integration`,
  });
}
