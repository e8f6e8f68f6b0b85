/** Runs many cases on both processors and collects the differences. */

import type { Opcode } from '../../src/disassembler/opcode-table.ts';
import type { CodeBits } from '../../src/index.ts';
import type { Memory, Result, TestCase } from './case.ts';
import { opcodesOf, segmentOpcodes } from './classes.ts';
import { describe, differences } from './compare.ts';
import { CoreProcessor } from './core-processor.ts';
import { generateCase } from './generate.ts';
import { type Backend, decodeResults, encodeCases } from './host-processor.ts';
import { DATA_BYTES, PAGE } from './layout.ts';
import { Random } from './random.ts';
import { fitsSequence, generateSequence } from './sequence.ts';
import { leavesOpen } from './tolerance.ts';

/** What to compare. */
export interface Comparison {
  /** Single instructions of a set, or sequences of integer or of all instructions. */
  readonly set: Opcode['set'] | 'segment' | 'sequences' | 'mixed sequences';
  readonly bits: CodeBits;
  readonly cases: number;
  readonly seed: number;
  /** Compiles all code before it runs, instead of what is usual. */
  readonly compiled?: boolean | undefined;
  /** Whether the host does what our processor does where the manuals leave it open: AMD's processors do. */
  readonly strict: boolean;
  /** Only instructions of this name, of the same cases. */
  readonly only?: string | undefined;
}

/** What came of it. */
export interface Findings {
  readonly compared: number;
  readonly mismatches: number;
  /** Of each instruction with mismatches the first few, as reproducible cases. */
  readonly descriptions: readonly string[];
  /** How often each exception ended a case. */
  readonly ends: ReadonlyMap<number, number>;
}

const BATCH = 5000;
const DESCRIBED_PER_NAME = 2;
const MOST_DESCRIBED = 40;

/** What lies in memory before each case: the same for all, so that only changes have to be told. */
function makeMemory(): Memory {
  const random = new Random(0x5eed);
  const byte = () => (random.once(5) ? random.pick([0, 0xff, 0x80, 0x7f]) : random.next() & 0xff);
  return {
    data: Uint8Array.from({ length: DATA_BYTES }, byte),
    readOnly: Uint8Array.from({ length: PAGE }, byte),
  };
}

type Generate = (seed: number, index: number, place: number) => TestCase;

/** What makes the cases of a comparison. */
function generatorOf({ set, bits, strict }: Comparison): Generate {
  if (set === 'sequences' || set === 'mixed sequences') {
    const all = strict ? (['integer', 'simd', 'x87'] as const) : (['integer', 'simd'] as const);
    const sets = set === 'sequences' ? (['integer'] as const) : all;
    const fits = (opcode: Opcode) => fitsSequence(opcode) && (strict || !leavesOpen(opcode));
    const rows = sets.flatMap((each) => opcodesOf(each, bits)).filter(fits);
    return (seed, _, place) => generateSequence(rows, bits, seed, place);
  }
  const rows = set === 'segment' ? segmentOpcodes(bits) : opcodesOf(set, bits);
  return (seed, index, place) => generateCase(rows[index % rows.length]!, bits, seed, place);
}

class Collector {
  readonly #strict: boolean;
  readonly #described = new Map<string, string[]>();
  readonly ends = new Map<number, number>();
  compared = 0;
  mismatches = 0;

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  add(test: TestCase, host: Result, ours: Result, stepping: boolean): void {
    this.compared += 1;
    this.ends.set(host.trap, (this.ends.get(host.trap) ?? 0) + 1);
    const found = differences(test, host, ours, this.#strict);
    if (found.length === 0) return;
    this.mismatches += 1;
    const name = test.opcode.names[0]!;
    const list = this.#described.get(name) ?? [];
    this.#described.set(name, list);
    if (list.length >= DESCRIBED_PER_NAME) return;
    if (stepping) found.push('one instruction after the other');
    list.push(describe(test, host, ours, found));
  }

  get descriptions(): string[] {
    return [...this.#described.values()].flat().slice(0, MOST_DESCRIBED);
  }
}

/** Compares our processor with the one behind `host`. */
export function compareProcessors(comparison: Comparison, host: Backend): Findings {
  const { cases, seed, only, compiled } = comparison;
  const generate = generatorOf(comparison);
  const memory = makeMemory();
  const core = new CoreProcessor(memory, compiled ? { engine: 'jit', threshold: 0 } : {});
  const collector = new Collector(comparison.strict);
  for (let start = 0; start < cases; start += BATCH) {
    const batch: TestCase[] = [];
    for (let index = start; index < Math.min(cases, start + BATCH); index += 1) {
      const test = generate(Math.imul(seed, 0x10001) + index, index, index - start);
      if (only === undefined || test.opcode.names.includes(only)) batch.push(test);
    }
    if (batch.length === 0) continue;
    const answer = host(encodeCases(batch, memory));
    const results = decodeResults(answer, batch.length, batch[0]!.floats !== undefined);
    batch.forEach((test, index) => {
      // Blocks of one instruction have other handlers than longer ones.
      const stepping = !compiled && index % 3 === 0;
      collector.add(test, results[index]!, core.run(test, stepping), stepping);
    });
  }
  const { compared, mismatches, descriptions, ends } = collector;
  return { compared, mismatches, descriptions, ends };
}
