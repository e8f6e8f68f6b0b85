import { listen } from '@viridian/trace';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../store/memory-store.ts';
import { type BlockDevice, BlockError, type BlockErrorKind } from './block-device.ts';
import { FaultDisk } from './fault-disk.ts';
import { MemoryDisk } from './memory-disk.ts';
import { OverlayDisk } from './overlay-disk.ts';
import { RawDisk } from './raw-disk.ts';
import { ReadOnlyDisk } from './read-only-disk.ts';

const SIZE = 8 * 4096;

const DEVICES: readonly [string, (logicalBlockBytes: number) => BlockDevice][] = [
  ['MemoryDisk', (logicalBlockBytes) => new MemoryDisk(SIZE, { logicalBlockBytes })],
  [
    'RawDisk',
    (logicalBlockBytes) => new RawDisk(new MemoryStore(new Uint8Array(SIZE)), { logicalBlockBytes }),
  ],
  ['OverlayDisk', (logicalBlockBytes) => new OverlayDisk(new MemoryDisk(SIZE, { logicalBlockBytes }))],
  ['ReadOnlyDisk', (logicalBlockBytes) => new ReadOnlyDisk(new MemoryDisk(SIZE, { logicalBlockBytes }))],
  [
    'FaultDisk',
    (logicalBlockBytes) => new FaultDisk(new MemoryDisk(SIZE, { logicalBlockBytes }), () => undefined),
  ],
];

async function failure(request: () => void | Promise<void>): Promise<BlockErrorKind | undefined> {
  try {
    await request();
    return undefined;
  } catch (error) {
    if (error instanceof BlockError) return error.kind;
    throw error;
  }
}

describe.each(DEVICES)('%s keeps the contract', (_, make) => {
  it.each([512, 4096])('refuses ranges that are no blocks of %d inside it', async (block) => {
    const device = make(block);
    const buffer = new Uint8Array(block);
    expect([device.sizeBytes, device.logicalBlockBytes]).toEqual([SIZE, block]);
    expect(device.physicalBlockBytes % block).toBe(0);
    const wrong = [-block, block / 2, SIZE, SIZE - block / 2, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53];
    for (const offset of wrong) {
      expect(await failure(() => device.read(offset, [buffer])), `read ${offset}`).toBe('out-of-range');
      expect(await failure(() => device.write(offset, [buffer])), `write ${offset}`).toBe('out-of-range');
    }
    expect(await failure(() => device.read(0, [buffer.subarray(1)]))).toBe('out-of-range');
    expect(await failure(() => device.read(SIZE - block, [buffer, buffer]))).toBe('out-of-range');
    expect(await failure(() => device.read(SIZE - block, [buffer]))).toBeUndefined();
    expect(await failure(() => device.read(0, []))).toBeUndefined();
    expect(device.inspect().errors).toBe(wrong.length * 2 + 2);
  });

  it('refuses everything once closed, and closes once', async () => {
    const device = make(512);
    const closing = device.close();
    expect(device.close()).toBe(closing);
    await closing;
    const buffer = new Uint8Array(512);
    expect(await failure(() => device.read(0, [buffer]))).toBe('closed');
    expect(await failure(() => device.write(0, [buffer]))).toBe('closed');
    expect(await failure(() => device.flush())).toBe('closed');
    if (device.discard) expect(await failure(() => device.discard?.(0, 512))).toBe('closed');
    expect(device.inspect()).toMatchObject({ closed: true, inFlight: 0 });
  });

  it('moves bytes between scattered views over shared memory', async () => {
    const device = make(512);
    const memory = new Uint8Array(new SharedArrayBuffer(4096));
    memory.fill(7, 0, 1024);
    const from = [memory.subarray(0, 100), memory.subarray(200, 612)];
    if (device.readOnly) expect(await failure(() => device.write(512, from))).toBe('read-only');
    else await device.write(512, from);
    const into = [memory.subarray(2048, 2049), memory.subarray(3000, 3511)];
    await device.read(512, into);
    const expected = device.readOnly ? 0 : 7;
    for (const part of into) expect(part.every((byte) => byte === expected)).toBe(true);
  });
});

describe('a device', () => {
  it('counts what it does', async () => {
    const disk = new MemoryDisk(4096);
    await disk.write(0, [new Uint8Array(1024)], { fua: true });
    await disk.read(512, [new Uint8Array(512)]);
    await disk.flush();
    expect(disk.inspect()).toMatchObject({
      kind: 'memory',
      reads: 1,
      readBytes: 512,
      writes: 1,
      writtenBytes: 1024,
      flushes: 1,
      errors: 0,
    });
  });

  it('shows its requests to those who listen, those of the devices below as well', async () => {
    const seen: string[] = [];
    using _ = listen('drivers.block.*', ({ where, values }) => {
      seen.push(`${where} ${values.operation} ${values.offset} ${values.lengthBytes}`);
    });
    const disk = new OverlayDisk(new MemoryDisk(8192));
    await disk.write(512, [new Uint8Array(512)]);
    await disk.discard(0, 4096);
    await disk.flush();
    expect(seen).toEqual([
      'overlay write 512 512',
      'memory read 0 512',
      'memory read 1024 3072',
      'overlay discard 0 4096',
      'overlay flush 0 0',
    ]);
  });

  it('cannot have an impossible shape', () => {
    expect(() => new MemoryDisk(1000)).toThrow(/whole number of blocks/);
    expect(() => new MemoryDisk(1024, { logicalBlockBytes: 1024 })).toThrow(/512 or 4096/);
    expect(() => new OverlayDisk(new MemoryDisk(4096), { granuleBytes: 1000 })).toThrow(/no granule/);
  });

  it('over a store shows whole blocks only', () => {
    expect(new RawDisk(new MemoryStore(new Uint8Array(1300))).sizeBytes).toBe(1024);
  });
});
