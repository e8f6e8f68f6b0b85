/** Numbers of the remote framebuffer protocol. RFC 6143; the numbers behind it as the RFB community registers them. */

/** What a client may choose to prove who it is. */
export const Security = { NONE: 1, VNC_PASSWORD: 2 } as const;

/** First byte of what a client sends. */
export const ClientMessage = {
  SET_PIXEL_FORMAT: 0,
  SET_ENCODINGS: 2,
  FRAMEBUFFER_UPDATE_REQUEST: 3,
  KEY_EVENT: 4,
  POINTER_EVENT: 5,
  CLIENT_CUT_TEXT: 6,
  /** The second byte tells what it is. */
  QEMU: 255,
} as const;

/** Second byte of a QEMU message. */
export const QEMU_EXTENDED_KEY_EVENT = 0;

/** First byte of what the server sends. */
export const ServerMessage = { FRAMEBUFFER_UPDATE: 0, SET_COLOUR_MAP_ENTRIES: 1 } as const;

/** How pixels of a rectangle are written. */
export const Encoding = { RAW: 0, COPY_RECT: 1, HEXTILE: 5, ZRLE: 16 } as const;

/** What a client can do besides, said in the list of its encodings; most come back as a rectangle. */
export const PseudoEncoding = {
  /** The screen's size may change. */
  DESKTOP_SIZE: -223,
  /** The client draws the pointer. */
  CURSOR: -239,
  /** Keys with their scan codes. */
  QEMU_EXTENDED_KEY_EVENT: -258,
  /** More than eight bits of buttons. */
  EXTENDED_MOUSE_BUTTONS: -316,
} as const;

/** Length of a version in the handshake, such as "RFB 003.008" and a newline. */
export const VERSION_BYTES = 12;

/** Bytes that a password is proved with. */
export const CHALLENGE_BYTES = 16;
