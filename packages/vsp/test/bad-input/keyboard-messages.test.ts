/** The keyboard against a guest that reads nothing, or sends what it should not. net-input-video.md §2. */

import { Keyboard } from '@viridian/drivers';
import { SynthKeyboard } from '@viridian/vsp/keyboard';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fields, MessageGuest } from '../support/message-guest.ts';

const REQUEST = fields([4, 1], [4, 0x10000]);

async function plugged(ringPages?: number) {
  const keyboard = new Keyboard();
  const device = new SynthKeyboard(keyboard);
  const guest = await MessageGuest.open(device, ringPages);
  return { keyboard, device, guest };
}

describe('keyboard messages', () => {
  it('keeps what a slow guest has no room for, in order, and loses what is too much', async () => {
    const { keyboard, guest } = await plugged(2);
    await guest.ask(REQUEST);
    const heard = Array.from({ length: 600 }, () => keyboard.press('KeyA')).filter(Boolean).length;
    expect(heard).toBeGreaterThan(300);
    expect(heard).toBeLessThan(600);
    let got = 0;
    for (let round = 0; round < 20; round += 1) {
      got += (await guest.hear()).length;
      guest.raw.pair.host.interrupt();
    }
    expect(got).toBe(heard);
    expect(keyboard.press('KeyA')).toBe(true);
  });

  it('ends the channel at a message without type', async () => {
    const { guest } = await plugged();
    guest.raw.send(new Uint8Array(0));
    expect(await guest.ended()).toBe('message without type');
  });

  it('survives any message', async () => {
    const message = fc.tuple(fc.nat(6), fc.uint8Array({ maxLength: 300 }));
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 8 }), fc.boolean(), async (messages, negotiates) => {
        const { keyboard, device, guest } = await plugged();
        if (negotiates) await guest.ask(REQUEST);
        for (const [type, rest] of messages) {
          if ((await guest.ended()) === undefined) guest.say(new Uint8Array([type, 0, 0, 0, ...rest]));
        }
        keyboard.type('x');
        if ((await guest.ended()) !== undefined) expect(device.inspect()).toMatchObject({ state: 'closed' });
      }),
      { numRuns: 60 },
    );
  });
});
