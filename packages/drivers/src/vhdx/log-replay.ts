/** What a log holds when an image was not closed: found, checked and put in its place. [MS-VHDX], Log Replay. */

import type { ByteStore } from '../store/byte-store.ts';
import { corrupt, readPart } from './corrupt.ts';
import { LOG_SECTOR_BYTES, MiB, type VhdxHeader } from './layout.ts';
import { decodeLogEntry, type LogChange, type LogEntry, logEntryLength } from './log-entry.ts';
import { PatchedStore } from './patched-store.ts';

/** Longest log that is read: Windows and QEMU make 1 MiB. */
const MAX_LOG_BYTES = 64 * MiB;
/** Most bytes that are summed up per byte of the log: entries that lie in one another would take forever. */
const MAX_SUMS = 8;

/** The changes to be made, in order, and the size that the file must have for them. */
export interface Replay {
  readonly changes: readonly LogChange[];
  readonly fileBytes: number;
}

/** The newest sequence of whole entries in the log of a header whose log is in use. Throws 'corrupt' when there is none. */
export async function readLog(store: ByteStore, header: VhdxHeader): Promise<Replay> {
  const { logOffset, logLength, logGuid } = header;
  if (logLength > MAX_LOG_BYTES)
    throw corrupt(`a log of ${logLength} bytes is too long to replay`, logOffset);
  const log = await readPart(store, logOffset, logLength, 'log');
  const sequence = newestSequence(entriesOf(log, logGuid, logOffset));
  const head = sequence.at(-1);
  if (head === undefined) throw corrupt('the log is in use and holds no whole entry', logOffset);
  if (store.sizeBytes < head.entry.flushedFileOffset) {
    throw corrupt(
      `truncated: ${store.sizeBytes} bytes, ${head.entry.flushedFileOffset} when it was in use`,
      logOffset,
    );
  }
  const changes = sequence.flatMap(({ entry }) => entry.changes);
  const fileBytes = Math.max(store.sizeBytes, head.entry.lastFileOffset);
  // A file may grow by replay, but not beyond all reason: the largest disk with all its tables.
  if (fileBytes > 65 * 2 ** 40) throw corrupt(`a log that wants ${fileBytes} bytes`, logOffset);
  for (const change of changes) checkPlace(change, fileBytes, logOffset);
  return { changes, fileBytes };
}

function checkPlace(change: LogChange, fileBytes: number, logOffset: number): void {
  const length = 'bytes' in change ? change.bytes.length : change.zeroBytes;
  if (length > fileBytes - change.offset) {
    throw corrupt(`a logged change of ${length} bytes at ${change.offset} lies outside`, logOffset);
  }
}

interface PlacedEntry {
  readonly at: number;
  /** Where the next entry would start. */
  readonly next: number;
  readonly entry: LogEntry;
}

/** Every whole entry, by its place. */
function entriesOf(log: Uint8Array, logGuid: string, logOffset: number): Map<number, PlacedEntry> {
  const found = new Map<number, PlacedEntry>();
  let summed = 0;
  for (let at = 0; at < log.length; at += LOG_SECTOR_BYTES) {
    const length = logEntryLength(log.subarray(at, at + LOG_SECTOR_BYTES), logGuid, log.length);
    if (length === 0) continue;
    summed += length;
    if (summed > MAX_SUMS * log.length) throw corrupt('the log holds entries within entries', logOffset);
    const entry = decodeLogEntry(around(log, at, length));
    if (entry !== undefined) found.set(at, { at, next: (at + length) % log.length, entry });
  }
  return found;
}

/** The bytes from `at`, past the end of the log from its start on. */
function around(log: Uint8Array, at: number, length: number): Uint8Array {
  if (at + length <= log.length) return log.subarray(at, at + length);
  const bytes = new Uint8Array(length);
  bytes.set(log.subarray(at));
  bytes.set(log.subarray(0, length - (log.length - at)), log.length - at);
  return bytes;
}

/** From the tail of the newest entry up to it, if every step between is there. */
function newestSequence(entries: ReadonlyMap<number, PlacedEntry>): PlacedEntry[] {
  const heads = [...entries.values()].sort((a, b) =>
    a.entry.sequenceNumber < b.entry.sequenceNumber ? 1 : -1,
  );
  for (const head of heads) {
    const sequence: PlacedEntry[] = [];
    let entry = entries.get(head.entry.tail);
    while (entry !== undefined && entry.entry.sequenceNumber <= head.entry.sequenceNumber) {
      const last = sequence.at(-1);
      if (last !== undefined && entry.entry.sequenceNumber !== last.entry.sequenceNumber + 1n) break;
      sequence.push(entry);
      if (entry === head) return sequence;
      entry = entries.get(entry.next);
    }
  }
  return [];
}

/** Puts the changes in their place and makes them durable. */
export async function applyReplay(store: ByteStore, replay: Replay): Promise<void> {
  if (replay.fileBytes > store.sizeBytes) await store.resize(replay.fileBytes);
  for (const change of replay.changes) {
    if ('bytes' in change) await store.write(change.offset, [change.bytes]);
    else await writeZeros(store, change.offset, change.zeroBytes);
  }
  await store.flush();
}

async function writeZeros(store: ByteStore, offset: number, length: number): Promise<void> {
  const zeros = new Uint8Array(Math.min(length, MiB));
  for (let done = 0; done < length; done += zeros.length) {
    await store.write(offset + done, [zeros.subarray(0, Math.min(zeros.length, length - done))]);
  }
}

/** The store as it would be after the replay, for those who must not write. */
export function replayedView(store: ByteStore, replay: Replay): ByteStore {
  return new PatchedStore(store, replay);
}
