/** `@viridian/inet`: the Internet protocols in Ethernet frames, for gateways and for guests. */

export { ArpOperation, type ArpPacket, arpReply, arpRequest, readArp } from './arp.ts';
export { addWords, foldChecksum, loadLong, loadWord, storeLong, storeWord } from './checksum.ts';
export {
  BROADCAST_MAC,
  ETHERNET_HEADER_BYTES,
  EtherType,
  formatMac,
  isBroadcast,
  isGroupAddress,
  MAC_BYTES,
  macNumber,
  parseMac,
} from './ethernet.ts';
export {
  formatIp,
  IPV4_BYTES,
  IPV6_BYTES,
  type IpAddress,
  interfaceAddress,
  isInNetwork,
  isSameIp,
  linkLocalAddress,
  parseIp,
} from './ip-address.ts';
export {
  icmpPacket,
  ipPacket,
  ipPayloadOffset,
  isIcmpv6ChecksumRight,
  type PacketEnds,
  udpPacket,
} from './ip-packet.ts';
export {
  advertisedPrefix,
  allNodesAddress,
  allRoutersAddress,
  discoveredMac,
  discoveryTarget,
  Icmpv6Type,
  multicastMac,
  neighbourAdvertisement,
  neighbourSolicitation,
  type RouterFacts,
  routerAdvertisement,
  routerSolicitation,
  solicitedNodeAddress,
} from './neighbour-discovery.ts';
export {
  fillIpv4Checksum,
  fillTransportChecksum,
  IpProtocol,
  isTransportChecksumRight,
  PacketLayout,
  pseudoHeader,
} from './packet-layout.ts';
export { TcpFlow, type TcpFlowSettings } from './tcp-flow.ts';
export {
  type OutgoingSegment,
  readSegment,
  resetFor,
  type TcpFields,
  TcpFlag,
  type TcpSegment,
  tcpPacket,
} from './tcp-segment.ts';
export type { TcpEvents, TcpSocket } from './tcp-socket.ts';
