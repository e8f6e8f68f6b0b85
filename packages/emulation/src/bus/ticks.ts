/** Ticks of a counter that has run since the board was switched on, without rounding errors however long that is. */

const NS_PER_SECOND = 1_000_000_000;

/** Whole ticks at `hz` until a time. */
export function ticksAt(ns: number, hz: number): number {
  const seconds = Math.floor(ns / NS_PER_SECOND);
  return seconds * hz + Math.floor(((ns - seconds * NS_PER_SECOND) * hz) / NS_PER_SECOND);
}

/** The first time at which {@link ticksAt} gives `tick`. */
export function nsAt(tick: number, hz: number): number {
  const seconds = Math.floor(tick / hz);
  return seconds * NS_PER_SECOND + Math.ceil(((tick - seconds * hz) * NS_PER_SECOND) / hz);
}
