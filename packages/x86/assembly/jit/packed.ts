/** Packed operations: which instruction of WebAssembly's does what the one of SSE does. V0 is the first operand, V1 the second. */

import { OP_IMMEDIATE, opDigit } from '../micro-op';
import * as S from '../sse/opcodes';
import { byte, const32, get, vector } from './emit';
import { V0, V1 } from './locals';

const V128_CONST: u32 = 0x0c;
const SHUFFLE: u32 = 0x0d;
const SWIZZLE: u32 = 0x0e;
const ANDNOT: u32 = 0x4f;
/** Marks operations that no single opcode does. */
const UNPACK: u32 = 0x1000;
const BYTES: u32 = 0x1001;

/** The opcode of a packed operation; UNPACK, BYTES; 0 when there is none. */
export function pushPacked(handler: u32): u32 {
  if (handler >= S.PUNPCKLBW && handler <= S.PUNPCKHQDQ) return UNPACK;
  switch (handler) {
    case S.AND: return 0x4e;
    case S.ANDN: return ANDNOT;
    case S.OR: return 0x50;
    case S.XOR: return 0x51;
    case S.PADDB: return 0x6e;
    case S.PADDW: return 0x8e;
    case S.PADDD: return 0xae;
    case S.PADDQ: return 0xce;
    case S.PSUBB: return 0x71;
    case S.PSUBW: return 0x91;
    case S.PSUBD: return 0xb1;
    case S.PSUBQ: return 0xd1;
    case S.PADDSB: return 0x6f;
    case S.PADDUSB: return 0x70;
    case S.PSUBSB: return 0x72;
    case S.PSUBUSB: return 0x73;
    case S.PADDSW: return 0x8f;
    case S.PADDUSW: return 0x90;
    case S.PSUBSW: return 0x92;
    case S.PSUBUSW: return 0x93;
    case S.PCMPEQB: return 0x23;
    case S.PCMPEQW: return 0x2d;
    case S.PCMPEQD: return 0x37;
    case S.PCMPEQQ: return 0xd6;
    case S.PCMPGTB: return 0x27;
    case S.PCMPGTW: return 0x31;
    case S.PCMPGTD: return 0x3b;
    case S.PCMPGTQ: return 0xd9;
    case S.PMINSB: return 0x76;
    case S.PMINUB: return 0x77;
    case S.PMAXSB: return 0x78;
    case S.PMAXUB: return 0x79;
    case S.PMINSW: return 0x96;
    case S.PMINUW: return 0x97;
    case S.PMAXSW: return 0x98;
    case S.PMAXUW: return 0x99;
    case S.PMINSD: return 0xb6;
    case S.PMINUD: return 0xb7;
    case S.PMAXSD: return 0xb8;
    case S.PMAXUD: return 0xb9;
    case S.PAVGB: return 0x7b;
    case S.PAVGW: return 0x9b;
    case S.PMULLW: return 0x95;
    case S.PMULLD: return 0xb5;
    case S.PMADDWD: return 0xba;
    case S.PACKSSWB: return 0x65;
    case S.PACKUSWB: return 0x66;
    case S.PACKSSDW: return 0x85;
    case S.PACKUSDW: return 0x86;
    case S.PSHUFB: return BYTES;
  }
  return 0;
}

/** Leaves the result of a packed operation on the stack. */
export function shuffleOf(handler: u32, opcode: u32): void {
  if (opcode == ANDNOT) {
    get(V1);
    get(V0);
    vector(ANDNOT);
    return;
  }
  get(V0);
  get(V1);
  if (opcode == UNPACK) {
    const place = handler - S.PUNPCKLBW;
    const unit: u32 = 1 << (place & 3);
    const half: u32 = place >= 4 ? 8 : 0;
    vector(SHUFFLE);
    for (let i: u32 = 0; i < 8 / unit; i++) {
      for (let k: u32 = 0; k < unit; k++) byte(half + i * unit + k);
      for (let k: u32 = 0; k < unit; k++) byte(16 + half + i * unit + k);
    }
  } else if (opcode == BYTES) {
    // Places of 128 and more give zero, as places above 15 do here; the bits between do not count.
    vector(V128_CONST);
    for (let i = 0; i < 16; i++) byte(0x8f);
    vector(0x4e);
    vector(SWIZZLE);
  } else vector(opcode);
}

/** Shifts all bits of V1's elements by a constant. */
function shiftElements(handler: u32, digit: u32, count: u32): void {
  const bits: u32 = handler == S.SHIFT_W ? 16 : handler == S.SHIFT_D ? 32 : 64;
  const base: u32 = handler == S.SHIFT_W ? 0x8b : handler == S.SHIFT_D ? 0xab : 0xcb;
  if (count >= bits) {
    if (digit != 4) {
      zero();
      return;
    }
    count = bits - 1;
  }
  get(V1);
  const32(count);
  vector(digit == 6 ? base : digit == 4 ? base + 1 : base + 2);
}

function zero(): void {
  vector(V128_CONST);
  for (let i = 0; i < 16; i++) byte(0);
}

/** PSRLDQ and PSLLDQ: V1 moved by bytes, zeros behind. */
function shiftBytes(left: bool, count: u32): void {
  get(V1);
  zero();
  vector(SHUFFLE);
  for (let i: u32 = 0; i < 16; i++) {
    const from = left ? i - count : i + count;
    byte(from < 16 ? from : 16);
  }
}

/** Whether a shuffle with a constant is known; with `write`, leaves its result on the stack. */
export function pushShuffle(op: usize, handler: u32, write: bool): u32 {
  const constant = load<u32>(op + OP_IMMEDIATE) & 0xff;
  const digit = opDigit(op);
  switch (handler) {
    case S.SHIFT_W:
    case S.SHIFT_D:
    case S.SHIFT_Q: {
      const bytes = handler == S.SHIFT_Q && (digit == 3 || digit == 7);
      if (!bytes && digit != 2 && digit != 6 && (digit != 4 || handler == S.SHIFT_Q)) return 0;
      if (!write) return 1;
      if (bytes) shiftBytes(digit == 7, constant);
      else shiftElements(handler, digit, constant);
      return 1;
    }
    case S.PSHUFD:
    case S.SHUFPS:
      if (!write) return 1;
      get(handler == S.PSHUFD ? V1 : V0);
      get(V1);
      vector(SHUFFLE);
      for (let i: u32 = 0; i < 4; i++) {
        const from = ((constant >> (i * 2)) & 3) * 4 + (handler == S.SHUFPS && i > 1 ? 16 : 0);
        for (let k: u32 = 0; k < 4; k++) byte(from + k);
      }
      return 1;
    case S.PSHUFLW:
    case S.PSHUFHW: {
      if (!write) return 1;
      const half: u32 = handler == S.PSHUFHW ? 8 : 0;
      get(V1);
      get(V1);
      vector(SHUFFLE);
      for (let i: u32 = 0; i < 16; i++) {
        const inside = i - half < 8;
        byte(inside ? half + ((constant >> (((i - half) >> 1) * 2)) & 3) * 2 + (i & 1) : i);
      }
      return 1;
    }
    case S.PALIGNR:
      if (constant > 16) return 0;
      if (!write) return 1;
      get(V1);
      get(V0);
      vector(SHUFFLE);
      for (let i: u32 = 0; i < 16; i++) byte(constant + i);
      return 1;
  }
  return 0;
}
