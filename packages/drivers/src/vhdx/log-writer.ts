/** Writes the log: changes to the image's own tables stand in it before they are made. [MS-VHDX], Log. */

import type { ByteStore } from '../store/byte-store.ts';
import { LOG_SECTOR_BYTES, MiB } from './layout.ts';
import { encodeLogEntry, logEntryBytesFor } from './log-entry.ts';

/** A sector of 4 KiB for its place in the image. */
export interface LoggedSector {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The log of one use of an image. Each entry is its own tail, for all before it have reached their places. */
export class LogWriter {
  readonly #store: ByteStore;
  readonly #offset: number;
  readonly #length: number;
  readonly #logGuid: string;
  /** Most sectors of an entry: the one before must stay whole while the next is written, so less than half the log. */
  readonly #mostSectors: number;
  #at = 0;
  #sequence = 1n;

  constructor(
    store: ByteStore,
    place: { readonly offset: number; readonly length: number },
    logGuid: string,
  ) {
    this.#store = store;
    this.#offset = place.offset;
    this.#length = place.length;
    this.#logGuid = logGuid;
    this.#mostSectors = Math.floor(Math.min(place.length, MiB) / 2 / LOG_SECTOR_BYTES) - 2;
  }

  /** Writes an entry without changes: a log in use must never be without one. */
  async start(): Promise<void> {
    await this.#append([]);
    await this.#store.flush();
  }

  /**
   * Makes the changes, in order and in as few steps as fit into the log; each step is durable as a whole or not at all,
   * and all that was written to the store before is durable with the first.
   */
  async commit(sectors: readonly LoggedSector[]): Promise<void> {
    for (let first = 0; first < sectors.length; first += this.#mostSectors) {
      const step = sectors.slice(first, first + this.#mostSectors);
      await this.#store.flush();
      await this.#append(step);
      await this.#store.flush();
      for (const { offset, bytes } of step) await this.#store.write(offset, [bytes]);
    }
    await this.#store.flush();
  }

  async #append(sectors: readonly LoggedSector[]): Promise<void> {
    const { sizeBytes } = this.#store;
    const fields = {
      sequenceNumber: this.#sequence,
      logGuid: this.#logGuid,
      tail: this.#at,
      flushedFileOffset: Math.floor(sizeBytes / MiB) * MiB,
      lastFileOffset: Math.ceil(sizeBytes / MiB) * MiB,
    };
    const entry = encodeLogEntry(fields, sectors);
    const room = this.#length - this.#at;
    await this.#store.write(this.#offset + this.#at, [entry.subarray(0, room)]);
    if (entry.length > room) await this.#store.write(this.#offset, [entry.subarray(room)]);
    this.#sequence += 1n;
    this.#at = (this.#at + logEntryBytesFor(sectors.length)) % this.#length;
  }
}
