import { DISK_COMMANDS } from '@viridian/vsp/storage';
import { describe, expect, it } from 'vitest';
import { srbOf, srbPayload, statusOf } from '../support/raw-guest.ts';
import { expectAlive, expectEnded, victim, warned } from '../support/victim.ts';

describe('storage operations', () => {
  it.each([0, 1, 2, 7, 8, 9, 10, 11, 12, 14, 15, 99, 0xffffffff])(
    '%i is no request of a ready guest: 0xC0000184',
    async (operation) => {
      const { guest } = await victim();
      guest.srb({ operation, cdb: [] });
      expect(statusOf(await guest.answer())).toBe(0xc0000184);
      expect(warned('control packet refused')).toBe(1);
      await expectAlive(guest);
    },
  );
});

describe('SCSI commands', () => {
  it('that the disk does not know: 5/20/00', async () => {
    const { guest } = await victim({ ringPages: 20 });
    const known = new Set([0xa0, ...DISK_COMMANDS.map(({ opcode }) => opcode)]);
    for (let opcode = 0; opcode < 256; opcode += 1) {
      if (!known.has(opcode)) guest.srb({ cdb: [opcode, ...new Array(15).fill(0)] });
    }
    const answers = await guest.answers();
    expect(answers).toHaveLength(256 - known.size);
    for (const answer of answers)
      expect(srbOf(answer)).toMatchObject({ srb: 0x86, scsi: 2, sense: '5/20/00' });
    await expectAlive(guest);
  });
});

describe('packet kinds', () => {
  it.each([7, 10, 11])('type %i ends the channel', async (type) => {
    const { guest } = await victim();
    const transferPages = new Uint8Array(80);
    transferPages[4] = 1;
    guest.send(type === 7 ? transferPages : srbPayload({ cdb: [0] }), { type });
    await guest.answers();
    expect(guest.pair.ended).toBeDefined();
  });

  it('a request that wants no completion ends the channel', async () => {
    const { guest } = await victim();
    guest.send(srbPayload({ cdb: [0, 0, 0, 0, 0, 0] }), { flags: 0 });
    await expectEnded(guest, 'storage request wants no completion');
  });

  it('any id is echoed, 64 bits of it', async () => {
    const { guest } = await victim();
    for (const id of [1n, 0xffffffffffffffffn, 0x8000000000000000n, 0x00000001ffffffffn]) {
      guest.send(srbPayload({ cdb: [0, 0, 0, 0, 0, 0] }), { id });
      expect((await guest.answer()).id).toBe(id);
    }
  });

  it('one id for many requests is the guest’s own affair', async () => {
    const { guest } = await victim();
    for (let i = 0; i < 3; i += 1) guest.send(srbPayload({ cdb: [0, 0, 0, 0, 0, 0] }), { id: 5n });
    expect((await guest.answers()).map(({ id }) => id)).toEqual([5n, 5n, 5n]);
  });
});
