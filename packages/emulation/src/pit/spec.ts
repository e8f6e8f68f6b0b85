/** Registers of the 8254 (Intel 8254, Programming) and of system port B (82371AB PIIX4, NMI Status and Control). */

/** Ticks a second. */
export const PIT_HZ = 1_193_182;

/** Offset of the control word; 0–2 are the counters. */
export const CONTROL = 3;

/** Which bytes of a counter are read and written. */
export const Access = { LATCH: 0, LOW: 1, HIGH: 2, BOTH: 3 } as const;

/** Read-back: a control word for "counter 3"; the two latch bits are active when low. */
export const ReadBack = { SELECT: 3, NOT_COUNT: 0x20, NOT_STATUS: 0x10 } as const;

export const Status = { OUT: 0x80, NULL_COUNT: 0x40 } as const;

/** System port B, 61h on a PC. */
export const PortB = { GATE2: 0x01, SPEAKER: 0x02, WRITABLE: 0x0f, REFRESH: 0x10, OUT2: 0x20 } as const;

/** Memory refresh toggles its bit this often. */
export const REFRESH_NS = 15_085;
