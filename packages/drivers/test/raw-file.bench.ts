/** What RawDisk costs over bare `fs.read`: `node --conditions=viridian:source test/raw-file.bench.ts` in this package. */

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openImage } from '../src/node/index.ts';

const FILE_BYTES = 256 * 2 ** 20;
const BLOCK_BYTES = 4096;
const DEPTH = 32;
const READS = 60_000;

const folder = fs.mkdtempSync(join(tmpdir(), 'viridian-bench-'));
const path = join(folder, 'disk.img');
fs.writeFileSync(path, Buffer.alloc(FILE_BYTES, 1));
const memory = new Uint8Array(new SharedArrayBuffer(DEPTH * BLOCK_BYTES));

/** Reads per second with `DEPTH` requests always in flight. */
async function measure(read: (offset: number, into: Uint8Array) => Promise<void>): Promise<number> {
  let issued = 0;
  const start = performance.now();
  const lane = async (slot: number): Promise<void> => {
    const into = memory.subarray(slot * BLOCK_BYTES, (slot + 1) * BLOCK_BYTES);
    while (issued++ < READS)
      await read(Math.floor(Math.random() * (FILE_BYTES / BLOCK_BYTES)) * BLOCK_BYTES, into);
  };
  await Promise.all(Array.from({ length: DEPTH }, (_, slot) => lane(slot)));
  return (READS / (performance.now() - start)) * 1000;
}

const fd = fs.openSync(path, 'r');
const bare = (offset: number, into: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    fs.read(fd, into, 0, into.length, offset, (error) => (error ? reject(error) : resolve()));
  });
const disk = await openImage(path, { format: 'raw', readOnly: true });
const raw = async (offset: number, into: Uint8Array): Promise<void> => disk.read(offset, [into]);

const rates = { bare: 0, raw: 0 };
for (let round = 0; round < 4; round++) {
  rates.bare = Math.max(rates.bare, await measure(bare));
  rates.raw = Math.max(rates.raw, await measure(raw));
}
console.log(`4 KiB random reads, ${DEPTH} in flight, cached file, best of 4 rounds`);
console.log(`fs.read  ${Math.round(rates.bare)} per second`);
console.log(`RawDisk  ${Math.round(rates.raw)} per second, ${((rates.raw / rates.bare) * 100).toFixed(1)} %`);
await disk.close();
fs.closeSync(fd);
fs.rmSync(folder, { recursive: true });
