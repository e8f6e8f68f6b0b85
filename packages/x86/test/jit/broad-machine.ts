/** Runs a program of broad-program.ts on an engine and tells all that can be seen, at each exit and at the end. */

import { Outcome, Reg } from '../../src/index.ts';
import { type EngineOptions, setUsualEngine } from '../../src/jit/engine.ts';
import { At, type Mode, ProgramMachine } from '../programs/program-machine.ts';
import { Page } from '../programs/tables.ts';
import { broadProgram, Place } from './broad-program.ts';
import { Random } from './random-program.ts';

export interface BroadCase {
  readonly seed: number;
  readonly mode: Extract<Mode, 'long' | 'protected' | 'legacy' | 'pae' | 'compatibility'>;
  readonly user: boolean;
  /** Instructions between interrupts; 0 without any. */
  readonly slice: number;
}

/** What a run shows. */
export interface BroadResult {
  readonly hasEnded: boolean;
  /** A sum of everything at each exit. */
  readonly exits: readonly number[];
  readonly caught: readonly string[];
  readonly end: string;
}

/** Instructions after which a program that has not come to its end is left. */
const ENOUGH = 40_000;
const TURNS = 25;
const PAGE_BYTES = 0x1000;
/** Offset of XMM0 in the register file. */
const XMM = 640;
/** RFLAGS: IF, and IOPL 3, so that users may talk to ports. */
const FLAGS = 0x3202;

export function runBroad(engine: EngineOptions, broad: BroadCase): BroadResult {
  setUsualEngine(engine);
  const exits: number[] = [];
  const machine: ProgramMachine = new ProgramMachine({
    mode: broad.mode,
    user: broad.user,
    handler: {
      port: (access) => {
        // The line of interrupts and the handlers' stacks are where the engines may differ: interrupts come between any two.
        exits.push(broad.slice === 0 ? sumOf(machine) : 0);
        if (!access.isWrite) access.value = exits.length;
        return Outcome.DONE;
      },
    },
  });
  const end = prepare(machine, broad);
  const { slice } = broad;
  machine.resume(slice || ENOUGH);
  for (let done = slice; slice !== 0 && done < ENOUGH; done += slice) {
    machine.interrupt(Place.VECTOR_INTERRUPT);
    machine.resume(slice);
  }
  const hasEnded = machine.get(Reg.RIP) === end;
  machine.write(Place.SEEN, 4, 0);
  return {
    hasEnded,
    exits: slice === 0 ? exits : [exits.length],
    caught: machine.caught.map(
      ({ vector, error, rip, address }) => `${vector} ${error} ${rip.toString(16)} ${address.toString(16)}`,
    ),
    end: describe(machine),
  };
}

/** Puts program and data in place; gives the address of the jump to itself at the end. */
function prepare(machine: ProgramMachine, { seed, mode, user }: BroadCase): number {
  const { tables, cpu } = machine;
  const { start, pieces } = broadProgram({
    seed,
    user,
    turns: TURNS,
    bits: mode === 'long' ? 64 : 32,
    handlerBits: machine.isLong ? 64 : 32,
    entryAt: tables && ((linear) => tables.entryAt(linear)),
  });
  for (const { at, bytes } of pieces) cpu.memory.set(bytes, at);
  const wordBytes = mode === 'long' ? 8 : 4;
  for (let index = 0; index < Place.FUNCTION_PAGES; index += 1) {
    machine.write(Place.TABLE + index * wordBytes, wordBytes, Place.FUNCTIONS + index * PAGE_BYTES);
    tables?.map(
      Place.ALIAS + 0x8000 + index * PAGE_BYTES,
      Place.FUNCTIONS + index * PAGE_BYTES,
      Page.P | Page.W | Page.U,
    );
  }
  for (let page = 0; page < 4; page += 1) {
    tables?.map(Place.ALIAS + page * PAGE_BYTES, At.CODE + page * PAGE_BYTES, Page.P | Page.W | Page.U);
  }
  const random = new Random(seed ^ 0x2468ace);
  for (let register = 0; register < (mode === 'long' ? 16 : 8); register += 1) {
    if (register !== Reg.RSP) machine.set(register, random.below(2 ** 32));
  }
  for (let at = 0; at < 3 * PAGE_BYTES; at += 4)
    machine.view.setUint32(At.DATA + at, random.below(2 ** 32), true);
  machine.set(Reg.CR4, machine.get(Reg.CR4) | 0x600);
  machine.set(Reg.RFLAGS, FLAGS);
  machine.set(Reg.RIP, start);
  cpu.processor.flushTlb();
  const main = pieces.at(-1)!;
  return main.at + main.bytes.length - 2;
}

function sumOf(machine: ProgramMachine): number {
  const { qwords } = machine.cpu.registers;
  let result = 0;
  for (let i = 0; i < 16; i += 1)
    result = mix(result, Number(qwords[i]! & 0xffffffffn), Number(qwords[i]! >> 32n));
  result = mix(result, machine.get(Reg.RIP), machine.get(Reg.RFLAGS) & 0xcd5);
  for (const from of [At.DATA, At.CODE]) {
    const words = new Int32Array(machine.cpu.memory.buffer, machine.cpu.memory.byteOffset + from, 0x3000 / 4);
    for (const word of words) result = (Math.imul(result, 31) + word) | 0;
  }
  const xmm = new Uint8Array(qwords.buffer, qwords.byteOffset + XMM, 256);
  for (const byte of xmm) result = (Math.imul(result, 31) + byte) | 0;
  return result;
}

function mix(sum: number, ...values: number[]): number {
  return values.reduce((result, value) => (Math.imul(result, 0x01000193) ^ value) | 0, sum);
}

function describe(machine: ProgramMachine): string {
  const { qwords } = machine.cpu.registers;
  const registers = Array.from(qwords.subarray(0, 16), (value) => value.toString(16)).join(' ');
  return `${registers} rip ${machine.get(Reg.RIP).toString(16)} sum ${sumOf(machine)}`;
}
