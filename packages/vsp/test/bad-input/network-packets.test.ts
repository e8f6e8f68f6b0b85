import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  frameOf,
  GUEST_MAC_BYTES,
  join,
  PEER_MAC_BYTES,
  type RawNetwork,
  rawNetwork,
  rndisPacket,
  u32s,
  warned,
} from '../support/raw-network.ts';

const FRAME = frameOf(PEER_MAC_BYTES, GUEST_MAC_BYTES);
const GOOD = rndisPacket(FRAME);
const EDGES = [
  0, 1, 7, 8, 13, 35, 36, 37, 95, 96, 97, 103, 104, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff,
];

async function ready(): Promise<RawNetwork> {
  const guest = await rawNetwork();
  await guest.initialize();
  return guest;
}

/** The good packet with words changed. */
function changed(words: Readonly<Record<number, number>>, packet = GOOD): Uint8Array {
  const bytes = packet.slice();
  const view = new DataView(bytes.buffer);
  for (const [at, value] of Object.entries(words)) view.setUint32(Number(at), value, true);
  return bytes;
}

describe('fields of an RNDIS packet', () => {
  it.each([4, 8, 12, 28, 32])('at %i: any value is survived', async (at) => {
    const guest = await ready();
    for (const value of EDGES) {
      guest.section(changed({ [at]: value }), 0);
      const status = await guest.status();
      expect([1, 5]).toContain(status);
      expect(guest.heard.every(({ bytes }) => bytes.length <= FRAME.length)).toBe(true);
      guest.heard.length = 0;
    }
    await guest.expectAlive();
  });

  it.each([0, 4, 8])('at %i of per-packet information: any value is survived', async (at) => {
    const guest = await ready();
    const packet = rndisPacket(FRAME, [
      [6, 0x645],
      [0, 0],
    ]);
    for (const value of EDGES) {
      guest.section(changed({ [44 + at]: value }, packet), 0);
      expect(await guest.status()).toBe(1);
    }
    expect(guest.heard.length).toBeLessThanOrEqual(EDGES.length);
    await guest.expectAlive();
  });

  it('checksums and large sends of what is no TCP or UDP are refused, and counted', async () => {
    const guest = await ready();
    const bad: [number, number][] = [
      [0, 0x22_0005],
      [0, 0x22_0010],
      [2, 0x4220_05a8],
      [2, 0x4220_0001],
    ];
    for (const info of bad) {
      guest.section(rndisPacket(FRAME, [info]), 0);
      expect(await guest.status()).toBe(1);
    }
    expect(guest.heard).toEqual([]);
    expect(guest.adapter.counters.framesRefused).toBe(bad.length);
    expect(warned('large send of a packet that is not TCP')).toBe(2);
  });

  it('frames that are too short or too long are dropped alone', async () => {
    const guest = await ready();
    for (const bytes of [0, 13, 1515]) {
      guest.section(join(rndisPacket(new Uint8Array(bytes)), GOOD), 0);
      expect(await guest.status()).toBe(1);
    }
    expect(guest.heard).toHaveLength(3);
  });
});

