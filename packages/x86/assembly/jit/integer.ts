/** Integer instructions as WebAssembly. Each function gives false where the interpreter's handler is to be called. */

import { CC_ADC, CC_ADD, CC_DEC, CC_INC, CC_LOGIC, CC_SBB, CC_SUB } from '../flags';
import {
  OP_CODE16, OP_DST, OP_IMMEDIATE, OP_REX, OP_SRC, opDigit, opImmediate, opIsMemory, opModrm, opPrefixes, opSegment, opSize,
  PREFIX_F2, PREFIX_F3, PREFIX_LOCK,
} from '../micro-op';
import {
  byte, const32, const64, EXTEND_U, get, I32_ADD, I32_AND, I32_OR, I32_SHL, I32_SUB, I32_XOR, I64_ADD, I64_AND, I64_OR,
  I64_SHR_S, I64_SHR_U, I64_SUB, I64_XOR, SELECT, set, tee, WRAP,
} from './emit';
import { condition, extend, RESULT_ONLY, setKnownFlags } from './conditions';
import { bitOperation, bitScan, compareExchange, exchange, exchangeAdd, swapBytes } from './bits';
import { CC_FIRST, CC_KIND, CC_RESULT, CC_SOURCE, C0, HOST, REGISTERS, T0, T1, T2 } from './locals';
import { groupOf } from './groups';
import { divide, multiply, multiplyWide } from './multiply';
import {
  canAddress, cut, loadBytes, log2, popSlot, pushGrouped, pushHost, pushOffset, pushSlot, storeBytes, translateAddress,
} from './operands';
import { clearPending } from './pending';
import { shift } from './shifts';
import { areFlagsLive, is64 } from './translate';

export function setKind(kind: u32): void {
  clearPending();
  const32(kind);
  set(CC_KIND);
  setKnownFlags(kind);
}

/** Leaves the operand of ModRM.rm on the stack. */
export function pushRm(op: usize, bytes: u32): void {
  if (opIsMemory(op)) {
    pushHost(op, bytes, false);
    loadBytes(bytes);
  } else pushSlot(load<u8>(op + OP_SRC), bytes);
}

/** Leaves the operand of ModRM.rm, which {@link popUpdated} writes next, on the stack. */
export function pushForUpdate(op: usize, bytes: u32): void {
  if (opIsMemory(op)) {
    pushHost(op, bytes, true);
    tee(HOST);
    loadBytes(bytes);
  } else pushSlot(load<u8>(op + OP_SRC), bytes);
}

/** Writes the local to the operand of ModRM.rm. */
export function updateFrom(op: usize, bytes: u32, local: u32): void {
  if (opIsMemory(op)) {
    get(HOST);
    get(local);
    storeBytes(bytes);
  } else {
    get(local);
    popSlot(load<u8>(op + OP_SRC), bytes);
  }
}

/** ADD OR ADC SBB AND SUB XOR CMP of two locals into a third, with flags. */
function compute(kind: u32, bytes: u32, a: u32, b: u32, result: u32, live: bool): void {
  const narrow = bytes == 4;
  get(a);
  if (narrow) byte(WRAP);
  get(b);
  if (narrow) byte(WRAP);
  switch (kind) {
    case 0: case 2: byte(narrow ? I32_ADD : I64_ADD); break;
    case 1: byte(narrow ? I32_OR : I64_OR); break;
    case 4: byte(narrow ? I32_AND : I64_AND); break;
    case 6: byte(narrow ? I32_XOR : I64_XOR); break;
    default: byte(narrow ? I32_SUB : I64_SUB);
  }
  if (kind == 2 || kind == 3) {
    get(C0);
    if (!narrow) byte(EXTEND_U);
    byte(kind == 2 ? (narrow ? I32_ADD : I64_ADD) : narrow ? I32_SUB : I64_SUB);
  }
  if (narrow) byte(EXTEND_U);
  else if (kind == 0 || kind == 2 || kind == 3 || kind == 5 || kind == 7) cut(bytes);
  set(result);
  if (!live) return;
  const size = log2(bytes);
  if (kind == 2 || kind == 3) {
    clearPending();
    const32((kind == 2 ? CC_ADD : CC_SUB) | size);
    get(C0);
    const32(2);
    byte(I32_SHL);
    byte(I32_ADD);
    set(CC_KIND);
    setKnownFlags(RESULT_ONLY | size);
  } else setKind((kind == 0 ? CC_ADD : kind == 5 || kind == 7 ? CC_SUB : CC_LOGIC) | size);
}

const FORM_RM_REG: u32 = 0;
const FORM_REG_RM: u32 = 1;
const FORM_ACCUMULATOR: u32 = 2;
const FORM_RM_IMMEDIATE: u32 = 3;

