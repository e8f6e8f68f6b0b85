/** CRC-32C, the checksum of everything in a VHDX. RFC 3720, Appendix B.4; polynomial 1EDC6F41h, reflected. */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f6_3b78 : value >>> 1;
  return value;
});

/** The checksum of `bytes` with the four bytes at `zeroedAt` taken for zeros: where the structure keeps this very sum. */
export function crc32c(bytes: Uint8Array, zeroedAt = -4): number {
  let sum = 0xffff_ffff;
  for (let i = 0; i < bytes.length; i++) {
    const byte = i - zeroedAt < 4 && i >= zeroedAt ? 0 : bytes[i]!;
    sum = TABLE[(sum ^ byte) & 0xff]! ^ (sum >>> 8);
  }
  return ~sum >>> 0;
}
