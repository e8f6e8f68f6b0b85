import type { BlockDevice } from '@viridian/drivers';
import { describe, expect, it } from 'vitest';
import { hex, issue, patternDisk } from '../../../test/support/scsi.ts';
import { ScsiDisk } from './scsi-disk.ts';

/** A device that is only asked for its shape. */
function shape(sizeBytes: number, logicalBlockBytes: number, physicalBlockBytes: number): BlockDevice {
  const nothing = () => {};
  return {
    sizeBytes,
    logicalBlockBytes,
    physicalBlockBytes,
    readOnly: false,
    read: nothing,
    write: nothing,
    flush: nothing,
    close: async () => {},
    inspect: () => ({}),
  };
}

const capacity16 = [0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0];

describe('READ CAPACITY', () => {
  it('(10) is the last block and the block size', async () => {
    const { data } = await issue(patternDisk(2048), [0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0], { room: 8 });
    expect(data).toEqual(hex('000007ff 00000200'));
  });

  it('(10) of a disk beyond 32 bits is FFFFFFFFh', async () => {
    const disk = new ScsiDisk(shape(3 * 2 ** 40, 512, 512));
    const { data } = await issue(disk, [0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0], { room: 8 });
    expect(data).toEqual(hex('ffffffff 00000200'));
  });

  it('(16) has 64 bits, the exponent of the physical block and the thin bits', async () => {
    const big = new ScsiDisk(shape(3 * 2 ** 40, 512, 4096));
    expect((await issue(big, capacity16, { room: 32 })).data).toEqual(
      hex('00000001 7fffffff 00000200 00 03 0000 00000000 00000000 00000000 00000000'),
    );
    const thin = patternDisk(8, { thin: true });
    expect((await issue(thin, capacity16, { room: 32 })).data.slice(0, 16)).toEqual(
      hex('0000000000000007 00000200 00 00 c000'),
    );
  });

  it('(16) is cut to its allocation length', async () => {
    const short = capacity16.with(13, 12);
    expect((await issue(patternDisk(8), short, { room: 32 })).moved).toBe(12);
  });

  it('of 4096-byte blocks', async () => {
    const disk = new ScsiDisk(shape(2 ** 20, 4096, 4096));
    const { data } = await issue(disk, [0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0], { room: 8 });
    expect(data).toEqual(hex('000000ff 00001000'));
  });

  it('refuses other service actions of the same opcode', async () => {
    expect((await issue(patternDisk(8), capacity16.with(1, 0x12), { room: 32 })).sense).toBe('5/24/00');
  });

  it('an empty device makes no disk', () => {
    expect(() => new ScsiDisk(shape(0, 512, 512))).toThrow('a block at least');
  });
});
