import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TestMemory } from '../../test/support/ide.ts';
import { followTable } from './scatter-list.ts';

const MEMORY_BYTES = 0x2_0000;

function memoryWith(
  table: number,
  descriptors: readonly (readonly [address: number, count: number, flags: number])[],
) {
  const memory = new TestMemory(MEMORY_BYTES);
  descriptors.forEach(([address, count, flags], index) => {
    memory.view.setUint32(table + 8 * index, address, true);
    memory.view.setUint16(table + 8 * index + 4, count, true);
    memory.view.setUint16(table + 8 * index + 6, flags, true);
  });
  return memory;
}

const outcome = (memory: TestMemory, table: number, byteCount: number) =>
  followTable(memory, table, byteCount).outcome;

describe('followTable', () => {
  it('makes one view of regions that follow one another', () => {
    const memory = memoryWith(0x100, [
      [0x1000, 0x200, 0],
      [0x1200, 0x100, 0],
      [0x3000, 0x100, 0x8000],
    ]);
    const { outcome: end, buffers } = followTable(memory, 0x100, 0x400);
    expect(end).toBe('exact');
    expect(buffers.map((view) => [view.byteOffset, view.length])).toEqual([
      [0x1000, 0x300],
      [0x3000, 0x100],
    ]);
  });

  it('takes 0 for 64 KiB, and ignores bit 0 of addresses and counts', () => {
    expect(outcome(memoryWith(0, [[0x1000, 0, 0x8000]]), 0, 0x1_0000)).toBe('exact');
    const { buffers } = followTable(memoryWith(0, [[0x1001, 0x201, 0x8000]]), 0, 0x200);
    expect(buffers.map((view) => [view.byteOffset, view.length])).toEqual([[0x1000, 0x200]]);
  });

  it('says when the table has more, or less, than what is asked for', () => {
    const memory = memoryWith(0, [
      [0x1000, 0x200, 0],
      [0x2000, 0x200, 0x8000],
    ]);
    expect(outcome(memory, 0, 0x200)).toBe('longer');
    expect(outcome(memory, 0, 0x3fe)).toBe('longer');
    expect(outcome(memory, 0, 0x3ff)).toBe('exact');
    expect(outcome(memory, 0, 0x400)).toBe('exact');
    expect(followTable(memory, 0, 0x402)).toEqual({ outcome: 'short', buffers: [] });
  });

  it('gives nothing when a region or the table is no memory', () => {
    const memory = memoryWith(0, [
      [0x1000, 0x200, 0],
      [0x5000, 0x200, 0x8000],
    ]);
    memory.holes.push([0x51fe, 0x5200]);
    expect(followTable(memory, 0, 0x400)).toEqual({ outcome: 'no-memory', buffers: [] });
    expect(outcome(memory, 0, 0x3f0)).toBe('longer'); // the hole is behind what is needed
    expect(outcome(memoryWith(0, [[0xffff_fffe, 0x200, 0x8000]]), 0, 0x200)).toBe('no-memory');
    expect(outcome(memoryWith(0, [[MEMORY_BYTES - 2, 4, 0x8000]]), 0, 4)).toBe('no-memory');
    expect(outcome(memory, 0xffff_fffc, 0x200)).toBe('no-memory');
    expect(outcome(memory, MEMORY_BYTES - 4, 0x200)).toBe('no-memory');
  });

  it('gives up on a table that never ends', () => {
    const memory = new TestMemory(MEMORY_BYTES);
    for (let at = 0; at < MEMORY_BYTES; at += 8) memory.view.setUint16(at + 4, 2, true);
    expect(outcome(memory, 0, 0x10_0000)).toBe('endless');
    expect(memory.gathers).toBeLessThan(20_000);
  });

  it('gives just the bytes asked for, all in memory, whatever the table says', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.integer({ min: 1, max: 0x4_0000 }),
        fc.nat(0x200),
        (bytes, byteCount, table) => {
          const memory = new TestMemory(MEMORY_BYTES);
          memory.bytes.set(bytes, 0x100);
          const { outcome: end, buffers } = followTable(memory, table, byteCount);
          const total = buffers.reduce((sum, view) => sum + view.length, 0);
          expect(total).toBe(end === 'exact' || end === 'longer' ? byteCount : 0);
        },
      ),
      { numRuns: 200 },
    );
  });
});
