/** Functions on many pages, on the interpreter and on regions that lead to each other: they end alike. */

import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { Reg } from '../../src/index.ts';
import { readJitCounters } from '../../src/jit/counters.ts';
import { type EngineOptions, setUsualEngine } from '../../src/jit/engine.ts';
import { At, ProgramMachine } from '../programs/program-machine.ts';
import { functionAddress, LEAF_TABLE, linkedProgram } from './linked-program.ts';
import { Random } from './random-program.ts';

const ENOUGH = 60_000;
const ENGINES: readonly EngineOptions[] = [
  { engine: 'jit', threshold: 0 },
  { engine: 'jit', threshold: 3 },
];

/** Runs the program of a seed `slice` instructions at a time, and tells all that can be seen afterwards. */
function run(engine: EngineOptions, seed: number, slice: number) {
  setUsualEngine(engine);
  const machine = new ProgramMachine();
  const { main, functions } = linkedProgram({
    seed,
    turns: 40,
    entryAt: (linear) => machine.tables!.entryAt(linear),
  });
  functions.forEach((code, index) => {
    machine.cpu.memory.set(code, functionAddress(index));
  });
  LEAF_TABLE.addresses.forEach((address, index) => {
    machine.write(LEAF_TABLE.at + index * 8, 8, address);
  });
  const random = new Random(seed ^ 0x33333333);
  for (let register = 0; register < 16; register += 1) {
    if (register !== Reg.RSP) machine.set(register, random.below(2 ** 32));
  }
  machine.set(Reg.CR4, machine.get(Reg.CR4) | 0x600);
  for (let vector = 0; vector < 32; vector += 1) machine.setHandler(vector, [0xeb, 0xfe]);
  machine.run(main, At.CODE, slice);
  for (let left = ENOUGH; left > 0; left -= slice) machine.resume(slice);
  const { qwords } = machine.cpu.registers;
  return {
    caught: machine.caught,
    registers: Array.from(qwords.subarray(0, 16), (value) => value.toString(16)).join(' '),
    rip: machine.get(Reg.RIP).toString(16),
    flags: (machine.get(Reg.RFLAGS) & 0xcd5).toString(16),
    data: Buffer.from(machine.cpu.memory.subarray(At.DATA, At.DATA + 0x3000)).toString('base64'),
    linked: readJitCounters(qwords.buffer as SharedArrayBuffer).linked,
  };
}

describe('regions that lead to each other', () => {
  afterEach(() => vi.restoreAllMocks());
  afterAll(() => setUsualEngine({ engine: 'jit' }));

  it('return to the core where the engine has no tail calls', () => {
    const linked = run({ engine: 'jit', threshold: 0 }, 1, ENOUGH);
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    const returning = run({ engine: 'jit', threshold: 0 }, 1, ENOUGH);
    expect(linked.linked).toBeGreaterThan(0);
    expect(returning).toEqual({ ...linked, linked: 0 });
  });

  it('end like the interpreter', () => {
    let linked = 0;
    const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(seeds, fc.constantFrom(ENOUGH, 777, 50), (seed, slice) => {
        const { linked: none, ...wanted } = run({ engine: 'interpreter' }, seed, slice);
        expect(none).toBe(0);
        for (const engine of ENGINES) {
          const { linked: some, ...found } = run(engine, seed, slice);
          linked += some;
          expect(found, `${JSON.stringify(engine)} seed ${seed}`).toEqual(wanted);
        }
      }),
      { numRuns: Number(process.env.VIRIDIAN_JIT_RUNS ?? 12) },
    );
    expect(linked).toBeGreaterThan(1000);
  });
});
