/** Keys, values and addresses of the exchange as bytes. Integration Services, Data Exchange. */

import {
  KVP_KEY_BYTES,
  KVP_VALUE_BYTES,
  KvpAddressFamily,
  KvpIpInfo,
  KvpOperation,
  KvpValueType,
} from '@viridian/protocols/ic';

/** Code units of a string are two bytes, and the terminator counts. */
const UNIT_BYTES = 2;

/** A pair as it stands in a message. */
export interface RawPair {
  readonly valueType: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Addresses of one network adapter of the guest. */
export interface AdapterAddresses {
  readonly dhcp: boolean;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly addresses: readonly string[];
  readonly subnets: readonly string[];
  readonly gateways: readonly string[];
  readonly dnsServers: readonly string[];
}

/** UTF-16 with its terminator. Throws RangeError for a text that does not fit, or that a terminator would cut. */
export function encodeText(text: string, mostBytes: number, what: string): Uint8Array {
  const bytes = new Uint8Array((text.length + 1) * UNIT_BYTES);
  if (bytes.length > mostBytes) {
    throw new RangeError(
      `${what} of ${text.length} code units; there is room for ${mostBytes / UNIT_BYTES - 1}`,
    );
  }
  if (text.includes('\0')) throw new RangeError(`${what} contains a zero`);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i += 1) view.setUint16(i * UNIT_BYTES, text.charCodeAt(i), true);
  return bytes;
}

/** Fields of a message that carries this key and value. */
export function pairOf(key: string, value: string): RawPair {
  const keyField = encodeText(key, KVP_KEY_BYTES, 'key');
  const valueField = encodeText(value, KVP_VALUE_BYTES, 'value');
  return {
    valueType: KvpValueType.STRING,
    keyBytes: keyField.length,
    valueBytes: valueField.length,
    key: keyField,
    value: valueField,
  };
}

/** The key; undefined when its size is impossible. */
export function keyText({ key, keyBytes }: RawPair): string | undefined {
  return decodeText(key, keyBytes);
}

/** The value as text, numbers in decimal; undefined when type and size do not fit each other. */
export function valueText({ valueType, value, valueBytes }: RawPair): string | undefined {
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  switch (valueType) {
    case KvpValueType.STRING:
      return decodeText(value, valueBytes);
    case KvpValueType.U32:
      return String(view.getUint32(0, true));
    case KvpValueType.U64:
    case KvpValueType.U64_LINUX:
      return String(view.getBigUint64(0, true));
    default:
      return undefined;
  }
}

/** Text of `byteCount` bytes, up to a terminator. */
function decodeText(field: Uint8Array, byteCount: number): string | undefined {
  if (byteCount > field.length || byteCount % UNIT_BYTES !== 0) return undefined;
  const view = new DataView(field.buffer, field.byteOffset, byteCount);
  let text = '';
  for (let at = 0; at < byteCount; at += UNIT_BYTES) {
    const unit = view.getUint16(at, true);
    if (unit === 0) break;
    text += String.fromCharCode(unit);
  }
  return text;
}

/** Payload that asks for the addresses of an adapter, or sets them. */
export function ipInfoPayload(adapterId: string, addresses?: AdapterAddresses): Uint8Array {
  const { dhcp = false, ipv4 = false, ipv6 = false } = addresses ?? {};
  const list = (texts: readonly string[] = []): string => texts.join(';');
  return KvpIpInfo.bytes({
    operation: addresses === undefined ? KvpOperation.GET_IP_INFO : KvpOperation.SET_IP_INFO,
    adapterId,
    family: (ipv4 ? KvpAddressFamily.IPV4 : 0) | (ipv6 ? KvpAddressFamily.IPV6 : 0),
    dhcpEnabled: dhcp ? 1 : 0,
    addresses: list(addresses?.addresses),
    subnets: list(addresses?.subnets),
    gateways: list(addresses?.gateways),
    dnsServers: list(addresses?.dnsServers),
  });
}

/** What an answer says; undefined when it is cut short. */
export function parseIpInfo(payload: Uint8Array): AdapterAddresses | undefined {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  if (!KvpIpInfo.fits(view)) return undefined;
  const info = KvpIpInfo.read(view);
  const list = (text: string): string[] => text.split(';').filter((one) => one !== '');
  return {
    dhcp: info.dhcpEnabled !== 0,
    ipv4: (info.family & KvpAddressFamily.IPV4) !== 0,
    ipv6: (info.family & KvpAddressFamily.IPV6) !== 0,
    addresses: list(info.addresses),
    subnets: list(info.subnets),
    gateways: list(info.gateways),
    dnsServers: list(info.dnsServers),
  };
}
