/** A DVD drive of the adapter: a disc or none, and a tray. MMC-6, Commands. */

import {
  Cdb6,
  ReadCapacity10Cdb,
  ReadCapacity10Data,
  ReadWrite10Cdb,
  ScsiOpcode,
  SenseKey,
} from '@viridian/protocols/scsi';
import { ScsiError, StorageError } from './errors.ts';
import type { LunAddress } from './lun-address.ts';
import type { Questions } from './questions.ts';

/** Blocks of every disc. */
const BLOCK_BYTES = 2048;
const MOST_BLOCKS = 0xffff;
const TEST_UNIT_READY = Cdb6.bytes({ opcode: ScsiOpcode.TEST_UNIT_READY });
const OPEN_TRAY = 2;
const CLOSE_TRAY = 3;
/** GET EVENT STATUS NOTIFICATION: polled, of the class of media events. */
const MEDIA_EVENT = Uint8Array.of(ScsiOpcode.GET_EVENT_STATUS_NOTIFICATION, 1, 0, 0, 0x10, 0, 0, 0, 8, 0);
const MEDIA_EVENT_BYTES = 8;
const EVENTS = ['none', 'eject-request', 'new-disc', 'removal'] as const;

/** How the drive is asked. */
type DvdQuestions = Pick<Questions, 'tell' | 'whole'>;

/** What has happened in a drive since it was last asked. */
export type DiscEvent = (typeof EVENTS)[number];

/** Rejects with a `ScsiError`, of key NOT_READY without a disc, or a `StorageError`. */
export class StorageDvd {
  readonly address: LunAddress;
  /** False once the host has taken the drive away. */
  present = true;
  readonly #ask: DvdQuestions;
  readonly #maxTransferBytes: number;

  /** Made by the adapter's scan. */
  constructor(address: LunAddress, ask: DvdQuestions, maxTransferBytes: number) {
    this.address = address;
    this.#ask = ask;
    this.#maxTransferBytes = maxTransferBytes;
  }

  get blockBytes(): number {
    return BLOCK_BYTES;
  }

  /** Whether there is a disc that can be read. */
  async hasDisc(): Promise<boolean> {
    try {
      await this.#ask.tell(this.address, TEST_UNIT_READY);
      return true;
    } catch (error) {
      if (error instanceof ScsiError && error.key === SenseKey.NOT_READY) return false;
      throw error;
    }
  }

  /** Blocks of the disc. */
  async blockCount(): Promise<number> {
    const cdb = ReadCapacity10Cdb.bytes({ opcode: ScsiOpcode.READ_CAPACITY_10 });
    const data = await this.#ask.whole(this.address, cdb, ReadCapacity10Data.size);
    const { lastLba, blockBytes } = ReadCapacity10Data.read(new DataView(data.buffer, data.byteOffset));
    if (blockBytes === BLOCK_BYTES) return lastLba + 1;
    throw new StorageError('failed', `a disc with blocks of ${blockBytes} bytes is impossible`);
  }

  /** Reads blocks into a private copy, in as many commands as it takes. */
  async readBytes(block: number, count: number): Promise<Uint8Array> {
    const whole = new Uint8Array(count * BLOCK_BYTES);
    const pieceBlocks = Math.min(MOST_BLOCKS, Math.max(1, Math.floor(this.#maxTransferBytes / BLOCK_BYTES)));
    for (let done = 0; done < count; done += pieceBlocks) {
      const transferLength = Math.min(pieceBlocks, count - done);
      const cdb = ReadWrite10Cdb.bytes({ opcode: ScsiOpcode.READ_10, lba: block + done, transferLength });
      whole.set(await this.#ask.whole(this.address, cdb, transferLength * BLOCK_BYTES), done * BLOCK_BYTES);
    }
    return whole;
  }

  /** Keeps the tray shut, or lets it be opened. The host hears of it, and may take the disc all the same. */
  lock(isLocked: boolean): Promise<void> {
    const opcode = ScsiOpcode.PREVENT_ALLOW_MEDIUM_REMOVAL;
    return this.#ask.tell(this.address, Cdb6.bytes({ opcode, byte4: isLocked ? 1 : 0 }));
  }

  /** Opens the tray. */
  eject(): Promise<void> {
    return this.#moveTray(OPEN_TRAY);
  }

  /** Closes the tray. */
  load(): Promise<void> {
    return this.#moveTray(CLOSE_TRAY);
  }

  /** What has happened since the last call, the newest if there was more. */
  async takeEvent(): Promise<DiscEvent> {
    const answer = await this.#ask.whole(this.address, MEDIA_EVENT, MEDIA_EVENT_BYTES);
    return EVENTS[answer[4]! & 0x0f] ?? 'none';
  }

  #moveTray(action: number): Promise<void> {
    return this.#ask.tell(this.address, Cdb6.bytes({ opcode: ScsiOpcode.START_STOP_UNIT, byte4: action }));
  }
}
