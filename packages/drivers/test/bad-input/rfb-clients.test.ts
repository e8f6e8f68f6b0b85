/** Clients of a guest's screen that are not what they say: each is sent away or ignored, and the others go on. */

import { forgetWarnings, recentWarnings } from '@viridian/trace';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { longs, RfbHouse, type RfbPeer, words } from '../support/rfb-peer.ts';

beforeEach(forgetWarnings);
const reasons = (): string[] => recentWarnings().map(({ reason }) => reason);

/** A house in which somebody sits already. */
function inhabited(options: ConstructorParameters<typeof RfbHouse>[0] = {}) {
  const house = new RfbHouse(options);
  house.show(4, 4, new Uint32Array(16).fill(0x123456));
  const good = house.connect();
  if (options.password === undefined) good.shakeHands();
  return { house, good };
}

/** The other client still sees the screen, and nothing waits for the bad one. */
function expectWell(house: RfbHouse, good: RfbPeer): void {
  expect([...good.picture(4, 4)[0]!.pixels]).toEqual(new Array(16).fill(0x123456));
  house.server.close();
  expect(house.timers).toBe(0);
}

describe('a client of a guest’s screen', () => {
  it.each([
    ['no version', 'GET / HTTP/1.1\r\n', 'version that is none'],
    ['an old version', 'RFB 002.008\n', 'version that is none'],
    ['a version cut short', 'RFB 3.8\nRFB 3.8\n', 'version that is none'],
  ])('with %s is sent away', (_, text, reason) => {
    const { house, good } = inhabited();
    const peer = house.connect();
    peer.say(text);
    expect(peer.isClosed).toBe(true);
    expect(reasons()).toEqual([reason]);
    peer.send(1, 2, 3);
    expectWell(house, good);
  });

  it('that never ends its handshake is sent away after ten seconds', () => {
    const { house, good } = inhabited();
    const silent = house.connect();
    const slow = house.connect();
    slow.say('RFB 003.008\n');
    house.wait(9_999);
    expect([silent.isClosed, slow.isClosed]).toEqual([false, false]);
    house.wait(1);
    expect([silent.isClosed, slow.isClosed]).toEqual([true, true]);
    expectWell(house, good);
  });

  it('cannot choose security that was not offered', () => {
    const { house } = inhabited({ password: 'secret' });
    const peer = house.connect();
    peer.decoder.take(12);
    peer.say('RFB 003.008\n');
    peer.send(1, 1);
    expect(peer.isClosed).toBe(true);
    expect([...peer.decoder.take(2)]).toEqual([1, 2]);
    expect(peer.decoder.u32()).toBe(1);
    expect(peer.decoder.text()).toBe('security type that was not offered');
    expect(peer.decoder.left).toBe(0);
  });

  it('that goes on talking after a wrong password is not heard', () => {
    const { house } = inhabited({ password: 'secret' });
    const peer = house.connect();
    peer.say('RFB 003.008\n');
    peer.send(2, ...new Array(16).fill(0), 1);
    peer.press(0x61);
    house.wait(10_000);
    expect(house.keys).toEqual([]);
    expect(peer.isClosed).toBe(true);
    expect(reasons()[0]).toBe('wrong password');
  });

  it.each([
    ['an unknown message', [1], 'message of an unknown type'],
    [
      'a message of an extension that was not offered',
      [150, ...new Array(9).fill(0)],
      'message of an unknown type',
    ],
    ['too many encodings', [2, 0, 255, 255], 'too many encodings'],
    ['a text of 4 GiB', [6, 0, 0, 0, ...longs(0xffff_ffff)], 'text that is too long'],
    ['another QEMU message', [255, 1, 0, 0], 'QEMU message of an unknown type'],
    ['pixels of 24 bits', [0, 0, 0, 0, 24, 24, 0, 1, ...new Array(12).fill(0)], 'pixel format that is none'],
    ['pixels of no bits', [0, 0, 0, 0, ...new Array(16).fill(0)], 'pixel format that is none'],
    [
      'colours beside the pixel',
      [0, 0, 0, 0, 16, 16, 0, 1, 0, 31, 0, 63, 0, 31, 12, 5, 0, 0, 0, 0],
      'pixel format that is none',
    ],
    [
      'a shift of 255',
      [0, 0, 0, 0, 32, 24, 0, 1, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0],
      'pixel format that is none',
    ],
  ])('with %s is sent away', (_, bytes, reason) => {
    const { house, good } = inhabited();
    const peer = house.connect();
    peer.shakeHands();
    peer.key(0x61, true);
    peer.send(...bytes);
    expect(peer.isClosed).toBe(true);
    expect(house.keys).toEqual([0x1e, 0x9e]);
    expect(reasons()).toEqual([reason]);
    expectWell(house, good);
  });

  it('may cut its messages at every byte', () => {
    const { house } = inhabited();
    const peer = house.connect();
    peer.shakeHands();
    const text = [6, 0, 0, 0, ...longs(5), ...new TextEncoder().encode('hello')];
    const bytes = [
      ...[2, 0, ...words(2), ...longs(0), ...longs(-316)],
      ...text,
      ...[4, 1, 0, 0, ...longs(0x61)],
      ...[255, 0, 0, 0, ...longs(0x61), ...longs(0x1e)],
      ...[3, 0, ...words(0), ...words(0), ...words(4), ...words(4)],
    ];
    for (const byte of bytes) peer.send(byte);
    expect(house.keys).toEqual([0x1e, 0x9e]);
    house.wait(100);
    expect(peer.decoder.update().map(({ encoding }) => encoding)).toEqual([-316, 0]);
    for (const byte of [5, 0x81, ...words(1), ...words(1), 3]) peer.send(byte);
    expect(house.moves.at(-1)![0]).toBe(1 + 8 + 16);
  });

  it('that asks for what is not on the screen gets what is', () => {
    const { house, good } = inhabited();
    const peer = house.connect();
    peer.shakeHands();
    for (const [x, y, width, height] of [
      [0, 0, 0, 0],
      [4, 4, 1, 1],
      [65535, 65535, 65535, 65535],
      [0, 3, 65535, 0],
    ] as const) {
      peer.request(x, y, width, height);
    }
    house.wait(1000);
    expect(peer.decoder.left).toBe(0);
    peer.request(3, 2, 65535, 65535);
    house.wait(1000);
    expect(peer.decoder.update()).toMatchObject([{ x: 3, y: 2, width: 1, height: 2 }]);
    peer.pointer(65535, 65535, 255);
    expect(house.moves.at(0)).toEqual([0, 32767, 32767, 0]);
    expectWell(house, good);
  });

  it('that asks and never reads makes nothing grow', () => {
    const { house, good } = inhabited();
    const peer = house.connect();
    peer.shakeHands();
    peer.pendingBytes = 1;
    for (let i = 0; i < 2000; i += 1) {
      peer.send(0, 0, 0, 0, 8, 8, 0, 0, ...new Array(12).fill(0));
      peer.request(0, 0, 4, 4);
      house.framebuffer.dirtied({ left: i % 4, top: 0, right: 4, bottom: 4 });
      house.wait(1);
    }
    expect(peer.decoder.left).toBe(0);
    expect(house.timers).toBeLessThanOrEqual(2);
    expectWell(house, good);
  });

  it('that asks as fast as it can is answered at a bounded rate', () => {
    const { house, good } = inhabited();
    const peer = house.connect();
    peer.shakeHands();
    for (let i = 0; i < 10_000; i += 1) peer.request(0, 0, 4, 4);
    house.wait(1000);
    peer.decoder.update();
    expect(peer.decoder.left).toBe(0);
    expectWell(house, good);
  });

  it('may send any bytes at all', () => {
    const { house, good } = inhabited();
    const type = fc.constantFrom(0, 2, 3, 4, 5, 6, 255, 7);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(type, fc.uint8Array({ maxLength: 40 })), { maxLength: 12 }),
        (messages) => {
          const peer = house.connect();
          peer.shakeHands();
          for (const [first, rest] of messages) peer.send(first, ...rest);
          house.wait(100);
          peer.hangUp();
          expect(peer.isClosed).toBe(true);
          expect(house.keyboard.pressed).toEqual([]);
          expect(house.server.clients).toBe(1);
        },
      ),
      { numRuns: 300 },
    );
    expectWell(house, good);
  });

  it('may be any in the handshake', () => {
    const { house, good } = inhabited();
    const said = fc.tuple(
      fc.constantFrom('RFB 003.008\n', 'RFB 003.003\n', ''),
      fc.uint8Array({ maxLength: 60 }),
    );
    fc.assert(
      fc.property(said, ([version, bytes]) => {
        const peer = house.connect();
        peer.say(version);
        peer.send(...bytes);
        house.wait(20_000);
        peer.hangUp();
        expect(house.server.clients).toBe(1);
      }),
      { numRuns: 300 },
    );
    expectWell(house, good);
  });
});
