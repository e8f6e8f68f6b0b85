/** The messages of the mouse channel, each behind a pipe header. Synthetic HID Protocol. */

import { bytes, i16, pad, struct, u8, u16, u32 } from '@viridian/wire';

/** `type` of a message. */
export const SynthHidMessageType = {
  PROTOCOL_REQUEST: 0,
  PROTOCOL_RESPONSE: 1,
  INITIAL_DEVICE_INFO: 2,
  INITIAL_DEVICE_INFO_ACK: 3,
  INPUT_REPORT: 4,
} as const;

/** The version that is spoken: 2.0, major number in the high half. */
export const SYNTH_HID_VERSION = 0x0002_0000;

const header = { type: u32, payloadBytes: u32 } as const;

/** In front of each message; `payloadBytes` counts what follows. */
export const SynthHidHeader = struct('SYNTHHID_MSG_HDR', 8, header);

/** The guest asks for a version. */
export const SynthHidProtocolRequest = struct('SYNTHHID_PROTOCOL_REQUEST', 12, { ...header, version: u32 });

/** Linux takes no longer response than this. */
export const SynthHidProtocolResponse = struct('SYNTHHID_PROTOCOL_RESPONSE', 13, {
  ...header,
  version: u32,
  approved: u8,
});

/** What the device is; a HID descriptor follows, and the report descriptor behind that. */
export const SynthHidDeviceInfo = struct('SYNTHHID_DEVICE_INFO', 40, {
  ...header,
  attributesBytes: u32,
  vendor: u16,
  product: u16,
  version: u16,
  reserved: pad(22),
});

/** `attributesBytes` of a device info: attributes up to the HID descriptor. */
export const HID_ATTRIBUTES_BYTES = 32;

/** The ids by which Linux finds its driver for the synthetic mouse. */
export const HidMouseId = { VENDOR: 0x045e, PRODUCT: 0x0621 } as const;

/** HID class descriptor with one report descriptor (HID 1.11, Descriptors). */
export const HidDescriptor = struct('HID_DESCRIPTOR', 9, {
  length: u8,
  descriptorType: u8,
  hidVersion: u16,
  countryCode: u8,
  descriptorCount: u8,
  reportType: u8,
  reportBytes: u16,
});

/** Constants of the HID descriptor. */
export const HidDescriptorValue = { HID: 0x21, REPORT: 0x22, VERSION: 0x0101 } as const;

/** The guest has taken the device info: reports may come. */
export const SynthHidDeviceInfoAck = struct('SYNTHHID_DEVICE_INFO_ACK', 9, { ...header, reserved: u8 });

/** A report of the mouse that {@link MOUSE_REPORT_DESCRIPTOR} describes. Coordinates go from 0 to 32767. */
export const SynthHidMouseReport = struct('SYNTHHID_INPUT_REPORT (mouse)', 15, {
  ...header,
  report: bytes(7),
});

/** The report by itself. `wheel` is signed: +1 for a notch away from the user. */
export const MouseReport = struct('HID mouse report', 7, { buttons: u8, x: u16, y: u16, wheel: i16 });

/** Bits of `buttons`. */
export const MouseButton = { LEFT: 1, RIGHT: 2, MIDDLE: 4, FOURTH: 8, FIFTH: 16 } as const;

/** Largest coordinate of a report. */
export const MOUSE_COORDINATE_MAX = 32767;
