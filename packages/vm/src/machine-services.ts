/** What a machine asks of its guest's operating system: the integration services, the balloon, sockets. */

import type { Clock, Partition } from '@viridian/hypervisor';
import type { ChildPartition } from '@viridian/hypervisor/parent';
import type { InspectTree } from '@viridian/trace';
import type { OfferedDevice, VmbusHost } from '@viridian/vmbus/host';
import { Balloon } from '@viridian/vsp/balloon';
import { type Heart, IntegrationServices } from '@viridian/vsp/integration';
import { SocketService } from '@viridian/vsp/socket';
import type { CheckedConfiguration } from './configuration.ts';
import { BALLOON_INSTANCE_ID, ChildBalloonMemory } from './machine-balloon.ts';
import type { MachineBank } from './machine-memory.ts';

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
  readonly child: ChildPartition;
  readonly partition: Partition;
  readonly bank: MachineBank;
  readonly clock: Clock;
  readonly heartChanged: (heart: Heart) => void;
  /** False when the machine comes to its end. */
  readonly isAlive: () => boolean;
}

/** Those services that the configuration asks for. */
export class MachineServices {
  readonly integration: IntegrationServices | undefined;
  readonly balloon: Balloon | undefined;
  #sockets: SocketService | undefined;
  readonly #parts: ServiceParts;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
    const { configuration, child, partition, bank, clock, heartChanged, isAlive } = parts;
    if (configuration.integration) {
      this.integration = new IntegrationServices({
        clock,
        unixMilliseconds: () => Date.now(),
        referenceTime: () => partition.msrState.reference.now(),
        heartChanged,
        where: `${child.where}/integration`,
      });
    }
    if (configuration.balloon) {
      this.balloon = new Balloon({
        instanceId: BALLOON_INSTANCE_ID,
        memory: new ChildBalloonMemory(child, bank, configuration.memoryBytes, isAlive),
        clock,
        where: `${child.where}/balloon`,
      });
    }
  }

  get sockets(): SocketService | undefined {
    return this.#sockets;
  }

  /** Puts them on the bus. */
  offer(bus: VmbusHost): void {
    const { configuration, clock, child } = this.#parts;
    const devices: OfferedDevice[] = [...(this.integration?.all ?? [])];
    if (this.balloon !== undefined) devices.push(this.balloon);
    for (const device of devices) bus.offer(device);
    if (configuration.sockets) {
      this.#sockets = new SocketService({ bus, clock, where: `${child.where}/sockets` });
    }
  }

  addTo(tree: InspectTree): void {
    if (this.integration !== undefined) tree.add('integration', this.integration);
    if (this.balloon !== undefined) tree.add('balloon', this.balloon);
    if (this.#sockets !== undefined) tree.add('sockets', this.#sockets);
  }
}
