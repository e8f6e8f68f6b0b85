/** Rings that no honest guest writes: each ends the channel with a logged reason, and the rest of the bus goes on. */

import { forgetWarnings, recentWarnings } from '@viridian/trace';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { IncomingPacket, type RingMemory, RingReader, RingStatus, RingWriter } from '../../src/ring/index.ts';
import { EchoDevice } from '../echo-device.ts';
import { byRelid, openChannel, RawGuest } from '../raw-guest.ts';
import { freshRing, putHex } from '../ring-pages.ts';

beforeEach(() => forgetWarnings());

const reasons = (): string[] => [...new Set(recentWarnings().map((warning) => warning.reason))];

async function opened() {
  const guest = new RawGuest();
  const device = new EchoDevice();
  const bystander = new EchoDevice('22222222-2222-3333-4444-555555555555');
  const { relid } = guest.host.offer(device);
  const other = guest.host.offer(bystander);
  await guest.connect();
  return {
    guest,
    device,
    relid,
    rings: await guest.open(relid),
    other: await guest.open(other.relid),
    otherRelid: other.relid,
  };
}

/** A packet of the outgoing ring, as hex; then its length is made the write index. */
async function send(hex: string): Promise<Awaited<ReturnType<typeof opened>>> {
  const all = await opened();
  const length = putHex(all.rings.out, 0, hex);
  all.rings.out.storeWriteIndex((length + 7) & ~7);
  await all.guest.signal(all.relid);
  return all;
}

/** The other channel answers, and this one can be opened anew. */
async function goesOn({
  guest,
  relid,
  other,
  otherRelid,
}: Awaited<ReturnType<typeof opened>>): Promise<void> {
  const writer = new RingWriter(other.out);
  const reader = new RingReader(other.in);
  const packet = new IncomingPacket(256);
  writer.writePlain(6, 1, 77, 0, Uint8Array.of(1, 2, 3), 3);
  writer.commit();
  await guest.signal(otherRelid);
  expect(reader.next(packet)).toBe(RingStatus.DONE);
  expect(packet).toMatchObject({ type: 11, idLow: 77 });
  await guest.say(byRelid('CLOSE_CHANNEL', relid));
  await guest.open(relid);
}

const ID = '0100000000000000';
const TRAILER = '00000000 00000000';

