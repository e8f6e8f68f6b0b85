/** Somebody at a VNC client that was not written here: `vnc-rfb-client`. */

import { once } from 'node:events';
import VncClient from 'vnc-rfb-client';

/** How pixels are to come. */
export type VncEncoding = 'raw' | 'hextile' | 'zrle';

const { encodings } = VncClient.consts;
/** Requests a second. */
const FPS = 20;

/** Its diary is of no interest. */
class QuietClient extends VncClient {
  override _log(): void {}
}

/** Connects when it is to look. */
export class VncViewer {
  readonly #client: VncClient;
  readonly #port: number;
  readonly #encoding: VncEncoding;

  constructor(port: number, encoding: VncEncoding) {
    this.#port = port;
    this.#encoding = encoding;
    this.#client = new QuietClient({ encodings: [encodings[encoding], encodings.raw], fps: FPS });
  }

  /** The first picture that it sees: 4 bytes a pixel, blue, green, red, anything. */
  async picture(): Promise<Uint8Array> {
    this.#client.connect({ host: '127.0.0.1', port: this.#port });
    await once(this.#client, 'firstFrameUpdate');
    const { fb } = this.#client;
    if (this.#encoding === 'raw') return fb;
    // Pixels that did not come raw it keeps with red in front.
    const pixels = new Uint8Array(fb.length);
    for (let at = 0; at < fb.length; at += 4) pixels.set([fb[at + 2]!, fb[at + 1]!, fb[at]!], at);
    return pixels;
  }

  /** Keysyms, each down and up. */
  type(...keysyms: number[]): void {
    for (const keysym of keysyms) {
      this.#client.sendKeyEvent(keysym, true);
      this.#client.sendKeyEvent(keysym, false);
    }
  }

  /** A click of the right button at a pixel, and a notch of the wheel towards the user. */
  click(x: number, y: number): void {
    this.#client.sendPointerEvent(x, y, false, false, true);
    this.#client.sendPointerEvent(x, y);
    this.#client.sendPointerEvent(x, y, false, false, false, false, true);
    this.#client.sendPointerEvent(x, y);
  }

  close(): void {
    this.#client.disconnect();
  }
}
