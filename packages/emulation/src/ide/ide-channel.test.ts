import { FaultDisk, MemoryDisk } from '@viridian/drivers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUFFER, IdeGuest, pattern } from '../../test/support/ide.ts';
import { AtaDisk } from './ata-disk.ts';
import { Command } from './spec.ts';

const disk = (byteCount = 0x1_0000) => new AtaDisk(new MemoryDisk(pattern(byteCount)));

/** As ata_devchk: registers that hold two patterns belong to a drive. */
function isThere(guest: IdeGuest, drive: 0 | 1): boolean {
  guest.out(6, 0xa0 | (drive << 4));
  for (const value of [0x55, 0xaa, 0x55]) {
    guest.out(2, value);
    guest.out(3, value ^ 0xff);
  }
  return guest.in(2) === 0x55 && guest.in(3) === 0xaa;
}

function signature(guest: IdeGuest, drive: 0 | 1): number[] {
  guest.out(6, 0xa0 | (drive << 4));
  return [7, 1, 2, 3, 4, 5].map((reg) => guest.in(reg));
}

/** A device whose requests wait until they are let go. */
function slowDisk() {
  let go = () => {};
  const device = new FaultDisk(new MemoryDisk(pattern(0x1_0000)), () => ({
    wait: new Promise<void>((resolve) => {
      go = resolve;
    }),
  }));
  return { drive: new AtaDisk(device), go: () => go() };
}

describe('a channel as ata_piix probes it', () => {
  it('reads all ones when the cable is empty', () => {
    const guest = new IdeGuest({}, 'secondary');
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((reg) => guest.in(reg))).toEqual(new Array(8).fill(0xff));
    expect(guest.alternateStatus).toBe(0xff);
    expect(guest.in(0, 4)).toBe(0xffff_ffff);
    expect(isThere(guest, 0)).toBe(false);
    guest.command(Command.IDENTIFY_DEVICE);
    guest.control(0x04);
    guest.control(0x00);
    expect(guest.irq15.rises).toBe(0);
  });

  it('has a master alone', () => {
    const guest = new IdeGuest({ primary: { master: disk() } });
    expect([isThere(guest, 0), isThere(guest, 1)]).toEqual([true, false]);
    expect(guest.in(7)).toBe(0);
    guest.control(0x08);
    guest.control(0x0c);
    expect(guest.alternateStatus).toBe(0x80);
    guest.control(0x08);
    expect(signature(guest, 0)).toEqual([0x50, 1, 1, 1, 0, 0]);
    expect(signature(guest, 1)).toEqual([0, 0, 0, 0, 0, 0]);
    guest.command(Command.IDENTIFY_DEVICE, { device: 0xb0 });
    expect([guest.in(7), guest.irq14.rises]).toEqual([0, 0]);
  });

  it('has a slave, alone or not', () => {
    for (const primary of [{ slave: disk() }, { master: disk(), slave: disk() }]) {
      const guest = new IdeGuest({ primary });
      expect([isThere(guest, 0), isThere(guest, 1)]).toEqual([primary.master !== undefined, true]);
      expect(guest.in(6)).toBe(0xb0);
      guest.control(0x04);
      guest.control(0x00);
      expect(guest.in(6)).toBe(0xa0); // a reset selects drive 0
      expect(signature(guest, 1)).toEqual([0x50, 1, 1, 1, 0, 0]);
    }
  });

  it('keeps the drives apart', () => {
    const guest = new IdeGuest({ primary: { master: disk(0x1_0000), slave: disk(0x2_0000) } });
    const sectors = (drive: number) => {
      guest.command(Command.IDENTIFY_DEVICE, { device: 0xa0 | (drive << 4) });
      const block = guest.takeBlock(512);
      return block[120]! + 256 * block[121]!;
    };
    expect([sectors(0), sectors(1)]).toEqual([128, 256]);
    // The interrupt of a drive that is not selected waits until it is.
    guest.command(Command.FLUSH_CACHE, { device: 0xb0 });
    expect(guest.irq14.level).toBe(true);
    guest.out(6, 0xa0);
    expect(guest.irq14.level).toBe(false);
    guest.out(6, 0xb0);
    expect(guest.irq14.level).toBe(true);
  });

  it('interrupts on its own line, and sets its own bus-master bit', () => {
    const guest = new IdeGuest({ primary: { master: disk() }, secondary: { master: disk() } }, 'secondary');
    guest.command(Command.FLUSH_CACHE);
    expect([guest.irq14.level, guest.irq15.level]).toEqual([false, true]);
    expect(guest.readBusMaster(2)).toBe(0x04);
    expect(guest.bus.read(0xc002, 1)).toBe(0);
  });

  it('is silent while nIEN is set, and speaks up afterwards', () => {
    const guest = new IdeGuest({ primary: { master: disk() } });
    guest.control(0x0a);
    guest.command(Command.IDENTIFY_DEVICE);
    expect([guest.irq14.level, guest.readBusMaster(2)]).toEqual([false, 0]);
    guest.control(0x08);
    expect([guest.irq14.level, guest.readBusMaster(2)]).toEqual([true, 0x04]);
    guest.in(7);
    guest.writeBusMaster(2, 0x04);
    expect(guest.readBusMaster(2)).toBe(0);
  });

  it('shows both bytes of a register, until one is written', () => {
    const guest = new IdeGuest({ primary: { master: disk() } });
    guest.out(2, 0x12);
    guest.out(2, 0x34);
    guest.control(0x88);
    expect(guest.in(2)).toBe(0x12);
    guest.out(3, 0);
    expect(guest.in(2)).toBe(0x34);
  });

  it('runs EXECUTE DEVICE DIAGNOSTIC on both drives', () => {
    const guest = new IdeGuest({ primary: { master: disk(), slave: disk() } });
    guest.out(6, 0xb0);
    guest.out(2, 0x77);
    guest.out(7, Command.DEVICE_DIAGNOSTIC);
    expect(guest.irq14.rises).toBe(1);
    expect([guest.in(6), guest.in(7), guest.in(1), guest.in(2)]).toEqual([0xa0, 0x50, 1, 1]);
    expect(signature(guest, 1)).toEqual([0x50, 1, 1, 1, 0, 0]);
  });
});

