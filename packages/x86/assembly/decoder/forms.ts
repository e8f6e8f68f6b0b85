/** What follows an opcode: ModRM, immediate. Intel SDM volume 2, "Opcode Map". */

export const IMM_NONE: u32 = 0;
export const IMM_8: u32 = 1;
export const IMM_16: u32 = 2;
/** 16 or 32 bits by operand size. */
export const IMM_Z: u32 = 3;
/** 16, 32 or 64 bits. */
export const IMM_V: u32 = 4;
export const IMM_ENTER: u32 = 5;
export const IMM_FAR: u32 = 6;
/** An address of the address size. */
export const IMM_OFFSET: u32 = 7;

export function hasModrm(code: u32, is64: bool): bool {
  const opcode = code & 0xff;
  if (code >= 0x200) return true;
  if (code >= 0x100) {
    if (opcode >= 0x80 && opcode < 0x90) return false;
    if (opcode >= 0x30 && opcode < 0x38) return false;
    if (opcode >= 0xc8 && opcode < 0xd0) return false;
    switch (opcode) {
      case 0x04: case 0x05: case 0x06: case 0x07: case 0x08: case 0x09: case 0x0a: case 0x0b: case 0x0c: case 0x0e:
      case 0x77: case 0xa0: case 0xa1: case 0xa2: case 0xa8: case 0xa9: case 0xaa:
        return false;
    }
    return true;
  }
  if (opcode < 0x40) return (opcode & 4) == 0;
  if (opcode >= 0x80 && opcode < 0x90) return true;
  if (opcode >= 0xd8 && opcode < 0xe0) return true;
  switch (opcode) {
    case 0x62: case 0x63: case 0x69: case 0x6b: case 0xc0: case 0xc1: case 0xc6: case 0xc7:
    case 0xd0: case 0xd1: case 0xd2: case 0xd3: case 0xf6: case 0xf7: case 0xfe: case 0xff:
      return true;
    case 0xc4: case 0xc5:
      return !is64;
  }
  return false;
}

export function immediateForm(code: u32, modrm: u32): u32 {
  const opcode = code & 0xff;
  if (code >= 0x300) return IMM_8;
  if (code >= 0x200) return IMM_NONE;
  if (code >= 0x100) {
    if (opcode >= 0x80 && opcode < 0x90) return IMM_Z;
    switch (opcode) {
      case 0x70: case 0x71: case 0x72: case 0x73: case 0xa4: case 0xac: case 0xba: case 0xc2: case 0xc4: case 0xc5: case 0xc6:
        return IMM_8;
    }
    return IMM_NONE;
  }
  if (opcode < 0x40) return (opcode & 7) == 4 ? IMM_8 : (opcode & 7) == 5 ? IMM_Z : IMM_NONE;
  if (opcode >= 0x70 && opcode < 0x80) return IMM_8;
  if (opcode >= 0xb0 && opcode < 0xb8) return IMM_8;
  if (opcode >= 0xb8 && opcode < 0xc0) return IMM_V;
  if (opcode >= 0xa0 && opcode < 0xa4) return IMM_OFFSET;
  if (opcode >= 0xe0 && opcode < 0xe8) return IMM_8;
  switch (opcode) {
    case 0x6a: case 0x6b: case 0x80: case 0x82: case 0x83: case 0xa8: case 0xc0: case 0xc1: case 0xc6: case 0xcd:
    case 0xd4: case 0xd5: case 0xeb:
      return IMM_8;
    case 0x68: case 0x69: case 0x81: case 0xa9: case 0xc7: case 0xe8: case 0xe9:
      return IMM_Z;
    case 0xc2: case 0xca:
      return IMM_16;
    case 0xc8:
      return IMM_ENTER;
    case 0x9a: case 0xea:
      return IMM_FAR;
    case 0xf6:
      return (modrm >> 3 & 7) < 2 ? IMM_8 : IMM_NONE;
    case 0xf7:
      return (modrm >> 3 & 7) < 2 ? IMM_Z : IMM_NONE;
  }
  return IMM_NONE;
}

