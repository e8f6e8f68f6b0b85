/** Registers of the 16550A (National Semiconductor PC16550D, Registers). */

/** Offsets. What stands at 0 and 1 depends on the divisor latch bit; 2 reads IIR and writes FCR. */
export const Reg = { RBR_THR: 0, IER: 1, IIR_FCR: 2, LCR: 3, MCR: 4, LSR: 5, MSR: 6, SCR: 7 } as const;

/** Interrupt enable. */
export const Ier = { RDI: 0x01, THRI: 0x02, RLSI: 0x04, MSI: 0x08, ALL: 0x0f } as const;

/** Interrupt identification: the sources from lowest to highest priority, and the sign of working FIFOs. */
export const Iir = {
  MSI: 0x00,
  NONE: 0x01,
  THRI: 0x02,
  RDI: 0x04,
  RLSI: 0x06,
  TIMEOUT: 0x0c,
  FIFOS: 0xc0,
} as const;

/** FIFO control. */
export const Fcr = { ENABLE: 0x01, CLEAR_RX: 0x02, CLEAR_TX: 0x04, TRIGGER_SHIFT: 6 } as const;

/** Line control. */
export const Lcr = { DLAB: 0x80 } as const;

/** Modem control. */
export const Mcr = { DTR: 0x01, RTS: 0x02, OUT1: 0x04, OUT2: 0x08, LOOP: 0x10, ALL: 0x1f } as const;

/** Line status. */
export const Lsr = { DR: 0x01, OE: 0x02, BI: 0x10, THRE: 0x20, TEMT: 0x40 } as const;

/** Modem status: the lines, and in the low nibble which of them changed. */
export const Msr = { TERI: 0x04, CTS: 0x10, DSR: 0x20, RI: 0x40, DCD: 0x80 } as const;

/** Bytes that start the receive interrupt, by the two highest bits of FCR. */
export const RX_TRIGGER_BYTES: readonly number[] = [1, 4, 8, 14];

/** Bytes of each FIFO. */
export const FIFO_BYTES = 16;
