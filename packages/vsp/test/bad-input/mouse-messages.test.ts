/** The mouse against a guest that reads nothing, or sends what it should not. net-input-video.md §3. */

import { Pointer } from '@viridian/drivers';
import { SynthMouse } from '@viridian/vsp/mouse';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fields, MessageGuest, piped } from '../support/message-guest.ts';

const REQUEST = fields([4, 0], [4, 4], [4, 0x20000]);

async function plugged() {
  const pointer = new Pointer();
  const device = new SynthMouse(pointer);
  return { pointer, device, guest: await MessageGuest.open(device) };
}

describe('mouse messages', () => {
  it.each([
    ['no pipe header', new Uint8Array(0)],
    ['a pipe message longer than its packet', piped(REQUEST, 200)],
    ['a length that wraps around', piped(REQUEST, 0xffff_fff8)],
    ['a pipe packet of another type', piped(REQUEST, REQUEST.length, 3)],
    ['a message shorter than its type', piped(REQUEST, 3)],
    ['a message shorter than its header', piped(REQUEST, 7)],
    ['a request without version', piped(REQUEST, 8)],
  ])('ends the channel: %s', async (_, packet) => {
    const { pointer, guest } = await plugged();
    guest.raw.send(packet);
    expect(await guest.ended()).toBeDefined();
    expect(pointer.moveTo(1, 1)).toBe(false);
  });

  it('stops reading a guest that never reads, and goes on when it does', async () => {
    const { guest } = await plugged();
    for (let i = 0; i < 400; i += 1) guest.say(REQUEST);
    expect(guest.raw.pair.host.counters.packetsReceived).toBeLessThan(400);
    expect(await guest.ended()).toBeUndefined();
    let got = 0;
    for (let round = 0; round < 20; round += 1) {
      got += (await guest.hear()).length;
      guest.raw.pair.host.interrupt();
    }
    expect(got).toBe(800);
  });

  it('survives any message', async () => {
    const message = fc.tuple(fc.nat(5), fc.uint8Array({ maxLength: 40 }), fc.integer({ min: -9, max: 9 }));
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 8 }), async (messages) => {
        const { pointer, device, guest } = await plugged();
        for (const [type, rest, surplus] of messages) {
          if ((await guest.ended()) !== undefined) break;
          const bytes = new Uint8Array([type, 0, 0, 0, ...rest]);
          guest.raw.send(piped(bytes, bytes.length + surplus));
        }
        pointer.click();
        if ((await guest.ended()) !== undefined) expect(device.inspect()).toMatchObject({ state: 'closed' });
      }),
      { numRuns: 60 },
    );
  });
});
