import { MachineMemory, PAGE_BYTES } from '@viridian/x86';
import { describe, expect, it } from 'vitest';
import { PageOwners } from './page-owners.ts';
import { PagePool } from './page-pool.ts';

describe('page pool', () => {
  it('takes all or nothing, zeroes what it hands out, and gives everything back', () => {
    const memory = new MachineMemory();
    const bank = memory.addBank(16 * PAGE_BYTES);
    bank.bytes.fill(0x5a);
    const pool = new PagePool(memory);
    for (const page of [1, 2, 3]) pool.deposit(page);
    expect(pool.take(4)).toBeUndefined();
    const pages = pool.take(2)!;
    expect(new Set(pages).size).toBe(2);
    for (const page of pages) {
      expect(
        bank.bytes.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES).every((byte) => byte === 0),
      ).toBe(true);
    }
    expect([pool.available, pool.inUse]).toEqual([1, 2]);
    bank.bytes[pages[0]! * PAGE_BYTES] = 7;
    pool.giveBack(pages);
    const out = [pool.withdraw(), pool.withdraw(), pool.withdraw(), pool.withdraw()];
    expect([...out].sort()).toEqual([-1, 1, 2, 3]);
    expect(bank.bytes[pages[0]! * PAGE_BYTES]).toBe(0);
    expect(pool.inspect()).toEqual({ available: 0, inUse: 0 });
  });
});

describe('page owners', () => {
  it('knows when a bank is free to go', () => {
    const memory = new MachineMemory();
    const owners = new PageOwners(memory);
    const bank = memory.addBank(16 * PAGE_BYTES);
    owners.addBank(bank);
    owners.countMapping(3, 1);
    owners.countMapping(3, 1);
    expect([owners.mappings(3), owners.isBusy(bank)]).toEqual([2, true]);
    owners.countMapping(3, -1);
    expect(owners.isBusy(bank)).toBe(true);
    owners.setPooled(4, true);
    owners.setPooled(4, true);
    owners.countMapping(3, -1);
    expect([owners.isPooled(4), owners.isBusy(bank)]).toEqual([true, true]);
    owners.setPooled(4, false);
    expect(owners.isBusy(bank)).toBe(false);
    owners.removeBank(bank);
    expect([owners.mappings(3), owners.isPooled(3)]).toEqual([0, false]);
    expect(() => owners.setPooled(99, true)).toThrow('does not exist');
  });
});
