/** Additions, subtractions, logic, shifts, multiplication, division, with their flags. Intel SDM volume 2. */

import { raiseDE } from '../exception';
import {
  carry, CC_ADC, CC_ADD, CC_DEC, CC_INC, CC_LOGIC, CC_MUL, CC_SBB, CC_SHL, CC_SHR, CC_SUB, changeFlags,
  setLazy,
} from '../flags';
import { FLAG_CF, FLAG_OF, RAX, RDX } from '../state';
import { loadSlot, maskOf, storeSlot } from './operands';

// @ts-ignore: decorator
@inline
export function sizeCode(bytes: u32): u32 {
  return ctz<u32>(bytes);
}

/** ADD OR ADC SBB AND SUB XOR CMP by their number; gives the result, sets the flags. */
export function alu(vp: usize, kind: u32, a: u64, b: u64, bytes: u32): u64 {
  const mask = maskOf(bytes);
  const size = sizeCode(bytes);
  let res: u64;
  b &= mask;
  switch (kind) {
    case 0:
      res = (a + b) & mask;
      setLazy(vp, CC_ADD | size, res, b);
      return res;
    case 2: {
      const c = carry(vp);
      res = (a + b + c) & mask;
      setLazy(vp, (c ? CC_ADC : CC_ADD) | size, res, b);
      return res;
    }
    case 3: {
      const c = carry(vp);
      res = (a - b - c) & mask;
      setLazy(vp, (c ? CC_SBB : CC_SUB) | size, res, b);
      return res;
    }
    case 5:
    case 7:
      res = (a - b) & mask;
      setLazy(vp, CC_SUB | size, res, b);
      return res;
    case 1:
      res = a | b;
      break;
    case 4:
      res = a & b;
      break;
    default:
      res = a ^ b;
      break;
  }
  res &= mask;
  setLazy(vp, CC_LOGIC | size, res, 0);
  return res;
}

export function increment(vp: usize, a: u64, bytes: u32): u64 {
  const c = carry(vp);
  const res = (a + 1) & maskOf(bytes);
  setLazy(vp, CC_INC | sizeCode(bytes), res, c);
  return res;
}

export function decrement(vp: usize, a: u64, bytes: u32): u64 {
  const c = carry(vp);
  const res = (a - 1) & maskOf(bytes);
  setLazy(vp, CC_DEC | sizeCode(bytes), res, c);
  return res;
}

// @ts-ignore: decorator
@inline
export function signExtend(value: u64, bytes: u32): i64 {
  const shift = 64 - bytes * 8;
  return <i64>(value << shift) >> shift;
}

/** ROL ROR RCL RCR SHL SHR SAL SAR by their number; `count` is not masked yet. */
export function shift(vp: usize, kind: u32, value: u64, count: u32, bytes: u32): u64 {
  const bits = bytes * 8;
  const mask = maskOf(bytes);
  count &= bytes == 8 ? 63 : 31;
  if (count == 0) return value;
  if (kind < 4) return rotate(vp, kind, value, count, bits, mask);
  const size = sizeCode(bytes);
  let res: u64;
  let before: u64;
  if (kind == 5) {
    before = count - 1 < bits ? value >> (count - 1) : 0;
    res = count < 64 ? before >> 1 : 0;
    setLazy(vp, CC_SHR | size, res, before);
    // OF is defined for a count of one: the top bit of the operand.
    return res;
  }
  if (kind == 7) {
    const wide = signExtend(value, bytes);
    before = <u64>(wide >> min<u32>(count - 1, 63)) & mask;
    res = <u64>(wide >> min<u32>(count, 63)) & mask;
    setLazy(vp, CC_SHR | size, res, before);
    return res;
  }
  before = count - 1 < bits ? (value << (count - 1)) & mask : 0;
  res = (before << 1) & mask;
  setLazy(vp, CC_SHL | size, res, before);
  return res;
}

function rotate(vp: usize, kind: u32, value: u64, count: u32, bits: u32, mask: u64): u64 {
  let res = value;
  let c: u32;
  const top = bits - 1;
  let ov: u32;
  if (kind < 2) {
    const by = count & top;
    if (kind == 0) {
      if (by) res = ((value << by) | (value >> (bits - by))) & mask;
      c = <u32>res & 1;
      ov = (<u32>(res >> top) & 1) ^ c;
    } else {
      if (by) res = ((value >> by) | (value << (bits - by))) & mask;
      c = <u32>(res >> top) & 1;
      ov = (<u32>(res >> (top - 1)) & 1) ^ c;
    }
  } else {
    c = carry(vp);
    const by = count % (bits + 1);
    for (let i: u32 = 0; i < by; i++) {
      if (kind == 2) {
        const out = <u32>(res >> top) & 1;
        res = ((res << 1) | c) & mask;
        c = out;
      } else {
        const out = <u32>res & 1;
        res = (res >> 1) | (<u64>c << top);
        c = out;
      }
    }
    ov = kind == 2 ? (<u32>(res >> top) & 1) ^ c : <u32>((res >> top) ^ (res >> (top - 1))) & 1;
  }
  changeFlags(vp, FLAG_CF | FLAG_OF, c | (ov << 11));
  return res;
}

