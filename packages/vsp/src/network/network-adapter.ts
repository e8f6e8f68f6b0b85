/** A network adapter on the bus: offered to one guest, plugged into one port of a network. NVSP; synthetic network adapter. */

import type { Frame, NetworkPort, NetworkStation } from '@viridian/drivers';
import { formatMac, isBroadcast, isGroupAddress, MAC_BYTES, parseMac } from '@viridian/inet';
import { NETVSC_MAX_PACKET_BYTES, PacketFilter } from '@viridian/protocols/netvsp';
import { InterfaceId, NtStatus } from '@viridian/protocols/vmbus';
import type { Inspectable, InspectNode } from '@viridian/trace';
import type { HostChannel, OfferedDevice, OpenRequest } from '@viridian/vmbus/host';
import { adapterCounters } from './adapter-facts.ts';
import { NetworkChannel } from './network-channel.ts';
import { ALL_NVSP_VERSIONS } from './nvsp-state.ts';
import { type AdapterIdentity, SessionFacts } from './session-facts.ts';
import { frameTrace } from './trace-points.ts';

/** Settings of an adapter. */
export interface NetworkAdapterOptions {
  /** Instance GUID as text; unique on the whole bus. */
  readonly instanceId: string;
  /** The socket in the wall. The adapter is plugged in until `disconnect`. */
  readonly port: NetworkPort;
  /** The adapter's own address, e.g. `00:15:5d:01:02:03`; a station's, not a group's. */
  readonly mac: string;
  /** Path in traces and warnings; `network` when absent. */
  readonly where?: string;
  /** What the guest may show to people; `Network Adapter` when absent. */
  readonly friendlyName?: string;
  /** Protocol versions that are taken; all of them when absent. */
  readonly versions?: readonly number[];
}

/** Bytes of a friendly name that Linux reads, in UTF-16 units. */
const MOST_NAME_UNITS = 256;

/** Offer it to a guest with `VmbusHost.offer`. */
export class NetworkAdapter implements OfferedDevice, NetworkStation, Inspectable {
  readonly interfaceId: string = InterfaceId.NETWORK;
  readonly instanceId: string;
  readonly maxPacketBytes = NETVSC_MAX_PACKET_BYTES;
  readonly counters = adapterCounters();
  readonly #where: string;
  readonly #versions: readonly number[];
  readonly #identity: AdapterIdentity;
  #channel: HostChannel | undefined;
  #worker: NetworkChannel | undefined;
  #facts: SessionFacts | undefined;

  /** Throws RangeError when an option is impossible, and what `NetworkPort.connect` throws. */
  constructor(options: NetworkAdapterOptions) {
    const { port, friendlyName = 'Network Adapter' } = options;
    const mac = parseMac(options.mac);
    if (mac === undefined || isGroupAddress(mac, 0)) {
      throw new RangeError(`'${options.mac}' is no address of a station like 00:15:5d:01:02:03`);
    }
    if (friendlyName.length > MOST_NAME_UNITS) {
      throw new RangeError(`a name has ${MOST_NAME_UNITS} characters at most`);
    }
    this.instanceId = options.instanceId;
    this.#where = options.where ?? 'network';
    this.#versions = options.versions ?? ALL_NVSP_VERSIONS;
    this.#identity = { friendlyName, permanentMac: mac, port, counters: this.counters };
    port.connect(this);
  }

  /** Pulls the adapter out of its port, when the machine has come to its end. */
  disconnect(): void {
    this.#identity.port.disconnect();
  }

  open(channel: HostChannel, request: OpenRequest): number {
    if (request.subchannelIndex !== 0) return NtStatus.INVALID_DEVICE_STATE;
    const facts = new SessionFacts(this.#identity);
    this.#facts = facts;
    this.#channel = channel;
    this.#worker = new NetworkChannel(channel, {
      where: this.#where,
      limits: { versions: this.#versions },
      facts,
      send: (frame) => this.#identity.port.send(frame),
    });
    return NtStatus.SUCCESS;
  }

  closed(channel: HostChannel): void {
    if (channel !== this.#channel) return;
    this.#worker?.close();
    this.#worker = undefined;
    this.#channel = undefined;
    this.#facts = undefined;
  }

  releaseGpadl(channel: HostChannel, gpadlId: number): void {
    if (channel === this.#channel) this.#worker?.release(gpadlId);
  }

  receive(frame: Frame): boolean {
    const facts = this.#facts;
    if (facts === undefined || !passes(frame.bytes, facts)) {
      this.counters.framesFiltered += 1;
      return true;
    }
    const isTaken = this.#worker?.receive(frame) === true;
    if (!isTaken) this.counters.framesDropped += 1;
    else if (frameTrace.on) {
      frameTrace.emit(this.#where, 'received', frame.bytes.length, frame.vlan, frame.segmentBytes);
    }
    return isTaken;
  }

  linkChanged(up: boolean): void {
    this.#worker?.rndis.indicateLink(up);
  }

  inspect(): InspectNode {
    const facts = this.#facts;
    return {
      mac: formatMac(facts?.currentMac ?? this.#identity.permanentMac),
      state: this.#worker?.state.at ?? 'closed',
      ...(facts === undefined
        ? {}
        : { version: facts.version, mtuBytes: facts.mtuBytes, packetFilter: facts.packetFilter }),
      counters: this.counters,
      ...(this.#worker === undefined ? {} : { channel: this.#worker }),
      port: this.#identity.port,
    };
  }
}

/** Whether the guest wants to see a frame with this destination. */
function passes(bytes: Uint8Array, facts: SessionFacts): boolean {
  const filter = facts.packetFilter;
  if (filter === 0) return false;
  if ((filter & PacketFilter.PROMISCUOUS) !== 0) return true;
  if (!isGroupAddress(bytes, 0))
    return (filter & PacketFilter.DIRECTED) !== 0 && isSame(bytes, facts.currentMac, 0);
  if (isBroadcast(bytes, 0)) return (filter & PacketFilter.BROADCAST) !== 0;
  if ((filter & PacketFilter.ALL_MULTICAST) !== 0) return true;
  return (filter & PacketFilter.MULTICAST) !== 0 && isListed(bytes, facts.multicastList);
}

function isListed(bytes: Uint8Array, list: Uint8Array): boolean {
  for (let at = 0; at < list.length; at += MAC_BYTES) if (isSame(bytes, list, at)) return true;
  return false;
}

function isSame(bytes: Uint8Array, address: Uint8Array, at: number): boolean {
  for (let i = 0; i < MAC_BYTES; i += 1) if (bytes[i] !== address[at + i]) return false;
  return true;
}
