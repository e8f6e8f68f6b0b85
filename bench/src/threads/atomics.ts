/** What an atomic instruction costs in WebAssembly: loops over one word of shared memory. */

/** Ways to use a word; those in pairs do the same, plain and atomic. */
export const WORD_USES = [
  'plain load',
  'atomic load',
  'plain store',
  'atomic store',
  'plain add',
  'atomic add',
] as const;
export type WordUse = (typeof WORD_USES)[number];

const GET_SUM = [0x20, 1];
const SET_SUM = [0x21, 1];
/** i32.const 256: where the word lies. */
const ADDRESS = [0x41, 0x80, 0x02];
const ONE = [0x42, 1];
const ADD = [0x7c];
/** Instructions with their alignment (8 bytes) and offset (0); WebAssembly threads proposal, "Binary Format". */
const LOAD = [0x29, 3, 0];
const STORE = [0x37, 3, 0];
const ATOMIC_LOAD = [0xfe, 0x11, 3, 0];
const ATOMIC_STORE = [0xfe, 0x18, 3, 0];
const ATOMIC_ADD = [0xfe, 0x1f, 3, 0];

const BODIES: Readonly<Record<WordUse, readonly number[]>> = {
  'plain load': [...ADDRESS, ...LOAD, ...GET_SUM, ...ADD, ...SET_SUM],
  'atomic load': [...ADDRESS, ...ATOMIC_LOAD, ...GET_SUM, ...ADD, ...SET_SUM],
  'plain store': [...ADDRESS, ...GET_SUM, ...STORE],
  'atomic store': [...ADDRESS, ...GET_SUM, ...ATOMIC_STORE],
  'plain add': [...ADDRESS, ...ADDRESS, ...LOAD, ...ONE, ...ADD, ...STORE],
  'atomic add': [...ADDRESS, ...ONE, ...ATOMIC_ADD, 0x1a],
};

const sized = (bytes: readonly number[]): number[] => [bytes.length, ...bytes];
const section = (id: number, bytes: readonly number[]): number[] => [id, ...sized(bytes)];

/** A module of one function: (rounds: i32) → i64. No part is longer than 127 bytes. */
function moduleOf(use: WordUse): Uint8Array<ArrayBuffer> {
  const countDown = [0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0]; // br_if 0 while --rounds is not 0
  const code = [1, 1, 0x7e, 0x03, 0x40, ...BODIES[use], ...countDown, 0x0b, ...GET_SUM, 0x0b];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, 0x7f, 1, 0x7e]),
    ...section(2, [1, 1, 0x65, 1, 0x6d, 2, 3, 1, 1]), // e.m, a shared memory of one page
    ...section(3, [1, 0]),
    ...section(7, [1, 1, 0x66, 0, 0]), // f
    ...section(10, [1, ...sized(code)]),
  ]);
}

/** A loop of `rounds` uses of the word in `memory`: one shared page of WebAssembly. */
export function wordLoop(use: WordUse, memory: WebAssembly.Memory): (rounds: number) => void {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleOf(use)), { e: { m: memory } });
  return exports.f as (rounds: number) => void;
}
