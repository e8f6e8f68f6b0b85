/** Messages of the host as bytes, in the form that each version of the bus wants. VMBus, Channel Management Protocol. */

import {
  ChannelMessageType,
  CloseReservedChannelResponse,
  ConnectionState,
  EmptyMessage,
  GpadlCreated,
  GpadlTorndown,
  INTERRUPT_DEDICATED,
  MONITOR_ALLOCATED,
  MONITOR_ID_NONE,
  ModifyChannelResponse,
  minimumMessageBytes,
  OfferChannel,
  OpenChannelResult,
  RelIdMessage,
  TlConnectResult,
  VersionResponse,
  VmbusVersion,
} from '@viridian/protocols/vmbus';
import { paddedUserData } from '../ring/user-data.ts';
import type { OfferedDevice } from './offered-device.ts';

/** A message without fields. */
export function emptyMessage(type: number): Uint8Array {
  return EmptyMessage.bytes({ type });
}

/** What an offer says besides the device's own settings. */
export interface OfferParameters {
  readonly relid: number;
  readonly connectionId: number;
  readonly subchannelIndex: number;
  readonly monitorId: number | undefined;
  readonly version: number;
}

/** OfferChannel: 190 bytes before version 1.1; a dedicated interrupt from 2.4 on. */
export function offerMessage(device: OfferedDevice, offer: OfferParameters): Uint8Array {
  const { version, monitorId } = offer;
  const type = ChannelMessageType.OFFER_CHANNEL;
  const whole = OfferChannel.bytes({
    type,
    interfaceId: device.interfaceId,
    instanceId: device.instanceId,
    flags: device.flags ?? 0,
    mmioMegabytes: device.mmioMegabytes ?? 0,
    userDefined: paddedUserData(device.userDefined),
    subChannelIndex: offer.subchannelIndex,
    mmioMegabytesOptional: device.optionalMmioMegabytes ?? 0,
    relId: offer.relid,
    monitorId: monitorId ?? MONITOR_ID_NONE,
    monitorAllocated: monitorId === undefined ? 0 : MONITOR_ALLOCATED,
    interruptFlags: version >= VmbusVersion.V2_4 ? INTERRUPT_DEDICATED : 0,
    connectionId: version >= VmbusVersion.V1_1 ? offer.connectionId : 0,
  });
  return whole.subarray(0, minimumMessageBytes(type, version));
}

export function rescindMessage(relid: number): Uint8Array {
  return RelIdMessage.bytes({ type: ChannelMessageType.RESCIND_CHANNEL_OFFER, relId: relid });
}

export function openResultMessage(relid: number, openId: number, status: number): Uint8Array {
  return OpenChannelResult.bytes({
    type: ChannelMessageType.OPEN_CHANNEL_RESULT,
    relId: relid,
    openId,
    status,
  });
}

export function gpadlCreatedMessage(relid: number, gpadl: number, status: number): Uint8Array {
  return GpadlCreated.bytes({ type: ChannelMessageType.GPADL_CREATED, relId: relid, gpadl, status });
}

export function gpadlTorndownMessage(gpadl: number): Uint8Array {
  return GpadlTorndown.bytes({ type: ChannelMessageType.GPADL_TORNDOWN, gpadl });
}

export function modifyChannelResponseMessage(relid: number, status: number): Uint8Array {
  const type = ChannelMessageType.MODIFY_CHANNEL_RESPONSE;
  return ModifyChannelResponse.bytes({ type, relId: relid, status });
}

export function closeReservedResponseMessage(relid: number): Uint8Array {
  const type = ChannelMessageType.CLOSE_RESERVED_CHANNEL_RESPONSE;
  return CloseReservedChannelResponse.bytes({ type, relId: relid });
}

export function tlConnectResultMessage(endpointId: string, serviceId: string, status: number): Uint8Array {
  return TlConnectResult.bytes({
    type: ChannelMessageType.TL_CONNECT_RESULT,
    endpointId,
    serviceId,
    status,
  });
}

/** Accepts a version; from 5.0 on the guest is told the connection for its further messages instead. */
export function versionAcceptedMessage(version: number, connectionId: number): Uint8Array {
  return VersionResponse.bytes({
    type: ChannelMessageType.VERSION_RESPONSE,
    versionSupported: 1,
    connectionState: ConnectionState.SUCCESS,
    versionOrConnectionId: version >= VmbusVersion.V5_0 ? connectionId : version,
  });
}

export function versionRefusedMessage(): Uint8Array {
  return VersionResponse.bytes({ type: ChannelMessageType.VERSION_RESPONSE });
}
