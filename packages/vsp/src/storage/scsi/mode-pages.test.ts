import { MemoryDisk } from '@viridian/drivers';
import { describe, expect, it } from 'vitest';
import { hex, issue, patternDisk } from '../../../test/support/scsi.ts';
import { ScsiDisk } from './scsi-disk.ts';

const CACHING = '08 12 04 000000000000000000 20 00000000000000';
const CONTROL = '0a 0a 00 10 0000000000000000';
const EXCEPTIONS = '1c 0a 08 000000000000000000';

const sense6 = (page: number, length = 255, flags = 0) => [0x1a, flags, page, 0, length, 0];

describe('MODE SENSE', () => {
  it('(6) page 8 says that the write cache is on', async () => {
    const { data } = await issue(patternDisk(8), sense6(0x08), { room: 255 });
    expect(data).toEqual(hex(`17 00 10 00 ${CACHING}`));
  });

  it('(6) page 3F in 4 bytes: write protection and FUA', async () => {
    const readOnly = new ScsiDisk(new MemoryDisk(4096, { readOnly: true }));
    expect((await issue(patternDisk(8), sense6(0x3f, 4), { room: 4 })).data).toEqual(hex('2f 00 10 00'));
    expect((await issue(readOnly, sense6(0x3f, 4), { room: 4 })).data).toEqual(hex('2f 00 90 00'));
  });

  it('page 3F has all pages in ascending order; (10) has a header of 8 bytes', async () => {
    expect((await issue(patternDisk(8), sense6(0x3f), { room: 255 })).data).toEqual(
      hex(`2f 00 10 00 ${CACHING} ${CONTROL} ${EXCEPTIONS}`),
    );
    const ten = [0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 0xff, 0];
    expect((await issue(patternDisk(8), ten, { room: 255 })).data).toEqual(
      hex(`0032 00 10 00 00 0000 ${CACHING} ${CONTROL} ${EXCEPTIONS}`),
    );
    expect((await issue(patternDisk(8), ten.with(8, 8), { room: 255 })).data).toEqual(
      hex('0032 00 10 00 00 0000'),
    );
  });

  it('changeable values are a mask, default ones ignore what was set, saved ones do not exist', async () => {
    const disk = patternDisk(8);
    disk.writeCache = false;
    const cache = async (control: number) =>
      (await issue(disk, sense6((control << 6) | 0x08), { room: 255 })).data[6];
    expect([await cache(0), await cache(1), await cache(2)]).toEqual([0, 4, 4]);
    expect((await issue(disk, sense6(0xc8), { room: 255 })).sense).toBe('5/39/00');
  });

  it('refuses pages and subpages that there are none of', async () => {
    expect((await issue(patternDisk(8), sense6(0x00), { room: 255 })).sense).toBe('5/24/00');
    expect((await issue(patternDisk(8), sense6(0x2a), { room: 255 })).sense).toBe('5/24/00');
    expect((await issue(patternDisk(8), [0x1a, 0, 8, 1, 255, 0], { room: 255 })).sense).toBe('5/24/00');
    expect((await issue(patternDisk(8), [0x1a, 0, 8, 0xff, 255, 0], { room: 255 })).status).toBe(0);
  });
});

describe('MODE SELECT', () => {
  const select6 = (length: number, flags = 0x10) => [0x15, flags, 0, 0, length, 0];
  const cacheOff = hex(`00 00 00 00 ${CACHING.replace('12 04', '12 00')}`);

  it('switches the write cache, and flushes when it goes off', async () => {
    let flushes = 0;
    class Recorder extends MemoryDisk {
      override flush() {
        flushes += 1;
        return super.flush();
      }
    }
    const disk = new ScsiDisk(new Recorder(4096));
    expect((await issue(disk, select6(24), { out: cacheOff })).status).toBe(0);
    expect([disk.writeCache, flushes]).toEqual([false, 1]);
    const on = hex(`0000 00 00 00 00 0000 ${CACHING}`);
    expect((await issue(disk, [0x55, 0x10, 0, 0, 0, 0, 0, 0, 28, 0], { out: on })).moved).toBe(28);
    expect([disk.writeCache, flushes]).toEqual([true, 1]);
  });

  it('takes the values that MODE SENSE gave, and an empty list', async () => {
    const disk = patternDisk(8);
    const { data } = await issue(disk, sense6(0x3f), { room: 255 });
    expect((await issue(disk, select6(data.length), { out: data })).status).toBe(0);
    expect((await issue(disk, select6(0))).status).toBe(0);
  });

  it.each([
    ['without page format', select6(24, 0), cacheOff, '5/24/00'],
    ['to be saved', select6(24, 0x11), cacheOff, '5/24/00'],
    ['shorter than stated', select6(25), cacheOff, '5/1a/00'],
    ['shorter than a header', select6(3), cacheOff.subarray(0, 3), '5/1a/00'],
    ['cut inside a page', select6(23), cacheOff.subarray(0, 23), '5/1a/00'],
    ['with a block descriptor', select6(24), cacheOff.with(3, 8), '5/26/00'],
    ['with an unknown page', select6(24), cacheOff.with(4, 0x02), '5/26/00'],
    ['with a wrong page length', select6(24), cacheOff.with(5, 0x11), '5/26/00'],
    ['with another bit changed', select6(24), cacheOff.with(6, 0x01), '5/26/00'],
    ['with a subpage', select6(24), cacheOff.with(4, 0x48), '5/26/00'],
  ])('refuses a list %s and changes nothing', async (_, cdb, out, sense) => {
    const disk = patternDisk(8);
    expect((await issue(disk, cdb, { out })).sense).toBe(sense);
    expect(disk.writeCache).toBe(true);
  });
});
