/** The block device seam: what storage, real or not, looks like to whoever serves it to a guest. */

import type { Inspectable } from '@viridian/trace';

/** Where a request's bytes are: views over guest memory (SharedArrayBuffer) or private memory, in order, none empty. */
export type Buffers = readonly Uint8Array[];

/** How a write is to be done. */
export interface WriteOptions {
  /** Force unit access: the bytes are on stable storage when the write settles. */
  readonly fua?: boolean;
}

/**
 * A disk. Requests may overlap in time, and each may complete at once (`void`, as memory does) or later; the order of
 * overlapping requests in flight together is open. A failure is a `BlockError`, thrown by a request that completes at
 * once and otherwise the rejection of its promise: `await` inside `try` sees both. A request without bytes succeeds.
 */
export interface BlockDevice extends Inspectable {
  /** The unit of addressing: 512 or 4096. */
  readonly logicalBlockBytes: number;
  /** The unit that the medium below writes without reading first; a multiple of `logicalBlockBytes`. */
  readonly physicalBlockBytes: number;
  /** A multiple of `logicalBlockBytes`. */
  readonly sizeBytes: number;
  readonly readOnly: boolean;

  /**
   * Fills `into` from `offset`. Offset and total length are multiples of `logicalBlockBytes` and inside the device,
   * otherwise the request fails with kind 'out-of-range' and nothing is touched.
   */
  read(offset: number, into: Buffers): void | Promise<void>;
  /** Writes `from` to `offset`; the buffers must stay unchanged until it settles. Ranges as in `read`. */
  write(offset: number, from: Buffers, options?: WriteOptions): void | Promise<void>;
  /** Everything acknowledged before the call is on stable storage when it settles. */
  flush(): void | Promise<void>;
  /**
   * Gives the space back; the range reads as zeros afterwards. Only thin devices have it. Ranges as in `read`.
   */
  discard?(offset: number, lengthBytes: number): void | Promise<void>;
  /**
   * Waits for what is in flight, flushes and releases; wrappers close what they wrap. Requests made afterwards fail with
   * kind 'closed'; a second call gives the first one's promise.
   */
  close(): Promise<void>;
}

/**
 * Why a request failed.
 * - 'io': the host failed; 'medium': this place of the medium cannot be read or written, others may
 * - 'no-space': the host's disk or quota is full
 * - 'read-only': a write to a device that takes none
 * - 'out-of-range': outside the device, or not in whole logical blocks
 * - 'closed': the device was closed
 * - 'corrupt': an image contradicts its format; the message says what and where
 */
export type BlockErrorKind =
  | 'io'
  | 'no-space'
  | 'read-only'
  | 'out-of-range'
  | 'closed'
  | 'corrupt'
  | 'medium';

/** What may be known about a failure besides its kind and message. */
export interface BlockErrorContext {
  /** Byte offset in the device or in the file that the failure is about. */
  readonly offset?: number;
  readonly cause?: unknown;
}

/** The only error that block devices, byte stores and image formats raise on purpose. */
export class BlockError extends Error {
  override readonly name = 'BlockError';
  readonly kind: BlockErrorKind;
  readonly offset: number | undefined;

  constructor(kind: BlockErrorKind, message: string, context: BlockErrorContext = {}) {
    super(message, 'cause' in context ? { cause: context.cause } : undefined);
    this.kind = kind;
    this.offset = context.offset;
  }
}
