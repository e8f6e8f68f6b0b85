import { FaultDisk, injectedError, MemoryDisk } from '@viridian/drivers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUFFER, pattern } from '../../../test/support/ide.ts';
import { PacketGuest } from '../../../test/support/packets.ts';
import { Command } from '../spec.ts';
import { DvdDrive } from './dvd-drive.ts';

const BLOCKS = 400;
const disc = (blocks = BLOCKS) => new MemoryDisk(pattern(blocks * 2048), { readOnly: true });

function guestWithDisc(device: ConstructorParameters<typeof DvdDrive>[0] = disc()) {
  const drive = new DvdDrive(device, { serial: 'S9' });
  const guest = new PacketGuest({ secondary: { master: drive } });
  expect(guest.packet([0]).sense).toMatch(/^6\/2[89]\/0$/); // the unit attention of power-on
  return { drive, guest };
}

const read10 = (block: number, blocks: number) => [
  0x28,
  0,
  0,
  0,
  block >> 8,
  block & 0xff,
  0,
  blocks >> 8,
  blocks & 0xff,
];

describe('a packet device', () => {
  it('shows its signature, and refuses to be a disk', () => {
    const guest = new PacketGuest({ secondary: { master: new DvdDrive() } });
    const signature = () => [7, 1, 2, 3, 4, 5].map((reg) => guest.in(reg));
    expect(signature()).toEqual([0, 1, 1, 1, 0x14, 0xeb]);
    guest.out(4, 0);
    guest.command(Command.IDENTIFY_DEVICE, { device: 0xa0 });
    expect(signature()).toEqual([0x51, 4, 1, 1, 0x14, 0xeb]);
    guest.out(4, 0);
    guest.out(7, Command.DEVICE_RESET);
    expect(signature()).toEqual([0, 1, 1, 1, 0x14, 0xeb]);
    guest.control(0x04);
    guest.control(0x00);
    expect(signature()).toEqual([0, 1, 1, 1, 0x14, 0xeb]);
  });

  it('identifies itself', () => {
    const { guest } = guestWithDisc();
    guest.command(Command.SET_FEATURES, { feature: 3, count: 0x42, device: 0xa0 });
    expect(guest.in(7)).toBe(0x50);
    guest.command(Command.IDENTIFY_PACKET_DEVICE, { device: 0xa0 });
    const view = new DataView(guest.takeBlock(512).buffer);
    const word = (index: number) => view.getUint16(2 * index, true);
    expect([0, 49, 53, 63, 82, 85, 88].map(word)).toEqual([
      0x85c0, 0x0f00, 0x0007, 0x0007, 0x4210, 0x4210, 0x043f,
    ]);
    expect(guest.in(7)).toBe(0x50);
  });

  it('refuses what packet devices do not know', () => {
    const { guest } = guestWithDisc();
    for (const [code, parameters] of [
      [Command.NOP, {}],
      [Command.READ_DMA, {}],
      [Command.WRITE_SECTORS, {}],
      [Command.FLUSH_CACHE, {}],
      [Command.SET_FEATURES, { feature: 3, count: 0x48 }],
      [Command.PACKET, { feature: 2 }],
    ] as const) {
      guest.command(code, { ...parameters, device: 0xa0 });
      expect([guest.in(7), guest.in(1)]).toEqual([0x51, 4]);
    }
    guest.command(Command.STANDBY_IMMEDIATE, { device: 0xa0 });
    guest.command(Command.CHECK_POWER_MODE, { device: 0xa0 });
    expect(guest.in(2)).toBe(0);
  });
});

