/** The RFB server with clients made by hand: handshakes, pictures, what changes, keys and pointers. */

import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longs, RfbHouse, type RfbPeer, scanoutOf, words } from './support/rfb-peer.ts';

const [RAW, COPY_RECT, HEXTILE, ZRLE] = [0, 1, 5, 16];
const [DESKTOP_SIZE, CURSOR, KEY_CODES, MORE_BUTTONS] = [-223, -239, -258, -316];

function ready(widthPixels = 40, heightPixels = 30) {
  const house = new RfbHouse();
  const pixels = new Uint32Array(widthPixels * heightPixels);
  house.show(widthPixels, heightPixels, pixels);
  const peer = house.connect();
  peer.shakeHands();
  return { house, peer, pixels };
}

/** What a client proves a password with, by another implementation of DES: three times the same key is one of it. */
function proof(challenge: Buffer, password: string): number[] {
  const mirrored = (byte: number): number =>
    Number.parseInt(byte.toString(2).padStart(8, '0').split('').toReversed().join(''), 2);
  const key = Buffer.from(Buffer.from(password.padEnd(8, '\0').slice(0, 8)).map(mirrored));
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([key, key, key]), null).setAutoPadding(false);
  return [...cipher.update(challenge)];
}

describe('the handshake', () => {
  it('tells what is on the screen', () => {
    const house = new RfbHouse({ desktopName: 'a guest' });
    const early = house.connect();
    expect(early.shakeHands()).toEqual({ width: 1024, height: 768, name: 'a guest' });
    house.show(40, 30);
    expect(house.connect().shakeHands()).toEqual({ width: 40, height: 30, name: 'a guest' });
    expect(house.server.clients).toBe(2);
  });

  it.each([
    ['RFB 003.003\n', 3],
    ['RFB 003.005\n', 3],
    ['RFB 003.007\n', 7],
    ['RFB 003.889\n', 8],
    ['RFB 004.001\n', 8],
  ])('speaks with clients of %j', (version, minor) => {
    const house = new RfbHouse();
    house.show(4, 4);
    const peer = house.connect();
    expect(peer.decoder.take(12).toString()).toBe('RFB 003.008\n');
    for (const letter of version) peer.say(letter);
    if (minor === 3) expect(peer.decoder.u32()).toBe(1);
    else {
      expect([...peer.decoder.take(2)]).toEqual([1, 1]);
      peer.send(1);
    }
    if (minor === 8) expect(peer.decoder.u32()).toBe(0);
    expect(peer.decoder.left).toBe(0);
    peer.send(0);
    expect(peer.decoder.left).toBe(24 + 'Viridian'.length);
  });

  it.each([3, 7, 8])('lets in who knows the password, with 3.%i', (minor) => {
    const house = new RfbHouse({ password: 'open sesame' });
    house.show(4, 4);
    const begin = (): { peer: RfbPeer; challenge: Buffer } => {
      const peer = house.connect();
      peer.decoder.take(12);
      peer.say(`RFB 003.00${minor}\n`);
      if (minor === 3) expect(peer.decoder.u32()).toBe(2);
      else {
        expect([...peer.decoder.take(2)]).toEqual([1, 2]);
        peer.send(2);
      }
      return { peer, challenge: peer.decoder.take(16) };
    };
    const right = begin();
    right.peer.send(...proof(right.challenge, 'open ses'));
    expect(right.peer.decoder.u32()).toBe(0);
    right.peer.send(1);
    expect(right.peer.decoder.left).toBeGreaterThan(24);
    const wrong = begin();
    expect(wrong.challenge.equals(right.challenge)).toBe(false);
    wrong.peer.send(...proof(wrong.challenge, 'open sez'), 1);
    expect(wrong.peer.decoder.left).toBe(0);
    house.wait(1000);
    expect(wrong.peer.decoder.u32()).toBe(1);
    if (minor === 8) expect(wrong.peer.decoder.text()).toBe('wrong password');
    expect(wrong.peer.isEnded).toBe(true);
    house.wait(1000);
    expect(wrong.peer.isClosed).toBe(true);
    expect(house.server.clients).toBe(1);
  });
});

