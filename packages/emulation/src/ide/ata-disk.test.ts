import { FaultDisk, injectedError, MemoryDisk } from '@viridian/drivers';
import { describe, expect, it } from 'vitest';
import { BUFFER, IdeGuest, pattern } from '../../test/support/ide.ts';
import { AtaDisk } from './ata-disk.ts';
import { Command } from './spec.ts';

const SECTORS = 4096;

function guestWithDisk(content = pattern(SECTORS * 512)) {
  const disk = new AtaDisk(new MemoryDisk(content), { serial: 'S1', model: 'Test HD', firmware: '9' });
  return { guest: new IdeGuest({ primary: { master: disk } }), content, disk };
}

describe('IDENTIFY DEVICE', () => {
  it('has the words that ata_piix decides by', () => {
    const { guest } = guestWithDisk();
    guest.command(Command.IDENTIFY_DEVICE, { device: 0xa0 });
    expect(guest.in(7)).toBe(0x58);
    const bytes = guest.takeBlock(512);
    const view = new DataView(bytes.buffer);
    const words = Array.from({ length: 256 }, (_, i) => view.getUint16(2 * i, true));
    // platform.md, IDE: the words that matter to Linux 6.1.
    expect(words).toMatchObject({
      ...{
        0: 0x0040,
        1: 4,
        3: 16,
        6: 63,
        47: 0x8010,
        49: 0x0f00,
        53: 0x0007,
        59: 0x0110,
        60: SECTORS,
        61: 0,
      },
      ...{ 63: 0x0007, 64: 3, 65: 120, 66: 120, 67: 120, 68: 120, 80: 0x00f0, 82: 0x4020, 83: 0x7400 },
      ...{ 84: 0x4000, 85: 0x4020, 86: 0x3400, 87: 0x4000, 93: 0x604f, 100: SECTORS, 101: 0, 102: 0, 103: 0 },
    });
    expect(words[88]! & 0xff).toBe(0x3f);
    const text = (word: number, count: number) =>
      words
        .slice(word, word + count)
        .map((pair) => String.fromCharCode(pair >> 8, pair & 0xff))
        .join('')
        .trimEnd();
    expect([text(10, 10), text(23, 4), text(27, 20)]).toEqual(['S1', '9', 'Test HD']);
    expect(bytes[510]).toBe(0xa5);
    expect(bytes.reduce((sum, byte) => sum + byte, 0) & 0xff).toBe(0);
    expect(guest.in(7)).toBe(0x50);
  });

  it('follows the settings', () => {
    const { guest } = guestWithDisk();
    guest.command(Command.SET_FEATURES, { feature: 0x03, count: 0x45 });
    expect(guest.in(7)).toBe(0x50);
    guest.command(Command.SET_FEATURES, { feature: 0x82 });
    guest.command(Command.SET_MULTIPLE, { count: 8 });
    guest.command(Command.INITIALIZE_PARAMETERS, { count: 32, device: 0xa7 });
    guest.command(Command.IDENTIFY_DEVICE);
    const view = new DataView(guest.takeBlock(512).buffer);
    const word = (index: number) => view.getUint16(2 * index, true);
    expect([word(88), word(85), word(59)]).toEqual([0x203f, 0x4000, 0x0108]);
    expect([word(54), word(55), word(56), word(3)]).toEqual([16, 8, 32, 16]);
  });
});

