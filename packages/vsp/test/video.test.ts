/** The display against a guest that is the test. net-input-video.md §4 and §5. */

import { Framebuffer } from '@viridian/drivers';
import { SynthVideo } from '@viridian/vsp/video';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Field, fields, hex, MessageGuest, piped } from './support/message-guest.ts';

const PAGE = 4096;
const VRAM_PAGE = 16;

const message = (type: number, ...list: readonly Field[]): Uint8Array => {
  const payload = fields(...list);
  return new Uint8Array([...fields([4, type], [4, 8 + payload.length]), ...payload]);
};
const version = (value = 0x50003) => message(1, [4, value]);
const locate = (gpa: number | bigint = VRAM_PAGE * PAGE, specified = 1) =>
  message(3, [8, gpa], [1, specified], [8, gpa]);

interface Situation {
  readonly outputs?: number;
  readonly active?: number;
  readonly offset?: number;
  readonly depth?: number;
  readonly width?: number;
  readonly height?: number;
  readonly pitch?: number;
}

const situate = ({
  outputs = 1,
  active = 1,
  offset = 0,
  depth = 32,
  width = 64,
  height = 48,
  pitch = width * 4,
}: Situation = {}) =>
  message(
    5,
    [8, 7n],
    [1, outputs],
    [1, active],
    [4, offset],
    [1, depth],
    [4, width],
    [4, height],
    [4, pitch],
  );
const dirt = (...rectangles: readonly (readonly [number, number, number, number])[]) =>
  message(10, [1, 0], [1, rectangles.length], ...rectangles.flat().map((value) => [4, value] as const));

async function plugged() {
  const screen = new Framebuffer();
  const device = new SynthVideo(screen, {
    vramMebibytes: 1,
    resolutions: [{ widthPixels: 64, heightPixels: 48 }],
  });
  const guest = await MessageGuest.open(device);
  const dirty: string[] = [];
  screen.watch({
    dirtied: ({ left, top, right, bottom }) => dirty.push([left, top, right, bottom].join()),
    modeChanged: (size) =>
      dirty.push(size === undefined ? 'dark' : `${size.widthPixels}×${size.heightPixels}`),
  });
  return { screen, device, guest, dirty };
}

async function showing() {
  const all = await plugged();
  for (const one of [version(), locate(), situate()]) all.guest.say(one);
  await all.guest.hear();
  all.dirty.length = 0;
  return all;
}

