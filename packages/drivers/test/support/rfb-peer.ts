/** A client of an RFB server without a network: what it sends is made by hand, and time passes when it is told to. */

import {
  Framebuffer,
  Keyboard,
  Pointer,
  RfbServer,
  type RfbServerOptions,
  type Scanout,
} from '@viridian/drivers';
import { RfbDecoder } from './rfb-decoder.ts';

/** A screen of words, red, green and blue from bit 16 down. */
export function scanoutOf(widthPixels: number, heightPixels: number, pixels: Uint32Array): Scanout {
  return {
    widthPixels,
    heightPixels,
    read: ({ left, top, right, bottom }, into) => {
      const width = right - left;
      const words = new Uint32Array(into.buffer, into.byteOffset, width * (bottom - top));
      for (let y = top; y < bottom; y += 1) {
        words.set(pixels.subarray(y * widthPixels + left, y * widthPixels + right), (y - top) * width);
      }
      return true;
    },
  };
}

/** A server and what it serves. */
export class RfbHouse {
  readonly framebuffer = new Framebuffer();
  readonly keyboard = new Keyboard();
  readonly pointer = new Pointer();
  readonly server: RfbServer;
  /** Keys as scan codes: the prefix in bits 8 up, the break bit in bit 7. */
  readonly keys: number[] = [];
  /** Reports as buttons, x, y, wheel. */
  readonly moves: number[][] = [];
  #timers: { at: number; callback: () => void }[] = [];
  #now = 0;

  constructor(options: Partial<RfbServerOptions> = {}) {
    const { framebuffer, keyboard, pointer } = this;
    keyboard.connect({
      key: ({ makeCode, prefix, isBreak }) =>
        this.keys.push((prefix << 8) | makeCode | (isBreak ? 0x80 : 0)) > 0,
    });
    pointer.connect({ report: ({ buttons, x, y, wheel }) => this.moves.push([buttons, x, y, wheel]) > 0 });
    const sockets = {
      after: (milliseconds: number, callback: () => void) => {
        const timer = { at: this.#now + milliseconds, callback };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((other) => other !== timer);
        };
      },
      listenTcp: () => Promise.reject(new Error('there is no network here')),
    };
    this.server = new RfbServer({ framebuffer, keyboard, pointer, sockets, ...options });
  }

  get timers(): number {
    return this.#timers.length;
  }

  show(
    widthPixels: number,
    heightPixels: number,
    pixels = new Uint32Array(widthPixels * heightPixels),
  ): void {
    this.framebuffer.show(scanoutOf(widthPixels, heightPixels, pixels));
  }

  /** Lets time pass. */
  wait(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = next.at;
      next.callback();
    }
    this.#now = end;
  }

  connect(): RfbPeer {
    return new RfbPeer(this);
  }
}

/** One client. */
export class RfbPeer {
  readonly decoder = new RfbDecoder();
  readonly #house: RfbHouse;
  readonly #events: ReturnType<RfbServer['accept']>;
  /** Bytes that the network has not taken; a client that reads nothing sets it. */
  pendingBytes = 0;
  isClosed = false;
  isEnded = false;

  constructor(house: RfbHouse) {
    this.#house = house;
    const peer = this;
    this.#events = house.server.accept({
      get pendingBytes() {
        return peer.pendingBytes;
      },
      write: (bytes) => this.decoder.push(bytes),
      end: () => {
        this.isEnded = true;
      },
      destroy: () => {
        this.isClosed = true;
      },
      pause: () => {},
      resume: () => {},
    });
  }

  get isRefused(): boolean {
    return this.#events === undefined;
  }

  send(...bytes: number[]): void {
    this.#events!.received(Uint8Array.from(bytes));
  }

  say(text: string): void {
    this.#events!.received(new TextEncoder().encode(text));
  }

  hangUp(): void {
    this.#events!.closed(false);
  }

  drained(): void {
    this.pendingBytes = 0;
    this.#events!.drained();
  }

  /** Says what clients of 3.8 without a password say; returns the server's first words about the screen. */
  shakeHands(): { width: number; height: number; name: string } {
    this.decoder.take(12);
    this.say('RFB 003.008\n');
    this.decoder.take(2);
    this.send(1);
    this.decoder.take(4);
    this.send(1);
    const [width, height] = [this.decoder.u16(), this.decoder.u16()];
    this.decoder.take(16);
    return { width, height, name: this.decoder.text() };
  }

  encodings(...encodings: number[]): void {
    this.send(2, 0, ...words(encodings.length), ...encodings.flatMap((encoding) => longs(encoding)));
  }

  request(x: number, y: number, width: number, height: number, isIncremental = false): void {
    this.send(3, isIncremental ? 1 : 0, ...[x, y, width, height].flatMap(words));
  }

  key(keysym: number, isDown: boolean): void {
    this.send(4, isDown ? 1 : 0, 0, 0, ...longs(keysym));
  }

  /** Down and up. */
  press(keysym: number): void {
    this.key(keysym, true);
    this.key(keysym, false);
  }

  pointer(x: number, y: number, ...buttons: number[]): void {
    this.send(5, buttons[0] ?? 0, ...words(x), ...words(y), ...buttons.slice(1));
  }

  /** Asks for all of the screen, and gives what came a little later. */
  picture(width: number, height: number) {
    this.request(0, 0, width, height);
    this.#house.wait(2000);
    return this.decoder.update();
  }
}

/** 16 bits in network order. */
export const words = (value: number): number[] => [(value >> 8) & 255, value & 255];
/** 32 bits in network order. */
export const longs = (value: number): number[] => [...words(value >>> 16), ...words(value)];