/** Formats by their bytes in SetPixelFormat, and what a client must know to read them. */
const FORMATS = [
  {
    name: '32 bits as on the screen',
    bytes: [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0],
    reads: { pixelBytes: 4, isBigEndian: false, compactBytes: 3, compactShift: 0 },
    pixel: (r: number, g: number, b: number) => (r << 16) | (g << 8) | b,
  },
  {
    name: '32 bits, big-endian, colours above',
    bytes: [32, 24, 1, 1, 0, 255, 0, 255, 0, 255, 8, 16, 24],
    reads: { pixelBytes: 4, isBigEndian: true, compactBytes: 3, compactShift: 8 },
    pixel: (r: number, g: number, b: number) => ((r << 8) | (g << 16) | (b << 24)) >>> 0,
  },
  {
    name: '16 bits',
    bytes: [16, 16, 0, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0],
    reads: { pixelBytes: 2, isBigEndian: false, compactBytes: 2, compactShift: 0 },
    pixel: (r: number, g: number, b: number) =>
      (Math.round((r * 31) / 255) << 11) | (Math.round((g * 63) / 255) << 5) | Math.round((b * 31) / 255),
  },
  {
    name: '16 bits, big-endian',
    bytes: [16, 15, 1, 1, 0, 31, 0, 31, 0, 31, 10, 5, 0],
    reads: { pixelBytes: 2, isBigEndian: true, compactBytes: 2, compactShift: 0 },
    pixel: (r: number, g: number, b: number) =>
      (Math.round((r * 31) / 255) << 10) | (Math.round((g * 31) / 255) << 5) | Math.round((b * 31) / 255),
  },
  {
    name: 'a table of colours',
    bytes: [8, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    reads: { pixelBytes: 1, isBigEndian: false, compactBytes: 1, compactShift: 0 },
    pixel: (r: number, g: number, b: number) =>
      (Math.round((r * 7) / 255) << 5) | (Math.round((g * 7) / 255) << 2) | Math.round((b * 3) / 255),
  },
] as const;

/** Pictures with few colours or many, in stripes or in noise. */
const picture = fc.record({
  width: fc.integer({ min: 1, max: 150 }),
  height: fc.integer({ min: 1, max: 140 }),
  colours: fc.constantFrom(1, 2, 3, 5, 16, 17, 100, 130, 5000),
  run: fc.constantFrom(1, 3, 40, 700),
  seed: fc.integer(),
});

function draw({
  width,
  height,
  colours,
  run,
  seed,
}: typeof picture extends fc.Arbitrary<infer T> ? T : never) {
  let state = seed | 1;
  const random = (): number => {
    state = Math.imul(state, 0x343f_d5b1) + 0x26_9ec3;
    return state >>> 8;
  };
  let colour = 0;
  return Uint32Array.from({ length: width * height }, (_, i) => {
    if (i % run === 0) colour = Math.imul(random() % colours, 0x01_9f_33) >>> 0;
    // The unused byte has whatever was there.
    return ((random() << 24) | (colour & 0xff_ffff)) >>> 0;
  });
}

describe('pictures', () => {
  it.each(FORMATS)('are what the screen shows, in $name', ({ bytes, reads, pixel }) => {
    fc.assert(
      fc.property(picture, fc.constantFrom(RAW, HEXTILE, ZRLE), (drawn, encoding) => {
        const { width, height } = drawn;
        const pixels = draw(drawn);
        const house = new RfbHouse();
        house.show(width, height, pixels);
        const peer = house.connect();
        peer.shakeHands();
        peer.send(0, 0, 0, 0, ...bytes, 0, 0, 0);
        peer.encodings(99, encoding, RAW);
        peer.decoder.format = reads;
        peer.request(0, 0, width, height);
        house.wait(2000);
        if (bytes[3] === 0)
          expect([...peer.decoder.take(6 + 256 * 6).subarray(0, 6)]).toEqual([1, 0, 0, 0, 1, 0]);
        for (const turn of [1, 2]) {
          if (turn === 2) peer.request(0, 0, width, height);
          house.wait(2000);
          const seen = new Uint32Array(width * height);
          for (const band of peer.decoder.update()) {
            expect(band).toMatchObject({ encoding, x: 0, width });
            seen.set(band.pixels, band.y * width);
          }
          const wanted = pixels.map((word) => pixel((word >> 16) & 255, (word >> 8) & 255, word & 255));
          expect(Buffer.from(seen.buffer).equals(Buffer.from(wanted.buffer))).toBe(true);
        }
        expect(peer.decoder.left).toBe(0);
      }),
      { numRuns: 25 },
    );
  });

  it('have a table of colours from black to white', () => {
    const { house, peer } = ready(1, 1);
    peer.send(0, 0, 0, 0, ...FORMATS[4].bytes, 0, 0, 0);
    peer.request(0, 0, 1, 1);
    house.wait(100);
    const table = peer.decoder.take(6 + 256 * 6).subarray(6);
    expect(table.subarray(0, 6).every((byte) => byte === 0)).toBe(true);
    expect(table.subarray(-6).every((byte) => byte === 255)).toBe(true);
  });

  it('are short where the screen is plain', () => {
    const house = new RfbHouse();
    house.show(640, 480);
    for (const [encoding, most] of [
      [HEXTILE, 1500],
      [ZRLE, 700],
    ] as const) {
      const peer = house.connect();
      peer.shakeHands();
      peer.encodings(encoding);
      peer.request(0, 0, 640, 480);
      house.wait(2000);
      expect(peer.decoder.left).toBeLessThan(most);
    }
  });

  it('are black where the screen is dark, ends or cannot be read', () => {
    const { house, peer } = ready(4, 2);
    house.show(2, 1, Uint32Array.of(7, 8));
    expect([...peer.picture(4, 2)[0]!.pixels]).toEqual([7, 8, 0, 0, 0, 0, 0, 0]);
    house.framebuffer.show({ ...scanoutOf(4, 2, new Uint32Array(8)), read: () => false });
    expect([...peer.picture(4, 2)[0]!.pixels]).toEqual(new Array(8).fill(0));
    house.framebuffer.show(undefined);
    expect([...peer.picture(4, 2)[0]!.pixels]).toEqual(new Array(8).fill(0));
  });
});

describe('updates', () => {
  it('wait for changes where the client looks, and come once for each request', () => {
    const { house, peer, pixels } = ready(100, 100);
    const draw = (left: number, top: number, right: number, bottom: number): void => {
      for (let row = top; row < bottom; row += 1) pixels.fill(0x112233, row * 100 + left, row * 100 + right);
      house.framebuffer.dirtied({ left, top, right, bottom });
    };
    peer.picture(100, 100);
    peer.request(0, 0, 50, 100, true);
    house.wait(1000);
    expect(peer.decoder.left).toBe(0);
    draw(60, 0, 70, 10);
    house.wait(1000);
    expect(peer.decoder.left).toBe(0);
    draw(40, 10, 60, 20);
    house.wait(0);
    expect(peer.decoder.update()).toMatchObject([{ x: 40, y: 10, width: 10, height: 10 }]);
    draw(0, 0, 1, 1);
    house.wait(1000);
    expect(peer.decoder.left).toBe(0);
    // What lay outside was kept for somebody who looks there.
    peer.request(0, 0, 100, 100, true);
    house.wait(1000);
    const places = peer.decoder.update().map(({ x, y, width, height }) => [x, y, width, height].join());
    expect(places.toSorted()).toEqual(['0,0,1,1', '50,10,10,10', '60,0,10,10']);
  });

  it('come at most fifty times a second, and only when the last has left', () => {
    const { house, peer, pixels } = ready(8, 8);
    peer.picture(8, 8);
    let updates = 0;
    for (let millisecond = 0; millisecond < 1000; millisecond += 1) {
      pixels.fill(millisecond);
      house.framebuffer.dirtied({ left: 0, top: 0, right: 8, bottom: 8 });
      peer.request(0, 0, 8, 8, true);
      house.wait(1);
      if (peer.decoder.left > 0) updates += peer.decoder.update().length;
    }
    expect(updates).toBeGreaterThan(10);
    expect(updates).toBeLessThanOrEqual(51);
    peer.pendingBytes = 1;
    peer.request(0, 0, 8, 8);
    house.wait(1000);
    expect(peer.decoder.left).toBe(0);
    peer.drained();
    house.wait(1000);
    expect(peer.decoder.update()).toHaveLength(1);
  });

  it('tell a client that knows of it when the screen changes its size', () => {
    const { house, peer } = ready(10, 10);
    const old = house.connect();
    old.shakeHands();
    peer.encodings(RAW, DESKTOP_SIZE);
    for (const one of [peer, old]) one.picture(10, 10);
    peer.request(0, 0, 10, 10, true);
    old.request(0, 0, 10, 10, true);
    house.show(20, 5, new Uint32Array(100).fill(1));
    house.wait(100);
    expect(peer.decoder.update()).toMatchObject([{ width: 20, height: 5, encoding: DESKTOP_SIZE }]);
    peer.request(0, 0, 20, 5, true);
    house.wait(100);
    expect(peer.decoder.update()).toMatchObject([{ x: 0, y: 0, width: 20, height: 5, encoding: RAW }]);
    expect(old.decoder.update()).toMatchObject([{ width: 10, height: 5, encoding: RAW }]);
  });

  it('are nothing when nothing changed, and only the rows that did', () => {
    const { house, peer, pixels } = ready(20, 20);
    peer.picture(20, 20);
    peer.request(0, 0, 20, 20, true);
    house.framebuffer.dirtied({ left: 0, top: 0, right: 20, bottom: 20 });
    house.wait(1000);
    expect(peer.decoder.left).toBe(0);
    pixels[3 * 20 + 5] = 9;
    pixels[7 * 20] = 9;
    house.framebuffer.dirtied({ left: 5, top: 0, right: 20, bottom: 20 });
    house.wait(1000);
    expect(peer.decoder.update()).toMatchObject([{ x: 5, y: 3, width: 15, height: 1 }]);
    // Whoever asks for all gets all.
    expect(peer.picture(20, 20)).toMatchObject([{ x: 0, y: 0, width: 20, height: 20 }]);
  });

  it('move what scrolled, for clients that can', () => {
    const { house, peer, pixels } = ready(80, 160);
    const old = house.connect();
    old.shakeHands();
    peer.encodings(COPY_RECT, ZRLE);
    pixels.forEach((_, i) => {
      pixels[i] = (Math.imul(i, 0x9e37_79b1) >>> 8) & 0xff_ffff;
    });
    for (const one of [peer, old]) one.picture(80, 160);
    pixels.copyWithin(0, 16 * 80);
    pixels.fill(0, 144 * 80);
    for (const one of [peer, old]) one.request(0, 0, 80, 160, true);
    house.framebuffer.dirtied({ left: 0, top: 0, right: 80, bottom: 160 });
    house.wait(1000);
    expect(peer.decoder.update()).toMatchObject([
      { x: 0, y: 0, width: 80, height: 144, encoding: COPY_RECT, from: [0, 16] },
      { x: 0, y: 144, width: 80, height: 16, encoding: ZRLE },
    ]);
    expect(old.decoder.update().every(({ encoding }) => encoding === RAW)).toBe(true);
  });

  it('keep a client up to date whatever is scrolled and drawn', () => {
    const [width, height] = [70, 90];
    const step = fc.record({
      what: fc.constantFrom('scroll', 'fill', 'noise'),
      top: fc.nat(height - 1),
      rows: fc.integer({ min: 1, max: height }),
      by: fc.integer({ min: -40, max: 40 }),
      seed: fc.nat(0xff_ffff),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const { house, peer, pixels } = ready(width, height);
        const client = new Uint32Array(width * height);
        peer.encodings(COPY_RECT, ZRLE);
        peer.request(0, 0, width, height);
        const look = (): void => {
          house.wait(2000);
          if (peer.decoder.left === 0) return;
          for (const { x, y, width: w, height: h, pixels: seen, from } of peer.decoder.update()) {
            const source = client.slice();
            for (let row = 0; row < h; row += 1) {
              const rest =
                from === undefined
                  ? seen.subarray(row * w, (row + 1) * w)
                  : source.subarray((from[1] + row) * width + from[0], (from[1] + row) * width + from[0] + w);
              client.set(rest, (y + row) * width + x);
            }
          }
          expect(Buffer.from(client.buffer).equals(Buffer.from(pixels.buffer))).toBe(true);
          peer.request(0, 0, width, height, true);
        };
        look();
        for (const { what, top, rows, by, seed } of steps) {
          const bottom = Math.min(height, top + rows);
          const [start, end] = [top * width, bottom * width];
          if (what === 'fill') pixels.fill(seed, start, end);
          else if (what === 'noise') {
            for (let i = start; i < end; i += 1) pixels[i] = Math.imul(i ^ seed, 0x9e37_79b1) >>> 8;
          } else {
            const area = pixels.subarray(start, end);
            if (by > 0) area.copyWithin(by * width, 0);
            else area.copyWithin(0, -by * width);
          }
          house.framebuffer.dirtied({ left: 0, top, right: width, bottom });
          look();
        }
      }),
      { numRuns: 40 },
    );
  });

  it("carry the guest's pointer for clients that draw it", () => {
    const { house, peer } = ready(4, 4);
    peer.encodings(RAW, CURSOR);
    const shape = { widthPixels: 9, heightPixels: 1, hotX: 1, hotY: 0 };
    const pixels = new Uint8Array(36);
    pixels.set([1, 2, 3, 255], 0);
    pixels.set([4, 5, 6, 255], 32);
    peer.picture(4, 4);
    peer.request(0, 0, 4, 4, true);
    house.framebuffer.shapePointer({ ...shape, isArgb: true, pixels });
    house.wait(100);
    const [cursor] = peer.decoder.update();
    expect(cursor).toMatchObject({ x: 1, y: 0, width: 9, height: 1, encoding: CURSOR });
    expect([cursor!.pixels[0], cursor!.pixels[8], ...cursor!.mask]).toEqual([0x030201, 0x060504, 0x80, 0x80]);
    // AND then XOR: black, white, the screen, inverted.
    peer.request(0, 0, 4, 4, true);
    house.framebuffer.shapePointer({
      ...shape,
      widthPixels: 4,
      isArgb: false,
      pixels: Uint8Array.of(0b0011_0000, 0b0101_0000),
    });
    house.wait(100);
    const [mask] = peer.decoder.update();
    expect([...mask!.pixels, ...mask!.mask]).toEqual([0, 0xffffff, 0, 0xffffff, 0b1101_0000]);
  });
});

