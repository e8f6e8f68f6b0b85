/** A mouse of a PS/2, which grows a wheel for drivers that know the knock (IBM PS/2 Technical Reference, Auxiliary Device; Microsoft IntelliMouse). */

import { ACK, QUEUE_BYTES, RESEND, SELF_TEST_PASSED } from './spec.ts';

const MouseCommand = {
  SCALING_1: 0xe6,
  SCALING_2: 0xe7,
  RESOLUTION: 0xe8,
  STATUS: 0xe9,
  STREAM: 0xea,
  READ: 0xeb,
  END_WRAP: 0xec,
  WRAP: 0xee,
  REMOTE: 0xf0,
  IDENTIFY: 0xf2,
  RATE: 0xf3,
  ENABLE: 0xf4,
  DISABLE: 0xf5,
  DEFAULTS: 0xf6,
  RESEND: 0xfe,
  RESET: 0xff,
} as const;

/** What somebody did with the mouse. */
export interface MouseMovement {
  /** To the right, in counts. */
  readonly dx: number;
  /** Downwards, as on a screen. */
  readonly dy: number;
  /** Notches, positive away from the user. */
  readonly wheel?: number;
  /** All buttons that are down now: left 1, right 2, middle 4. */
  readonly buttons: number;
}

/** Everything volatile. */
export interface MouseState {
  /** What waits for the controller, oldest first. */
  queue: number[];
  lastSent: number;
  /** The command whose parameter comes next, or 0. */
  awaits: number;
  isReporting: boolean;
  isRemote: boolean;
  isWrapping: boolean;
  isScaling: boolean;
  resolution: number;
  rate: number;
  hasWheel: boolean;
  /** The last rates that were set, newest last: three of them make the knock. */
  knock: number[];
  buttons: number;
  /** What has not been reported yet. */
  dx: number;
  dy: number;
  wheel: number;
  isChanged: boolean;
}

/** The mouse after power-on, when it has tested itself. */
export function mouseAtReset(): MouseState {
  const idle = { queue: [], lastSent: 0, awaits: 0, knock: [], buttons: 0 };
  const moved = { dx: 0, dy: 0, wheel: 0, isChanged: false };
  return { ...idle, ...moved, ...DEFAULTS, isWrapping: false, hasWheel: false };
}

const DEFAULTS = {
  isReporting: false,
  isRemote: false,
  isScaling: false,
  resolution: 2,
  rate: 100,
} as const;

const WHEEL_KNOCK = '200,100,80';
const MOST_COUNTS = 255;
/** A guest that does not look finds at most this. */
const MOST_PENDING = 4096;

const clamp = (value: number, most: number): number => Math.max(-most, Math.min(most, Math.trunc(value)));

/** Sends movements and answers commands. */
export class Ps2Mouse {
  state = mouseAtReset();

  /** False when the guest does not listen. A movement that finds no room waits, and adds up with the next. */
  move({ dx, dy, wheel = 0, buttons }: MouseMovement): boolean {
    const { state } = this;
    if (!state.isReporting && !state.isRemote) return false;
    state.dx = clamp(state.dx + dx, MOST_PENDING);
    state.dy = clamp(state.dy + dy, MOST_PENDING);
    state.wheel = clamp(state.wheel + wheel, MOST_PENDING);
    state.buttons = buttons & 7;
    state.isChanged = true;
    this.#report();
    return true;
  }

  /** The next byte for the controller. */
  take(): number | undefined {
    const byte = this.state.queue.shift();
    if (byte === undefined) return undefined;
    this.state.lastSent = byte;
    this.#report();
    return byte;
  }

  /** A byte from the controller. */
  command(value: number): void {
    const { state } = this;
    const { awaits } = state;
    state.awaits = 0;
    if (state.isWrapping && value !== MouseCommand.RESET && value !== MouseCommand.END_WRAP)
      this.#answer(value);
    else if (awaits === MouseCommand.RATE) this.#setRate(value);
    else if (awaits === MouseCommand.RESOLUTION) this.#setResolution(value);
    else this.#command(value);
  }