/** One of the eight operations; TEST is AND that writes nothing. */
function alu(op: usize, kind: u32, form: u32, writes: bool): bool {
  const bytes = opSize(op);
  const memory = opIsMemory(op);
  if (memory && !canAddress(op)) return false;
  const live = areFlagsLive(op);
  const logic = kind == 1 || kind == 4 || kind == 6;
  const a = live && !logic ? CC_FIRST : T0;
  const b = live && !logic ? CC_SOURCE : T1;
  const result = live ? CC_RESULT : T2;
  if (kind == 2 || kind == 3) {
    condition(2);
    set(C0);
  }
  if (form == FORM_REG_RM) {
    // Memory first: what may leave the region comes before what changes it.
    pushRm(op, bytes);
    set(b);
    pushSlot(load<u8>(op + OP_DST), bytes);
    set(a);
  } else {
    if (form == FORM_ACCUMULATOR) pushSlot(0, bytes);
    else if (writes) pushForUpdate(op, bytes);
    else pushRm(op, bytes);
    set(a);
    if (form == FORM_RM_REG) pushSlot(load<u8>(op + OP_DST), bytes);
    else const64(bytes == 8 ? opImmediate(op) : opImmediate(op) & (<i64>-1 >>> (64 - bytes * 8)));
    set(b);
  }
  compute(kind, bytes, a, b, result, live);
  if (!writes) return true;
  if (form == FORM_REG_RM || form == FORM_ACCUMULATOR) {
    get(result);
    popSlot(form == FORM_REG_RM ? load<u8>(op + OP_DST) : 0, bytes);
  } else updateFrom(op, bytes, result);
  return true;
}

/** INC and DEC keep CF. */
function step(op: usize, bytes: u32, slot: i32, down: bool): bool {
  const memory = slot < 0 && opIsMemory(op);
  if (memory && !canAddress(op)) return false;
  const live = areFlagsLive(op);
  if (slot >= 0) pushSlot(slot, bytes);
  else pushForUpdate(op, bytes);
  set(T0);
  if (live) {
    condition(2);
    byte(EXTEND_U);
    set(CC_SOURCE);
  }
  get(T0);
  const64(1);
  byte(down ? I64_SUB : I64_ADD);
  cut(bytes);
  const result = live ? CC_RESULT : T0;
  set(result);
  if (live) setKind((down ? CC_DEC : CC_INC) | log2(bytes));
  if (slot >= 0) {
    get(result);
    popSlot(slot, bytes);
  } else updateFrom(op, bytes, result);
  return true;
}

/** NOT and NEG. */
function invert(op: usize, bytes: u32, negate: bool): bool {
  if (opIsMemory(op) && !canAddress(op)) return false;
  const live = negate && areFlagsLive(op);
  pushForUpdate(op, bytes);
  if (!negate) {
    const64(-1);
    byte(I64_XOR);
    cut(bytes);
    set(T0);
    updateFrom(op, bytes, T0);
    return true;
  }
  set(T1);
  const64(0);
  set(T0);
  if (live) {
    const64(0);
    set(CC_FIRST);
    get(T1);
    set(CC_SOURCE);
  }
  compute(5, bytes, T0, T1, live ? CC_RESULT : T2, live);
  updateFrom(op, bytes, live ? CC_RESULT : T2);
  return true;
}

/** MOVZX, MOVSX, MOVSXD. */
function extended(op: usize, from: u32, signed: bool): bool {
  if (opIsMemory(op)) {
    if (!canAddress(op)) return false;
    pushHost(op, from, false);
    loadBytes(from);
  } else {
    const rm = opModrm(op) & 7;
    const rex = <u32>load<u8>(op + OP_REX);
    const slot = from == 1 && !rex && rm >= 4 ? ((rm - 4) << 3) + 1 : (rm | ((rex & 1) << 3)) << 3;
    pushSlot(slot, from);
  }
  if (signed) {
    extend(log2(from));
    cut(opSize(op));
  }
  popSlot(load<u8>(op + OP_DST), opSize(op));
  return true;
}

function move(op: usize, code: u32, bytes: u32): bool {
  if (opIsMemory(op) && !canAddress(op)) return false;
  if (code == 0x8a || code == 0x8b) {
    pushRm(op, bytes);
    popSlot(load<u8>(op + OP_DST), bytes);
    return true;
  }
  if (code >= 0xc6 && opDigit(op) != 0) return false;
  if (opIsMemory(op)) pushHost(op, bytes, true);
  if (code >= 0xc6) const64(bytes == 8 ? opImmediate(op) : opImmediate(op) & (<i64>-1 >>> (64 - bytes * 8)));
  else pushSlot(load<u8>(op + OP_DST), bytes);
  if (opIsMemory(op)) storeBytes(bytes);
  else popSlot(load<u8>(op + OP_SRC), bytes);
  return true;
}

