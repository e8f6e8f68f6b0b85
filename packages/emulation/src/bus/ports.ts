/** The narrow connections between a device and the rest of the board: what it is asked, and what it may ask for. */

/** Bytes of one access. */
export type Width = 1 | 2 | 4;

/** A group of registers as the I/O bus or the memory bus reaches it. Offsets count from where the board mapped it. */
export interface RegisterBlock {
  /**
   * The widest access that the block answers as one. Wider ones arrive as bytes, lowest first, as a bridge to an 8-bit
   * card makes them. Default 1.
   */
  readonly widest?: Width;
  /** Gives the value in the lowest `width` bytes of an unsigned number. */
  readPort(offset: number, width: Width): number;
  /** `value` is unsigned and has no bits above `width` bytes. */
  writePort(offset: number, width: Width, value: number): void;
}

/** A wire to an interrupt controller. Setting it to the level it has does nothing. */
export interface InterruptLine {
  set(high: boolean): void;
}

/** Where a device puts bytes for the world outside, one by one. */
export interface ByteSink {
  write(byte: number): void;
}

/** Time that never goes back, in nanoseconds since the board was switched on. */
export interface Clock {
  nowNs(): number;
}

/** One wake-up call for a device, whose `timerFired` is called at or after the time. Arming again replaces the time. */
export interface Timer {
  arm(atNs: number): void;
  disarm(): void;
}

/** All ones in `width` bytes: what a bus reads where nobody answers. */
export function allOnes(width: Width): number {
  return width === 4 ? 0xffff_ffff : width === 2 ? 0xffff : 0xff;
}
