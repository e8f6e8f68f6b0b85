/** One counter of the 8254, computed from the time instead of counted (Intel 8254, Mode Definitions). */

import { Access } from './spec.ts';

/** Everything volatile in one counter. Times are ticks of the counter clock since the board was switched on. */
export interface CounterState {
  mode: number;
  bcd: boolean;
  access: number;
  gate: boolean;
  /** Ticks of a whole count, or 0 when none was loaded since the control word. */
  reload: number;
  /** When the count began; meaningless while it is held. */
  startTick: number;
  /** How far the count was when it was stopped or not yet triggered, or -1 while it runs. */
  heldTicks: number;
  /** Modes 1 and 5: a trigger came since the load. */
  triggered: boolean;
  /** Rising edges of OUT since the load that were passed on. */
  risesSeen: number;
  /** The low byte of a two-byte write, or -1. */
  lowWritten: number;
  /** The next read of two gives the high byte. */
  highNext: boolean;
  /** Latched count, or -1. */
  latch: number;
  /** Latched status, or -1. */
  status: number;
}

/** A counter as after power-on, with its gate open or closed. */
export function counterAtReset(gate: boolean): CounterState {
  return {
    mode: 0,
    bcd: false,
    access: Access.BOTH,
    gate,
    reload: 0,
    startTick: 0,
    heldTicks: -1,
    triggered: false,
    risesSeen: 0,
    lowWritten: -1,
    highNext: false,
    latch: -1,
    status: -1,
  };
}

const isOneShot = (mode: number) => mode === 1 || mode === 5;
const isPeriodic = (mode: number) => mode === 2 || mode === 3;

/** Loads a count of `value`, as written: 0 stands for the largest. */
export function load(counter: CounterState, value: number, tick: number): void {
  const largest = counter.bcd ? 10_000 : 0x1_0000;
  const count = counter.bcd ? fromBcd(value) : value;
  counter.reload = count === 0 ? largest : count;
  counter.risesSeen = 0;
  counter.startTick = tick;
  counter.triggered = false;
  counter.heldTicks = counter.gate && !isOneShot(counter.mode) ? -1 : 0;
}

/** Opens or closes the gate: stops modes 0, 2, 3 and 4; a rising edge starts 1 and 5, and 2 and 3 anew. */
export function setGate(counter: CounterState, open: boolean, tick: number): void {
  if (open === counter.gate) return;
  const elapsed = elapsedTicks(counter, tick);
  counter.gate = open;
  if (isOneShot(counter.mode)) {
    if (open && counter.reload !== 0) start(counter, tick);
  } else if (!open) {
    counter.heldTicks = elapsed;
  } else if (isPeriodic(counter.mode)) {
    start(counter, tick);
  } else {
    counter.startTick = tick - elapsed;
    counter.heldTicks = -1;
  }
}

function start(counter: CounterState, tick: number): void {
  counter.startTick = tick;
  counter.heldTicks = -1;
  counter.triggered = true;
  counter.risesSeen = 0;
}

function elapsedTicks(counter: CounterState, tick: number): number {
  return counter.heldTicks >= 0 ? counter.heldTicks : tick - counter.startTick;
}

/** Level of OUT. */
export function outLevel(counter: CounterState, tick: number): boolean {
  const { mode, reload } = counter;
  if (reload === 0) return mode !== 0;
  const elapsed = elapsedTicks(counter, tick);
  switch (mode) {
    case 0:
      return elapsed >= reload;
    case 1:
      return !counter.triggered || elapsed >= reload;
    case 2:
      return !counter.gate || reload === 1 || elapsed % reload !== reload - 1;
    case 3:
      return !counter.gate || elapsed % reload < Math.ceil(reload / 2);
    default:
      return elapsed !== reload;
  }
}

/** The number that counts down, as a guest reads it. */
export function currentCount(counter: CounterState, tick: number): number {
  const { mode, reload } = counter;
  const modulus = counter.bcd ? 10_000 : 0x1_0000;
  const elapsed = elapsedTicks(counter, tick);
  let count: number;
  if (reload === 0) count = 0;
  else if (mode === 2) count = reload - (elapsed % reload);
  else if (mode === 3) count = squareWaveCount(reload, elapsed % reload);
  else count = (((reload - elapsed) % modulus) + modulus) % modulus;
  count %= modulus;
  return counter.bcd ? toBcd(count) : count;
}

/** Mode 3 counts each half of its period down by twos. */
function squareWaveCount(reload: number, phase: number): number {
  const half = Math.ceil(reload / 2);
  return (reload & ~1) - 2 * (phase < half ? phase : phase - half);
}

/** Rising edges of OUT since the load or trigger. */
export function risesUntil(counter: CounterState, tick: number): number {
  const { mode, reload } = counter;
  if (reload === 0) return 0;
  const elapsed = elapsedTicks(counter, tick);
  if (isPeriodic(mode)) return Math.floor(elapsed / reload);
  return elapsed >= reload + (mode >= 4 ? 1 : 0) ? 1 : 0;
}

/** When OUT rises next, or undefined when it will not. */
export function nextRise(counter: CounterState, tick: number): number | undefined {
  const { mode, reload, startTick } = counter;
  if (reload === 0 || counter.heldTicks >= 0) return undefined;
  if (isPeriodic(mode)) return startTick + (Math.floor((tick - startTick) / reload) + 1) * reload;
  const at = startTick + reload + (mode >= 4 ? 1 : 0);
  return at > tick ? at : undefined;
}

function fromBcd(value: number): number {
  const digit = (shift: number) => (value >> shift) & 0xf;
  return (digit(0) + digit(4) * 10 + digit(8) * 100 + digit(12) * 1000) % 10_000;
}

function toBcd(value: number): number {
  let bcd = 0;
  for (let shift = 0, rest = value; shift < 16; shift += 4, rest = Math.floor(rest / 10))
    bcd |= (rest % 10) << shift;
  return bcd;
}
