/** DPPS and DPPD: products of the elements that the immediate's high bits choose, summed up in pairs. */

import { element, storeElement } from './float';
import { add, multiply } from './softfloat';

/** Writes the sum to the elements of `result` that the immediate's low bits choose, zero to the others. */
export function dotProduct(to: usize, source: usize, result: usize, d: bool, imm: u32): void {
  const low = add(product(to, source, 0, d, imm), product(to, source, 1, d, imm), d);
  const sum = d ? low : add(low, add(product(to, source, 2, d, imm), product(to, source, 3, d, imm), d), d);
  const count: u32 = d ? 2 : 4;
  for (let i: u32 = 0; i < count; i++) storeElement(result, i, d, (imm >> i) & 1 ? sum : 0);
}

function product(to: usize, source: usize, i: u32, d: bool, imm: u32): u64 {
  return (imm >> (4 + i)) & 1 ? multiply(element(to, i, d), element(source, i, d), d) : 0;
}
