/** Guest-physical memory for a program: plain loads and stores where there is RAM, exits where there is none. */

import { AccessKind, PAGE_BYTES, Reg, type RegisterFile } from '@viridian/x86';
import type { GpaSpace } from '../partition/gpa-space.ts';
import type { ExitGate } from './exit-gate.ts';
import { GuestException, type GuestMemoryAccess } from './guest-cpu.ts';
import { Instruction, instructionBytes } from './program-code.ts';

const PAGE_FAULT = 14;
const FOUR_GIB_PAGES = 2 ** 20;
const RAX_LOW = Reg.RAX * 2;

type AccessSize = 1 | 2 | 4 | 8;

/** The memory of one processor's program. */
export class ProgramMemory implements GuestMemoryAccess {
  readonly #gpa: GpaSpace;
  readonly #gate: ExitGate;
  readonly #registers: RegisterFile;
  /** Called after an access that left the program: interrupts may be pending. */
  readonly #afterExit: () => void;
  readonly #data = new DataView(new ArrayBuffer(8));
  readonly #bytes: Readonly<Record<AccessSize, Uint8Array>>;

  constructor(gpa: GpaSpace, gate: ExitGate, registers: RegisterFile, afterExit: () => void) {
    this.#gpa = gpa;
    this.#gate = gate;
    this.#registers = registers;
    this.#afterExit = afterExit;
    const { buffer } = this.#data;
    this.#bytes = {
      1: new Uint8Array(buffer, 0, 1),
      2: new Uint8Array(buffer, 0, 2),
      4: new Uint8Array(buffer, 0, 4),
      8: new Uint8Array(buffer),
    };
    gate.accessRam = ({ gpa: at, kind, data }) =>
      kind === AccessKind.WRITE ? this.#gpa.write(at, data) : this.#gpa.read(at, data);
  }

  // RAM begins at 0 and may go on from 4 GiB, with a hole below that for devices.
  get sizeBytes(): number {
    let gpn = FOUR_GIB_PAGES;
    if (this.#gpa.systemPage(gpn) >= 0) {
      while (this.#gpa.systemPage(gpn) >= 0) gpn += 1;
    } else {
      while (gpn > 0 && !this.#isRam(gpn - 1)) gpn -= 1;
    }
    return gpn * PAGE_BYTES;
  }

  view(gpa: number, lengthBytes: number): Uint8Array<SharedArrayBuffer> {
    this.#gate.check();
    const space = this.#gpa;
    // The page of instructions is the processor's own.
    if (gpa >= (space.pageCount - 1) * PAGE_BYTES || !space.locate(gpa, AccessKind.READ))
      throw notMapped(gpa);
    const { bank, offset } = space;
    const end = gpa + lengthBytes;
    for (let page = gpa - (gpa % PAGE_BYTES) + PAGE_BYTES; page < end; page += PAGE_BYTES) {
      if (!space.locate(page, AccessKind.READ)) throw notMapped(page);
      if (space.bank !== bank || space.offset !== offset + (page - gpa)) {
        throw new RangeError(
          `the pages at 0x${gpa.toString(16)} do not lie together in the machine's memory`,
        );
      }
    }
    return new Uint8Array(bank.buffer, offset, lengthBytes);
  }

  locate(gpa: number): { buffer: SharedArrayBuffer; offset: number } | undefined {
    this.#gate.check();
    const space = this.#gpa;
    if (space.isOverlay(Math.floor(gpa / PAGE_BYTES)) || !space.locate(gpa, AccessKind.WRITE))
      return undefined;
    return { buffer: space.bank.buffer, offset: space.offset };
  }

  read8(gpa: number): number {
    this.#load(gpa, 1);
    return this.#data.getUint8(0);
  }

  read16(gpa: number): number {
    this.#load(gpa, 2);
    return this.#data.getUint16(0, true);
  }

  read32(gpa: number): number {
    this.#load(gpa, 4);
    return this.#data.getUint32(0, true);
  }

  read64(gpa: number): bigint {
    this.#load(gpa, 8);
    return this.#data.getBigUint64(0, true);
  }

  write8(gpa: number, value: number): void {
    this.#data.setUint8(0, value);
    this.#store(gpa, 1);
  }

  write16(gpa: number, value: number): void {
    this.#data.setUint16(0, value, true);
    this.#store(gpa, 2);
  }

  write32(gpa: number, value: number): void {
    this.#data.setUint32(0, value, true);
    this.#store(gpa, 4);
  }

  write64(gpa: number, value: bigint): void {
    this.#data.setBigUint64(0, value, true);
    this.#store(gpa, 8);
  }

  #isRam(gpn: number): boolean {
    return this.#gpa.systemPage(gpn) >= 0 && !this.#gpa.isOverlay(gpn);
  }

  /** Brings `size` bytes into the scratch. */
  #load(gpa: number, size: AccessSize): void {
    this.#gate.check();
    const bytes = this.#bytes[size];
    const space = this.#gpa;
    if (gpa % PAGE_BYTES <= PAGE_BYTES - size && space.locate(gpa, AccessKind.READ)) {
      const { bank, offset } = space;
      for (let at = 0; at < size; at += 1) bytes[at] = bank.bytes[offset + at]!;
      return;
    }
    if (gpa % PAGE_BYTES <= PAGE_BYTES - size) {
      this.#exit(gpa, bytes, AccessKind.READ);
      return;
    }
    // Across a page border each byte goes its own way.
    const collected = bytes.slice();
    for (let at = 0; at < size; at += 1) {
      this.#load(gpa + at, 1);
      collected[at] = this.#bytes[1][0]!;
    }
    bytes.set(collected);
  }

  /** Takes `size` bytes out of the scratch. */
  #store(gpa: number, size: AccessSize): void {
    this.#gate.check();
    const bytes = this.#bytes[size];
    const space = this.#gpa;
    if (gpa % PAGE_BYTES > PAGE_BYTES - size) {
      const collected = bytes.slice();
      collected.forEach((byte, at) => {
        this.write8(gpa + at, byte);
      });
    } else if (space.locate(gpa, AccessKind.WRITE)) {
      const { bank, offset } = space;
      for (let at = 0; at < size; at += 1) bank.bytes[offset + at] = bytes[at]!;
    } else {
      this.#exit(gpa, bytes, AccessKind.WRITE);
    }
  }

  /** An access that no RAM answers, as MOV between RAX and [RDI]. */
  #exit(gpa: number, scratch: Uint8Array, kind: AccessKind): void {
    const { dwords, qwords } = this.#registers;
    // Aside: the parent and interrupt handlers may use the scratch meanwhile.
    const data = scratch.slice();
    const isWrite = kind === AccessKind.WRITE;
    const instruction = (isWrite ? Instruction.STORE : Instruction.LOAD) + Math.log2(data.length);
    this.#gate.prepare(instruction);
    const gva = BigInt(gpa);
    qwords[Reg.RDI] = gva;
    if (isWrite) this.#toRax(data);
    this.#gate.memory = {
      gpa,
      gva,
      gvaValid: true,
      size: data.length,
      kind,
      instructionBytes: instructionBytes(instruction),
      data,
    };
    const finishedByParent = this.#gate.execute(instruction);
    if (finishedByParent && !isWrite) {
      for (let at = 0; at < data.length; at += 1) data[at] = dwords[RAX_LOW + (at >> 2)]! >>> (8 * (at & 3));
    }
    this.#afterExit();
    if (!isWrite) scratch.set(data);
  }

  #toRax(data: Uint8Array): void {
    const { dwords } = this.#registers;
    dwords[RAX_LOW] = dwords[RAX_LOW + 1] = 0;
    data.forEach((byte, at) => {
      dwords[RAX_LOW + (at >> 2)]! |= byte << (8 * (at & 3));
    });
  }
}

function notMapped(gpa: number): GuestException {
  return new GuestException(PAGE_FAULT, 0, `nothing to read at 0x${gpa.toString(16)}`);
}
