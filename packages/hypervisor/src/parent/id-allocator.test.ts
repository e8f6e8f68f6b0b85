import { describe, expect, it } from 'vitest';
import { IdAllocator } from './id-allocator.ts';

describe('IdAllocator', () => {
  it('lets a freed id rest before it is used again', () => {
    const ids = new IdAllocator(10, 1000);
    ids.release(ids.take());
    const next = Array.from({ length: 64 }, () => ids.take());
    expect(next).not.toContain(10);
  });

  it('gives out every id once, then freed ones, then none', () => {
    const ids = new IdAllocator(1, 3);
    expect([ids.take(), ids.take(), ids.take()]).toEqual([1, 2, 3]);
    expect(() => ids.take()).toThrow('all ids up to 3 are in use');
    ids.release(2);
    expect(ids.take()).toBe(2);
  });

  it('uses freed ids again in the long run', () => {
    const ids = new IdAllocator(0, 0xff_ffff);
    for (let turn = 0; turn < 1000; turn += 1) ids.release(ids.take());
    expect(ids.take()).toBeLessThan(100);
  });
});
