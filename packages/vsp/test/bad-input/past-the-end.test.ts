import { describe, expect, it } from 'vitest';
import { srbOf } from '../support/raw-guest.ts';
import { pattern } from '../support/scsi.ts';
import { BLOCKS, expectAlive, victim } from '../support/victim.ts';

const u32 = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);

describe('transfers past the end of the disk', () => {
  const places: [lba: number, blocks: number][] = [
    [BLOCKS, 1],
    [BLOCKS - 1, 2],
    [0xffffffff, 1],
    [0xffffffff, 8],
    [BLOCKS - 7, 8],
  ];
  const forms: [name: string, cdb: (lba: number, blocks: number) => number[], dataIn: number][] = [
    ['READ(10)', (lba, blocks) => [0x28, 0, ...u32(lba), 0, 0, blocks, 0], 1],
    ['WRITE(10)', (lba, blocks) => [0x2a, 0, ...u32(lba), 0, 0, blocks, 0], 0],
    ['READ(16)', (lba, blocks) => [0x88, 0, 0, 0, 0, 0, ...u32(lba), ...u32(blocks), 0, 0], 1],
    ['WRITE(16)', (lba, blocks) => [0x8a, 0, 0, 0, 0, 0, ...u32(lba), ...u32(blocks), 0, 0], 0],
    ['READ(16) far out', (lba, blocks) => [0x88, 0, ...u32(lba), 0, 0, 0, 0, ...u32(blocks), 0, 0], 1],
    ['WRITE(12)', (lba, blocks) => [0xaa, 0, ...u32(lba), ...u32(blocks), 0, 0], 0],
  ];

  it.each(forms)('%s: 5/21/00, nothing is moved', async (_, cdb, dataIn) => {
    const { guest, gpns, machine } = await victim();
    const page = machine.memory.bytes(gpns[0]!);
    for (const [lba, blocks] of places) {
      page.fill(0x77);
      const range = { byteCount: 4096, byteOffset: 0, gpns: [gpns[0]!] };
      guest.srb({ cdb: cdb(lba, blocks), dataIn, dataBytes: 4096 }, [range]);
      expect(srbOf(await guest.answer())).toEqual({ srb: 0x86, scsi: 2, moved: 0, sense: '5/21/00' });
      expect(page.every((byte) => byte === 0x77)).toBe(true);
    }
    guest.srb({ cdb: [0x28, 0, 0, 0, 0, BLOCKS - 8, 0, 0, 8, 0], dataBytes: 4096 }, [
      { byteCount: 4096, byteOffset: 0, gpns: [gpns[0]!] },
    ]);
    await guest.answer();
    expect(page).toEqual(pattern((BLOCKS - 8) * 512, 4096));
    await expectAlive(guest);
  });

  it('SYNCHRONIZE CACHE and VERIFY: 5/21/00', async () => {
    const { guest } = await victim();
    for (const opcode of [0x35, 0x2f]) {
      guest.srb({ cdb: [opcode, 0, ...u32(BLOCKS - 1), 0, 0, 2, 0] });
      expect(srbOf(await guest.answer()).sense).toBe('5/21/00');
    }
  });
});