describe('the packet protocol', () => {
  it('asks for the packet without an interrupt, and tells of data and of the end with one', () => {
    const { guest } = guestWithDisc();
    const before = guest.irq15.rises;
    guest.command(Command.PACKET, { lba: 2048 << 8, device: 0xa0 });
    expect([guest.in(7), guest.in(2) & 3, guest.irq15.rises - before]).toEqual([0x58, 1, 0]);
    guest.giveBlock(Uint8Array.from([...read10(7, 1), 0, 0, 0]));
    expect([guest.irq15.rises - before, guest.in(7), guest.in(2) & 3]).toEqual([1, 0x58, 2]);
    expect(guest.in(4) + 256 * guest.in(5)).toBe(2048);
    expect(guest.takeBlock(2048)).toEqual(pattern(2048, 7 * 2048));
    expect([guest.irq15.rises - before, guest.in(7), guest.in(2) & 3]).toEqual([2, 0x50, 3]);
  });

  it('keeps to the byte count limit, in even parts', () => {
    const { guest } = guestWithDisc();
    const read = guest.packet(read10(3, 2), 1001);
    expect(read.data).toEqual(pattern(4096, 3 * 2048));
    expect(read.blocks).toEqual([1000, 1000, 1000, 1000, 96]);
    const long = guest.packet(read10(0, 100), 0xffff);
    expect(long.data).toEqual(pattern(100 * 2048));
    expect(Math.max(...long.blocks)).toBe(0xfffe);
    expect(guest.packet([0x12, 0, 0, 0, 35]).blocks).toEqual([35]);
    // No bytes at all is a mistake, unless there is nothing to send.
    guest.start(read10(0, 1), 0);
    expect([guest.in(7), guest.in(1)]).toEqual([0x51, 4]);
    expect(guest.packet([0], 0).status).toBe(0x50);
    expect(guest.packet(read10(5, 0), 0).status).toBe(0x50);
  });

  it('reads by DMA, straight from the disc', () => {
    const { guest } = guestWithDisc();
    expect(guest.packetDma(read10(100, 16), 16 * 2048)).toMatchObject({ status: 0x50 });
    expect(guest.memory.bytes.slice(BUFFER, BUFFER + 16 * 2048)).toEqual(pattern(16 * 2048, 100 * 2048));
    guest.memory.bytes.fill(0xee, BUFFER, BUFFER + 64);
    expect(guest.packetDma([0x12, 0, 0, 0, 36], 64).data.slice(0, 8)).toEqual(
      Uint8Array.from([0x05, 0x80, 0, 0x21, 31, 0, 0, 0]),
    );
    expect(guest.memory.bytes[BUFFER + 36]).toBe(0xee);
    expect(guest.packetDma([0], 64).status).toBe(0x50);
  });

  it('gives the same by READ(10), READ(12) and READ CD', () => {
    const { guest } = guestWithDisc();
    const expected = pattern(3 * 2048, 260 * 2048);
    expect(guest.packet(read10(260, 3)).data).toEqual(expected);
    expect(guest.packet([0xa8, 0, 0, 0, 1, 4, 0, 0, 0, 3]).data).toEqual(expected);
    expect(guest.packet([0xbe, 0, 0, 0, 1, 4, 0, 0, 3, 0x10]).data).toEqual(expected);
    expect(guest.packet([0xbe, 0, 0, 0, 1, 4, 0, 0, 3, 0xf8]).sense).toBe('5/24/0');
  });

  it('moves any range of any limit', () => {
    const { guest } = guestWithDisc();
    fc.assert(
      fc.property(
        fc.nat(BLOCKS - 1),
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 2, max: 0xffff }),
        (block, wanted, limit) => {
          const blocks = Math.min(wanted, BLOCKS - block);
          const { data } = guest.packet(read10(block, blocks), Math.max(limit, blocks * 8));
          expect(data).toEqual(pattern(blocks * 2048, block * 2048));
        },
      ),
      { numRuns: 25 },
    );
  });

  it.each([
    [read10(BLOCKS, 1), '5/21/0'],
    [read10(BLOCKS - 1, 2), '5/21/0'],
    [[0xa8, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], '5/21/0'],
    [[0x2b, 0, 0, 0, 0xff, 0xff], '5/21/0'],
    [[0x2a], '5/20/0'],
    [[0xff], '5/20/0'],
    [[0x1e, 0, 0, 0, 3], '5/24/0'],
    [[0x12, 0, 0x83, 0, 36], '5/24/0'],
    [[0x12, 1, 0xb0, 0, 36], '5/24/0'],
    [[0x03, 1, 0, 0, 18], '5/24/0'],
    [[0x43, 0, 0, 0, 0, 0, 2, 0, 20], '5/24/0'],
    [[0x43, 0, 5, 0, 0, 0, 0, 0, 20], '5/24/0'],
    [[0x46, 3, 0, 0, 0, 0, 0, 0, 20], '5/24/0'],
    [[0x4a, 0, 0, 0, 0x10, 0, 0, 0, 8], '5/24/0'],
    [[0x51, 1, 0, 0, 0, 0, 0, 0, 34], '5/24/0'],
    [[0x52, 1, 0, 0, 0, 2, 0, 0, 36], '5/24/0'],
    [[0x52, 0, 0, 0, 0xff, 0xff, 0, 0, 36], '5/21/0'],
    [[0x5a, 0, 0x0e, 0, 0, 0, 0, 0, 60], '5/24/0'],
    [[0x5a, 0, 0xea, 0, 0, 0, 0, 0, 60], '5/39/0'],
  ])('refuses %j with sense %s', (cdb, sense) => {
    const { guest } = guestWithDisc();
    expect(guest.packet(cdb).sense).toBe(sense);
    expect(guest.packet([0]).status).toBe(0x50);
  });

  it('turns trouble of the host into sense data', () => {
    const kinds = [
      ['medium', '3/11/0'],
      ['closed', '2/3a/0'],
      ['out-of-range', '5/21/0'],
    ] as const;
    for (const [kind, sense] of kinds) {
      const device = new FaultDisk(disc(), ({ offset }) =>
        offset >= 2048 ? { error: injectedError(kind) } : undefined,
      );
      const { guest } = guestWithDisc(device);
      expect(guest.packet(read10(1, 1)).sense).toBe(sense);
      expect(guest.packetDma(read10(1, 1), 2048).sense).toBe(sense);
      expect(guest.packet(read10(0, 1)).status).toBe(0x50);
    }
  });
});

