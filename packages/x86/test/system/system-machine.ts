/**
 * A bench for `assembly/system`: the folder compiled alone, guest memory flat, and micro-ops built by hand in place of
 * the decoder. Memory accesses, exits and the throw of a fault come to the functions below.
 */

/// <reference types="node" />

import { readFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

const VP = 0x100000;
const MICRO_OP = 0x80000;
const RAM = 0x200000;
const RAM_BYTES = 0x100000;

/** Byte offsets of `assembly/state.ts`. */
export const At = {
  RAX: 0,
  RCX: 8,
  RDX: 16,
  RSP: 32,
  RSI: 48,
  RDI: 56,
  R11: 88,
  RIP: 160,
  RFLAGS: 168,
  CR0: 176,
  CR2: 184,
  CR3: 192,
  CR4: 200,
  DR6: 256,
  DR7: 264,
  EFER: 272,
  KERNEL_GS_BASE: 280,
  STAR: 320,
  LSTAR: 328,
  SFMASK: 344,
} as const;

export const Seg = { ES: 0, CS: 1, SS: 2, DS: 3, FS: 4, GS: 5, LDTR: 6, TR: 7 } as const;

const RIP_BASE = 136;
const SEGMENTS = 384;
const GDTR = 512;
const IDTR = 528;
const CURRENT_OP = 1052;
const INSTRUCTION_RIP = 1056;
const FAULT = 1080;
const DELIVERING = 1092;
const INTERRUPT_REQUEST = 1096;
const NMI_PENDING = 1100;
const SHADOW = 1108;
const ACTIVITY = 1124;
const PENDING_DEBUG = 1132;
const EXIT_DATA = 1168;
const EXIT_VECTOR = 1208;

/** Where the tables and stacks of the test machine lie. */
export const GDT = 0x1000;
export const IDT = 0x2000;
export const TSS = 0x3000;

/** The core's functions that tests call. */
interface Core {
  executeSystem(vp: number, op: number): void;
  deliverException(vp: number): void;
  serviceEvents(vp: number): number;
  updateMode(vp: number): void;
  reset(vp: number): void;
  initialize(vp: number): void;
  startUp(vp: number, vector: number): void;
  loadSegment(vp: number, segment: number, selector: number): void;
  raisePF(vp: number, linear: bigint, code: number): void;
}

/** What an instruction ended with: nothing, or a fault that is recorded and not delivered yet. */
export type Fault = { vector: number; error: number | undefined } | undefined;

/** The generic micro-op's fields that differ from a two-byte instruction without operands. */
export interface Form {
  size?: number;
  modrm?: number;
  address?: number;
  immediate?: bigint;
  prefixes?: number;
  length?: number;
}

const RAISED = new Error('the core raised a fault');
let compiled: Promise<WebAssembly.Module> | undefined;

const external = (name: string, signature: string) =>
  `@external('env', '${name}')\nexport declare function ${name}${signature};\n`;

/** What stands in for `assembly/memory`: the flat memory of {@link SystemMachine}. */
const STAND_INS: Record<string, string> = {
  'assembly/memory/access.ts':
    external('readAs', '(vp: usize, linear: u64, bytes: u32, user: bool): u64') +
    external('writeAs', '(vp: usize, linear: u64, bytes: u32, user: bool, value: u64): void') +
    external('probeAs', '(vp: usize, linear: u64, bytes: u32, user: bool): void'),
  'assembly/memory/physical.ts': external('readPhysical', '(gpa: u64, bytes: u32): u64'),
  'assembly/memory/tlb.ts':
    external('flushAllTlb', '(vp: usize): void') +
    external('flushNonGlobalTlb', '(vp: usize): void') +
    external('flushPageTlb', '(vp: usize, linear: u64): void'),
};

function readSource(name: string, base: string): string | null {
  const standIn = STAND_INS[name];
  if (standIn !== undefined) return standIn;
  try {
    return readFileSync(name.startsWith('/') ? name : `${base}/${name}`, 'utf8');
  } catch {
    return null; // the compiler looks in several places
  }
}

async function compile(): Promise<WebAssembly.Module> {
  const base = new URL('../../', import.meta.url).pathname;
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  const flags =
    '--config none --runtime stub -O1 --noAssert --importMemory --sharedMemory --maximumMemory 65536';
  const more =
    '--memoryBase 32768 --enable simd --enable threads --enable bulk-memory --use abort= --outFile out.wasm';
  const { error, stderr } = await asc.main(
    ['assembly/system/entry.ts', '--baseDir', base, ...`${flags} ${more}`.split(' ')],
    {
      readFile: readSource,
      writeFile: (_name: string, contents: string | Uint8Array) => {
        if (typeof contents !== 'string') bytes = new Uint8Array(contents);
      },
    },
  );
  if (error !== null || bytes === undefined) throw new Error(`assembly/system does not compile: ${stderr}`);
  return new WebAssembly.Module(bytes);
}

/** One processor without a decoder. */
export class SystemMachine {
  readonly view: DataView;
  /** Pages that fault, by number. */
  readonly absent = new Set<number>();
  /** Port accesses and other exits, in order. */
  readonly exits: string[] = [];
  /** Vector that the interrupt controller hands out. */
  vector = -1;
  portValue = 0;
  readonly #core: Core;

  private constructor(memory: WebAssembly.Memory, module: WebAssembly.Module) {
    this.view = new DataView(memory.buffer);
    const instance = new WebAssembly.Instance(module, {
      env: {
        memory,
        raise: () => {
          throw RAISED;
        },
        exit: (_vp: number, kind: number) => this.#exit(kind),
        readTsc: () => this.view.setBigUint64(VP + 1216, 0x1122334455667788n, true),
        log: () => undefined,
        readAs: (_vp: number, linear: bigint, bytes: number, user: number) =>
          this.#load(this.#check(linear, bytes, user, 0), bytes),
        writeAs: (_vp: number, linear: bigint, bytes: number, user: number, value: bigint) =>
          this.#store(this.#check(linear, bytes, user, 2), bytes, value),
        probeAs: (_vp: number, linear: bigint, bytes: number, user: number) => {
          this.#check(linear, bytes, user, 2);
        },
        readPhysical: (gpa: bigint) => this.#load(RAM + Number(gpa), 8),
        flushAllTlb: () => this.exits.push('flush 0'),
        flushNonGlobalTlb: () => this.exits.push('flush 1'),
        flushPageTlb: () => this.exits.push('flush 2'),
      },
    });
    this.#core = instance.exports as unknown as Core;
    this.#core.reset(VP);
    this.exits.length = 0;
  }

  static async create(): Promise<SystemMachine> {
    compiled ??= compile();
    const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });
    return new SystemMachine(memory, await compiled);
  }

  #check(linear: bigint, bytes: number, user: number, access: number): number {
    const page = Number((linear & 0xffffffffn) >> 12n);
    const last = Number(((linear + BigInt(bytes - 1)) & 0xffffffffn) >> 12n);
    const bad = this.absent.has(page) ? linear : this.absent.has(last) ? BigInt(last) << 12n : undefined;
    if (bad !== undefined) this.#core.raisePF(VP, bad, access | (user === 0 ? 0 : 4));
    const at = Number(linear & 0xffffffffn);
    if (at + bytes > RAM_BYTES) throw new Error(`no memory at ${at.toString(16)}`);
    return RAM + at;
  }

  #load(at: number, bytes: number): bigint {
    let value = 0n;
    for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.view.getUint8(at + i));
    return value;
  }

  #store(at: number, bytes: number, value: bigint): void {
    for (let i = 0; i < bytes; i++) this.view.setUint8(at + i, Number((value >> BigInt(8 * i)) & 0xffn));
  }

  #exit(kind: number): number {
    this.exits.push(`exit ${kind}`);
    if (kind === 3) this.view.setBigUint64(VP + EXIT_DATA, BigInt(this.portValue), true);
    if (kind === 6) this.view.setInt32(VP + EXIT_VECTOR, this.vector, true);
    return 0;
  }

  get(register: number): bigint {
    return this.view.getBigUint64(VP + register, true);
  }

  set(register: number, value: bigint | number): void {
    this.view.setBigUint64(VP + register, BigInt.asUintN(64, BigInt(value)), true);
  }

  read(linear: number, bytes: number): bigint {
    return this.#load(RAM + linear, bytes);
  }

  write(linear: number, bytes: number, value: bigint | number): void {
    this.#store(RAM + linear, bytes, BigInt(value));
  }

  selector(segment: number): number {
    return this.view.getUint16(VP + SEGMENTS + segment * 16 + 12, true);
  }

  base(segment: number): bigint {
    return this.view.getBigUint64(VP + SEGMENTS + segment * 16, true);
  }

  setSegment(segment: number, selector: number, base: number, limit: number, attributes: number): void {
    const at = VP + SEGMENTS + segment * 16;
    this.view.setBigUint64(at, BigInt(base), true);
    this.view.setUint32(at + 8, limit, true);
    this.view.setUint16(at + 12, selector, true);
    this.view.setUint16(at + 14, attributes, true);
  }

  setTables(gdtLimit: number, idtLimit: number): void {
    this.view.setBigUint64(VP + GDTR, BigInt(GDT), true);
    this.view.setUint32(VP + GDTR + 8, gdtLimit, true);
    this.view.setBigUint64(VP + IDTR, BigInt(IDT), true);
    this.view.setUint32(VP + IDTR + 8, idtLimit, true);
  }

  updateMode(): void {
    this.#core.updateMode(VP);
  }

  init(): void {
    this.#core.initialize(VP);
  }

  startUp(vector: number): void {
    this.#core.startUp(VP, vector);
  }

  get cpl(): number {
    return this.view.getUint32(VP + 1048, true) & 3;
  }

  /** MODE_64 of the mode word. */
  get is64Bit(): boolean {
    return (this.view.getUint32(VP + 1048, true) & 4) !== 0;
  }

  get shadow(): number {
    return this.view.getUint32(VP + SHADOW, true);
  }

  set shadow(kind: number) {
    this.view.setUint32(VP + SHADOW, kind, true);
  }

  get activity(): number {
    return this.view.getUint32(VP + ACTIVITY, true);
  }

  requestInterrupt(vector: number): void {
    this.vector = vector;
    this.view.setUint32(VP + INTERRUPT_REQUEST, 1, true);
  }

  requestNmi(): void {
    this.view.setUint32(VP + NMI_PENDING, 1, true);
  }

  requestDebugTrap(bits: number): void {
    this.view.setUint32(VP + PENDING_DEBUG, bits, true);
  }

  #guard(work: () => void): Fault {
    try {
      work();
      this.view.setUint32(VP + CURRENT_OP, 0, true);
      return undefined;
    } catch (error) {
      if (error !== RAISED) throw error;
      const vector = this.view.getInt32(VP + FAULT, true);
      const hasError = this.view.getUint32(VP + FAULT + 8, true) !== 0;
      return { vector, error: hasError ? this.view.getUint32(VP + FAULT + 4, true) : undefined };
    }
  }

  /** Executes the instruction with this opcode (plus 0x100 in the 0F map) at RIP. */
  execute(code: number, form: Form = {}): Fault {
    const rip = this.get(At.RIP);
    const length = form.length ?? 2;
    const { view } = this;
    for (let i = 0; i < 32; i++) view.setUint8(MICRO_OP + i, 0);
    // Base and index 128: the register that is always zero.
    view.setUint8(MICRO_OP + 4, 128);
    view.setUint8(MICRO_OP + 5, 128);
    view.setUint8(MICRO_OP + 7, length);
    view.setBigInt64(MICRO_OP + 8, form.immediate ?? 0n, true);
    view.setInt32(MICRO_OP + 16, form.address ?? 0, true);
    view.setUint16(MICRO_OP + 20, code, true);
    view.setUint8(MICRO_OP + 22, form.modrm ?? 0);
    view.setUint8(MICRO_OP + 23, form.prefixes ?? 0);
    view.setUint8(MICRO_OP + 24, form.size ?? 4);
    view.setUint8(MICRO_OP + 25, form.address === undefined ? 0 : 1);
    view.setUint8(MICRO_OP + 31, 3 | (this.is64Bit ? 2 << 3 : 1 << 3));
    this.set(RIP_BASE, rip);
    this.set(INSTRUCTION_RIP, rip);
    this.set(At.RIP, rip + BigInt(length));
    view.setUint32(VP + CURRENT_OP, MICRO_OP, true);
    return this.#guard(() => this.#core.executeSystem(VP, MICRO_OP));
  }

  /** Delivers a recorded fault and those of its delivery: 0 delivered, -2 shut down. */
  deliver(): number {
    for (;;) {
      const fault = this.#guard(() => this.#core.deliverException(VP));
      if (fault === undefined) return 0;
      if (fault.vector < 0) return fault.vector;
    }
  }

  /** Records a fault as if the instruction at RIP had raised it, and delivers it. */
  raise(vector: number, error?: number): number {
    this.view.setInt32(VP + FAULT, vector, true);
    this.view.setUint32(VP + FAULT + 4, error ?? 0, true);
    this.view.setUint32(VP + FAULT + 8, error === undefined ? 0 : 1, true);
    this.view.setInt32(VP + DELIVERING, -1, true);
    return this.deliver();
  }

  service(): Fault {
    return this.#guard(() => {
      this.#core.serviceEvents(VP);
    });
  }
}
