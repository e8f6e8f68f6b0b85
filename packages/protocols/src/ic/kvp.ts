/** The key-value exchange service. Integration Services, Data Exchange. */

import { bytes, pad, struct, u8, u32, utf16 } from '@viridian/wire';

/** `operation` of an exchange. */
export const KvpOperation = {
  GET: 0,
  SET: 1,
  DELETE: 2,
  ENUMERATE: 3,
  GET_IP_INFO: 4,
  SET_IP_INFO: 5,
} as const;

/** `pool` of an exchange: who wrote the pairs. */
export const KvpPool = {
  /** Written by the host. */
  EXTERNAL: 0,
  /** Written by programs in the guest. */
  GUEST: 1,
  /** Facts about the guest, by index: {@link KVP_INTRINSIC_KEYS}. */
  AUTO: 2,
  /** Facts about the host. */
  AUTO_EXTERNAL: 3,
  AUTO_INTERNAL: 4,
} as const;

/** `valueType`: a string, or a number of 32 or 64 bits. Hyper-V calls 64-bit numbers 11, Linux 8. */
export const KvpValueType = { STRING: 1, U32: 4, U64_LINUX: 8, U64: 11 } as const;

/** Keys of the intrinsic pool in the order of their index. */
export const KVP_INTRINSIC_KEYS = [
  'FullyQualifiedDomainName',
  'IntegrationServicesVersion',
  'NetworkAddressIPv4',
  'NetworkAddressIPv6',
  'OSBuildNumber',
  'OSName',
  'OSMajorVersion',
  'OSMinorVersion',
  'OSVersion',
  'ProcessorArchitecture',
] as const;

/** Room for a key, a string's terminator included. */
export const KVP_KEY_BYTES = 512;

/** Room for a value, a string's terminator included. */
export const KVP_VALUE_BYTES = 2048;

/** Of each exchange, and the smallest payload of one. */
export const KvpHeader = struct('HV_KVP_HDR', 4, { operation: u8, pool: u8, reserved: pad(2) });

const pair = {
  valueType: u32,
  keyBytes: u32,
  valueBytes: u32,
  key: bytes(KVP_KEY_BYTES),
  value: bytes(KVP_VALUE_BYTES),
} as const;

/** Payload of GET and SET. Keys and values are UTF-16, their sizes in bytes with the terminator. */
export const KvpExchange = struct('HV_KVP_MSG (get, set)', 2576, {
  operation: u8,
  pool: u8,
  reserved: pad(2),
  ...pair,
});

/** Payload of ENUMERATE: the pair at `index`. */
export const KvpEnumerate = struct('HV_KVP_MSG (enumerate)', 2580, {
  operation: u8,
  pool: u8,
  reserved: pad(2),
  index: u32,
  ...pair,
});

/** Payload of DELETE. */
export const KvpDelete = struct('HV_KVP_MSG (delete)', 520, {
  operation: u8,
  pool: u8,
  reserved: pad(2),
  keyBytes: u32,
  key: bytes(KVP_KEY_BYTES),
});

/** `family` of addresses: bits. */
export const KvpAddressFamily = { NONE: 0, IPV4: 1, IPV6: 2 } as const;

/** Payload of GET_IP_INFO and SET_IP_INFO up to version 4.0, not aligned. Lists are separated by `;`. */
export const KvpIpInfo = struct('HV_KVP_IP_MSG', 7428, {
  operation: u8,
  pool: u8,
  adapterId: utf16(128),
  family: u8,
  dhcpEnabled: u8,
  addresses: utf16(1024),
  subnets: utf16(1024),
  gateways: utf16(512),
  dnsServers: utf16(1024),
});