describe('PIO', () => {
  it.each([4, 2, 1] as const)('reads a sector in accesses of %i bytes', (width) => {
    const { guest, content } = guestWithDisk();
    guest.command(Command.READ_SECTORS, { lba: 5, count: 1 });
    expect(guest.irq14.level).toBe(true);
    expect(guest.alternateStatus).toBe(0x58);
    expect(guest.irq14.level).toBe(true);
    expect(guest.in(7)).toBe(0x58);
    expect(guest.irq14.level).toBe(false);
    expect(guest.takeBlock(512, width)).toEqual(content.slice(5 * 512, 6 * 512));
    expect(guest.in(7)).toBe(0x50);
    expect(guest.irq14.rises).toBe(1);
    expect(guest.in(0, 2)).toBe(0xffff);
  });

  it('interrupts once for each sector, or for each block of READ MULTIPLE', () => {
    const { guest, content } = guestWithDisk();
    const read = (code: number, isExt: boolean, sectors: number, blockSectors: number) => {
      const start = guest.irq14.rises;
      const parts: number[] = [];
      guest.command(code, { lba: 300, count: sectors & 0xffff, isExt });
      for (let left = sectors; left > 0; left -= blockSectors) {
        expect(guest.in(7)).toBe(0x58);
        parts.push(...guest.takeBlock(Math.min(left, blockSectors) * 512));
      }
      expect(guest.in(7)).toBe(0x50);
      expect(Uint8Array.from(parts)).toEqual(content.slice(300 * 512, (300 + sectors) * 512));
      return guest.irq14.rises - start;
    };
    expect(read(Command.READ_SECTORS, false, 3, 1)).toBe(3);
    expect(read(Command.READ_SECTORS_EXT, true, 300, 1)).toBe(300);
    expect(read(Command.READ_MULTIPLE, false, 40, 16)).toBe(3);
    expect(read(Command.READ_MULTIPLE_EXT, true, 530, 16)).toBe(34);
    guest.command(Command.SET_MULTIPLE, { count: 4 });
    expect(read(Command.READ_MULTIPLE, false, 9, 4)).toBe(3);
  });

  it('takes 0 for 256 sectors', () => {
    const { guest } = guestWithDisk();
    guest.command(Command.READ_SECTORS, { count: 0 });
    for (let i = 0; i < 256; i += 1) {
      expect(guest.in(7)).toBe(0x58);
      guest.takeBlock(512);
    }
    expect(guest.in(7)).toBe(0x50);
  });

  it('writes, the first block without an interrupt', () => {
    const { guest, content } = guestWithDisk();
    const data = pattern(200 * 512, 99);
    guest.command(Command.WRITE_SECTORS_EXT, { lba: 1000, count: 200, isExt: true });
    expect(guest.irq14.level).toBe(false);
    for (let i = 0; i < 200; i += 1) {
      expect(guest.in(7)).toBe(0x58);
      guest.giveBlock(data.subarray(i * 512, (i + 1) * 512));
    }
    expect(guest.irq14.rises).toBe(200);
    expect(guest.in(7)).toBe(0x50);
    expect(content.slice(1000 * 512, 1200 * 512)).toEqual(data);
    guest.command(Command.WRITE_MULTIPLE, { lba: 7, count: 20 });
    guest.giveBlock(data.subarray(0, 16 * 512), 2);
    guest.giveBlock(data.subarray(16 * 512, 20 * 512), 1);
    expect(guest.in(7)).toBe(0x50);
    expect(content.slice(7 * 512, 27 * 512)).toEqual(data.slice(0, 20 * 512));
  });

  it('finds sectors by cylinder, head and sector', () => {
    const { guest, content } = guestWithDisk();
    guest.command(Command.INITIALIZE_PARAMETERS, { count: 10, device: 0xa3 });
    guest.command(Command.READ_SECTORS, { lba: 0x0002_03, count: 1, device: 0xa1 }); // cylinder 2, head 1, sector 3
    const lba = (2 * 4 + 1) * 10 + 2;
    expect(guest.takeBlock(512)).toEqual(content.slice(lba * 512, (lba + 1) * 512));
    guest.command(Command.READ_SECTORS, { lba: 0x0000_00, count: 1, device: 0xa0 }); // no sector 0
    expect([guest.in(7), guest.in(1)]).toEqual([0x51, 0x10]);
    guest.command(Command.READ_SECTORS, { lba: 0x0000_01, count: 1, device: 0xa4 }); // no head 4
    expect([guest.in(7), guest.in(1)]).toEqual([0x51, 0x10]);
  });
});

