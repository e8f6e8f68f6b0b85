/** How guest and host come to terms on a network channel. NVSP, version negotiation and buffers. */

import {
  LINUX_NETVSC_VERSIONS,
  LINUX_RECEIVE_BUFFER_ID,
  linuxNdisVersion,
  NdisCapability,
  NvspInit,
  NvspInitComplete,
  NvspMessageType,
  NvspSendBuffer,
  NvspSendNdisConfig,
  NvspSendNdisVersion,
  NvspSendReceiveBufferComplete,
  NvspSendSendBufferComplete,
  NvspStatus,
  NvspVersion,
} from '@viridian/protocols/netvsp';
import { NetworkError } from './errors.ts';
import { LEAST_ANSWER_BYTES, type NetvscChannel } from './netvsc-channel.ts';

/** The versions that are tried when the caller does not say: Linux's. */
export const DEFAULT_VERSIONS: readonly number[] = LINUX_NETVSC_VERSIONS;

const { SUCCESS } = NvspStatus;

/** Agrees on a version, the first of `versions` that the host takes, and on the frame's length (header included). */
export async function agreeOnVersion(
  channel: NetvscChannel,
  versions: readonly number[],
  frameBytes: number,
): Promise<number> {
  for (const version of versions) {
    const answer = await channel.ask(
      NvspInit.bytes({
        type: NvspMessageType.INIT,
        minProtocolVersion: version,
        maxProtocolVersion: version,
      }),
      NvspInitComplete.size,
    );
    if (NvspInitComplete.read(answer).status !== SUCCESS) continue;
    if (version >= NvspVersion.V2) {
      const type = NvspMessageType.NVSP_MSG2_TYPE_SEND_NDIS_CONFIG;
      const capabilities = NdisCapability.IEEE8021Q;
      channel.tell(NvspSendNdisConfig.bytes({ type, mtu: frameBytes, capabilities }));
    }
    const { major, minor } = linuxNdisVersion(version);
    const type = NvspMessageType.NVSP_MSG1_TYPE_SEND_NDIS_VER;
    channel.tell(NvspSendNdisVersion.bytes({ type, majorVersion: major, minorVersion: minor }));
    return version;
  }
  const tried = versions.map((version) => `0x${version.toString(16)}`).join(', ');
  throw new NetworkError('refused', `the host takes none of the network protocol versions ${tried}`);
}

/** Lends the receive buffer. Gives the longest range that the host may name in it. */
export async function lendReceiveBuffer(
  channel: NetvscChannel,
  gpadlHandle: number,
  lengthBytes: number,
): Promise<number> {
  const type = NvspMessageType.NVSP_MSG1_TYPE_SEND_RECV_BUF;
  const answer = await channel.ask(
    NvspSendBuffer.bytes({ type, gpadlHandle, id: LINUX_RECEIVE_BUFFER_ID }),
    LEAST_ANSWER_BYTES,
  );
  const complete = NvspSendReceiveBufferComplete.read(answer);
  if (complete.status !== SUCCESS) {
    throw new NetworkError('refused', 'the host does not take the receive buffer', complete.status);
  }
  const { sectionCount, offset, subAllocationBytes, subAllocationCount } = complete;
  const isPossible =
    sectionCount === 1 &&
    offset === 0 &&
    subAllocationBytes > 0 &&
    subAllocationCount > 0 &&
    subAllocationBytes * subAllocationCount <= lengthBytes;
  if (!isPossible)
    throw new NetworkError('protocol', 'the host cuts the receive buffer in an impossible way');
  return subAllocationBytes;
}

/** Lends the send buffer. Gives the bytes of its sections. */
export async function lendSendBuffer(
  channel: NetvscChannel,
  gpadlHandle: number,
  lengthBytes: number,
): Promise<number> {
  const type = NvspMessageType.NVSP_MSG1_TYPE_SEND_SEND_BUF;
  const answer = await channel.ask(
    NvspSendBuffer.bytes({ type, gpadlHandle, id: 0 }),
    NvspSendSendBufferComplete.size,
  );
  const { status, sectionBytes } = NvspSendSendBufferComplete.read(answer);
  if (status !== SUCCESS) throw new NetworkError('refused', 'the host does not take the send buffer', status);
  if (sectionBytes === 0 || sectionBytes > lengthBytes) {
    throw new NetworkError('protocol', 'the host cuts the send buffer in an impossible way');
  }
  return sectionBytes;
}
