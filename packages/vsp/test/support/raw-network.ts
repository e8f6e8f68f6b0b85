/** A network guest that sends what the test says, right or wrong. net-input-video.md §1. */

import { Frame, Switch, type SwitchPort } from '@viridian/drivers';
import { forgetWarnings, warning } from '@viridian/trace';
import type { SharedPages } from '@viridian/vmbus/ring';
import { NetworkAdapter } from '@viridian/vsp/network';
import { expect } from 'vitest';
import { type MachineOptions, TestMachine } from './machine.ts';
import { type Answer, RawGuest, type RawRange } from './raw-guest.ts';

const RECEIVE_GPADL = 0x101;
const SEND_GPADL = 0x102;
const RECEIVE_ID = 0xcafe;
const PAGE = 4096;

export const GUEST_MAC = '00:15:5d:00:00:01';
export const GUEST_MAC_BYTES = [0, 0x15, 0x5d, 0, 0, 1];
export const PEER_MAC_BYTES = [2, 0, 0, 0, 0, 0xb];

/** u32 values behind one another. */
export function u32s(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(i * 4, value, true);
  });
  return bytes;
}

/** u32 values of bytes. */
export function wordsOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length >> 2 }, (_, i) => view.getUint32(i * 4, true));
}

export function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** An RNDIS packet with per-packet words `[type, word]`. */
export function rndisPacket(
  frame: Uint8Array,
  info: readonly (readonly [number, number])[] = [],
): Uint8Array {
  const infoBytes = info.length * 16;
  const head = u32s(
    1,
    44 + infoBytes + frame.length,
    36 + infoBytes,
    frame.length,
    0,
    0,
    0,
    36,
    infoBytes,
    0,
    0,
  );
  return join(head, ...info.map(([type, word]) => u32s(16, type, 12, word)), frame);
}

/** Addresses, a type and a payload. */
export function frameOf(to: readonly number[], from: readonly number[], payloadBytes = 46): Uint8Array {
  const payload = Array.from({ length: payloadBytes }, (_, i) => (i * 7) & 255);
  return Uint8Array.from([...to, ...from, 0x88, 0xb5, ...payload]);
}

/** What came through the receive buffer. */
export interface Received {
  readonly isControl: boolean;
  readonly messages: Uint8Array[];
  readonly id: bigint;
}

export class RawNetwork {
  readonly machine: TestMachine<NetworkAdapter>;
  readonly adapter: NetworkAdapter;
  readonly guest: RawGuest;
  /** Another station on the same switch. */
  readonly peer: SwitchPort;
  readonly port: SwitchPort;
  /** What the peer heard. */
  readonly heard: Frame[] = [];
  receivePages: SharedPages;
  sendPages: SharedPages;
  completions: Answer[] = [];
  #requestId = 0;

  constructor(
    machine: TestMachine<NetworkAdapter>,
    guest: RawGuest,
    ports: readonly [SwitchPort, SwitchPort],
    pages: { receive: number; send: number },
  ) {
    this.machine = machine;
    this.adapter = machine.controller;
    this.guest = guest;
    [this.port, this.peer] = ports;
    this.receivePages = machine.memory.allocatePages(pages.receive).pages;
    this.sendPages = machine.memory.allocatePages(pages.send).pages;
    machine.gpadls.set(RECEIVE_GPADL, this.receivePages);
    machine.gpadls.set(SEND_GPADL, this.sendPages);
    this.peer.connect({
      receive: (frame) => {
        this.heard.push(frame);
        return true;
      },
    });
  }

  /** Sends an NVSP message; 40 bytes, as Linux does. */
  nvsp(
    words: readonly number[],
    options: { flags?: number; bytes?: number; ranges?: readonly RawRange[] } = {},
  ) {
    const payload = new Uint8Array(options.bytes ?? 40);
    payload.set(u32s(...words).subarray(0, payload.length));
    const { flags = 1, ranges } = options;
    return this.guest.send(payload, { flags, ...(ranges === undefined ? {} : { ranges }) });
  }

  /** Sends it and gives the words of its completion. */
  async ask(...words: number[]): Promise<number[]> {
    const id = this.nvsp(words);
    const answers = await this.guest.answers();
    const mine = answers.find((answer) => answer.type === 11 && answer.id === id);
    if (mine === undefined) throw new Error(`no completion; channel ${this.guest.pair.ended}`);
    return wordsOf(mine.bytes);
  }

  /** INIT to both buffers. */
  async negotiate(version = 0x60001, mtu = 1514): Promise<void> {
    expect((await this.ask(1, version, version))[3]).toBe(1);
    if (version > 2) this.nvsp([125, mtu, 0, 0xac, 0], { flags: 0 });
    this.nvsp([100, 6, 30], { flags: 0 });
    expect((await this.ask(101, RECEIVE_GPADL, RECEIVE_ID))[1]).toBe(1);
    expect((await this.ask(104, SEND_GPADL, 0))[1]).toBe(1);
  }

  /** All that Linux does until its interface is up. */
  async initialize(version = 0x60001, mtu = 1514, filter = 0x0d): Promise<void> {
    await this.negotiate(version, mtu);
    expect((await this.control(2, u32s(1, 0, 0x4000)))[0]).toBe(0x8000_0002);
    if (filter !== 0) expect((await this.set(0x1010e, u32s(filter)))[3]).toBe(0);
  }

  /** Puts a stream into a section and sends it. */
  section(stream: Uint8Array, channelType: number, index = 0, bytes = stream.length): bigint {
    stream.forEach((byte, i) => {
      const at = index * 6144 + i;
      const { buffer, offsets } = this.sendPages;
      new Uint8Array(buffer)[offsets[Math.floor(at / PAGE)]! + (at % PAGE)] = byte;
    });
    return this.nvsp([107, channelType, index, bytes]);
  }

