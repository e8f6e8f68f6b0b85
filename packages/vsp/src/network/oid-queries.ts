/** What a guest may ask of its adapter. NDIS, OID reference, queries. */

import {
  Ipv4ChecksumSupport,
  Ipv6Support,
  MediaState,
  NDIS_ENCAPSULATION_IEEE_802_3,
  NDIS_OFFLOAD_BYTES,
  NdisObjectType,
  NdisOffload,
  NdisReceiveScaleCapabilities,
  NvspVersion,
  Oid,
  RSS_CAPABILITIES_TOEPLITZ,
} from '@viridian/protocols/netvsp';
import type { AdapterFacts } from './adapter-facts.ts';

/** One query. */
export interface OidQuery {
  readonly oid: number;
  /** The answer's bytes; undefined when this version has none. `roomBytes` is what the guest says that it has room for. */
  readonly answer: (facts: AdapterFacts, roomBytes: number) => Uint8Array | undefined;
}

/** 10 Gbit/s in units of 100 bit/s. */
const LINK_SPEED = 100_000_000;
/** Options of the address layer: copies lookahead data, never pends, no loopback, 802.1p and 802.1Q. */
const MAC_OPTIONS = 0x01 | 0x04 | 0x08 | 0x40 | 0x80;
const DESCRIPTION = 'Viridian network adapter';
/** No vendor has this number. */
const VENDOR_ID = 0xff_ffff;
const DRIVER_VERSION = 0x0600;
const MOST_MULTICAST_ADDRESSES = 32;
const MOST_LARGE_SEND_BYTES = 62_780;
const LEAST_SEGMENTS = 2;
const MOST_PACKETS = 0xffff_ffff;
const ETHERNET = 0;
const READY = 0;

const IPV4_CHECKSUMS = Object.values(Ipv4ChecksumSupport).reduce((sum, bit) => sum | bit, 0);
const IPV6_CHECKSUMS = Object.values(Ipv6Support).reduce((sum, bit) => sum | bit, 0);

const payloadBytes = (facts: AdapterFacts) => u32(facts.mtuBytes);
const wholeFrameBytes = (facts: AdapterFacts) => u32(facts.frameBytes);
const counted = (name: keyof AdapterFacts['counters']) => (facts: AdapterFacts) => u32(facts.counters[name]);

/** Every query that is answered; any other gets NOT_SUPPORTED. */
export const OID_QUERIES: readonly OidQuery[] = [
  { oid: Oid.OID_GEN_SUPPORTED_LIST, answer: () => words(OID_QUERIES.map(({ oid }) => oid)) },
  { oid: Oid.OID_GEN_HARDWARE_STATUS, answer: () => u32(READY) },
  { oid: Oid.OID_GEN_MEDIA_SUPPORTED, answer: () => u32(ETHERNET) },
  { oid: Oid.OID_GEN_MEDIA_IN_USE, answer: () => u32(ETHERNET) },
  { oid: Oid.OID_GEN_MAXIMUM_LOOKAHEAD, answer: payloadBytes },
  { oid: Oid.OID_GEN_MAXIMUM_FRAME_SIZE, answer: payloadBytes },
  { oid: Oid.OID_GEN_LINK_SPEED, answer: () => u32(LINK_SPEED) },
  { oid: Oid.OID_GEN_TRANSMIT_BUFFER_SPACE, answer: wholeFrameBytes },
  { oid: Oid.OID_GEN_RECEIVE_BUFFER_SPACE, answer: wholeFrameBytes },
  { oid: Oid.OID_GEN_TRANSMIT_BLOCK_SIZE, answer: wholeFrameBytes },
  { oid: Oid.OID_GEN_RECEIVE_BLOCK_SIZE, answer: wholeFrameBytes },
  { oid: Oid.OID_GEN_VENDOR_ID, answer: () => u32(VENDOR_ID) },
  { oid: Oid.OID_GEN_VENDOR_DESCRIPTION, answer: () => new TextEncoder().encode(`${DESCRIPTION}\0`) },
  { oid: Oid.OID_GEN_CURRENT_PACKET_FILTER, answer: (facts) => u32(facts.packetFilter) },
  { oid: Oid.OID_GEN_CURRENT_LOOKAHEAD, answer: payloadBytes },
  { oid: Oid.OID_GEN_DRIVER_VERSION, answer: () => u32(DRIVER_VERSION).subarray(0, 2) },
  { oid: Oid.OID_GEN_VENDOR_DRIVER_VERSION, answer: () => u32(DRIVER_VERSION) },
  { oid: Oid.OID_GEN_MAXIMUM_TOTAL_SIZE, answer: wholeFrameBytes },
  { oid: Oid.OID_GEN_MAC_OPTIONS, answer: () => u32(MAC_OPTIONS) },
  {
    oid: Oid.OID_GEN_MEDIA_CONNECT_STATUS,
    answer: (facts) => u32(facts.linkUp ? MediaState.CONNECTED : MediaState.DISCONNECTED),
  },
  { oid: Oid.OID_GEN_MAXIMUM_SEND_PACKETS, answer: () => u32(MOST_PACKETS) },
  { oid: Oid.OID_GEN_FRIENDLY_NAME, answer: (facts) => utf16(facts.friendlyName) },
  { oid: Oid.OID_GEN_XMIT_OK, answer: counted('framesSent') },
  { oid: Oid.OID_GEN_RCV_OK, answer: counted('framesReceived') },
  { oid: Oid.OID_GEN_XMIT_ERROR, answer: counted('framesRefused') },
  { oid: Oid.OID_GEN_RCV_ERROR, answer: () => u32(0) },
  { oid: Oid.OID_GEN_RCV_NO_BUFFER, answer: counted('framesDropped') },
  { oid: Oid.OID_802_3_PERMANENT_ADDRESS, answer: (facts) => facts.permanentMac },
  { oid: Oid.OID_802_3_CURRENT_ADDRESS, answer: (facts) => facts.currentMac },
  { oid: Oid.OID_802_3_MULTICAST_LIST, answer: (facts) => facts.multicastList },
  { oid: Oid.OID_802_3_MAXIMUM_LIST_SIZE, answer: () => u32(MOST_MULTICAST_ADDRESSES) },
  { oid: Oid.OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES, answer: (facts, roomBytes) => offload(facts, roomBytes) },
  { oid: Oid.OID_TCP_OFFLOAD_CURRENT_CONFIG, answer: (facts, roomBytes) => offload(facts, roomBytes) },
  {
    oid: Oid.OID_GEN_RECEIVE_SCALE_CAPABILITIES,
    answer: (facts) => (facts.version >= NvspVersion.V5 ? oneQueue() : undefined),
  },
];

