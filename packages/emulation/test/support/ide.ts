/** An IDE controller with memory, and a guest that drives it as Linux's ata_piix does: port by port, PRD by PRD. */

import { PortBus } from '../../src/bus/port-bus.ts';
import type { Width } from '../../src/bus/ports.ts';
import type { DmaMemory } from '../../src/ide/dma-memory.ts';
import { type IdeDrives, IdePiix4 } from '../../src/ide/ide-piix4.ts';
import { Wire } from './wires.ts';

/** RAM from 0 to its size, but for holes. */
export class TestMemory implements DmaMemory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly holes: [start: number, end: number][] = [];
  gathers = 0;

  constructor(byteCount: number) {
    this.bytes = new Uint8Array(new SharedArrayBuffer(byteCount));
    this.view = new DataView(this.bytes.buffer);
  }

  gather(gpa: number, byteCount: number, into: Uint8Array[]): boolean {
    this.gathers += 1;
    const end = gpa + byteCount;
    if (end > this.bytes.length) return false;
    if (this.holes.some(([from, to]) => gpa < to && end > from)) return false;
    into.push(this.bytes.subarray(gpa, end));
    return true;
  }
}

/** Where the guest has put things. */
export const TABLE = 0x1000;
export const BUFFER = 0x2_0000;
const BUS_MASTER = 0xc000;
const MEMORY_BYTES = 0x10_0000;

/** A region of a PRD table. */
export type Region = readonly [gpa: number, byteCount: number];

export class IdeGuest {
  readonly memory = new TestMemory(MEMORY_BYTES);
  readonly bus = new PortBus();
  readonly irq14 = new Wire();
  readonly irq15 = new Wire();
  readonly ide: IdePiix4;
  /** Takes the controller off the bus. */
  readonly detach: () => void;
  readonly #ports: number;
  readonly #busMaster: number;
  readonly #isSecondary: boolean;

  constructor(drives: IdeDrives, channel: 'primary' | 'secondary' = 'primary') {
    this.#isSecondary = channel === 'secondary';
    this.#ports = this.#isSecondary ? 0x170 : 0x1f0;
    this.#busMaster = BUS_MASTER + (this.#isSecondary ? 8 : 0);
    this.ide = new IdePiix4(this.irq14, this.irq15, this.memory, drives);
    this.detach = this.ide.attach(this.bus);
    this.ide.config.write(0x20, 4, BUS_MASTER);
    this.ide.config.write(0x04, 2, 0x5);
  }

  get irq(): Wire {
    return this.#isSecondary ? this.irq15 : this.irq14;
  }

  in(offset: number, width: Width = 1): number {
    return this.bus.read(this.#ports + offset, width);
  }

  out(offset: number, value: number, width: Width = 1): void {
    this.bus.write(this.#ports + offset, width, value);
  }

  control(value: number): void {
    this.bus.write(this.#ports + 0x206, 1, value);
  }

  get alternateStatus(): number {
    return this.bus.read(this.#ports + 0x206, 1);
  }

  readBusMaster(offset: number, width: Width = 1): number {
    return this.bus.read(this.#busMaster + offset, width);
  }

  writeBusMaster(offset: number, value: number, width: Width = 1): void {
    this.bus.write(this.#busMaster + offset, width, value);
  }

  /** Puts an address and a count into the registers, and gives the command. */
  command(code: number, parameters: CommandParameters = {}): void {
    const { lba = 0, count = 0, feature = 0, isExt = false, device = 0xe0 } = parameters;
    const bytesOf = (value: number, shift: number) => Math.floor(value / 2 ** shift) & 0xff;
    if (isExt) {
      this.out(1, feature >> 8);
      this.out(2, count >> 8);
      for (let i = 0; i < 3; i += 1) this.out(3 + i, bytesOf(lba, 24 + 8 * i));
    }
    this.out(1, feature & 0xff);
    this.out(2, count & 0xff);
    for (let i = 0; i < 3; i += 1) this.out(3 + i, bytesOf(lba, 8 * i));
    this.out(6, isExt ? device : device | bytesOf(lba, 24));
    this.out(7, code);
  }

  /** Reads `byteCount` bytes of one block through the data register. */
  takeBlock(byteCount: number, width: Width = 4): Uint8Array {
    const taken = new Uint8Array(byteCount + 4);
    const view = new DataView(taken.buffer);
    for (let at = 0; at < byteCount; at += width) {
      const value = this.in(0, width);
      if (width === 4) view.setUint32(at, value, true);
      else if (width === 2) view.setUint16(at, value, true);
      else taken[at] = value;
    }
    return taken.slice(0, byteCount);
  }

  giveBlock(block: Uint8Array, width: Width = 4): void {
    for (let at = 0; at < block.length; at += width) {
      let value = 0;
      for (let i = 0; i < width; i += 1) value += (block[at + i] ?? 0) * 2 ** (8 * i);
      this.out(0, value, width);
    }
  }

  /** Writes a PRD table and points the bus master at it. */
  table(regions: readonly Region[], isEnded = true): void {
    regions.forEach(([gpa, byteCount], index) => {
      const at = TABLE + 8 * index;
      this.memory.view.setUint32(at, gpa, true);
      this.memory.view.setUint16(at + 4, byteCount & 0xffff, true);
      this.memory.view.setUint16(at + 6, isEnded && index === regions.length - 1 ? 0x8000 : 0, true);
    });
    this.writeBusMaster(4, TABLE, 4);
  }

  /** Starts the bus master as ata_bmdma_setup and ata_bmdma_start do, with the command between them. */
  dma(toMemory: boolean, command: () => void): void {
    const direction = toMemory ? 0x08 : 0;
    this.writeBusMaster(0, direction);
    this.writeBusMaster(2, this.readBusMaster(2) | 0x06);
    command();
    this.writeBusMaster(0, direction | 0x01);
  }

  /** What the interrupt handler finds: bus-master status, then status; acknowledges both. */
  finish(): { busMaster: number; status: number; error: number } {
    const busMaster = this.readBusMaster(2);
    this.writeBusMaster(0, this.readBusMaster(0) & ~1);
    const status = this.in(7);
    this.writeBusMaster(2, this.readBusMaster(2));
    return { busMaster: busMaster & 0x07, status, error: this.in(1) };
  }
}

/** Registers of a command; 28-bit addresses unless `isExt`. */
export interface CommandParameters {
  readonly lba?: number;
  readonly count?: number;
  readonly feature?: number;
  readonly isExt?: boolean;
  /** Upper bits of the device register. */
  readonly device?: number;
}

const PATTERN = Uint8Array.from(
  { length: 0x20_0000 },
  (_, i) => (i * 7 + (i >> 8) * 31 + (i >> 16) * 13) & 0xff,
);

/** Fresh bytes that tell where they came from. */
export function pattern(byteCount: number, seed = 0): Uint8Array {
  return PATTERN.slice(seed, seed + byteCount);
}
