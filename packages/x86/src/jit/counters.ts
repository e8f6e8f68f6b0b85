/** What the JIT counts, for profilers: places of `assembly/jit/memory-map.ts` and `assembly/jit/counters.ts`. */

const COUNTERS = 0x6d0d000;
const HANDLER_CALLS = 0x6d0d100;
const EXITS = 0x6d0e100;
const HANDLER_CALL_KINDS = 1024;

const NAMES = [
  'compiled',
  'dropped',
  'instructions',
  'bytes',
  'failed',
  'left',
  'interpreted',
  'handled',
  'misplaced',
  'fills',
  'toCold',
  'linked',
] as const;

/** Numbers of one core since it was made; those of events wrap at 2^32. */
export interface JitCounters {
  /** Regions compiled, regions dropped, and blocks for which there was none. */
  readonly compiled: number;
  readonly dropped: number;
  readonly failed: number;
  /** Guest instructions in the regions compiled, and bytes of WebAssembly. */
  readonly instructions: number;
  readonly bytes: number;
  /** Regions left in front of other code, in front of an instruction for the interpreter, behind a handler's; not entered. */
  readonly left: number;
  readonly interpreted: number;
  readonly handled: number;
  readonly misplaced: number;
  /** Accesses that missed the TLB. */
  readonly fills: number;
  /** Exits to code that has no region. */
  readonly toCold: number;
  /** Regions that led to another one directly. */
  readonly linked: number;
  /** Exits to system instructions by opcode, as below. */
  readonly exits: ReadonlyMap<number, number>;
  /** Calls of the interpreter's handlers by opcode: 0F xx is 1xx, 0F 38 xx 2xx, 0F 3A xx 3xx. */
  readonly handlers: ReadonlyMap<number, number>;
}

function byOpcode(buffer: SharedArrayBuffer, at: number): Map<number, number> {
  const found = new Map<number, number>();
  new Uint32Array(buffer, at, HANDLER_CALL_KINDS).forEach((count, opcode) => {
    if (count !== 0) found.set(opcode, count);
  });
  return found;
}

/** Reads the counters of the core over `buffer`. */
export function readJitCounters(buffer: SharedArrayBuffer): JitCounters {
  const words = new Uint32Array(buffer, COUNTERS, NAMES.length);
  const named = Object.fromEntries(NAMES.map((name, index) => [name, words[index]!]));
  return {
    ...(named as unknown as Omit<JitCounters, 'handlers' | 'exits'>),
    handlers: byOpcode(buffer, HANDLER_CALLS),
    exits: byOpcode(buffer, EXITS),
  };
}
