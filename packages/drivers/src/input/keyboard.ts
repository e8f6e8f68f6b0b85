/** The parent's side of a guest's keyboard: keys by name, text, chords; lights in return. */

import { counters, type Inspectable, type InspectNode } from '@viridian/trace';
import { SCAN_CODES } from './key-codes.ts';
import { usKey } from './us-layout.ts';

/** One step of a keystroke in scan code set 1. */
export interface KeyEvent {
  /** Without the break bit. */
  readonly makeCode: number;
  readonly prefix: 0 | 0xe0 | 0xe1;
  /** The key went up. */
  readonly isBreak: boolean;
}

/** What takes the events: a keyboard device of a guest. */
export interface KeySink {
  /** False when nobody could take the event, which is then lost. */
  key(event: KeyEvent): boolean;
}

/** The lights of a keyboard. */
export interface KeyboardLights {
  readonly scrollLock: boolean;
  readonly numLock: boolean;
  readonly capsLock: boolean;
}

const DARK: KeyboardLights = { scrollLock: false, numLock: false, capsLock: false };
/** Pause has no key-up of its own: both halves come at once. */
const PAUSE = [
  { makeCode: 0x1d, prefix: 0xe1 },
  { makeCode: 0x45, prefix: 0 },
] as const;

/**
 * A keyboard that a device is plugged into. Keys have the names of `KeyboardEvent.code` of browsers: KeyA, Enter, ArrowUp.
 * A key that is pressed while it is down repeats.
 */
export class Keyboard implements Inspectable {
  readonly counters = counters({ events: 0, lost: 0 });
  readonly #down = new Set<string>();
  #sink: KeySink | undefined;
  #lights = DARK;
  /** The guest has switched its lights. */
  onLights: ((lights: KeyboardLights) => void) | undefined;

  /** Keys that are down. */
  get pressed(): readonly string[] {
    return [...this.#down];
  }

  get lights(): KeyboardLights {
    return this.#lights;
  }

  /** Leads the events to a device, one at a time; what is returned unplugs it. Throws when there is one. */
  connect(sink: KeySink): () => void {
    if (this.#sink !== undefined) throw new Error('the keyboard has its device already');
    this.#sink = sink;
    return () => {
      if (this.#sink === sink) this.#sink = undefined;
    };
  }

  /** For the device: what the guest shows. */
  setLights(lights: KeyboardLights): void {
    this.#lights = lights;
    this.onLights?.(lights);
  }

  /** A key goes down. False when the guest does not hear it. Throws RangeError for a key that no keyboard has. */
  press(key: string): boolean {
    if (key === 'Pause') return this.#pause();
    const scanCode = scanCodeOf(key);
    this.#down.add(key);
    return this.#send({ ...scanCode, isBreak: false });
  }

  /** A key goes up. False when the guest does not hear it. Throws RangeError for a key that no keyboard has. */
  release(key: string): boolean {
    if (key === 'Pause') return true;
    const scanCode = scanCodeOf(key);
    this.#down.delete(key);
    return this.#send({ ...scanCode, isBreak: true });
  }

  /** All keys down in this order, then up in the other. False when the guest missed a part. */
  chord(...keys: readonly string[]): boolean {
    for (const key of keys) if (key !== 'Pause') scanCodeOf(key);
    let isHeard = true;
    for (const key of keys) isHeard = this.press(key) && isHeard;
    for (const key of keys.toReversed()) isHeard = this.release(key) && isHeard;
    return isHeard;
  }

  /**
   * Types text as on a US keyboard. False when the guest missed a part. Throws RangeError, before any key is pressed, for
   * a character that such a keyboard does not have.
   */
  type(text: string): boolean {
    const keys = Array.from(text.replaceAll('\r\n', '\n'), (character) => {
      const key = usKey(character);
      if (key === undefined) throw new RangeError(`no US keyboard types '${character}'`);
      return key;
    });
    let isHeard = true;
    for (const { key, isShifted } of keys) {
      isHeard = (isShifted ? this.chord('ShiftLeft', key) : this.chord(key)) && isHeard;
    }
    return isHeard;
  }

  /** Lets go of every key. */
  releaseAll(): void {
    for (const key of this.pressed) this.release(key);
  }

  inspect(): InspectNode {
    return { pressed: this.pressed.join(' '), lights: { ...this.#lights }, counters: { ...this.counters } };
  }

  #pause(): boolean {
    let isHeard = true;
    for (const isBreak of [false, true]) {
      for (const half of PAUSE) isHeard = this.#send({ ...half, isBreak }) && isHeard;
    }
    return isHeard;
  }

  #send(event: KeyEvent): boolean {
    this.counters.events += 1;
    if (this.#sink?.key(event) === true) return true;
    this.counters.lost += 1;
    return false;
  }
}

function scanCodeOf(key: string) {
  const scanCode = SCAN_CODES.get(key);
  if (scanCode === undefined) throw new RangeError(`no key is named '${key}': see KeyboardEvent.code`);
  return scanCode;
}
