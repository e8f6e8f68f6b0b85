import { MemoryDisk } from '@viridian/drivers';
import { describe, expect, it } from 'vitest';
import { hex, issue, pattern, patternDisk, ThinMemoryDisk } from '../../../test/support/scsi.ts';
import { ScsiDisk } from './scsi-disk.ts';

const unmapCdb = (length: number) => [0x42, 0, 0, 0, 0, 0, 0, length >>> 8, length & 0xff, 0];
const oneDescriptor = '0016 0010 00000000';

function thinDisk(blocks = 64): { device: ThinMemoryDisk; disk: ScsiDisk } {
  const device = new ThinMemoryDisk(pattern(0, blocks * 512));
  return { device, disk: new ScsiDisk(device) };
}

describe('UNMAP', () => {
  // vmbus.md §5.3: Linux sends a 24-byte list with one descriptor.
  it('gives back the blocks of each descriptor', async () => {
    const { device, disk } = thinDisk();
    const out = hex(`${oneDescriptor} 0000000000000004 00000008 00000000`);
    expect((await issue(disk, unmapCdb(24), { out })).status).toBe(0);
    expect(device.discarded).toEqual([[2048, 4096]]);
    const two = hex(
      '0026 0020 00000000 0000000000000000 00000001 00000000 000000000000003f 00000001 00000000',
    );
    expect((await issue(disk, unmapCdb(40), { out: two })).status).toBe(0);
    expect(device.discarded.slice(1)).toEqual([
      [0, 512],
      [63 * 512, 512],
    ]);
    expect((await issue(disk, [0x28, 0, 0, 0, 0, 4, 0, 0, 8, 0], { room: 4096 })).data).toEqual(
      new Uint8Array(4096),
    );
  });

  it('takes an empty list and descriptors without blocks', async () => {
    const { device, disk } = thinDisk();
    expect((await issue(disk, unmapCdb(0))).status).toBe(0);
    const none = hex(`${oneDescriptor} 0000000000000004 00000000 00000000`);
    expect((await issue(disk, unmapCdb(24), { out: none })).status).toBe(0);
    expect(device.discarded).toEqual([]);
  });

  it.each([
    ['past the end', hex(`${oneDescriptor} 0000000000000039 00000008 00000000`), '5/21/00'],
    ['beyond any disk', hex(`${oneDescriptor} ffffffffffffffff 00000001 00000000`), '5/21/00'],
    [
      'with the second past the end',
      hex('0026 0020 00000000 0000000000000000 00000001 00000000 0000000000000040 00000001 00000000'),
      '5/21/00',
    ],
    [
      'whose descriptors are missing',
      hex('0026 0020 00000000 0000000000000000 00000001 00000000'),
      '5/1a/00',
    ],
    ['without a header', hex('00160010'), '5/1a/00'],
  ])('refuses a list %s and unmaps nothing', async (_, out, sense) => {
    const { device, disk } = thinDisk();
    expect((await issue(disk, unmapCdb(out.length), { out })).sense).toBe(sense);
    expect(device.discarded).toEqual([]);
  });

  it('refuses more than the block limits page allows', async () => {
    const { disk } = thinDisk();
    const out = new Uint8Array(8 + 65 * 16);
    new DataView(out.buffer).setUint16(2, 65 * 16);
    expect((await issue(disk, unmapCdb(out.length), { out })).sense).toBe('5/26/00');
  });

  it('is unknown to a thick disk, and anchors to all', async () => {
    const out = hex(`${oneDescriptor} 0000000000000004 00000008 00000000`);
    expect((await issue(patternDisk(64), unmapCdb(24), { out })).sense).toBe('5/20/00');
    expect((await issue(thinDisk().disk, unmapCdb(24).with(1, 1), { out })).sense).toBe('5/24/00');
    const protectedDisk = new ScsiDisk(new ThinMemoryDisk(4096, { readOnly: true }));
    expect((await issue(protectedDisk, unmapCdb(24), { out })).sense).toBe('7/27/00');
  });
});

describe('WRITE SAME', () => {
  const same16 = (lba: number, blocks: number, flags = 0) => [
    0x93,
    flags,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    lba,
    0,
    0,
    0,
    blocks,
    0,
    0,
  ];
  const zeros = new Uint8Array(512);

  it('with UNMAP and a block of zeros gives the blocks back', async () => {
    const { device, disk } = thinDisk();
    expect((await issue(disk, same16(4, 8, 0x08), { out: zeros })).moved).toBe(512);
    expect((await issue(disk, same16(20, 2, 0x09))).moved).toBe(0);
    expect(device.discarded).toEqual([
      [2048, 4096],
      [10240, 1024],
    ]);
  });

  it('with UNMAP and another block writes it: unmapped blocks would read as zeros', async () => {
    const { device, disk } = thinDisk();
    expect((await issue(disk, same16(4, 2, 0x08), { out: zeros.with(0, 1) })).status).toBe(0);
    expect(device.discarded).toEqual([]);
    const { data } = await issue(disk, [0x28, 0, 0, 0, 0, 4, 0, 0, 2, 0], { room: 1024 });
    expect([data[0], data[512]]).toEqual([1, 1]);
  });

  it('(10) and (16) write the block everywhere in the range and nowhere else', async () => {
    const disk = new ScsiDisk(new MemoryDisk(2048 * 512));
    const out = pattern(7, 512);
    expect((await issue(disk, [0x41, 0, 0, 0, 0, 1, 0, 0x04, 0x01, 0], { out })).status).toBe(0);
    const read = async (lba: number) =>
      (await issue(disk, [0x28, 0, 0, 0, lba >>> 8, lba & 0xff, 0, 0, 1, 0], { room: 512 })).data;
    expect([await read(0), await read(1), await read(512), await read(513)]).toEqual([zeros, out, out, out]);
    expect([await read(0x401), await read(0x402)]).toEqual([out, zeros]);
  });

  it.each([
    ['no blocks', same16(0, 0), '5/24/00'],
    ['blocks past the end', same16(60, 5), '5/21/00'],
    ['an anchor', same16(0, 1, 0x18), '5/24/00'],
    ['protection', same16(0, 1, 0x20), '5/24/00'],
    ['too many blocks', same16(0, 0).with(11, 0xff), '5/24/00'],
  ])('refuses %s', async (_, cdb, sense) => {
    expect((await issue(thinDisk().disk, cdb, { out: zeros })).sense).toBe(sense);
  });

  it('refuses UNMAP of a thick disk, a short block, and a write-protected disk', async () => {
    expect((await issue(patternDisk(64), same16(0, 1, 0x08), { out: zeros })).sense).toBe('5/24/00');
    expect((await issue(patternDisk(64), same16(0, 1), { out: zeros.subarray(1) })).sense).toBe('5/24/00');
    const readOnly = new ScsiDisk(new MemoryDisk(4096, { readOnly: true }));
    expect((await issue(readOnly, same16(0, 1), { out: zeros })).sense).toBe('7/27/00');
  });
});