/** PUSH of the value on the stack, which is in T1 first; sizes other than the mode's are left to the handler. */
export function pushValue(op: usize): void {
  set(T1);
  const bytes = is64() ? 8 : 4;
  get(REGISTERS + 4);
  const64(bytes);
  byte(I64_SUB);
  cut(bytes);
  set(T0);
  if (groupOf(op) != 0) pushGrouped(op, 4);
  else {
    get(T0);
    translateAddress(op, bytes, true);
  }
  get(T1);
  storeBytes(bytes);
  get(T0);
  set(REGISTERS + 4);
}

/** Leaves the top of the stack on the stack; moves nothing. */
export function peekValue(op: usize): void {
  const bytes = is64() ? 8 : 4;
  if (groupOf(op) != 0) pushGrouped(op, 4);
  else {
    get(REGISTERS + 4);
    if (bytes == 4) cut(4);
    translateAddress(op, bytes, false);
  }
  loadBytes(bytes);
}

/** Moves the stack pointer up by one value. */
export function dropValue(): void {
  const bytes = is64() ? 8 : 4;
  get(REGISTERS + 4);
  const64(bytes);
  byte(I64_ADD);
  cut(bytes);
  set(REGISTERS + 4);
}

function leaveFrame(op: usize): void {
  const bytes = is64() ? 8 : 4;
  get(REGISTERS + 5);
  if (bytes == 4) cut(4);
  tee(T0);
  translateAddress(op, bytes, false);
  loadBytes(bytes);
  set(REGISTERS + 5);
  get(T0);
  const64(bytes);
  byte(I64_ADD);
  cut(bytes);
  set(REGISTERS + 4);
}

function setByCondition(op: usize, code: u32): bool {
  if (opIsMemory(op)) {
    if (!canAddress(op)) return false;
    pushHost(op, 1, true);
    condition(code & 15);
    byte(EXTEND_U);
    storeBytes(1);
    return true;
  }
  condition(code & 15);
  byte(EXTEND_U);
  popSlot(load<u8>(op + OP_SRC), 1);
  return true;
}

/** CMOVcc: the operand is read in any case; 32-bit forms clear the upper half in any case. */
function moveByCondition(op: usize, code: u32): bool {
  const bytes = opSize(op);
  if (opIsMemory(op) && !canAddress(op)) return false;
  pushRm(op, bytes);
  pushSlot(load<u8>(op + OP_DST), bytes);
  condition(code & 15);
  byte(SELECT);
  popSlot(load<u8>(op + OP_DST), bytes);
  return true;
}

/** The register that the opcode's low bits name. */
function opcodeSlot(op: usize, code: u32, bytes: u32): u32 {
  const rex = <u32>load<u8>(op + OP_REX);
  const register = (code & 7) | ((rex & 1) << 3);
  return bytes == 1 && !rex && register >= 4 ? ((register - 4) << 3) + 1 : register << 3;
}

export function translateInteger(op: usize): bool {
  const code = <u32>load<u16>(op + OP_CODE16);
  const bytes = opSize(op);
  if (opPrefixes(op) & PREFIX_LOCK) return locked(op, code, bytes);
  if (code < 0x40) {
    if ((code & 7) >= 6) return false;
    return alu(op, code >> 3, (code & 7) >> 1 == 0 ? FORM_RM_REG : (code & 7) >> 1, code >> 3 != 7);
  }
  return code < 0x100 ? oneByte(op, code, bytes) : twoByte(op, code, bytes);
}

/** With LOCK. Processors of a core take turns: the plain operations are whole. */
function locked(op: usize, code: u32, bytes: u32): bool {
  if (!opIsMemory(op)) return false;
  const digit = opDigit(op);
  if (code < 0x38) return (code & 7) < 2 && alu(op, code >> 3, FORM_RM_REG, true);
  switch (code) {
    case 0x80: case 0x81: case 0x83: return digit != 7 && alu(op, digit, FORM_RM_IMMEDIATE, true);
    case 0x86: case 0x87: return exchange(op, bytes);
    case 0xf6: case 0xf7: return (digit == 2 || digit == 3) && invert(op, bytes, digit == 3);
    case 0xfe: case 0xff: return digit < 2 && step(op, bytes, -1, digit == 1);
    case 0x1b0: case 0x1b1: return compareExchange(op, bytes);
    case 0x1c0: case 0x1c1: return exchangeAdd(op, bytes);
  }
  return false;
}

