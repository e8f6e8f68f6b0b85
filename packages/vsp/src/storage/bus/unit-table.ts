/** The units of a controller and what runs on each of them. */

import type { InspectNode } from '@viridian/trace';
import type { ScsiUnit } from '../scsi/scsi-disk.ts';
import { addressKey, formatAddress, type LunAddress, lunKey } from './lun-address.ts';

/** A place that is taken. */
export class UnitSlot {
  readonly address: LunAddress;
  readonly unit: ScsiUnit;
  /** Commands that the unit has not finished. */
  busy = 0;
  #idle: (() => void) | undefined;

  constructor(address: LunAddress, unit: ScsiUnit) {
    this.address = address;
    this.unit = unit;
  }

  /** One command fewer. */
  release(): void {
    this.busy -= 1;
    if (this.busy === 0) this.#idle?.();
  }

  /** Settles when no command runs any more. The unit must take no new ones. */
  whenIdle(): Promise<void> {
    if (this.busy === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle = resolve;
    });
  }
}

/** Slots by address. */
export class UnitTable {
  readonly #slots = new Map<number, UnitSlot>();

  /** Throws when the place is taken or there is no such place. */
  add(address: LunAddress, unit: ScsiUnit): void {
    const key = addressKey(address);
    if (this.#slots.has(key)) throw new Error(`there is a unit at ${formatAddress(address)} already`);
    this.#slots.set(key, new UnitSlot(address, unit));
  }

  /** Takes a unit out; throws when there is none. */
  remove(address: LunAddress): UnitSlot {
    const key = addressKey(address);
    const slot = this.#slots.get(key);
    if (slot === undefined) throw new Error(`there is no unit at ${formatAddress(address)}`);
    this.#slots.delete(key);
    return slot;
  }

  /** The slot with this `lunKey`. */
  at(key: number): UnitSlot | undefined {
    return this.#slots.get(key);
  }

  /** LUNs of one target. */
  luns(path: number, target: number): number[] {
    const first = lunKey(path, target, 0);
    return [...this.#slots.keys()]
      .filter((key) => key >= first && key <= first + 0xff)
      .map((key) => key & 0xff);
  }

  inspect(): InspectNode {
    return Object.fromEntries(
      [...this.#slots.values()].map((slot) => [formatAddress(slot.address), () => slot.unit]),
    );
  }
}