describe('keys', () => {
  const A_DOWN_UP = [0x1e, 0x9e];

  it('are those that a US keyboard types the characters with', () => {
    const { house, peer } = ready();
    peer.press('a'.charCodeAt(0));
    expect(house.keys.splice(0)).toEqual(A_DOWN_UP);
    // With Shift where the client has none, without where it has.
    peer.press('A'.charCodeAt(0));
    expect(house.keys.splice(0)).toEqual([0x2a, 0x1e, 0xaa, 0x9e]);
    peer.key(0xffe2, true);
    peer.press('7'.charCodeAt(0));
    peer.press(0x0100_0000 + '/'.charCodeAt(0));
    peer.key(0xffe2, false);
    expect(house.keys.splice(0)).toEqual([0x36, 0xb6, 0x08, 0x36, 0x88, 0xb6, 0x35, 0x36, 0xb5, 0xb6]);
    // Shift let go before the letter.
    peer.key(0xffe1, true);
    peer.key('B'.charCodeAt(0), true);
    peer.key(0xffe1, false);
    peer.key('b'.charCodeAt(0), false);
    expect(house.keys.splice(0)).toEqual([0x2a, 0x30, 0xaa, 0xb0]);
  });

  it('have names, and prefixes where a PC has them', () => {
    const { house, peer } = ready();
    for (const keysym of [0xff0d, 0xff8d, 0xff51, 0xffea, 0xffff, 0xff13, 0xfe03]) peer.press(keysym);
    expect(house.keys).toEqual([
      ...[0x1c, 0x9c, 0xe01c, 0xe09c, 0xe04b, 0xe0cb, 0xe038, 0xe0b8, 0xe053, 0xe0d3],
      ...[0xe11d, 0x45, 0xe19d, 0xc5],
    ]);
  });

  it('follow Caps Lock', () => {
    const { house, peer } = ready();
    peer.press(0xffe5);
    peer.press('A'.charCodeAt(0));
    peer.press('1'.charCodeAt(0));
    expect(house.keys).toEqual([0x3a, 0xba, ...A_DOWN_UP, 0x02, 0x82]);
  });

  it('come by their scan codes from clients that were told so', () => {
    const { house, peer } = ready();
    peer.encodings(RAW, KEY_CODES);
    expect(peer.picture(40, 30)[0]).toMatchObject({ encoding: KEY_CODES, width: 0, height: 0 });
    const code = (scanCode: number, keysym: number, isDown: number): void =>
      peer.send(255, 0, 0, isDown, ...longs(keysym), ...longs(scanCode));
    for (const [scanCode, keysym] of [
      [0x10, 0x61],
      [0x9d, 0],
      [0x999, 0x61],
      [0x999, 0x1234],
    ] as const) {
      code(scanCode, keysym, 1);
      code(scanCode, keysym, 0);
    }
    expect(house.keys).toEqual([0x10, 0x90, 0xe01d, 0xe09d, ...A_DOWN_UP]);
    const { clients } = house.server.inspect() as { clients: { 0: { inspect(): { counters: object } } } };
    expect(clients[0].inspect().counters).toMatchObject({ keys: 8, unknownKeys: 2 });
  });

  it('and buttons go up when the client goes', () => {
    const { house, peer } = ready();
    peer.key(0xffe3, true);
    peer.key('c'.charCodeAt(0), true);
    peer.pointer(0, 0, 1);
    peer.hangUp();
    expect(house.keys).toEqual([0x1d, 0x2e, 0x9d, 0xae]);
    expect(house.moves.map(([buttons]) => buttons)).toEqual([0, 1, 0]);
    expect(house.timers).toBe(0);
    expect(house.server.clients).toBe(0);
  });
});