describe('a packet that is wrong', () => {
  it.each([
    ['type 0', `0000 0200 0300 0000 ${ID} 0000000000000000 ${TRAILER}`, 'packet type is unknown'],
    ['type 8, reserved', `0800 0200 0300 0000 ${ID} 0000000000000000 ${TRAILER}`, 'packet type is unknown'],
    ['type 14', `0e00 0200 0300 0000 ${ID} 0000000000000000 ${TRAILER}`, 'packet type is unknown'],
    ['type 0xffff', `ffff 0200 0300 0000 ${ID} 0000000000000000 ${TRAILER}`, 'packet type is unknown'],
    [
      'a payload inside the descriptor',
      `0600 0100 0300 0000 ${ID} 0000000000000000 ${TRAILER}`,
      'packet payload begins inside the descriptor',
    ],
    [
      'a payload at 0',
      `0600 0000 0300 0000 ${ID} 0000000000000000 ${TRAILER}`,
      'packet payload begins inside the descriptor',
    ],
    [
      'a payload past the end',
      `0600 0400 0300 0000 ${ID} 0000000000000000 ${TRAILER}`,
      'packet payload begins past the end',
    ],
    [
      'a payload far past the end',
      `0600 ffff 0300 0000 ${ID} 0000000000000000 ${TRAILER}`,
      'packet payload begins past the end',
    ],
    [
      'no length',
      `0600 0200 0000 0000 ${ID} 0000000000000000 ${TRAILER}`,
      'packet is shorter than its descriptor',
    ],
    [
      'half a descriptor',
      `0600 0200 0100 0000 ${ID} 0000000000000000 ${TRAILER}`,
      'packet is shorter than its descriptor',
    ],
    [
      'a length that leaves no trailer',
      `0600 0200 0400 0000 ${ID} 0000000000000000 ${TRAILER}`,
      'packet is cut off',
    ],
    ['the longest length', `0600 0200 ffff 0000 ${ID} 0000000000000000 ${TRAILER}`, 'packet is cut off'],
    ['an unknown flag', `0600 0200 0300 0200 ${ID} 0000000000000000 ${TRAILER}`, 'packet has unknown flags'],
    ['all flags', `0600 0200 0300 ffff ${ID} 0000000000000000 ${TRAILER}`, 'packet has unknown flags'],
    ['a write index in its middle', '0600 0200 0300 0000', 'packet is cut off'],
    [
      'no range count',
      `0900 0200 0300 0100 ${ID} 0000000000000000 ${TRAILER}`,
      'packet ends before its range count',
    ],
    ['no ranges', `0900 0300 0300 0100 ${ID} 00000000 00000000 ${TRAILER}`, 'packet has no ranges'],
    [
      'a range count without ranges',
      `0900 0300 0300 0100 ${ID} 00000000 01000000 ${TRAILER}`,
      'packet has more ranges than room',
    ],
    [
      '2³²−1 ranges',
      `0900 0500 0500 0100 ${ID} 00000000 ffffffff 00100000 00000000 0100000000000000 ${TRAILER}`,
      'packet has more ranges than room',
    ],
    [
      'an empty range',
      `0900 0500 0500 0100 ${ID} 00000000 01000000 00000000 00000000 0100000000000000 ${TRAILER}`,
      'packet range is empty',
    ],
    [
      'a range that begins past its page',
      `0900 0500 0500 0100 ${ID} 00000000 01000000 01000000 00100000 0100000000000000 ${TRAILER}`,
      'packet range begins past its first page',
    ],
    [
      'a range with too few pages',
      `0900 0500 0500 0100 ${ID} 00000000 01000000 01100000 00000000 0100000000000000 ${TRAILER}`,
      'packet ranges run into the payload',
    ],
    [
      'a range of 4 GiB',
      `0900 0500 0500 0100 ${ID} 00000000 01000000 ffffffff ff0f0000 0100000000000000 ${TRAILER}`,
      'packet ranges run into the payload',
    ],
    [
      'a second range that has no room',
      `0900 0700 0700 0100 ${ID} 00000000 02000000 00200000 00000000 0100000000000000 0200000000000000 0010000000000000 ${TRAILER}`,
      'packet ranges run into the payload',
    ],
    [
      'a page number of 64 bits',
      `0900 0500 0500 0100 ${ID} 00000000 01000000 00100000 00000000 0000000000001000 ${TRAILER}`,
      'packet page number is out of range',
    ],
    [
      'transfer pages without a count',
      `0700 0200 0300 0000 ${ID} 0000000000000000 ${TRAILER}`,
      'packet ends before its range count',
    ],
    [
      'transfer pages without ranges',
      `0700 0300 0300 0000 ${ID} 01000000 00000000 ${TRAILER}`,
      'packet has no ranges',
    ],
    [
      'transfer pages with too many',
      `0700 0400 0400 0000 ${ID} 01000000 02000000 0000000000000000 ${TRAILER}`,
      'packet has more ranges than room',
    ],
  ])('ends the channel: %s', async (_, hex, reason) => {
    const all = await send(hex);
    expect(reasons()).toEqual([reason]);
    expect(all.device.log.slice(1)).toEqual([`channel gone: ${reason}`, `closed 0: ${reason}`]);
    await goesOn(all);
  });

  it('is longer than the device takes', () => {
    const ring = freshRing(2);
    const writer = new RingWriter(ring);
    const reader = new RingReader(ring);
    writer.writePlain(6, 0, 1, 0, new Uint8Array(300), 300);
    writer.commit();
    expect(reader.next(new IncomingPacket(256))).toBe(RingStatus.CORRUPT);
    expect(reader.corruption).toBe('packet is longer than this channel takes');
    // Once corrupt, for ever.
    expect(reader.look()).toBe(RingStatus.CORRUPT);
    expect(reader.sleep()).toBe(RingStatus.CORRUPT);
  });

  it.each(['00000000 08000000', '00000000 ffffffff', '01000000 00000000'])(
    'in its trailer (%s) is taken, as Linux does, and counted where it names another start',
    async (trailer) => {
      const all = await send(`0600 0200 0300 0100 ${ID} 1111111111111111 ${trailer}`);
      const reader = new RingReader(all.rings.in);
      const packet = new IncomingPacket(256);
      expect(reader.next(packet)).toBe(RingStatus.DONE);
      expect(packet).toMatchObject({ type: 11, idLow: 1 });
      const wrong = trailer.endsWith(' 00000000') ? 0 : 1;
      expect(all.device.channel!.counters.trailersWrong).toBe(wrong);
      expect(reasons()).toEqual(wrong === 1 ? ['packet trailer does not name its start'] : []);
    },
  );
});

