/** Registers of the I/O APIC (Intel 82093AA; version 20h as in later chipsets, EOI Register). */

/** Offsets in the 4 KiB window; all others are reserved. */
export const Reg = { INDEX: 0x00, DATA: 0x10, EOI: 0x40 } as const;

/** Registers behind index and data. */
export const Indirect = { ID: 0, VERSION: 1, ARBITRATION: 2, REDIRECTION: 0x10 } as const;

export const PINS = 24;

/** Version 20h with 24 pins. */
export const VERSION: number = ((PINS - 1) << 16) | 0x20;

/** Low half of a redirection entry. */
export const Entry = {
  VECTOR: 0xff,
  MODE_SHIFT: 8,
  LOGICAL: 0x800,
  REMOTE_IRR: 0x4000,
  LEVEL: 0x8000,
  MASKED: 0x1_0000,
  WRITABLE: 0x1_afff,
} as const;
