/** The keyboard controller (Intel 8042 in the IBM PS/2 Technical Reference, Keyboard and Auxiliary Device Controller). */

/** Offsets of the two ports, 60h and 64h on a PC. */
export const Port = { DATA: 0, COMMAND: 1 } as const;

export const Status = { OUTPUT_FULL: 0x01, SYSTEM: 0x04, COMMAND: 0x08, UNLOCKED: 0x10, AUX: 0x20 } as const;

/** Controller configuration: byte 0 of the controller's memory. */
export const Config = {
  KEYBOARD_IRQ: 0x01,
  MOUSE_IRQ: 0x02,
  SYSTEM: 0x04,
  KEYBOARD_OFF: 0x10,
  MOUSE_OFF: 0x20,
  TRANSLATE: 0x40,
  WRITABLE: 0x7f,
  /** Interrupts off until a driver comes, translation to scan code set 1 on, mouse off. */
  AT_RESET: 0x64,
} as const;

/** 20h–3Fh and 60h–7Fh read and write the controller's memory, of which only byte 0 exists here. */
export const Command = {
  READ_MEMORY: 0x20,
  WRITE_MEMORY: 0x60,
  MOUSE_OFF: 0xa7,
  MOUSE_ON: 0xa8,
  TEST_MOUSE: 0xa9,
  TEST: 0xaa,
  TEST_KEYBOARD: 0xab,
  KEYBOARD_OFF: 0xad,
  KEYBOARD_ON: 0xae,
  READ_INPUT_PORT: 0xc0,
  READ_OUTPUT_PORT: 0xd0,
  WRITE_OUTPUT_PORT: 0xd1,
  ECHO_KEYBOARD: 0xd2,
  ECHO_MOUSE: 0xd3,
  TO_MOUSE: 0xd4,
  /** And above: the four low bits of the output port are pulsed where the command has zeros. */
  PULSE: 0xf0,
} as const;

/** Bits of commands that read or write memory which say where. */
export const MEMORY_ADDRESS = 0x1f;

/** Output port: the reset line, which is low when active, and the gate of address line 20, always open. */
export const OutputPort = { NO_RESET: 0x01, A20: 0x02, KEYBOARD_FULL: 0x10, MOUSE_FULL: 0x20 } as const;

/** The keyboard is not locked. */
export const INPUT_PORT = 0x80;

/** The controller's own test, and those of its two lines. */
export const CONTROLLER_PASSED = 0x55;
export const LINE_PASSED = 0x00;

export const ACK = 0xfa;
export const RESEND = 0xfe;
export const SELF_TEST_PASSED = 0xaa;

/** Bytes that each device keeps for the guest. */
export const QUEUE_BYTES = 32;
