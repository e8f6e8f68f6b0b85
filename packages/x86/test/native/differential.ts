/** Runs many cases on both processors and collects the differences. */

import type { Opcode } from '../../src/disassembler/opcode-table.ts';
import type { Memory, TestCase } from './case.ts';
import { opcodesOf } from './classes.ts';
import { describe, differences } from './compare.ts';
import { CoreProcessor } from './core-processor.ts';
import { generateCase } from './generate.ts';
import { type Backend, decodeResults, encodeCases } from './host-processor.ts';
import { DATA_BYTES, PAGE } from './layout.ts';
import { Random } from './random.ts';

/** What to compare. */
export interface Comparison {
  readonly set: Opcode['set'];
  readonly bits: 32 | 64;
  readonly cases: number;
  readonly seed: number;
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

/** Compares our processor with the one behind `host`. */
export function compareProcessors(comparison: Comparison, host: Backend): Findings {
  const { set, bits, cases, seed, only } = comparison;
  const opcodes = opcodesOf(set, bits);
  const memory = makeMemory();
  const core = new CoreProcessor(memory);
  const described = new Map<string, string[]>();
  const ends = new Map<number, number>();
  let compared = 0;
  let mismatches = 0;
  for (let start = 0; start < cases; start += BATCH) {
    const batch: TestCase[] = [];
    for (let index = start; index < Math.min(cases, start + BATCH); index += 1) {
      const opcode = opcodes[index % opcodes.length]!;
      if (only !== undefined && !opcode.names.includes(only)) continue;
      batch.push(generateCase(opcode, bits, Math.imul(seed, 0x10001) + index, index - start));
    }
    if (batch.length === 0) continue;
    const answer = host(encodeCases(batch, memory));
    const results = decodeResults(answer, batch.length, batch[0]!.floats !== undefined);
    for (const [index, test] of batch.entries()) {
      const expected = results[index]!;
      const ours = core.run(test);
      compared += 1;
      ends.set(expected.trap, (ends.get(expected.trap) ?? 0) + 1);
      const found = differences(test, expected, ours);
      if (found.length === 0) continue;
      mismatches += 1;
      const name = test.opcode.names[0]!;
      const list = described.get(name) ?? [];
      described.set(name, list);
      if (list.length < DESCRIBED_PER_NAME) list.push(describe(test, expected, ours, found));
    }
  }
  const descriptions = [...described.values()].flat().slice(0, MOST_DESCRIBED);
  return { compared, mismatches, descriptions, ends };
}
