/** Offloads and receive side scaling. NDIS, NDIS_OFFLOAD and neighbours. */

import { pad, struct, u8, u16, u32 } from '@viridian/wire';

/** `objectType` of NDIS structures. */
export const NdisObjectType = {
  DEFAULT: 0x80,
  RSS_CAPABILITIES: 0x88,
  RSS_PARAMETERS: 0x89,
  OFFLOAD: 0xa7,
  OFFLOAD_ENCAPSULATION: 0xa8,
} as const;

const objectHeader = { objectType: u8, revision: u8, objectBytes: u16 } as const;

/** NDIS_OBJECT_HEADER: in front of every structure below. */
export const NdisObjectHeader = struct('NDIS_OBJECT_HEADER', 4, objectHeader);

/** Encapsulation: Ethernet (IEEE 802.3 as NDIS calls it). */
export const NDIS_ENCAPSULATION_IEEE_802_3 = 2;

/** Two-bit answers for IPv4 checksums: the value 1 in each place means supported. */
export const Ipv4ChecksumSupport = {
  IP_OPTIONS: 0x001,
  TCP_OPTIONS: 0x004,
  TCP: 0x010,
  UDP: 0x040,
  IP_HEADER: 0x100,
} as const;

/** The same for IPv6 checksums, and for large sends over IPv6. */
export const Ipv6Support = { EXTENSION_HEADERS: 0x01, TCP_OPTIONS: 0x04, TCP: 0x10, UDP: 0x40 } as const;

/** NDIS_OFFLOAD up to revision 3; older guests read a shorter one. */
export const NdisOffload = struct('NDIS_OFFLOAD', 156, {
  ...objectHeader,
  ipv4TransmitEncapsulation: u32,
  ipv4TransmitChecksum: u32,
  ipv4ReceiveEncapsulation: u32,
  ipv4ReceiveChecksum: u32,
  ipv6TransmitEncapsulation: u32,
  ipv6TransmitChecksum: u32,
  ipv6ReceiveEncapsulation: u32,
  ipv6ReceiveChecksum: u32,
  largeSendV1: pad(16),
  ipsecV1: pad(28),
  largeSendIpv4Encapsulation: u32,
  largeSendIpv4MaxBytes: u32,
  largeSendIpv4MinSegments: u32,
  largeSendIpv6Encapsulation: u32,
  largeSendIpv6MaxBytes: u32,
  largeSendIpv6MinSegments: u32,
  largeSendIpv6Options: u32,
  flags: u32,
  ipsecV2: pad(32),
  rscIpv4: u8,
  rscIpv6: u8,
  reserved: pad(2),
  encapsulationTypes: u32,
  encapsulationOptions: u32,
});

/** Bytes of NDIS_OFFLOAD by revision. */
export const NDIS_OFFLOAD_BYTES = { 1: 112, 2: 144, 3: 156 } as const;

/** NDIS_OFFLOAD_PARAMETERS up to revision 3; revision 2 ends after 22 bytes. */
export const NdisOffloadParameters = struct('NDIS_OFFLOAD_PARAMETERS', 28, {
  ...objectHeader,
  ipv4Checksum: u8,
  tcpIpv4Checksum: u8,
  udpIpv4Checksum: u8,
  tcpIpv6Checksum: u8,
  udpIpv6Checksum: u8,
  largeSendV1: u8,
  ipsecV1: u8,
  largeSendV2Ipv4: u8,
  largeSendV2Ipv6: u8,
  tcpConnectionIpv4: u8,
  tcpConnectionIpv6: u8,
  reserved: pad(1),
  flags: u32,
  ipsecV2: u8,
  ipsecV2Ipv4: u8,
  rscIpv4: u8,
  rscIpv6: u8,
  encapsulation: u8,
  encapsulationTypes: u8,
  padding: pad(2),
});

/** Bytes of NDIS_OFFLOAD_PARAMETERS that guests of protocol version 4 and older send. */
export const NDIS_OFFLOAD_PARAMETERS_BYTES_V2 = 22;

/** Values in NDIS_OFFLOAD_PARAMETERS for checksums. */
export const OffloadSetting = { NO_CHANGE: 0, OFF: 1, TRANSMIT: 2, RECEIVE: 3, BOTH: 4 } as const;

/** Values in NDIS_OFFLOAD_PARAMETERS for large sends and receive coalescing. */
export const OffloadSwitch = { NO_CHANGE: 0, OFF: 1, ON: 2 } as const;

/** NDIS_RECEIVE_SCALE_CAPABILITIES, revision 2. Linux takes no longer answer. */
export const NdisReceiveScaleCapabilities = struct('NDIS_RECEIVE_SCALE_CAPABILITIES', 18, {
  ...objectHeader,
  capabilities: u32,
  interruptMessages: u32,
  receiveQueues: u32,
  tableEntries: u16,
});

/** Capability word: TCP over IPv4 and IPv6, Toeplitz hash. */
export const RSS_CAPABILITIES_TOEPLITZ = 0x301;

/** NDIS_RECEIVE_SCALE_PARAMETERS, revision 2; table and key follow where the offsets say. */
export const NdisReceiveScaleParameters = struct('NDIS_RECEIVE_SCALE_PARAMETERS', 40, {
  ...objectHeader,
  flags: u16,
  baseCpuNumber: u16,
  hashInformation: u32,
  tableBytes: u16,
  unused0: pad(2),
  tableOffset: u32,
  keyBytes: u16,
  unused1: pad(2),
  keyOffset: u32,
  processorMasks: pad(12),
});

/** `flags` of the parameters: scaling off. */
export const RSS_FLAG_DISABLE = 0x10;

/** Bytes of the hash key. */
export const RSS_KEY_BYTES = 40;

/** OID_GEN_RNDIS_CONFIG_PARAMETER: a named value; both are UTF-16LE texts where the offsets say. */
export const RndisConfigParameter = struct('RNDIS_CONFIG_PARAMETER_INFO', 20, {
  nameOffset: u32,
  nameBytes: u32,
  valueType: u32,
  valueOffset: u32,
  valueBytes: u32,
});

/** `valueType`: text. */
export const RNDIS_CONFIG_PARAMETER_STRING = 2;

/** Name of the parameter that is the adapter's address. */
export const RNDIS_CONFIG_NETWORK_ADDRESS = 'NetworkAddress';
