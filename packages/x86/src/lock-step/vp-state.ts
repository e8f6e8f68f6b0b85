/** The state of a processor's block, as far as two runs of the same code must agree on it. */

import { State } from '../core/core.ts';
import { Reg } from '../processor/registers.ts';

/** Part of a block that belongs to that processor's caches: from, to. */
const OWN: readonly (readonly [number, number])[] = [
  [State.TLB_CURRENT, State.TLB_CURRENT + 4],
  [State.VP_INDEX, State.VP_INDEX + 4],
  [State.FLUSH_LOG_USED, State.FLUSH_LOG_USED + 4],
  [State.JUMP_GENERATIONS, State.END],
];

/** Copies the state of one block over another's, which keeps its caches. */
export function copyState(from: Uint8Array, to: Uint8Array): void {
  let at = 0;
  for (const [start, end] of OWN) {
    to.set(from.subarray(at, start), at);
    at = end;
  }
}

/** A value that two runs disagree on. */
export interface ValueDifference {
  readonly name: string;
  readonly first: string;
  readonly second: string;
}

const GENERAL = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'];
const QWORDS: readonly (readonly [string, number])[] = [
  ...GENERAL.map((name, at) => [name, at] as const),
  ...Array.from({ length: 8 }, (_, at) => [`r${8 + at}`, 8 + at] as const),
  ...Object.entries(Reg)
    .filter(([, at]) => at >= Reg.RIP)
    .map(([name, at]) => [name.toLowerCase(), at] as const),
];
const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'];
const SEGMENTS_AT = 384;
const GDTR_AT = 512;
const FLOAT_AT = 544;
const XMM_AT = 640;
const X87_AT = 896;
/** 32-bit fields behind the register file. */
const FIELDS: readonly (readonly [string, number])[] = [
  ['interrupt shadow', State.SHADOW],
  ['injected vector', State.INJECT_VECTOR],
  ['activity', State.ACTIVITY],
  ['pending debug traps', State.PENDING_DEBUG],
  ['NMI pending', State.NMI_PENDING],
  ['vector being delivered', State.DELIVERING],
];

const word = (bytes: Uint8Array, at: number, length: number): string =>
  `0x${[...bytes.subarray(at, at + length)]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')}`;

/** Parts of the block that software sees: name, place, bytes. */
const PARTS: readonly (readonly [string, number, number])[] = [
  ...QWORDS.map(([name, at]) => [name, at * 8, 8] as const),
  ...SEGMENTS.map((name, at) => [name, SEGMENTS_AT + at * 16, 16] as const),
  ['gdtr', GDTR_AT, 16],
  ['idtr', GDTR_AT + 16, 16],
  ['fcw, fsw, ftw, fop', FLOAT_AT, 8],
  ['mxcsr', FLOAT_AT + 8, 4],
  ['fip', FLOAT_AT + 16, 8],
  ['fdp', FLOAT_AT + 24, 8],
  ...Array.from({ length: 16 }, (_, at) => [`xmm${at}`, XMM_AT + at * 16, 16] as const),
  ...Array.from({ length: 8 }, (_, at) => [`x87r${at}`, X87_AT + at * 16, 16] as const),
  ...FIELDS.map(([name, at]) => [name, at, 4] as const),
  ['pdpte', State.PDPTE, 32],
];
/** What describes an exit, and what a fault. */
const EXIT_PARTS: readonly (readonly [string, number, number])[] = [
  ['exit gpa', State.EXIT_GPA, 8],
  ['exit gva', State.EXIT_GVA, 8],
  ['exit data', State.EXIT_DATA, 16],
  ['exit size', State.EXIT_SIZE, 4],
  ['exit access', State.EXIT_ACCESS, 4],
  ['exit port', State.EXIT_PORT, 4],
  ['exit instruction length', State.EXIT_LENGTH, 4],
];
const FAULT_PARTS: readonly (readonly [string, number, number])[] = [
  ['fault vector', State.FAULT_VECTOR, 4],
  ['fault error code', State.FAULT_ERROR, 4],
  ['fault has an error code', State.FAULT_HAS_ERROR, 4],
];

/** How two runs ended. */
export type EndKind = 'plain' | 'fault' | 'exit';

/** Where two blocks differ, their flags being whole. Both ended alike: by `end`. */
export function compareStates(first: Uint8Array, second: Uint8Array, end: EndKind): ValueDifference[] {
  const parts = end === 'plain' ? PARTS : [...PARTS, ...(end === 'exit' ? EXIT_PARTS : FAULT_PARTS)];
  const found: ValueDifference[] = [];
  for (const [name, at, length] of parts) {
    for (let i = at; i < at + length; i += 1) {
      if (first[i] === second[i]) continue;
      found.push({ name, first: word(first, at, length), second: word(second, at, length) });
      break;
    }
  }
  return found;
}

/** Views on one block. */
export interface VpBlock {
  readonly vp: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Views on the block at `vp` of a core's memory. */
export function vpBlock(buffer: SharedArrayBuffer, vp: number): VpBlock {
  return {
    vp,
    bytes: new Uint8Array(buffer, vp, State.END),
    view: new DataView(buffer, vp, State.END),
  };
}
