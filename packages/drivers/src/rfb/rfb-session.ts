/** One client at a guest's screen: its handshake, what it asks for, and what it was shown. RFC 6143. */

import { type Counters, counters, type Inspectable, type InspectNode } from '@viridian/trace';
import { DirtyRegion } from '../display/dirty-region.ts';
import type { Framebuffer } from '../display/framebuffer.ts';
import { bounds, difference, intersection, type Rectangle } from '../display/rectangle.ts';
import type { Keyboard } from '../input/keyboard.ts';
import type { Pointer, ScreenSize } from '../input/pointer.ts';
import type { TcpEvents, TcpSocket } from '../nat/host-sockets.ts';
import { ByteQueue } from './byte-queue.ts';
import { type ClientEvents, ClientMessages } from './client-messages.ts';
import { Handshake } from './handshake.ts';
import type { PixelFormat } from './pixel-format.ts';
import { Encoding, PseudoEncoding } from './protocol.ts';
import { type KeyboardLocks, RemoteKeyboard } from './remote-keyboard.ts';
import { RemotePointer } from './remote-pointer.ts';
import { rfbWarning } from './trace-points.ts';
import { type Notice, UpdateWriter } from './update-writer.ts';

/** What sessions share. */
export interface SessionParts {
  readonly framebuffer: Framebuffer;
  readonly keyboard: Keyboard | undefined;
  readonly pointer: Pointer | undefined;
  readonly locks: KeyboardLocks;
  readonly password: string | undefined;
  readonly desktopName: string;
  /** Path in warnings. */
  readonly where: string;
  /** Calls back later; the result cancels. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** What a client that connects before the guest shows anything is told. */
const DARK_SCREEN: ScreenSize = { widthPixels: 1024, heightPixels: 768 };
/** Pictures come at most every so many milliseconds … */
const UPDATE_INTERVAL_MS = 20;
/** … and leave the guest, on the same thread, that many times what they took. */
const REST_FACTOR = 2;
/** How pixels are written. */
const WRITTEN: readonly number[] = [Encoding.RAW, Encoding.HEXTILE, Encoding.ZRLE];
const HANDSHAKE_MS = 10_000;
/** Whoever guesses passwords waits. */
const WRONG_PASSWORD_MS = 1000;

/** Serves a client until it goes or breaks the protocol. */
export class RfbSession implements TcpEvents, Inspectable {
  readonly counters: Counters<'updates' | 'rectangles' | 'sentBytes' | 'keys' | 'unknownKeys' | 'moves'> =
    counters({ updates: 0, rectangles: 0, sentBytes: 0, keys: 0, unknownKeys: 0, moves: 0 });
  readonly #parts: SessionParts;
  readonly #socket: TcpSocket;
  readonly #gone: () => void;
  readonly #queue = new ByteQueue();
  readonly #handshake: Handshake;
  readonly #messages: ClientMessages;
  readonly #writer: UpdateWriter;
  readonly #dirty = new DirtyRegion();
  readonly #keys: RemoteKeyboard | undefined;
  readonly #pointer: RemotePointer | undefined;
  #state: 'handshake' | 'refused' | 'open' | 'closed' = 'handshake';
  #cancel: (() => void) | undefined;
  #unwatch: (() => void) | undefined;
  /** The screen as the client knows it. */
  #size = DARK_SCREEN;
  /** Where the client waits for changes. */
  #wanted: Rectangle | undefined;
  #known: ReadonlySet<number> = new Set();
  #due = { size: false, cursor: false, keyCodes: false, buttons: false };

  /** `gone` is called once, when the connection is over. */
  constructor(parts: SessionParts, socket: TcpSocket, gone: () => void) {
    this.#parts = parts;
    this.#socket = socket;
    this.#gone = gone;
    this.#writer = new UpdateWriter(parts.framebuffer);
    this.#messages = new ClientMessages(this.#events());
    this.#keys = parts.keyboard && new RemoteKeyboard(parts.keyboard, parts.locks);
    this.#pointer = parts.pointer && new RemotePointer(parts.pointer);
    this.#handshake = new Handshake(
      {
        password: parts.password,
        desktopName: parts.desktopName,
        screen: () => {
          this.#size = parts.framebuffer.size ?? DARK_SCREEN;
          return this.#size;
        },
      },
      (bytes) => this.#send(bytes),
    );
    // Listeners hand connections over at rest.
    socket.resume();
    this.#cancel = parts.after(HANDSHAKE_MS, () => this.#fail('handshake that does not end'));
  }

