/** The network of a guest: what `--net nat|none[,mac=MAC][,hostfwd=HOST:GUEST][,pcap=FILE]` means. */

import { closeSync, openSync, writeSync } from 'node:fs';
import { NatGateway, type NetworkPort, PcapngTap, Switch } from '@viridian/drivers';
import { hostSockets } from '@viridian/drivers/node';
import { parseMac } from '@viridian/inet';
import type { MachineConfiguration } from '@viridian/vm';
import { OptionError } from '../demo/options.ts';

/** A port of the host's loopback that leads to one of the guest. */
export interface ForwardOption {
  readonly hostPort: number;
  readonly guestPort: number;
}

/** What the guest is plugged into. */
export interface NetOption {
  readonly mac: string | undefined;
  readonly forwards: readonly ForwardOption[];
  /** File for a recording. */
  readonly pcap: string | undefined;
}

const NANOSECONDS = 1_000_000n;

/** Reads the value of `--net`; undefined for none. Throws {@link OptionError}. */
export function parseNet(text: string): NetOption | undefined {
  const [kind, ...words] = text.split(',');
  if (kind === 'none' && words.length === 0) return undefined;
  if (kind !== 'nat') throw new OptionError(`--net ${text}: nat or none is needed`);
  let mac: string | undefined;
  let pcap: string | undefined;
  const forwards: ForwardOption[] = [];
  for (const word of words) {
    const [, name, value] = /^(mac|hostfwd|pcap)=(.+)$/.exec(word) ?? [];
    if (name === 'mac' && isStation(value!)) mac = value;
    else if (name === 'pcap') pcap = value;
    else if (name === 'hostfwd') forwards.push(parseForward(value!));
    else throw new OptionError(`--net …,${word}: mac=MAC, hostfwd=HOSTPORT:GUESTPORT or pcap=FILE is needed`);
  }
  return { mac, forwards, pcap };
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
  readonly #gateway: NatGateway;
  readonly #port: NetworkPort;
  readonly #mac: string | undefined;
  readonly #capture: number | undefined;

  private constructor({ mac, pcap }: NetOption) {
    const network = new Switch({ mtuBytes: 1500 });
    const port = network.port('guest');
    this.#mac = mac;
    if (pcap === undefined) this.#port = port;
    else {
      const file = openCapture(pcap);
      this.#capture = file;
      const now = (): bigint => BigInt(Date.now()) * NANOSECONDS;
      this.#port = new PcapngTap(port, { write: (bytes) => void writeSync(file, bytes) }, { now });
    }
    this.#gateway = new NatGateway({ port: network.port('gateway'), sockets: hostSockets() });
  }

  /** Throws {@link OptionError} for a file or a port that cannot be had. */
  static async open(option: NetOption): Promise<RunNetwork> {
    const network = new RunNetwork(option);
    try {
      for (const forward of option.forwards) await network.#forward(forward);
    } catch (error) {
      network[Symbol.dispose]();
      throw error;
    }
    return network;
  }

  /** The part of the machine's configuration that this is. */
  get configuration(): Pick<MachineConfiguration, 'networks'> {
    return { networks: [{ port: this.#port, ...(this.#mac !== undefined && { mac: this.#mac }) }] };
  }

  [Symbol.dispose](): void {
    this.#gateway.close();
    if (this.#capture !== undefined) closeSync(this.#capture);
  }

  async #forward(forward: ForwardOption): Promise<void> {
    try {
      await this.#gateway.forward(forward);
    } catch (cause) {
      const problem = `port ${forward.hostPort} cannot be had: ${(cause as Error).message}`;
      throw new OptionError(`--net …,hostfwd: ${problem}`, { cause });
    }
  }
}

function openCapture(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (cause) {
    throw new OptionError(`--net …,pcap=${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
}
