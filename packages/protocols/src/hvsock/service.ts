/** Names of socket services, and what an offer of a connection says. Hyper-V Sockets; Linux, "hv_sock". */

import { formatGuid, guid, pad, parseGuid, struct, u8, u32 } from '@viridian/wire';
import { InterfaceId } from '../vmbus/guids.ts';
import { LinuxMaxPacketBytes } from '../vmbus/limits.ts';
import { OfferFlag } from '../vmbus/offer.ts';

/** Flags of the offer of a connection. */
export const HVSOCK_OFFER_FLAGS =
  OfferFlag.ENUMERATE_DEVICE_INTERFACE | OfferFlag.NAMED_PIPE_MODE | OfferFlag.TLNPI_PROVIDER_OFFER;

/** `userDefined` of the offer of a connection; `pipeType` is 0, a pipe of bytes. */
export const HvsockUserData = struct('HVSOCK_USER_DATA', 120, {
  pipeType: u32,
  direction: u8,
  isForContainer: u8,
  /** 1 when `siloId` is one. */
  version: u32,
  siloId: guid,
  reserved: pad(94),
});

/** `direction`: who asked for the connection. With the host's, a guest looks for a socket that listens. */
export const HvsockDirection = { GUEST_CONNECTS: 0, HOST_CONNECTS: 1 } as const;

/** Longest packet that either side sends: 16 KiB of data behind a pipe header. */
export const HVSOCK_MAX_PACKET_BYTES = LinuxMaxPacketBytes.HV_SOCK;

const TEMPLATE = parseGuid(InterfaceId.HV_SOCK_TEMPLATE);

/** The service GUID of a vsock port: a number of 32 bits. */
export function serviceIdOfPort(port: number): string {
  const service = TEMPLATE.slice();
  new DataView(service.buffer).setUint32(0, port, true);
  return formatGuid(service);
}

/** The vsock port of a service GUID; undefined for a GUID that is not of the template. */
export function portOfServiceId(serviceId: string): number | undefined {
  const service = parseGuid(serviceId);
  for (let i = 4; i < 16; i += 1) if (service[i] !== TEMPLATE[i]) return undefined;
  return new DataView(service.buffer, service.byteOffset).getUint32(0, true);
}
