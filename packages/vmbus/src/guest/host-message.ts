/** The first look at a message of the host, and the offer in it. VMBus, Channel Management Protocol. */

import {
  CHANNEL_MESSAGES,
  ChannelMessageHeader,
  INTERRUPT_DEDICATED,
  MAX_REL_ID,
  MONITOR_ALLOCATED,
  MONITOR_COUNT,
  minimumMessageBytes,
  OfferChannel,
  VmbusVersion,
} from '@viridian/protocols/vmbus';

/** What is wrong with a message by type and length, as a fixed text; `undefined` when nothing is. */
export function hostMessageFault(message: Uint8Array, version: number): string | undefined {
  if (message.length < ChannelMessageHeader.size) return 'host message is shorter than its header';
  const type = new DataView(message.buffer, message.byteOffset).getUint32(0, true);
  const info = CHANNEL_MESSAGES[type];
  if (info === undefined) return undefined; // of a newer host; left alone
  if (info.direction !== 'host-to-guest') return 'host message is one of the guest';
  if (message.length < (minimumMessageBytes(type, version) ?? 0)) return 'host message is too short';
  return undefined;
}

/** An offer as the host wrote it. */
export interface ReceivedOffer {
  readonly relid: number;
  readonly interfaceId: string;
  readonly instanceId: string;
  readonly subchannelIndex: number;
  readonly flags: number;
  readonly mmioMegabytes: number;
  readonly userDefined: Uint8Array;
  readonly monitorId: number | undefined;
  readonly dedicatedInterrupt: boolean;
  readonly connectionId: number;
}

/** Reads OfferChannel; a text says what cannot be. Version 0.13 leaves the last two fields out. */
export function readOffer(message: Uint8Array, version: number): ReceivedOffer | string {
  const whole = new Uint8Array(OfferChannel.size);
  whole.set(message.subarray(0, OfferChannel.size));
  const offer = OfferChannel.read(new DataView(whole.buffer));
  if (offer.relId === 0 || offer.relId > MAX_REL_ID) return 'offer has an impossible relid';
  const monitored = (offer.monitorAllocated & MONITOR_ALLOCATED) !== 0;
  if (monitored && offer.monitorId >= MONITOR_COUNT) return 'offer has an impossible monitor';
  const old = version < VmbusVersion.V1_1;
  return {
    relid: offer.relId,
    interfaceId: offer.interfaceId,
    instanceId: offer.instanceId,
    subchannelIndex: offer.subChannelIndex,
    flags: offer.flags,
    mmioMegabytes: offer.mmioMegabytes,
    userDefined: offer.userDefined,
    monitorId: monitored ? offer.monitorId : undefined,
    dedicatedInterrupt: !old && (offer.interruptFlags & INTERRUPT_DEDICATED) !== 0,
    connectionId: old ? EVENT_CONNECTION : offer.connectionId,
  };
}

/** Shared event connection of the oldest version. */
const EVENT_CONNECTION = 2;
