/** The mouse against a guest that is the test. net-input-video.md §3 and §5. */

import { Pointer } from '@viridian/drivers';
import { SynthMouse } from '@viridian/vsp/mouse';
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
});
