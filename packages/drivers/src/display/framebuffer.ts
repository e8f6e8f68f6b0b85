/** The parent's side of a guest's screen: what is on it, as pixels, and what changes. */

import { counters, type Disposer, type Inspectable, type InspectNode } from '@viridian/trace';
import type { ScreenSize } from '../input/pointer.ts';
import { intersection, type Rectangle } from './rectangle.ts';

/** What a display device shows: pixels that somewhere are kept up to date. */
export interface Scanout extends ScreenSize {
  /**
   * Copies a rectangle that lies on the screen into `into`, row behind row, 4 bytes a pixel: blue, green, red, unused.
   * False when the pixels cannot be reached any more.
   */
  read(rectangle: Rectangle, into: Uint8Array): boolean;
}

/** Pixels of a screen or a part of it: row behind row, 4 bytes a pixel: blue, green, red, unused. */
export interface Picture extends ScreenSize {
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** A mouse pointer that is drawn over the picture. */
export interface PointerShape extends ScreenSize {
  readonly hotX: number;
  readonly hotY: number;
  /** Blue, green, red, alpha; with `isArgb` false an AND mask and an XOR mask of one bit a pixel. */
  readonly isArgb: boolean;
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** Where the guest has its mouse pointer. */
export interface PointerPosition {
  readonly isVisible: boolean;
  readonly x: number;
  readonly y: number;
}

/** Who wants to know of changes. */
export interface FramebufferWatcher {
  /** Another size, or the screen went on or off; all of it is dirty. */
  modeChanged?(size: ScreenSize | undefined): void;
  /** Pixels may have changed; never empty, never outside the screen. */
  dirtied?(rectangle: Rectangle): void;
  pointerMoved?(position: PointerPosition): void;
  pointerShaped?(shape: PointerShape): void;
}

const BYTES_PER_PIXEL = 4;

/** A screen that a display device shows itself on. Nothing is copied until somebody asks for pixels. */
export class Framebuffer implements Inspectable {
  readonly counters = counters({ modes: 0, rectangles: 0 });
  readonly #watchers = new Set<FramebufferWatcher>();
  #scanout: Scanout | undefined;
  #pointer: PointerPosition = { isVisible: false, x: 0, y: 0 };
  #shape: PointerShape | undefined;

  /** Undefined while the screen is dark. */
  get size(): ScreenSize | undefined {
    const scanout = this.#scanout;
    return scanout && { widthPixels: scanout.widthPixels, heightPixels: scanout.heightPixels };
  }

  get pointer(): PointerPosition {
    return this.#pointer;
  }

  get pointerShape(): PointerShape | undefined {
    return this.#shape;
  }

  /** Hears of changes until disposed of. */
  watch(watcher: FramebufferWatcher): Disposer {
    this.#watchers.add(watcher);
    const stop = (): void => void this.#watchers.delete(watcher);
    return Object.assign(stop, { [Symbol.dispose]: stop });
  }

  /** The pixels as they are now; of the whole screen unless told otherwise. Undefined while it is dark. */
  picture(part?: Rectangle): Picture | undefined {
    const scanout = this.#scanout;
    if (scanout === undefined) return undefined;
    const all = wholeOf(scanout);
    const rectangle = part === undefined ? all : intersection(part, all);
    if (rectangle === undefined) return undefined;
    const widthPixels = rectangle.right - rectangle.left;
    const heightPixels = rectangle.bottom - rectangle.top;
    const pixels = new Uint8Array(widthPixels * heightPixels * BYTES_PER_PIXEL);
    return scanout.read(rectangle, pixels) ? { widthPixels, heightPixels, pixels } : undefined;
  }

  /**
   * Copies pixels of a part of the screen as they are now, without making a picture: see {@link Picture}. False when not
   * all of the part is on the screen, or its pixels cannot be reached.
   */
  read(part: Rectangle, into: Uint8Array): boolean {
    const scanout = this.#scanout;
    if (scanout === undefined || part.left < 0 || part.top < 0) return false;
    if (part.right > scanout.widthPixels || part.bottom > scanout.heightPixels) return false;
    return scanout.read(part, into);
  }

  /** For the device: shows something else, or with undefined nothing. */
  show(scanout: Scanout | undefined): void {
    this.#scanout = scanout;
    this.counters.modes += 1;
    for (const watcher of this.#watchers) watcher.modeChanged?.(this.size);
    if (scanout !== undefined) this.dirtied(wholeOf(scanout));
  }

  /** For the device: pixels may have changed; what lies outside the screen is ignored. */
  dirtied(rectangle: Rectangle): void {
    const onScreen = this.#scanout && intersection(rectangle, wholeOf(this.#scanout));
    if (onScreen === undefined) return;
    this.counters.rectangles += 1;
    for (const watcher of this.#watchers) watcher.dirtied?.(onScreen);
  }

  /** For the device: the pointer's place. */
  movePointer(position: PointerPosition): void {
    this.#pointer = position;
    for (const watcher of this.#watchers) watcher.pointerMoved?.(position);
  }

  /** For the device: the pointer's looks. */
  shapePointer(shape: PointerShape): void {
    this.#shape = shape;
    for (const watcher of this.#watchers) watcher.pointerShaped?.(shape);
  }

  inspect(): InspectNode {
    const { size } = this;
    return {
      size: size === undefined ? 'dark' : `${size.widthPixels}×${size.heightPixels}`,
      pointer: { ...this.#pointer },
      watchers: this.#watchers.size,
      counters: { ...this.counters },
    };
  }
}

function wholeOf({ widthPixels, heightPixels }: ScreenSize): Rectangle {
  return { left: 0, top: 0, right: widthPixels, bottom: heightPixels };
}
