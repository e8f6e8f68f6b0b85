/** The display against a guest that is the test. net-input-video.md §4 and §5. */

import { Framebuffer } from '@viridian/drivers';
import { SynthVideo } from '@viridian/vsp/video';
import { describe, expect, it } from 'vitest';
import { hex } from './support/message-guest.ts';
import {
  dirt,
  locate,
  message,
  plugged,
  showing,
  situate,
  VRAM_PAGE,
  version,
} from './support/video-guest.ts';

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
