/** The network of a guest: what `--net` means. */

import { closeSync, openSync, writeSync } from 'node:fs';
import { NatGateway, type NetworkPort, PcapngTap, Switch } from '@viridian/drivers';
import { hostSockets, openSharedSwitch } from '@viridian/drivers/node';
import { formatMac, parseMac } from '@viridian/inet';
import type { MachineConfiguration } from '@viridian/vm';
import { OptionError } from '../demo/options.ts';

/** A port of the host's loopback that leads to one of the guest. */
export interface ForwardOption {
  readonly hostPort: number;
  readonly guestPort: number;
}

/** What the guest is plugged into. */
export interface NetOption {
  /** A gateway of its own, or a switch that runs of one user share. */
  readonly kind: 'nat' | { readonly switch: string };
  readonly mac: string | undefined;
  /** File for a recording. */
  readonly pcap: string | undefined;
  readonly mtuBytes: number;
  readonly forwards: readonly ForwardOption[];
  /** False keeps the guest from everything but the gateway. */
  readonly outside: boolean;
  /** The networks that the host is on may be reached. */
  readonly localNetworks: boolean;
  readonly ipv6: boolean;
}

const NANOSECONDS = 1_000_000n;
const MTU_BYTES = 1500;
const MOST_MTU_BYTES = 9000;
const SETTINGS = 'mac=MAC, pcap=FILE, mtu=BYTES';
const NAT_SETTINGS = 'hostfwd=HOSTPORT:GUESTPORT, outside=off, lan=on or ipv6=off';

/** Reads the value of `--net`; undefined for none. Throws {@link OptionError}. */
export function parseNet(text: string): NetOption | undefined {
  const [kind = '', ...words] = text.split(',');
  if (kind === 'none' && words.length === 0) return undefined;
  const [, name] = /^switch:([a-zA-Z0-9_-]{1,32})$/.exec(kind) ?? [];
  if (kind !== 'nat' && name === undefined) {
    throw new OptionError(`--net ${text}: nat, switch:NAME or none is needed`);
  }
  const forwards: ForwardOption[] = [];
  const settings = new Map<string, string>();
  for (const word of words) {
    const [, key = '', value = ''] = /^([a-z0-9]+)=(.+)$/.exec(word) ?? [];
    if (key === 'hostfwd' && name === undefined) forwards.push(parseForward(value));
    else if (isSetting(key, value, name === undefined)) settings.set(key, value);
    else {
      const known = name === undefined ? `${SETTINGS}, ${NAT_SETTINGS}` : SETTINGS;
      throw new OptionError(`--net …,${word}: ${known} is needed`);
    }
  }
  return {
    kind: name === undefined ? 'nat' : { switch: name },
    mac: settings.get('mac'),
    pcap: settings.get('pcap'),
    mtuBytes: Number(settings.get('mtu') ?? (name === undefined ? MTU_BYTES : MOST_MTU_BYTES)),
    forwards,
    outside: settings.get('outside') !== 'off',
    localNetworks: settings.get('lan') === 'on',
    ipv6: settings.get('ipv6') !== 'off',
  };
}

function isSetting(key: string, value: string, isNat: boolean): boolean {
  const isSwitched = value === 'on' || value === 'off';
  switch (key) {
    case 'mac':
      return isStation(value);
    case 'pcap':
      return true;
    case 'mtu':
      return /^\d+$/.test(value) && Number(value) >= MTU_BYTES && Number(value) <= MOST_MTU_BYTES;
    case 'outside':
    case 'lan':
    case 'ipv6':
      return isNat && isSwitched;
    default:
      return false;
  }
}

function isStation(text: string): boolean {
  const mac = parseMac(text);
  return mac !== undefined && (mac[0]! & 1) === 0;
}

function parseForward(text: string): ForwardOption {
  const [hostPort, guestPort, ...rest] = text.split(':').map(Number);
  const isPort = (port: number | undefined): port is number =>
    port !== undefined && Number.isInteger(port) && port > 0 && port <= 0xffff;
  if (isPort(hostPort) && isPort(guestPort) && rest.length === 0) return { hostPort, guestPort };
  throw new OptionError(`--net …,hostfwd=${text}: two ports are needed, e.g. 8022:22`);
}

/** The network of one run, until it is closed. */
export class RunNetwork implements Disposable {
  readonly #option: NetOption;
  #gateway: NatGateway | undefined;
  #port: NetworkPort | undefined;
  readonly #closers: (() => void)[] = [];

  private constructor(option: NetOption) {
    this.#option = option;
  }

  /** Throws {@link OptionError} for a file, a port or a switch that cannot be had. */
  static async open(option: NetOption): Promise<RunNetwork> {
    const network = new RunNetwork(option);
    try {
      await network.#open();
    } catch (error) {
      network[Symbol.dispose]();
      throw error;
    }
    return network;
  }

  /** The part of the machine's configuration that this is. */
  get configuration(): Pick<MachineConfiguration, 'networks'> {
    const { kind, mac } = this.#option;
    // Guests of several runs meet on a switch, and the same kernel may be run twice.
    const own = mac ?? (kind === 'nat' ? undefined : randomMac());
    return { networks: [{ port: this.#port!, ...(own !== undefined && { mac: own }) }] };
  }

  [Symbol.dispose](): void {
    for (const close of this.#closers.splice(0).toReversed()) close();
  }

  async #open(): Promise<void> {
    const { kind, pcap, forwards } = this.#option;
    const port = kind === 'nat' ? this.#openGateway() : await this.#joinSwitch(kind.switch);
    if (pcap === undefined) this.#port = port;
    else {
      const file = openCapture(pcap);
      this.#closers.push(() => closeSync(file));
      const now = (): bigint => BigInt(Date.now()) * NANOSECONDS;
      this.#port = new PcapngTap(port, { write: (bytes) => void writeSync(file, bytes) }, { now });
    }
    for (const forward of forwards) await this.#forward(forward);
  }

  #openGateway(): NetworkPort {
    const { mtuBytes, outside, localNetworks, ipv6 } = this.#option;
    const network = new Switch({ mtuBytes });
    const gateway = new NatGateway({
      port: network.port('gateway'),
      sockets: hostSockets(),
      outside,
      localNetworks,
      ipv6,
    });
    this.#gateway = gateway;
    this.#closers.push(() => gateway.close());
    return network.port('guest');
  }

  async #joinSwitch(name: string): Promise<NetworkPort> {
    try {
      const shared = await openSharedSwitch(name);
      this.#closers.push(() => shared.close());
      return shared.port('guest');
    } catch (cause) {
      throw new OptionError(`--net switch:${name}: ${(cause as Error).message}`, { cause });
    }
  }

  async #forward(forward: ForwardOption): Promise<void> {
    try {
      await this.#gateway?.forward(forward);
    } catch (cause) {
      const problem = `port ${forward.hostPort} cannot be had: ${(cause as Error).message}`;
      throw new OptionError(`--net …,hostfwd: ${problem}`, { cause });
    }
  }
}

/** A locally administered address of a station. */
function randomMac(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  bytes.set([0x02, 0x76]);
  return formatMac(bytes);
}

function openCapture(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (cause) {
    throw new OptionError(`--net …,pcap=${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
}
