/** One channel's bus master: whether it runs, in which direction, and over which table (82371AB PIIX4, Bus Master IDE registers). */

import type { Width } from '../bus/ports.ts';
import { BusMasterCommand, BusMasterReg, BusMasterStatus } from './spec.ts';

/** Everything volatile. */
export interface BusMasterState {
  command: number;
  status: number;
  table: number;
}

/** Eight registers; offsets count from 0 for either channel. */
export class BusMaster {
  #state: BusMasterState = { command: 0, status: 0, table: 0 };

  /** Started, and not at the end of its table nor stopped by an error. */
  get isActive(): boolean {
    return (this.#state.status & BusMasterStatus.ACTIVE) !== 0;
  }

  /** The direction that the guest chose. */
  get toMemory(): boolean {
    return (this.#state.command & BusMasterCommand.TO_MEMORY) !== 0;
  }

  /** Where the table is. */
  get table(): number {
    return this.#state.table;
  }

  /** The drive's interrupt line has risen. */
  interrupt(): void {
    this.#state.status |= BusMasterStatus.INTERRUPT;
  }

  /** The table has come to its end. */
  exhausted(): void {
    this.#state.status &= ~BusMasterStatus.ACTIVE;
  }

  /** Memory did not answer, or the guest contradicts itself. */
  failed(): void {
    this.#state.status = (this.#state.status & ~BusMasterStatus.ACTIVE) | BusMasterStatus.ERROR;
  }

  read(offset: number, width: Width): number {
    let value = 0;
    for (let i = 0; i < width; i += 1) value += this.#readByte(offset + i) * 2 ** (8 * i);
    return value;
  }

  write(offset: number, width: Width, value: number): void {
    for (let i = 0; i < width; i += 1) this.#writeByte(offset + i, (value >>> (8 * i)) & 0xff);
  }

  reset(): void {
    this.#state = { command: 0, status: 0, table: 0 };
  }

  save(): BusMasterState {
    return { ...this.#state };
  }

  restore(state: BusMasterState): void {
    this.#state = { ...state };
  }

  #readByte(offset: number): number {
    const { command, status, table } = this.#state;
    if (offset === BusMasterReg.COMMAND) return command;
    if (offset === BusMasterReg.STATUS) return status;
    return offset >= BusMasterReg.PRD ? (table >>> (8 * (offset - BusMasterReg.PRD))) & 0xff : 0;
  }

  #writeByte(offset: number, value: number): void {
    const state = this.#state;
    if (offset === BusMasterReg.COMMAND) this.#writeCommand(value);
    else if (offset === BusMasterReg.STATUS) {
      const { ERROR, INTERRUPT, DRIVE_NOTES } = BusMasterStatus;
      const kept = state.status & ~(value & (ERROR | INTERRUPT)) & ~DRIVE_NOTES;
      state.status = kept | (value & DRIVE_NOTES);
    } else if (offset >= BusMasterReg.PRD) {
      const shift = 8 * (offset - BusMasterReg.PRD);
      state.table = ((state.table & ~(0xff << shift)) | (value << shift)) & ~3;
      state.table >>>= 0;
    }
  }

  #writeCommand(value: number): void {
    const state = this.#state;
    const starts = (value & ~state.command & BusMasterCommand.START) !== 0;
    state.command = value & (BusMasterCommand.START | BusMasterCommand.TO_MEMORY);
    if (starts) state.status |= BusMasterStatus.ACTIVE;
    else if ((value & BusMasterCommand.START) === 0) state.status &= ~BusMasterStatus.ACTIVE;
  }
}
