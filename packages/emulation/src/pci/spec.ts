/** Configuration mechanism 1 and the common header (PCI Local Bus Specification, Configuration Space). */

/** Ports of the block, counted from CF8h. */
export const Port = { ADDRESS: 0, RESET_CONTROL: 1, DATA: 4 } as const;

export const Address = { ENABLE: 0x8000_0000, WRITABLE: 0x80ff_fffc } as const;

/** Offsets in the header. */
export const Header = {
  VENDOR: 0x00,
  DEVICE: 0x02,
  COMMAND: 0x04,
  STATUS: 0x06,
  REVISION: 0x08,
  CLASS: 0x09,
  HEADER_TYPE: 0x0e,
  BAR0: 0x10,
  SUBSYSTEM: 0x2c,
  INTERRUPT_LINE: 0x3c,
  INTERRUPT_PIN: 0x3d,
} as const;

export const Command = { IO: 0x1, MEMORY: 0x2, MASTER: 0x4 } as const;

/** In the header type: there are more functions than 0. */
export const MULTIFUNCTION = 0x80;

/** Bytes of a function's configuration space. */
export const CONFIG_BYTES = 256;