describe('a host that takes its time', () => {
  it('keeps the drive busy, deaf and silent', async () => {
    const { drive, go } = slowDisk();
    const guest = new IdeGuest({ primary: { master: drive } });
    guest.command(Command.READ_SECTORS, { lba: 3, count: 1 });
    expect(guest.in(7) & 0x80).toBe(0x80);
    guest.out(2, 0x99);
    guest.out(7, Command.FLUSH_CACHE);
    guest.out(6, 0xb0);
    expect([guest.in(2), guest.in(6), guest.irq14.level]).toEqual([1, 0xe0, false]);
    expect(() => guest.ide.save()).toThrow('ide0/0');
    go();
    await guest.ide.quiesce();
    expect([guest.in(7), guest.irq14.rises]).toEqual([0x58, 1]);
    expect(guest.takeBlock(512)).toEqual(pattern(512, 3 * 512));
  });

  it('finishes before a reset does, for it may still write to guest memory', async () => {
    const { drive, go } = slowDisk();
    const guest = new IdeGuest({ primary: { master: drive } });
    guest.table([[BUFFER, 512]]);
    guest.dma(true, () => guest.command(Command.READ_DMA, { count: 1 }));
    guest.writeBusMaster(0, 0);
    expect(guest.readBusMaster(2) & 1).toBe(0);
    guest.control(0x04);
    guest.control(0x00);
    expect(guest.alternateStatus & 0x80).toBe(0x80);
    go();
    await guest.ide.quiesce();
    expect(signature(guest, 0)).toEqual([0x50, 1, 1, 1, 0, 0]);
    expect(guest.irq14.rises).toBe(0);
    expect(guest.readBusMaster(2)).toBe(0);
  });

  it('may be done while SRST is held', async () => {
    const { drive, go } = slowDisk();
    const guest = new IdeGuest({ primary: { master: drive } });
    guest.command(Command.WRITE_SECTORS, { count: 1 });
    guest.giveBlock(pattern(512));
    guest.control(0x04);
    go();
    await guest.ide.quiesce();
    expect(guest.alternateStatus).toBe(0x80);
    guest.control(0x00);
    expect(signature(guest, 0)).toEqual([0x50, 1, 1, 1, 0, 0]);
    expect(guest.irq14.rises).toBe(0);
  });

  it('does not lose a power-on reset to a software reset', async () => {
    const { drive, go } = slowDisk();
    const guest = new IdeGuest({ primary: { master: drive } });
    guest.command(Command.SET_FEATURES, { feature: 0x66 });
    guest.command(Command.SET_MULTIPLE, { count: 2 });
    guest.command(Command.FLUSH_CACHE);
    guest.ide.reset();
    guest.control(0x04);
    guest.control(0x00);
    go();
    await guest.ide.quiesce();
    expect(guest.alternateStatus).toBe(0x50);
    expect(drive.inspect()).toMatchObject({ multiple: 16, keepsSettings: false });
  });
});

