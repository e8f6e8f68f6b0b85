/** Exchanges as in net-input-video.md §5, byte by byte. */

import { Frame } from '@viridian/drivers';
import { describe, expect, it } from 'vitest';
import {
  frameIn,
  frameOf,
  GUEST_MAC_BYTES,
  join,
  PEER_MAC_BYTES,
  rawNetwork,
  rndisPacket,
  u32s,
  wordsOf as words,
} from '../support/raw-network.ts';

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A TCP segment over IPv4 to the guest, as a large send leaves it. */
function largeSegment(payloadBytes: number): Uint8Array {
  const bytes = frameOf(GUEST_MAC_BYTES, PEER_MAC_BYTES, 40 + payloadBytes);
  bytes.set([8, 0, 0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], 12);
  bytes.set([0, 80, 0, 90, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0], 34);
  return bytes;
}

describe('the handshake of Linux', () => {
  it('is answered as by a real host', async () => {
    const guest = await rawNetwork({ receivePages: 64, pages: 2048 });
    expect(await guest.ask(1, 0x60001, 0x60001)).toEqual([2, 0xffff_ffff, 34, 1, 0, 0, 0, 0, 0, 0]);
    guest.nvsp([125, 1514, 0, 0xac, 0], { flags: 0 });
    guest.nvsp([100, 6, 30], { flags: 0 });
    // 64 pages divided by 1728 are 151.
    expect(await guest.ask(101, 0x101, 0xcafe)).toEqual([102, 1, 1, 0, 1728, 151, 151 * 1728, 0, 0, 0]);
    expect(await guest.ask(104, 0x102, 0)).toEqual([105, 1, 6144, 0, 0, 0, 0, 0, 0, 0]);
    const initialize = guest.direct(u32s(2, 24, 1, 1, 0, 0x4000), 1);
    const [completion, reply] = await guest.guest.answers();
    expect([completion!.type, completion!.id, words(completion!.bytes).slice(0, 2)]).toEqual([
      11,
      initialize,
      [108, 1],
    ]);
    expect([reply!.type, reply!.ranges, reply!.setId]).toEqual([7, [[52, 0]], 0xcafe]);
    expect(words(reply!.bytes)).toEqual([107, 1, 0xffff_ffff, 0, 0, 0, 0, 0, 0, 0]);
    guest.complete(reply!.id);
    expect(guest.adapter.inspect()).toMatchObject({ state: 'negotiated', version: 0x60001, packetFilter: 0 });
  });

  it.each([
    [0x2, 28],
    [0x3_0002, 28],
    [0x4_0000, 28],
    [0x5_0000, 28],
    [0x6_0000, 28],
    [0x6_0001, 40],
  ])('goes on with version %i in messages of %i bytes', async (version, bytes) => {
    const guest = await rawNetwork({ versions: [version] });
    expect((await guest.ask(1, 0x60001, 0x60001))[3]).toBe(version === 0x60001 ? 1 : 3);
    const id = guest.nvsp([1, version, version]);
    const answers = await guest.guest.answers();
    if (version !== 0x60001) {
      expect(answers).toMatchObject([{ type: 11, id }]);
      expect(answers[0]!.bytes.length).toBe((bytes + 7) & ~7);
      expect(words(answers[0]!.bytes).slice(0, 4)).toEqual([2, version === 2 ? 2 : 0xffff_ffff, 34, 1]);
    }
  });

  it('gets as much memory per frame as its MTU needs', async () => {
    for (const [mtu, bytes] of [
      [1514, 1728],
      [9014, 9232],
      [64, 1728],
      [65_535, 1728],
    ] as const) {
      const guest = await rawNetwork({ receivePages: 128 });
      await guest.ask(1, 0x60001, 0x60001);
      guest.nvsp([125, mtu, 0, 0, 0], { flags: 0 });
      expect((await guest.ask(101, 0x101, 0xcafe))[4]).toBe(bytes);
    }
  });
});

