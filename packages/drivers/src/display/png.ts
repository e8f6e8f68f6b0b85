/** Pictures as PNG files. Portable Network Graphics (W3C), Datastream structure. */

import type { Picture } from './framebuffer.ts';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** 8 bits a sample, RGB, the only compression and filter method, not interlaced. */
const FORMAT = [8, 2, 0, 0, 0];
const FILTER_NONE = 0;
const CRC_POLYNOMIAL = 0xedb8_8320;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? CRC_POLYNOMIAL : 0);
  return crc;
});

/** A whole PNG file with the colours of the picture, 24 bits a pixel. */
export async function encodePng(picture: Picture): Promise<Uint8Array<ArrayBuffer>> {
  const { widthPixels, heightPixels } = picture;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, widthPixels);
  view.setUint32(4, heightPixels);
  header.set(FORMAT, 8);
  const parts = [
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', await deflate(scanlines(picture))),
    chunk('IEND', new Uint8Array(0)),
  ];
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** Red, green, blue of each pixel, a filter byte in front of each row. */
function scanlines({ widthPixels, heightPixels, pixels }: Picture): Uint8Array<ArrayBuffer> {
  const rowBytes = 1 + widthPixels * 3;
  const lines = new Uint8Array(heightPixels * rowBytes);
  let from = 0;
  for (let row = 0; row < heightPixels; row += 1) {
    let to = row * rowBytes;
    lines[to] = FILTER_NONE;
    to += 1;
    for (let column = 0; column < widthPixels; column += 1, from += 4, to += 3) {
      lines[to] = pixels[from + 2]!;
      lines[to + 1] = pixels[from + 1]!;
      lines[to + 2] = pixels[from]!;
    }
  }
  return lines;
}

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  // Its 'deflate' is the zlib format, which PNG wants.
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i += 1) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff]!;
  return ~crc >>> 0;
}
