/** Pixels as tiles of 64×64, each the shortest of five ways, all through one zlib stream. RFC 6143, ZRLE Encoding. */

import { Deflate } from 'pako';
import { ByteWriter } from './byte-writer.ts';
import type { PixelConverter } from './pixel-format.ts';
import { MOST_COLOURS, TilePalette } from './tile-palette.ts';

/** Edge of a tile; rectangles are best cut at multiples of it. */
export const ZRLE_TILE = 64;

const RAW = 0;
const PLAIN_RUNS = 128;
const MOST_PACKED_COLOURS = 16;
const LONG_RUN = 255;
/** Speed before size: a guest's screen on the loopback. */
const LEVEL = 1;
const Z_SYNC_FLUSH = 2;

/** What the ways to write a tile cost, in bytes. */
interface TileCosts {
  /** Runs of pixels, of one or more. */
  readonly runs: number;
  /** Bytes that the lengths of all runs take. */
  readonly lengthBytes: number;
  /** The same where runs of one pixel need none. */
  readonly longLengthBytes: number;
}

/** Writes rectangles of one connection: the stream goes on from one to the next. */
export class ZrleEncoder {
  readonly #deflate = new Deflate({ level: LEVEL });
  readonly #plain = new ByteWriter();
  readonly #palette = new TilePalette();
  readonly #tile = new Uint32Array(ZRLE_TILE * ZRLE_TILE);

  /** Writes converted pixels of a rectangle. */
  encode(
    writer: ByteWriter,
    converter: PixelConverter,
    pixels: Uint32Array,
    width: number,
    height: number,
  ): void {
    this.#plain.truncate(0);
    for (let top = 0; top < height; top += ZRLE_TILE) {
      const rows = Math.min(ZRLE_TILE, height - top);
      for (let left = 0; left < width; left += ZRLE_TILE) {
        const columns = Math.min(ZRLE_TILE, width - left);
        for (let row = 0; row < rows; row += 1) {
          const from = (top + row) * width + left;
          this.#tile.set(pixels.subarray(from, from + columns), row * columns);
        }
        this.#encodeTile(converter, columns, rows);
      }
    }
    const lengthAt = writer.length;
    writer.u32(0);
    this.#deflate.onData = (chunk) => writer.bytes(chunk as Uint8Array);
    this.#deflate.push(this.#plain.written(), Z_SYNC_FLUSH);
    writer.put32(lengthAt, writer.length - lengthAt - 4);
  }

  #encodeTile(converter: PixelConverter, columns: number, rows: number): void {
    const count = columns * rows;
    const costs = this.#measure(count);
    const { size } = this.#palette;
    const colourBytes = converter.compactBytes;
    const rawBytes = count * colourBytes;
    const plainRunsBytes = costs.runs * colourBytes + costs.lengthBytes;
    if (size > MOST_COLOURS) {
      if (plainRunsBytes < rawBytes) this.#plainRuns(converter, count);
      else this.#raw(converter, count);
      return;
    }
    if (size === 1) {
      this.#plain.u8(1);
      converter.writeCompact(this.#plain, this.#tile[0]!);
      return;
    }
    const paletteBytes = size * colourBytes;
    const packedBytes =
      size <= MOST_PACKED_COLOURS
        ? paletteBytes + rows * Math.ceil((columns * packedBits(size)) / 8)
        : Number.POSITIVE_INFINITY;
    const paletteRunsBytes = paletteBytes + costs.runs + costs.longLengthBytes;
    const least = Math.min(rawBytes, plainRunsBytes, packedBytes, paletteRunsBytes);
    if (least === packedBytes) this.#packed(converter, columns, rows);
    else if (least === paletteRunsBytes) this.#paletteRuns(converter, count);
    else if (least === plainRunsBytes) this.#plainRuns(converter, count);
    else this.#raw(converter, count);
  }

  /** Counts colours and runs. */
  #measure(count: number): TileCosts {
    const tile = this.#tile;
    this.#palette.reset();
    let runs = 0;
    let lengthBytes = 0;
    let longLengthBytes = 0;
    for (let start = 0; start < count; ) {
      const end = this.#endOfRun(start, count);
      this.#palette.add(tile[start]!);
      const bytes = lengthBytesOf(end - start);
      runs += 1;
      lengthBytes += bytes;
      if (end - start > 1) longLengthBytes += bytes;
      start = end;
    }
    return { runs, lengthBytes, longLengthBytes };
  }

  #endOfRun(start: number, count: number): number {
    const pixel = this.#tile[start]!;
    let end = start + 1;
    while (end < count && this.#tile[end] === pixel) end += 1;
    return end;
  }

  #raw(converter: PixelConverter, count: number): void {
    this.#plain.u8(RAW);
    converter.writeAllCompact(this.#plain, this.#tile, count);
  }

  #plainRuns(converter: PixelConverter, count: number): void {
    this.#plain.u8(PLAIN_RUNS);
    for (let start = 0; start < count; ) {
      const end = this.#endOfRun(start, count);
      converter.writeCompact(this.#plain, this.#tile[start]!);
      this.#runLength(end - start);
      start = end;
    }
  }

  #paletteRuns(converter: PixelConverter, count: number): void {
    this.#plain.u8(PLAIN_RUNS + this.#palette.size);
    this.#writePalette(converter);
    for (let start = 0; start < count; ) {
      const end = this.#endOfRun(start, count);
      const number = this.#palette.numberOf(this.#tile[start]!);
      if (end - start === 1) this.#plain.u8(number);
      else {
        this.#plain.u8(number | 0x80);
        this.#runLength(end - start);
      }
      start = end;
    }
  }

  /** Numbers of colours in 1, 2 or 4 bits, each row from a byte on. */
  #packed(converter: PixelConverter, columns: number, rows: number): void {
    const { size } = this.#palette;
    const bits = packedBits(size);
    this.#plain.u8(size);
    this.#writePalette(converter);
    for (let row = 0; row < rows; row += 1) {
      let byte = 0;
      let used = 0;
      for (let column = 0; column < columns; column += 1) {
        byte = (byte << bits) | this.#palette.numberOf(this.#tile[row * columns + column]!);
        used += bits;
        if (used < 8) continue;
        this.#plain.u8(byte);
        byte = 0;
        used = 0;
      }
      if (used > 0) this.#plain.u8(byte << (8 - used));
    }
  }

  #writePalette(converter: PixelConverter): void {
    const { colours, size } = this.#palette;
    for (let index = 0; index < size; index += 1) converter.writeCompact(this.#plain, colours[index]!);
  }

  #runLength(length: number): void {
    let rest = length - 1;
    for (; rest >= LONG_RUN; rest -= LONG_RUN) this.#plain.u8(LONG_RUN);
    this.#plain.u8(rest);
  }
}

function packedBits(colours: number): 1 | 2 | 4 {
  return colours <= 2 ? 1 : colours <= 4 ? 2 : 4;
}

function lengthBytesOf(run: number): number {
  return 1 + Math.floor((run - 1) / LONG_RUN);
}
