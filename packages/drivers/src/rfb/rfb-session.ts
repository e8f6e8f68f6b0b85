/** One client at a guest's screen: its handshake, what it asks for, and what it was shown. RFC 6143. */

import { type Counters, counters, type Inspectable, type InspectNode } from '@viridian/trace';
import type { Framebuffer } from '../display/framebuffer.ts';
import type { Rectangle } from '../display/rectangle.ts';
import type { Keyboard } from '../input/keyboard.ts';
import type { Pointer } from '../input/pointer.ts';
import type { TcpEvents, TcpSocket } from '../nat/host-sockets.ts';
import { ByteQueue } from './byte-queue.ts';
import { type ClientEvents, ClientMessages } from './client-messages.ts';
import { ClientView } from './client-view.ts';
import { Handshake } from './handshake.ts';
import type { PixelFormat } from './pixel-format.ts';
import { Encoding } from './protocol.ts';
import { type KeyboardLocks, RemoteKeyboard } from './remote-keyboard.ts';
import { RemotePointer } from './remote-pointer.ts';
import { rfbWarning } from './trace-points.ts';
import { UpdateWriter } from './update-writer.ts';

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
  #view: ClientView;
  readonly #keys: RemoteKeyboard | undefined;
  readonly #pointer: RemotePointer | undefined;
  #state: 'handshake' | 'refused' | 'open' | 'closed' = 'handshake';
  #cancel: (() => void) | undefined;
  #unwatch: (() => void) | undefined;

  /** `gone` is called once, when the connection is over. */
  constructor(parts: SessionParts, socket: TcpSocket, gone: () => void) {
    this.#parts = parts;
    this.#socket = socket;
    this.#gone = gone;
    this.#writer = new UpdateWriter(parts.framebuffer);
    this.#view = new ClientView(parts.framebuffer);
    this.#messages = new ClientMessages(this.#events());
    this.#keys = parts.keyboard && new RemoteKeyboard(parts.keyboard, parts.locks);
    this.#pointer = parts.pointer && new RemotePointer(parts.pointer);
    this.#handshake = new Handshake(
      {
        password: parts.password,
        desktopName: parts.desktopName,
        screen: () => {
          // The guest may have begun to draw since.
          this.#view = new ClientView(parts.framebuffer);
          return this.#view.size;
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
      size: `${this.#view.size.widthPixels}×${this.#view.size.heightPixels}`,
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
    this.#writer.resize(this.#view.size);
    this.#unwatch = this.#parts.framebuffer.watch({
      modeChanged: () => {
        this.#view.modeChanged();
        this.#soon();
      },
      dirtied: (rectangle) => {
        this.#view.dirtied(rectangle);
        this.#soon();
      },
      pointerShaped: () => {
        this.#view.pointerChanged();
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
    this.#view.pointerChanged();
  }

  /** Its first encoding that is written here is used; raw pixels, which every client takes, if there is none. */
  #encodings(encodings: readonly number[]): void {
    this.#writer.encoding = encodings.find((encoding) => WRITTEN.includes(encoding)) ?? Encoding.RAW;
    this.#writer.moves = encodings.includes(Encoding.COPY_RECT);
    this.#view.encodings(encodings);
  }

  #request(isIncremental: boolean, rectangle: Rectangle): void {
    const part = this.#view.request(rectangle);
    if (part === undefined) return;
    if (!isIncremental) {
      this.#writer.forget(part);
      this.#view.dirtied(part);
    }
    this.#soon();
  }

  /** Sends what there is in the next turn, unless a later one is due. */
  #soon(): void {
    if (!this.#isOpen() || !this.#view.isWaiting || this.#cancel !== undefined) return;
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
    if (!this.#view.isWaiting || this.#socket.pendingBytes > 0) return;
    const { notices, rectangles } = this.#view.take();
    if (notices.length + rectangles.length === 0) return;
    for (const { kind } of notices) {
      if (kind === 'size') this.#writer.resize(this.#view.size);
      else if (kind === 'buttons') this.#messages.hasMoreButtons = true;
    }
    const started = performance.now();
    if (this.#writer.write(notices, rectangles, (part) => this.#send(part))) {
      this.#view.served();
      this.counters.updates += 1;
      this.counters.rectangles += rectangles.length;
    }
    const restMs = REST_FACTOR * (performance.now() - started);
    this.#soonAfter(Math.max(UPDATE_INTERVAL_MS, restMs));
  }

  #send(bytes: Uint8Array): void {
    this.counters.sentBytes += bytes.length;
    this.#socket.write(bytes);
  }
}