  #command(value: number): void {
    const { state } = this;
    switch (value) {
      case MouseCommand.IDENTIFY:
        this.#answer(ACK, state.hasWheel ? 3 : 0);
        return;
      case MouseCommand.STATUS:
        this.#answer(ACK, this.#flags(), state.resolution, state.rate);
        return;
      case MouseCommand.READ:
        this.#answer(ACK, ...this.#packet());
        return;
      case MouseCommand.RESEND:
        this.#answer(state.lastSent);
        return;
      case MouseCommand.RESET:
        this.state = mouseAtReset();
        this.#answer(ACK, SELF_TEST_PASSED, 0);
        return;
      default:
        this.#answer(this.#setMode(value) ? ACK : RESEND);
    }
  }

  /** Commands that only change a setting; false for what is no command. */
  #setMode(value: number): boolean {
    const { state } = this;
    switch (value) {
      case MouseCommand.SCALING_1:
      case MouseCommand.SCALING_2:
        state.isScaling = value === MouseCommand.SCALING_2;
        return true;
      case MouseCommand.RESOLUTION:
      case MouseCommand.RATE:
        state.awaits = value;
        return true;
      case MouseCommand.STREAM:
      case MouseCommand.REMOTE:
        state.isRemote = value === MouseCommand.REMOTE;
        return true;
      case MouseCommand.WRAP:
      case MouseCommand.END_WRAP:
        state.isWrapping = value === MouseCommand.WRAP;
        return true;
      case MouseCommand.ENABLE:
      case MouseCommand.DISABLE:
        state.isReporting = value === MouseCommand.ENABLE;
        return true;
      case MouseCommand.DEFAULTS:
        Object.assign(state, DEFAULTS);
        return true;
      default:
        return false;
    }
  }

  #setRate(rate: number): void {
    const { state } = this;
    state.rate = rate;
    state.knock = [...state.knock, rate].slice(-3);
    if (state.knock.join() === WHEEL_KNOCK) state.hasWheel = true;
    this.#answer(ACK);
  }

  #setResolution(value: number): void {
    if (value > 3) {
      this.#answer(RESEND);
      return;
    }
    this.state.resolution = value;
    this.#answer(ACK);
  }

  #flags(): number {
    const { isRemote, isReporting, isScaling, buttons } = this.state;
    const [left, right, middle] = [buttons & 1, (buttons >> 1) & 1, (buttons >> 2) & 1];
    const modes = (isRemote ? 0x40 : 0) | (isReporting ? 0x20 : 0) | (isScaling ? 0x10 : 0);
    return modes | (left << 2) | (middle << 1) | right;
  }

  /** Streams what has happened, as long as there is room. */
  #report(): void {
    const { state } = this;
    if (!state.isReporting || state.isRemote || state.isWrapping) return;
    while (state.isChanged && state.queue.length + 4 <= QUEUE_BYTES) state.queue.push(...this.#packet());
  }

  /** As much of the movement as a packet holds. */
  #packet(): number[] {
    const { state } = this;
    const dx = clamp(state.dx, MOST_COUNTS);
    const dy = clamp(state.dy, MOST_COUNTS);
    const wheel = state.hasWheel ? clamp(state.wheel, 8) : state.wheel;
    state.dx -= dx;
    state.dy -= dy;
    state.wheel -= wheel;
    state.isChanged = state.dx !== 0 || state.dy !== 0 || state.wheel !== 0;
    const signs = (dx < 0 ? 0x10 : 0) | (-dy < 0 ? 0x20 : 0);
    const packet = [0x08 | signs | state.buttons, dx & 0xff, -dy & 0xff];
    return state.hasWheel ? [...packet, -wheel & 0xff] : packet;
  }

  /** Answers replace what is old when a guest asks without ever reading. */
  #answer(...bytes: readonly number[]): void {
    const { queue } = this.state;
    queue.push(...bytes);
    if (queue.length > QUEUE_BYTES) queue.splice(0, queue.length - QUEUE_BYTES);
  }
}
