/**
 * The machine as a program in a child partition sees it: instructions, interrupts and guest-physical memory.
 *
 * The kit runs on whatever fulfils these shapes; it imports nothing of the host. The program processor of
 * `@viridian/hypervisor` does, without either side knowing the other.
 */

/** What CPUID returns, each register as an unsigned number. */
export interface CpuidResult {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

/** Guest-physical memory, identity mapped. */
export interface CpuMemory {
  /** Bytes of RAM from address 0 up. */
  readonly sizeBytes: number;
  /** A byte view of contiguous RAM or of an overlay page; throws what a page fault throws. Making a view allocates. */
  view(gpa: number, lengthBytes: number): Uint8Array<SharedArrayBuffer>;
  /** Where a RAM page lies in shared memory; undefined where there is no plain RAM. */
  locate(gpa: number): { readonly buffer: SharedArrayBuffer; readonly offset: number } | undefined;
}

/** One virtual processor, by its instructions. */
export interface Cpu {
  cpuid(leaf: number, subleaf?: number): CpuidResult;
  /** RDMSR; throws where the processor raises #GP. */
  rdmsr(index: number): bigint;
  /** WRMSR; throws where the processor raises #GP. */
  wrmsr(index: number, value: bigint): void;
  rdtsc(): bigint;
  /** VMCALL in the 64-bit convention, each register as two halves; returns the low half of RAX. */
  vmcall(
    controlLow: number,
    controlHigh: number,
    inputLow: number,
    inputHigh: number,
    outputLow: number,
    outputHigh: number,
  ): number;
  /** High half of RAX after the last `vmcall`: repetitions completed in bits 11:0. */
  readonly vmcallHigh: number;
  readonly memory: CpuMemory;
  /** Installs an interrupt gate. The handler runs with interrupts off and signals the end of interrupt itself. */
  setInterruptHandler(vector: number, handler: (() => void) | undefined): void;
  cli(): void;
  sti(): void;
  /** Settles after the next interrupt was handled. */
  hlt(): Promise<void>;
}

/** What a program processor runs: called once for each processor that starts, with the address it starts at. */
export interface Program {
  readonly name: string;
  start(cpu: Cpu, rip: number): void | Promise<void>;
}