/** The query by its OID. */
export const OID_QUERY_BY_OID: ReadonlyMap<number, OidQuery> = new Map(
  OID_QUERIES.map((query) => [query.oid, query]),
);

/** Checksums, large sends and coalescing, in as much of the structure as the guest has room for. */
function offload(facts: AdapterFacts, roomBytes: number): Uint8Array {
  const revision = roomBytes >= NDIS_OFFLOAD_BYTES[3] ? 3 : roomBytes >= NDIS_OFFLOAD_BYTES[2] ? 2 : 1;
  const objectBytes = NDIS_OFFLOAD_BYTES[revision];
  const coalescing = facts.version >= NvspVersion.V6_1 ? 1 : 0;
  const encapsulation = NDIS_ENCAPSULATION_IEEE_802_3;
  return NdisOffload.bytes({
    objectType: NdisObjectType.OFFLOAD,
    revision,
    objectBytes,
    ipv4TransmitEncapsulation: encapsulation,
    ipv4TransmitChecksum: IPV4_CHECKSUMS,
    ipv4ReceiveEncapsulation: encapsulation,
    ipv4ReceiveChecksum: IPV4_CHECKSUMS,
    ipv6TransmitEncapsulation: encapsulation,
    ipv6TransmitChecksum: IPV6_CHECKSUMS,
    ipv6ReceiveEncapsulation: encapsulation,
    ipv6ReceiveChecksum: IPV6_CHECKSUMS,
    largeSendIpv4Encapsulation: encapsulation,
    largeSendIpv4MaxBytes: MOST_LARGE_SEND_BYTES,
    largeSendIpv4MinSegments: LEAST_SEGMENTS,
    largeSendIpv6Encapsulation: encapsulation,
    largeSendIpv6MaxBytes: MOST_LARGE_SEND_BYTES,
    largeSendIpv6MinSegments: LEAST_SEGMENTS,
    largeSendIpv6Options: Ipv6Support.EXTENSION_HEADERS | Ipv6Support.TCP_OPTIONS,
    rscIpv4: coalescing,
    rscIpv6: coalescing,
  }).subarray(0, objectBytes);
}

/** A parent in one thread gains nothing by several queues. */
function oneQueue(): Uint8Array {
  return NdisReceiveScaleCapabilities.bytes({
    objectType: NdisObjectType.RSS_CAPABILITIES,
    revision: 2,
    objectBytes: NdisReceiveScaleCapabilities.size,
    capabilities: RSS_CAPABILITIES_TOEPLITZ,
    interruptMessages: 1,
    receiveQueues: 1,
  });
}

function u32(value: number): Uint8Array {
  return words([value]);
}

function words(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(i * 4, value, true);
  });
  return bytes;
}

function utf16(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i += 1) view.setUint16(i * 2, text.charCodeAt(i), true);
  return bytes;
}
