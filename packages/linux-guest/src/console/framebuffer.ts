/** A screen as a kernel shows it to programs: pixels to write, and a call that says which were written. */

import type { Resolution, VideoRectangle } from '@viridian/vsc/video';

/** What a driver gives: a display with a mode. */
export interface DisplayDevice {
  /** Pixels of the mode, row behind row, 4 bytes each: blue, green, red, unused. */
  readonly pixels: Uint8Array<ArrayBufferLike>;
  readonly mode: Resolution;
  drawn(rectangle: VideoRectangle): boolean;
}

/** A framebuffer, `fb0`. */
export class GuestFramebuffer {
  readonly #device: DisplayDevice;

  constructor(device: DisplayDevice) {
    this.#device = device;
  }

  get widthPixels(): number {
    return this.#device.mode.widthPixels;
  }

  get heightPixels(): number {
    return this.#device.mode.heightPixels;
  }

  /** What the screen shows: row behind row, 4 bytes a pixel: blue, green, red, unused. Writing is drawing. */
  get pixels(): Uint8Array<ArrayBufferLike> {
    return this.#device.pixels;
  }

  /** Tells the host what was drawn; all of it unless told otherwise. False when it does not want to know. */
  drawn(rectangle?: VideoRectangle): boolean {
    const { widthPixels, heightPixels } = this;
    return this.#device.drawn(rectangle ?? { left: 0, top: 0, right: widthPixels, bottom: heightPixels });
  }

  /** Fills a rectangle, which is cut to the screen, with one colour, e.g. 0xff0000 for red, and tells the host. */
  fill({ left, top, right, bottom }: VideoRectangle, colour: number): void {
    const { widthPixels, heightPixels, pixels } = this;
    const [first, last] = [Math.max(0, left), Math.min(widthPixels, right)];
    const [upper, lower] = [Math.max(0, top), Math.min(heightPixels, bottom)];
    if (first >= last || upper >= lower) return;
    const words = new Uint32Array(pixels.buffer, pixels.byteOffset, widthPixels * heightPixels);
    for (let row = upper; row < lower; row += 1) {
      words.fill(colour, row * widthPixels + first, row * widthPixels + last);
    }
    this.drawn({ left: first, top: upper, right: last, bottom: lower });
  }
}