describe('what the drive tells', () => {
  const ascii = (bytes: Uint8Array) => String.fromCharCode(...bytes);

  it('INQUIRY: a removable CD/DVD with a packet interface', () => {
    const { guest } = guestWithDisc();
    const { data } = guest.packet([0x12, 0, 0, 0, 96]);
    expect(data.slice(0, 8)).toEqual(Uint8Array.of(0x05, 0x80, 0, 0x21, 31, 0, 0, 0));
    expect(ascii(data.slice(8))).toBe('Msft    Virtual CD/ROM  1.0 ');
    expect(guest.packet([0x12, 1, 0, 0, 96]).data).toEqual(Uint8Array.of(5, 0, 0, 3, 0, 0x80, 0x83));
    expect(ascii(guest.packet([0x12, 1, 0x80, 0, 96]).data.slice(4))).toBe('S9');
    const name = guest.packet([0x12, 1, 0x83, 0, 96]).data;
    expect(name.slice(0, 8)).toEqual(Uint8Array.of(5, 0x83, 0, 30, 2, 1, 0, 26));
    expect(ascii(name.slice(8))).toBe('Msft    Virtual CD/ROM  S9');
  });

  it('READ CAPACITY, READ TOC in three forms', () => {
    const { guest } = guestWithDisc();
    expect(guest.packet([0x25]).data).toEqual(Uint8Array.of(0, 0, 1, 0x8f, 0, 0, 8, 0));
    // MMC-6, READ TOC: header, track 1, lead-out AAh.
    expect(guest.packet([0x43, 0, 0, 0, 0, 0, 1, 0, 20]).data).toEqual(
      Uint8Array.of(0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0, 0, 0x14, 0xaa, 0, 0, 0, 1, 0x90),
    );
    expect(guest.packet([0x43, 2, 0, 0, 0, 0, 0xaa, 0, 20]).data).toEqual(
      Uint8Array.of(0, 10, 1, 1, 0, 0x14, 0xaa, 0, 0, 0, 7, 25), // 550 frames
    );
    expect(guest.packet([0x43, 0, 1, 0, 0, 0, 0, 0, 12]).data).toEqual(
      Uint8Array.of(0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0),
    );
    const raw = guest.packet([0x43, 2, 0, 0, 0, 0, 0, 0, 100, 0x80]).data;
    expect(raw.length).toBe(4 + 4 * 11);
    expect([raw[7], raw[18], raw[29], raw[40]]).toEqual([0xa0, 0xa1, 0xa2, 1]);
    expect([...raw.slice(34, 37), ...raw.slice(45, 48)]).toEqual([0, 7, 25, 0, 2, 0]);
  });

  it('READ DISC INFORMATION and READ TRACK INFORMATION', () => {
    const { guest } = guestWithDisc();
    expect(guest.packet([0x51, 0, 0, 0, 0, 0, 0, 0, 9]).data).toEqual(
      Uint8Array.of(0, 32, 0x0e, 1, 1, 1, 1, 0x20, 0),
    );
    for (const cdb of [
      [0x52, 1, 0, 0, 0, 1, 0, 0, 36],
      [0x52, 0, 0, 0, 0, 9, 0, 0, 36],
    ]) {
      const { data } = guest.packet(cdb);
      expect([data.length, data[1], data[2], data[3], data[5], data[6], data[26], data[27]]).toEqual([
        36, 34, 1, 1, 4, 1, 1, 0x90,
      ]);
    }
  });

  it('GET CONFIGURATION: the profile follows the disc', () => {
    const { guest, drive } = guestWithDisc();
    const header = () => [...guest.packet([0x46, 0, 0, 0, 0, 0, 0, 0, 8]).data];
    expect(header().slice(6)).toEqual([0, 8]);
    drive.remove();
    expect(header().slice(6)).toEqual([0, 0]);
    const one = guest.packet([0x46, 2, 0, 3, 0, 0, 0, 1, 0]).data;
    expect([...one]).toEqual([0, 0, 0, 12, 0, 0, 0, 0, 0, 3, 7, 4, 0x29, 0, 0, 0]);
    const all = guest.packet([0x46, 0, 0, 0, 0, 0, 0, 1, 0]).data;
    const codes: number[] = [];
    for (let at = 8; at < all.length; at += 4 + all[at + 3]!) codes.push(all[at]! * 256 + all[at + 1]!);
    expect(codes).toEqual([0, 1, 2, 3, 0x10, 0x1e, 0x1f]);
    expect(all.length).toBe(all[3]! + 4);
    const current = guest.packet([0x46, 1, 0, 1, 0, 0, 0, 1, 0]).data;
    expect(current.length).toBe(8 + 12 + 8 + 8);
  });

  it('MODE SENSE: capabilities', () => {
    const { guest } = guestWithDisc();
    const { data } = guest.packet([0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 60]);
    expect([data.length, data[1], data[8], data[9], data[10], data[14]]).toEqual([
      30, 28, 0x2a, 20, 0x0b, 0x29,
    ]);
    guest.packet([0x1e, 0, 0, 0, 1]);
    expect(guest.packet([0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 60]).data[14]).toBe(0x2b);
    expect(guest.packet([0x5a, 0, 0x6a, 0, 0, 0, 0, 0, 60]).data[14]).toBe(0);
    expect(guest.packet([0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 60]).data.length).toBe(38);
  });
});