/** Operand size is one byte: ALU, MOV, XCHG, TEST, shifts, MUL groups, strings, and 0F forms with a clear low bit. */
export function isByteForm(code: u32): bool {
  const opcode = code & 0xff;
  if (code >= 0x200) return false;
  if (code >= 0x100) return (opcode & 0xf0) == 0x90 || opcode == 0xb0 || opcode == 0xc0;
  if (opcode & 1) return opcode >= 0xb0 && opcode < 0xb8;
  if (opcode < 0x40) return (opcode & 7) == 0 || (opcode & 7) == 2 || (opcode & 7) == 4;
  if (opcode >= 0xb0 && opcode < 0xb8) return true;
  switch (opcode) {
    case 0x6c: case 0x6e: case 0x80: case 0x82: case 0x84: case 0x86: case 0x88: case 0x8a: case 0xa0: case 0xa2:
    case 0xa4: case 0xa6: case 0xa8: case 0xaa: case 0xac: case 0xae: case 0xc0: case 0xc6: case 0xd0: case 0xd2:
    case 0xe4: case 0xe6: case 0xec: case 0xee: case 0xf6: case 0xfe:
      return true;
  }
  return false;
}

/** Stack and near-branch instructions: 64-bit operands in 64-bit mode without REX.W. */
export function defaultsTo64(code: u32, modrm: u32): bool {
  if (code >= 0x100) return (code >= 0x180 && code < 0x190) || code == 0x1a0 || code == 0x1a1 || code == 0x1a8 || code == 0x1a9;
  if ((code >= 0x50 && code < 0x60) || (code >= 0x70 && code < 0x80)) return true;
  switch (code) {
    case 0x68: case 0x6a: case 0x8f: case 0xc2: case 0xc3: case 0xc8: case 0xc9: case 0xe0: case 0xe1: case 0xe2:
    case 0xe3: case 0xe8: case 0xe9: case 0xeb:
      return true;
    case 0xff: {
      const digit = (modrm >> 3) & 7;
      return digit == 2 || digit == 4 || digit == 6;
    }
  }
  return false;
}

/** Opcodes of `executeSystem`. */
export function isSystem(code: u32, modrm: u32, is64: bool): bool {
  const digit = (modrm >> 3) & 7;
  // MOVSXD, and what 64-bit mode has no more.
  if (is64 && code < 0x100) {
    switch (code) {
      case 0x07: case 0x17: case 0x1f: case 0x63: case 0x9a: case 0xc4: case 0xc5: case 0xce: case 0xea:
        return false;
    }
  }
  switch (code) {
    case 0x07: case 0x17: case 0x1f: case 0x63: case 0x6c: case 0x6d: case 0x6e: case 0x6f: case 0x8e: case 0x9a:
    case 0x9c: case 0x9d: case 0xc4: case 0xc5: case 0xca: case 0xcb: case 0xcc: case 0xcd: case 0xce: case 0xcf:
    case 0xe4: case 0xe5: case 0xe6: case 0xe7: case 0xea: case 0xec: case 0xed: case 0xee: case 0xef: case 0xf1:
    case 0xf4: case 0xfa: case 0xfb:
    case 0x100: case 0x101: case 0x102: case 0x103: case 0x105: case 0x106: case 0x107: case 0x108: case 0x109:
    case 0x120: case 0x121: case 0x122: case 0x123: case 0x130: case 0x131: case 0x132: case 0x133: case 0x134:
    case 0x135: case 0x1a1: case 0x1a2: case 0x1a9: case 0x1b2: case 0x1b4: case 0x1b5:
      return true;
    case 0xff:
      return digit == 3 || digit == 5;
    case 0x1ae:
      return modrm < 0xc0 ? digit < 2 : digit < 4;
  }
  return false;
}
