/** One IDE cable with up to two drives: which of them answers, when they interrupt, and their bus master (ATA/ATAPI-6; 82371AB PIIX4). */

import { counters, type InspectNode, warning } from '@viridian/trace';
import { allOnes, type InterruptLine, type RegisterBlock, type Width } from '../bus/ports.ts';
import { BusMaster, type BusMasterState } from './bus-master.ts';
import type { DmaMemory } from './dma-memory.ts';
import type { Drive } from './drive.ts';
import type { DriveState } from './drive-state.ts';
import { followTable } from './scatter-list.ts';
import { Command, Control, Device, Reg, Status } from './spec.ts';

const violations = warning('ide.dma');

/** What hangs on a cable. Drive 1 alone is allowed, though few systems like it. */
export interface ChannelDrives {
  readonly master?: Drive;
  readonly slave?: Drive;
}

/** Everything volatile of a channel, its drives included. */
export interface IdeChannelState {
  readonly version: 1;
  /** The drive bit of the device register. */
  selected: 0 | 1;
  control: number;
  readonly busMaster: BusMasterState;
  readonly drives: readonly (DriveState | undefined)[];
}

/** A channel. The board maps `command`, 8 ports, and `control`, one port, at their places. */
export class IdeChannel {
  /** 1F0h or 170h on a PC. */
  readonly command: RegisterBlock = {
    widest: 4,
    readPort: (offset, width) => this.#read(offset, width),
    writePort: (offset, width, value) => this.#write(offset, width, value),
  };
  /** 3F6h or 376h on a PC. */
  readonly control: RegisterBlock = {
    readPort: () => this.#status(),
    writePort: (_offset, _width, value) => this.#writeControl(value),
  };
  readonly #where: string;
  readonly #irq: InterruptLine;
  readonly #memory: DmaMemory;
  readonly #drives: readonly (Drive | undefined)[];
  readonly #busMaster = new BusMaster();
  readonly #counters = counters({ dmaTransfers: 0, dmaRefused: 0 });
  #selected: 0 | 1 = 0;
  #controlBits = 0;
  #line = false;

  /** `where` names the channel in traces. */
  constructor(irq: InterruptLine, memory: DmaMemory, drives: ChannelDrives, where: string) {
    this.#where = where;
    this.#irq = irq;
    this.#memory = memory;
    this.#drives = [drives.master, drives.slave];
    this.#drives.forEach((drive, index) => {
      const place = `${where}/${index}`;
      drive?.plug({ isSlave: index === 1, where: place, changed: () => this.#sync() });
    });
  }

  /** Bus-master registers of this channel; offsets 0–7. */
  readBusMaster(offset: number, width: Width): number {
    return this.#busMaster.read(offset, width);
  }

  writeBusMaster(offset: number, width: Width, value: number): void {
    this.#busMaster.write(offset, width, value);
    this.#sync();
  }

  reset(): void {
    this.#selected = 0;
    this.#controlBits = 0;
    this.#busMaster.reset();
    for (const drive of this.#drives) drive?.reset();
    this.#sync();
  }

  /** Waits until the host works on nothing for the drives. */
  async quiesce(): Promise<void> {
    for (const drive of this.#drives) await drive?.quiesce();
  }

  /** Throws while the host is at work: see `quiesce`. */
  save(): IdeChannelState {
    return {
      version: 1,
      selected: this.#selected,
      control: this.#controlBits,
      busMaster: this.#busMaster.save(),
      drives: this.#drives.map((drive) => drive?.save()),
    };
  }

  /** Throws when the state is about other drives. */
  restore(state: IdeChannelState): void {
    this.#drives.forEach((drive, index) => {
      const saved = state.drives[index];
      if ((drive === undefined) !== (saved === undefined))
        throw new Error(`${this.#where}: the saved channel had other drives`);
      if (saved !== undefined) drive?.restore(saved);
    });
    this.#selected = state.selected;
    this.#controlBits = state.control;
    this.#busMaster.restore(state.busMaster);
    // A line that was high is not an edge again.
    this.#line = this.#interrupting();
    this.#irq.set(this.#line);
    this.#sync();
  }

