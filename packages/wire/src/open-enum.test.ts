import { expect, it } from 'vitest';
import { nameOf } from './index.ts';

const Table = { NONE: 0, DATA_INBAND: 6, ALIAS: 6, BIG: 1n } as const;

it('names a known number, the first name winning, and prints an unknown one in hex', () => {
  expect(nameOf(Table, 6)).toBe('DATA_INBAND');
  expect(nameOf(Table, 0)).toBe('NONE');
  expect(nameOf(Table, 1n)).toBe('BIG');
  expect(nameOf(Table, 0x1f)).toBe('0x1f');
  expect(nameOf(Table, -2)).toBe('-0x2');
  expect(nameOf(Table, 0xffff_ffff_ffffn)).toBe('0xffffffffffff');
});
