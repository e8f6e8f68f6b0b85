import { describe, expect, it } from 'vitest';
import { srbOf } from '../support/raw-guest.ts';
import { expectAlive, victim } from '../support/victim.ts';

describe('addresses where nobody is', () => {
  it.each([
    [0, 0, 1],
    [0, 0, 255],
    [0, 1, 0],
    [1, 0, 0],
    [255, 255, 255],
  ])('%i:%i:%i gets invalid LUN and moves nothing', async (path, target, lun) => {
    const { guest, gpns, machine } = await victim();
    const range = [{ byteCount: 512, byteOffset: 0, gpns: [gpns[0]!] }];
    guest.srb({ path, target, lun, cdb: [0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0], dataBytes: 512 }, range);
    expect(srbOf(await guest.answer())).toEqual({ srb: 0x20, scsi: 2, moved: 0, sense: '' });
    expect(machine.memory.bytes(gpns[0]!)).toEqual(new Uint8Array(4096));
    await expectAlive(guest);
  });

  it('a whole sweep of them is answered', async () => {
    const { guest } = await victim();
    for (let lun = 1; lun < 256; lun += 1) {
      guest.srb({ lun, cdb: [0, 0, 0, 0, 0, 0] });
      expect(srbOf(await guest.answer()).srb).toBe(0x20);
    }
    await expectAlive(guest);
  });
});