describe('RNDIS', () => {
  it('answers INITIALIZE, KEEPALIVE and RESET; HALT has no answer', async () => {
    const guest = await rawNetwork();
    await guest.negotiate();
    const complete = await guest.controlBytes(2, u32s(1, 0, 0x4000));
    expect(words(complete)).toEqual([0x8000_0002, 52, 1, 0, 1, 0, 1, 0, 8, 0x4000_0000, 3, 0, 0]);
    expect(await guest.control(8, new Uint8Array(0))).toEqual([0x8000_0008, 16, 2, 0]);
    guest.direct(u32s(6, 12, 0), 1);
    expect((await guest.received()).map(({ messages }) => words(messages[0]!))).toEqual([
      [0x8000_0006, 16, 0, 0],
    ]);
    guest.direct(u32s(3, 12, 9), 1);
    expect(await guest.received()).toEqual([]);
    expect(guest.completions.at(-1)).toMatchObject({ type: 11 });
    expect((await guest.query(0x10114)).status).toBe(0xc000_0001);
  });

  it('answers the questions of Linux', async () => {
    const guest = await rawNetwork();
    await guest.initialize();
    const ask = async (oid: number, request?: Uint8Array) =>
      hex((await guest.query(oid, request)).information);
    expect(await ask(0x10106)).toBe('dc050000');
    expect(await ask(0x0101_0101)).toBe('00155d000001');
    expect(await ask(0x0101_0102)).toBe('00155d000001');
    expect(await ask(0x20216)).toBe(
      hex(
        Uint8Array.from('Network Adapter', (c) => c.charCodeAt(0)).reduce<Uint8Array>(
          (all, c) => join(all, Uint8Array.of(c, 0)),
          new Uint8Array(0),
        ),
      ),
    );
    expect(await ask(0x10114)).toBe('00000000');
    expect(await ask(0x10107)).toBe('00e1f505');
    expect(await ask(0x10203)).toBe('88021200' + '01030000' + '01000000' + '01000000' + '0000');
    expect(await ask(0x1010e)).toBe('0d000000');
    for (const [room, revision] of [
      [156, 3],
      [144, 2],
      [112, 1],
    ] as const) {
      const offload = await ask(0xfc01_020d, new Uint8Array(room));
      expect(offload.length).toBe(room * 2);
      expect(offload.slice(0, 80)).toBe(
        `a70${revision}${room.toString(16).padStart(2, '0')}00` +
          '02000000' +
          '55010000' +
          '02000000' +
          '55010000' +
          '02000000' +
          '55000000' +
          '02000000' +
          '55000000' +
          '00000000',
      );
      expect(offload.slice(160, 216)).toBe(
        '02000000' + '3cf50000' + '02000000' + '02000000' + '3cf50000' + '02000000' + '05000000',
      );
    }
    expect(await guest.query(0x1234_5678)).toEqual({ status: 0xc000_00bb, information: new Uint8Array(0) });
    expect(words((await guest.query(0x10101)).information)).toContain(0xfc01_020d);
  });

  it('takes offload parameters, and an address, which the filter then goes by', async () => {
    const guest = await rawNetwork();
    await guest.initialize();
    const parameters = join(
      Uint8Array.of(0x80, 3, 28, 0, 1, 4, 4, 4, 4, 0, 0, 2, 2, 0, 0, 0),
      new Uint8Array(12),
    );
    expect((await guest.set(0xfc01_020c, parameters))[3]).toBe(0);
    const utf16 = (text: string) => Uint8Array.from([...text].flatMap((c) => [c.charCodeAt(0), 0]));
    const address = join(u32s(20, 28, 2, 48, 24), utf16('NetworkAddress'), utf16('00155dabcdef'));
    expect((await guest.set(0x1021b, address))[3]).toBe(0);
    expect(hex((await guest.query(0x0101_0102)).information)).toBe('00155dabcdef');
    expect(hex((await guest.query(0x0101_0101)).information)).toBe('00155d000001');
    guest.peer.send(new Frame(frameOf(GUEST_MAC_BYTES, PEER_MAC_BYTES)));
    guest.peer.send(new Frame(frameOf([0, 0x15, 0x5d, 0xab, 0xcd, 0xef], PEER_MAC_BYTES)));
    expect(await guest.frames()).toHaveLength(1);
  });
});

