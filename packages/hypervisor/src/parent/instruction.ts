/**
 * The moves with which device memory is touched, decoded so that the parent can finish them for a virtual processor
 * (Intel SDM volume 2, "Instruction Format" and MOV, MOVZX, MOVSX). The address is known from the intercept; only size,
 * register and length are of interest.
 */

/** One memory operand and one register or constant. */
export interface DecodedMove {
  readonly isWrite: boolean;
  /** Bytes in memory: 1, 2, 4 or 8. */
  readonly memoryBytes: number;
  /** Bytes of the register that change: 4 clears the upper half. */
  readonly registerBytes: number;
  /** Number of the register, or -1 for a constant. */
  readonly register: number;
  /** AH, CH, DH, BH: bits 15:8 of registers 0 to 3. */
  readonly highByte: boolean;
  readonly signExtend: boolean;
  readonly constant: bigint;
  readonly instructionBytes: number;
}

const PREFIXES = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]);

interface Prefixes {
  readonly at: number;
  readonly operand16: boolean;
  readonly addressSize: boolean;
  readonly rex: number;
}

/** The move in `bytes`, or undefined for any other instruction. `is64Bit`: 64-bit mode, else 32-bit. */
export function decodeMove(bytes: Uint8Array, is64Bit: boolean): DecodedMove | undefined {
  const prefixes = readPrefixes(bytes, is64Bit);
  const { at, rex } = prefixes;
  const wide = (rex & 8) !== 0 ? 8 : prefixes.operand16 ? 2 : 4;
  const opcode = bytes[at];
  switch (opcode) {
    case 0x88:
    case 0x8a:
      return withModRm(bytes, at + 1, prefixes, is64Bit, { isWrite: opcode === 0x88, memoryBytes: 1 });
    case 0x89:
    case 0x8b:
      return withModRm(bytes, at + 1, prefixes, is64Bit, { isWrite: opcode === 0x89, memoryBytes: wide });
    case 0xa0:
    case 0xa1:
    case 0xa2:
    case 0xa3: {
      const addressBytes = is64Bit !== prefixes.addressSize ? (is64Bit ? 8 : 2) : 4;
      const memoryBytes = (opcode & 1) === 0 ? 1 : wide;
      return move({ isWrite: opcode >= 0xa2, memoryBytes, register: 0, length: at + 1 + addressBytes });
    }
    case 0xc6:
      return withConstant(bytes, at + 1, prefixes, is64Bit, 1, 1);
    case 0xc7:
      return withConstant(bytes, at + 1, prefixes, is64Bit, wide, Math.min(wide, 4));
    case 0x0f:
      return extendingMove(bytes, at, prefixes, is64Bit, wide);
    default:
      return undefined;
  }
}

function readPrefixes(bytes: Uint8Array, is64Bit: boolean): Prefixes {
  let at = 0;
  let operand16 = false;
  let addressSize = false;
  while (PREFIXES.has(bytes[at] ?? -1)) {
    operand16 ||= bytes[at] === 0x66;
    addressSize ||= bytes[at] === 0x67;
    at += 1;
  }
  const hasRex = is64Bit && ((bytes[at] ?? 0) & 0xf0) === 0x40;
  return { at: hasRex ? at + 1 : at, operand16, addressSize, rex: hasRex ? bytes[at]! : 0 };
}

interface MoveParts {
  readonly isWrite: boolean;
  readonly memoryBytes: number;
  readonly registerBytes?: number;
  readonly register?: number;
  readonly highByte?: boolean;
  readonly signExtend?: boolean;
  readonly constant?: bigint;
  readonly length: number;
}

function move(parts: MoveParts): DecodedMove {
  return {
    isWrite: parts.isWrite,
    memoryBytes: parts.memoryBytes,
    registerBytes: parts.registerBytes ?? parts.memoryBytes,
    register: parts.register ?? -1,
    highByte: parts.highByte ?? false,
    signExtend: parts.signExtend ?? false,
    constant: parts.constant ?? 0n,
    instructionBytes: parts.length,
  };
}

function withModRm(
  bytes: Uint8Array,
  at: number,
  prefixes: Prefixes,
  is64Bit: boolean,
  parts: Omit<MoveParts, 'length' | 'register'>,
): DecodedMove | undefined {
  const length = modRmEnd(bytes, at, is64Bit || !prefixes.addressSize);
  if (length < 0) return undefined;
  const field = (bytes[at]! >> 3) & 7;
  const byteRegister = (parts.registerBytes ?? parts.memoryBytes) === 1;
  const highByte = byteRegister && prefixes.rex === 0 && field >= 4;
  const register = highByte ? field - 4 : field | ((prefixes.rex & 4) << 1);
  return move({ ...parts, register, highByte, length });
}

function withConstant(
  bytes: Uint8Array,
  at: number,
  prefixes: Prefixes,
  is64Bit: boolean,
  memoryBytes: number,
  constantBytes: number,
): DecodedMove | undefined {
  const decoded = withModRm(bytes, at, prefixes, is64Bit, { isWrite: true, memoryBytes });
  if (decoded === undefined || ((bytes[at]! >> 3) & 7) !== 0) return undefined;
  const end = decoded.instructionBytes + constantBytes;
  if (end > bytes.length) return undefined;
  let constant = 0n;
  for (let index = constantBytes - 1; index >= 0; index -= 1) {
    constant = (constant << 8n) | BigInt(bytes[decoded.instructionBytes + index]!);
  }
  return {
    ...decoded,
    register: -1,
    highByte: false,
    constant: BigInt.asIntN(constantBytes * 8, constant),
    instructionBytes: end,
  };
}

/** MOVZX and MOVSX: 0F B6, B7, BE, BF. */
function extendingMove(
  bytes: Uint8Array,
  at: number,
  prefixes: Prefixes,
  is64Bit: boolean,
  registerBytes: number,
): DecodedMove | undefined {
  const second = bytes[at + 1] ?? 0;
  if ((second & 0xf6) !== 0xb6) return undefined;
  return withModRm(bytes, at + 2, prefixes, is64Bit, {
    isWrite: false,
    memoryBytes: (second & 1) === 0 ? 1 : 2,
    registerBytes,
    signExtend: (second & 8) !== 0,
  });
}

/** One past ModRM, SIB and displacement of a memory operand (32- and 64-bit addressing), or -1. */
function modRmEnd(bytes: Uint8Array, at: number, isSupported: boolean): number {
  const modRm = bytes[at];
  if (modRm === undefined || !isSupported) return -1;
  const mode = modRm >> 6;
  const base = modRm & 7;
  if (mode === 3) return -1;
  const sib = base === 4 ? bytes[at + 1] : undefined;
  if (base === 4 && sib === undefined) return -1;
  const noBase = mode === 0 && (base === 5 || (sib !== undefined && (sib & 7) === 5));
  const displacement = mode === 1 ? 1 : mode === 2 || noBase ? 4 : 0;
  const end = at + 1 + (sib === undefined ? 0 : 1) + displacement;
  return end <= bytes.length ? end : -1;
}
