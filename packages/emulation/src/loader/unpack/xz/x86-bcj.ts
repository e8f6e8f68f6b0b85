/**
 * The x86 filter of XZ, backwards: before packing, the targets of CALL and JMP were made absolute, so that calls to one
 * function look alike (The .xz File Format, Branch/Call/Jump Filters for Executables).
 */

const OPERAND_BYTES = 4;
/** An opcode is looked at when the bytes before it, one bit each, are one of these combinations. */
const IS_ALLOWED = [true, true, true, false, true, false, false, false] as const;
/** Which operand byte a preceding opcode byte would lie in. */
const OVERLAPPING_BYTE = [0, 1, 2, 2, 3, 3, 3, 3] as const;

/** Whether the highest byte of an operand is that of a short distance, forwards or backwards. */
const isSignByte = (byte: number): boolean => byte === 0x00 || byte === 0xff;

/** Makes the targets relative again, in place. The first byte has the position 0. */
export function undoX86Filter(bytes: Uint8Array): void {
  const last = bytes.length - OPERAND_BYTES - 1;
  /** Bits for opcode bytes that were among the last three and were left alone. */
  let mask = 0;
  let previous = -1;
  let at = 0;
  while (at <= last) {
    if ((bytes[at]! & 0xfe) !== 0xe8) {
      at += 1;
      continue;
    }
    const distance = at - previous;
    if (distance > 3) {
      mask = 0;
    } else {
      mask = (mask << (distance - 1)) & 7;
      const blocked = !IS_ALLOWED[mask]! || isSignByte(bytes[at + 4 - OVERLAPPING_BYTE[mask]!]!);
      if (mask !== 0 && blocked) {
        previous = at;
        mask = (mask << 1) | 1;
        at += 1;
        continue;
      }
    }
    previous = at;
    if (!isSignByte(bytes[at + 4]!)) {
      mask = (mask << 1) | 1;
      at += 1;
      continue;
    }
    putOperand(bytes, at + 1, relativeTarget(operand(bytes, at + 1), at + 5, mask));
    at += 1 + OPERAND_BYTES;
  }
}

/** The distance that was there; again while it would have been left alone because of the opcode bytes before. */
function relativeTarget(absolute: number, next: number, mask: number): number {
  let source = absolute;
  for (;;) {
    const target = (source - next) | 0;
    if (mask === 0) return target;
    const shift = OVERLAPPING_BYTE[mask]! * 8;
    if (!isSignByte((target >>> (24 - shift)) & 0xff)) return target;
    source = target ^ ((1 << (32 - shift)) - 1);
  }
}

function operand(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Bits above 24 repeat bit 24. */
function putOperand(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = (value & 0x0100_0000) === 0 ? 0 : 0xff;
}
