/** One client's keys on the guest's keyboard, which others may share. */

import { SCAN_CODES } from '../input/key-codes.ts';
import type { Keyboard } from '../input/keyboard.ts';
import { characterKey, namedKey } from './keysyms.ts';

/** What all clients of a keyboard know of it. */
export interface KeyboardLocks {
  /** Capital letters come without Shift. */
  isCapsLocked: boolean;
}

const SHIFTS = ['ShiftLeft', 'ShiftRight'];
/** Level 3 and group shifts choose characters on the client's keyboard; the guest gets the characters. */
const LEVEL_SHIFTS: ReadonlySet<number> = new Set([0xfe03, 0xfe0b, 0xff7e]);
const LETTER = /^Key[A-Z]$/;

/** Keys by the scan codes that QEMU's clients send: set 1, with bit 7 for the prefix E0. */
const BY_SCAN_CODE: ReadonlyMap<number, string> = new Map([
  ...Array.from(SCAN_CODES, ([name, { makeCode, prefix }]): [number, string] => [
    prefix === 0 ? makeCode : makeCode | 0x80,
    name,
  ]),
  // With Control, Pause has a code of its own, which clients send for either.
  [0xc6, 'Pause'],
  [0x54, 'PrintScreen'],
]);

/** Presses keys, and lets go of its own when the client goes. */
export class RemoteKeyboard {
  readonly #keyboard: Keyboard;
  readonly #locks: KeyboardLocks;
  readonly #held = new Set<string>();

  constructor(keyboard: Keyboard, locks: KeyboardLocks) {
    this.#keyboard = keyboard;
    this.#locks = locks;
  }

  /**
   * A key by what it means to the client. A character comes as on a US keyboard, with Shift when it needs it, whatever
   * the client's keyboard looks like. False for a key that the guest's keyboard does not have.
   */
  keysym(keysym: number, isDown: boolean): boolean {
    if (LEVEL_SHIFTS.has(keysym)) return true;
    const named = namedKey(keysym);
    if (named !== undefined) {
      this.#named(named, isDown);
      return true;
    }
    const typed = characterKey(keysym);
    if (typed === undefined) return false;
    if (!isDown) this.#release(typed.key);
    else {
      const isShiftTurned = this.#locks.isCapsLocked && LETTER.test(typed.key);
      this.#pressShifted(typed.key, typed.isShifted !== isShiftTurned);
    }
    return true;
  }

  /** A key by its place: its scan code as QEMU's clients send it. False when no key has it. */
  scanCode(code: number, isDown: boolean): boolean {
    const key = BY_SCAN_CODE.get(code);
    if (key === undefined) return false;
    this.#named(key, isDown);
    return true;
  }

  /** The client is gone. */
  releaseAll(): void {
    for (const key of this.#held) this.#release(key);
  }

  #named(key: string, isDown: boolean): void {
    if (!isDown) this.#release(key);
    else {
      if (key === 'CapsLock' && !this.#held.has(key)) this.#locks.isCapsLocked = !this.#locks.isCapsLocked;
      this.#press(key);
    }
  }

  #press(key: string): void {
    this.#held.add(key);
    this.#keyboard.press(key);
  }

  #release(key: string): void {
    // A client that was not there when the key went down, or sends its end twice, changes nothing.
    if (this.#held.delete(key)) this.#keyboard.release(key);
  }

  /** Presses a key with Shift down or up, and Shift back to where it was. */
  #pressShifted(key: string, isShifted: boolean): void {
    const down = this.#keyboard.pressed.filter((pressed) => SHIFTS.includes(pressed));
    if (isShifted && down.length === 0) {
      this.#keyboard.press('ShiftLeft');
      this.#press(key);
      this.#keyboard.release('ShiftLeft');
    } else if (!isShifted && down.length > 0) {
      for (const shift of down) this.#keyboard.release(shift);
      this.#press(key);
      for (const shift of down) this.#keyboard.press(shift);
    } else this.#press(key);
  }
}
