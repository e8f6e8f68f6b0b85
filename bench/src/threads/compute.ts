/** A guest that only computes, for comparing one thread with two: a loop over 32 KiB of memory. */

import { CodeMachine } from '@viridian/x86';

const ROUNDS_AT = 8;
const PROGRAM = [
  ...[0xbf, 0, 0, 1, 0], // mov edi, 10000h
  ...[0x31, 0xc9], // xor ecx, ecx
  ...[0xba, 0, 0, 0, 0], // mov edx, rounds
  ...[0x48, 0x8b, 0x04, 0xcf], // again: mov rax, [rdi + rcx * 8]
  ...[0x48, 0x69, 0xc0, 0x37, 0x9e, 0, 0], // imul rax, rax, 9e37h
  ...[0x48, 0x31, 0xc8], // xor rax, rcx
  ...[0x48, 0x89, 0x04, 0xcf], // mov [rdi + rcx * 8], rax
  ...[0xff, 0xc1], // inc ecx
  ...[0x81, 0xe1, 0xff, 0x0f, 0, 0], // and ecx, 0fffh
  ...[0x48, 0xff, 0xca], // dec rdx
  ...[0x75, 0xe1], // jnz again
  0xf4, // hlt
];
const START = 0x1000n;
const RIP = 20;
/** As the hypervisor slices. */
const SLICE_MS = 2;

/** A machine that is about to go through the loop so many times. */
export function computeMachine(rounds: number): CodeMachine {
  const machine = new CodeMachine({ engine: 'jit', threshold: 100 });
  const program = Uint8Array.from(PROGRAM);
  new DataView(program.buffer).setUint32(ROUNDS_AT, rounds, true);
  machine.memory.set(program, Number(START));
  restart(machine);
  return machine;
}

/** Puts it at the program's start again. */
export function restart(machine: CodeMachine): void {
  machine.registers.qwords[RIP] = START;
  machine.processor.wake();
}

/** Runs machines in turns of one thread until all have come to their end. */
export function runInSlices(machines: readonly CodeMachine[]): void {
  let running = machines;
  while (running.length > 0) {
    running = running.filter((machine) => {
      machine.processor.run(SLICE_MS);
      return !machine.processor.isHalted;
    });
  }
}
