/** The messages that the display sends. Synthetic Video Protocol. */

import type { ScreenSize } from '@viridian/drivers';
import {
  SYNTH_VID_ACCEPTED,
  SYNTH_VID_PAYLOAD_OFFSET,
  SynthVidAck,
  SynthVidBiosInfo,
  SynthVidCapability,
  SynthVidFeatureChange,
  SynthVidHeader,
  SynthVidMessageType,
  SynthVidResolution,
  SynthVidResolutionResponse,
  SynthVidVersionResponse,
} from '@viridian/protocols/synthvid';
import { monitorEdid } from './edid.ts';

function message(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const messageBytes = parts.reduce((sum, { length }) => sum + length, SYNTH_VID_PAYLOAD_OFFSET);
  const bytes = new Uint8Array(messageBytes);
  bytes.set(SynthVidHeader.bytes({ type, messageBytes }));
  let at = SYNTH_VID_PAYLOAD_OFFSET;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** VERSION_RESPONSE. */
export function versionResponse(version: number, isTaken: boolean): Uint8Array {
  const accepted = isTaken ? SYNTH_VID_ACCEPTED : 0;
  return message(
    SynthVidMessageType.VERSION_RESPONSE,
    SynthVidVersionResponse.bytes({ version, accepted, maxVideoOutputs: 1 }),
  );
}

/** VRAM_LOCATION_ACK or SITUATION_UPDATE_ACK. */
export function acknowledgement(type: number, userContext: bigint): Uint8Array {
  return message(type, SynthVidAck.bytes({ userContext }));
}

/** FEATURE_CHANGE that asks for everything. */
export function wantEverything(): Uint8Array {
  return message(
    SynthVidMessageType.FEATURE_CHANGE,
    SynthVidFeatureChange.bytes({
      isDirtNeeded: 1,
      isPointerPositionNeeded: 1,
      isPointerShapeNeeded: 1,
      isSituationNeeded: 1,
    }),
  );
}

/** RESOLUTION_RESPONSE; the first of `sizes` is the default. */
export function resolutionResponse(sizes: readonly ScreenSize[]): Uint8Array {
  const head = SynthVidResolutionResponse.bytes({
    edid: monitorEdid(),
    resolutionCount: sizes.length,
    defaultIndex: 0,
  });
  const entries = sizes.map(({ widthPixels, heightPixels }) =>
    SynthVidResolution.bytes({ width: widthPixels, height: heightPixels }),
  );
  return message(SynthVidMessageType.RESOLUTION_RESPONSE, head, ...entries);
}

/** BIOS_INFO_RESPONSE. */
export function biosInfo(): Uint8Array {
  return message(SynthVidMessageType.BIOS_INFO_RESPONSE, SynthVidBiosInfo.bytes({ stopDeviceSupported: 1 }));
}

/** CAPABILITY_RESPONSE: nothing is locked. */
export function capabilities(): Uint8Array {
  return message(SynthVidMessageType.CAPABILITY_RESPONSE, SynthVidCapability.bytes());
}