describe('other commands', () => {
  it.each([
    ['FLUSH CACHE', 0xe7],
    ['FLUSH CACHE EXT', 0xea],
    ['STANDBY IMMEDIATE', 0xe0],
    ['IDLE', 0xe3],
    ['old STANDBY', 0x96],
    ['RECALIBRATE', 0x10],
    ['SEEK', 0x70],
    ['READ AHEAD', 0xef],
  ])('%s succeeds with an interrupt', (_, code) => {
    const { guest } = guestWithDisk();
    guest.command(code, { feature: 0xaa });
    expect(guest.irq14.level).toBe(true);
    expect(guest.in(7)).toBe(0x50);
  });

  it.each([
    ['NOP', 0x00, {}],
    ['PACKET', 0xa0, {}],
    ['IDENTIFY PACKET DEVICE', 0xa1, {}],
    ['READ NATIVE MAX ADDRESS', 0xf8, {}],
    ['an odd SET MULTIPLE', 0xc6, { count: 3 }],
    ['a large SET MULTIPLE', 0xc6, { count: 32 }],
    ['UDMA 6', 0xef, { feature: 3, count: 0x46 }],
    ['single-word DMA', 0xef, { feature: 3, count: 0x12 }],
    ['an unknown feature', 0xef, { feature: 0x99 }],
    ['a track without sectors', 0x91, { count: 0 }],
  ])('%s is aborted', (_, code, parameters) => {
    const { guest } = guestWithDisk();
    guest.command(code, parameters);
    expect(guest.irq14.level).toBe(true);
    expect([guest.in(7), guest.in(1)]).toEqual([0x51, 0x04]);
  });

  it('READ MULTIPLE is aborted while it is switched off', () => {
    const { guest } = guestWithDisk();
    guest.command(Command.SET_MULTIPLE, { count: 0 });
    guest.command(Command.READ_MULTIPLE, { count: 1 });
    expect([guest.in(7), guest.in(1)]).toEqual([0x51, 0x04]);
  });

  it('CHECK POWER MODE tells what the last command made of it', () => {
    const { guest } = guestWithDisk();
    const mode = () => {
      guest.command(Command.CHECK_POWER_MODE);
      return guest.in(2);
    };
    expect(mode()).toBe(0xff);
    guest.command(Command.STANDBY_IMMEDIATE);
    expect(mode()).toBe(0x00);
    guest.command(Command.READ_VERIFY, { count: 0 });
    expect(guest.in(7)).toBe(0x50);
    expect(mode()).toBe(0xff);
  });

  it.each([
    ['READ SECTORS', Command.READ_SECTORS, { lba: SECTORS, count: 1 }],
    ['READ SECTORS over the end', Command.READ_SECTORS, { lba: SECTORS - 1, count: 2 }],
    ['READ DMA EXT', Command.READ_DMA_EXT, { lba: 2 ** 47, count: 1, isExt: true }],
    ['WRITE DMA EXT of 65536', Command.WRITE_DMA_EXT, { count: 0, isExt: true }],
    ['READ VERIFY', Command.READ_VERIFY, { lba: SECTORS - 255, count: 0 }],
    ['SEEK', Command.SEEK, { lba: SECTORS }],
  ])('%s beyond the last sector finds nothing', (_, code, parameters) => {
    const { guest } = guestWithDisk();
    guest.command(code, parameters);
    expect([guest.in(7), guest.in(1)]).toEqual([0x51, 0x10]);
  });

  it('reaches the last sector', () => {
    const { guest, content } = guestWithDisk();
    guest.command(Command.READ_SECTORS, { lba: SECTORS - 1, count: 1 });
    expect(guest.takeBlock(512)).toEqual(content.slice(-512));
  });
});