function oneByte(op: usize, code: u32, bytes: u32): bool {
  const whole = bytes == (is64() ? 8 : 4);
  switch (code & 0xf8) {
    case 0x40: return step(op, bytes, opcodeSlot(op, code, bytes), false);
    case 0x48: return step(op, bytes, opcodeSlot(op, code, bytes), true);
    case 0x50:
      if (!whole) return false;
      pushSlot(opcodeSlot(op, code, bytes), bytes);
      pushValue(op);
      return true;
    case 0x58:
      if (!whole) return false;
      peekValue(op);
      set(T0);
      dropValue();
      get(T0);
      popSlot(opcodeSlot(op, code, bytes), bytes);
      return true;
    case 0xb0: case 0xb8:
      const64(bytes == 8 ? opImmediate(op) : opImmediate(op) & (<i64>-1 >>> (64 - bytes * 8)));
      popSlot(opcodeSlot(op, code, bytes), bytes);
      return true;
    case 0x90: {
      const slot = opcodeSlot(op, code, bytes);
      if (slot == 0) return true;
      pushSlot(slot, bytes);
      set(T0);
      pushSlot(0, bytes);
      popSlot(slot, bytes);
      get(T0);
      popSlot(0, bytes);
      return true;
    }
  }
  switch (code) {
    case 0x63: return is64() && extended(op, 4, true);
    case 0x68: case 0x6a:
      if (!whole) return false;
      const64(bytes == 8 ? opImmediate(op) : opImmediate(op) & 0xffffffff);
      pushValue(op);
      return true;
    case 0x69: case 0x6b: return multiply(op, bytes, true);
    case 0x80: case 0x81: case 0x83: return alu(op, opDigit(op), FORM_RM_IMMEDIATE, opDigit(op) != 7);
    case 0x84: case 0x85: return alu(op, 4, FORM_RM_REG, false);
    case 0x86: case 0x87: return exchange(op, bytes);
    case 0x88: case 0x89: case 0x8a: case 0x8b: case 0xc6: case 0xc7: return move(op, code, bytes);
    case 0x8d:
      if (!opIsMemory(op) || !canAddressLea(op)) return false;
      pushOffset(op);
      cut(bytes);
      popSlot(load<u8>(op + OP_DST), bytes);
      return true;
    case 0x98:
      pushSlot(0, bytes >> 1);
      extend(log2(bytes >> 1));
      cut(bytes);
      popSlot(0, bytes);
      return true;
    case 0x99:
      pushSlot(0, bytes);
      extend(log2(bytes));
      const64(63);
      byte(I64_SHR_S);
      cut(bytes);
      popSlot(16, bytes);
      return true;
    case 0xa8: case 0xa9: return alu(op, 4, FORM_ACCUMULATOR, false);
    case 0xc0: case 0xc1: case 0xd0: case 0xd1: case 0xd2: case 0xd3: return shift(op, code, bytes);
    case 0xc9:
      if (!whole) return false;
      leaveFrame(op);
      return true;
    case 0xf6: case 0xf7: return group3(op, bytes);
    case 0xfe: case 0xff: {
      const digit = opDigit(op);
      if (digit < 2) return step(op, bytes, -1, digit == 1);
      if (digit != 6 || !whole || code == 0xfe || (opIsMemory(op) && !canAddress(op))) return false;
      pushRm(op, bytes);
      pushValue(op);
      return true;
    }
  }
  return false;
}

/** LEA looks at no segment. */
function canAddressLea(op: usize): bool {
  return ((load<u8>(op + 31) >> 3) & 3) != 0;
}

function group3(op: usize, bytes: u32): bool {
  const digit = opDigit(op);
  if (digit < 2) return alu(op, 4, FORM_RM_IMMEDIATE, false);
  if (digit < 4) return invert(op, bytes, digit == 3);
  return digit < 6 ? multiplyWide(op, bytes, digit == 5) : divide(op, bytes, digit == 7);
}

function twoByte(op: usize, code: u32, bytes: u32): bool {
  if (code >= 0x140 && code < 0x150) return moveByCondition(op, code);
  if (code >= 0x190 && code < 0x1a0) return setByCondition(op, code);
  if (code >= 0x1c8 && code < 0x1d0) return swapBytes(opcodeSlot(op, code, bytes), bytes);
  switch (code) {
    case 0x118: case 0x119: case 0x11a: case 0x11b: case 0x11c: case 0x11d: case 0x11f: return true;
    case 0x1a3: case 0x1ba: case 0x1ab: case 0x1b3: case 0x1bb: return bitOperation(op, code, bytes);
    case 0x1af: return multiply(op, bytes, false);
    case 0x1bc: case 0x1bd: return bitScan(op, bytes, code == 0x1bd);
    case 0x1b0: case 0x1b1: return compareExchange(op, bytes);
    case 0x1c0: case 0x1c1: return exchangeAdd(op, bytes);
    case 0x1b6: return extended(op, 1, false);
    case 0x1b7: return extended(op, 2, false);
    case 0x1be: return extended(op, 1, true);
    case 0x1bf: return extended(op, 2, true);
  }
  return false;
}
