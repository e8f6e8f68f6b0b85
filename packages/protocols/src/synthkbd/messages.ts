/** The messages of the keyboard channel, which has no pipe header. Synthetic Keyboard Protocol. */

import { pad, struct, u16, u32 } from '@viridian/wire';

/** `type` of a message. */
export const SynthKbdMessageType = {
  PROTOCOL_REQUEST: 1,
  PROTOCOL_RESPONSE: 2,
  EVENT: 3,
  LED_INDICATORS: 4,
} as const;

/** The only version there is: 1.0, major number in the high half. */
export const SYNTH_KBD_VERSION = 0x0001_0000;

/** In front of each message. */
export const SynthKbdHeader = struct('SYNTH_KBD_MSG_HDR', 4, { type: u32 });

/** The guest asks for a version. */
export const SynthKbdProtocolRequest = struct('SYNTH_KBD_PROTOCOL_REQUEST', 8, { type: u32, version: u32 });

/** Bit 0 of `status`: the version is taken. */
export const SynthKbdProtocolResponse = struct('SYNTH_KBD_PROTOCOL_RESPONSE', 8, { type: u32, status: u32 });

/** `status` of a response: the version is taken. */
export const SYNTH_KBD_ACCEPTED = 1;

/** A key went down or up. `makeCode` is of scan code set 1, without the break bit. */
export const SynthKbdKeystroke = struct('SYNTH_KBD_KEYSTROKE', 12, {
  type: u32,
  makeCode: u16,
  reserved: pad(2),
  info: u32,
});

/** Bits of `info`. */
export const KeystrokeInfo = { IS_UNICODE: 0x1, IS_BREAK: 0x2, IS_E0: 0x4, IS_E1: 0x8 } as const;

/** The guest sets the lights. Linux never does. */
export const SynthKbdLedIndicators = struct('SYNTH_KBD_LED_INDICATORS', 8, {
  type: u32,
  leds: u16,
  reserved: pad(2),
});

/** Bits of `leds`. */
export const KeyboardLed = { SCROLL_LOCK: 1, NUM_LOCK: 2, CAPS_LOCK: 4 } as const;

/** Longest message of either side. */
export const SYNTH_KBD_MAX_MESSAGE_BYTES = 256;
