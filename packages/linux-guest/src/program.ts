/** A guest program: an async function that gets a booted kernel. */

import type { Cpu, Program } from './cpu.ts';
import { Kernel, type KernelOptions } from './kernel/kernel.ts';

/** Settings of a guest: its program, and those of the kernel. */
export interface LinuxGuestOptions extends KernelOptions {
  readonly name?: string;
  /** Runs when all devices are probed. When it returns the kernel shuts down; when it throws the kernel panics. */
  readonly main: (kernel: Kernel) => Promise<void>;
}

/** Makes the program of one machine; a machine that is reset makes another. */
export function linuxGuest(options: LinuxGuestOptions): () => Program {
  return () => new LinuxGuestProgram(options);
}

class LinuxGuestProgram implements Program {
  readonly name: string;
  readonly #options: LinuxGuestOptions;
  #kernel: Kernel | undefined;

  constructor(options: LinuxGuestOptions) {
    this.name = options.name ?? 'linux-guest';
    this.#options = options;
  }

  async start(cpu: Cpu): Promise<void> {
    // The first processor to enter boots the kernel; it then starts the others, which enter here as well.
    if (this.#kernel !== undefined) this.#kernel.addProcessor(cpu);
    else await this.#run(cpu);
  }

  async #run(cpu: Cpu): Promise<void> {
    const kernel = Kernel.early(cpu, this.#options);
    this.#kernel = kernel;
    try {
      await kernel.start();
      await this.#options.main(kernel);
    } catch (error) {
      kernel.panic(error instanceof Error ? (error.stack ?? error.message) : String(error));
      throw error;
    }
    await kernel.shutdown();
    cpu.cli();
    await cpu.hlt();
  }
}
