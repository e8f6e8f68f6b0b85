/** What the writing process writes where, so that the test can look for it. */

export const RECORD_BYTES = 1024;
export const DISK_BYTES = 32 * 2 ** 20;
const RECORDS = DISK_BYTES / RECORD_BYTES;

/** Scattered over the disk; the factor is odd, so that no two records meet before all places are taken. */
export function recordAt(record: number): number {
  return ((record * 7919) % RECORDS) * RECORD_BYTES;
}

export function recordBytes(record: number): Uint8Array {
  const words = new Uint32Array(RECORD_BYTES / 4);
  words.fill(record + 1);
  return new Uint8Array(words.buffer);
}
