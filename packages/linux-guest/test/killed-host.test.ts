/** The host process is killed under a guest that writes: what the guest had flushed is on disk. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createVhdFile, openImage } from '@viridian/drivers/node';
import { expect, it } from 'vitest';

const GUEST = fileURLToPath(new URL('./support/flushing-guest.ts', import.meta.url));
const RECORD_BYTES = 4096;
const FLUSHES = 15;

it('keeps what was acknowledged after a flush when the process is killed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'viridian-killed-'));
  try {
    const path = join(folder, 'disk.vhd');
    await createVhdFile(path, { type: 'dynamic', sizeBytes: 16 * 2 ** 20, blockBytes: 64 * 1024 });
    const host = spawn(process.execPath, ['--conditions=viridian:source', GUEST, path]);
    let said = '';
    let complaint = '';
    host.stderr.on('data', (data) => {
      complaint += data;
    });
    host.stdout.on('data', (data) => {
      said += data;
      if (said.split('\n').length > FLUSHES) host.kill('SIGKILL');
    });
    await once(host, 'close');
    expect(host.signalCode, complaint).toBe('SIGKILL');
    const records = Number(said.split('\n').at(-2));
    expect(records).toBeGreaterThanOrEqual(4 * FLUSHES);
    const device = await openImage(path);
    const seen = new Uint8Array(RECORD_BYTES);
    for (let record = 0; record < records; record += 1) {
      await device.read(record * 11 * RECORD_BYTES, [seen]);
      expect(
        seen.every((byte) => byte === ((record + 1) & 0xff)),
        `record ${record}`,
      ).toBe(true);
    }
    await device.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});
