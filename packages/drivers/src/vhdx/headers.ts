/** The two headers, of which the one with the higher sequence number counts. [MS-VHDX], Headers. */

import { GUID_ZERO } from '@viridian/wire';
import { viewOf } from '../image/damage.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { corrupt, readPart } from './corrupt.ts';
import { crc32c } from './crc32c.ts';
import { HEADER_BYTES, HEADER_OFFSETS, LOG_SECTOR_BYTES, MiB, VhdxHeader } from './layout.ts';

const SIGNATURE = 'head';

/** What changes in a header while an image is in use. */
export interface HeaderChange {
  readonly fileWriteGuid?: string;
  readonly dataWriteGuid?: string;
  readonly logGuid?: string;
}

/** The 4 KiB of a header. */
export function headerBytes(header: VhdxHeader): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES);
  bytes.set(VhdxHeader.bytes({ ...header, signature: SIGNATURE }));
  const { checksum } = VhdxHeader.offsets;
  viewOf(bytes).setUint32(checksum, crc32c(bytes, checksum), true);
  return bytes;
}

/** The current header of an image, and how to replace it. */
export class Headers {
  readonly #store: ByteStore;
  #current: VhdxHeader;
  /** Which of the two it is. */
  #slot: number;

  private constructor(store: ByteStore, current: VhdxHeader, slot: number) {
    this.#store = store;
    this.#current = current;
    this.#slot = slot;
  }

  /** Finds the current header. Throws 'corrupt' when neither is whole or it says what cannot be. */
  static async find(store: ByteStore): Promise<Headers> {
    const found: { header: VhdxHeader; slot: number }[] = [];
    const reasons: string[] = [];
    for (const [slot, at] of HEADER_OFFSETS.entries()) {
      const bytes = await readPart(store, at, HEADER_BYTES, 'header');
      const header = VhdxHeader.read(viewOf(bytes));
      const problem = problemOf(header, bytes);
      if (problem === undefined) found.push({ header, slot });
      else reasons.push(problem);
    }
    const best = found.sort((a, b) => (a.header.sequenceNumber < b.header.sequenceNumber ? 1 : -1))[0];
    if (best === undefined) throw corrupt(`no header is whole: ${reasons.join('; ')}`, HEADER_OFFSETS[0]);
    checkLogPlace(best.header, HEADER_OFFSETS[best.slot]!, store);
    return new Headers(store, best.header, best.slot);
  }

  get current(): VhdxHeader {
    return this.#current;
  }

  /** Whether the log holds what may not have reached its place yet. */
  get hasLog(): boolean {
    return this.#current.logGuid !== GUID_ZERO;
  }

  /** Replaces both headers one after the other, each durable before the next: one is whole at any moment. */
  async update(change: HeaderChange): Promise<void> {
    for (let copy = 0; copy < HEADER_OFFSETS.length; copy++) {
      const next = { ...this.#current, ...change, sequenceNumber: this.#current.sequenceNumber + 1n };
      const slot = 1 - this.#slot;
      await this.#store.write(HEADER_OFFSETS[slot]!, [headerBytes(next)]);
      await this.#store.flush();
      this.#current = next;
      this.#slot = slot;
    }
  }
}

function problemOf(header: VhdxHeader, bytes: Uint8Array): string | undefined {
  if (header.signature !== SIGNATURE) return 'no signature';
  const sum = crc32c(bytes, VhdxHeader.offsets.checksum);
  if (header.checksum !== sum) {
    return `checksum 0x${header.checksum.toString(16)}, its bytes give 0x${sum.toString(16)}`;
  }
  return undefined;
}

function checkLogPlace(header: VhdxHeader, at: number, store: ByteStore): void {
  if (header.version !== 1) throw corrupt(`header: unknown version ${header.version}`, at);
  if (header.logGuid !== GUID_ZERO && header.logVersion !== 0) {
    throw corrupt(`header: unknown log version ${header.logVersion}`, at);
  }
  const { logOffset, logLength } = header;
  const usable = logOffset >= MiB && logOffset % MiB === 0 && logLength > 0 && logLength % MiB === 0;
  if (!usable || logLength > store.sizeBytes - logOffset || logLength < 2 * LOG_SECTOR_BYTES) {
    throw corrupt(`header: a log of ${logLength} bytes at ${logOffset} is misaligned or outside`, at);
  }
}