  inspect(): InspectNode {
    const [master, slave] = this.#drives;
    const state = { selected: this.#selected, control: this.#controlBits, ...this.#counters };
    return { ...state, busMaster: { ...this.#busMaster.save() }, master, slave };
  }

  get #drive(): Drive | undefined {
    return this.#drives[this.#selected];
  }

  /** Nobody on the cable: the lines float. Somebody, but not this one: drive 0 answers with zeros. */
  get #nobody(): number {
    return this.#drives.some((drive) => drive !== undefined) ? 0 : 0xff;
  }

  #read(offset: number, width: Width): number {
    const drive = this.#drive;
    if (offset === Reg.DATA) return drive?.readData(width) ?? (this.#nobody === 0 ? 0 : allOnes(width));
    let value = 0;
    for (let i = 0; i < width; i += 1) value += this.#readByte(offset + i) * 2 ** (8 * i);
    return value;
  }

  #readByte(reg: number): number {
    const drive = this.#drive;
    if (reg === Reg.STATUS_COMMAND) {
      const status = this.#status();
      drive?.acknowledge();
      this.#sync();
      return status;
    }
    if (reg === Reg.DEVICE && this.#nobody === 0) return this.#deviceRegister();
    return drive?.readRegister(reg, (this.#controlBits & Control.HOB) !== 0) ?? this.#nobody;
  }

  #deviceRegister(): number {
    const answering = this.#drive ?? this.#drives.find((drive) => drive !== undefined);
    const rest = answering!.readRegister(Reg.DEVICE, false) & ~Device.SLAVE;
    return rest | Device.OBSOLETE | (this.#selected === 1 ? Device.SLAVE : 0);
  }

  #status(): number {
    const drive = this.#drive;
    if (drive === undefined) return this.#nobody;
    return (this.#controlBits & Control.SRST) !== 0 ? Status.BSY : drive.status;
  }

  #write(offset: number, width: Width, value: number): void {
    if (offset === Reg.DATA) {
      this.#drive?.writeData(width, value);
      return;
    }
    for (let i = 0; i < width; i += 1) this.#writeByte(offset + i, (value >>> (8 * i)) & 0xff);
  }

  /** Both drives keep the registers, so that either may be selected afterwards. */
  #writeByte(reg: number, value: number): void {
    this.#controlBits &= ~Control.HOB;
    if (reg === Reg.STATUS_COMMAND) this.#execute(value);
    else {
      if (reg === Reg.DEVICE && !this.#drive?.isBusy) this.#selected = (value & Device.SLAVE) !== 0 ? 1 : 0;
      for (const drive of this.#drives) drive?.writeRegister(reg, value);
    }
    this.#sync();
  }

  #execute(code: number): void {
    if ((this.#controlBits & Control.SRST) !== 0) return;
    if (code !== Command.DEVICE_DIAGNOSTIC) {
      this.#drive?.execute(code);
      return;
    }
    if (this.#drives.some((drive) => drive?.isBusy)) return;
    this.#selected = 0;
    for (const drive of this.#drives) drive?.diagnose();
  }

  #writeControl(value: number): void {
    const changed = this.#controlBits ^ value;
    this.#controlBits = value & (Control.NIEN | Control.SRST | Control.HOB);
    if ((changed & Control.SRST) !== 0) {
      this.#selected = 0;
      for (const drive of this.#drives) {
        if ((value & Control.SRST) !== 0) drive?.hold();
        else drive?.release();
      }
    }
    this.#sync();
  }

  #interrupting(): boolean {
    return (this.#controlBits & Control.NIEN) === 0 && this.#drive?.isInterrupting === true;
  }

  /** The only place where drive and bus master meet, and where state becomes an interrupt level. */
  #sync(): void {
    const drive = this.#drive;
    if (drive?.dmaRequest !== undefined && this.#busMaster.isActive) this.#move(drive);
    const level = this.#interrupting();
    if (level && !this.#line) this.#busMaster.interrupt();
    this.#line = level;
    this.#irq.set(level);
  }

  /** Memory that does not answer leaves the drive waiting, as on a PC: the guest's time-out resets it. */
  #move(drive: Drive): void {
    const { toMemory, byteCount } = drive.dmaRequest!;
    const busMaster = this.#busMaster;
    if (busMaster.toMemory !== toMemory) {
      this.#refuse('direction', byteCount);
      return;
    }
    const { outcome, buffers } = followTable(this.#memory, busMaster.table, byteCount);
    if (outcome === 'exact' || outcome === 'longer') {
      this.#counters.dmaTransfers += 1;
      drive.serveDma(buffers, () => {
        if (outcome === 'exact') busMaster.exhausted();
      });
    } else if (outcome === 'short') {
      busMaster.exhausted();
      this.#counters.dmaRefused += 1;
    } else this.#refuse(outcome, byteCount);
  }

  #refuse(reason: string, byteCount: number): void {
    this.#busMaster.failed();
    this.#counters.dmaRefused += 1;
    violations.report(this.#where, reason, { byteCount, table: this.#busMaster.table });
  }
}
