/** Both engines in lock-step: what agrees goes on as if nothing were, what differs is found and named. */

import { describe, expect, it } from 'vitest';
import { CodeMachine, LockStepDifference, Outcome, Reg, StopReason } from '../../src/index.ts';
import { listing } from '../programs/listing.ts';

const ENGINE = { engine: 'lock-step', threshold: 0 } as const;
const I64_ADD = 0x7c;
const I64_SUB = 0x7d;

/** Sums 1 to 1000 in memory, from the top down. */
const SUM = listing(`
  b9 e8 03 00 00            mov ecx, 1000
  48 01 0c 25 00 20 00 00   L: add [0x2000], rcx
  ff c9                     dec ecx
  75 f4                     jnz L
  f4                        hlt`);

/** Runs with a compiler that writes a subtraction for the n-th addition for which that is possible; gives what was thrown. */
function runBroken(n: number): unknown {
  const Module = WebAssembly.Module;
  WebAssembly.Module = function broken(bytes: BufferSource) {
    const code = new Uint8Array(bytes as Uint8Array<ArrayBuffer>);
    let left = n;
    for (let at = code.indexOf(I64_ADD); at >= 0; at = code.indexOf(I64_ADD, at + 1)) {
      const other = code.slice();
      other[at] = I64_SUB;
      if (WebAssembly.validate(other) && left-- === 0) return new Module(other);
    }
    return new Module(code);
  } as unknown as typeof Module;
  try {
    new CodeMachine(ENGINE).run(SUM);
  } catch (error) {
    return error;
  } finally {
    WebAssembly.Module = Module;
  }
  return undefined;
}

describe('lock-step', () => {
  it('comes to the end that either engine comes to', () => {
    const machine = new CodeMachine(ENGINE);
    expect(machine.run(SUM)).toBe(StopReason.HALT);
    expect(machine.memory[0x2000]! + machine.memory[0x2001]! * 256).toBe(500500 & 0xffff);
    expect(machine.registers.qwords[Reg.RCX]).toBe(0n);
  });

  it('answers each exit once', () => {
    const ports: number[] = [];
    let ticks = 0n;
    const machine = new CodeMachine({
      ...ENGINE,
      handler: {
        port: (access) => {
          ports.push(access.value & 255);
          return Outcome.DONE;
        },
        readTsc: () => ++ticks,
      },
    });
    // mov ecx, 5; L: rdtsc; out 0x80, al; dec ecx; jnz L; hlt
    machine.run([0xb9, 5, 0, 0, 0, 0x0f, 0x31, 0xe6, 0x80, 0xff, 0xc9, 0x75, 0xf8, 0xf4]);
    expect(ports).toEqual([1, 2, 3, 4, 5]);
  });

  it('names registers, memory and instructions where the JIT is wrong', () => {
    const found = [0, 1, 2, 3, 4, 5].map(runBroken).find((error) => error instanceof LockStepDifference);
    expect(found).toBeDefined();
    expect((found as Error).message).toMatch(/: JIT 0x[0-9a-f]+, interpreter 0x[0-9a-f]+/);
    expect((found as Error).message).toContain('add QWORD PTR ds:0x2000,rcx');
  });

  it('leaves accessed and dirty bits that only one of the engines had to set', () => {
    const machine = new CodeMachine(ENGINE);
    for (let i = 0; i < 3; i += 1) expect(machine.run(SUM)).toBe(StopReason.HALT);
  });

  it('takes repeated string instructions for one, whatever portions they go in', () => {
    const machine = new CodeMachine(ENGINE);
    const code = listing(`
      bb 05 00 00 00   mov ebx, 5
      bf 0f 00 10 00   L: mov edi, 10000Fh
      b9 0f 10 01 00   mov ecx, 1100Fh
      f3 aa            rep stosb
      b9 00 10 01 00   mov ecx, 11000h
      be 01 00 10 00   mov esi, 100001h
      f3 a4            rep movsb
      ff cb            dec ebx
      75 e4            jnz L
      f4               hlt`);
    expect(machine.run(code)).toBe(StopReason.HALT);
    expect(machine.registers.qwords[Reg.RCX]).toBe(0n);
  });
});
