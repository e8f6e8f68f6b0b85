/** The first look at a message of the guest: is it one, may a guest send it, is it long enough. */

import {
  CHANNEL_MESSAGES,
  ChannelMessageHeader,
  ChannelMessageType,
  MAX_MESSAGE_BYTES,
  minimumMessageBytes,
} from '@viridian/protocols/vmbus';

/**
 * What is wrong with a message by its type and length, as a fixed text; `undefined` when nothing is. `version` is the
 * negotiated one, `undefined` before contact.
 */
export function guestMessageFault(payload: Uint8Array, version: number | undefined): string | undefined {
  if (payload.length < ChannelMessageHeader.size) return 'message is shorter than its header';
  if (payload.length > MAX_MESSAGE_BYTES) return 'message is longer than messages are';
  const type = messageType(payload);
  const info = CHANNEL_MESSAGES[type];
  if (info === undefined) return 'message type is unknown';
  if (info.direction !== 'guest-to-host') return 'message is one of the host';
  const since = version ?? info.since;
  if (type !== ChannelMessageType.INITIATE_CONTACT && info.since > since)
    return 'message is newer than the version';
  if (payload.length < (minimumMessageBytes(type, since) ?? 0)) return 'message is too short';
  return undefined;
}

/** Type of a message that has a header. */
export function messageType(payload: Uint8Array): number {
  return viewOf(payload).getUint32(0, true);
}

/** A view over the bytes of `payload`. */
export function viewOf(payload: Uint8Array): DataView {
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
}
