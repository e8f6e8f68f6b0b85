/** Pictures for one client: rectangles of a screen in its pixel format and encoding. RFC 6143, FramebufferUpdate. */

import type { Framebuffer, PointerShape } from '../display/framebuffer.ts';
import { intersection, type Rectangle } from '../display/rectangle.ts';
import type { ScreenSize } from '../input/pointer.ts';
import { ByteWriter } from './byte-writer.ts';
import { writeCursor } from './cursor.ts';
import { HextileEncoder } from './hextile.ts';
import { PixelConverter, type PixelFormat, SCREEN_FORMAT, writeColourTable } from './pixel-format.ts';
import { Encoding, PseudoEncoding, ServerMessage } from './protocol.ts';
import { ZRLE_TILE, ZrleEncoder } from './zrle.ts';

/** Rectangles are cut to this height, which bounds the room that one needs. */
const BAND_ROWS = ZRLE_TILE;
const BYTES_PER_PIXEL = 4;

/** What a client is answered whose pseudo-encodings the server knows. */
const ANSWERS = {
  'key-codes': PseudoEncoding.QEMU_EXTENDED_KEY_EVENT,
  buttons: PseudoEncoding.EXTENDED_MOUSE_BUTTONS,
};

/** Something to tell that is no picture; comes as a rectangle all the same. */
export type Notice =
  | { readonly kind: 'key-codes' }
  | { readonly kind: 'buttons' }
  | { readonly kind: 'size'; readonly size: ScreenSize }
  | { readonly kind: 'cursor'; readonly shape: PointerShape };

/** Writes updates, a part at a time. */
export class UpdateWriter {
  readonly #framebuffer: Framebuffer;
  readonly #writer = new ByteWriter();
  readonly #hextile = new HextileEncoder();
  readonly #zrle = new ZrleEncoder();
  #converter = new PixelConverter(SCREEN_FORMAT);
  #pixels = new Uint32Array(0);
  #isColourTableDue = false;
  encoding: number = Encoding.RAW;

  constructor(framebuffer: Framebuffer) {
    this.#framebuffer = framebuffer;
  }

  setPixelFormat(format: PixelFormat): void {
    this.#converter = new PixelConverter(format);
    this.#isColourTableDue = !format.isTrueColour;
  }

  /** Gives the bytes of one update to `send`, part by part: notices first, then what the rectangles show. */
  write(
    notices: readonly Notice[],
    rectangles: readonly Rectangle[],
    send: (part: Uint8Array) => void,
  ): void {
    const writer = this.#writer;
    if (this.#isColourTableDue) {
      this.#isColourTableDue = false;
      writer.u8(ServerMessage.SET_COLOUR_MAP_ENTRIES);
      writer.zeros(1);
      writeColourTable(writer);
    }
    const bands = rectangles.flatMap(cutIntoBands);
    writer.u8(ServerMessage.FRAMEBUFFER_UPDATE);
    writer.zeros(1);
    writer.u16(notices.length + bands.length);
    for (const notice of notices) this.#notice(notice);
    for (const band of bands) {
      this.#band(band);
      send(writer.take());
    }
    if (writer.length > 0) send(writer.take());
  }

  #notice(notice: Notice): void {
    if (notice.kind === 'cursor') {
      const { widthPixels, heightPixels, hotX, hotY } = notice.shape;
      this.#head(hotX, hotY, widthPixels, heightPixels, PseudoEncoding.CURSOR);
      writeCursor(this.#writer, this.#converter, notice.shape);
    } else if (notice.kind === 'size') {
      const { widthPixels, heightPixels } = notice.size;
      this.#head(0, 0, widthPixels, heightPixels, PseudoEncoding.DESKTOP_SIZE);
    } else this.#head(0, 0, 0, 0, ANSWERS[notice.kind]);
  }

  #band(band: Rectangle): void {
    const width = band.right - band.left;
    const height = band.bottom - band.top;
    const pixels = this.#read(band, width, height);
    this.#converter.convert(pixels);
    this.#head(band.left, band.top, width, height, this.encoding);
    if (this.encoding === Encoding.ZRLE) {
      this.#zrle.encode(this.#writer, this.#converter, pixels, width, height);
    } else if (this.encoding === Encoding.HEXTILE) {
      this.#hextile.encode(this.#writer, this.#converter, pixels, width, height);
    } else this.#converter.write(this.#writer, pixels, 0, pixels.length);
  }

  #head(x: number, y: number, width: number, height: number, encoding: number): void {
    this.#writer.u16(x);
    this.#writer.u16(y);
    this.#writer.u16(width);
    this.#writer.u16(height);
    this.#writer.i32(encoding);
  }

  /** Pixels as they are now; black where the screen is dark or does not reach. */
  #read(band: Rectangle, width: number, height: number): Uint32Array {
    if (this.#pixels.length < width * height) this.#pixels = new Uint32Array(width * height);
    const pixels = this.#pixels.subarray(0, width * height);
    const bytes = new Uint8Array(pixels.buffer, 0, width * height * BYTES_PER_PIXEL);
    if (this.#framebuffer.read(band, bytes)) return pixels;
    pixels.fill(0);
    const part = intersection(band, { left: 0, top: 0, ...this.#end() });
    const picture = part && this.#framebuffer.picture(part);
    if (part === undefined || picture === undefined) return pixels;
    const rowBytes = picture.widthPixels * BYTES_PER_PIXEL;
    for (let row = 0; row < picture.heightPixels; row += 1) {
      const to = ((part.top - band.top + row) * width + part.left - band.left) * BYTES_PER_PIXEL;
      bytes.set(picture.pixels.subarray(row * rowBytes, (row + 1) * rowBytes), to);
    }
    return pixels;
  }

  #end(): { right: number; bottom: number } {
    const { widthPixels = 0, heightPixels = 0 } = this.#framebuffer.size ?? {};
    return { right: widthPixels, bottom: heightPixels };
  }
}

function cutIntoBands({ left, top, right, bottom }: Rectangle): Rectangle[] {
  const bands: Rectangle[] = [];
  for (let row = top; row < bottom; row += BAND_ROWS) {
    bands.push({ left, top: row, right, bottom: Math.min(bottom, row + BAND_ROWS) });
  }
  return bands;
}
