/** Every channel message with its direction, least size and lowest version. Channel Management Protocol. */

import { type ChannelMessageName, ChannelMessageType } from './message-types.ts';
import {
  CloseReservedChannel,
  CloseReservedChannelResponse,
  EmptyMessage,
  GpadlBody,
  GpadlCreated,
  GpadlHeader,
  GpadlTeardown,
  GpadlTorndown,
  InitiateContact,
  InitiateContact5,
  InitiateContact6,
  ModifyChannel,
  ModifyChannelResponse,
  ModifyConnection,
  ModifyConnectionResponse,
  OpenChannel,
  OpenChannelExtension,
  OpenChannelResult,
  OpenReservedChannel,
  RelIdMessage,
  TlConnectRequest,
  TlConnectResult,
  VersionResponse,
  VersionResponse6,
} from './messages.ts';
import { OFFER_BYTES_0_13, OfferChannel } from './offer.ts';
import { VmbusVersion } from './versions.ts';

/** Who sends a message. */
export type MessageDirection = 'guest-to-host' | 'host-to-guest';

/** One row of the table. */
export interface ChannelMessageInfo {
  readonly type: ChannelMessageType;
  readonly name: ChannelMessageName;
  readonly direction: MessageDirection;
  /** Least bytes in the lowest version; `minimumMessageBytes` knows what later versions add. */
  readonly minimumBytes: number;
  /** Lowest version in which the message exists. */
  readonly since: VmbusVersion;
}

function row(
  name: ChannelMessageName,
  direction: MessageDirection,
  minimumBytes: number,
  since: VmbusVersion = VmbusVersion.V0_13,
): ChannelMessageInfo {
  return { type: ChannelMessageType[name], name, direction, minimumBytes, since };
}

const TO_HOST = 'guest-to-host';
const TO_GUEST = 'host-to-guest';
const { V1_1, V4_0, V4_1, V5_3, V6_0 } = VmbusVersion;

const ROWS: readonly ChannelMessageInfo[] = [
  row('OFFER_CHANNEL', TO_GUEST, OFFER_BYTES_0_13),
  row('RESCIND_CHANNEL_OFFER', TO_GUEST, RelIdMessage.size),
  row('REQUEST_OFFERS', TO_HOST, EmptyMessage.size),
  row('ALL_OFFERS_DELIVERED', TO_GUEST, EmptyMessage.size),
  row('OPEN_CHANNEL', TO_HOST, OpenChannel.size),
  row('OPEN_CHANNEL_RESULT', TO_GUEST, OpenChannelResult.size),
  row('CLOSE_CHANNEL', TO_HOST, RelIdMessage.size),
  row('GPADL_HEADER', TO_HOST, GpadlHeader.size),
  row('GPADL_BODY', TO_HOST, GpadlBody.size),
  row('GPADL_CREATED', TO_GUEST, GpadlCreated.size),
  row('GPADL_TEARDOWN', TO_HOST, GpadlTeardown.size),
  row('GPADL_TORNDOWN', TO_GUEST, GpadlTorndown.size),
  row('REL_ID_RELEASED', TO_HOST, RelIdMessage.size),
  row('INITIATE_CONTACT', TO_HOST, InitiateContact.size),
  row('VERSION_RESPONSE', TO_GUEST, VersionResponse.size),
  row('UNLOAD', TO_HOST, EmptyMessage.size),
  row('UNLOAD_RESPONSE', TO_GUEST, EmptyMessage.size, V1_1),
  row('OPEN_RESERVED_CHANNEL', TO_HOST, OpenReservedChannel.size, V4_0),
  row('CLOSE_RESERVED_CHANNEL', TO_HOST, CloseReservedChannel.size, V4_0),
  row('CLOSE_RESERVED_CHANNEL_RESPONSE', TO_GUEST, CloseReservedChannelResponse.size, V4_0),
  row('TL_CONNECT_REQUEST', TO_HOST, TlConnectRequest.size, V4_0),
  row('MODIFY_CHANNEL', TO_HOST, ModifyChannel.size, V4_1),
  row('TL_CONNECT_RESULT', TO_GUEST, TlConnectResult.size, V4_1),
  row('MODIFY_CHANNEL_RESPONSE', TO_GUEST, ModifyChannelResponse.size, V5_3),
  row('MODIFY_CONNECTION', TO_HOST, ModifyConnection.size, V6_0),
  row('MODIFY_CONNECTION_RESPONSE', TO_GUEST, ModifyConnectionResponse.size, V6_0),
  row('PAUSE', TO_HOST, EmptyMessage.size, V6_0),
  row('PAUSE_RESPONSE', TO_GUEST, EmptyMessage.size, V6_0),
  row('RESUME', TO_HOST, EmptyMessage.size, V6_0),
];

/** Message number → row. */
export const CHANNEL_MESSAGES: Readonly<Record<number, ChannelMessageInfo>> = Object.fromEntries(
  ROWS.map((info) => [info.type, info]),
);

/**
 * Least bytes of a message in `version`; undefined when the number is unknown. The 6.0 extension of
 * OpenChannel is demanded only with the features that fill it, as is the client id of InitiateContact,
 * so those two are counted through `features`.
 */
export function minimumMessageBytes(type: number, version: number, features = 0): number | undefined {
  const info = CHANNEL_MESSAGES[type];
  if (info === undefined) return undefined;
  switch (type) {
    case ChannelMessageType.OFFER_CHANNEL:
      return version >= V1_1 ? OfferChannel.size : OFFER_BYTES_0_13;
    case ChannelMessageType.OPEN_CHANNEL:
      return version >= V6_0 && (features & 0x3) !== 0
        ? OpenChannel.size + OpenChannelExtension.size
        : OpenChannel.size;
    case ChannelMessageType.INITIATE_CONTACT:
      return version >= V6_0 && (features & 0x8) !== 0 ? InitiateContact6.size : InitiateContact5.size;
    case ChannelMessageType.VERSION_RESPONSE:
      return version >= V6_0 ? VersionResponse6.size : VersionResponse.size;
    default:
      return info.minimumBytes;
  }
}
