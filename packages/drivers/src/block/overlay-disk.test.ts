import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../store/memory-store.ts';
import { FaultDisk } from './fault-disk.ts';
import { MemoryDisk } from './memory-disk.ts';
import { OverlayDisk } from './overlay-disk.ts';

const SIZE = 8 * 4096;

describe('OverlayDisk', () => {
  it('never writes to its base, and takes space by granules', async () => {
    const bytes = new Uint8Array(SIZE).fill(3);
    const overlay = new OverlayDisk(new MemoryDisk(bytes, { readOnly: true }));
    await overlay.write(512, [new Uint8Array(512).fill(9)]);
    await overlay.write(3 * 4096 - 512, [new Uint8Array(1024).fill(9)]);
    expect(overlay.allocatedBytes).toBe(3 * 4096);
    expect(overlay.inspect()).toMatchObject({ allocatedBytes: 3 * 4096, granuleBytes: 4096 });
    const seen = new Uint8Array(SIZE);
    await overlay.read(0, [seen]);
    const expected = new Uint8Array(SIZE).fill(3).fill(9, 512, 1024);
    expect(seen).toEqual(expected.fill(9, 3 * 4096 - 512, 3 * 4096 + 512));
    expect(bytes.every((byte) => byte === 3)).toBe(true);
  });

  it('gives space back, and what was discarded reads as zeros', async () => {
    const delta = new MemoryStore(undefined, { chunkBytes: 4096 });
    const overlay = new OverlayDisk(new MemoryDisk(new Uint8Array(SIZE).fill(3)), { delta });
    await overlay.write(0, [new Uint8Array(SIZE).fill(9)]);
    await overlay.discard(4096 - 512, 2 * 4096);
    expect(overlay.allocatedBytes).toBe(SIZE - 4096);
    expect(delta.allocatedBytes).toBe(SIZE - 4096);
    const seen = new Uint8Array(SIZE);
    await overlay.read(0, [seen]);
    expect(seen).toEqual(new Uint8Array(SIZE).fill(9).fill(0, 4096 - 512, 3 * 4096 - 512));
  });

  it('fills a granule once when two writes meet in it while the base is slow', async () => {
    const gate = Promise.withResolvers<void>();
    const base = new FaultDisk(new MemoryDisk(new Uint8Array(SIZE).fill(3)), () => ({ wait: gate.promise }));
    const overlay = new OverlayDisk(base);
    const writes = [0, 512, 1024].map((at) => overlay.write(at, [new Uint8Array(512).fill(at / 512 + 1)]));
    gate.resolve();
    await Promise.all(writes);
    const seen = new Uint8Array(4096);
    await overlay.read(0, [seen]);
    expect([0, 512, 1024, 1536].map((at) => seen[at])).toEqual([1, 2, 3, 3]);
    expect(base.inspect().reads).toBe(1);
  });

  it('reports a base that fails, and works on', async () => {
    const base = new MemoryDisk(SIZE);
    const overlay = new OverlayDisk(base);
    await base.close();
    expect(() => overlay.write(512, [new Uint8Array(512)])).toThrow(/closed/);
    await overlay.write(0, [new Uint8Array(4096).fill(1)]);
    const seen = new Uint8Array(4096);
    await overlay.read(0, [seen]);
    expect(seen[4095]).toBe(1);
  });

  it('closes its base unless others use it', async () => {
    const base = new MemoryDisk(SIZE);
    await new OverlayDisk(base, { keepBaseOpen: true }).close();
    expect(base.inspect()).toMatchObject({ closed: false });
    await new OverlayDisk(base).close();
    expect(base.inspect()).toMatchObject({ closed: true });
  });
});