  connected(): void {}

  received(bytes: Uint8Array): void {
    if (this.#state !== 'handshake' && this.#state !== 'open') return;
    this.#queue.push(bytes);
    if (this.#state === 'handshake') this.#shakeHands();
    if (this.#isOpen()) {
      const fault = this.#messages.read(this.#queue);
      if (fault !== undefined) this.#fail(fault);
    }
  }

  ended(): void {
    this.close();
  }

  drained(): void {
    this.#soon();
  }

  closed(): void {
    this.close();
  }

  /** Ends the connection; keys and buttons that the client held go up. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#cancel?.();
    this.#unwatch?.();
    this.#keys?.releaseAll();
    this.#pointer?.releaseAll();
    this.#socket.destroy();
    this.#gone();
  }

  inspect(): InspectNode {
    return {
      state: this.#state,
      size: `${this.#size.widthPixels}×${this.#size.heightPixels}`,
      encoding: this.#writer.encoding,
      pendingBytes: this.#socket.pendingBytes,
      counters: { ...this.counters },
    };
  }

  #isOpen(): boolean {
    return this.#state === 'open';
  }

  #shakeHands(): void {
    const result = this.#handshake.read(this.#queue);
    if (result === 'going-on') return;
    this.#cancel?.();
    this.#cancel = undefined;
    if (typeof result === 'object') this.#fail(result.fault);
    else if (result === 'wrong-password') this.#refusePassword();
    else this.#open();
  }

  #refusePassword(): void {
    this.#state = 'refused';
    rfbWarning.report(this.#parts.where, 'wrong password');
    this.#cancel = this.#parts.after(WRONG_PASSWORD_MS, () => {
      this.#handshake.refusePassword();
      this.#socket.end();
      // Whoever does not take the answer is gone all the same.
      this.#cancel = this.#parts.after(WRONG_PASSWORD_MS, () => this.close());
    });
  }

  #open(): void {
    this.#state = 'open';
    this.#writer.resize(this.#size);
    this.#addAll();
    this.#unwatch = this.#parts.framebuffer.watch({
      modeChanged: () => this.#modeChanged(),
      dirtied: (rectangle) => this.#dirtied(rectangle),
      pointerShaped: () => {
        this.#due.cursor = true;
        this.#soon();
      },
    });
  }

  #fail(reason: string): void {
    rfbWarning.report(this.#parts.where, reason);
    this.close();
  }

  #events(): ClientEvents {
    return {
      pixelFormat: (format) => this.#pixelFormat(format),
      encodings: (encodings) => this.#encodings(encodings),
      updateRequest: (isIncremental, rectangle) => this.#request(isIncremental, rectangle),
      keysym: (keysym, isDown) => this.#key(this.#keys?.keysym(keysym, isDown)),
      scanCode: (code, keysym, isDown) =>
        this.#key(this.#keys?.scanCode(code, isDown) === true || this.#keys?.keysym(keysym, isDown)),
      pointer: (x, y, buttons) => this.#move(x, y, buttons),
    };
  }

  #key(isKnown: boolean | undefined): void {
    this.counters.keys += 1;
    if (isKnown !== true) this.counters.unknownKeys += 1;
  }

  #move(x: number, y: number, buttons: number): void {
    this.counters.moves += 1;
    const { size } = this.#parts.framebuffer;
    if (size !== undefined) this.#pointer?.event(x, y, buttons, size);
  }

  #pixelFormat(format: PixelFormat): void {
    this.#writer.setPixelFormat(format);
    this.#due.cursor = true;
  }

  /** Its first encoding that is written here is used; raw pixels, which every client takes, if there is none. */
  #encodings(encodings: readonly number[]): void {
    this.#writer.encoding = encodings.find((encoding) => WRITTEN.includes(encoding)) ?? Encoding.RAW;
    this.#writer.moves = encodings.includes(Encoding.COPY_RECT);
    this.#known = new Set(encodings);
    this.#due = {
      size: !this.#isSizeKnown(),
      cursor: true,
      keyCodes: this.#known.has(PseudoEncoding.QEMU_EXTENDED_KEY_EVENT),
      buttons: this.#known.has(PseudoEncoding.EXTENDED_MOUSE_BUTTONS),
    };
  }

