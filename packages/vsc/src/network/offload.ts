/** What the host does for TCP: cuts large segments, and gives them in one piece. NDIS, TCP/IP task offload. */

import {
  NdisObjectType,
  NdisOffload,
  NdisOffloadParameters,
  NvspVersion,
  OffloadSetting,
  OffloadSwitch,
  Oid,
} from '@viridian/protocols/netvsp';
import { NetworkError } from './errors.ts';
import type { RndisRequests } from './rndis-requests.ts';

/** What was agreed on. */
export interface Offload {
  /** Payload of the largest TCP segment that the host cuts; 0 when it cuts none. */
  readonly largestSegmentBytes: number;
}

/** Nothing. */
export const NO_OFFLOAD: Offload = { largestSegmentBytes: 0 };

const MOST_SEGMENT_BYTES = 60_000;
const ETHERNET_ENCAPSULATION = 2;
const REVISION = 3;
const HEADER = { objectType: NdisObjectType.OFFLOAD, revision: REVISION, objectBytes: NdisOffload.size };

/** Asks what the host can do, and turns all of it on. A host that answers nothing of use does nothing. */
export async function agreeOnOffload(requests: RndisRequests, version: number): Promise<Offload> {
  try {
    const room = NdisOffload.bytes(HEADER);
    const answer = await requests.query(Oid.OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES, room);
    if (answer.length < NdisOffload.size) return NO_OFFLOAD;
    const facts = NdisOffload.read(new DataView(answer.buffer, answer.byteOffset, answer.byteLength));
    const cuts =
      facts.largeSendIpv4Encapsulation === ETHERNET_ENCAPSULATION &&
      facts.largeSendIpv6Encapsulation === ETHERNET_ENCAPSULATION;
    const joins = version >= NvspVersion.V6_1 && facts.rscIpv4 !== 0 && facts.rscIpv6 !== 0;
    await requests.set(Oid.OID_TCP_OFFLOAD_PARAMETERS, parameters(cuts, joins));
    const most = Math.min(facts.largeSendIpv4MaxBytes, facts.largeSendIpv6MaxBytes, MOST_SEGMENT_BYTES);
    return { largestSegmentBytes: cuts ? most : 0 };
  } catch (error) {
    if (error instanceof NetworkError && error.kind === 'refused') return NO_OFFLOAD;
    throw error;
  }
}

function parameters(cuts: boolean, joins: boolean): Uint8Array {
  const largeSend = cuts ? OffloadSwitch.ON : OffloadSwitch.OFF;
  const coalescing = joins ? OffloadSwitch.ON : OffloadSwitch.OFF;
  return NdisOffloadParameters.bytes({
    objectType: NdisObjectType.DEFAULT,
    revision: REVISION,
    objectBytes: NdisOffloadParameters.size,
    ipv4Checksum: OffloadSetting.RECEIVE,
    tcpIpv4Checksum: OffloadSetting.RECEIVE,
    tcpIpv6Checksum: OffloadSetting.RECEIVE,
    udpIpv4Checksum: OffloadSetting.RECEIVE,
    udpIpv6Checksum: OffloadSetting.RECEIVE,
    largeSendV2Ipv4: largeSend,
    largeSendV2Ipv6: largeSend,
    rscIpv4: coalescing,
    rscIpv6: coalescing,
  });
}
