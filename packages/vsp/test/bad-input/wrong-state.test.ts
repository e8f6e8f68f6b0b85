import { describe, expect, it } from 'vitest';
import { rawGuest, statusOf } from '../support/raw-guest.ts';
import { expectAlive, victim } from '../support/victim.ts';

const STEPS: [operation: number, fields: Record<number, number>][] = [
  [7, {}],
  [9, { 12: 0x0602 }],
  [10, {}],
  [8, {}],
];

describe('requests before initialization has ended', () => {
  it.each([0, 1, 2, 3])('after %i steps every other request gets 0xC0000184', async (steps) => {
    const { guest } = await victim({ initialize: false });
    for (const [operation, fields] of STEPS.slice(0, steps)) guest.control(operation, fields);
    await guest.answers();
    const expected = STEPS[steps]![0];
    for (const operation of [3, 4, 5, 6, 7, 8, 9, 10, 12]) {
      if (operation === expected) continue;
      guest.control(operation, {});
      expect(statusOf(await guest.answer())).toBe(0xc0000184);
    }
    // Nothing of it did harm: initialization goes on where it was.
    for (const [operation, fields] of STEPS.slice(steps)) {
      guest.control(operation, fields);
      expect(statusOf(await guest.answer())).toBe(0);
    }
    await expectAlive(guest);
  });
});

describe('versions', () => {
  it.each([0, 0x0100, 0x0603, 0x0500, 0xffff])(
    '%i is refused, and the guest may try again',
    async (version) => {
      const { guest } = await victim({ initialize: false });
      guest.control(7);
      guest.control(9, { 12: version });
      guest.control(9, { 12: 0x0501 });
      expect((await guest.answers()).map(statusOf)).toEqual([0, 0xc0000059, 0]);
    },
  );
});

describe('sub-channels', () => {
  it('more than allowed, and twice, are refused', async () => {
    const { guest, machine } = await victim();
    guest.control(13, { 12: 5 });
    guest.control(13, { 12: 0xffff });
    guest.control(13, { 12: 2 });
    guest.control(13, { 12: 1 });
    expect((await guest.answers()).map(statusOf)).toEqual([0xc000000d, 0xc000000d, 0, 0xc0000184]);
    expect(machine.offered).toBe(2);
  });

  it('take no control packets', async () => {
    const { guest, machine } = await victim();
    guest.control(13, { 12: 1 });
    const other = await rawGuest(machine, 1);
    for (const operation of [7, 8, 9, 10, 13, 99]) {
      other.control(operation, { 12: 1 });
      expect(statusOf(await other.answer())).toBe(0xc0000184);
    }
    await expectAlive(other);
  });

  it('cannot be opened without a primary channel', async () => {
    const { guest, machine } = await victim();
    await guest.pair.close();
    await expect(machine.open(1)).rejects.toThrow('0xc0000184');
  });
});
