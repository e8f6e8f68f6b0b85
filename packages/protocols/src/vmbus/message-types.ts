/** Channel message numbers. Channel Management Protocol. */

/** `type` of a channel message. */
export const ChannelMessageType = {
  OFFER_CHANNEL: 1,
  RESCIND_CHANNEL_OFFER: 2,
  REQUEST_OFFERS: 3,
  ALL_OFFERS_DELIVERED: 4,
  OPEN_CHANNEL: 5,
  OPEN_CHANNEL_RESULT: 6,
  CLOSE_CHANNEL: 7,
  GPADL_HEADER: 8,
  GPADL_BODY: 9,
  GPADL_CREATED: 10,
  GPADL_TEARDOWN: 11,
  GPADL_TORNDOWN: 12,
  REL_ID_RELEASED: 13,
  INITIATE_CONTACT: 14,
  VERSION_RESPONSE: 15,
  UNLOAD: 16,
  UNLOAD_RESPONSE: 17,
  OPEN_RESERVED_CHANNEL: 18,
  CLOSE_RESERVED_CHANNEL: 19,
  CLOSE_RESERVED_CHANNEL_RESPONSE: 20,
  TL_CONNECT_REQUEST: 21,
  MODIFY_CHANNEL: 22,
  TL_CONNECT_RESULT: 23,
  MODIFY_CHANNEL_RESPONSE: 24,
  MODIFY_CONNECTION: 25,
  MODIFY_CONNECTION_RESPONSE: 26,
  PAUSE: 27,
  PAUSE_RESPONSE: 28,
  RESUME: 29,
} as const;

/** A known channel message number. */
export type ChannelMessageType = (typeof ChannelMessageType)[keyof typeof ChannelMessageType];

/** A channel message by name. */
export type ChannelMessageName = keyof typeof ChannelMessageType;
