/** Command words of the 8259A (Intel 8259A, Programming), and the edge/level registers (82371AB PIIX4, ELCR). */

/** Offsets in each chip's block. */
export const Reg = { COMMAND: 0, DATA: 1 } as const;

/** Bits that tell the command words at offset 0 apart: ICW1, OCW3, else OCW2. */
export const Command = { ICW1: 0x10, OCW3: 0x08 } as const;

export const Icw1 = { NEEDS_ICW4: 0x01, SINGLE: 0x02 } as const;

export const Icw4 = { AUTO_EOI: 0x02, SPECIAL_FULLY_NESTED: 0x10 } as const;

/** OCW2: the operation in bits 7–5. */
export const Ocw2 = {
  ROTATE_AUTO_CLEAR: 0,
  EOI: 1,
  EOI_SPECIFIC: 3,
  ROTATE_AUTO_SET: 4,
  EOI_ROTATE: 5,
  SET_PRIORITY: 6,
  EOI_SPECIFIC_ROTATE: 7,
} as const;

export const Ocw3 = {
  READ_ISR: 0x01,
  READ: 0x02,
  POLL: 0x04,
  SPECIAL_MASK: 0x20,
  SET_SPECIAL_MASK: 0x40,
} as const;

/** The input of the first chip that the second chip drives. */
export const CASCADE = 2;

/** IRQs 0, 1, 2, 8 and 13 are always edge-triggered. */
export const ELCR_WRITABLE: readonly [number, number] = [0xf8, 0xde];
