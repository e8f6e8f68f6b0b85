/** One SCSI command on its way through a target: descriptor block, data buffers, result. SAM-5, SCSI Command Model. */

import {
  FIXED_SENSE_ADDITIONAL_LENGTH,
  FIXED_SENSE_BYTES,
  FixedSense,
  ScsiStatus,
  SENSE_FIXED_CURRENT,
} from '@viridian/protocols/scsi';

/** Which way the data buffers of a command are used: `in` is from the target to the initiator. */
export type DataDirection = 'none' | 'in' | 'out';

/** Length of the longest command descriptor block that a target here takes. */
export const MAX_CDB_BYTES = 16;

/**
 * A command and, once it is finished, its result. The bus side fills in the upper half, the target the lower one; the object
 * is made once and used for many commands (`begin` clears what the last one left).
 */
export class ScsiCommand {
  /** The command descriptor block; bytes from `cdbBytes` on are zero. */
  readonly cdb = new Uint8Array(MAX_CDB_BYTES);
  readonly view = new DataView(this.cdb.buffer);
  cdbBytes = 0;
  direction: DataDirection = 'none';
  /** The initiator's data buffers in order, `dataBytes` long together. For `in` the target fills them. */
  readonly data: Uint8Array[] = [];
  dataBytes = 0;

  /** First block, number of blocks and byte 1, as the target decoded them; a block of 2^53 and more reads as 2^53. */
  lba = 0;
  blocks = 0;
  flags = 0;

  /** Status byte: GOOD or CHECK CONDITION. */
  status = 0;
  /** Fixed-format sense data, valid with CHECK CONDITION. */
  readonly sense = new Uint8Array(FIXED_SENSE_BYTES);
  /** Bytes moved to or from the data buffers. */
  bytesMoved = 0;

  /** Forgets the last command. */
  begin(): void {
    this.cdb.fill(0);
    this.cdbBytes = 0;
    this.direction = 'none';
    this.data.length = 0;
    this.dataBytes = 0;
    this.status = ScsiStatus.GOOD;
    this.bytesMoved = 0;
  }

  /** Ends the command with GOOD status. */
  succeed(bytesMoved: number): undefined {
    this.status = ScsiStatus.GOOD;
    this.bytesMoved = bytesMoved;
  }

  /** Ends the command with CHECK CONDITION; `code` is ASC << 8 | ASCQ. Nothing counts as moved. */
  fail(key: number, code: number): undefined {
    this.status = ScsiStatus.CHECK_CONDITION;
    this.bytesMoved = 0;
    this.sense.set(fixedSense(key, code));
  }

  /** Ends the command with GOOD status and `bytes` as data, cut to the allocation length and to the buffers. */
  respond(bytes: Uint8Array, allocationBytes: number): undefined {
    const wanted = Math.min(bytes.length, allocationBytes, this.direction === 'in' ? this.dataBytes : 0);
    let done = 0;
    for (const buffer of this.data) {
      if (done === wanted) break;
      const part = bytes.subarray(done, Math.min(wanted, done + buffer.length));
      buffer.set(part);
      done += part.length;
    }
    this.succeed(done);
  }

  /** A private copy of the first `lengthBytes` that the initiator sent, fewer when it sent fewer. */
  received(lengthBytes: number): Uint8Array {
    const copy = new Uint8Array(this.direction === 'out' ? Math.min(lengthBytes, this.dataBytes) : 0);
    let done = 0;
    for (const buffer of this.data) {
      if (done === copy.length) break;
      const part = buffer.subarray(0, copy.length - done);
      copy.set(part, done);
      done += part.length;
    }
    return copy;
  }

  /** The data buffers cut to the first `lengthBytes`, which must not be more than `dataBytes`. */
  head(lengthBytes: number): readonly Uint8Array[] {
    if (lengthBytes === this.dataBytes) return this.data;
    const parts: Uint8Array[] = [];
    let left = lengthBytes;
    for (const buffer of this.data) {
      if (left === 0) break;
      const part = buffer.length <= left ? buffer : buffer.subarray(0, left);
      parts.push(part);
      left -= part.length;
    }
    return parts;
  }
}

/** Fixed-format sense data with this key and ASC << 8 | ASCQ. */
export function fixedSense(key: number, code: number): Uint8Array<ArrayBuffer> {
  return FixedSense.bytes({
    response: { code: SENSE_FIXED_CURRENT },
    key: { key },
    additionalLength: FIXED_SENSE_ADDITIONAL_LENGTH,
    asc: code >>> 8,
    ascq: code & 0xff,
  });
}