  #request(isIncremental: boolean, rectangle: Rectangle): void {
    const part = intersection(rectangle, wholeOf(this.#size));
    if (part === undefined) return;
    if (!isIncremental) {
      this.#writer.forget(part);
      this.#dirty.add(part);
    }
    this.#wanted = this.#wanted === undefined ? part : bounds(this.#wanted, part);
    this.#soon();
  }

  #isSizeKnown(): boolean {
    const { size } = this.#parts.framebuffer;
    const { widthPixels, heightPixels } = this.#size;
    return size === undefined || (size.widthPixels === widthPixels && size.heightPixels === heightPixels);
  }

  #modeChanged(): void {
    this.#due.size = !this.#isSizeKnown();
    this.#addAll();
    this.#soon();
  }

  #dirtied(rectangle: Rectangle): void {
    const part = intersection(rectangle, wholeOf(this.#size));
    if (part === undefined) return;
    this.#dirty.add(part);
    this.#soon();
  }

  #addAll(): void {
    this.#dirty.add(wholeOf(this.#size));
  }

  /** Sends what there is in the next turn, unless a later one is due. */
  #soon(): void {
    if (!this.#isOpen() || this.#wanted === undefined || this.#cancel !== undefined) return;
    this.#soonAfter(0);
  }

  #soonAfter(milliseconds: number): void {
    this.#cancel = this.#parts.after(milliseconds, () => {
      this.#cancel = undefined;
      this.#update();
    });
  }

  /** One update for one request, when the one before has left. */
  #update(): void {
    const wanted = this.#wanted;
    if (wanted === undefined || this.#socket.pendingBytes > 0) return;
    const notices = this.#notices();
    // A client draws a new size's pixels when it has understood the size.
    const isResized = notices.some(({ kind }) => kind === 'size');
    const rectangles = isResized ? [] : this.#takeDirty(wanted);
    if (notices.length + rectangles.length === 0) return;
    const started = performance.now();
    if (this.#writer.write(notices, rectangles, (part) => this.#send(part))) {
      this.#wanted = undefined;
      this.counters.updates += 1;
      this.counters.rectangles += rectangles.length;
    }
    const restMs = REST_FACTOR * (performance.now() - started);
    this.#soonAfter(Math.max(UPDATE_INTERVAL_MS, restMs));
  }

  #takeDirty(wanted: Rectangle): Rectangle[] {
    const taken: Rectangle[] = [];
    const left: Rectangle[] = [];
    for (const rectangle of this.#dirty.take()) {
      const part = intersection(rectangle, wanted);
      if (part === undefined) left.push(rectangle);
      else {
        taken.push(part);
        left.push(...difference(rectangle, part));
      }
    }
    for (const rectangle of left) this.#dirty.add(rectangle);
    return taken;
  }

  /** What is to be told besides pixels. */
  #notices(): Notice[] {
    const notices: Notice[] = [];
    const due = this.#due;
    const { size, pointerShape: shape } = this.#parts.framebuffer;
    if (due.keyCodes) notices.push({ kind: 'key-codes' });
    if (due.buttons) {
      notices.push({ kind: 'buttons' });
      this.#messages.hasMoreButtons = true;
    }
    if (due.cursor && shape !== undefined && this.#known.has(PseudoEncoding.CURSOR)) {
      notices.push({ kind: 'cursor', shape });
    }
    if (due.size && size !== undefined && this.#known.has(PseudoEncoding.DESKTOP_SIZE)) {
      this.#size = size;
      this.#writer.resize(size);
      this.#dirty.take();
      this.#addAll();
      notices.push({ kind: 'size', size });
    }
    this.#due = { size: false, cursor: false, keyCodes: false, buttons: false };
    return notices;
  }

  #send(bytes: Uint8Array): void {
    this.counters.sentBytes += bytes.length;
    this.#socket.write(bytes);
  }
}

function wholeOf({ widthPixels, heightPixels }: ScreenSize): Rectangle {
  return { left: 0, top: 0, right: widthPixels, bottom: heightPixels };
}
