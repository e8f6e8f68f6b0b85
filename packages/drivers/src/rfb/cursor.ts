/** The guest's mouse pointer as clients draw it: pixels, and a mask of those that are there. RFC 6143, Cursor Pseudo-encoding. */

import type { PointerShape } from '../display/framebuffer.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { PixelConverter } from './pixel-format.ts';

const WHITE = 0xff_ffff;
const OPAQUE = 0x80;

/** Writes the body of the rectangle, which has the pointer's size. */
export function writeCursor(writer: ByteWriter, converter: PixelConverter, shape: PointerShape): void {
  const { widthPixels: width, heightPixels: height } = shape;
  const { pixels, isThere } = shape.isArgb ? colourPixels(shape) : maskPixels(shape);
  converter.convert(pixels);
  converter.write(writer, pixels, 0, pixels.length);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 8) {
      let byte = 0;
      for (let bit = 0; bit < 8 && column + bit < width; bit += 1) {
        if (isThere(row * width + column + bit)) byte |= 0x80 >> bit;
      }
      writer.u8(byte);
    }
  }
}

/** Pixels of the screen's format, and which are to be drawn. */
interface CursorPixels {
  readonly pixels: Uint32Array;
  readonly isThere: (index: number) => boolean;
}

function colourPixels({ pixels: bytes, widthPixels, heightPixels }: PointerShape): CursorPixels {
  const words = new Uint32Array(bytes.slice(0, widthPixels * heightPixels * 4).buffer);
  for (let i = 0; i < words.length; i += 1) words[i] = words[i]! & WHITE;
  return { pixels: words, isThere: (index) => (bytes[index * 4 + 3] ?? 0) >= OPAQUE };
}

/** What inverts the screen, which no client can do, becomes white. */
function maskPixels({ pixels: bytes, widthPixels, heightPixels }: PointerShape): CursorPixels {
  const rowBytes = Math.ceil(widthPixels / 8);
  const bit = (mask: number, index: number): boolean => {
    const column = index % widthPixels;
    const row = mask * heightPixels + Math.floor(index / widthPixels);
    return ((bytes[row * rowBytes + (column >> 3)] ?? 0) & (0x80 >> (column & 7))) !== 0;
  };
  const pixels = Uint32Array.from({ length: widthPixels * heightPixels }, (_, index) =>
    bit(1, index) ? WHITE : 0,
  );
  return { pixels, isThere: (index) => !bit(0, index) || bit(1, index) };
}