describe('the stream of a packet', () => {
  it('may be split at any byte between section, ranges and pages', async () => {
    const guest = await rawNetwork({ pages: 2048 });
    await guest.initialize();
    const { pages, gpns } = guest.machine.memory.allocatePages(2);
    const memory = new Uint8Array(pages.buffer);
    for (let split = 1; split < GOOD.length; split += 1) {
      // The rest ends a page, so that it goes over its border as well.
      const rest = GOOD.subarray(split);
      const byteOffset = 4096 - (split % rest.length);
      rest.forEach((byte, i) => {
        const at = byteOffset + i;
        memory[pages.offsets[Math.floor(at / 4096)]! + (at % 4096)] = byte;
      });
      const start = byteOffset % 4096;
      const used = byteOffset === 4096 ? gpns.slice(1) : gpns;
      const count = Math.ceil((start + rest.length) / 4096);
      guest.section(GOOD.subarray(0, split), 0, 1, 0);
      guest.nvsp([107, 0, 1, split], {
        ranges: [{ byteCount: rest.length, byteOffset: start, gpns: used.slice(0, count) }],
      });
      expect(await guest.status()).toBe(1);
    }
    expect(guest.heard).toHaveLength(GOOD.length - 1);
    for (const { bytes } of guest.heard) expect(bytes).toEqual(FRAME);
  });

  it('is refused when it ends in a header, is empty, or lies where nothing is', async () => {
    const guest = await ready();
    for (const length of [0, 1, 7, 43]) {
      guest.section(GOOD, 0, 0, length);
      expect(await guest.status()).toBe(5);
    }
    guest.section(GOOD, 2);
    expect(await guest.status()).toBe(5);
    for (const words of [
      [107, 0, 5, 104],
      [107, 0, 0xffff_fffe, 104],
      [107, 0, 0, 6145],
      [107, 0, 0, 0xffff_ffff],
      [107, 0, 0xffff_ffff, 104],
    ]) {
      guest.nvsp(words);
      expect(await guest.status()).toBe(5);
    }
    const range = { byteCount: 104, byteOffset: 0, gpns: [0xffff_ffff] };
    guest.nvsp([107, 0, 0xffff_ffff, 0], { ranges: [range] });
    expect(await guest.status()).toBe(5);
    const long = { byteCount: 33 * 4096, byteOffset: 0, gpns: new Array<number>(33).fill(1) };
    guest.nvsp([107, 0, 0xffff_ffff, 0], { ranges: [long] });
    expect(await guest.status()).toBe(5);
    expect(guest.heard).toEqual([]);
    await guest.expectAlive();
  });

  it('of control messages: wrong types, lengths and places of information are answered or refused', async () => {
    const guest = await ready();
    for (const type of [0, 1, 7, 9, 0x8000_0004, 0xffff_ffff]) {
      guest.direct(u32s(type, 28, 1, 0, 0, 0, 0), 1);
      expect(await guest.status()).toBe(5);
    }
    for (const [type, bytes] of [
      [2, 20],
      [3, 8],
      [4, 24],
      [5, 24],
      [8, 8],
    ] as const) {
      guest.direct(u32s(type, bytes, ...new Array<number>(bytes / 4 - 2).fill(0)), 1);
      expect(await guest.status()).toBe(5);
    }
    for (const edge of EDGES) {
      const byOffset = await guest.control(5, u32s(0x1010e, 4, edge, 0, 0x0d));
      expect([0, 0xc001_0014]).toContain(byOffset[3]);
      const byLength = await guest.control(5, u32s(0x1010e, edge, 20, 0, 0x0d));
      expect([0, 0xc001_0014]).toContain(byLength[3]);
      expect((await guest.control(4, u32s(0x10106, edge, edge, edge)))[3]).toBe(0);
      const parameter = join(u32s(edge, 28, 2, 48, edge), new Uint8Array(60));
      expect((await guest.set(0x1021b, parameter))[3]).not.toBe(0);
    }
    expect((await guest.set(0x0101_0103, new Uint8Array(7)))[3]).toBe(0xc001_0014);
    expect((await guest.set(0xfc01_020c, new Uint8Array(28)))[3]).toBe(0xc001_0015);
    expect((await guest.set(0xfc01_020c, new Uint8Array(4)))[3]).toBe(0xc001_0014);
    expect((await guest.set(0x1234, u32s(1)))[3]).toBe(0xc000_00bb);
    await guest.set(0x1010e, u32s(0x0d));
    await guest.expectAlive();
  });
});

describe('any bytes', () => {
  it('get one completion each, touch nothing but the receive buffer, and good traffic goes on', async () => {
    const word = fc.oneof(fc.constantFrom(...EDGES), fc.nat({ max: 200 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            words: fc.array(fc.tuple(fc.nat({ max: 16 }), word), { maxLength: 4 }),
            cut: fc.nat({ max: 140 }),
            control: fc.boolean(),
            direct: fc.boolean(),
          }),
          { minLength: 1, maxLength: 6 },
        ),
        async (packets) => {
          const guest = await ready();
          const guard = guest.machine.memory.allocatePages(1).gpns[0]!;
          guest.machine.memory.bytes(guard).fill(0x5a);
          for (const { words, cut, control, direct } of packets) {
            const base = control ? u32s(5, 32, 7, 0x1010e, 4, 20, 0, 0x0d) : rndisPacket(FRAME, [[6, 0x645]]);
            const fields = Object.fromEntries(
              words.filter(([at]) => at * 4 + 4 <= base.length).map(([at, value]) => [at * 4, value]),
            );
            const stream = changed(fields, base).slice(0, Math.max(1, base.length - Math.max(0, cut - 100)));
            const id = direct
              ? guest.direct(stream, control ? 1 : 0)
              : guest.section(stream, control ? 1 : 0);
            await guest.received();
            expect(guest.completions.filter((answer) => answer.id === id)).toHaveLength(1);
          }
          expect(guest.machine.memory.bytes(guard).every((byte) => byte === 0x5a)).toBe(true);
          expect(guest.guest.pair.ended).toBeUndefined();
          await guest.control(2, u32s(1, 0, 0x4000));
          await guest.set(0x1010e, u32s(0x0d));
          await guest.expectAlive();
        },
      ),
      { numRuns: 60 },
    );
  });
});