describe('the pointer', () => {
  it('moves over all of the screen, with five buttons and a wheel', () => {
    const { house, peer } = ready(41, 31);
    peer.pointer(40, 30);
    expect(house.moves.splice(0)).toEqual([[0, 32767, 32767, 0]]);
    for (const mask of [1, 2, 4, 0x80]) peer.pointer(40, 30, mask);
    peer.pointer(20, 15, 0x08);
    peer.pointer(20, 15, 0x10);
    peer.pointer(20, 15, 0);
    expect(house.moves.map(([buttons, , , wheel]) => [buttons, wheel].join())).toEqual([
      ...['1,0', '0,0', '4,0', '0,0', '2,0', '0,0', '8,0'],
      ...['8,0', '0,0', '0,1', '0,-1'],
    ]);
  });

  it('has a fifth button for clients that were told so', () => {
    const { house, peer } = ready(40, 30);
    peer.encodings(RAW, MORE_BUTTONS);
    expect(peer.picture(40, 30)[0]).toMatchObject({ encoding: MORE_BUTTONS });
    peer.pointer(0, 0, 0x80, 3);
    peer.pointer(0, 0, 0x01);
    expect(house.moves.map(([buttons]) => buttons)).toEqual([0, 8, 24, 25, 17, 1]);
  });

  it('does nothing on a dark screen', () => {
    const house = new RfbHouse();
    const peer = house.connect();
    peer.shakeHands();
    peer.pointer(5, 5, 1);
    expect(house.moves).toEqual([]);
  });
});

describe('several clients', () => {
  it('see the same, up to a number', () => {
    const house = new RfbHouse({ mostClients: 2 });
    house.show(2, 1, Uint32Array.of(1, 2));
    const peers = [house.connect(), house.connect()];
    for (const peer of peers) {
      peer.shakeHands();
      expect([...peer.picture(2, 1)[0]!.pixels]).toEqual([1, 2]);
    }
    expect(house.connect().isRefused).toBe(true);
    peers[0]!.hangUp();
    expect(house.connect().isRefused).toBe(false);
    house.server.close();
    expect(peers[1]!.isClosed).toBe(true);
    expect(house.server.clients).toBe(0);
    expect(house.connect().isRefused).toBe(true);
    expect(words(0x1234)).toEqual([0x12, 0x34]);
  });
});
