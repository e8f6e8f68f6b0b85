/** Reads what an RFB server sends, written from RFC 6143 alone: pictures of every encoding as numbers of pixels. */

import { constants, inflateSync } from 'node:zlib';

/** How the client wants pixels. */
export interface WantedFormat {
  readonly pixelBytes: number;
  readonly isBigEndian: boolean;
  /** Bytes of a pixel in ZRLE, and how far they are shifted. */
  readonly compactBytes: number;
  readonly compactShift: number;
}

/** A rectangle as it came. */
export interface SeenRectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly encoding: number;
  /** Of pictures and cursors. */
  readonly pixels: Uint32Array;
  /** Rows of bits, of cursors. */
  readonly mask: Uint8Array;
  /** Where pixels come from that are copied. */
  readonly from: readonly [x: number, y: number] | undefined;
}

/** Bytes of a server from front to back. Throws when there are not enough. */
export class RfbDecoder {
  format: WantedFormat = { pixelBytes: 4, isBigEndian: false, compactBytes: 3, compactShift: 0 };
  #bytes = Buffer.alloc(0);
  #at = 0;
  #zlib = Buffer.alloc(0);
  #inflated = 0;

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  push(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes.subarray(this.#at), bytes]);
    this.#at = 0;
  }

  take(count: number): Buffer {
    if (count > this.left) throw new Error(`${count} bytes are wanted, ${this.left} are left`);
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  u8(): number {
    return this.take(1).readUInt8();
  }

  u16(): number {
    return this.take(2).readUInt16BE();
  }

  u32(): number {
    return this.take(4).readUInt32BE();
  }

  text(): string {
    return this.take(this.u32()).toString();
  }

  /** A whole FramebufferUpdate. */
  update(): SeenRectangle[] {
    const [type, , ...counts] = this.take(4);
    if (type !== 0) throw new Error(`message ${type} is no update`);
    return Array.from({ length: counts[0]! * 256 + counts[1]! }, () => this.#rectangle());
  }

  #rectangle(): SeenRectangle {
    const [x, y, width, height] = [this.u16(), this.u16(), this.u16(), this.u16()];
    const encoding = this.take(4).readInt32BE();
    let pixels = new Uint32Array(0);
    let mask = new Uint8Array(0);
    const from = encoding === 1 ? ([this.u16(), this.u16()] as const) : undefined;
    if (encoding === 0) pixels = this.#raw(width * height);
    else if (encoding === 5) pixels = this.#hextile(width, height);
    else if (encoding === 16) pixels = this.#zrle(width, height);
    else if (encoding === -239) {
      pixels = this.#raw(width * height);
      mask = new Uint8Array(this.take(Math.ceil(width / 8) * height));
    }
    return { x, y, width, height, encoding, pixels, mask, from };
  }

  #pixel(): number {
    return number(this.take(this.format.pixelBytes), this.format.isBigEndian);
  }

  #raw(count: number): Uint32Array<ArrayBuffer> {
    return Uint32Array.from({ length: count }, () => this.#pixel());
  }

  #hextile(width: number, height: number): Uint32Array<ArrayBuffer> {
    const pixels = new Uint32Array(width * height);
    let [background, foreground] = [-1, -1];
    for (let top = 0; top < height; top += 16) {
      for (let left = 0; left < width; left += 16) {
        const [w, h] = [Math.min(16, width - left), Math.min(16, height - top)];
        const fill = (x: number, y: number, columns: number, rows: number, colour: number): void => {
          for (let row = 0; row < rows; row += 1) {
            const from = (top + y + row) * width + left + x;
            pixels.fill(colour, from, from + columns);
          }
        };
        const mask = this.u8();
        if ((mask & 1) !== 0) {
          for (let i = 0; i < w * h; i += 1) fill(i % w, Math.floor(i / w), 1, 1, this.#pixel());
          [background, foreground] = [-1, -1];
          continue;
        }
        if ((mask & 2) !== 0) background = this.#pixel();
        if ((mask & 4) !== 0) foreground = this.#pixel();
        if (background < 0) throw new Error('a tile without background');
        fill(0, 0, w, h, background);
        const count = (mask & 8) !== 0 ? this.u8() : 0;
        for (let i = 0; i < count; i += 1) {
          const colour = (mask & 16) !== 0 ? this.#pixel() : foreground;
          if (colour < 0) throw new Error('a rectangle without foreground');
          const [place, size] = [this.u8(), this.u8()];
          fill(place >> 4, place & 15, (size >> 4) + 1, (size & 15) + 1, colour);
        }
      }
    }
    return pixels;
  }

  #zrle(width: number, height: number): Uint32Array<ArrayBuffer> {
    // One stream for the connection: what came earlier is needed to understand what comes now.
    this.#zlib = Buffer.concat([this.#zlib, this.take(this.u32())]);
    const all = inflateSync(this.#zlib, { finishFlush: constants.Z_SYNC_FLUSH });
    const tiles = new TileReader(all.subarray(this.#inflated), this.format);
    this.#inflated = all.length;
    const pixels = new Uint32Array(width * height);
    for (let top = 0; top < height; top += 64) {
      for (let left = 0; left < width; left += 64) {
        const [w, h] = [Math.min(64, width - left), Math.min(64, height - top)];
        const tile = tiles.tile(w, h);
        for (let row = 0; row < h; row += 1) {
          pixels.set(tile.slice(row * w, (row + 1) * w), (top + row) * width + left);
        }
      }
    }
    if (!tiles.isAtEnd) throw new Error('more bytes than tiles');
    return pixels;
  }
}

/** Tiles of ZRLE. */
class TileReader {
  readonly #bytes: Buffer;
  readonly #format: WantedFormat;
  #at = 0;

  constructor(bytes: Buffer, format: WantedFormat) {
    this.#bytes = bytes;
    this.#format = format;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  tile(width: number, height: number): number[] {
    const kind = this.#u8();
    const count = width * height;
    if (kind === 0) return Array.from({ length: count }, () => this.#compact());
    if (kind === 128) return this.#runs(count, () => [this.#compact(), this.#runLength()]);
    if ((kind > 16 && kind < 128) || kind === 129) throw new Error(`tiles of kind ${kind} do not exist`);
    const palette = Array.from({ length: kind & 127 }, () => this.#compact());
    const colour = (index: number): number => {
      if (index >= palette.length) throw new Error('a colour that is not in the palette');
      return palette[index]!;
    };
    if (kind === 1) return new Array<number>(count).fill(palette[0]!);
    if (kind > 128) {
      return this.#runs(count, () => {
        const index = this.#u8();
        return [colour(index & 127), index < 128 ? 1 : this.#runLength()];
      });
    }
    return this.#packed(width, height, kind, colour);
  }

  #packed(width: number, height: number, colours: number, colour: (index: number) => number): number[] {
    const bits = colours === 2 ? 1 : colours <= 4 ? 2 : 4;
    return Array.from({ length: height }, () => {
      const row: number[] = [];
      while (row.length < width) {
        const byte = this.#u8();
        for (let shift = 8 - bits; shift >= 0 && row.length < width; shift -= bits) {
          row.push(colour((byte >> shift) & ((1 << bits) - 1)));
        }
      }
      return row;
    }).flat();
  }

  #runs(count: number, next: () => [colour: number, length: number]): number[] {
    const pixels: number[] = [];
    while (pixels.length < count) {
      const [colour, length] = next();
      for (let i = 0; i < length; i += 1) pixels.push(colour);
    }
    if (pixels.length !== count) throw new Error('a run that leaves its tile');
    return pixels;
  }

  #runLength(): number {
    let length = 1;
    let byte = 255;
    while (byte === 255) {
      byte = this.#u8();
      length += byte;
    }
    return length;
  }

  #u8(): number {
    return this.#bytes.readUInt8(this.#at++);
  }

  #compact(): number {
    const { compactBytes, compactShift, isBigEndian } = this.#format;
    this.#at += compactBytes;
    const bytes = this.#bytes.subarray(this.#at - compactBytes, this.#at);
    return (number(bytes, isBigEndian) << compactShift) >>> 0;
  }
}

function number(bytes: Uint8Array, isBigEndian: boolean): number {
  const ordered = isBigEndian ? [...bytes] : [...bytes].toReversed();
  return ordered.reduce((value, byte) => value * 256 + byte, 0);
}