describe('SynthVideo', () => {
  it('shakes hands as with Linux, and asks for dirt once', async () => {
    const { screen, guest, dirty } = await plugged();
    expect(await guest.ask(version())).toEqual(['020000000e000000' + '03000500' + '0201']);
    guest.say(message(13, [1, 64]));
    const [resolutions] = await guest.hear();
    expect(resolutions).toHaveLength(8 + 131 + 4);
    expect(resolutions!.subarray(8, 136).reduce((sum, byte) => sum + byte, 0) % 256).toBe(0);
    expect(hex(resolutions!.subarray(136))).toBe('010000' + '40003000');
    expect(await guest.ask(locate(0x10000))).toEqual(['0400000010000000' + '0000010000000000']);
    expect(await guest.ask(situate())).toEqual([
      '0600000010000000' + '0700000000000000',
      '090000000c000000' + '01010101',
    ]);
    expect(screen.size).toEqual({ widthPixels: 64, heightPixels: 48 });
    expect(await guest.ask(situate())).toEqual(['0600000010000000' + '0700000000000000']);
    expect(dirty).toEqual(['64×48', '0,0,64,48', '64×48', '0,0,64,48']);
  });

  it('shows the pixels that the guest draws, at an offset and a pitch', async () => {
    const { screen, guest } = await plugged();
    guest.say(version());
    guest.say(locate());
    guest.say(situate({ offset: 12, width: 3, height: 900, pitch: 1000 }));
    const vram = guest.machine.memory.bytes(VRAM_PAGE, 0, 2 ** 20);
    for (let y = 0; y < 900; y += 1) {
      for (let x = 0; x < 3; x += 1) vram.set([x, y & 0xff, y >> 8, 0xff], 12 + y * 1000 + x * 4);
    }
    const whole = screen.picture()!;
    expect(whole.pixels).toHaveLength(3 * 900 * 4);
    for (let at = 0; at < whole.pixels.length; at += 4) {
      const [x, y] = [(at / 4) % 3, Math.floor(at / 12)];
      expect([...whole.pixels.subarray(at, at + 4)]).toEqual([x, y & 0xff, y >> 8, 0xff]);
    }
    const part = screen.picture({ left: 1, top: 899, right: 2, bottom: 900 })!;
    expect([...part.pixels]).toEqual([1, 899 & 0xff, 899 >> 8, 0xff]);
  });

  it('expands 16 bits a pixel of version 3.0', async () => {
    const { screen, guest } = await plugged();
    for (const one of [version(3), locate(), situate({ depth: 16, width: 2, height: 1, pitch: 4 })])
      guest.say(one);
    guest.machine.memory.bytes(VRAM_PAGE).set([0xff, 0xff, 0x00, 0xf8]);
    expect([...screen.picture()!.pixels]).toEqual([255, 255, 255, 0, 0, 0, 255, 0]);
  });

  it('tells of dirt on the screen, of nothing beside it', async () => {
    const { guest, dirty } = await showing();
    guest.say(
      dirt([1, 2, 3, 4], [-5, 40, 9, 900], [9, 9, 9, 12], [64, 0, 70, 10], [-(2 ** 31), 0, 2 ** 31 - 1, 1]),
    );
    guest.say(message(10, [1, 0], [1, 0]));
    expect(dirty).toEqual(['1,2,3,4', '0,40,9,48', '0,0,64,1']);
  });

  it('moves and shapes the pointer, in parts if need be', async () => {
    const { screen, guest } = await showing();
    guest.say(message(7, [1, 1], [1, 0], [4, -3], [4, 5]));
    expect(screen.pointer).toEqual({ isVisible: true, x: -3, y: 5 });
    const shape = (part: number, ...pixels: number[]) =>
      message(
        8,
        [1, part],
        [1, 1],
        [4, 2],
        [4, 1],
        [4, 1],
        [4, 0],
        ...pixels.map((pixel) => [1, pixel] as const),
      );
    guest.say(shape(0, 1, 2, 3, 4));
    expect(screen.pointerShape).toBeUndefined();
    guest.say(shape(0xff, 5, 6, 7, 8));
    expect(screen.pointerShape).toMatchObject({ widthPixels: 2, hotX: 1, isArgb: true });
    expect([...screen.pointerShape!.pixels]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    guest.say(shape(0xff, 9));
    guest.say(message(8, [1, 0xff], [1, 1], [4, 97], [4, 1], [4, 0], [4, 0]));
    guest.say(message(8, [1, 0xff], [1, 1], [4, 0xffff_ffff], [4, 0xffff_ffff], [4, 0], [4, 0]));
    for (let part = 1; part < 8; part += 1) guest.say(shape(part, ...new Array<number>(8000).fill(0)));
    expect(screen.pointerShape!.pixels).toHaveLength(8);
    expect(await guest.ended()).toBeUndefined();
  });

  it('answers questions about its BIOS and what it can do', async () => {
    const { guest } = await plugged();
    await guest.ask(version());
    expect((await guest.ask(message(11)))[0]).toMatch(/^0c00000018000000010000000{24}/);
    expect((await guest.ask(message(15)))[0]).toHaveLength(2 * 72);
  });

  it('refuses unknown versions; a guest that asks anew begins anew', async () => {
    const { screen, device, guest } = await showing();
    expect(await guest.ask(version(0x60003))).toEqual(['020000000e000000' + '03000600' + '0001']);
    expect(screen.size).toBeUndefined();
    guest.say(situate());
    expect(await guest.ask(version(0x20003))).toEqual(['020000000e000000' + '03000200' + '0201']);
    guest.say(situate());
    expect(screen.size).toBeUndefined();
    expect(device.inspect().session).toMatchObject({ counters: { outOfPlace: 2 } });
  });

  it.each<[string, Situation]>([
    ['too wide', { width: 16385, height: 1 }],
    ['empty', { width: 0 }],
    ['without height', { height: 0 }],
    ['a pitch shorter than a row', { pitch: 255 }],
    ['beyond the video memory', { height: 4097 }],
    ['an offset beyond it', { offset: 2 ** 20 }],
    [
      'all at its largest',
      { width: 2 ** 32 - 1, height: 2 ** 32 - 1, pitch: 2 ** 32 - 1, offset: 2 ** 32 - 1 },
    ],
    ['24 bits a pixel', { depth: 24 }],
    ['switched off', { active: 0 }],
    ['no output', { outputs: 0 }],
  ])('goes dark and answers: %s', async (_, situation) => {
    const { screen, guest } = await showing();
    expect(await guest.ask(situate(situation))).toEqual(['0600000010000000' + '0700000000000000']);
    expect(screen.size).toBeUndefined();
    await guest.ask(situate());
    expect(screen.picture()).toBeDefined();
  });

  it('has no picture while its memory is no memory', async () => {
    const { screen, guest } = await showing();
    guest.machine.memory.holes.add(VRAM_PAGE + 1);
    expect(screen.picture()).toBeUndefined();
    expect(screen.picture({ left: 0, top: 0, right: 1, bottom: 1 })).toBeDefined();
  });

  it.each([
    ['video memory outside of memory', locate(2 ** 40)],
    ['video memory at the end of numbers', locate(2n ** 64n - 1n)],
    ['video memory nowhere', locate(0x10000, 0)],
    ['a message shorter than its header', version().subarray(0, 4)],
    ['a request without version', message(1)],
    ['a situation cut short', situate().subarray(0, 34)],
    ['dirt with fewer rectangles than it says', message(10, [1, 0], [1, 255], [8, 0], [8, 0])],
    ['a shape without a head', message(8, [8, 0], [8, 0])],
  ])('ends the channel: %s', async (_, bad) => {
    const { screen, guest } = await showing();
    guest.raw.send(piped(bad));
    expect(await guest.ended()).toBeDefined();
    expect(screen.size).toBeUndefined();
  });

  it('survives any messages', async () => {
    const any = fc.oneof(
      fc.constantFrom(version(), locate(), situate(), dirt([0, 0, 9, 9])),
      fc
        .tuple(fc.nat(17), fc.uint8Array({ maxLength: 60 }))
        .map(([type, rest]) => message(type, ...[...rest].map((byte) => [1, byte] as const))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(any, { maxLength: 10 }), async (messages) => {
        const { screen, guest } = await plugged();
        guest.say(version());
        for (const one of messages) if ((await guest.ended()) === undefined) guest.say(one);
        screen.picture();
        if ((await guest.ended()) !== undefined) expect(screen.size).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  it('refuses resolutions that its memory does not hold', () => {
    const make = (options: ConstructorParameters<typeof SynthVideo>[1]) =>
      new SynthVideo(new Framebuffer(), options);
    const large = { widthPixels: 1920, heightPixels: 1080 };
    expect(() => make({ vramMebibytes: 4, resolutions: [large] })).toThrow('1920×1080 does not fit in 4 MiB');
    expect(() => make({ resolutions: [] })).toThrow(RangeError);
    expect(() => make({ resolutions: new Array(65).fill(large) })).toThrow(RangeError);
    expect(make({}).resolutions).toContainEqual(large);
    expect(make({ vramMebibytes: 4 }).resolutions).toHaveLength(5);
  });
});
