/** What a guest may set on its adapter. NDIS, OID reference, sets. */

import { MAC_BYTES, parseMac } from '@viridian/inet';
import {
  NDIS_OFFLOAD_PARAMETERS_BYTES_V2,
  NdisObjectHeader,
  NdisObjectType,
  NdisOffloadParameters,
  NvspVersion,
  OffloadSwitch,
  Oid,
  RNDIS_CONFIG_NETWORK_ADDRESS,
  RNDIS_CONFIG_PARAMETER_STRING,
  RndisConfigParameter,
  RndisStatus,
} from '@viridian/protocols/netvsp';
import type { AdapterFacts } from './adapter-facts.ts';

/** Takes the information of a SET, a private copy; answers an `RndisStatus`, and changes nothing unless it is SUCCESS. */
export type OidSetting = (facts: AdapterFacts, information: Uint8Array<ArrayBuffer>) => number;

const { SUCCESS, INVALID_LENGTH, INVALID_DATA } = RndisStatus;
const MOST_MULTICAST_ADDRESSES = 32;

/** Every setting that is taken; any other gets NOT_SUPPORTED. */
export const OID_SETTINGS: ReadonlyMap<number, OidSetting> = new Map([
  [Oid.OID_GEN_CURRENT_PACKET_FILTER, setFilter],
  [Oid.OID_GEN_CURRENT_LOOKAHEAD, (_, information) => (information.length < 4 ? INVALID_LENGTH : SUCCESS)],
  [Oid.OID_802_3_MULTICAST_LIST, setMulticastList],
  [Oid.OID_GEN_RNDIS_CONFIG_PARAMETER, setParameter],
  [Oid.OID_TCP_OFFLOAD_PARAMETERS, setOffload],
  [Oid.OID_OFFLOAD_ENCAPSULATION, checkEncapsulation],
] as [number, OidSetting][]);

function setFilter(facts: AdapterFacts, information: Uint8Array<ArrayBuffer>): number {
  if (information.length < 4) return INVALID_LENGTH;
  facts.packetFilter = viewOf(information).getUint32(0, true);
  return SUCCESS;
}

function setMulticastList(facts: AdapterFacts, information: Uint8Array<ArrayBuffer>): number {
  if (information.length % MAC_BYTES !== 0) return INVALID_LENGTH;
  if (information.length > MOST_MULTICAST_ADDRESSES * MAC_BYTES) return INVALID_LENGTH;
  facts.multicastList = information;
  return SUCCESS;
}

/** The only parameter there is: the adapter's own address. */
function setParameter(facts: AdapterFacts, information: Uint8Array<ArrayBuffer>): number {
  if (information.length < RndisConfigParameter.size) return INVALID_LENGTH;
  const parameter = RndisConfigParameter.read(viewOf(information));
  const name = utf16At(information, parameter.nameOffset, parameter.nameBytes);
  const value = utf16At(information, parameter.valueOffset, parameter.valueBytes);
  if (name === undefined || value === undefined) return INVALID_DATA;
  if (name !== RNDIS_CONFIG_NETWORK_ADDRESS || parameter.valueType !== RNDIS_CONFIG_PARAMETER_STRING) {
    return RndisStatus.NOT_SUPPORTED;
  }
  const mac = parseMac(value);
  // A station has no group address.
  if (mac === undefined || (mac[0]! & 1) !== 0) return INVALID_DATA;
  facts.currentMac = mac;
  return SUCCESS;
}

/** Checksums are filled in when a packet asks for it: only coalescing is to be remembered, for both versions of IP at once. */
function setOffload(facts: AdapterFacts, information: Uint8Array<ArrayBuffer>): number {
  if (information.length < NDIS_OFFLOAD_PARAMETERS_BYTES_V2) return INVALID_LENGTH;
  if (!isObject(information, NdisObjectType.DEFAULT)) return INVALID_DATA;
  if (information.length >= NdisOffloadParameters.size) {
    const { rscIpv4, rscIpv6 } = NdisOffloadParameters.read(viewOf(information));
    if (rscIpv4 === OffloadSwitch.OFF || rscIpv6 === OffloadSwitch.OFF) facts.coalesces = false;
    else if (rscIpv4 === OffloadSwitch.ON && rscIpv6 === OffloadSwitch.ON) {
      facts.coalesces = facts.version >= NvspVersion.V6_1;
    }
  }
  return SUCCESS;
}

function checkEncapsulation(_: AdapterFacts, information: Uint8Array<ArrayBuffer>): number {
  if (information.length < NdisObjectHeader.size) return INVALID_LENGTH;
  return isObject(information, NdisObjectType.OFFLOAD_ENCAPSULATION) ? SUCCESS : INVALID_DATA;
}

function isObject(information: Uint8Array<ArrayBuffer>, objectType: number): boolean {
  const header = NdisObjectHeader.read(viewOf(information));
  return header.objectType === objectType && header.revision > 0 && header.objectBytes <= information.length;
}

function utf16At(
  information: Uint8Array<ArrayBuffer>,
  offset: number,
  lengthBytes: number,
): string | undefined {
  if (offset > information.length || lengthBytes > information.length - offset) return undefined;
  const view = viewOf(information);
  let text = '';
  for (let at = offset; at + 2 <= offset + lengthBytes; at += 2) {
    text += String.fromCharCode(view.getUint16(at, true));
  }
  return text;
}

function viewOf(bytes: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
