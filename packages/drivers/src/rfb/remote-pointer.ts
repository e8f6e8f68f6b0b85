/** One client's pointer: buttons and wheel come as bits of one mask. RFC 6143, PointerEvent; Extended Mouse Buttons. */

import type { Pointer, PointerButton, ScreenSize } from '../input/pointer.ts';

const BUTTONS: readonly (readonly [bit: number, button: PointerButton])[] = [
  [0x001, 'left'],
  [0x002, 'middle'],
  [0x004, 'right'],
  [0x080, 'back'],
  [0x100, 'forward'],
];
/** The wheel is two buttons: each press is a notch. */
const WHEEL_UP = 0x008;
const WHEEL_DOWN = 0x010;

/** Moves the guest's pointer, and lets go of its buttons when the client goes. */
export class RemotePointer {
  readonly #pointer: Pointer;
  #mask = 0;
  #x = -1;
  #y = -1;

  constructor(pointer: Pointer) {
    this.#pointer = pointer;
  }

  /** Where the pointer is, in pixels of a screen, and which buttons are down. */
  event(x: number, y: number, mask: number, screen: ScreenSize): void {
    if (x !== this.#x || y !== this.#y) {
      this.#x = x;
      this.#y = y;
      this.#pointer.moveToPixel(x, y, screen);
    }
    this.#buttons(mask);
  }

  /** The client is gone. */
  releaseAll(): void {
    this.#buttons(0);
  }

  #buttons(mask: number): void {
    const changed = mask ^ this.#mask;
    this.#mask = mask;
    for (const [bit, button] of BUTTONS) {
      if ((changed & bit) === 0) continue;
      if ((mask & bit) === 0) this.#pointer.release(button);
      else this.#pointer.press(button);
    }
    if ((changed & mask & WHEEL_UP) !== 0) this.#pointer.scroll(1);
    if ((changed & mask & WHEEL_DOWN) !== 0) this.#pointer.scroll(-1);
  }
}
