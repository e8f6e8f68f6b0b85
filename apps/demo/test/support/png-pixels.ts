/** Reads PNG files of 24 bits a pixel without filters, as a picture has them. Portable Network Graphics (W3C). */

import { inflateSync } from 'node:zlib';

const HEAD_BYTES = 8;
const CHUNK_BYTES = 12;

/** The pixels, row behind row, 4 bytes each: blue, green, red, 0. */
export function pngPixels(png: Uint8Array): Uint8Array {
  const bytes = Buffer.from(png);
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const parts: Buffer[] = [];
  for (let at = HEAD_BYTES; at < bytes.length; at += CHUNK_BYTES + bytes.readUInt32BE(at)) {
    const isData = bytes.toString('latin1', at + 4, at + 8) === 'IDAT';
    if (isData) parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  }
  const lines = inflateSync(Buffer.concat(parts));
  const pixels = new Uint8Array(width * height * 4);
  for (let y = 0, from = 0, to = 0; y < height; y += 1) {
    if (lines[from++] !== 0) throw new Error('a filter that is not known here');
    for (let x = 0; x < width; x += 1, from += 3, to += 4) {
      pixels[to] = lines[from + 2]!;
      pixels[to + 1] = lines[from + 1]!;
      pixels[to + 2] = lines[from]!;
    }
  }
  return pixels;
}
