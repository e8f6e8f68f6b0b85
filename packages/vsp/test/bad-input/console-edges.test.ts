/**
 * Keyboard, mouse and display at the edges: messages cut at every byte, numbers at theirs, every message in every state,
 * floods; and that the next guest is served as if nothing had been. net-input-video.md §2 to §4.
 */

import { Framebuffer, Keyboard, Pointer } from '@viridian/drivers';
import type { OfferedDevice } from '@viridian/vmbus/host';
import { SynthKeyboard } from '@viridian/vsp/keyboard';
import { SynthMouse } from '@viridian/vsp/mouse';
import { SynthVideo } from '@viridian/vsp/video';
import { describe, expect, it } from 'vitest';
import { fields, MessageGuest, piped } from '../support/message-guest.ts';
import { dirt, locate, message, plugged, showing, situate, version } from '../support/video-guest.ts';

const KEYBOARD_REQUEST = fields([4, 1], [4, 0x10000]);
const MOUSE_REQUEST = fields([4, 0], [4, 4], [4, 0x20000]);
const SHAPE = message(8, [1, 255], [1, 1], [4, 1], [4, 1], [4, 0], [4, 0], [4, 0xff_ff_ff_ff]);
const RESOLUTIONS = { widthPixels: 64, heightPixels: 48 };

/** A device, how a guest greets it, and whether it then serves. */
interface Case {
  readonly name: string;
  readonly isPiped: boolean;
  readonly make: () => { device: OfferedDevice; serves: () => boolean };
  /** What a guest may say, in the order of its handshake. */
  readonly messages: readonly Uint8Array[];
}

const CASES: readonly Case[] = [
  {
    name: 'keyboard',
    isPiped: false,
    make: () => {
      const keyboard = new Keyboard();
      return { device: new SynthKeyboard(keyboard), serves: () => keyboard.chord('KeyA') };
    },
    messages: [KEYBOARD_REQUEST, fields([4, 4], [2, 7], [2, 0])],
  },
  {
    name: 'mouse',
    isPiped: true,
    make: () => {
      const pointer = new Pointer();
      return { device: new SynthMouse(pointer), serves: () => pointer.click() };
    },
    messages: [MOUSE_REQUEST, fields([4, 3], [4, 1], [1, 0])],
  },
  {
    name: 'video',
    isPiped: true,
    make: () => {
      const screen = new Framebuffer();
      const device = new SynthVideo(screen, { vramMebibytes: 1, resolutions: [RESOLUTIONS] });
      return { device, serves: () => screen.picture() !== undefined };
    },
    messages: [
      version(),
      message(13, [1, 64]),
      locate(),
      message(7, [1, 1], [1, 0], [4, 5], [4, 5]),
      SHAPE,
      situate(),
      dirt([0, 0, 9, 9]),
      message(11),
      message(15),
    ],
  },
];

/** Greets the device and says whether it serves. */
async function isServed({ messages }: Case, { device, serves }: ReturnType<Case['make']>): Promise<boolean> {
  const guest = await MessageGuest.open(device);
  for (const one of messages) await guest.ask(one);
  const isGood = serves() && (await guest.ended()) === undefined;
  guest.raw.pair.host.fail('the test is over');
  await guest.ended();
  return isGood;
}

describe.each(CASES)('$name', (one) => {
  it('serves the next guest after a message that was cut at any byte', async () => {
    const made = one.make();
    for (const [index, whole] of one.messages.entries()) {
      for (let bytes = 0; bytes < whole.length; bytes += 1) {
        const guest = await MessageGuest.open(made.device);
        for (const before of one.messages.slice(0, index)) await guest.ask(before);
        const cut = whole.subarray(0, bytes);
        guest.raw.send(one.isPiped ? piped(cut) : cut);
        // Dropped or the end: nothing else, and no exception.
        await guest.ended();
        // Rings carry multiples of 8 bytes: without a pipe header there is no telling how many were meant.
        if (bytes < (one.isPiped ? 4 : 1)) expect(guest.raw.pair.ended, `${index} at ${bytes}`).toBeDefined();
        guest.raw.pair.host.fail('the test is over');
        await guest.ended();
      }
    }
    expect(await isServed(one, made)).toBe(true);
  });

  it('takes every message in every state, and then still shakes hands', async () => {
    for (let said = 0; said <= one.messages.length; said += 1) {
      const made = one.make();
      const guest = await MessageGuest.open(made.device);
      for (const before of one.messages.slice(0, said)) await guest.ask(before);
      for (const any of one.messages.toReversed()) await guest.ask(any);
      expect(await guest.ended()).toBeUndefined();
      for (const again of one.messages) await guest.ask(again);
      expect(made.serves(), `after ${said}`).toBe(true);
    }
  });

  it('stands a flood of each message from a guest that reads nothing', async () => {
    for (const flooded of one.messages) {
      const made = one.make();
      const guest = await MessageGuest.open(made.device);
      for (const before of one.messages) await guest.ask(before);
      // As many as the guest's ring holds when nobody takes them off.
      for (let i = 0; i < 250; i += 1) guest.say(flooded);
      expect(await guest.ended()).toBeUndefined();
      let isQuiet = false;
      while (!isQuiet) {
        isQuiet = (await guest.hear()).length === 0;
        guest.raw.pair.host.interrupt();
      }
      for (const again of one.messages) await guest.ask(again);
      expect(made.serves()).toBe(true);
    }
  });
});

