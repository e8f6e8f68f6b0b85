/** A host that breaks NVSP or RNDIS: the channel ends with a reason, every request gets an end; a bad frame is dropped. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Handshake, openedNetwork, RawNetworkHost, u32s } from '../support/raw-network-host.ts';

const FRAME = Uint8Array.from({ length: 60 }, (_, i) => i);

function rndisFrame(fields: Readonly<Record<number, number>> = {}, vlan?: number): Uint8Array {
  const info = vlan === undefined ? new Uint8Array(0) : u32s(16, 6, 12, vlan);
  const bytes = new Uint8Array(44 + info.length + FRAME.length);
  const offsets = info.length === 0 ? [0, 0] : [36, info.length];
  bytes.set(u32s(1, bytes.length, 36 + info.length, FRAME.length, 0, 0, 0, ...offsets, 0, 0));
  bytes.set(info, 44);
  bytes.set(FRAME, 44 + info.length);
  const view = new DataView(bytes.buffer);
  for (const [at, value] of Object.entries(fields)) view.setUint32(Number(at), value, true);
  return bytes;
}

describe('a handshake', () => {
  it.each<[string, Handshake, string]>([
    ['that refuses every version', { init: [2, 0, 0, 2] }, 'refused'],
    ['that refuses the receive buffer', { receive: [102, 2] }, 'refused'],
    ['that cuts the receive buffer into nothing', { receive: [102, 1, 1, 0, 0, 37, 0] }, 'protocol'],
    ['that cuts it into more than there is', { receive: [102, 1, 1, 0, 1728, 38, 0] }, 'protocol'],
    ['that cuts it into two', { receive: [102, 1, 2, 0, 1728, 37, 0] }, 'protocol'],
    ['that overflows', { receive: [102, 1, 1, 0, 0xffff_ffff, 0xffff_ffff, 0] }, 'protocol'],
    ['that refuses the send buffer', { send: [105, 2] }, 'refused'],
    ['that cuts the send buffer into nothing', { send: [105, 1, 0] }, 'protocol'],
    ['that gives more than was lent', { send: [105, 1, 65_537] }, 'protocol'],
    ['that answers INITIALIZE too shortly', { initialize: [0x8000_0002, 16, 1, 0] }, 'protocol'],
    ['that has an address of five bytes', { mac: [2, 0, 0, 0, 1] }, 'protocol'],
  ])('%s is rejected, and no page is kept', async (_, answers, kind) => {
    const host = new RawNetworkHost();
    const before = host.memory.freeCount;
    const opening = host.open().catch((error: unknown) => error);
    await host.handshake(answers).catch(() => {});
    expect(await opening).toMatchObject({ kind });
    expect(host.memory.freeCount).toBe(before);
  });

  it('whose channel goes away is rejected at every step', async () => {
    for (const step of [1, 101, 104, 107]) {
      const host = new RawNetworkHost();
      const opening = host.open().catch((error: unknown) => error);
      for (const [type, words] of [
        [1, [2, 0xffff_ffff, 34, 1]],
        [101, [102, 1, 1, 0, 1728, 37, 37 * 1728]],
        [104, [105, 1, 6144]],
        [107, []],
      ] as const) {
        const packet = await host.expect(type);
        if (type === step) break;
        host.complete(packet, words);
      }
      host.guest.end('rescinded');
      expect(await opening).toMatchObject({ kind: 'closed' });
    }
  });
});

describe('messages', () => {
  it.each<[string, (host: RawNetworkHost) => void, string]>([
    [
      'a completion of nobody',
      (host) => host.complete({ idLow: 5, idHigh: 0 }, [108, 1]),
      'completion of a packet',
    ],
    [
      'of control',
      (host) => host.complete({ idLow: 0x8000_0000, idHigh: 0 }, [108]),
      'completion of a packet',
    ],
    [
      'an answer',
      (host) => host.complete({ idLow: 1, idHigh: 0xffff_ffff }, [2]),
      'NVSP answer fits no question',
    ],
    ['another buffer', (host) => host.deliver(rndisFrame(), 0, [104, 0], 1), 'packet in a buffer'],
    ['past the end', (host) => host.deliver(FRAME, 0, [1728, 65_000]), 'packet lies outside'],
    ['wrap-around', (host) => host.deliver(FRAME, 0, [100, 0xffff_ffff]), 'packet lies outside'],
    ['longer than a slot', (host) => host.deliver(FRAME, 0, [1729, 0]), 'packet lies outside'],
    ['no header', (host) => host.deliver(FRAME, 0, [7, 0]), 'RNDIS message has no header'],
    [
      'a wrong type',
      (host) => host.deliver(FRAME, 0, [60, 0], 0xcafe, [1, 0, 0, 0]),
      'NVSP message of the host',
    ],
    ['too short', (host) => host.deliver(FRAME, 0, [60, 0], 0xcafe, [107, 0]), 'NVSP message of the host'],
    [
      'a long RNDIS length',
      (host) => host.deliver(rndisFrame({ 4: 105 }), 0),
      'RNDIS message has a wrong length',
    ],
    [
      'a short RNDIS length',
      (host) => host.deliver(rndisFrame({ 4: 7 }), 0),
      'RNDIS message has a wrong length',
    ],
    ['control as data', (host) => host.deliver(u32s(7, 20, 0, 0, 0), 0), 'RNDIS message on the wrong'],
    [
      'an answer to nobody',
      (host) => host.deliver(u32s(0x8000_0005, 16, 1, 0), 1),
      'RNDIS answer fits no request',
    ],
    ['a short answer', (host) => host.deliver(u32s(0x8000_0005, 12, 1), 1), 'RNDIS answer is too short'],
    ['a short indication', (host) => host.deliver(u32s(7, 16, 0, 0), 1), 'RNDIS indication is too short'],
  ])('%s ends the channel', async (_, misbehave, reason) => {
    const { host, netvsc } = await openedNetwork();
    const question = netvsc.query(1).catch((error: unknown) => error);
    misbehave(host);
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    expect(host.ended).toMatch(reason);
    expect(await question).toMatchObject({ kind: 'closed' });
  });

  it('with information outside the answer end the channel', async () => {
    for (const [bytes, offset] of [
      [5, 16],
      [4, 17],
      [0xffff_ffff, 16],
      [4, 0xffff_fffc],
    ] as const) {
      const { host, netvsc } = await openedNetwork();
      const question = netvsc.query(1).catch((error: unknown) => error);
      const [, , id] = await host.rndis();
      host.deliver(u32s(0x8000_0004, 28, id!, 0, bytes, offset, 7), 1);
      expect(await question).toMatchObject({ kind: 'protocol' });
    }
  });
});

describe('frames', () => {
  it('that are right are received once, and each packet is completed', async () => {
    const { host, netvsc } = await openedNetwork();
    await host.packets();
    const got: unknown[] = [];
    netvsc.onReceive = (frame) => got.push(frame);
    host.deliver(rndisFrame(), 0);
    host.deliver(rndisFrame({}, 0x645), 0);
    expect(got).toMatchObject([
      { bytes: FRAME, vlan: -1 },
      { bytes: FRAME, vlan: 0xa064 },
    ]);
    expect((await host.packets()).map(({ type, words }) => [type, words[0], words[1]])).toEqual([
      [11, 108, 1],
      [11, 108, 1],
    ]);
  });

  it('with any fields are dropped or received whole; the channel stays open and completes them all', async () => {
    const value = fc.oneof(
      fc.constantFrom(0, 7, 8, 36, 37, 60, 0x7fff_ffff, 0xffff_fff8, 0xffff_ffff),
      fc.nat(200),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 2, max: 14 }), value), { minLength: 1, maxLength: 4 }),
        async (fields) => {
          const { host, netvsc } = await openedNetwork();
          await host.packets();
          netvsc.onReceive = ({ bytes }) => expect(bytes.length).toBeLessThanOrEqual(112);
          host.deliver(rndisFrame(Object.fromEntries(fields.map(([at, word]) => [at * 4, word])), 0x645), 0);
          expect(await host.packets()).toHaveLength(1);
          host.deliver(rndisFrame(), 0);
          expect(host.ended).toBeUndefined();
          const { framesReceived, badFrames } = netvsc.counters;
          expect(framesReceived + badFrames).toBe(2);
        },
      ),
      { numRuns: 60 },
    );
  });
});
