/** One machine on a host of its own. */

import type { HypervisorOptions } from '@viridian/hypervisor';
import type { MachineConfiguration } from './configuration.ts';
import type { Machine } from './machine.ts';
import { VirtualizationHost } from './virtualization-host.ts';

/**
 * Builds a machine that is ready to start, with a hypervisor and a parent of its own, which go when the machine has
 * come to its end. For several machines side by side make a `VirtualizationHost`.
 */
export function createMachine(configuration: MachineConfiguration, options: HypervisorOptions = {}): Machine {
  const host = new VirtualizationHost(options);
  try {
    const machine = host.createMachine(configuration);
    void machine.finished.then(() => host.close());
    return machine;
  } catch (error) {
    host.close();
    throw error;
  }
}
