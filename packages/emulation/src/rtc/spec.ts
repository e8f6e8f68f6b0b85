/** Registers of the MC146818 and the PC's use of its memory (Motorola MC146818; 82371AB PIIX4, Real-Time Clock). */

export const Reg = {
  SECONDS: 0,
  SECONDS_ALARM: 1,
  MINUTES: 2,
  MINUTES_ALARM: 3,
  HOURS: 4,
  HOURS_ALARM: 5,
  WEEKDAY: 6,
  DAY: 7,
  MONTH: 8,
  YEAR: 9,
  A: 0x0a,
  B: 0x0b,
  C: 0x0c,
  D: 0x0d,
  CENTURY: 0x32,
} as const;

export const RegA = { UPDATE_IN_PROGRESS: 0x80, RATE: 0x0f, AT_RESET: 0x26 } as const;

export const RegB = { SET: 0x80, PIE: 0x40, AIE: 0x20, UIE: 0x10, BINARY: 0x04, HOURS_24: 0x02 } as const;

export const RegC = { IRQF: 0x80, PF: 0x40, AF: 0x20, UF: 0x10 } as const;

/** Register D: the battery is good. */
export const VALID_TIME = 0x80;

/** An alarm register with both high bits set matches any value. */
export const ANY = 0xc0;

/** In the hours: afternoon, with 12-hour counting. */
export const PM = 0x80;

/** Before each new second the registers must not be read for so long. */
export const UPDATE_NS = 244_000;
