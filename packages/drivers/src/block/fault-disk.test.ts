import { describe, expect, it } from 'vitest';
import { FaultDisk, type FaultRequest, injectedError } from './fault-disk.ts';
import { MemoryDisk } from './memory-disk.ts';
import { OverlayDisk } from './overlay-disk.ts';

describe('FaultDisk', () => {
  it('asks its plan about every request, in order', async () => {
    const seen: FaultRequest[] = [];
    const disk = new FaultDisk(new OverlayDisk(new MemoryDisk(8192)), (request) => {
      seen.push(request);
      return undefined;
    });
    await disk.write(512, [new Uint8Array(1024)]);
    await disk.read(0, [new Uint8Array(512)]);
    await disk.discard?.(4096, 4096);
    await disk.flush();
    expect(seen).toEqual([
      { operation: 'write', offset: 512, lengthBytes: 1024, sequence: 0 },
      { operation: 'read', offset: 0, lengthBytes: 512, sequence: 1 },
      { operation: 'discard', offset: 4096, lengthBytes: 4096, sequence: 2 },
      { operation: 'flush', offset: 0, lengthBytes: 0, sequence: 3 },
    ]);
  });

  it('fails a request before it reaches the disk below', async () => {
    const base = new MemoryDisk(4096);
    const disk = new FaultDisk(base, ({ operation }) =>
      operation === 'write' ? { error: injectedError('no-space', 0) } : undefined,
    );
    expect(() => disk.write(0, [new Uint8Array(512).fill(1)])).toThrow('injected: no-space');
    const content = new Uint8Array(512);
    await disk.read(0, [content]);
    expect(content[0]).toBe(0);
    expect(disk.inspect()).toMatchObject({ errors: 1, injected: 1 });
  });

  it('holds a request until it may go on, and others overtake it', async () => {
    const gate = Promise.withResolvers<void>();
    const order: string[] = [];
    const disk = new FaultDisk(new MemoryDisk(4096), ({ offset }) =>
      offset === 0 ? { wait: gate.promise } : undefined,
    );
    const held = Promise.resolve(disk.read(0, [new Uint8Array(512)])).then(() => order.push('held'));
    await disk.read(512, [new Uint8Array(512)]);
    order.push('other');
    expect(disk.inspect()).toMatchObject({ inFlight: 1, delayed: 1 });
    const closed = disk.close().then(() => order.push('closed'));
    gate.resolve();
    await Promise.all([held, closed]);
    expect(order).toEqual(['other', 'held', 'closed']);
  });

  it('offers discard only over a disk that has it', () => {
    expect(new FaultDisk(new MemoryDisk(512), () => undefined).discard).toBeUndefined();
  });
});
