/** One entry of the log: made, and read back. [MS-VHDX], Log Entries. */

import { viewOf } from '../image/damage.ts';
import { crc32c } from './crc32c.ts';
import {
  LOG_SECTOR_BYTES,
  LogDataSector,
  LogDescriptor,
  LogEntryHeader,
  LogZeroDescriptor,
} from './layout.ts';

const ENTRY_SIGNATURE = 'loge';
const ZERO_SIGNATURE = 'zero';
const DATA_SIGNATURE = 'desc';
const SECTOR_SIGNATURE = 'data';
/** Bytes of a logged sector that stand in its descriptor: the first eight and the last four. */
const LEADING_BYTES = 8;

/** A sector of 4 KiB for its place in the image, or a range of zeros. */
export type LogChange =
  | { readonly offset: number; readonly bytes: Uint8Array }
  | { readonly offset: number; readonly zeroBytes: number };

/** What an entry says besides its changes. */
export interface LogEntryFields {
  readonly sequenceNumber: bigint;
  readonly logGuid: string;
  /** Offset in the log of the oldest entry that is still needed. */
  readonly tail: number;
  /** The file had this size on stable storage when the entry was written, and all structures fit into the last one. */
  readonly flushedFileOffset: number;
  readonly lastFileOffset: number;
}

/** An entry that was found in a log. */
export interface LogEntry extends LogEntryFields {
  readonly length: number;
  readonly changes: readonly LogChange[];
}

/** Bytes of an entry with so many sectors. */
export function logEntryBytesFor(sectors: number): number {
  const head = LogEntryHeader.size + sectors * LogDescriptor.size;
  return (Math.ceil(head / LOG_SECTOR_BYTES) + sectors) * LOG_SECTOR_BYTES;
}

/** The bytes of an entry that logs these sectors. */
export function encodeLogEntry(
  fields: LogEntryFields,
  sectors: readonly { readonly offset: number; readonly bytes: Uint8Array }[],
): Uint8Array<ArrayBuffer> {
  const entry = new Uint8Array(logEntryBytesFor(sectors.length));
  const view = viewOf(entry);
  const { sequenceNumber } = fields;
  LogEntryHeader.write(view, 0, {
    ...fields,
    signature: ENTRY_SIGNATURE,
    entryLength: entry.length,
    descriptorCount: sectors.length,
  });
  let at = entry.length - sectors.length * LOG_SECTOR_BYTES;
  for (const [index, { offset, bytes }] of sectors.entries()) {
    LogDescriptor.write(view, LogEntryHeader.size + index * LogDescriptor.size, {
      signature: DATA_SIGNATURE,
      trailingBytes: bytes.subarray(LOG_SECTOR_BYTES - 4),
      leadingBytes: bytes.subarray(0, LEADING_BYTES),
      fileOffset: offset,
      sequenceNumber,
    });
    LogDataSector.write(view, at, {
      signature: SECTOR_SIGNATURE,
      sequenceHigh: Number(sequenceNumber >> 32n),
      data: bytes.subarray(LEADING_BYTES, LOG_SECTOR_BYTES - 4),
      sequenceLow: Number(sequenceNumber & 0xffff_ffffn),
    });
    at += LOG_SECTOR_BYTES;
  }
  const { checksum } = LogEntryHeader.offsets;
  view.setUint32(checksum, crc32c(entry, checksum), true);
  return entry;
}

/** The length of the entry whose first sector this may be, if it can be one of the log with that id; otherwise 0. */
export function logEntryLength(sector: Uint8Array, logGuid: string, logLength: number): number {
  const view = viewOf(sector);
  if (view.getUint32(0, true) !== 0x65676f6c) return 0; // 'loge', before anything is decoded
  const header = LogEntryHeader.read(view);
  if (header.logGuid !== logGuid || header.sequenceNumber === 0n) return 0;
  const { entryLength, tail } = header;
  const fits = entryLength >= LOG_SECTOR_BYTES && entryLength <= logLength && tail < logLength;
  return fits && entryLength % LOG_SECTOR_BYTES === 0 && tail % LOG_SECTOR_BYTES === 0 ? entryLength : 0;
}

/** Decodes the bytes of an entry; undefined for one that is not whole. */
export function decodeLogEntry(entry: Uint8Array): LogEntry | undefined {
  const view = viewOf(entry);
  const header = LogEntryHeader.read(view);
  if (header.checksum !== crc32c(entry, LogEntryHeader.offsets.checksum)) return undefined;
  const count = header.descriptorCount;
  const headBytes = Math.ceil((LogEntryHeader.size + count * LogDescriptor.size) / LOG_SECTOR_BYTES);
  let dataAt = headBytes * LOG_SECTOR_BYTES;
  if (dataAt > entry.length) return undefined;
  const changes: LogChange[] = [];
  for (let index = 0; index < count; index++) {
    const at = LogEntryHeader.size + index * LogDescriptor.size;
    const change = decodeDescriptor(entry, at, dataAt, header.sequenceNumber);
    if (change === undefined) return undefined;
    if ('bytes' in change) dataAt += LOG_SECTOR_BYTES;
    changes.push(change);
  }
  return {
    sequenceNumber: header.sequenceNumber,
    logGuid: header.logGuid,
    tail: header.tail,
    flushedFileOffset: header.flushedFileOffset,
    lastFileOffset: header.lastFileOffset,
    length: entry.length,
    changes,
  };
}

function decodeDescriptor(
  entry: Uint8Array,
  at: number,
  dataAt: number,
  sequenceNumber: bigint,
): LogChange | undefined {
  const view = viewOf(entry);
  const descriptor = LogDescriptor.read(view, at);
  if (descriptor.sequenceNumber !== sequenceNumber || descriptor.fileOffset % LOG_SECTOR_BYTES !== 0) {
    return undefined;
  }
  const offset = descriptor.fileOffset;
  if (descriptor.signature === ZERO_SIGNATURE) {
    const { zeroLength } = LogZeroDescriptor.read(view, at);
    return zeroLength % LOG_SECTOR_BYTES === 0 ? { offset, zeroBytes: zeroLength } : undefined;
  }
  if (descriptor.signature !== DATA_SIGNATURE || dataAt + LOG_SECTOR_BYTES > entry.length) return undefined;
  const sector = LogDataSector.read(view, dataAt);
  const sequence = (BigInt(sector.sequenceHigh) << 32n) | BigInt(sector.sequenceLow);
  if (sector.signature !== SECTOR_SIGNATURE || sequence !== sequenceNumber) return undefined;
  const bytes = new Uint8Array(LOG_SECTOR_BYTES);
  bytes.set(descriptor.leadingBytes);
  bytes.set(sector.data, LEADING_BYTES);
  bytes.set(descriptor.trailingBytes, LOG_SECTOR_BYTES - 4);
  return { offset, bytes };
}
