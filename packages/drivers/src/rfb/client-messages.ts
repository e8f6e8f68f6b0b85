/** Takes a client's messages apart, which is not trusted. RFC 6143, Client-to-Server Messages. */

import type { Rectangle } from '../display/rectangle.ts';
import type { ByteQueue } from './byte-queue.ts';
import { PIXEL_FORMAT_BYTES, type PixelFormat, readPixelFormat } from './pixel-format.ts';
import { ClientMessage, QEMU_EXTENDED_KEY_EVENT } from './protocol.ts';

/** What a client can say. */
export interface ClientEvents {
  pixelFormat(format: PixelFormat): void;
  encodings(encodings: readonly number[]): void;
  /** Pixels are wanted: those that changed, or all. The rectangle may be empty or off the screen. */
  updateRequest(isIncremental: boolean, rectangle: Rectangle): void;
  keysym(keysym: number, isDown: boolean): void;
  scanCode(code: number, keysym: number, isDown: boolean): void;
  pointer(x: number, y: number, buttons: number): void;
}

/** More than any client knows. */
const MOST_ENCODINGS = 256;
/** Longest text of a clipboard; nobody here wants it. */
const MOST_CUT_TEXT_BYTES = 2 ** 20;
/** Bit 7 of the buttons: a byte with more of them follows, for clients that were told of it. */
const MORE_BUTTONS = 0x80;

/** Reads messages as their bytes come. */
export class ClientMessages {
  readonly #events: ClientEvents;
  #skipBytes = 0;
  /** The client was told that there may be more buttons than eight. */
  hasMoreButtons = false;

  constructor(events: ClientEvents) {
    this.#events = events;
  }

  /** Takes all messages that are whole. Text says what is wrong with the one that cannot be; nothing more is to be read. */
  read(queue: ByteQueue): string | undefined {
    while (queue.length > 0) {
      if (this.#skipBytes > 0) {
        const bytes = Math.min(this.#skipBytes, queue.length);
        queue.skip(bytes);
        this.#skipBytes -= bytes;
        continue;
      }
      const taken = this.#message(queue);
      if (typeof taken === 'string') return taken;
      if (!taken) return undefined;
    }
    return undefined;
  }

  /** True when a message was taken, false when it is not all there yet. */
  #message(queue: ByteQueue): boolean | string {
    switch (queue.u8(0)) {
      case ClientMessage.SET_PIXEL_FORMAT:
        return this.#pixelFormat(queue);
      case ClientMessage.SET_ENCODINGS:
        return this.#encodings(queue);
      case ClientMessage.FRAMEBUFFER_UPDATE_REQUEST:
        return this.#updateRequest(queue);
      case ClientMessage.KEY_EVENT:
        return this.#key(queue);
      case ClientMessage.POINTER_EVENT:
        return this.#pointer(queue);
      case ClientMessage.CLIENT_CUT_TEXT:
        return this.#cutText(queue);
      case ClientMessage.QEMU:
        return this.#qemu(queue);
      default:
        return 'message of an unknown type';
    }
  }

  #pixelFormat(queue: ByteQueue): boolean | string {
    if (queue.length < 4 + PIXEL_FORMAT_BYTES) return false;
    const format = readPixelFormat(queue, 4);
    if (format === undefined) return 'pixel format that is none';
    queue.skip(4 + PIXEL_FORMAT_BYTES);
    this.#events.pixelFormat(format);
    return true;
  }

  #encodings(queue: ByteQueue): boolean | string {
    if (queue.length < 4) return false;
    const count = queue.u16(2);
    if (count > MOST_ENCODINGS) return 'too many encodings';
    if (queue.length < 4 + 4 * count) return false;
    const encodings = Array.from({ length: count }, (_, index) => queue.i32(4 + 4 * index));
    queue.skip(4 + 4 * count);
    this.#events.encodings(encodings);
    return true;
  }

  #updateRequest(queue: ByteQueue): boolean {
    if (queue.length < 10) return false;
    const [left, top] = [queue.u16(2), queue.u16(4)];
    const rectangle = { left, top, right: left + queue.u16(6), bottom: top + queue.u16(8) };
    const isIncremental = queue.u8(1) !== 0;
    queue.skip(10);
    this.#events.updateRequest(isIncremental, rectangle);
    return true;
  }

  #key(queue: ByteQueue): boolean {
    if (queue.length < 8) return false;
    const [isDown, keysym] = [queue.u8(1) !== 0, queue.u32(4)];
    queue.skip(8);
    this.#events.keysym(keysym, isDown);
    return true;
  }

  #pointer(queue: ByteQueue): boolean {
    if (queue.length < 6) return false;
    let buttons = queue.u8(1);
    const [x, y] = [queue.u16(2), queue.u16(4)];
    let bytes = 6;
    if (this.hasMoreButtons && (buttons & MORE_BUTTONS) !== 0) {
      if (queue.length < 7) return false;
      buttons = (buttons & ~MORE_BUTTONS) | (queue.u8(6) << 7);
      bytes = 7;
    }
    queue.skip(bytes);
    this.#events.pointer(x, y, buttons);
    return true;
  }

  #cutText(queue: ByteQueue): boolean | string {
    if (queue.length < 8) return false;
    const bytes = queue.u32(4);
    if (bytes > MOST_CUT_TEXT_BYTES) return 'text that is too long';
    queue.skip(8);
    this.#skipBytes = bytes;
    return true;
  }

  #qemu(queue: ByteQueue): boolean | string {
    if (queue.length < 2) return false;
    if (queue.u8(1) !== QEMU_EXTENDED_KEY_EVENT) return 'QEMU message of an unknown type';
    if (queue.length < 12) return false;
    const [isDown, keysym, code] = [queue.u16(2) !== 0, queue.u32(4), queue.u32(8)];
    queue.skip(12);
    this.#events.scanCode(code, keysym, isDown);
    return true;
  }
}
