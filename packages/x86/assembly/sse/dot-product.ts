/** DPPS and DPPD: products of the elements that the immediate's high bits choose, summed up in pairs. */

import { commitFlags, element, storeElement } from './float';
import { add, multiply } from './softfloat';

/**
 * Writes the sum to the elements of `result` that the immediate's low bits choose, zero to the others. The steps
 * (products, sums of pairs, sum of the sums) raise their exceptions one after the other, as instructions would.
 */
export function dotProduct(vp: usize, to: usize, source: usize, result: usize, d: bool, imm: u32): void {
  const first = product(to, source, 0, d, imm);
  const second = product(to, source, 1, d, imm);
  const third = d ? 0 : product(to, source, 2, d, imm);
  const fourth = d ? 0 : product(to, source, 3, d, imm);
  commitFlags(vp);
  let sum = add(first, second, d);
  if (!d) {
    const other = add(third, fourth, d);
    commitFlags(vp);
    sum = add(sum, other, d);
  }
  const count: u32 = d ? 2 : 4;
  for (let i: u32 = 0; i < count; i++) storeElement(result, i, d, (imm >> i) & 1 ? sum : 0);
}

function product(to: usize, source: usize, i: u32, d: bool, imm: u32): u64 {
  return (imm >> (4 + i)) & 1 ? multiply(element(to, i, d), element(source, i, d), d) : 0;
}