describe('indices', () => {
  it.each([8192, 4, 7, 8191, -8, -1, 0x7fffffff, 0x7ffffff8])(
    'a write index of %i ends the channel',
    async (index) => {
      const all = await opened();
      all.rings.out.storeWriteIndex(index);
      await all.guest.signal(all.relid);
      expect(reasons()).toEqual(['write index out of range']);
      expect(all.device.log.at(-1)).toBe('closed 0: write index out of range');
      await goesOn(all);
    },
  );

  it.each([8192, 4, -8, 0x7ffffff8])(
    'a read index of %i ends the channel when the ring looks full',
    async (index) => {
      const all = await opened();
      const { device } = all;
      const payload = new Uint8Array(4000);
      while (device.channel!.sendInBand(1, 0, payload, payload.length, false)) {
        all.rings.in.storeReadIndex(index);
      }
      expect(device.channel!.open).toBe(false);
      expect(device.channel!.sendInBand(1, 0, payload, 8, false)).toBe(false);
      await all.guest.machine.quiet();
      expect(device.log.at(-1)).toBe('closed 0: read index out of range');
      await goesOn(all);
    },
  );

  it('impossible when the channel is opened end it at the first use', async () => {
    for (const spoil of [
      (ring: RingMemory) => ring.storeWriteIndex(9),
      (ring: RingMemory) => ring.storeReadIndex(8192),
    ]) {
      const all = await opened();
      await all.guest.say(byRelid('CLOSE_CHANNEL', all.relid));
      spoil(all.rings.out);
      const { relid, gpadl } = { relid: all.relid, gpadl: all.rings.gpadl };
      await all.guest.say(
        openChannel({ relId: relid, openId: 1, ringGpadl: gpadl, downstreamPageOffset: 3 }),
      );
      expect(all.device.log.at(-1)).toMatch(/^closed 0: (write|read) index out of range$/);
    }
  });

  it('moved back while packets wait cannot lead past what was checked', () => {
    const ring = freshRing(1);
    const writer = new RingWriter(ring);
    const reader = new RingReader(ring);
    const packet = new IncomingPacket(256);
    for (let i = 0; i < 3; i += 1) writer.writePlain(6, 0, i, 0, new Uint8Array(8), 8);
    writer.commit();
    expect(reader.next(packet)).toBe(RingStatus.DONE);
    ring.storeWriteIndex(8); // behind the reader
    // What was seen stays valid; the next look finds nonsense and not more than the ring.
    expect(reader.next(packet)).toBe(RingStatus.DONE);
    expect(reader.next(packet)).toBe(RingStatus.DONE);
    let status: number = RingStatus.DONE;
    for (let i = 0; i < 1000 && status === RingStatus.DONE; i += 1) status = reader.next(packet);
    expect(status).toBe(RingStatus.CORRUPT);
  });

  it('of our own that the guest overwrites are not believed', async () => {
    const all = await opened();
    all.rings.in.storeWriteIndex(4096);
    all.rings.out.storeReadIndex(16);
    all.rings.out.pendingSendSize = 0xffffffff;
    const writer = new RingWriter(freshRing(1));
    expect(writer.corruption).toBeUndefined();
    putHex(all.rings.out, 0, `0600 0200 0300 0100 ${ID} 1111111111111111 ${TRAILER}`);
    all.rings.out.storeWriteIndex(32);
    await all.guest.signal(all.relid);
    // The answer lies where the host had left its own write index.
    expect(all.rings.in.loadWriteIndex()).toBe(32);
    expect(all.rings.out.loadReadIndex()).toBe(32);
  });
});

