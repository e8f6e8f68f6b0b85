/** The keyboard against a guest that is the test. net-input-video.md §2 and §5. */

import { Keyboard } from '@viridian/drivers';
import { SynthKeyboard } from '@viridian/vsp/keyboard';
import { describe, expect, it } from 'vitest';
import { fields, MessageGuest } from './support/message-guest.ts';

const REQUEST = fields([4, 1], [4, 0x10000]);

async function plugged() {
  const keyboard = new Keyboard();
  const device = new SynthKeyboard(keyboard);
  const guest = await MessageGuest.open(device);
  return { keyboard, device, guest };
}

describe('SynthKeyboard', () => {
  it('takes version 1.0 and then sends keys, as in the trace', async () => {
    const { keyboard, device, guest } = await plugged();
    expect(keyboard.press('KeyA')).toBe(false);
    expect(await guest.ask(REQUEST)).toEqual(['0200000001000000']);
    expect(keyboard.chord('KeyA')).toBe(true);
    keyboard.press('ArrowUp');
    keyboard.press('Pause');
    expect((await guest.hear()).map((bytes) => `${bytes[4]?.toString(16)}/${bytes[8]}`)).toEqual([
      ...['1e/0', '1e/2', '48/4'],
      ...['1d/8', '45/0', '1d/10', '45/2'],
    ]);
    expect(device.inspect()).toMatchObject({ state: 'ready' });
  });

  it('refuses other versions and waits for another', async () => {
    const { keyboard, guest } = await plugged();
    expect(await guest.ask(fields([4, 1], [4, 0x10001]))).toEqual(['0200000000000000']);
    expect(keyboard.press('KeyA')).toBe(false);
    expect(await guest.ask(REQUEST)).toEqual(['0200000001000000']);
    expect(keyboard.press('KeyA')).toBe(true);
  });

  it('shows lights', async () => {
    const { keyboard, guest } = await plugged();
    guest.say(fields([4, 4], [2, 7], [2, 0]));
    expect(keyboard.lights.capsLock).toBe(false);
    await guest.ask(REQUEST);
    guest.say(fields([4, 4], [2, 5], [2, 0]));
    expect(keyboard.lights).toEqual({ scrollLock: true, numLock: false, capsLock: true });
  });

  it('unplugs when the channel closes, and serves the next one', async () => {
    const { keyboard, device, guest } = await plugged();
    await guest.ask(REQUEST);
    await guest.raw.pair.close();
    expect(keyboard.press('KeyA')).toBe(false);
    expect(device.inspect()).toMatchObject({ state: 'closed' });
    const again = await MessageGuest.open(device);
    await again.ask(REQUEST);
    expect(keyboard.press('KeyA')).toBe(true);
  });
});
