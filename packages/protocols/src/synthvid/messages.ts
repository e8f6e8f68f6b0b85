/** The messages of the video channel, each behind a pipe header. Synthetic Video Protocol. */

import { bytes, i32, pad, struct, u8, u16, u32, u64, u64capped } from '@viridian/wire';

/** `type` of a message. Odd ones and the pointer's, dirt and questions come from the guest. */
export const SynthVidMessageType = {
  VERSION_REQUEST: 1,
  VERSION_RESPONSE: 2,
  VRAM_LOCATION: 3,
  VRAM_LOCATION_ACK: 4,
  SITUATION_UPDATE: 5,
  SITUATION_UPDATE_ACK: 6,
  POINTER_POSITION: 7,
  POINTER_SHAPE: 8,
  FEATURE_CHANGE: 9,
  DIRT: 10,
  BIOS_INFO_REQUEST: 11,
  BIOS_INFO_RESPONSE: 12,
  RESOLUTION_REQUEST: 13,
  RESOLUTION_RESPONSE: 14,
  CAPABILITY_REQUEST: 15,
  CAPABILITY_RESPONSE: 16,
} as const;

/** A known message type. */
export type SynthVidMessageType = (typeof SynthVidMessageType)[keyof typeof SynthVidMessageType];

/** Version number: minor in the high half, major in the low one. */
export const SynthVidVersion = { V3_0: 0x0000_0003, V3_2: 0x0002_0003, V3_5: 0x0005_0003 } as const;

/** In front of each message. `messageBytes` counts this header too, as Linux and UEFI fill it in; nobody checks it. */
export const SynthVidHeader = struct('SYNTHVID_MSG_HDR', 8, { type: u32, messageBytes: u32 });

/** Payloads begin here. */
export const SYNTH_VID_PAYLOAD_OFFSET = 8;

/** Payload of VERSION_REQUEST. */
export const SynthVidVersionRequest = struct('SYNTHVID_VERSION_REQ', 4, { version: u32 });

/** Payload of VERSION_RESPONSE. */
export const SynthVidVersionResponse = struct('SYNTHVID_VERSION_RESP', 6, {
  version: u32,
  accepted: u8,
  maxVideoOutputs: u8,
});

/** `accepted`: UEFI wants 2, Linux anything but 0. */
export const SYNTH_VID_ACCEPTED = 2;

/** Payload of VRAM_LOCATION: where the guest has placed the video memory. */
export const SynthVidVramLocation = struct('SYNTHVID_VRAM_LOCATION', 17, {
  userContext: u64,
  isVramGpaSpecified: u8,
  vramGpa: u64capped,
});

/** Payload of VRAM_LOCATION_ACK and SITUATION_UPDATE_ACK: the context of the request. */
export const SynthVidAck = struct('SYNTHVID_ACK', 8, { userContext: u64 });

/** Payload of SITUATION_UPDATE with one video output: what is shown of the video memory. */
export const SynthVidSituationUpdate = struct('SYNTHVID_SITUATION_UPDATE', 27, {
  userContext: u64,
  videoOutputCount: u8,
  active: u8,
  vramOffset: u32,
  depthBits: u8,
  widthPixels: u32,
  heightPixels: u32,
  pitchBytes: u32,
});

/** Payload of POINTER_POSITION. */
export const SynthVidPointerPosition = struct('SYNTHVID_POINTER_POSITION', 10, {
  isVisible: u8,
  videoOutput: u8,
  x: i32,
  y: i32,
});

/** Payload of POINTER_SHAPE; pixels follow. */
export const SynthVidPointerShape = struct('SYNTHVID_POINTER_SHAPE', 18, {
  partIndex: u8,
  isArgb: u8,
  widthPixels: u32,
  heightPixels: u32,
  hotX: u32,
  hotY: u32,
});

/** `partIndex` of the last or only part of a shape. */
export const POINTER_PART_LAST = 0xff;

/** Limits of a pointer's shape. */
export const PointerLimit = { WIDTH: 96, HEIGHT: 96, PART_BYTES: 8192 } as const;

/** Payload of FEATURE_CHANGE: what the guest shall send. */
export const SynthVidFeatureChange = struct('SYNTHVID_FEATURE_CHANGE', 4, {
  isDirtNeeded: u8,
  isPointerPositionNeeded: u8,
  isPointerShapeNeeded: u8,
  isSituationNeeded: u8,
});

/** Payload of DIRT; `SynthVidRectangle`s follow. */
export const SynthVidDirt = struct('SYNTHVID_DIRT', 2, { videoOutput: u8, rectangleCount: u8 });

/** Right and bottom are exclusive. */
export const SynthVidRectangle = struct('RECT', 16, { left: i32, top: i32, right: i32, bottom: i32 });

/** Payload of BIOS_INFO_RESPONSE. */
export const SynthVidBiosInfo = struct('SYNTHVID_BIOS_INFO', 16, {
  stopDeviceSupported: u32,
  reserved: pad(12),
});

/** Payload of RESOLUTION_REQUEST. */
export const SynthVidResolutionRequest = struct('SYNTHVID_SUPPORTED_RESOLUTION_REQ', 1, { maximumCount: u8 });

/** Most resolutions that Linux takes. */
export const MAX_RESOLUTIONS = 64;

/** Payload of RESOLUTION_RESPONSE; `SynthVidResolution`s follow. */
export const SynthVidResolutionResponse = struct('SYNTHVID_SUPPORTED_RESOLUTION_RESP', 131, {
  edid: bytes(128),
  resolutionCount: u8,
  defaultIndex: u8,
  isStandard: u8,
});

/** Width and height in pixels. */
export const SynthVidResolution = struct('HVD_SCREEN_INFO', 4, { width: u16, height: u16 });

/** Payload of CAPABILITY_RESPONSE. */
export const SynthVidCapability = struct('SYNTHVID_CAPABILITY_RESP', 64, {
  lockOnDisconnect: u32,
  reserved: pad(60),
});
