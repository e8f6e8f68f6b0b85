/** The network adapters of a machine: from its configuration to devices on the bus. */

import type { NetworkPort } from '@viridian/drivers';
import { parseMac } from '@viridian/inet';
import type { Disposer, InspectTree } from '@viridian/trace';
import type { Offer, VmbusHost } from '@viridian/vmbus/host';
import { NetworkAdapter } from '@viridian/vsp/network';
import type { CheckedNetwork, MachineConfiguration, NetworkConfiguration } from './configuration.ts';
import { ConfigurationError } from './configuration-error.ts';

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** First two bytes of addresses that are made here: locally administered, of a station. */
const MAC_PREFIX = '02:76';
const FNV_OFFSET = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;

/** Checks and completes the networks. Throws {@link ConfigurationError} at the first problem. */
export function checkNetworks(given: MachineConfiguration): CheckedNetwork[] {
  const networks = (given.networks ?? []).map((network, index) => checkNetwork(network, given.name, index));
  checkUnique(networks);
  return networks;
}

/** An adapter of a machine, from `Machine.networks`. */
export class MachineNetwork {
  readonly index: number;
  readonly mac: string;
  readonly instanceId: string;
  readonly adapter: NetworkAdapter;
  /** The offer on the bus, and what takes the adapter out of the inspection tree; undefined before it is there. */
  place: { readonly offer: Offer; readonly unlist: Disposer } | undefined;
  #isRemoved = false;

  constructor(index: number, { port, mac, instanceId }: CheckedNetwork, where: string) {
    this.index = index;
    this.mac = mac;
    this.instanceId = instanceId;
    this.adapter = new NetworkAdapter({ port, mac, instanceId, where: `${where}/network/${index}` });
  }

  /** The guest has let go of an adapter that was removed, or never knew it. */
  get isGone(): boolean {
    return this.#isRemoved && this.place?.offer.isGone !== false;
  }

  /** Pulls the adapter out of its port and off the bus. What it was doing ends at once; the guest hears of it. */
  remove(): void {
    if (this.#isRemoved) return;
    this.#isRemoved = true;
    this.adapter.disconnect();
    this.place?.offer.rescind();
    this.place?.unlist();
  }

  get isRemoved(): boolean {
    return this.#isRemoved;
  }
}

/** The adapters of one machine: those of its configuration, and those that come and go while it runs. */
export class MachineNetworks {
  readonly #machineName: string;
  readonly #where: string;
  #networks: MachineNetwork[] = [];
  #bus: VmbusHost | undefined;
  #tree: InspectTree | undefined;

  /** Plugs an adapter into each port. Throws when a port is in use; none is plugged in then. */
  constructor(machineName: string, networks: readonly CheckedNetwork[], where: string) {
    this.#machineName = machineName;
    this.#where = where;
    try {
      for (const [index, network] of networks.entries()) {
        this.#networks.push(new MachineNetwork(index, network, where));
      }
    } catch (error) {
      this.end();
      throw error;
    }
  }

  /** Those that are there. */
  get list(): readonly MachineNetwork[] {
    this.#networks = this.#networks.filter((network) => !network.isRemoved);
    return this.#networks;
  }

  /**
   * Adds an adapter; the guest hears of it at once. Throws {@link ConfigurationError} for an impossible one, and Error when
   * the machine has no bus or the port is in use.
   */
  add(network: NetworkConfiguration): MachineNetwork {
    if (this.#bus === undefined) throw new Error(`${this.#machineName} has no bus for a network adapter`);
    const index = this.#freeIndex();
    const checked = checkNetwork(network, this.#machineName, index);
    checkUnique([...this.list, checked]);
    const added = new MachineNetwork(index, checked, this.#where);
    this.#networks.push(added);
    this.#offer(added);
    return added;
  }

  /** The bus is there: offers the adapters, and shows them in the tree. Called by the machine alone. */
  begin(bus: VmbusHost | undefined, tree: InspectTree): void {
    this.#bus = bus;
    this.#tree = tree;
    if (bus !== undefined) for (const network of this.#networks) this.#offer(network);
  }

  /** Pulls all adapters out of their ports; none can be added any more. Called by the machine alone. */
  end(): void {
    this.#bus = undefined;
    for (const { adapter } of this.list) adapter.disconnect();
  }

  #offer(network: MachineNetwork): void {
    const unlist = this.#tree!.add(`network/${network.index}`, network.adapter);
    network.place = { offer: this.#bus!.offer(network.adapter), unlist };
  }

  #freeIndex(): number {
    const taken = new Set(this.list.map(({ index }) => index));
    let index = 0;
    while (taken.has(index)) index += 1;
    return index;
  }
}

function checkUnique(networks: readonly { readonly mac: string; readonly instanceId: string }[]): void {
  networks.forEach(({ mac, instanceId }, index) => {
    const earlier = networks.slice(0, index);
    if (earlier.some((other) => other.mac === mac)) {
      throw new ConfigurationError(`networks[${index}].mac`, `${mac} is taken: choose another`);
    }
    if (earlier.some((other) => other.instanceId === instanceId)) {
      throw new ConfigurationError(
        `networks[${index}].instanceId`,
        `${instanceId} is taken: each needs its own`,
      );
    }
  });
}

function checkNetwork(network: NetworkConfiguration, machineName: string, index: number): CheckedNetwork {
  const path = `networks[${index}]`;
  const port = network.port as NetworkPort | undefined;
  if (typeof port?.connect !== 'function') {
    throw new ConfigurationError(`${path}.port`, 'give a NetworkPort, e.g. new Switch().port()');
  }
  const { mac = defaultMac(`${machineName}/${index}`), instanceId = networkInstanceId(index) } = network;
  const bytes = parseMac(mac);
  if (bytes === undefined || (bytes[0]! & 1) !== 0) {
    throw new ConfigurationError(
      `${path}.mac`,
      `'${mac}' is no address of a station like ${defaultMac('machine/0')}`,
    );
  }
  if (!GUID.test(instanceId)) {
    throw new ConfigurationError(
      `${path}.instanceId`,
      `'${instanceId}' is no GUID like ${networkInstanceId(0)}`,
    );
  }
  return { port, mac: mac.toLowerCase(), instanceId: instanceId.toLowerCase() };
}

/** The same for the same name in every run; machines of different names can meet on a switch. */
function defaultMac(name: string): string {
  let hash = FNV_OFFSET;
  for (let i = 0; i < name.length; i += 1) hash = Math.imul(hash ^ name.charCodeAt(i), FNV_PRIME);
  const digits = (hash >>> 0).toString(16).padStart(8, '0');
  return `${MAC_PREFIX}:${digits.replaceAll(/(..)(?!$)/g, '$1:')}`;
}

/** Instance GUIDs of our own numbering: stable across runs, unique within a machine. */
function networkInstanceId(index: number): string {
  return `76726964-6961-6e00-8000-4e45${index.toString(16).padStart(8, '0')}`;
}
