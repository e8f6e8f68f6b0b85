import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from './memory-store.ts';

describe('MemoryStore', () => {
  it('holds what was written, and zeros elsewhere', () => {
    const step = fc.record({
      op: fc.constantFrom('write', 'write', 'discard', 'resize'),
      at: fc.nat(900),
      length: fc.nat(300),
      value: fc.integer({ min: 1, max: 255 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const store = new MemoryStore(undefined, { chunkBytes: 64 });
        let model = new Uint8Array(0);
        const resize = (size: number): void => {
          const next = new Uint8Array(size);
          next.set(model.subarray(0, size));
          model = next;
        };
        for (const { op, at, length, value } of steps) {
          if (op === 'write') {
            store.write(at, [new Uint8Array(length).fill(value)]);
            if (length > 0) resize(Math.max(model.length, at + length));
            model.fill(value, at, at + length);
          } else if (op === 'resize') {
            store.resize(at);
            resize(at);
          } else if (at + length <= model.length) {
            store.discard(at, length);
            model.fill(0, at, at + length);
          }
          expect(store.sizeBytes).toBe(model.length);
          expect(store.toBytes()).toEqual(model);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('takes memory only where something is', () => {
    const store = new MemoryStore();
    store.resize(2 ** 50);
    store.write(2 ** 40, [Uint8Array.of(1)]);
    expect(store.allocatedBytes).toBe(65536);
    store.discard(0, 2 ** 50);
    expect(store.allocatedBytes).toBe(0);
  });

  it('refuses what is outside, read-only or closed', async () => {
    const store = new MemoryStore(new Uint8Array(10), { readOnly: true });
    expect(() => store.read(9, [new Uint8Array(2)])).toThrow(/2 bytes at 9/);
    expect(() => store.write(0, [new Uint8Array(1)])).toThrow(/takes no writes/);
    expect(() => store.resize(1)).toThrow(/takes no writes/);
    await store.close();
    expect(() => store.flush()).toThrow(/closed/);
  });
});