describe('frames', () => {
  it('go out of sections, of pages, and of both, many in one packet', async () => {
    const guest = await rawNetwork();
    await guest.initialize();
    const frames = [46, 0, 1486].map((bytes) => frameOf(PEER_MAC_BYTES, GUEST_MAC_BYTES, bytes));
    const aligned = frames.map((frame) => {
      const message = rndisPacket(frame);
      const padded = join(message, new Uint8Array(-message.length & 7));
      padded.set(u32s(padded.length), 4);
      return padded;
    });
    guest.section(join(...aligned), 0);
    expect(await guest.status()).toBe(1);
    expect(guest.heard.map(({ bytes }) => bytes)).toEqual(frames);
    guest.direct(rndisPacket(frames[2]!), 0, 4000);
    expect(await guest.status()).toBe(1);
    expect(guest.heard[3]!.bytes).toEqual(frames[2]);
    // Linux's partial copy: header in the section, frame in the pages.
    const message = rndisPacket(frames[0]!);
    const { gpns, pages } = guest.machine.memory.allocatePages(1);
    new Uint8Array(pages.buffer).set(message.subarray(44), pages.offsets[0]!);
    guest.section(message.subarray(0, 44), 0, 3);
    guest.nvsp([107, 0, 3, 44], { ranges: [{ byteCount: message.length - 44, byteOffset: 0, gpns }] });
    expect(guest.heard.at(-1)!.bytes).toEqual(frames[0]);
  });

  it('come in, one range each, with the tag in front', async () => {
    const guest = await rawNetwork();
    await guest.initialize();
    const frame = frameOf(GUEST_MAC_BYTES, PEER_MAC_BYTES);
    guest.peer.send(new Frame(frame));
    guest.peer.send(new Frame(frame, { vlan: 0xa064 }));
    const [first, ...more] = await guest.received();
    expect(more).toEqual([]);
    const [plain, tagged] = first!.messages;
    expect(words(plain!.subarray(0, 44))).toEqual([1, 44 + 60, 36, 60, 0, 0, 0, 0, 0, 0, 0]);
    expect(words(tagged!.subarray(0, 60))).toEqual([
      1,
      60 + 60,
      52,
      60,
      0,
      0,
      0,
      36,
      16,
      0,
      0,
      16,
      6,
      12,
      0x645,
    ]);
    expect([frameIn(plain!), frameIn(tagged!)]).toEqual([frame, frame]);
    guest.section(rndisPacket(frame, [[6, 0x645]]), 0);
    expect(guest.heard[0]!.vlan).toBe(0xa064);
  });

  it('are filtered as the guest wants', async () => {
    const guest = await rawNetwork();
    await guest.initialize(0x60001, 1514, 0);
    const kinds = {
      own: GUEST_MAC_BYTES,
      other: [2, 0, 0, 0, 0, 0x77],
      broadcast: [255, 255, 255, 255, 255, 255],
      listed: [1, 0, 0x5e, 0, 0, 1],
      multicast: [1, 0, 0x5e, 0, 0, 2],
    };
    expect((await guest.set(0x0101_0103, Uint8Array.from(kinds.listed)))[3]).toBe(0);
    const seen = async (filter: number): Promise<string> => {
      if (filter >= 0) await guest.set(0x1010e, u32s(filter));
      for (const to of Object.values(kinds)) guest.peer.send(new Frame(frameOf(to, PEER_MAC_BYTES)));
      const got = (await guest.frames()).map((frame) => hex(frame.subarray(0, 6)));
      return Object.entries(kinds)
        .filter(([, mac]) => got.includes(hex(Uint8Array.from(mac))))
        .map(([name]) => name)
        .join();
    };
    expect(await seen(0)).toBe('');
    expect(await seen(1)).toBe('own');
    expect(await seen(0x0d)).toBe('own,broadcast,listed,multicast');
    expect(await seen(0x0b)).toBe('own,broadcast,listed');
    expect(await seen(0x20)).toBe('own,other,broadcast,listed,multicast');
  });

  it('that are large come in packets that fit, or in one that the guest joins when it said so', async () => {
    const guest = await rawNetwork({ receivePages: 128 });
    await guest.initialize();
    const large = largeSegment(20_000);
    const send = () => guest.peer.send(new Frame(large, { segmentBytes: 1460, vlan: 0x2064 }));
    send();
    const cut = (await guest.frames()).map((frame) => frame.length);
    expect(cut).toEqual([...new Array<number>(13).fill(1514), 54 + 20_000 - 13 * 1460]);
    const parameters = join(
      Uint8Array.of(0x80, 3, 28, 0),
      new Uint8Array(18),
      Uint8Array.of(2, 2, 0, 0, 0, 0),
    );
    expect((await guest.set(0xfc01_020c, parameters))[3]).toBe(0);
    send();
    const received = await guest.received();
    expect(received).toHaveLength(1);
    const { messages } = received[0]!;
    const joined = join(...messages.map((message) => frameIn(message)));
    expect(joined.length).toBe(54 + 20_000);
    expect(joined.subarray(54)).toEqual(large.subarray(54));
    expect([joined[16], joined[17]]).toEqual([(20_040 >> 8) & 255, 20_040 & 255]);
    const flags = messages.map((message) => {
      const info = words(message.subarray(44, 8 + words(message.subarray(8, 12))[0]!));
      return info.slice(-4);
    });
    expect(flags.map(([bytes, type, offset]) => [bytes, type, offset])).toEqual(
      flags.map(() => [16, 0x8000_0001, 12]),
    );
    expect(flags.map(([, , , word]) => word! >>> 8)).toEqual([
      3,
      ...new Array<number>(flags.length - 2).fill(1),
      5,
    ]);
    expect(words(messages[0]!.subarray(44, 76))).toEqual([16, 6, 12, 0x641, 16, 0, 12, 0x28]);
    await guest.expectAlive();
  });

  it('of a pulled cable: the guest is told, and told again', async () => {
    const guest = await rawNetwork();
    await guest.initialize();
    guest.port.setLink(false);
    expect(words((await guest.query(0x10114).catch(() => ({ information: u32s(9) }))).information)).toEqual([
      9,
    ]);
    guest.port.setLink(true);
    expect((await guest.received()).map(({ messages }) => words(messages[0]!))).toEqual([
      [7, 20, 0x4001_000b, 0, 0],
    ]);
  });
});
