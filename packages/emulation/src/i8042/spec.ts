/** The keyboard controller and PS/2 devices (Intel 8042 in the IBM PS/2 Technical Reference, Keyboard and Auxiliary Device). */

/** Offsets of the two ports, 60h and 64h on a PC. */
export const Port = { DATA: 0, COMMAND: 1 } as const;

export const Status = { OUTPUT_FULL: 0x01, SYSTEM: 0x04, COMMAND: 0x08, UNLOCKED: 0x10, AUX: 0x20 } as const;

/** Controller configuration. */
export const Config = {
  KEYBOARD_IRQ: 0x01,
  MOUSE_IRQ: 0x02,
  KEYBOARD_OFF: 0x10,
  MOUSE_OFF: 0x20,
  /** Interrupts off until a driver comes, translation to scan code set 1 on, mouse off. */
  AT_RESET: 0x64,
} as const;

export const Command = {
  READ_CONFIG: 0x20,
  WRITE_CONFIG: 0x60,
  MOUSE_OFF: 0xa7,
  MOUSE_ON: 0xa8,
  TEST_MOUSE: 0xa9,
  TEST: 0xaa,
  TEST_KEYBOARD: 0xab,
  KEYBOARD_OFF: 0xad,
  KEYBOARD_ON: 0xae,
  ECHO_KEYBOARD: 0xd2,
  ECHO_MOUSE: 0xd3,
  TO_MOUSE: 0xd4,
  RESET: 0xfe,
} as const;

export const ACK = 0xfa;
export const RESEND = 0xfe;

/** Bytes that each device keeps for the guest. */
export const QUEUE_BYTES = 32;
