/** Accesses that are checked together although they lie on two pages: their basic block is compiled anew without that. */

import { afterAll, expect, it } from 'vitest';
import { Reg } from '../../src/index.ts';
import { readJitCounters } from '../../src/jit/counters.ts';
import { type EngineOptions, setUsualEngine } from '../../src/jit/engine.ts';
import { At, ProgramMachine } from '../programs/program-machine.ts';

const TURNS = 5000;

/** Adds two words on different pages TURNS times. */
const PROGRAM = [
  ...[0xbb, 0xf8, 0x0f, 0x02, 0x00], // mov ebx, DATA + 0xff8
  ...[0xb9, TURNS & 255, TURNS >> 8, 0, 0], // mov ecx, TURNS
  ...[0x48, 0x8b, 0x03], // again: mov rax, [rbx]
  ...[0x48, 0x03, 0x43, 0x08], // add rax, [rbx + 8]
  ...[0x48, 0x89, 0x43, 0x10], // mov [rbx + 16], rax
  ...[0x48, 0xff, 0x03], // inc qword [rbx]
  ...[0xff, 0xc9, 0x75, 0xee], // dec ecx; jnz again
  0xf4,
];

function run(engine: EngineOptions) {
  setUsualEngine(engine);
  const machine = new ProgramMachine();
  machine.write(At.DATA + 0xff8, 8, 1);
  machine.write(At.DATA + 0x1000, 8, 70_000);
  machine.run(PROGRAM, At.CODE);
  const { qwords } = machine.cpu.registers;
  return {
    results: [machine.get(Reg.RAX), machine.get(Reg.RCX), machine.read(At.DATA + 0x1008, 8)],
    counters: readJitCounters(qwords.buffer as SharedArrayBuffer),
  };
}

afterAll(() => setUsualEngine({ engine: 'jit' }));

it('gives up groups that fail all the time, and nothing else', () => {
  const wanted = run({ engine: 'interpreter' });
  const found = run({ engine: 'jit', threshold: 0 });
  expect(found.results).toEqual(wanted.results);
  expect(found.results[0]).toBe(70_000 + TURNS);
  expect(found.counters.compiled).toBeLessThan(5);
  expect(found.counters.interpreted).toBeLessThan(300);
});
