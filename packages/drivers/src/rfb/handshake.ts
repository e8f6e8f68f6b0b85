/** The first words of a connection: version, security, and what the screen is like. RFC 6143, Handshaking and Initialization. */

import type { ScreenSize } from '../input/pointer.ts';
import type { ByteQueue } from './byte-queue.ts';
import { ByteWriter } from './byte-writer.ts';
import { SCREEN_FORMAT, writePixelFormat } from './pixel-format.ts';
import { CHALLENGE_BYTES, Security, VERSION_BYTES } from './protocol.ts';
import { answerTo, isSameAnswer, makeChallenge } from './vnc-password.ts';

/** What a server tells of itself. */
export interface HandshakeOptions {
  /** Undefined lets everybody in. */
  readonly password: string | undefined;
  readonly desktopName: string;
  /** The size to announce, asked for when it is due. */
  readonly screen: () => ScreenSize;
}

/** How far it is. `answer` writes bytes to the client. */
export type HandshakeResult = 'going-on' | 'done' | 'wrong-password' | { readonly fault: string };

const SERVER_VERSION = 'RFB 003.008\n';
const VERSION = /^RFB (\d{3})\.(\d{3})\n$/;
const OK = 0;
const FAILED = 1;

/** A server's side of the handshake. */
export class Handshake {
  readonly #options: HandshakeOptions;
  readonly #answer: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly #security: number;
  #state: 'version' | 'security' | 'challenge' | 'init' = 'version';
  /** The second part of the version: 3, 7 or 8. */
  #minor = 0;
  #challenge = new Uint8Array(0);

  /** Begins at once. */
  constructor(options: HandshakeOptions, answer: (bytes: Uint8Array<ArrayBuffer>) => void) {
    this.#options = options;
    this.#answer = answer;
    this.#security = options.password === undefined ? Security.NONE : Security.VNC_PASSWORD;
    answer(new TextEncoder().encode(SERVER_VERSION));
  }

  /** Goes as far as the bytes allow. After anything but 'going-on' it is over. */
  read(queue: ByteQueue): HandshakeResult {
    let result: HandshakeResult = 'going-on';
    let isWhole = true;
    while (result === 'going-on' && isWhole) {
      const due = { version: VERSION_BYTES, security: 1, challenge: CHALLENGE_BYTES, init: 1 }[this.#state];
      isWhole = queue.length >= due;
      if (isWhole) result = this.#step(queue.take(due));
    }
    return result;
  }

  #step(bytes: Uint8Array): HandshakeResult {
    switch (this.#state) {
      case 'version':
        return this.#version(new TextDecoder('latin1').decode(bytes));
      case 'security':
        if (bytes[0] !== this.#security) return this.#refuse('security type that was not offered');
        return this.#begin();
      case 'challenge':
        return this.#check(bytes);
      case 'init':
        // Whether others may stay is the client's wish; here they always may.
        this.#init();
        return 'done';
    }
  }

  #version(text: string): HandshakeResult {
    const [, major, minor] = VERSION.exec(text)?.map(Number) ?? [];
    if (major === undefined || minor === undefined || major < 3) return { fault: 'version that is none' };
    // Other numbers are those of programs that speak 3.3, but for later ones, which speak 3.8 as well.
    this.#minor = major > 3 || minor >= 8 ? 8 : minor === 7 ? 7 : 3;
    const writer = new ByteWriter();
    if (this.#minor === 3) {
      writer.u32(this.#security);
      this.#answer(writer.take());
      return this.#begin();
    }
    writer.u8(1);
    writer.u8(this.#security);
    this.#answer(writer.take());
    this.#state = 'security';
    return 'going-on';
  }

  #begin(): HandshakeResult {
    if (this.#security === Security.VNC_PASSWORD) {
      this.#challenge = makeChallenge();
      this.#answer(this.#challenge.slice());
      this.#state = 'challenge';
      return 'going-on';
    }
    // Only 3.8 has a result where nothing was proved.
    if (this.#minor === 8) this.#result(OK);
    this.#state = 'init';
    return 'going-on';
  }

  #check(answer: Uint8Array): HandshakeResult {
    if (!isSameAnswer(answer, answerTo(this.#challenge, this.#options.password!))) return 'wrong-password';
    this.#result(OK);
    this.#state = 'init';
    return 'going-on';
  }

  /** Tells the client that its password was wrong. */
  refusePassword(): void {
    this.#result(FAILED, 'wrong password');
  }

  #refuse(fault: string): HandshakeResult {
    this.#result(FAILED, fault);
    return { fault };
  }

  #result(status: number, reason = ''): void {
    const writer = new ByteWriter();
    writer.u32(status);
    if (status !== OK && this.#minor === 8) writeText(writer, reason);
    this.#answer(writer.take());
  }

  #init(): void {
    const { widthPixels, heightPixels } = this.#options.screen();
    const writer = new ByteWriter();
    writer.u16(widthPixels);
    writer.u16(heightPixels);
    writePixelFormat(writer, SCREEN_FORMAT);
    writeText(writer, this.#options.desktopName);
    this.#answer(writer.take());
  }
}

function writeText(writer: ByteWriter, text: string): void {
  const bytes = new TextEncoder().encode(text);
  writer.u32(bytes.length);
  writer.bytes(bytes);
}
