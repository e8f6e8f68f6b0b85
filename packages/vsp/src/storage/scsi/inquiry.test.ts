import { describe, expect, it } from 'vitest';
import { hex, issue, patternDisk } from '../../../test/support/scsi.ts';

const disk = patternDisk(2048, { id: 'disk-1' });
const thin = patternDisk(2048, { id: 'disk-2', thin: true });

describe('INQUIRY', () => {
  // SPC-4, Standard INQUIRY Data; vmbus.md §5.3.
  it('answers 36 bytes: SPC-3 disk, Msft, Virtual Disk, 1.0, command queueing', async () => {
    const { data } = await issue(disk, [0x12, 0, 0, 0, 36, 0], { room: 36 });
    expect(data).toEqual(
      hex('00 00 05 02 1f 00 00 02 4d73667420202020 5669727475616c204469736b20202020 312e3020'),
    );
  });

  it.each([0, 1, 4, 5, 35, 36, 96, 255, 512])('cuts to the allocation length %i', async (length) => {
    const { data, status } = await issue(disk, [0x12, 0, 0, length >>> 8, length & 0xff, 0], { room: 512 });
    expect([status, data.length]).toEqual([0, Math.min(36, length)]);
  });

  it('cuts to the data buffer, and moves nothing without one', async () => {
    expect((await issue(disk, [0x12, 0, 0, 0, 36, 0], { room: 4 })).data).toEqual(hex('00 00 05 02'));
    expect((await issue(disk, [0x12, 0, 0, 0, 36, 0])).moved).toBe(0);
  });

  it('fills scattered buffers in order', async () => {
    const whole = await issue(disk, [0x12, 0, 0, 0, 36, 0], { room: 36 });
    const pieces = await issue(disk, [0x12, 0, 0, 0, 36, 0], { room: 36, piece: 5 });
    expect(pieces.data).toEqual(whole.data);
  });

  it('refuses a page code without EVPD', async () => {
    expect((await issue(disk, [0x12, 0, 0x80, 0, 36, 0], { room: 36 })).sense).toBe('5/24/00');
  });
});

const page = (code: number, unit = disk, length = 255) =>
  issue(unit, [0x12, 1, code, 0, length, 0], { room: 255 });

describe('INQUIRY, vital product data', () => {
  it('00h lists the pages; B2h only when the disk is thin', async () => {
    expect((await page(0)).data).toEqual(hex('00 00 0005 00 80 83 b0 b1'));
    expect((await page(0, thin)).data).toEqual(hex('00 00 0006 00 80 83 b0 b1 b2'));
  });

  it.each([0x00, 0x80, 0x83, 0xb0, 0xb1, 0xb2])(
    '%i begins with a header that states its length',
    async (code) => {
      const { data } = await page(code, thin);
      expect(data[1]).toBe(code);
      expect(new DataView(data.buffer).getUint16(2)).toBe(data.length - 4);
      // Linux reads the four bytes of the header first.
      expect((await page(code, thin, 4)).data).toEqual(data.slice(0, 4));
    },
  );

  it('80h is the serial number', async () => {
    expect((await page(0x80)).data).toEqual(hex('00 80 0006 6469736b2d31'));
  });

  // SPC-4, Designation Descriptor: T10 vendor (1, ASCII), then NAA (3, binary) in format 3, locally assigned.
  it('83h names the disk twice', async () => {
    const { data } = await page(0x83);
    expect(data.slice(0, 22)).toEqual(hex('00 83 001e 02 01 00 0e 4d73667420202020 6469736b2d31'));
    expect(data.slice(22, 26)).toEqual(hex('01 03 00 08'));
    expect(data[26]! >>> 4).toBe(3);
    expect((await page(0x83, thin)).data.slice(26)).not.toEqual(data.slice(26));
  });

  it('B0h states the longest transfer, and the unmap limits when thin', async () => {
    const fields = (data: Uint8Array) => {
      const view = new DataView(data.buffer);
      return [8, 20, 24, 28, 32, 40].map((at) => view.getUint32(at));
    };
    expect((await page(0xb0)).data).toHaveLength(64);
    expect(fields((await page(0xb0)).data)).toEqual([16384, 0, 0, 0, 0, 65536]);
    expect(fields((await page(0xb0, thin)).data)).toEqual([16384, 524288, 64, 1, 0x80000000, 65536]);
  });

  it('B1h says that nothing turns, B2h that unmapped blocks read as zeros', async () => {
    expect((await page(0xb1)).data.slice(0, 6)).toEqual(hex('00 b1 003c 0001'));
    expect((await page(0xb2, thin)).data).toEqual(hex('00 b2 0004 00 c4 02 00'));
  });

  it('refuses unknown pages, and B2h of a thick disk', async () => {
    expect((await page(0x89)).sense).toBe('5/24/00');
    expect((await page(0xb2)).sense).toBe('5/24/00');
  });
});
