/** Reading image structures that may say anything. */

import { BlockError } from '../block/block-device.ts';
import type { ByteStore } from '../store/byte-store.ts';

/** How the readers of one format complain. */
export interface Damage {
  /** The error for an image that contradicts its format, at the place in the file where it does. */
  corrupt(reason: string, offset: number): BlockError;
  /** Reads `length` bytes that the image says are there. Throws 'corrupt' when they lie outside the store. */
  readPart(store: ByteStore, offset: number, length: number, what: string): Promise<Uint8Array<ArrayBuffer>>;
}

/** The complaints of the format of that name. */
export function damageOf(format: string): Damage {
  const corrupt = (reason: string, offset: number): BlockError =>
    new BlockError('corrupt', `${format}: ${reason} (at byte ${offset} of the image)`, { offset });
  return {
    corrupt,
    readPart: async (store, offset, length, what) => {
      if (offset < 0 || length > store.sizeBytes - offset) {
        throw corrupt(
          `${what} of ${length} bytes lies outside the image of ${store.sizeBytes} bytes`,
          offset,
        );
      }
      const bytes = new Uint8Array(length);
      if (length > 0) await store.read(offset, [bytes]);
      return bytes;
    },
  };
}

/** A DataView over all of `bytes`. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The next multiple of `unit`. */
export function alignUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
