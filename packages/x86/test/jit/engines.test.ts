/** Random programs on the interpreter and on the JIT: they end alike, in every register and byte. */

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Reg } from '../../src/index.ts';
import { type EngineOptions, setUsualEngine } from '../../src/jit/engine.ts';
import { At, ProgramMachine } from '../programs/program-machine.ts';
import { Page } from '../programs/tables.ts';
import { type ProgramOptions, Random, randomProgram } from './random-program.ts';

const COUNTER = At.DATA + 0x3000;
const VECTOR = 0x31;
/** Instructions that end any of these programs, and interrupts on the way. */
const ENOUGH = 20_000;
const MOST_INTERRUPTS = 200;
const CR0_WP = 0x10000;
/** Offset of XMM0 in the register file. */
const XMM = 640;
/** Counts interrupts: push rax; mov eax, COUNTER; inc qword [rax]; pop rax; iretq. */
const COUNT_INTERRUPT = [
  0x50,
  0xb8,
  COUNTER & 255,
  (COUNTER >> 8) & 255,
  COUNTER >> 16,
  0,
  0x48,
  0xff,
  0,
  0x58,
  0x48,
  0xcf,
];
const ENGINES: readonly EngineOptions[] = [
  { engine: 'jit', threshold: 0 },
  { engine: 'jit', threshold: 2 },
  { engine: 'jit', threshold: 30 },
];

interface Surroundings {
  /** Rights of the second data page, whose absence or write protection makes programs fault midway. */
  readonly secondPage: bigint;
  /** Instructions between interrupts, 0 without. */
  readonly slice: number;
}

/** Runs a program from registers that its seed gives, and tells all that can be seen afterwards. */
function run(engine: EngineOptions, program: ProgramOptions, { secondPage, slice }: Surroundings) {
  setUsualEngine(engine);
  const machine = new ProgramMachine();
  const random = new Random(program.seed ^ 0x5a5a5a5a);
  for (let register = 0; register < 16; register += 1) {
    if (register !== Reg.RSP)
      machine.set(register, BigInt(random.below(2 ** 32)) << BigInt(random.below(33)));
  }
  for (let at = 0; at < 0x2000; at += 4) machine.view.setUint32(At.DATA + at, random.below(2 ** 32), true);
  machine.tables!.map(At.DATA + 0x1000, At.DATA + 0x1000, secondPage);
  machine.setHandler(VECTOR, COUNT_INTERRUPT);
  machine.set(Reg.CR4, machine.get(Reg.CR4) | 0x600);
  // Write protection holds for the system too.
  machine.set(Reg.CR0, machine.get(Reg.CR0) + CR0_WP);
  machine.set(Reg.RFLAGS, 0x202);
  // Programs and faults end in a jump to itself: HLT would be over with the next interrupt.
  for (let vector = 0; vector < 32; vector += 1) machine.setHandler(vector, [0xeb, 0xfe]);
  machine.run(randomProgram(program), At.CODE, slice || ENOUGH);
  for (let i = 0; slice !== 0 && i < MOST_INTERRUPTS; i += 1) {
    machine.interrupt(VECTOR);
    machine.resume(slice);
  }
  machine.resume(ENOUGH);
  machine.write(COUNTER, 8, 0);
  const { qwords } = machine.cpu.registers;
  const xmm = new Uint8Array(qwords.buffer, qwords.byteOffset + XMM, 256);
  return {
    caught: machine.caught,
    registers: Array.from(qwords.subarray(0, 16), (value) => value.toString(16)).join(' '),
    rip: machine.get(Reg.RIP).toString(16),
    flags: (machine.get(Reg.RFLAGS) & 0xcd5).toString(16),
    xmm: xmm.join(' '),
    data: sum(machine.cpu.memory.subarray(At.DATA, At.DATA + 0x3000)),
    code: sum(machine.cpu.memory.subarray(At.CODE, At.CODE + 0x1000)),
    stack: slice === 0 ? sum(machine.cpu.memory.subarray(At.KERNEL_STACK - 0x400, At.KERNEL_STACK)) : 0,
  };
}

function sum(bytes: Uint8Array): number {
  let result = 0;
  for (const byte of bytes) result = (Math.imul(result, 31) + byte) | 0;
  return result;
}

function compare(program: ProgramOptions, surroundings: Surroundings): void {
  const wanted = run({ engine: 'interpreter' }, program, surroundings);
  for (const engine of ENGINES) {
    expect(run(engine, program, surroundings), `${JSON.stringify(engine)} seed ${program.seed}`).toEqual(
      wanted,
    );
  }
}

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const RUNS = { numRuns: Number(process.env.VIRIDIAN_JIT_RUNS ?? 12) };
const PRESENT = Page.P | Page.W | Page.U;

describe('interpreter and JIT agree', () => {
  afterAll(() => setUsualEngine({ engine: 'jit' }));

  it('on loops, branches and calls', () => {
    fc.assert(
      fc.property(seeds, (seed) =>
        compare(
          { seed, turns: 60, dataAt: 0, dataBytes: 0x1ff0, changesItself: false },
          { secondPage: PRESENT, slice: 0 },
        ),
      ),
      RUNS,
    );
  });

  it('on accesses close to each other, within a page and across pages', () => {
    const places = fc.constantFrom(0x40, 0xe00, 0xf00);
    const rights = fc.constantFrom(PRESENT, 0n, Page.P | Page.U);
    fc.assert(
      fc.property(seeds, places, rights, (seed, dataAt, secondPage) =>
        compare(
          { seed, turns: 60, dataAt, dataBytes: 0x1f0, changesItself: false },
          { secondPage, slice: 0 },
        ),
      ),
      RUNS,
    );
  });

  it('on faults in the middle of a region', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(0n, Page.P | Page.U), (seed, secondPage) =>
        compare(
          { seed, turns: 60, dataAt: 0, dataBytes: 0x1008, changesItself: false },
          { secondPage, slice: 0 },
        ),
      ),
      RUNS,
    );
  });

  it('on code that changes itself', () => {
    fc.assert(
      fc.property(seeds, (seed) =>
        compare(
          { seed, turns: 30, dataAt: 0, dataBytes: 0x1ff0, changesItself: true },
          { secondPage: PRESENT, slice: 0 },
        ),
      ),
      RUNS,
    );
  });

  it('with interrupts at any point', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 5, max: 200 }), (seed, slice) =>
        compare(
          { seed, turns: 60, dataAt: 0, dataBytes: 0x1ff0, changesItself: false },
          { secondPage: PRESENT, slice },
        ),
      ),
      RUNS,
    );
  });
});
