/** A network host that answers what the test says, right or wrong. net-input-video.md §1. */

import { IncomingPacket, RingChannel } from '@viridian/vmbus/ring';
import { type Netvsc, openNetvsc } from '@viridian/vsc/network';
import { Pages } from './raw-host.ts';

/** u32 values behind one another. */
export function u32s(...values: number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(i * 4, value, true);
  });
  return bytes;
}

/** A packet of the driver. */
export interface GuestPacket {
  readonly type: number;
  readonly idLow: number;
  readonly idHigh: number;
  readonly words: number[];
  readonly gpn: number | undefined;
}

const MAC = [0, 0x15, 0x5d, 0, 0, 9];

/** What a step of the handshake is answered with. */
export interface Handshake {
  readonly init?: number[];
  readonly receive?: number[];
  readonly send?: number[];
  readonly initialize?: number[];
  readonly mac?: number[];
}

export class RawNetworkHost {
  readonly memory = new Pages();
  readonly guest: RingChannel;
  readonly host: RingChannel;
  ended: string | undefined;
  /** Pages of the receive buffer: those that were lent first. */
  receiveGpns: readonly number[] = [];
  readonly #packet = new IncomingPacket(4096);
  #lent = 0;
  #nextId = 1;

  constructor() {
    const toHost = this.memory.allocatePages(4).pages;
    const toGuest = this.memory.allocatePages(4).pages;
    const end = (reason: string): void => {
      this.ended ??= reason;
      this.guest.end(reason);
      this.host.end(reason);
    };
    const common = { memory: this.memory, where: 'test', broken: end };
    this.guest = new RingChannel({
      ...common,
      outbound: toHost,
      inbound: toGuest,
      side: 'guest',
      signal: () => {},
    });
    this.host = new RingChannel({
      ...common,
      outbound: toGuest,
      inbound: toHost,
      side: 'host',
      signal: () => this.guest.interrupt(),
    });
    this.guest.start();
    this.host.start();
  }

  open(): Promise<Netvsc> {
    return openNetvsc(this.guest, {
      memory: {
        allocatePages: (count) => this.memory.allocatePages(count),
        freePages: (pages) => this.memory.freePages(pages),
        lend: async ({ gpns }) => {
          if (this.#lent === 0) this.receiveGpns = gpns;
          this.#lent += 1;
          return this.#lent;
        },
        takeBack: async () => {},
      },
      versions: [0x60001],
      receiveBytes: 64 << 10,
      sendBytes: 64 << 10,
    });
  }

  /** What the driver has sent, after what is under way has settled. */
  async packets(): Promise<GuestPacket[]> {
    for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
    const packets: GuestPacket[] = [];
    while (this.host.receive(this.#packet)) {
      const { type, idLow, idHigh, view, payloadOffset, payloadBytes, gpns, gpnCount } = this.#packet;
      const words = Array.from({ length: payloadBytes >> 2 }, (_, i) =>
        view.getUint32(payloadOffset + i * 4, true),
      );
      packets.push({ type, idLow, idHigh, words, gpn: gpnCount > 0 ? gpns[0] : undefined });
    }
    this.host.endReceive();
    return packets;
  }

  /** The next packet with this message type, skipping others. */
  async expect(type: number): Promise<GuestPacket> {
    const found = (await this.packets()).find(({ words }) => words[0] === type);
    if (found === undefined) throw new Error(`no message ${type}; channel ${this.ended}`);
    return found;
  }

  complete(packet: { idLow: number; idHigh: number }, words: readonly number[], bytes = 40): void {
    const payload = new Uint8Array(bytes);
    payload.set(u32s(...words).subarray(0, bytes));
    this.host.sendCompletion(packet.idLow, packet.idHigh, payload, bytes);
    this.host.endSend();
  }

  /** Writes a message into the receive buffer and names it. */
  deliver(
    message: Uint8Array,
    channelType: number,
    range: readonly number[] = [message.length, 0],
    setId = 0xcafe,
    nvsp: readonly number[] = [107, channelType, 0xffff_ffff, 0],
  ): void {
    message.forEach((byte, i) => {
      this.memory.bytes(this.receiveGpns[i >> 12]!)[i & 4095] = byte;
    });
    const payload = u32s(...nvsp);
    this.host.sendTransferPages(this.#nextId++, 0, setId, range, 1, payload, payload.length, true);
    this.host.endSend();
  }

  /** Takes an RNDIS request: completes its packet and gives its words. */
  async rndis(): Promise<number[]> {
    const packet = await this.expect(107);
    const { buffer, byteOffset } = this.memory.bytes(packet.gpn!);
    const view = new DataView(buffer, byteOffset);
    const words = Array.from({ length: 16 }, (_, i) => view.getUint32(i * 4, true));
    this.complete(packet, [108, 1]);
    return words;
  }

  /** Answers the whole handshake, as the test wants it. */
  async handshake(answers: Handshake = {}): Promise<void> {
    const { init = [2, 0xffff_ffff, 34, 1], send = [105, 1, 6144] } = answers;
    const { receive = [102, 1, 1, 0, 1728, 37, 37 * 1728] } = answers;
    this.complete(await this.expect(1), init);
    this.complete(await this.expect(101), receive);
    this.complete(await this.expect(104), send);
    const [, , initializeId] = await this.rndis();
    this.deliver(
      u32s(...(answers.initialize ?? [0x8000_0002, 52, initializeId!, 0, 1, 0, 1, 0, 8, 0x4000, 3, 0, 0])),
      1,
    );
    const [, , macId] = await this.rndis();
    const mac = answers.mac ?? MAC;
    const reply = new Uint8Array(24 + mac.length);
    reply.set(u32s(0x8000_0004, reply.length, macId!, 0, mac.length, 16));
    reply.set(mac, 24);
    this.deliver(reply, 1);
    const [, , mediaId] = await this.rndis();
    this.deliver(u32s(0x8000_0004, 28, mediaId!, 0, 4, 16, 0), 1);
  }
}

/** A host and an adapter that is open. */
export async function openedNetwork(): Promise<{ host: RawNetworkHost; netvsc: Netvsc }> {
  const host = new RawNetworkHost();
  const opening = host.open();
  await host.handshake();
  return { host, netvsc: await opening };
}