describe('discs', () => {
  const event = (guest: PacketGuest) => [...guest.packet([0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8]).data];

  it('come and go, and the guest hears of it once', () => {
    const drive = new DvdDrive();
    const guest = new PacketGuest({ secondary: { master: drive } });
    expect(guest.packet([0]).sense).toBe('6/29/0');
    expect(guest.packet([0]).sense).toBe('2/3a/1');
    expect(guest.packet(read10(0, 1)).sense).toBe('2/3a/1');
    expect(event(guest)).toEqual([0, 6, 4, 0x10, 0, 0, 0, 0]);
    drive.insert(disc());
    expect(event(guest)).toEqual([0, 6, 4, 0x10, 2, 2, 0, 0]);
    expect(event(guest)).toEqual([0, 6, 4, 0x10, 0, 2, 0, 0]);
    expect(guest.packet([0]).sense).toBe('6/28/0');
    expect(guest.packet([0]).status).toBe(0x50);
    drive.remove();
    expect(event(guest)).toEqual([0, 6, 4, 0x10, 3, 0, 0, 0]);
    expect(guest.packet([0x12, 0, 0, 0, 36]).status).toBe(0x50);
    expect([guest.packet([0]).sense, guest.packet([0]).sense]).toEqual(['6/28/0', '2/3a/1']);
  });

  it('stay while the guest keeps the tray shut', () => {
    const { guest, drive } = guestWithDisc();
    guest.packet([0x1e, 0, 0, 0, 1]);
    expect(drive.pressEject()).toBe(false);
    expect(event(guest)).toEqual([0, 6, 4, 0x10, 1, 2, 0, 0]);
    expect(guest.packet([0x1b, 0, 0, 0, 2]).sense).toBe('5/53/2');
    guest.packet([0x1e, 0, 0, 0, 0]);
    expect(guest.packet([0x1b, 0, 0, 0, 2]).status).toBe(0x50);
    expect(drive.isTrayOpen).toBe(true);
    expect(event(guest)).toEqual([0, 6, 4, 0x10, 3, 1, 0, 0]);
    expect(guest.packet([0]).sense).toBe('2/3a/2');
    expect(guest.packet([0x1b, 0, 0, 0, 3]).status).toBe(0x50);
    expect(guest.packet([0]).sense).toBe('6/28/0');
    expect(guest.packet(read10(0, 1)).data).toEqual(pattern(2048));
    expect(drive.pressEject()).toBe(true);
  });

  it('may vanish in the middle of a command', () => {
    const { guest, drive } = guestWithDisc();
    guest.start(read10(0, 64), 0xfffe);
    drive.remove();
    while ((guest.alternateStatus & 0x08) !== 0) guest.in(0, 4);
    expect([guest.in(7), guest.in(1)]).toEqual([0x51, 0x20]);
  });

  it('tell other classes of events that there are none', () => {
    const { guest } = guestWithDisc();
    expect([...guest.packet([0x4a, 1, 0, 0, 0x02, 0, 0, 0, 8]).data]).toEqual([0, 2, 0x80, 0x10]);
  });

  it('of impossible shape are refused', () => {
    expect(() => new DvdDrive(new MemoryDisk(8192, { logicalBlockBytes: 4096 }))).toThrow('2048');
    expect(() => new DvdDrive(new MemoryDisk(1536))).toThrow(RangeError);
    expect(guestWithDisc(new MemoryDisk(5 * 512)).guest.packet([0x25]).data[3]).toBe(0);
  });
});