describe('memory that changes while it is read', () => {
  it('is looked at once: a length changed after the first look has no effect', () => {
    // The reader's copy is the only thing that is checked: swap bytes at the moment of each copy.
    const ring = freshRing(1);
    const writer = new RingWriter(ring);
    writer.writePlain(6, 0, 1, 0, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 8);
    writer.commit();
    const { copyOut } = ring;
    let copies = 0;
    ring.copyOut = (position, target, targetWord, count) => {
      copyOut.call(ring, position, target, targetWord, count);
      copies += 1;
      putHex(ring, 0, 'ffff ffff ffff ffff'); // type, offset, length, flags
    };
    const packet = new IncomingPacket(64);
    expect(new RingReader(ring).next(packet)).toBe(RingStatus.DONE);
    expect(copies).toBe(2);
    expect(packet).toMatchObject({ type: 6, packetBytes: 24, payloadOffset: 16, payloadBytes: 8, flags: 0 });
  });

  it('range counts and page numbers come from the copy alone', () => {
    const ring = freshRing(1);
    const writer = new RingWriter(ring);
    writer.writeGpaDirect(1, 0, new Uint8Array(8), 8, [5], 1, 0, 4096);
    writer.commit();
    const { copyOut } = ring;
    ring.copyOut = (position, target, targetWord, count) => {
      copyOut.call(ring, position, target, targetWord, count);
      if (targetWord > 0) putHex(ring, 20, 'ffffffff ffffffff ffffffff ffffffff');
    };
    const packet = new IncomingPacket(64);
    expect(new RingReader(ring).next(packet)).toBe(RingStatus.DONE);
    expect([packet.rangeCount, packet.rangeByteCount(0), packet.gpns[0]]).toEqual([1, 4096, 5]);
  });
});

describe('any bytes at all', () => {
  it('in the data area and both indices: values or corruption, never a throw, never past the ring', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 64, maxLength: 512 }),
        fc.integer({ min: 0, max: 511 }),
        fc.integer({ min: 0, max: 511 }),
        (noise, read8, write8) => {
          const ring = freshRing(1, 'scattered');
          for (let i = 0; i < 4096; i += 1)
            ring.bytes[ring.wordAt(i & ~3) * 4 + (i & 3)] = noise[i % noise.length]!;
          ring.storeReadIndex(read8 * 8);
          ring.storeWriteIndex(write8 * 8);
          const reader = new RingReader(ring);
          const packet = new IncomingPacket(4096);
          let status: number = RingStatus.DONE;
          for (let i = 0; i < 600 && status === RingStatus.DONE; i += 1) {
            status = reader.next(packet);
            if (status !== RingStatus.DONE) continue;
            expect(packet.payloadOffset + packet.payloadBytes).toBe(packet.packetBytes);
            expect(packet.gpnCount).toBeLessThanOrEqual(512);
          }
          expect([RingStatus.EMPTY, RingStatus.CORRUPT]).toContain(status);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('one changed byte of a good packet never harms the reader', () => {
    fc.assert(
      fc.property(fc.nat(63), fc.nat(255), (at, value) => {
        const ring = freshRing(1);
        const writer = new RingWriter(ring);
        writer.writeGpaDirect(7, 0, new Uint8Array(8), 8, [5, 6], 2, 100, 5000);
        writer.commit();
        putHex(ring, at, value.toString(16).padStart(2, '0'));
        const reader = new RingReader(ring);
        const packet = new IncomingPacket(256);
        const status = reader.next(packet);
        expect([RingStatus.DONE, RingStatus.CORRUPT]).toContain(status);
        if (status === RingStatus.CORRUPT) expect(reader.corruption).toMatch(/^packet /);
      }),
      { numRuns: 500 },
    );
  });
});
