/** What a person needs to know where the JIT and the interpreter differ. */

import { State } from '../core/core.ts';
import type { CoreMachine } from '../core/core-machine.ts';
import { disassemble } from '../disassembler/disassemble.ts';
import { codeAddress, codeBits } from '../processor/linear-memory.ts';
import { AccessKind } from '../processor/processor.ts';
import { Reg, RegisterFile } from '../processor/registers.ts';
import type { Disagreement } from './lock-step.ts';
import type { VpBlock } from './vp-state.ts';

const MOST_LINES = 200;
const MOST_BYTES = 15;
const PAGE_MASK = 4095;

/** The JIT is wrong, or the interpreter. The message says where and how. */
export class LockStepDifference extends Error {
  override readonly name = 'LockStepDifference';
  /** RIP of the first instruction of the shortest stretch that showed the difference. */
  readonly rip: bigint;
  /** Values that differ: `name: JIT …, interpreter …`. */
  readonly values: readonly string[];

  constructor(rip: bigint, values: readonly string[], instructions: readonly string[]) {
    super(
      [
        `the JIT and the interpreter differ behind ${rip.toString(16)}`,
        ...values.map((value) => `  ${value}`),
        'instructions, as interpreted:',
        ...instructions.map((line) => `  ${line}`),
      ].join('\n'),
    );
    this.rip = rip;
    this.values = values;
  }
}

/** Describes a disagreement. The shadow stands where both agreed last; `step` makes it execute one instruction. */
export function describeDifference(
  machine: CoreMachine,
  shadow: VpBlock,
  { values, count }: Disagreement,
  agreed: number,
  step: () => { readonly kind: string },
): LockStepDifference {
  const rip = registersOf(shadow).qwords[Reg.RIP]!;
  const lines: string[] = [];
  for (let left = count - agreed; left >= 0 && lines.length < MOST_LINES; left -= 1) {
    lines.push(lookAt(machine, shadow));
    if (left > 0 && step().kind !== 'plain') break;
  }
  const texts = values.map(({ name, first, second }) => `${name}: JIT ${first}, interpreter ${second}`);
  return new LockStepDifference(rip, texts, lines);
}

/** A copy of a block's registers. */
function registersOf({ bytes }: VpBlock): RegisterFile {
  const copy = bytes.slice();
  const registers = new RegisterFile(copy.buffer);
  copy.set(bytes);
  return registers;
}

/** The next instruction of the shadow. */
function lookAt(machine: CoreMachine, shadow: VpBlock): string {
  const registers = registersOf(shadow);
  const rip = registers.qwords[Reg.RIP]!;
  const linear = codeAddress(registers);
  const code: number[] = [];
  for (let i = 0; i < MOST_BYTES; i += 1) {
    const host = hostOf(machine, shadow.vp, linear + BigInt(i), registers.cpl);
    if (host < 0) break;
    code.push(machine.bank.bytes[host]!);
  }
  const number = shadow.view.getBigUint64(State.INSTRUCTIONS, true);
  return `${number} ${rip.toString(16)}  ${disassemble(Uint8Array.from(code), codeBits(registers), rip).text}`;
}

/** Offset in the bank of a linear address of code, -1 where there is none. */
function hostOf({ core, table }: CoreMachine, vp: number, linear: bigint, cpl: number): number {
  const user = cpl === 3 ? 1 : 0;
  if (core.translateForHost(vp, linear, AccessKind.EXECUTE, user, 0) !== 0) return -1;
  const gpa = core.translated();
  const entry = table[Math.floor(gpa / (PAGE_MASK + 1))] ?? 0;
  return entry === 0 ? -1 : (entry & ~PAGE_MASK) + (gpa & PAGE_MASK);
}
