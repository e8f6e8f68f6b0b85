/** The logical unit in a DVD drive: disc, tray, lock, and what is to be told about them (MMC-6, Model; SPC-4, Sense data). */

import type { BlockDevice } from '@viridian/drivers';
import {
  AdditionalSense,
  FIXED_SENSE_ADDITIONAL_LENGTH,
  FixedSense,
  SENSE_FIXED_CURRENT,
  SenseKey,
} from '@viridian/protocols/scsi';
import { BLOCK_BYTES, MediaEventCode, MediumSense } from './mmc-spec.ts';

/** Why a command failed. */
export interface Sense {
  readonly key: number;
  /** ASC in 15:8, ASCQ in 7:0. */
  readonly additional: number;
}

/** Everything volatile but the disc. */
export interface DvdUnitState {
  trayOpen: boolean;
  /** The guest keeps the tray shut. */
  locked: boolean;
  /** Additional sense of a unit attention that nobody has heard of, or 0. */
  attention: number;
  /** The newest media event that nobody has heard of. */
  event: number;
  sense: Sense;
}

export const NO_SENSE: Sense = { key: SenseKey.NO_SENSE, additional: AdditionalSense.NONE };

/** A drive after a reset; the tray is as it is. */
export function unitAtReset(trayOpen = false): DvdUnitState {
  return {
    trayOpen,
    locked: false,
    attention: AdditionalSense.POWER_ON_OR_RESET,
    event: MediaEventCode.NONE,
    sense: NO_SENSE,
  };
}

/** A tray with a disc or none. The device of the disc stays its owner's. */
export class DvdUnit {
  readonly #stateNow: () => DvdUnitState;
  #disc: BlockDevice | undefined;

  /** `state` gives the object in which the drive keeps the unit's state now. */
  constructor(state: () => DvdUnitState) {
    this.#stateNow = state;
  }

  get state(): DvdUnitState {
    return this.#stateNow();
  }

  /** The disc that can be read: none while the tray is open. */
  get disc(): BlockDevice | undefined {
    return this.state.trayOpen ? undefined : this.#disc;
  }

  /** Blocks of 2048 bytes; 0 without a disc. A rest that fills no block is not shown. */
  get blocks(): number {
    return this.disc === undefined ? 0 : Math.floor(this.disc.sizeBytes / BLOCK_BYTES);
  }

  /** What a command that needs a disc fails with. */
  get notReady(): Sense {
    const additional = this.state.trayOpen ? MediumSense.TRAY_OPEN : MediumSense.TRAY_CLOSED;
    return { key: SenseKey.NOT_READY, additional };
  }

  /**
   * Puts a disc in place of the one that is there, and closes the tray. Throws for a device whose blocks are no part
   * of 2048 bytes, that is empty, or that 32-bit addresses do not reach.
   */
  insert(disc: BlockDevice): void {
    if (BLOCK_BYTES % disc.logicalBlockBytes !== 0)
      throw new Error(`a disc has blocks of 2048 bytes, which ${disc.logicalBlockBytes} do not divide`);
    const blocks = Math.floor(disc.sizeBytes / BLOCK_BYTES);
    if (blocks < 1 || blocks > 2 ** 32 - 1)
      throw new RangeError(`a disc has 1 to 2^32 - 1 blocks, not ${blocks}`);
    this.#disc = disc;
    this.state.trayOpen = false;
    this.#changed(MediaEventCode.NEW_MEDIUM);
  }

  /** Somebody presses the button. False when the guest keeps the tray shut: it is told, and may open it. */
  pressEject(): boolean {
    if (this.state.locked) {
      this.state.event = MediaEventCode.EJECT_REQUEST;
      return false;
    }
    this.open();
    return true;
  }

  /** Takes the disc out of the open tray, or out of the closed one by force. */
  remove(): void {
    if (this.disc !== undefined) this.#changed(MediaEventCode.REMOVAL);
    this.#disc = undefined;
  }

  open(): void {
    if (this.state.trayOpen) return;
    if (this.#disc !== undefined) this.state.event = MediaEventCode.REMOVAL;
    this.state.trayOpen = true;
  }

  close(): void {
    if (!this.state.trayOpen) return;
    this.state.trayOpen = false;
    if (this.#disc !== undefined) this.#changed(MediaEventCode.NEW_MEDIUM);
  }

  /** The event that is to be told, which is then told. */
  takeEvent(): number {
    const { event } = this.state;
    this.state.event = MediaEventCode.NONE;
    return event;
  }

  /** Sense data of the last failure, which is then forgotten; failing that, of a unit attention. */
  takeSense(): Uint8Array {
    const { sense, attention } = this.state;
    this.state.sense = NO_SENSE;
    if (sense.key !== SenseKey.NO_SENSE || attention === 0) return senseData(sense);
    this.state.attention = 0;
    return senseData({ key: SenseKey.UNIT_ATTENTION, additional: attention });
  }

  /** Bus and device resets: the tray stays as it is, and is unlocked. */
  reset(): void {
    Object.assign(this.state, unitAtReset(this.state.trayOpen));
  }

  #changed(event: number): void {
    this.state.attention = AdditionalSense.NOT_READY_TO_READY_CHANGE;
    this.state.event = event;
  }
}

function senseData({ key, additional }: Sense): Uint8Array {
  return FixedSense.bytes({
    response: { code: SENSE_FIXED_CURRENT },
    key: { key },
    additionalLength: FIXED_SENSE_ADDITIONAL_LENGTH,
    asc: additional >> 8,
    ascq: additional & 0xff,
  });
}
