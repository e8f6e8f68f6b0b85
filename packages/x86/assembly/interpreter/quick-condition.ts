/** Conditions straight from the operands of the comparison in front of them. */

import { CC_LOGIC, CC_SUB, condition } from '../flags';
import { CC_OP, CC_RES, CC_SRC } from '../state';

/** Condition code 0–15; `code` is a constant at each call. */
// @ts-ignore: decorator
@inline
export function quickCondition(vp: usize, code: u32): bool {
  const op = load<u32>(vp + CC_OP);
  const res = load<u64>(vp + CC_RES);
  if (code >> 1 == 2 && op != 0) return (res == 0) != ((code & 1) != 0);
  if (op == (CC_SUB | 3)) {
    const b = load<u64>(vp + CC_SRC);
    if (code >> 1 == 1) return (res + b < b) != ((code & 1) != 0);
    if (code >> 1 == 3) return (res + b <= b) != ((code & 1) != 0);
    if (code >> 1 == 6) return (<i64>(res + b) < <i64>b) != ((code & 1) != 0);
    if (code >> 1 == 7) return (<i64>(res + b) <= <i64>b) != ((code & 1) != 0);
  } else if (op == (CC_SUB | 2)) {
    const b = <u32>load<u64>(vp + CC_SRC);
    const a = <u32>res + b;
    if (code >> 1 == 1) return (a < b) != ((code & 1) != 0);
    if (code >> 1 == 3) return (a <= b) != ((code & 1) != 0);
    if (code >> 1 == 6) return (<i32>a < <i32>b) != ((code & 1) != 0);
    if (code >> 1 == 7) return (<i32>a <= <i32>b) != ((code & 1) != 0);
  } else if (op == (CC_LOGIC | 3) || op == (CC_LOGIC | 2)) {
    const negative = op & 1 ? <i64>res < 0 : <i32>res < 0;
    if (code >> 1 == 4 || code >> 1 == 6) return negative != ((code & 1) != 0);
    if (code >> 1 == 7) return (negative || res == 0) != ((code & 1) != 0);
  }
  return condition(vp, code) != 0;
}
