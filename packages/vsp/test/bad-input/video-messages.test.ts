/** The display against a guest that sends what it should not. net-input-video.md §4. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { piped } from '../support/message-guest.ts';
import {
  dirt,
  locate,
  message,
  plugged,
  type Situation,
  showing,
  situate,
  VRAM_PAGE,
  version,
} from '../support/video-guest.ts';

describe('video messages', () => {
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
});
