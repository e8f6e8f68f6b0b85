/** The processor core in WebAssembly over one memory: instantiation, and the throw by which faults unwind it. */

import { CORE_WASM } from '../generated/core-wasm.ts';
import { canLinkRegions, RegionLinker } from '../jit/region-linker.ts';

/** Bytes at the start of a bank that the core keeps for itself; guest RAM follows. The host commits what is touched. */
export const CORE_RESERVED_BYTES = 0x7000000;
/** Processors that one core can hold. */
export const MAX_PROCESSORS = 64;

const VP_BASE = 0x100000;
const VP_STRIDE = 0x100000;

/** Address of a processor's block in the core's memory. */
export function vpAddress(index: number): number {
  return VP_BASE + index * VP_STRIDE;
}

/** Offsets within a processor's block, of `assembly/state.ts`. */
export const State = {
  RIP_BASE: 136,
  RIP: 160,
  EXIT_REQUEST: 1028,
  MODE_WORD: 1048,
  CURRENT_OP: 1052,
  TLB_CURRENT: 1064,
  FAULT_VECTOR: 1080,
  FAULT_ERROR: 1084,
  FAULT_HAS_ERROR: 1088,
  DELIVERING: 1092,
  INTERRUPT_REQUEST: 1096,
  NMI_PENDING: 1100,
  SHADOW: 1108,
  INJECT_VECTOR: 1112,
  INJECT_ERROR: 1116,
  INJECT_HAS_ERROR: 1120,
  ACTIVITY: 1124,
  PENDING_DEBUG: 1132,
  VP_INDEX: 1144,
  EXCEPTION_FILTER: 1128,
  INSTRUCTIONS: 1136,
  INSTRUCTION_RIP: 1056,
  EXIT_GPA: 1152,
  EXIT_GVA: 1160,
  EXIT_DATA: 1168,
  EXIT_SIZE: 1184,
  EXIT_ACCESS: 1188,
  EXIT_PORT: 1192,
  EXIT_FLAGS: 1196,
  EXIT_LENGTH: 1200,
  EXIT_CODE: 1204,
  EXIT_VECTOR: 1208,
  EXIT_TSC: 1216,
  PDPTE: 1264,
  FLUSH_LOG_USED: 1296,
  JUMP_GENERATIONS: 1344,
  JIT_EPOCHS: 1360,
  END: 1408,
} as const;

/** Kinds of exit, of `assembly/system/core-access.ts` and `assembly/memory/physical.ts`. */
export const Exit = {
  CPUID: 0,
  RDMSR: 1,
  WRMSR: 2,
  PORT: 3,
  HYPERCALL: 4,
  EXCEPTION: 5,
  ACKNOWLEDGE: 6,
  MEMORY: 7,
  PAUSE: 8,
  RANDOM: 9,
} as const;

/** Functions of the core. Those that may unwind throw {@link UNWIND}. */
export interface Core {
  run(vp: number, budget: number): number;
  deliverException(vp: number): void;
  materializeFlags(vp: number): void;
  updateMode(vp: number): void;
  reset(vp: number): void;
  initialize(vp: number): void;
  startUp(vp: number, vector: number): void;
  flushAllTlb(vp: number): void;
  pagingChanged(vp: number): void;
  flushPageTlb(vp: number, linear: bigint): void;
  invalidatePage(host: number): void;
  dropAllBlocks(): void;
  noteDevices(): void;
  setVpCount(count: number): void;
  setJitThreshold(entries: number): void;
  setRegionLinks(linked: number): void;
  setInterpreting(on: number): void;
  setJournal(on: number): void;
  closeWrites(vp: number): void;
  translateForHost(vp: number, linear: bigint, access: number, user: number, touch: number): number;
  translated(): number;
}

/** What processors answer when the core asks. */
export interface CoreHost {
  exit(vp: number, kind: number): number;
  readTsc(vp: number): void;
  /** A page of guest memory is about to be written, while the journal is on. */
  journal(page: number, isTable: number): void;
}

/** Thrown through the core to unwind it; the fault record says why. One object, so that a throw allocates nothing. */
export const UNWIND = new Error('the processor core unwinds');

let module: WebAssembly.Module | undefined;

/** Makes a core over `memory`, whose first {@link CORE_RESERVED_BYTES} must be its own. */
export function instantiateCore(memory: WebAssembly.Memory, host: CoreHost): Core {
  module ??= new WebAssembly.Module(Uint8Array.from(atob(CORE_WASM), (character) => character.charCodeAt(0)));
  const env = {
    memory,
    raise: () => {
      throw UNWIND;
    },
    exit: (vp: number, kind: number) => host.exit(vp, kind),
    readTsc: (vp: number) => host.readTsc(vp),
    journal: (page: number, isTable: number) => host.journal(page, isTable),
    install: (region: number, start: number, bytes: number) => linker.install(region, start, bytes),
    log: () => {},
  };
  const { exports } = new WebAssembly.Instance(module, { env });
  const linker = new RegionLinker(memory, exports);
  const core = exports as unknown as Core;
  core.setRegionLinks(canLinkRegions() ? 1 : 0);
  core.dropAllBlocks();
  return core;
}
