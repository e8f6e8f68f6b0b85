import { GpaAccess, GpaSpace } from '@viridian/hypervisor';
import { MachineMemory, PAGE_BYTES } from '@viridian/x86';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChildMemory } from '../src/child-memory.ts';
import { ramRanges } from '../src/machine-memory.ts';

const RW = GpaAccess.READ | GpaAccess.WRITE;

/** Pages 0..15 of one bank in a row, 16..19 backwards, 20 read-only, 21 an overlay, 22 of another bank, 23 nothing. */
function setUp() {
  const memory = new MachineMemory();
  const bank = memory.addBank(64 * PAGE_BYTES);
  const other = memory.addBank(16 * PAGE_BYTES);
  const space = new GpaSpace(memory);
  space.mapRange(0, bank.firstPage, 16, GpaAccess.ALL);
  for (let index = 0; index < 4; index += 1) space.map(16 + index, bank.firstPage + 40 - index, RW);
  space.map(20, bank.firstPage + 50, GpaAccess.READ);
  space.map(21, bank.firstPage + 51, RW);
  space.setOverlay(21, bank.firstPage + 52, RW);
  space.map(22, other.firstPage, RW);
  return { bank, other, child: new ChildMemory(space, memory) };
}

describe('ChildMemory', () => {
  it('gives the pages of one bank', () => {
    const { bank, child } = setUp();
    const pages = child.pages([3, 17]);
    expect(pages?.buffer).toBe(bank.buffer);
    expect(pages?.offsets).toEqual([3 * PAGE_BYTES, 39 * PAGE_BYTES]);
  });

  it.each([
    ['unmapped', [1, 23]],
    ['read-only', [20]],
    ['an overlay', [21]],
    ['of two banks', [1, 22]],
    ['beyond the space', [2 ** 28]],
    ['no page number', [2 ** 53]],
    ['none', []],
  ])('gives no pages that are %s', (_, gpns) => {
    expect(setUp().child.pages(gpns)).toBeUndefined();
  });

  it('merges pages that lie together', () => {
    const { child } = setUp();
    const views: Uint8Array[] = [];
    expect(child.gather([1, 2, 3, 16, 17, 22], 0, 100, 6 * PAGE_BYTES - 100, views)).toBe(true);
    expect(views.map(({ length }) => length / PAGE_BYTES)).toEqual([3 - 100 / PAGE_BYTES, 1, 1, 1]);
    expect(views[0]!.byteOffset).toBe(PAGE_BYTES + 100);
  });

  it.each([20, 21, 23, 2 ** 53, -1])('gathers nothing when page %d is among them', (gpn) => {
    const views = [new Uint8Array(1)];
    expect(setUp().child.gather([1, gpn], 0, 0, 2 * PAGE_BYTES, views)).toBe(false);
    expect(views).toHaveLength(1);
  });

  it('gathers nothing with impossible numbers', () => {
    const { child } = setUp();
    const views: Uint8Array[] = [];
    expect(child.gather([1], 0, 0, PAGE_BYTES + 1, views)).toBe(false);
    expect(child.gather([1], 0, PAGE_BYTES, 1, views)).toBe(false);
    expect(child.gather([1], 0, -1, 1, views)).toBe(false);
    expect(child.gather([1], 1, 0, 1, views)).toBe(false);
    expect(views).toEqual([]);
  });

  it('covers exactly the bytes asked for, whatever the pages', () => {
    const { child } = setUp();
    const gpns = fc.array(fc.nat(24), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(gpns, fc.nat(PAGE_BYTES - 1), fc.nat(12 * PAGE_BYTES), (list, byteOffset, byteCount) => {
        const views: Uint8Array[] = [];
        if (!child.gather(list, 0, byteOffset, byteCount, views)) return;
        expect(views.reduce((sum, { length }) => sum + length, 0)).toBe(byteCount);
      }),
    );
  });
});

describe('ramRanges', () => {
  it('leaves the hole below 4 GiB to devices', () => {
    expect(ramRanges(2 ** 20)).toEqual([{ gpa: 0, sizeBytes: 2 ** 20 }]);
    expect(ramRanges(0xf800_0000 + 8192)).toEqual([
      { gpa: 0, sizeBytes: 0xf800_0000 },
      { gpa: 2 ** 32, sizeBytes: 8192 },
    ]);
  });
});