it('survives any packet, and a restored copy answers the same', () => {
  const opcode = fc.constantFrom(
    0,
    3,
    0x12,
    0x1b,
    0x1e,
    0x25,
    0x28,
    0xa8,
    0x43,
    0x46,
    0x4a,
    0x51,
    0x52,
    0x5a,
    0xbe,
  );
  const packet = fc.tuple(
    fc.oneof(opcode, fc.nat(255)),
    fc.array(fc.oneof(fc.nat(255), fc.nat(3)), { maxLength: 11 }),
  );
  fc.assert(
    fc.property(
      fc.array(packet, { minLength: 1, maxLength: 12 }),
      fc.nat(300),
      fc.nat(4),
      (commands, taken, usesDma) => {
        const build = () => new PacketGuest({ secondary: { slave: new DvdDrive(disc(70)) } });
        const one = build();
        const two = build();
        one.table([[BUFFER, 4096]]);
        const send = (guest: PacketGuest, [code, rest]: readonly [number, readonly number[]]) => {
          guest.command(0xa0, { device: 0xb0, lba: 512 << 8, feature: usesDma === 0 ? 1 : 0 });
          guest.giveBlock(Uint8Array.from({ length: 12 }, (_, i) => [code, ...rest][i] ?? 0));
          if (usesDma === 0) guest.dma(true, () => {});
          for (let i = 0; i < taken; i += 1) guest.in(0, 2);
          return [7, 1, 2, 3, 4, 5].map((reg) => guest.in(reg));
        };
        const half = commands.length >> 1;
        for (const command of commands.slice(0, half)) send(one, command);
        two.memory.bytes.set(one.memory.bytes);
        two.ide.restore(one.ide.save());
        expect(two.ide.save()).toEqual(one.ide.save());
        for (const command of commands.slice(half)) expect(send(two, command)).toEqual(send(one, command));
      },
    ),
    { numRuns: 60 },
  );
});
