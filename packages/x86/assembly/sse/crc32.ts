/** CRC32 over the polynomial 11EDC6F41h (Castagnoli), bits reflected. Intel SDM volume 2, "CRC32". */

import { OP_OPCODE, OP_REX, opIsMemory, opReg, opRm, opSize } from '../micro-op';
import { sourceGeneral } from './operands';

/** Remainders of the 16 values of four bits. */
const NIBBLES = memory.data<u32>([
  0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
  0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
]);

function addByte(crc: u32, byte: u32): u32 {
  const low = crc ^ byte;
  const half = (low >> 4) ^ load<u32>(NIBBLES + (<usize>(low & 15) << 2));
  return (half >> 4) ^ load<u32>(NIBBLES + (<usize>(half & 15) << 2));
}

export function crc32(vp: usize, op: usize): void {
  const bytes: u32 = load<u8>(op + OP_OPCODE) == 0xf0 ? 1 : opSize(op);
  let value: u64;
  if (bytes == 1 && !opIsMemory(op) && !load<u8>(op + OP_REX) && opRm(op) >= 4) {
    value = load<u8>(vp + (<usize>(opRm(op) - 4) << 3) + 1); // AH…BH
  } else value = sourceGeneral(vp, op, bytes);
  const register = vp + (<usize>opReg(op) << 3);
  let crc = load<u32>(register);
  for (let i: u32 = 0; i < bytes; i++) {
    crc = addByte(crc, <u32>value & 0xff);
    value >>= 8;
  }
  store<u64>(register, crc);
}