  /** Puts a stream into pages of its own and sends those. */
  direct(stream: Uint8Array, channelType: number, byteOffset = 0): bigint {
    const pages = Math.ceil((byteOffset + stream.length) / PAGE);
    const { gpns, pages: shared } = this.machine.memory.allocatePages(pages);
    stream.forEach((byte, i) => {
      const at = byteOffset + i;
      new Uint8Array(shared.buffer)[shared.offsets[Math.floor(at / PAGE)]! + (at % PAGE)] = byte;
    });
    const ranges = [{ byteCount: stream.length, byteOffset, gpns }];
    return this.nvsp([107, channelType, 0xffff_ffff, 0], { ranges });
  }

  /** An RNDIS request with a fresh id and this behind it; its answer as words. */
  async control(type: number, rest: Uint8Array): Promise<number[]> {
    return wordsOf(await this.controlBytes(type, rest));
  }

  async controlBytes(type: number, rest: Uint8Array): Promise<Uint8Array> {
    this.#requestId += 1;
    this.direct(join(u32s(type, 12 + rest.length, this.#requestId), rest), 1);
    const [received, ...more] = await this.received();
    if (received === undefined || more.length > 0 || !received.isControl) throw new Error('not one answer');
    expect(wordsOf(received.messages[0]!)[2]).toBe(this.#requestId);
    return received.messages[0]!;
  }

  async query(
    oid: number,
    request: Uint8Array = new Uint8Array(0),
  ): Promise<{ status: number; information: Uint8Array }> {
    const answer = await this.controlBytes(4, join(u32s(oid, request.length, 20, 0), request));
    const words = wordsOf(answer.subarray(0, 24));
    expect(words.slice(0, 2)).toEqual([0x8000_0004, answer.length]);
    expect(words[5]).toBe(16);
    return { status: words[3]!, information: answer.slice(24, 24 + words[4]!) };
  }

  async set(oid: number, information: Uint8Array): Promise<number[]> {
    return await this.control(5, join(u32s(oid, information.length, 20, 0), information));
  }

  /** What the host has sent since, completed as Linux does; completions of our own packets go to `completions`. */
  async received(complete = true): Promise<Received[]> {
    const list: Received[] = [];
    for (const answer of await this.guest.answers()) {
      if (answer.type !== 7) {
        this.completions.push(answer);
        continue;
      }
      expect(answer.setId).toBe(RECEIVE_ID);
      const words = wordsOf(answer.bytes);
      expect([words[0], words[2]]).toEqual([107, 0xffff_ffff]);
      const messages = answer.ranges.map(([count, offset]) => this.#read(offset, count));
      list.push({ isControl: words[1] === 1, messages, id: answer.id });
      if (complete) this.complete(answer.id);
    }
    return list;
  }

  /** Frames that came. */
  async frames(): Promise<Uint8Array[]> {
    return (await this.received()).flatMap(({ messages }) => messages.map((message) => frameIn(message)));
  }

  complete(id: bigint, status = 1): void {
    this.guest.send(u32s(108, status), { id, type: 11, flags: 0 });
  }

  /** The status of the last packet's completion. */
  async status(): Promise<number> {
    await this.received();
    return wordsOf(this.completions.at(-1)!.bytes)[1]!;
  }

  /** A frame arrives from the peer and one leaves. */
  async expectAlive(): Promise<void> {
    await this.received();
    const before = this.heard.length;
    this.peer.send(new Frame(frameOf(GUEST_MAC_BYTES, PEER_MAC_BYTES, 99)));
    expect((await this.frames()).map((frame) => frame.length)).toEqual([113]);
    this.section(rndisPacket(frameOf(PEER_MAC_BYTES, GUEST_MAC_BYTES)), 0);
    expect(await this.status()).toBe(1);
    expect(this.heard.length).toBe(before + 1);
  }

  #read(offset: number, count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    const { buffer, offsets } = this.receivePages;
    for (let i = 0; i < count; i += 1) {
      const at = offset + i;
      bytes[i] = new Uint8Array(buffer)[offsets[Math.floor(at / PAGE)]! + (at % PAGE)]!;
    }
    return bytes;
  }
}

/** The frame in an RNDIS packet. */
export function frameIn(message: Uint8Array): Uint8Array {
  const words = wordsOf(message.subarray(0, 44));
  expect(words.slice(0, 2)).toEqual([1, message.length]);
  return message.slice(8 + words[2]!, 8 + words[2]! + words[3]!);
}

/** A guest on a switch with a peer; nothing negotiated yet. */
export async function rawNetwork(
  options: MachineOptions & { receivePages?: number; versions?: readonly number[]; mtuBytes?: number } = {},
): Promise<RawNetwork> {
  forgetWarnings();
  const { versions, mtuBytes } = options;
  const net = new Switch(mtuBytes === undefined ? {} : { mtuBytes });
  const ports = [net.port('guest'), net.port('peer')] as const;
  const adapter = new NetworkAdapter({
    instanceId: '22222222-2222-3333-4444-555555555555',
    port: ports[0],
    mac: GUEST_MAC,
    ...(versions === undefined ? {} : { versions }),
  });
  const machine = new TestMachine(adapter, { mute: true, delivery: 'direct', ringPages: 8, ...options });
  const guest = new RawGuest(await machine.open());
  return new RawNetwork(machine, guest, ports, { receive: options.receivePages ?? 64, send: 8 });
}

/** How often a bad request was warned of with this reason. */
export function warned(reason: string): number {
  return warning('vsp.network.request').countOf(reason);
}
