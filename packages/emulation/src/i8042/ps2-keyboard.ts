/** A keyboard of a PS/2 (IBM PS/2 Technical Reference, Keyboard, Commands from the system). */

import { type Key, keyBytes, type ScanCodeSet } from './scan-codes.ts';
import { ACK, QUEUE_BYTES, RESEND, SELF_TEST_PASSED } from './spec.ts';

const KeyboardCommand = {
  LAMPS: 0xed,
  ECHO: 0xee,
  SCAN_CODE_SET: 0xf0,
  IDENTIFY: 0xf2,
  REPEAT_RATE: 0xf3,
  ENABLE: 0xf4,
  DISABLE: 0xf5,
  DEFAULTS: 0xf6,
  RESEND: 0xfe,
  RESET: 0xff,
} as const;

/** Everything volatile. */
export interface KeyboardState {
  /** What waits for the controller, oldest first. */
  queue: number[];
  lastSent: number;
  /** The command whose parameter comes next, or 0. */
  awaits: number;
  isScanning: boolean;
  set: ScanCodeSet;
  /** Scroll lock 1, num lock 2, caps lock 4. */
  lamps: number;
}

/** The keyboard after power-on, when it has tested itself. */
export function keyboardAtReset(): KeyboardState {
  return { queue: [], lastSent: 0, awaits: 0, isScanning: true, set: 2, lamps: 0 };
}

/** Sends keys and answers commands. The repeat rate is accepted; whoever holds a key down repeats it. */
export class Ps2Keyboard {
  state = keyboardAtReset();

  /** False when the guest does not listen or has no room: the key is lost as a whole. */
  key(key: Key, isPressed: boolean): boolean {
    const { state } = this;
    const bytes = keyBytes(key, isPressed, state.set);
    if (!state.isScanning || state.queue.length + bytes.length > QUEUE_BYTES) return false;
    state.queue.push(...bytes);
    return true;
  }

  /** The next byte for the controller. */
  take(): number | undefined {
    const byte = this.state.queue.shift();
    if (byte !== undefined) this.state.lastSent = byte;
    return byte;
  }

  /** A byte from the controller. */
  command(value: number): void {
    const { state } = this;
    const { awaits } = state;
    state.awaits = 0;
    if (awaits !== 0) this.#answer(...this.#parameter(awaits, value));
    else this.#command(value);
  }

  #command(value: number): void {
    const { state } = this;
    switch (value) {
      case KeyboardCommand.LAMPS:
      case KeyboardCommand.SCAN_CODE_SET:
      case KeyboardCommand.REPEAT_RATE:
        state.awaits = value;
        this.#answer(ACK);
        break;
      case KeyboardCommand.ECHO:
        this.#answer(KeyboardCommand.ECHO);
        break;
      case KeyboardCommand.IDENTIFY:
        this.#answer(ACK, 0xab, 0x83);
        break;
      case KeyboardCommand.ENABLE:
        state.isScanning = true;
        this.#answer(ACK);
        break;
      case KeyboardCommand.DISABLE:
      case KeyboardCommand.DEFAULTS:
        Object.assign(state, { ...keyboardAtReset(), lamps: state.lamps, lastSent: state.lastSent });
        state.isScanning = value === KeyboardCommand.DEFAULTS;
        this.#answer(ACK);
        break;
      case KeyboardCommand.RESEND:
        this.#answer(state.lastSent);
        break;
      case KeyboardCommand.RESET:
        this.state = keyboardAtReset();
        this.#answer(ACK, SELF_TEST_PASSED);
        break;
      default:
        this.#answer(RESEND);
    }
  }

  /** Answers the parameter of a command. Set 3 is not offered: Linux then goes on with set 2. */
  #parameter(command: number, value: number): number[] {
    const { state } = this;
    if (command === KeyboardCommand.LAMPS) state.lamps = value & 7;
    if (command !== KeyboardCommand.SCAN_CODE_SET) return [ACK];
    if (value === 0) return [ACK, state.set];
    if (value !== 1 && value !== 2) return [RESEND];
    state.set = value;
    return [ACK];
  }

  /** Answers replace what is old when a guest asks without ever reading. */
  #answer(...bytes: readonly number[]): void {
    const { queue } = this.state;
    queue.push(...bytes);
    if (queue.length > QUEUE_BYTES) queue.splice(0, queue.length - QUEUE_BYTES);
  }
}
