/** Where things are on a 440BX board with one PIIX4 (82443BX and 82371AB data sheets; PC/AT conventions). */

/** First ports, or addresses, of what the board maps. */
export const Place = {
  PIC_FIRST: 0x20,
  PIC_SECOND: 0xa0,
  PIC_EDGE_LEVEL: 0x4d0,
  PIT: 0x40,
  I8042_DATA: 0x60,
  SYSTEM_PORT_B: 0x61,
  I8042_COMMAND: 0x64,
  RTC: 0x70,
  SYSTEM_PORT_A: 0x92,
  PM: 0x400,
  PCI: 0xcf8,
  IO_APIC: 0xfec0_0000,
} as const;

/** Serial ports COM1 to COM4. */
export const SERIAL_PORTS = [
  { port: 0x3f8, irq: 4 },
  { port: 0x2f8, irq: 3 },
  { port: 0x3e8, irq: 4 },
  { port: 0x2e8, irq: 3 },
] as const;

export const Irq = {
  TIMER: 0,
  KEYBOARD: 1,
  RTC: 8,
  SCI: 9,
  MOUSE: 12,
  IDE_PRIMARY: 14,
  IDE_SECONDARY: 15,
} as const;

/** Pin of the I/O APIC for the timer, whose IRQ 0 belongs to nobody there. */
export const TIMER_PIN = 2;

/** IRQs that PCI functions and ACPI share: level-triggered, as firmware leaves ELCR. */
export const LEVEL_IRQS = [9, 10, 11] as const;

/** Where PCI devices may have memory: from the end of low RAM to the I/O APIC. */
export const PCI_HOLE = { first: 0xf800_0000, last: 0xfebf_ffff } as const;

/** Interrupt of a pin (0–3) of a PCI device: two level-triggered ones in turn. */
export function pciGsi(device: number, pin: number): number {
  return 10 + ((device + pin) & 1);
}
