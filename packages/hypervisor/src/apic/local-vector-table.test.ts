import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LocalVectorTable, LvtEntry, type LvtTarget } from './local-vector-table.ts';

function made(isBootstrap = false) {
  const seen: (string | [vector: number, level: boolean])[] = [];
  const target: LvtTarget = {
    fixed: (vector, level) => {
      seen.push([vector, level]);
      return vector >= 16;
    },
    nmi: () => {
      seen.push('nmi');
    },
    extIntChanged: () => {},
  };
  const table = new LocalVectorTable(target, isBootstrap);
  table.setEnabled(true);
  return { table, seen };
}

describe('LocalVectorTable', () => {
  it('is masked after reset, but for the pins of the first processor', () => {
    const { table } = made();
    expect(Object.values(LvtEntry).map((entry) => table.read(entry))).toEqual(Array(6).fill(0x1_0000));
    const first = made(true).table;
    expect([first.read(LvtEntry.LINT0), first.read(LvtEntry.LINT1)]).toEqual([0x700, 0x400]);
  });

  it('keeps the bits that exist', () => {
    const { table } = made();
    const kept = Object.values(LvtEntry).map((entry) => {
      table.write(entry, 0xffff_ffff);
      return table.read(entry);
    });
    expect(kept).toEqual([0x7_00ff, 0x1_07ff, 0x1_07ff, 0x1_a7ff, 0x1_a7ff, 0x1_00ff]);
  });

  it('raises by delivery mode, unless masked', () => {
    const { table, seen } = made();
    expect(table.raise(LvtEntry.ERROR)).toBe(false);
    table.write(LvtEntry.ERROR, 0xfe);
    table.write(LvtEntry.THERMAL, 0x400);
    table.write(LvtEntry.PERFORMANCE, 0x2ff);
    expect(
      [LvtEntry.ERROR, LvtEntry.THERMAL, LvtEntry.PERFORMANCE].map((entry) => table.raise(entry)),
    ).toEqual([true, true, false]);
    expect(seen).toEqual([[0xfe, false], 'nmi']);
    // The timer has no delivery mode: bits 10:8 are not its.
    table.write(LvtEntry.TIMER, 0x4ec);
    table.raise(LvtEntry.TIMER);
    expect(seen.at(-1)).toEqual([0xec, false]);
  });

  it('masks everything when the APIC is disabled, and lets nothing be unmasked meanwhile', () => {
    const { table } = made(true);
    table.write(LvtEntry.TIMER, 0xec);
    table.setEnabled(false);
    table.write(LvtEntry.ERROR, 0xfe);
    for (const entry of Object.values(LvtEntry)) expect(table.isMasked(entry)).toBe(true);
    table.setEnabled(true);
    expect(table.isMasked(LvtEntry.TIMER)).toBe(true);
    table.write(LvtEntry.TIMER, 0xec);
    expect(table.isMasked(LvtEntry.TIMER)).toBe(false);
  });

  it('follows the ExtINT pin by level while it is connected', () => {
    const { table, seen } = made();
    table.setPin(0, true);
    expect(table.extIntRequested).toBe(false);
    table.write(LvtEntry.LINT0, 0x700);
    expect(table.extIntRequested).toBe(true);
    table.write(LvtEntry.LINT0, 0x1_0700);
    expect(table.extIntRequested).toBe(false);
    table.setBypassed(true);
    expect(table.extIntRequested).toBe(true);
    table.setPin(0, false);
    expect(table.extIntRequested).toBe(false);
    expect(seen).toEqual([]);
  });

  it('makes interrupts of rising edges, and NMIs of those of LINT1', () => {
    const { table, seen } = made();
    table.write(LvtEntry.LINT0, 0x30);
    table.write(LvtEntry.LINT1, 0x400);
    for (const high of [true, true, false, true]) table.setPin(0, high);
    for (const high of [true, false]) table.setPin(1, high);
    expect(seen).toEqual([[0x30, false], [0x30, false], 'nmi']);
    table.write(LvtEntry.LINT1, 0x1_0400);
    table.setPin(1, true);
    expect(seen).toHaveLength(3);
    table.setPin(1, false);
    // Globally disabled, the pin is the processor's own.
    table.setBypassed(true);
    table.setPin(1, true);
    expect(seen).toHaveLength(4);
  });

  it('repeats a level-triggered pin after the end of its interrupt, until it is low', () => {
    const { table, seen } = made();
    table.write(LvtEntry.LINT0, 0x8030);
    table.setPin(0, true);
    expect(table.read(LvtEntry.LINT0)).toBe(0xc030);
    table.ended(0x31);
    table.ended(0x30);
    table.setPin(0, false);
    table.ended(0x30);
    table.ended(0x30);
    expect(seen).toEqual([
      [0x30, true],
      [0x30, true],
    ]);
    expect(table.read(LvtEntry.LINT0)).toBe(0x8030);
  });

  it('takes any value without trouble', () => {
    const entry = fc.constantFrom(...Object.values(LvtEntry));
    fc.assert(
      fc.property(fc.array(fc.tuple(entry, fc.nat(0xffff_ffff)), { maxLength: 20 }), (writes) => {
        const { table } = made(true);
        for (const [at, value] of writes) {
          table.write(at, value);
          table.raise(at);
          table.setPin(0, (value & 1) !== 0);
          table.setPin(1, (value & 2) !== 0);
          table.ended(value & 0xff);
        }
      }),
      { numRuns: 50 },
    );
  });
});
