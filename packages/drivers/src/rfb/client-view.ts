/** What one client is still to be shown: where it waits, what changed since, and what else it is to be told. */

import { DirtyRegion } from '../display/dirty-region.ts';
import type { Framebuffer } from '../display/framebuffer.ts';
import { bounds, difference, intersection, type Rectangle } from '../display/rectangle.ts';
import type { ScreenSize } from '../input/pointer.ts';
import { PseudoEncoding } from './protocol.ts';
import type { Notice } from './update-writer.ts';

/** What a client that connects before the guest shows anything is told. */
const DARK_SCREEN: ScreenSize = { widthPixels: 1024, heightPixels: 768 };
const NOTHING = { size: false, cursor: false, keyCodes: false, buttons: false };

/** What one update is made of. */
export interface DueUpdate {
  readonly notices: readonly Notice[];
  readonly rectangles: readonly Rectangle[];
}

/** Kept up to date by whoever hears client and screen. */
export class ClientView {
  readonly #framebuffer: Framebuffer;
  readonly #dirty = new DirtyRegion();
  /** The screen as the client knows it. */
  #size: ScreenSize;
  /** Where the client waits for changes. */
  #wanted: Rectangle | undefined;
  #known: ReadonlySet<number> = new Set();
  #due = NOTHING;

  constructor(framebuffer: Framebuffer) {
    this.#framebuffer = framebuffer;
    this.#size = framebuffer.size ?? DARK_SCREEN;
    this.#addAll();
  }

  /** What the client takes the screen's size for. */
  get size(): ScreenSize {
    return this.#size;
  }

  /** The client waits for an update. */
  get isWaiting(): boolean {
    return this.#wanted !== undefined;
  }

  /** The client has said what it knows. */
  encodings(encodings: readonly number[]): void {
    this.#known = new Set(encodings);
    this.#due = {
      size: !this.#isSizeKnown(),
      cursor: true,
      keyCodes: this.#known.has(PseudoEncoding.QEMU_EXTENDED_KEY_EVENT),
      buttons: this.#known.has(PseudoEncoding.EXTENDED_MOUSE_BUTTONS),
    };
  }

  /** The client waits for changes in a part of the screen; undefined when that is none. */
  request(rectangle: Rectangle): Rectangle | undefined {
    const part = intersection(rectangle, wholeOf(this.#size));
    if (part === undefined) return undefined;
    this.#wanted = this.#wanted === undefined ? part : bounds(this.#wanted, part);
    return part;
  }

  /** The client has got what it waited for. */
  served(): void {
    this.#wanted = undefined;
  }

  /** Pixels changed. */
  dirtied(rectangle: Rectangle): void {
    const part = intersection(rectangle, wholeOf(this.#size));
    if (part !== undefined) this.#dirty.add(part);
  }

  /** The screen has another size, or went on or off. */
  modeChanged(): void {
    this.#due = { ...this.#due, size: !this.#isSizeKnown() };
    this.#addAll();
  }

  /** The pointer looks different, or has to be told again. */
  pointerChanged(): void {
    this.#due = { ...this.#due, cursor: true };
  }

  /** What is to be sent where the client waits; it is not told again. */
  take(): DueUpdate {
    const notices = this.#notices();
    // A client draws a new size's pixels when it has understood the size.
    const isResized = notices.some(({ kind }) => kind === 'size');
    return {
      notices,
      rectangles: isResized || this.#wanted === undefined ? [] : this.#takeDirty(this.#wanted),
    };
  }

  #addAll(): void {
    this.#dirty.add(wholeOf(this.#size));
  }

  #isSizeKnown(): boolean {
    const { size } = this.#framebuffer;
    const { widthPixels, heightPixels } = this.#size;
    return size === undefined || (size.widthPixels === widthPixels && size.heightPixels === heightPixels);
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
    this.#due = NOTHING;
    const { size, pointerShape: shape } = this.#framebuffer;
    if (due.keyCodes) notices.push({ kind: 'key-codes' });
    if (due.buttons) notices.push({ kind: 'buttons' });
    if (due.cursor && shape !== undefined && this.#known.has(PseudoEncoding.CURSOR)) {
      notices.push({ kind: 'cursor', shape });
    }
    if (due.size && size !== undefined && this.#known.has(PseudoEncoding.DESKTOP_SIZE)) {
      this.#size = size;
      this.#dirty.take();
      this.#addAll();
      notices.push({ kind: 'size', size });
    }
    return notices;
  }
}

function wholeOf({ widthPixels, heightPixels }: ScreenSize): Rectangle {
  return { left: 0, top: 0, right: widthPixels, bottom: heightPixels };
}
