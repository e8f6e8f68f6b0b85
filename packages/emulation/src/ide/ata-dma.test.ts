import { MemoryDisk } from '@viridian/drivers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUFFER, IdeGuest, pattern } from '../../test/support/ide.ts';
import { AtaDisk } from './ata-disk.ts';
import { Command } from './spec.ts';

const SECTORS = 4096;

function guestWithDisk() {
  const content = pattern(SECTORS * 512);
  const guest = new IdeGuest({ primary: { master: new AtaDisk(new MemoryDisk(content)) } });
  return { guest, content };
}

describe('bus master', () => {
  it('reads straight into memory', () => {
    const { guest, content } = guestWithDisk();
    guest.table([
      [BUFFER, 4096],
      [BUFFER + 4096, 4096],
      [BUFFER + 0x1_0000, 8192],
    ]);
    guest.dma(true, () => guest.command(Command.READ_DMA, { lba: 8, count: 32 }));
    expect(guest.irq14.level).toBe(true);
    expect(guest.finish()).toEqual({ busMaster: 0x04, status: 0x50, error: 0 });
    expect(guest.irq14.level).toBe(false);
    const { bytes } = guest.memory;
    expect(bytes.slice(BUFFER, BUFFER + 8192)).toEqual(content.slice(8 * 512, 24 * 512));
    expect(bytes.slice(BUFFER + 0x1_0000, BUFFER + 0x1_2000)).toEqual(content.slice(24 * 512, 40 * 512));
    // Three descriptors, and two runs of memory.
    expect(guest.memory.gathers).toBe(5);
  });

  it('writes from memory, also when it is started before the command comes', () => {
    const { guest, content } = guestWithDisk();
    const data = pattern(0x1_0000, 5);
    guest.memory.bytes.set(data, BUFFER);
    guest.table([[BUFFER, 0]]); // 64 KiB
    guest.writeBusMaster(0, 0x01);
    guest.command(Command.WRITE_DMA_EXT, { lba: 2000, count: 128, isExt: true });
    expect(guest.finish()).toEqual({ busMaster: 0x04, status: 0x50, error: 0 });
    expect(content.slice(2000 * 512, 2128 * 512)).toEqual(data);
  });

  it('tells a table that is too long from one that is too short', () => {
    const { guest } = guestWithDisk();
    guest.table([[BUFFER, 8192]]);
    guest.dma(true, () => guest.command(Command.READ_DMA, { count: 8 }));
    expect(guest.finish()).toMatchObject({ busMaster: 0x05, status: 0x50 });
    guest.table([[BUFFER, 2048]]);
    guest.dma(true, () => guest.command(Command.READ_DMA, { count: 8 }));
    expect(guest.irq14.level).toBe(false);
    expect(guest.finish()).toMatchObject({ busMaster: 0x00, status: 0x58 });
    // The drive still waits: another table serves it.
    guest.table([[BUFFER, 4096]]);
    guest.dma(true, () => {});
    expect(guest.finish()).toMatchObject({ busMaster: 0x04, status: 0x50 });
  });

  it('needs the permission to be master', () => {
    const { guest } = guestWithDisk();
    guest.ide.config.write(0x04, 2, 0x1);
    guest.table([[BUFFER, 512]]);
    guest.dma(true, () => guest.command(Command.READ_DMA, { count: 1 }));
    expect(guest.readBusMaster(2) & 7).toBe(0x02);
    expect(guest.alternateStatus).toBe(0x58);
  });

  it('moves any list of regions, and nothing but these', () => {
    const region = fc.tuple(fc.nat(500), fc.integer({ min: 1, max: 40 }));
    fc.assert(
      fc.property(
        fc.array(region, { minLength: 1, maxLength: 12 }),
        fc.nat(1000),
        fc.boolean(),
        (parts, lba, isWrite) => {
          const { guest, content } = guestWithDisk();
          // Regions behind one another with gaps of any even size, all together whole sectors.
          let at = BUFFER;
          const regions = parts.map(([gap, words]) => {
            at += 2 * gap;
            const place = [at, 2 * words] as const;
            at += 2 * words;
            return place;
          });
          const total = regions.reduce((sum, [, byteCount]) => sum + byteCount, 0);
          if (total % 512 !== 0) regions.push([at, 512 - (total % 512)]);
          const count = Math.ceil(total / 512);
          guest.memory.bytes.fill(0xee, BUFFER, at + 1024);
          const data = pattern(count * 512, 77);
          const scatter = (bytes: Uint8Array, into: Uint8Array) => {
            let done = 0;
            for (const [gpa, byteCount] of regions) {
              into.set(bytes.subarray(done, done + byteCount), gpa);
              done += byteCount;
            }
          };
          if (isWrite) scatter(data, guest.memory.bytes);
          const before = guest.memory.bytes.slice(BUFFER, at + 1024);
          guest.table(regions);
          guest.dma(!isWrite, () =>
            guest.command(isWrite ? Command.WRITE_DMA : Command.READ_DMA, { lba, count }),
          );
          expect(guest.finish()).toMatchObject({ busMaster: 0x04, status: 0x50 });
          const onDisk = content.slice(lba * 512, (lba + count) * 512);
          if (isWrite) expect(onDisk).toEqual(data);
          else {
            const expected = new Uint8Array(BUFFER + before.length);
            expected.set(before, BUFFER);
            scatter(onDisk, expected);
            expect(guest.memory.bytes.slice(BUFFER, at + 1024)).toEqual(expected.slice(BUFFER));
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
