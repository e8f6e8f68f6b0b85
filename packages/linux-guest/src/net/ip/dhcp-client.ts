/** An address from a server on the link. RFC 2131, 2132. */

import { BROADCAST_MAC, formatIp, loadLong, storeLong, udpPacket } from '@viridian/inet';
import type { IpStack, StackInterface, StackTimers } from './ip-stack.ts';

/** What a server gave. */
export interface Lease {
  /** With the bits of its network, e.g. `10.0.2.15/24`. */
  readonly address: string;
  readonly gateway: string | undefined;
  readonly nameServers: readonly string[];
  readonly seconds: number;
}

const CLIENT_PORT = 68;
const SERVER_PORT = 67;
const MESSAGE_BYTES = 300;
const OPTIONS_OFFSET = 240;
const COOKIE = 0x6382_5363;
const BROADCAST_FLAG = 0x80;
const Option = { NETMASK: 1, ROUTER: 3, DNS: 6, ADDRESS: 50, SECONDS: 51, TYPE: 53, SERVER: 54, END: 255 };
const Type = { DISCOVER: 1, OFFER: 2, REQUEST: 3, ACK: 5 } as const;
const ASK_MS = 2000;
const MOST_QUESTIONS = 5;

/** Asks for an address and gives it to the stack. Rejects when nobody answers. */
export async function obtainLease(
  stack: IpStack,
  device: StackInterface,
  timers: StackTimers,
): Promise<Lease> {
  const transaction = Math.floor(Math.random() * 2 ** 32);
  const ask = (type: number, options: readonly number[]): Promise<DhcpAnswer> =>
    askUntilAnswered(stack, device, timers, request(device.mac, transaction, type, options), transaction);
  const offer = await ask(Type.DISCOVER, []);
  const server = offer.options.get(Option.SERVER) ?? new Uint8Array(4);
  const chosen = [Option.ADDRESS, 4, ...offer.address, Option.SERVER, 4, ...server];
  const answer = await ask(Type.REQUEST, chosen);
  if (answer.type !== Type.ACK) throw new Error('the DHCP server took its offer back');
  const lease = leaseOf(answer);
  stack.useAddress(lease.address, lease.gateway);
  return lease;
}

interface DhcpAnswer {
  readonly type: number;
  readonly address: Uint8Array;
  readonly options: ReadonlyMap<number, Uint8Array>;
}

function leaseOf({ address, options }: DhcpAnswer): Lease {
  const mask = loadLong(options.get(Option.NETMASK) ?? Uint8Array.of(255, 255, 255, 0), 0);
  const router = options.get(Option.ROUTER);
  const servers = options.get(Option.DNS) ?? new Uint8Array(0);
  return {
    address: `${formatIp(address)}/${Math.clz32(~mask)}`,
    gateway: router === undefined || router.length < 4 ? undefined : formatIp(router.subarray(0, 4)),
    nameServers: Array.from({ length: servers.length >>> 2 }, (_, i) =>
      formatIp(servers.subarray(i * 4, i * 4 + 4)),
    ),
    seconds: loadLong(options.get(Option.SECONDS) ?? new Uint8Array(4), 0),
  };
}

function askUntilAnswered(
  stack: IpStack,
  device: StackInterface,
  timers: StackTimers,
  message: Uint8Array,
  transaction: number,
): Promise<DhcpAnswer> {
  const nobody = new Uint8Array(4);
  const ends = { fromMac: device.mac, toMac: BROADCAST_MAC, from: nobody, to: nobody.slice().fill(255) };
  return new Promise((resolve, reject) => {
    let questions = 0;
    let cancel = (): void => {};
    const stop = stack.onDatagram(CLIENT_PORT, ({ payload }) => {
      const answer = readAnswer(payload, transaction);
      if (answer === undefined) return;
      cancel();
      stop();
      resolve(answer);
    });
    const send = (): void => {
      questions += 1;
      if (questions > MOST_QUESTIONS) {
        stop();
        reject(new Error('no DHCP server answers'));
        return;
      }
      stack.sendFrame(udpPacket(ends, CLIENT_PORT, SERVER_PORT, message));
      cancel = timers.after(ASK_MS, send);
    };
    send();
  });
}

function request(mac: Uint8Array, transaction: number, type: number, options: readonly number[]): Uint8Array {
  const message = new Uint8Array(MESSAGE_BYTES);
  message.set([1, 1, mac.length]);
  storeLong(message, 4, transaction);
  // We have no address yet to which an answer could go.
  message[10] = BROADCAST_FLAG;
  message.set(mac, 28);
  storeLong(message, 236, COOKIE);
  message.set([Option.TYPE, 1, type, ...options, Option.END], OPTIONS_OFFSET);
  return message;
}

function readAnswer(message: Uint8Array, transaction: number): DhcpAnswer | undefined {
  if (message.length < OPTIONS_OFFSET || message[0] !== 2 || loadLong(message, 4) !== transaction)
    return undefined;
  const options = new Map<number, Uint8Array>();
  for (let at = OPTIONS_OFFSET; at + 1 < message.length && message[at] !== Option.END; ) {
    const length = message[at] === 0 ? -1 : message[at + 1]!;
    if (length > 0) options.set(message[at]!, message.slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  const type = options.get(Option.TYPE)?.[0];
  const isComplete = [Option.NETMASK, Option.SERVER].every((code) => (options.get(code)?.length ?? 4) === 4);
  return type === undefined || !isComplete ? undefined : { type, address: message.slice(16, 20), options };
}
