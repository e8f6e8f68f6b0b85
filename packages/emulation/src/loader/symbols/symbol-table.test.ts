import { describe, expect, it } from 'vitest';
import { systemMap } from './kallsyms.ts';
import { readSystemMap, SymbolTable } from './symbol-table.ts';

const MAP = `0000000000000010 D per_cpu
ffffffff81000000 T _text
ffffffff81000000 T startup_64
ffffffff81000040 t inner
ffffffff81002000 D data
ffffffff81003000 B _end
not a line of a map
`;

describe('readSystemMap', () => {
  it('reads what systemMap writes, and passes other lines over', () => {
    const symbols = readSystemMap(MAP);
    expect(symbols).toHaveLength(6);
    expect(readSystemMap(systemMap(symbols))).toEqual(symbols);
    expect(readSystemMap('c1000000 T startup_32')[0]).toEqual({
      address: 0xc100_0000n,
      type: 'T',
      name: 'startup_32',
    });
    expect(readSystemMap('')).toEqual([]);
  });
});

describe('SymbolTable', () => {
  const table = new SymbolTable(readSystemMap(MAP));

  it('names addresses', () => {
    expect(table.describe(0xffff_ffff_8100_0000n)).toBe('_text');
    expect(table.describe(0xffff_ffff_8100_003fn)).toBe('_text+0x3f');
    expect(table.describe(0xffff_ffff_8100_0041n)).toBe('inner+0x1');
    expect(table.startOf(0xffff_ffff_8100_0041n)).toBe(0xffff_ffff_8100_0040n);
    expect(table.isFunction(0xffff_ffff_8100_0041n)).toBe(true);
    expect(table.isFunction(0xffff_ffff_8100_2000n)).toBe(false);
  });

  it('has no name for what is below, behind or between', () => {
    for (const address of [0n, 0x18n, 0xffff_ffff_80ff_ffffn, 0xffff_ffff_8100_3001n]) {
      expect(table.describe(address)).toBeUndefined();
      expect(table.isFunction(address)).toBe(false);
    }
    const far = new SymbolTable(readSystemMap('00100000 T a\nffffffff81000000 T b\nffffffff81000010 T c'));
    expect(far.describe(0x1f_ffffn)).toBe('a+0xfffff');
    expect(far.describe(0x20_0000n)).toBeUndefined();
    expect(new SymbolTable([]).describe(1n)).toBeUndefined();
  });

  it('follows a kernel that runs elsewhere', () => {
    const moved = table.movedBy(0x20_0000n);
    expect(moved.addressOf('inner')).toBe(0xffff_ffff_8120_0040n);
    expect(moved.describe(0xffff_ffff_8120_0042n)).toBe('inner+0x2');
    expect(table.addressOf('per_cpu')).toBeUndefined();
    expect(table.addressOf('nobody')).toBeUndefined();
  });
});
