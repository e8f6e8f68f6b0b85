import { AccessKind, MachineMemory, PAGE_BYTES } from '@viridian/x86';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GpaAccess, GpaSpace } from './gpa-space.ts';

function space() {
  const memory = new MachineMemory();
  const bank = memory.addBank(64 * PAGE_BYTES);
  const counts = new Map<number, number>();
  const gpa = new GpaSpace(memory, 40, (page, change) => counts.set(page, (counts.get(page) ?? 0) + change));
  return { memory, bank, gpa, counts };
}

describe('GPA space', () => {
  it('translates, checks rights and copies across pages', () => {
    const { bank, gpa } = space();
    gpa.map(5, 7, GpaAccess.ALL);
    gpa.map(6, 3, GpaAccess.READ | GpaAccess.WRITE);
    expect(gpa.write(5 * PAGE_BYTES + 4090, Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]))).toBe(true);
    expect(bank.bytes[7 * PAGE_BYTES + 4095]).toBe(6);
    expect(bank.bytes[3 * PAGE_BYTES]).toBe(7);
    const back = new Uint8Array(8);
    expect(gpa.read(5 * PAGE_BYTES + 4090, back)).toBe(true);
    expect([...back]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(gpa.locate(6 * PAGE_BYTES + 12, AccessKind.READ)).toBe(true);
    expect(gpa.bank).toBe(bank);
    expect(gpa.offset).toBe(3 * PAGE_BYTES + 12);
    expect(gpa.locate(6 * PAGE_BYTES, AccessKind.EXECUTE)).toBe(false);
  });

  it('writes nothing when a later page is missing or read-only', () => {
    const { bank, gpa } = space();
    gpa.map(0, 0, GpaAccess.ALL);
    const bytes = new Uint8Array(32).fill(0xaa);
    expect(gpa.write(PAGE_BYTES - 16, bytes)).toBe(false);
    gpa.map(1, 1, GpaAccess.READ);
    expect(gpa.write(PAGE_BYTES - 16, bytes)).toBe(false);
    expect(bank.bytes[PAGE_BYTES - 1]).toBe(0);
    expect(gpa.read(PAGE_BYTES - 16, new Uint8Array(32))).toBe(true);
  });

  it('has nothing outside its end, and refuses to map there', () => {
    const { gpa } = space();
    expect(gpa.pageCount).toBe(2 ** 28);
    for (const gpn of [2 ** 28, 2 ** 40, -1]) expect(gpa.systemPage(gpn)).toBe(-1);
    expect(gpa.locate(2 ** 40, AccessKind.READ)).toBe(false);
    expect(gpa.locate(2 ** 53, AccessKind.READ)).toBe(false);
    expect(() => gpa.map(2 ** 28, 0, GpaAccess.ALL)).toThrow(RangeError);
    gpa.map(2 ** 28 - 1, 4, GpaAccess.ALL);
    expect(gpa.systemPage(2 ** 28 - 1)).toBe(4);
    expect(gpa.read((2 ** 28 - 1) * PAGE_BYTES + 4000, new Uint8Array(200))).toBe(false);
  });

  it('hides a page under an overlay, whatever happens to the mapping beneath, and uncovers it', () => {
    const { gpa, counts } = space();
    gpa.map(9, 1, GpaAccess.READ);
    gpa.setOverlay(9, 20, GpaAccess.ALL);
    expect([gpa.systemPage(9), gpa.access(9), gpa.isOverlay(9)]).toEqual([20, GpaAccess.ALL, true]);
    expect([gpa.mappedPage(9), gpa.mappedAccess(9)]).toEqual([1, GpaAccess.READ]);
    gpa.map(9, 2, GpaAccess.ALL);
    expect(gpa.systemPage(9)).toBe(20);
    gpa.clearOverlay(9);
    expect([gpa.systemPage(9), gpa.isOverlay(9)]).toEqual([2, false]);
    gpa.setOverlay(9, 21, GpaAccess.READ);
    gpa.unmap(9);
    expect(gpa.systemPage(9)).toBe(21);
    gpa.clearOverlay(9);
    expect(gpa.systemPage(9)).toBe(-1);
    expect([counts.get(1), counts.get(2), counts.has(20)]).toEqual([0, 0, false]);
  });

  it('lies over an unmapped page too', () => {
    const { gpa } = space();
    gpa.setOverlay(1000, 3, GpaAccess.READ | GpaAccess.EXECUTE);
    expect(gpa.page(1000)?.length).toBe(PAGE_BYTES);
    expect(gpa.write(1000 * PAGE_BYTES, new Uint8Array(1))).toBe(false);
    gpa.clearOverlay(1000);
    expect(gpa.page(1000)).toBeUndefined();
  });

  it('tells of every change, ranges once, and nothing after the listener went', () => {
    const { gpa } = space();
    const seen: [number, number][] = [];
    const stop = gpa.onChange((first, count) => seen.push([first, count]));
    gpa.mapRange(10, 0, 4, GpaAccess.ALL);
    gpa.unmapRange(10, 4);
    gpa.unmapRange(10, 4);
    gpa.setOverlay(3, 1, GpaAccess.ALL);
    gpa.clearOverlay(3);
    gpa.clearOverlay(3);
    stop();
    gpa.map(1, 1, GpaAccess.ALL);
    expect(seen).toEqual([
      [10, 4],
      [10, 4],
      [3, 1],
      [3, 1],
    ]);
  });

  it('behaves like a model of two maps', () => {
    const gpns = [0, 1, 16383, 16384, 2 ** 20 - 1, 2 ** 20, 2 ** 28 - 1] as const;
    const operation = fc.record({
      what: fc.constantFrom('map', 'unmap', 'overlay', 'uncover'),
      gpn: fc.constantFrom(...gpns),
      page: fc.integer({ min: 0, max: 63 }),
      access: fc.integer({ min: 0, max: 7 }),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const { gpa, counts } = space();
        const maps = new Map<number, { page: number; access: number }>();
        const overlays = new Map<number, { page: number; access: number }>();
        for (const { what, gpn, page, access } of operations) {
          if (what === 'map') gpa.map(gpn, page, access);
          if (what === 'map') maps.set(gpn, { page, access });
          if (what === 'unmap') gpa.unmap(gpn);
          if (what === 'unmap') maps.delete(gpn);
          if (what === 'overlay') gpa.setOverlay(gpn, page, access);
          if (what === 'overlay') overlays.set(gpn, { page, access });
          if (what === 'uncover') gpa.clearOverlay(gpn);
          if (what === 'uncover') overlays.delete(gpn);
        }
        for (const gpn of gpns) {
          const seen = overlays.get(gpn) ?? maps.get(gpn);
          expect(gpa.systemPage(gpn)).toBe(seen?.page ?? -1);
          expect(gpa.access(gpn)).toBe(seen?.access ?? 0);
          expect(gpa.isOverlay(gpn)).toBe(overlays.has(gpn));
          expect(gpa.mappedPage(gpn)).toBe(maps.get(gpn)?.page ?? -1);
        }
        expect(gpa.mappedPages).toBe(maps.size);
        for (let page = 0; page < 64; page++) {
          const expected = [...maps.values()].filter((entry) => entry.page === page).length;
          expect(counts.get(page) ?? 0).toBe(expected);
        }
        gpa.clear();
        expect(gpa.mappedPages).toBe(0);
        expect([...counts.values()].every((count) => count === 0)).toBe(true);
        for (const gpn of gpns) expect(gpa.systemPage(gpn)).toBe(-1);
      }),
      { numRuns: 60 },
    );
  });
});
