import { describe, expect, it } from 'vitest';
import { srbOf } from '../support/raw-guest.ts';
import { expectAlive, victim } from '../support/victim.ts';

const UNMAP = 0x42;
const zeros = (count: number) => new Array<number>(count).fill(0);

describe('CDBs with a field that cannot be', () => {
  const cases: [what: string, cdb: number[], sense: string][] = [
    ['READ(10) with protection', [0x28, 0xe0, ...zeros(6), 1, 0], '5/24/00'],
    ['READ(12) of 4 Gi blocks', [0xa8, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0], '5/24/00'],
    ['READ(16) at the last address', [0x88, 0, ...new Array(8).fill(0xff), 0, 0, 0, 1, 0, 0], '5/21/00'],
    ['INQUIRY of a page without EVPD', [0x12, 0, 0x83, 0, 0xff, 0], '5/24/00'],
    ['INQUIRY of an unknown page', [0x12, 1, 0x77, 0, 0xff, 0], '5/24/00'],
    ['MODE SENSE of an unknown page', [0x1a, 0, 0x33, 0, 0xff, 0], '5/24/00'],
    ['MODE SENSE of saved values', [0x1a, 0, 0xc8, 0, 0xff, 0], '5/39/00'],
    ['READ CAPACITY with another service action', [0x9e, 0x1f, ...zeros(14)], '5/24/00'],
    ['REPORT LUNS of another kind', [0xa0, 0, 9, ...zeros(9)], '5/24/00'],
    ['REQUEST SENSE in descriptor format', [0x03, 1, 0, 0, 0xff, 0], '5/24/00'],
    ['START STOP with power conditions', [0x1b, 0, 0, 0, 0xf0, 0], '5/24/00'],
    ['WRITE SAME of no blocks', [0x93, 1, ...zeros(14)], '5/24/00'],
    ['UNMAP of a thick disk', [0x42, ...zeros(9)], '5/20/00'],
    ['VERIFY with a reserved byte check', [0x2f, 4, ...zeros(8)], '5/24/00'],
  ];

  it.each(cases)('%s: sense data, and the disk goes on', async (_, cdb, sense) => {
    const { guest, gpns } = await victim();
    const dataIn = cdb[0] === UNMAP ? 0 : 1;
    guest.srb({ cdb, dataIn, dataBytes: 4096 }, [{ byteCount: 4096, byteOffset: 0, gpns: [gpns[0]!] }]);
    expect(srbOf(await guest.answer())).toEqual({ srb: 0x86, scsi: 2, moved: 0, sense });
    await expectAlive(guest);
  });
});

describe('allocation lengths', () => {
  it.each([0, 1, 3, 4, 7, 255, 0xffff])(
    '%i never lets more be written than the buffer holds',
    async (length) => {
      const { guest, gpns, machine } = await victim();
      const page = machine.memory.bytes(gpns[0]!);
      page.fill(0x77);
      const cdb = [0x12, 0, 0, length >>> 8, length & 0xff, 0];
      guest.srb({ cdb, dataBytes: 8 }, [{ byteCount: 8, byteOffset: 2000, gpns: [gpns[0]!] }]);
      expect(srbOf(await guest.answer())).toMatchObject({ srb: 1, moved: Math.min(8, length) });
      expect(page.subarray(0, 2000).every((byte) => byte === 0x77)).toBe(true);
      expect(page.subarray(2008).every((byte) => byte === 0x77)).toBe(true);
    },
  );
});
