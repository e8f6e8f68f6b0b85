/** The seam below image formats: a growable container of bytes, such as a file. */

import type { Inspectable } from '@viridian/trace';
import type { Buffers } from '../block/block-device.ts';

/**
 * Bytes at offsets, without blocks. Completion and errors are those of `BlockDevice`: at once or later, `BlockError`
 * thrown or rejected; many requests may be in flight. A store belongs to whoever was given it, who closes it.
 */
export interface ByteStore extends Inspectable {
  /** The end of the last byte; grows with writes. */
  readonly sizeBytes: number;
  readonly readOnly: boolean;
  /** Fills `into` from `offset`; 'out-of-range' unless all of it lies inside. Bytes never written read as zeros. */
  read(offset: number, into: Buffers): void | Promise<void>;
  /** Writes `from` at `offset`, growing the store when that ends behind `sizeBytes`. */
  write(offset: number, from: Buffers): void | Promise<void>;
  /** Cuts off or adds zeros. */
  resize(sizeBytes: number): void | Promise<void>;
  /** Gives space back without changing `sizeBytes`; the range reads as zeros. Where the host can. */
  discard?(offset: number, lengthBytes: number): void | Promise<void>;
  /** Everything acknowledged before the call is on stable storage when it settles, the size included. */
  flush(): void | Promise<void>;
  /** Waits for what is in flight and releases, without flushing. A second call gives the first one's promise. */
  close(): Promise<void>;
}
