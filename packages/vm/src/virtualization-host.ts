/** One hypervisor with its parent partition, on which any number of machines run side by side. */

import { Hypervisor, type HypervisorOptions } from '@viridian/hypervisor';
import { ParentPartition } from '@viridian/hypervisor/parent';
import type { InspectionValue } from '@viridian/trace';
import { InspectTree } from '@viridian/trace';
import { checkConfiguration } from './check-configuration.ts';
import type { MachineConfiguration } from './configuration.ts';
import { Machine } from './machine.ts';

/** Made once; `createMachine` without one makes its own. */
export class VirtualizationHost {
  readonly hypervisor: Hypervisor;
  readonly parent: ParentPartition;
  readonly #machines = new Set<Machine>();

  /** Boots the parent partition on a new hypervisor. */
  constructor(options: HypervisorOptions = {}) {
    this.hypervisor = new Hypervisor(options);
    this.parent = ParentPartition.boot(this.hypervisor);
  }

  /** Machines that have not come to their end. */
  get machines(): Machine[] {
    return [...this.#machines];
  }

  /** Builds a machine that is ready to start. Throws `ConfigurationError` before anything is built. */
  createMachine(configuration: MachineConfiguration): Machine {
    const machine = new Machine(this, checkConfiguration(configuration));
    this.#machines.add(machine);
    void machine.finished.then(() => this.#machines.delete(machine));
    return machine;
  }

  /** What hypervisor, parent and machines are doing; `path` as in `InspectTree.query`. */
  inspect(path = ''): InspectionValue | undefined {
    const tree = new InspectTree();
    tree.add('hypervisor', this.hypervisor);
    tree.add('parent', this.parent);
    for (const machine of this.#machines) tree.add(`machine/${machine.partitionId}`, machine.tree);
    return tree.query(path);
  }

  /** Kills what still runs and takes the parent down. */
  close(): void {
    for (const machine of this.#machines) machine.kill();
    this.parent.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
