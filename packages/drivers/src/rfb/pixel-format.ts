/** Pixels as a client wants them: from the screen's blue, green, red to any arrangement of bits. RFC 6143, PixelFormat. */

import type { ByteQueue } from './byte-queue.ts';
import type { ByteWriter } from './byte-writer.ts';

/** One of the three colours in a pixel. */
export interface ColourBits {
  /** Value of full brightness. */
  readonly max: number;
  /** How far it is shifted to the left. */
  readonly shift: number;
}

/** How a pixel is built. */
export interface PixelFormat {
  readonly bitsPerPixel: number;
  /** Bits that mean something. */
  readonly depth: number;
  readonly isBigEndian: boolean;
  /** The pixel holds the colours; otherwise the number of one in a table. */
  readonly isTrueColour: boolean;
  readonly red: ColourBits;
  readonly green: ColourBits;
  readonly blue: ColourBits;
}

/** Bytes of a format in a message. */
export const PIXEL_FORMAT_BYTES = 16;

/** What a screen has: blue, green, red and an unused byte. */
export const SCREEN_FORMAT: PixelFormat = {
  bitsPerPixel: 32,
  depth: 24,
  isBigEndian: false,
  isTrueColour: true,
  red: { max: 255, shift: 16 },
  green: { max: 255, shift: 8 },
  blue: { max: 255, shift: 0 },
};

/** The colours of a table: three bits of red, three of green, two of blue. */
const TABLE = {
  red: { max: 7, shift: 5 },
  green: { max: 7, shift: 2 },
  blue: { max: 3, shift: 0 },
} as const;
const TABLE_COLOURS = 256;
const FULL_16 = 0xffff;

/** Reads a format from `offset` on; undefined when no pixel can be built so. */
export function readPixelFormat(queue: ByteQueue, offset: number): PixelFormat | undefined {
  const bitsPerPixel = queue.u8(offset);
  if (bitsPerPixel !== 8 && bitsPerPixel !== 16 && bitsPerPixel !== 32) return undefined;
  const isTrueColour = queue.u8(offset + 3) !== 0;
  const colour = (index: number): ColourBits => ({
    max: queue.u16(offset + 4 + 2 * index),
    shift: queue.u8(offset + 10 + index),
  });
  const colours = isTrueColour ? { red: colour(0), green: colour(1), blue: colour(2) } : TABLE;
  const fits = ({ max, shift }: ColourBits): boolean => shift < 32 && max * 2 ** shift < 2 ** bitsPerPixel;
  if (!fits(colours.red) || !fits(colours.green) || !fits(colours.blue)) return undefined;
  const isBigEndian = queue.u8(offset + 2) !== 0;
  return { bitsPerPixel, depth: queue.u8(offset + 1), isBigEndian, isTrueColour, ...colours };
}

/** Writes a format as messages have it. */
export function writePixelFormat(writer: ByteWriter, format: PixelFormat): void {
  writer.u8(format.bitsPerPixel);
  writer.u8(format.depth);
  writer.u8(format.isBigEndian ? 1 : 0);
  writer.u8(format.isTrueColour ? 1 : 0);
  for (const { max } of [format.red, format.green, format.blue]) writer.u16(max);
  for (const { shift } of [format.red, format.green, format.blue]) writer.u8(shift);
  writer.zeros(3);
}

/** Writes the table of colours that formats without true colour use: 16 bits of red, green and blue for each. */
export function writeColourTable(writer: ByteWriter): void {
  const level = (value: number, { max, shift }: ColourBits): number =>
    Math.round((((value >> shift) & max) * FULL_16) / max);
  writer.u16(0);
  writer.u16(TABLE_COLOURS);
  for (let value = 0; value < TABLE_COLOURS; value += 1) {
    for (const bits of [TABLE.red, TABLE.green, TABLE.blue]) writer.u16(level(value, bits));
  }
}

/** Turns the screen's pixels into those of one format, and writes them. */
export class PixelConverter {
  readonly pixelBytes: number;
  readonly isBigEndian: boolean;
  /** Bytes of a pixel where the unused byte of four is left out. */
  readonly compactBytes: number;
  readonly #compactShift: number;
  readonly #isScreens: boolean;
  readonly #red: Uint32Array;
  readonly #green: Uint32Array;
  readonly #blue: Uint32Array;
  readonly #one = new Uint32Array(1);

  constructor(format: PixelFormat) {
    const { red, green, blue } = format;
    this.pixelBytes = format.bitsPerPixel / 8;
    this.isBigEndian = format.isBigEndian;
    const isFull = [red, green, blue].every(({ max }) => max === 255);
    this.#isScreens = isFull && red.shift === 16 && green.shift === 8 && blue.shift === 0;
    this.#red = levels(red);
    this.#green = levels(green);
    this.#blue = levels(blue);
    const isCompact = this.pixelBytes === 4 && format.isTrueColour && format.depth <= 24;
    const isLow = [red, green, blue].every(({ max, shift }) => max * 2 ** shift < 2 ** 24);
    const isHigh = [red, green, blue].every(({ shift }) => shift >= 8);
    this.compactBytes = isCompact && (isLow || isHigh) ? 3 : this.pixelBytes;
    this.#compactShift = this.compactBytes === 3 && !isLow ? 8 : 0;
  }

  /** Replaces pixels of the screen (red, green and blue from bit 16 down, 0 above) by those of the format. */
  convert(pixels: Uint32Array): void {
    if (this.#isScreens) return;
    for (let i = 0; i < pixels.length; i += 1) {
      const pixel = pixels[i]!;
      const red = this.#red[(pixel >>> 16) & 255]!;
      pixels[i] = red | this.#green[(pixel >>> 8) & 255]! | this.#blue[pixel & 255]!;
    }
  }

  /** Writes converted pixels. */
  write(writer: ByteWriter, pixels: Uint32Array, from: number, count: number): void {
    const { pixelBytes, isBigEndian } = this;
    if (pixelBytes === 4 && !isBigEndian) {
      writer.bytes(new Uint8Array(pixels.buffer, pixels.byteOffset + from * 4, count * 4));
    } else writer.words(pixels, from, count, pixelBytes, isBigEndian);
  }

  /** Writes one converted pixel. */
  writeOne(writer: ByteWriter, pixel: number): void {
    this.#one[0] = pixel;
    writer.words(this.#one, 0, 1, this.pixelBytes, this.isBigEndian);
  }

  /** Writes one converted pixel without its unused byte. RFC 6143, ZRLE: CPIXEL. */
  writeCompact(writer: ByteWriter, pixel: number): void {
    this.#one[0] = pixel >>> this.#compactShift;
    writer.words(this.#one, 0, 1, this.compactBytes, this.isBigEndian);
  }

  /** Writes converted pixels without their unused bytes. */
  writeAllCompact(writer: ByteWriter, pixels: Uint32Array, count: number): void {
    if (this.#compactShift === 0) writer.words(pixels, 0, count, this.compactBytes, this.isBigEndian);
    else for (let index = 0; index < count; index += 1) this.writeCompact(writer, pixels[index]!);
  }
}

/** Where each of 256 levels of a colour goes in a pixel. */
function levels({ max, shift }: ColourBits): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, level) => Math.round((level * max) / 255) * 2 ** shift);
}