describe('numbers at their edges', () => {
  const EDGES = [-(2 ** 31), -65, -1, 0, 1, 47, 48, 63, 64, 65, 2 ** 31 - 1];

  it('dirt of any rectangle: what is told lies on the screen and is not empty', async () => {
    const { screen, guest } = await showing();
    let told = 0;
    screen.watch({
      dirtied: ({ left, top, right, bottom }) => {
        told += 1;
        expect(0 <= left && left < right && right <= 64 && 0 <= top && top < bottom && bottom <= 48).toBe(
          true,
        );
      },
    });
    for (const first of EDGES) {
      const rectangles = EDGES.map((second) => [first, first, second, second] as const);
      await guest.ask(dirt(...rectangles));
      await guest.ask(dirt(...EDGES.map((second) => [second, 0, first, 48] as const)));
    }
    expect(await guest.ended()).toBeUndefined();
    expect(told).toBeGreaterThan(30);
  });

  it('counts of rectangles and resolutions from none to the largest', async () => {
    const { guest } = await showing();
    const many = Array.from({ length: 255 }, (_, i) => [i % 64, 0, (i % 64) + 1, 1] as const);
    for (const count of [0, 1, 254, 255]) await guest.ask(dirt(...many.slice(0, count)));
    for (const count of [0, 1, 64, 255]) expect(await guest.ask(message(13, [1, count]))).toHaveLength(1);
    expect(await guest.ended()).toBeUndefined();
  });

  it('pointers anywhere, and shapes of any size: what cannot be is not shown', async () => {
    const { screen, guest } = await showing();
    for (const x of EDGES) await guest.ask(message(7, [1, 1], [1, 0], [4, x], [4, -x]));
    expect(screen.pointer).toEqual({ isVisible: true, x: 2 ** 31 - 1, y: -(2 ** 31) + 1 });
    for (const part of [0, 1, 254, 255]) {
      for (const [width, height, hotX, hotY] of [
        [0, 0, 0, 0],
        [1, 1, 1, 0],
        [97, 1, 0, 0],
        [1, 97, 0, 0],
        [2 ** 32 - 1, 2 ** 32 - 1, 0, 0],
        [2 ** 16, 2 ** 16, 0, 0],
        [96, 96, 95, 2 ** 32 - 1],
      ] as const) {
        await guest.ask(message(8, [1, part], [1, 1], [4, width], [4, height], [4, hotX], [4, hotY], [4, 0]));
      }
    }
    expect(screen.pointerShape).toBeUndefined();
    expect(await guest.ended()).toBeUndefined();
    // Parts without end are forgotten, not kept.
    const part = message(
      8,
      [1, 1],
      [1, 1],
      [4, 96],
      [4, 96],
      [4, 0],
      [4, 0],
      ...new Array(8192).fill([1, 1]),
    );
    for (let i = 0; i < 20; i += 1) await guest.ask(part);
    await guest.ask(SHAPE);
    await guest.ask(SHAPE);
    expect(screen.pointerShape?.widthPixels).toBe(1);
  });

  it('video memory at the end of guest memory, or across a hole: dark, and no more', async () => {
    const { screen, guest } = await plugged();
    await guest.ask(version());
    for (const gpa of [0, 4095, 2 ** 32 - 1, 2 ** 32, 2 ** 52]) {
      guest.say(locate(gpa));
      if ((await guest.ended()) !== undefined) break;
      await guest.ask(situate());
      screen.picture();
    }
    expect(screen.picture()?.widthPixels ?? 'dark').toBe('dark');
  });
});
