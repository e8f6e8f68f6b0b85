/** Keys and pointers of a kernel: whoever wants them hears those of all devices, as programs of one seat do. */

import type { Keystroke } from '@viridian/vsc/keyboard';
import type { MouseMove } from '@viridian/vsc/mouse';

/** The input devices together. */
export class InputLayer {
  /** A key of any keyboard went down, again down, or up. */
  onKey: ((keystroke: Keystroke) => void) | undefined;
  /** Any pointer moved, or its buttons or wheel did. */
  onPointer: ((move: MouseMove) => void) | undefined;
  readonly #devices = new Set<string>();

  /** Names of the devices, in the order in which they came. */
  get devices(): readonly string[] {
    return [...this.#devices];
  }

  /** For drivers: a device came. */
  add(name: string): void {
    this.#devices.add(name);
  }

  /** For drivers: a device went. */
  remove(name: string): void {
    this.#devices.delete(name);
  }
}
