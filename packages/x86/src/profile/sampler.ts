/**
 * Looks at what the processors of a core are doing, from any thread that has the core's memory. It takes no lock and stops
 * nobody: a look may mix two moments, which does no harm to a statistic.
 */

import { State, vpAddress } from '../core/core.ts';
import { PAGE_BYTES } from '../memory/machine-memory.ts';
import { Activity, coreActivity } from './activity.ts';
import { exitName } from './exit-name.ts';

/**
 * What a core can be at: nothing, as no processor has a turn; compiled code; an instruction that compiled code leaves to
 * the interpreter; the interpreter; the compiler; an exit to the hypervisor.
 */
export const ACTIVITIES = ['outside', 'compiled', 'handler', 'interpreter', 'compiling', 'exit'] as const;
export type ActivityName = (typeof ACTIVITIES)[number];

/** One look. */
export interface ProcessorSample {
  readonly activity: ActivityName;
  /** The rest is of the processor whose turn it is; without meaning when the activity is `outside`. */
  readonly vp: number;
  /** About where: of interpreted code an instruction shortly before, of compiled code where its region begins. */
  readonly rip: bigint;
  /** Whether it runs at privilege level 3. */
  readonly isUser: boolean;
  /** What the exit is about, empty when it is none. */
  readonly exit: string;
  /** Opcode of the instruction of a `handler`: 0F xx is 1xx, 0F 38 xx 2xx, 0F 3A xx 3xx; else -1. */
  readonly opcode: number;
}

/** Of `assembly/micro-op.ts`. */
const OP_CODE16 = 20;
const OP_OFFSET = 28;
/** Of `assembly/jit/memory-map.ts` and `assembly/jit/regions.ts`; a block begins with the host address of its code. */
const RUNNING = 0x6d0f100;
const REGION_BYTES = 512;
const REGION_ENTRIES = 160;
const REGION_BASE = 480;
/** Of `assembly/mode-bits.ts`. */
const MODE_CPL = 3;
/** Of `assembly/layout.ts`: host pages of guest pages, with rights in the low bits. */
const GPA_TABLE = 0x4100000;
const GPA_TABLE_PAGES = 1 << 21;

const PRESENT = 1n;
const LARGE = 0x80n;
const ADDRESS = 0x000f_ffff_ffff_f000n;
const BLOCK_BYTES = 4096;

/** Samples of one core. */
export class ProcessorSampler {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #activity: Int32Array;
  readonly #gpaTable: Uint32Array;
  #vp = 0;

  /** `memory` is the bank of the core: its `buffer`. */
  constructor(memory: SharedArrayBuffer) {
    this.#view = new DataView(memory);
    this.#bytes = new Uint8Array(memory);
    this.#activity = coreActivity(memory);
    this.#gpaTable = new Uint32Array(memory, GPA_TABLE, GPA_TABLE_PAGES);
  }

  sample(): ProcessorSample {
    const turn = this.#activity[Activity.TURN]!;
    if (turn === 0) return OUTSIDE;
    this.#vp = turn - 1;
    const at = vpAddress(this.#vp);
    const op = this.#view.getUint32(at + State.CURRENT_OP, true);
    const inRegions = this.#activity[Activity.IN_REGIONS] !== 0;
    const exit = this.#activity[Activity.EXIT]!;
    const activity = this.#activityOf(exit, inRegions, op);
    return {
      activity,
      vp: this.#vp,
      rip: this.#ripOf(activity, at, op),
      isUser: (this.#view.getUint32(at + State.MODE_WORD, true) & MODE_CPL) === 3,
      exit: exit === 0 ? '' : exitName(exit - 1, new DataView(this.#view.buffer, at, BLOCK_BYTES)),
      opcode: activity === 'handler' && this.#holds(op) ? this.#view.getUint16(op + OP_CODE16, true) : -1,
    };
  }

  /** A register (`Reg`) of the processor that was sampled last, as it goes on. */
  register(index: number): bigint {
    return this.#view.getBigUint64(vpAddress(this.#vp) + index * 8, true);
  }

  /**
   * Copies guest memory at a linear address of the processor sampled last, through the 4-level page tables at `cr3`; undefined
   * where not all of it is mapped, and for bytes on two pages.
   */
  read(cr3: bigint, linear: bigint, byteCount: number): DataView | undefined {
    const within = Number(linear & BigInt(PAGE_BYTES - 1));
    const gpa = within + byteCount <= PAGE_BYTES ? this.#translate(cr3, linear) : undefined;
    const host = gpa === undefined ? undefined : this.#hostOf(gpa);
    if (host === undefined) return undefined;
    return new DataView(Uint8Array.from(this.#bytes.subarray(host, host + byteCount)).buffer);
  }

  #activityOf(exit: number, inRegions: boolean, op: number): ActivityName {
    if (exit !== 0) return 'exit';
    if (this.#activity[Activity.COMPILING] !== 0) return 'compiling';
    if (!inRegions) return 'interpreter';
    return op === 0 ? 'compiled' : 'handler';
  }

  #ripOf(activity: ActivityName, at: number, op: number): bigint {
    const rip = this.#view.getBigUint64(at + State.RIP, true);
    if (activity === 'compiled') return this.#regionHead() ?? rip;
    if (activity === 'handler') return this.#view.getBigUint64(at + State.INSTRUCTION_RIP, true);
    if (activity !== 'interpreter' || !this.#holds(op + OP_OFFSET)) return rip;
    const base = this.#view.getBigUint64(at + State.RIP_BASE, true);
    return base + BigInt(this.#view.getUint16(op + OP_OFFSET, true));
  }

  /** Where the region under way begins: its own RIP is only right between regions. */
  #regionHead(): bigint | undefined {
    const region = this.#view.getUint32(RUNNING, true);
    if (!this.#holds(region + REGION_BYTES)) return undefined;
    const block = this.#view.getUint32(region + REGION_ENTRIES, true);
    if (!this.#holds(block)) return undefined;
    const page = this.#view.getBigUint64(region + REGION_BASE, true);
    const delta = BigInt(this.#view.getInt32(region + REGION_ENTRIES + 4, true));
    return page + delta + BigInt(this.#view.getUint32(block, true) % PAGE_BYTES);
  }

  /** Whether there is something at an address that may be no address. */
  #holds(at: number): boolean {
    return at > PAGE_BYTES && at + 8 <= this.#view.byteLength;
  }

  #translate(cr3: bigint, linear: bigint): bigint | undefined {
    let table = cr3 & ADDRESS;
    for (const shift of [39n, 30n, 21n, 12n]) {
      const host = this.#hostOf(table + ((linear >> shift) & 0x1ffn) * 8n);
      const entry = host === undefined ? 0n : this.#view.getBigUint64(host, true);
      if ((entry & PRESENT) === 0n) return undefined;
      table = entry & ADDRESS;
      const isLeaf = shift === 12n || (shift < 39n && (entry & LARGE) !== 0n);
      const mask = (1n << shift) - 1n;
      if (isLeaf) return (table & ~mask) | (linear & mask);
    }
    return undefined;
  }

  #hostOf(gpa: bigint): number | undefined {
    const gpn = Number(gpa >> 12n);
    const entry = gpn < GPA_TABLE_PAGES ? this.#gpaTable[gpn]! : 0;
    if ((entry & 1) === 0) return undefined;
    return (entry & ~(PAGE_BYTES - 1)) + Number(gpa & BigInt(PAGE_BYTES - 1));
  }
}

const OUTSIDE: ProcessorSample = {
  activity: 'outside',
  vp: -1,
  rip: 0n,
  isUser: false,
  exit: '',
  opcode: -1,
};