describe('the function in the PCI space', () => {
  it('moves its bus-master ports, and stays off those of others', () => {
    const guest = new IdeGuest({ primary: { master: disk() } });
    const other = { readPort: () => 0x42, writePort: () => {} };
    guest.bus.map('other', 0xd008, 1, other);
    const { config } = guest.ide;
    config.write(0x20, 4, 0xd000);
    expect([guest.bus.read(0xc002, 1), guest.bus.read(0xd002, 1), guest.bus.read(0xd008, 1)]).toEqual([
      0xff, 0xff, 0x42,
    ]);
    config.write(0x20, 4, 0xe000);
    expect(guest.bus.read(0xe002, 1)).toBe(0);
    for (const base of [0xffff_fff0, 0x1_0000, 0x1f0, 0]) config.write(0x20, 4, base);
    expect(guest.bus.read(0xe002, 1)).toBe(0xff);
    config.write(0x20, 4, 0xfff0);
    expect(guest.bus.read(0xfff2, 1)).toBe(0);
    config.write(0x04, 2, 0);
    expect(guest.bus.read(0xfff2, 1)).toBe(0xff);
  });

  it('switches channels off', () => {
    const guest = new IdeGuest({ primary: { master: disk() } });
    guest.ide.config.write(0x40, 2, 0);
    expect(guest.in(7)).toBe(0xff);
    guest.ide.config.write(0x40, 2, 0xe3ff);
    expect(guest.in(7)).toBe(0x50);
  });

  it('leaves the bus when it is told to', () => {
    const guest = new IdeGuest({ primary: { master: disk() } });
    expect(() => guest.ide.attach(guest.bus)).toThrow('belongs to ide0');
    guest.detach();
    guest.ide.config.write(0x20, 4, 0xe000);
    expect([guest.in(7), guest.alternateStatus, guest.bus.read(0xe002, 1)]).toEqual([0xff, 0xff, 0xff]);
  });
});

const step = fc.oneof(
  fc.record({ kind: fc.constant('out'), at: fc.nat(7), value: fc.nat(255) }),
  fc.record({
    kind: fc.constant('command'),
    at: fc.constantFrom(0, 0x10),
    value: fc.constantFrom(...Object.values(Command)),
  }),
  fc.record({ kind: fc.constant('data'), at: fc.constantFrom(1, 2, 4), value: fc.nat(0xffff_ffff) }),
  fc.record({ kind: fc.constant('block'), at: fc.constantFrom(1, 2, 4), value: fc.nat(300) }),
  fc.record({ kind: fc.constant('in'), at: fc.nat(7), value: fc.constantFrom(1, 2, 4) }),
  fc.record({ kind: fc.constant('control'), at: fc.constant(0), value: fc.nat(255) }),
  fc.record({ kind: fc.constant('master'), at: fc.nat(7), value: fc.nat(255) }),
  fc.record({ kind: fc.constant('table'), at: fc.nat(64), value: fc.nat(0xffff_ffff) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function run(guest: IdeGuest, steps: readonly Step[]): number[] {
  return steps.map(({ kind, at, value }) => {
    if (kind === 'out') guest.out(at, value);
    if (kind === 'command') {
      guest.out(6, 0xe0 | at);
      guest.out(7, value);
    }
    if (kind === 'data') guest.out(0, value, at as 1);
    if (kind === 'block') for (let i = 0; i < value; i += 1) guest.in(0, at as 1);
    if (kind === 'control') guest.control(value);
    if (kind === 'master') guest.writeBusMaster(at, value);
    if (kind === 'table') guest.memory.view.setUint32(0x1000 + 4 * at, value, true);
    return kind === 'in' && at + value <= 8 ? guest.in(at, value as 1) : guest.alternateStatus;
  });
}

it('survives nonsense, and a restored copy answers the same', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.array(step, { maxLength: 80 }), (before, after) => {
      const build = () => new IdeGuest({ primary: { master: disk(), slave: disk(0x4000) } });
      const one = build();
      for (const answer of run(one, before)) expect(Number.isInteger(answer) && answer >= 0).toBe(true);
      const two = build();
      const saved = one.ide.save();
      two.memory.bytes.set(one.memory.bytes);
      two.ide.restore(structuredClone(saved));
      expect(two.ide.save()).toEqual(saved);
      expect(two.irq14.level).toBe(one.irq14.level);
      // The media are not part of the state: what was written before is not on the second one's.
      const reads = after.filter(({ kind }) => kind !== 'data');
      const status = (guest: IdeGuest) => run(guest, reads).map((_, i) => (reads[i]!.at === 0 ? 0 : _));
      expect(status(two)).toEqual(status(one));
    }),
    { numRuns: 80 },
  );
});
