/** Which program of a 64-bit Linux runs, read from the kernel's own data: for samples at privilege level 3. */

import type { AddressNames } from '@viridian/emulation/loader';
import { type ProcessorSampler, Reg } from '@viridian/x86';

/** Where a kernel keeps what is needed, before it moved itself. */
export interface LinuxPlaces {
  /** Distance of the pointer to the current task from the start of a processor's own data. */
  readonly currentTask: bigint;
  readonly initTask: bigint;
  /** Entry of system calls: where it is tells how far the kernel moved itself. */
  readonly syscallEntry: bigint;
}

/** Bytes of a name in `struct task_struct`, with its end (Linux, TASK_COMM_LEN). */
const NAME_BYTES = 16;
/** The first task's name begins so; its place in the structure is the same for all tasks, and differs between kernels. */
const FIRST_NAME = 'swapper';
const MOST_TASK_BYTES = 8192n;
const WORD_BYTES = 8n;

/** The places in a kernel's symbols; undefined for kernels that are another kind. */
export function linuxPlaces(
  names: AddressNames & { addressOf(name: string): bigint | undefined },
): LinuxPlaces | undefined {
  // From Linux 6.2 on it is the first member of a structure.
  const currentTask = names.addressOf('current_task') ?? names.addressOf('pcpu_hot');
  const initTask = names.addressOf('init_task');
  const syscallEntry = names.addressOf('entry_SYSCALL_64');
  if (currentTask === undefined || initTask === undefined || syscallEntry === undefined) return undefined;
  return { currentTask, initTask, syscallEntry };
}

/** Names the task of the sample that was taken last. */
export class LinuxTasks {
  readonly #places: LinuxPlaces;
  #nameOffset: bigint | undefined;

  constructor(places: LinuxPlaces) {
    this.#places = places;
  }

  /** Its `comm`; empty where it cannot be read. */
  nameOf(sampler: ProcessorSampler): string {
    const cr3 = sampler.register(Reg.CR3);
    this.#nameOffset ??= this.#findNames(sampler, cr3, sampler.register(Reg.LSTAR));
    if (this.#nameOffset === undefined) return '';
    // At privilege level 3 the kernel's base of GS is in the register that SWAPGS takes it from.
    const pointer = sampler.read(cr3, sampler.register(Reg.KERNEL_GS_BASE) + this.#places.currentTask, 8);
    const task = pointer?.getBigUint64(0, true);
    return task === undefined ? '' : readName(sampler, cr3, task + this.#nameOffset);
  }

  #findNames(sampler: ProcessorSampler, cr3: bigint, syscallEntry: bigint): bigint | undefined {
    const first = this.#places.initTask + syscallEntry - this.#places.syscallEntry;
    for (let offset = 0n; offset < MOST_TASK_BYTES; offset += WORD_BYTES) {
      if (readName(sampler, cr3, first + offset).startsWith(FIRST_NAME)) return offset;
    }
    return undefined;
  }
}

function readName(sampler: ProcessorSampler, cr3: bigint, at: bigint): string {
  let name = '';
  // In two halves: it is aligned to 8 bytes, and may lie on two pages.
  for (let offset = 0; offset < NAME_BYTES; offset += 8) {
    const half = sampler.read(cr3, at + BigInt(offset), 8);
    for (let index = 0; index < 8; index += 1) {
      const byte = half?.getUint8(index) ?? 0;
      if (byte === 0) return name;
      name += String.fromCharCode(byte);
    }
  }
  return name;
}
