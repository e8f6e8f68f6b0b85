/** Pictures for one client: rectangles of a screen in its pixel format and encoding. RFC 6143, FramebufferUpdate. */

import type { Framebuffer, PointerShape } from '../display/framebuffer.ts';
import { intersection, type Rectangle } from '../display/rectangle.ts';
import type { ScreenSize } from '../input/pointer.ts';
import { ByteWriter } from './byte-writer.ts';
import { ClientScreen } from './client-screen.ts';
import { writeCursor } from './cursor.ts';
import { HextileEncoder } from './hextile.ts';
import { PixelConverter, type PixelFormat, SCREEN_FORMAT, writeColourTable } from './pixel-format.ts';
import { Encoding, PseudoEncoding, ServerMessage } from './protocol.ts';
import { ZRLE_TILE, ZrleEncoder } from './zrle.ts';

/** Rectangles are cut to this height, which bounds the room that one needs. */
const BAND_ROWS = ZRLE_TILE;
const BYTES_PER_PIXEL = 4;
const COLOURS = 0xff_ffff;

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

/** A rectangle of an update. */
type Part =
  | { readonly kind: 'move'; readonly to: Rectangle; readonly top: number }
  /** Pixels of the screen's format. */
  | { readonly kind: 'pixels'; readonly band: Rectangle; readonly pixels: Uint32Array };

/** Writes updates, a part at a time. */
export class UpdateWriter {
  readonly #framebuffer: Framebuffer;
  readonly #writer = new ByteWriter();
  readonly #hextile = new HextileEncoder();
  readonly #zrle = new ZrleEncoder();
  #converter = new PixelConverter(SCREEN_FORMAT);
  readonly #screen = new ClientScreen();
  /** Room for the pixels of each rectangle of an update. */
  readonly #rooms: Uint32Array[] = [];
  #isColourTableDue = false;
  encoding: number = Encoding.RAW;
  /** The client can move what it has. */
  moves = false;

  constructor(framebuffer: Framebuffer) {
    this.#framebuffer = framebuffer;
  }

  setPixelFormat(format: PixelFormat): void {
    this.#converter = new PixelConverter(format);
    this.#isColourTableDue = !format.isTrueColour;
  }

  /** The client's screen has another size. */
  resize(size: ScreenSize): void {
    this.#screen.resize(size);
  }

  /** The client wants these pixels whatever it has. */
  forget(rectangle: Rectangle): void {
    this.#screen.forget(rectangle);
  }

  /**
   * Gives the bytes of one update to `send`, part by part: notices first, then what the rectangles show. False when the
   * client has all that already: nothing is sent.
   */
  write(
    notices: readonly Notice[],
    rectangles: readonly Rectangle[],
    send: (part: Uint8Array) => void,
  ): boolean {
    const parts = rectangles.flatMap((rectangle, index) => this.#parts(rectangle, index));
    if (notices.length + parts.length === 0) return false;
    const writer = this.#writer;
    if (this.#isColourTableDue) {
      this.#isColourTableDue = false;
      writer.u8(ServerMessage.SET_COLOUR_MAP_ENTRIES);
      writer.zeros(1);
      writeColourTable(writer);
    }
    writer.u8(ServerMessage.FRAMEBUFFER_UPDATE);
    writer.zeros(1);
    writer.u16(notices.length + parts.length);
    for (const notice of notices) this.#notice(notice);
    for (const part of parts) {
      if (part.kind === 'pixels') this.#band(part.band, part.pixels);
      else {
        const { left, top, right, bottom } = part.to;
        this.#head(left, top, right - left, bottom - top, Encoding.COPY_RECT);
        writer.u16(left);
        writer.u16(part.top);
      }
      send(writer.take());
    }
    if (writer.length > 0) send(writer.take());
    return true;
  }

  /** What of a rectangle the client needs. */
  #parts(rectangle: Rectangle, index: number): Part[] {
    const width = rectangle.right - rectangle.left;
    const pixels = this.#read(rectangle, index);
    const { move, bands } = this.#screen.repair(rectangle, pixels, this.moves);
    const changed = bands.flatMap(cutIntoBands).map((band): Part => {
      const from = (band.top - rectangle.top) * width;
      const rows = pixels.subarray(from, from + (band.bottom - band.top) * width);
      return { kind: 'pixels', band, pixels: rows };
    });
    return move === undefined ? changed : [{ kind: 'move', ...move }, ...changed];
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

  #band(band: Rectangle, pixels: Uint32Array): void {
    const width = band.right - band.left;
    const height = band.bottom - band.top;
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

  /** Pixels as they are now, unused bytes 0; black where the screen is dark or does not reach. */
  #read(rectangle: Rectangle, index: number): Uint32Array {
    const width = rectangle.right - rectangle.left;
    const count = width * (rectangle.bottom - rectangle.top);
    if ((this.#rooms[index]?.length ?? 0) < count) this.#rooms[index] = new Uint32Array(count);
    const pixels = this.#rooms[index]!.subarray(0, count);
    const bytes = new Uint8Array(pixels.buffer, 0, count * BYTES_PER_PIXEL);
    if (!this.#framebuffer.read(rectangle, bytes)) this.#readPart(rectangle, width, pixels, bytes);
    for (let i = 0; i < count; i += 1) pixels[i] = pixels[i]! & COLOURS;
    return pixels;
  }

  /** What there is of a rectangle that is not all on the screen. */
  #readPart(rectangle: Rectangle, width: number, pixels: Uint32Array, bytes: Uint8Array): void {
    pixels.fill(0);
    const part = intersection(rectangle, { left: 0, top: 0, ...this.#end() });
    const picture = part && this.#framebuffer.picture(part);
    if (part === undefined || picture === undefined) return;
    const rowBytes = picture.widthPixels * BYTES_PER_PIXEL;
    for (let row = 0; row < picture.heightPixels; row += 1) {
      const to = ((part.top - rectangle.top + row) * width + part.left - rectangle.left) * BYTES_PER_PIXEL;
      bytes.set(picture.pixels.subarray(row * rowBytes, (row + 1) * rowBytes), to);
    }
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
