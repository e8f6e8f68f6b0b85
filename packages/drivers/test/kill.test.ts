/** A process is killed while it writes: what it had flushed is there, and the image opens without repair. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createImageFile, createVhdFile, createVhdxFile, openImage } from '../src/node/index.ts';
import { DISK_BYTES, RECORD_BYTES, recordAt, recordBytes } from './support/records.ts';

const WRITER = fileURLToPath(new URL('./support/writer.ts', import.meta.url));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-kill-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Lets the writer flush so often, kills it and gives the number of records that it had acknowledged. */
async function killAfter(path: string, flushes: number): Promise<number> {
  const child = spawn(process.execPath, ['--conditions=viridian:source', WRITER, path], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let complaint = '';
  child.stderr.on('data', (data) => {
    complaint += data;
  });
  child.stdout.on('data', (data) => {
    said += data;
    if (said.split('\n').length > flushes) child.kill('SIGKILL');
  });
  await once(child, 'close');
  expect(child.signalCode, complaint).toBe('SIGKILL');
  return Number(said.split('\n').at(-2));
}

async function expectRecords(path: string, records: number, hasLog = false): Promise<void> {
  const device = await openImage(path);
  expect(device.inspect().recovered ?? false).toBe(hasLog);
  expect(device.sizeBytes).toBe(DISK_BYTES);
  const seen = new Uint8Array(RECORD_BYTES);
  for (let record = 0; record < records; record++) {
    await device.read(recordAt(record), [seen]);
    expect(Buffer.compare(seen, recordBytes(record)), `record ${record}`).toBe(0);
  }
  await device.close();
}

describe('a killed writer', () => {
  it('to a raw file', async () => {
    const path = join(folder, 'raw.img');
    await createImageFile(path, 'raw', DISK_BYTES);
    const records = await killAfter(path, 20);
    expect(records).toBeGreaterThanOrEqual(140);
    await expectRecords(path, records);
  });

  it.each(['fixed', 'dynamic', 'differencing'] as const)('to a %s VHD', async (type) => {
    const base = join(folder, 'base.vhd');
    const path = join(folder, `${type}.vhd`);
    if (type === 'differencing') await createVhdFile(base, { type: 'dynamic', sizeBytes: DISK_BYTES });
    await createVhdFile(path, {
      type,
      sizeBytes: DISK_BYTES,
      // Small blocks: nearly every record places a new one.
      blockBytes: 16384,
      ...(type === 'differencing' ? { parentPath: base } : {}),
    });
    const records = await killAfter(path, 20);
    expect(records).toBeGreaterThanOrEqual(140);
    await expectRecords(path, records);
  });

  it.each(['fixed', 'dynamic', 'differencing'] as const)('to a %s VHDX', async (type) => {
    const base = join(folder, 'base.vhdx');
    const path = join(folder, `${type}.vhdx`);
    const sizeBytes = DISK_BYTES;
    if (type === 'differencing') await createVhdxFile(base, { type: 'dynamic', sizeBytes });
    const below = type === 'differencing' ? { parentPath: base } : {};
    await createVhdxFile(path, { type, sizeBytes, blockBytes: 2 ** 20, ...below });
    const records = await killAfter(path, 20);
    expect(records).toBeGreaterThanOrEqual(140);
    await expectRecords(path, records, true);
    // Its log was replayed and emptied.
    await expectRecords(path, records);
  });
});