/** SHLD and SHRD. */
export function doubleShift(vp: usize, left: bool, value: u64, from: u64, count: u32, bytes: u32): u64 {
  const bits = bytes * 8;
  const mask = maskOf(bytes);
  count &= bytes == 8 ? 63 : 31;
  if (count == 0) return value;
  // Counts above 16 of the 16-bit form are undefined; they go on with the other operand.
  if (count > bits) count -= bits;
  const before = left
    ? count == 1 ? value : ((value << (count - 1)) | (from >> (bits - count + 1))) & mask
    : count == 1 ? value : ((value >> (count - 1)) | (from << (bits - count + 1))) & mask;
  let res = left ? (value << 1) & mask : value >> 1;
  if (left) res = (count == bits ? from : (value << count) | (from >> (bits - count))) & mask;
  else res = (count == bits ? from : (value >> count) | (from << (bits - count))) & mask;
  setLazy(vp, (left ? CC_SHL : CC_SHR) | sizeCode(bytes), res, before);
  return res;
}

/** High half of an unsigned product. */
export function highUnsigned(a: u64, b: u64): u64 {
  const al = a & 0xffffffff;
  const ah = a >> 32;
  const bl = b & 0xffffffff;
  const bh = b >> 32;
  const middle = ah * bl + ((al * bl) >> 32);
  const other = al * bh + (middle & 0xffffffff);
  return ah * bh + (middle >> 32) + (other >> 32);
}

export function highSigned(a: u64, b: u64): u64 {
  return highUnsigned(a, b) - (<i64>a < 0 ? b : 0) - (<i64>b < 0 ? a : 0);
}

/** IMUL of two operands: the truncated product. */
export function multiply(vp: usize, a: u64, b: u64, bytes: u32): u64 {
  const x = signExtend(a, bytes);
  const y = signExtend(b, bytes);
  const product = <u64>(x * y);
  const res = product & maskOf(bytes);
  const lost = bytes == 8 ? highSigned(<u64>x, <u64>y) != <u64>(<i64>product >> 63) : signExtend(res, bytes) != <i64>product;
  setLazy(vp, CC_MUL | sizeCode(bytes), res, lost ? 1 : 0);
  return res;
}

/** MUL and IMUL of the accumulator. */
export function multiplyWide(vp: usize, b: u64, bytes: u32, signed: bool): void {
  const a = loadSlot(vp, RAX, bytes);
  const x = signed ? <u64>signExtend(a, bytes) : a;
  const y = signed ? <u64>signExtend(b, bytes) : b;
  const low = x * y;
  if (bytes == 1) {
    store<u16>(vp + RAX, <u16>low);
  } else {
    const high = bytes == 8 ? (signed ? highSigned(x, y) : highUnsigned(x, y)) : low >> (bytes * 8);
    storeSlot(vp, RAX, bytes, low);
    storeSlot(vp, RDX, bytes, high & maskOf(bytes));
    if (bytes == 8) {
      setLazy(vp, CC_MUL | 3, low, (signed ? high != <u64>(<i64>low >> 63) : high != 0) ? 1 : 0);
      return;
    }
  }
  const res = low & maskOf(bytes);
  setLazy(vp, CC_MUL | sizeCode(bytes), res, (signed ? signExtend(res, bytes) != <i64>low : low != res) ? 1 : 0);
}

/** DIV and IDIV. Raises #DE. */
export function divide(vp: usize, divisor: u64, bytes: u32, signed: bool): void {
  if (divisor == 0) raiseDE(vp);
  if (bytes == 8) {
    divideWide(vp, divisor, signed);
    return;
  }
  const bits = bytes * 8;
  const value = bytes == 1 ? load<u16>(vp + RAX) : loadSlot(vp, RAX, bytes) | (loadSlot(vp, RDX, bytes) << bits);
  let quotient: u64;
  let remainder: u64;
  if (signed) {
    const a = signExtend(value, bytes * 2);
    const b = signExtend(divisor, bytes);
    if (b == -1) {
      // The one quotient that WebAssembly refuses too.
      quotient = <u64>(-a);
      remainder = 0;
    } else {
      quotient = <u64>(a / b);
      remainder = <u64>(a % b);
    }
    if (signExtend(quotient & maskOf(bytes), bytes) != <i64>quotient) raiseDE(vp);
    if (b == -1 && a == i64.MIN_VALUE) raiseDE(vp);
  } else {
    quotient = value / divisor;
    remainder = value % divisor;
    if (quotient > maskOf(bytes)) raiseDE(vp);
  }
  if (bytes == 1) store<u16>(vp + RAX, <u16>((quotient & 0xff) | ((remainder & 0xff) << 8)));
  else {
    storeSlot(vp, RAX, bytes, quotient & maskOf(bytes));
    storeSlot(vp, RDX, bytes, remainder & maskOf(bytes));
  }
}

function divideWide(vp: usize, divisor: u64, signed: bool): void {
  let high = load<u64>(vp + RDX);
  let low = load<u64>(vp + RAX);
  const negative = signed && <i64>high < 0;
  const opposite = signed && <i64>divisor < 0;
  if (negative) {
    low = 0 - low;
    high = ~high + (low == 0 ? 1 : 0);
  }
  if (opposite) divisor = 0 - divisor;
  if (high >= divisor) raiseDE(vp);
  let quotient: u64 = 0;
  if (high == 0) {
    quotient = low / divisor;
    high = low % divisor;
  } else {
    for (let i = 0; i < 64; i++) {
      const carryOut = high >> 63;
      high = (high << 1) | (low >> 63);
      low <<= 1;
      quotient <<= 1;
      if (carryOut || high >= divisor) {
        high -= divisor;
        quotient |= 1;
      }
    }
  }
  const minus = negative != opposite;
  if (signed && quotient > (minus ? 0x8000000000000000 : 0x7fffffffffffffff)) raiseDE(vp);
  store<u64>(vp + RAX, minus ? 0 - quotient : quotient);
  store<u64>(vp + RDX, negative ? 0 - high : high);
}