describe('a host that fails', () => {
  const KINDS = [
    ['medium', 0x40, 0x04],
    ['io', 0x40, 0x04],
    ['no-space', 0x04, 0x04],
    ['out-of-range', 0x10, 0x10],
    ['closed', 0x04, 0x04],
  ] as const;

  it.each(KINDS)('with %s gives the guest bits for it', (kind, onRead, onWrite) => {
    const device = new FaultDisk(new MemoryDisk(SECTORS * 512), ({ operation, offset }) =>
      operation === 'flush' || offset >= 64 * 1024 ? { error: injectedError(kind) } : undefined,
    );
    const guest = new IdeGuest({ primary: { master: new AtaDisk(device) } });
    guest.command(Command.READ_SECTORS_EXT, { lba: 100, count: 29, isExt: true });
    expect([guest.in(7), guest.in(1), guest.in(3)]).toEqual([0x58, 0, 100]);
    guest.command(Command.READ_SECTORS, { lba: 128, count: 1 });
    expect([guest.in(7), guest.in(1), guest.in(3)]).toEqual([0x51, onRead, 128]);
    guest.command(Command.WRITE_SECTORS, { lba: 0x234, count: 1 });
    guest.giveBlock(pattern(512));
    expect([guest.in(7), guest.in(1), guest.in(3), guest.in(4)]).toEqual([0x51, onWrite, 0x34, 0x02]);
    guest.table([[BUFFER, 512]]);
    guest.dma(true, () => guest.command(Command.READ_DMA, { lba: 200, count: 1 }));
    expect(guest.finish()).toEqual({ busMaster: 0x05, status: 0x51, error: onRead });
    guest.command(Command.FLUSH_CACHE);
    expect([guest.in(7), guest.in(1)]).toEqual([0x51, 0x04]);
  });

  it('with an exception of its own is no exception here', () => {
    class Broken extends MemoryDisk {
      override read(): never {
        throw new TypeError('undefined is not a function');
      }
    }
    const guest = new IdeGuest({ primary: { master: new AtaDisk(new Broken(4096)) } });
    guest.command(Command.READ_SECTORS, { count: 1 });
    expect([guest.in(7), guest.in(1)]).toEqual([0x51, 0x04]);
  });

  it('refuses writes to a read-only device', () => {
    const guest = new IdeGuest({
      primary: { master: new AtaDisk(new MemoryDisk(4096, { readOnly: true })) },
    });
    for (const code of [Command.WRITE_SECTORS, Command.WRITE_DMA, Command.WRITE_MULTIPLE]) {
      guest.command(code, { count: 1 });
      expect([guest.in(7), guest.in(1)]).toEqual([0x51, 0x04]);
    }
  });
});

describe('a disk that is not 512 bytes to a block', () => {
  it('is refused with a way out', () => {
    expect(() => new AtaDisk(new MemoryDisk(8192, { logicalBlockBytes: 4096 }))).toThrow('SCSI');
    expect(() => new AtaDisk(new MemoryDisk(0))).toThrow(RangeError);
  });
});

it('asks for stable storage when the write cache is off', () => {
  const asked: boolean[] = [];
  class Recorder extends MemoryDisk {
    override write(offset: number, from: readonly Uint8Array[], options?: { fua?: boolean }) {
      asked.push(options?.fua ?? false);
      return super.write(offset, from, options);
    }
  }
  const guest = new IdeGuest({ primary: { master: new AtaDisk(new Recorder(4096)) } });
  const write = () => {
    guest.command(Command.WRITE_SECTORS, { count: 1 });
    guest.giveBlock(pattern(512));
  };
  write();
  guest.command(Command.SET_FEATURES, { feature: 0x82 });
  write();
  guest.control(0x04);
  guest.control(0x00);
  write();
  guest.command(Command.SET_FEATURES, { feature: 0x66 });
  guest.command(Command.SET_FEATURES, { feature: 0x82 });
  guest.control(0x04);
  guest.control(0x00);
  write();
  expect(asked).toEqual([false, true, false, true]);
});
