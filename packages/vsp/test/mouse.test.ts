/** The mouse against a guest that is the test. net-input-video.md §3 and §5. */

import { Pointer } from '@viridian/drivers';
import { SynthMouse } from '@viridian/vsp/mouse';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fields, hex, MessageGuest, piped } from './support/message-guest.ts';

const REQUEST = fields([4, 0], [4, 4], [4, 0x20000]);
const ACK = fields([4, 3], [4, 1], [1, 0]);

async function plugged() {
  const pointer = new Pointer();
  const device = new SynthMouse(pointer);
  return { pointer, device, guest: await MessageGuest.open(device) };
}

describe('SynthMouse', () => {
  it('is offered as a pipe of messages', () => {
    const { flags, userDefined } = new SynthMouse(new Pointer());
    expect([flags, userDefined.length, userDefined[0]]).toEqual([0x10, 120, 4]);
  });

  it('introduces itself, then reports, as in the trace', async () => {
    const { pointer, guest } = await plugged();
    expect(pointer.moveTo(1, 1)).toBe(false);
    guest.say(REQUEST);
    const [response, info] = await guest.hear();
    expect(hex(response!)).toBe('01000000050000000000020001');
    expect(info).toHaveLength(105);
    expect(hex(info!.subarray(0, 18))).toBe('0200000061000000' + '20000000' + '5e042106' + '0000');
    expect(hex(info!.subarray(40, 49))).toBe('092101010001223800');
    expect(pointer.moveTo(1, 1)).toBe(false);
    guest.say(ACK);
    expect(pointer.moveTo(0x1234, 32767)).toBe(true);
    pointer.press('middle');
    pointer.scroll(-2);
    expect((await guest.hear()).map(hex)).toEqual([
      '0400000007000000' + '003412ff7f0000',
      '0400000007000000' + '043412ff7f0000',
      '0400000007000000' + '043412ff7ffeff',
    ]);
  });

  it('refuses other versions and waits for another', async () => {
    const { pointer, guest } = await plugged();
    expect(await guest.ask(fields([4, 0], [4, 4], [4, 0x30000]))).toEqual(['01000000050000000000030000']);
    guest.say(ACK);
    expect(pointer.moveTo(1, 1)).toBe(false);
    expect(await guest.ask(REQUEST)).toHaveLength(2);
  });

  it('takes the surplus bytes that Linux sends behind a message', async () => {
    const { device, guest } = await plugged();
    guest.raw.send(new Uint8Array([...piped(REQUEST), 1, 2, 3]));
    expect(await guest.hear()).toHaveLength(2);
    expect(device.inspect()).toMatchObject({ state: 'introduced' });
  });

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
