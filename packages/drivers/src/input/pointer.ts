/** The parent's side of a guest's pointing device: an absolute position, five buttons, a wheel. */

import { counters, type Inspectable, type InspectNode } from '@viridian/trace';

/** A button by name. */
export type PointerButton = 'left' | 'right' | 'middle' | 'back' | 'forward';

/** What a pointing device reports. */
export interface PointerReport {
  /** A bit for each button that is down: 1 left, 2 right, 4 middle, 8 back, 16 forward. */
  readonly buttons: number;
  /** From the left edge of the screen (0) to the right one (32767). */
  readonly x: number;
  /** From the upper edge (0) to the lower one (32767). */
  readonly y: number;
  /** Notches that the wheel turned since the report before, away from the user. */
  readonly wheel: number;
}

/** What takes the reports: a pointing device of a guest. */
export interface PointerSink {
  /** False when nobody could take the report, which is then lost. */
  report(report: PointerReport): boolean;
}

/** A screen's size. */
export interface ScreenSize {
  readonly widthPixels: number;
  readonly heightPixels: number;
}

/** Largest coordinate. */
export const POINTER_MAX = 32767;
const WHEEL_MAX = 127;
const BUTTONS: Readonly<Record<PointerButton, number>> = {
  left: 1,
  right: 2,
  middle: 4,
  back: 8,
  forward: 16,
};

/** A pointing device of one guest; positions outside the screen are brought to its edge. */
export class Pointer implements Inspectable {
  readonly counters = counters({ reports: 0, lost: 0 });
  #sink: PointerSink | undefined;
  #buttons = 0;
  #x = 0;
  #y = 0;

  /** Leads the reports to a device; what is returned unplugs it. Throws when there is one. */
  connect(sink: PointerSink): () => void {
    if (this.#sink !== undefined) throw new Error('the pointer has its device already');
    this.#sink = sink;
    return () => {
      if (this.#sink === sink) this.#sink = undefined;
    };
  }

  /** To a place in units of 1/32767 of the screen. False when the guest does not hear of it, as with all below. */
  moveTo(x: number, y: number): boolean {
    this.#x = clamp(x, 0, POINTER_MAX);
    this.#y = clamp(y, 0, POINTER_MAX);
    return this.#send(0);
  }

  /** To the middle of a pixel of a screen of a known size. */
  moveToPixel(column: number, row: number, { widthPixels, heightPixels }: ScreenSize): boolean {
    const scale = (at: number, size: number): number => (at * POINTER_MAX) / Math.max(1, size - 1);
    return this.moveTo(scale(column, widthPixels), scale(row, heightPixels));
  }

  press(button: PointerButton): boolean {
    this.#buttons |= BUTTONS[button];
    return this.#send(0);
  }

  release(button: PointerButton): boolean {
    this.#buttons &= ~BUTTONS[button];
    return this.#send(0);
  }

  /** Press and release where the pointer is. */
  click(button: PointerButton = 'left'): boolean {
    const isHeard = this.press(button);
    return this.release(button) && isHeard;
  }

  /** Turns the wheel by whole notches, at most 127 either way; away from the user is positive. */
  scroll(notches: number): boolean {
    return this.#send(clamp(notches, -WHEEL_MAX, WHEEL_MAX));
  }

  inspect(): InspectNode {
    return { x: this.#x, y: this.#y, buttons: this.#buttons, counters: { ...this.counters } };
  }

  #send(wheel: number): boolean {
    this.counters.reports += 1;
    if (this.#sink?.report({ buttons: this.#buttons, x: this.#x, y: this.#y, wheel }) === true) return true;
    this.counters.lost += 1;
    return false;
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, Math.round(value) || 0));
}
