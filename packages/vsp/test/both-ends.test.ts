import { FaultDisk, injectedError, MemoryDisk } from '@viridian/drivers';
import { InspectTree } from '@viridian/trace';
import { openStorvsc, ScsiError, type StorvscOptions } from '@viridian/vsc/storage';
import { ScsiDisk, StorageController, type StorageControllerOptions } from '@viridian/vsp/storage';
import { describe, expect, it } from 'vitest';
import { type MachineOptions, TestMachine } from './support/machine.ts';
import { pattern, patternDisk, ThinMemoryDisk } from './support/scsi.ts';

const INSTANCE = '11111111-2222-3333-4444-555555555555';

interface Setup {
  readonly controller?: Partial<StorageControllerOptions>;
  readonly machine?: MachineOptions;
  readonly guest?: Partial<StorvscOptions>;
}

async function connect(setup: Setup = {}, disks: readonly ScsiDisk[] = [patternDisk(2048)]) {
  const controller = new StorageController({ instanceId: INSTANCE, ...setup.controller });
  disks.forEach((disk, lun) => {
    controller.attach({ lun }, disk);
  });
  const machine = new TestMachine(controller, setup.machine);
  const channel = await machine.open();
  const opening = openStorvsc(channel.guest, { dma: machine.memory, ...setup.guest });
  // The host offers sub-channels as soon as it has answered, which may be before `opening` has settled.
  machine.onSubchannel = async (index) => (await opening).addChannel((await machine.open(index)).guest);
  const adapter = await opening;
  return { controller, machine, channel, adapter };
}

describe('both ends of a storage channel', () => {
  it('agree on the newest version and find the disks', async () => {
    const { controller, adapter } = await connect({}, [patternDisk(2048, { id: 'one' }), patternDisk(64)]);
    const disks = await adapter.scan();
    expect(adapter.version).toBe(0x0602);
    expect(controller.inspect()).toMatchObject({ state: 'ready', version: 0x0602, outstanding: 0 });
    expect(disks.map((disk) => [disk.address.lun, disk.sizeBytes])).toEqual([
      [0, 2 ** 20],
      [1, 32768],
    ]);
    expect(disks[0]!.facts).toEqual({
      vendor: 'Msft',
      product: 'Virtual Disk',
      revision: '1.0',
      serialNumber: 'one',
      blockBytes: 512,
      blockCount: 2048,
      physicalBlockBytes: 512,
      readOnly: false,
      writeCache: true,
      fua: true,
      maxTransferBlocks: 16384,
      unmap: 'none',
      maxUnmapBlocks: 0,
    });
  });

  it.each([
    ['2.0', 0x0200],
    ['4.2', 0x0402],
    ['5.1', 0x0501],
    ['6.0', 0x0600],
    ['6.2', 0x0602],
  ])('work with version %s alone', async (_, version) => {
    const { adapter } = await connect({ controller: { versions: [version] } });
    expect(adapter.version).toBe(version);
    const [disk] = await adapter.scan();
    expect(await disk!.readBytes(3, 5)).toEqual(pattern(3 * 512, 5 * 512));
  });

  it('move blocks and flush', async () => {
    const { adapter } = await connect();
    const [disk] = await adapter.scan();
    const bytes = pattern(12345, 700 * 512);
    await disk!.writeBytes(100, bytes);
    await disk!.flush();
    expect(await disk!.readBytes(100, 700)).toEqual(bytes);
    expect(await disk!.readBytes(800, 1)).toEqual(pattern(800 * 512, 512));
  });

  it.each(['direct', 'later'] as const)('keep many requests in flight (signals %s)', async (delivery) => {
    const { adapter, controller } = await connect({ machine: { delivery } });
    const [disk] = await adapter.scan();
    const reads = Array.from({ length: 500 }, async (_, i) => {
      const lba = (i * 37) % 2040;
      expect(await disk!.readBytes(lba, 8)).toEqual(pattern(lba * 512, 4096));
    });
    // More than the memory has pages for would throw: the pages of all 500 are taken at once.
    await Promise.all(reads);
    expect(controller.inspect()).toMatchObject({ outstanding: 0 });
  });

  it('spread requests over sub-channels', async () => {
    const { adapter, machine } = await connect({ guest: { subchannels: 3 } });
    await adapter.scan();
    expect([machine.offered, adapter.subchannelCount]).toEqual([3, 3]);
    const [disk] = adapter.disks;
    await Promise.all(Array.from({ length: 40 }, (_, i) => disk!.readBytes(i, 1)));
    const tree = new InspectTree();
    tree.add('storage', machine.controller);
    for (const index of [0, 1, 2, 3]) {
      expect(tree.query(`storage/channels/${index}/counters/commands`)).toBeGreaterThan(5);
    }
  });

  it('wait for room in small rings without losing or mixing anything', async () => {
    const { adapter, channel } = await connect({ machine: { ringPages: 2, delivery: 'later' } });
    const [disk] = await adapter.scan();
    const reads = Array.from({ length: 300 }, async (_, i) => {
      expect(await disk!.readBytes(i, 1)).toEqual(pattern(i * 512, 512));
    });
    await Promise.all(reads);
    expect(channel.guest.counters.ringFull).toBeGreaterThan(0);
    expect(adapter.inspect()).toMatchObject({ outstanding: 0 });
  });

  it('hand sense data to the caller', async () => {
    const faults = new FaultDisk(new MemoryDisk(2 ** 20), ({ operation, offset }) =>
      operation === 'read' && offset === 512 ? { error: injectedError('medium') } : undefined,
    );
    const { adapter } = await connect({}, [new ScsiDisk(faults)]);
    const [disk] = await adapter.scan();
    const error = await disk!.readBytes(1, 1).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ScsiError);
    expect(error).toMatchObject({ key: 3, asc: 0x11, ascq: 0 });
    expect(await disk!.readBytes(2, 1)).toEqual(new Uint8Array(512));
  });

  it('give blocks back', async () => {
    const device = new ThinMemoryDisk(pattern(0, 64 * 512));
    const { adapter } = await connect({}, [new ScsiDisk(device)]);
    const [disk] = await adapter.scan();
    expect([disk!.thin, disk!.facts.unmap]).toEqual([true, 'unmap']);
    await disk!.discard(8, 16);
    expect(device.discarded).toEqual([[4096, 8192]]);
    expect(await disk!.readBytes(8, 16)).toEqual(new Uint8Array(8192));
  });

  it('keep the guest up to date when disks come, go and grow', async () => {
    const { adapter, controller, machine } = await connect();
    const seen: string[] = [];
    adapter.onDiskAdded = (disk) => seen.push(`+${disk.address.lun}`);
    adapter.onDiskRemoved = (disk) => seen.push(`-${disk.address.lun}`);
    await adapter.scan();
    const quiet = async () => {
      for (let turn = 0; turn < 2000; turn += 1) await Promise.resolve();
    };
    controller.attach({ lun: 3 }, patternDisk(64));
    await quiet();
    expect(seen).toEqual(['+0', '+3']);
    const gone = adapter.disks[1]!;
    await controller.detach({ lun: 3 });
    await quiet();
    expect(seen).toEqual(['+0', '+3', '-3']);
    expect(gone.present).toBe(false);
    await expect(gone.readBytes(0, 1)).rejects.toMatchObject({ kind: 'no-device' });
    expect(machine.memory.freePageCount).toBe(1024 - 1 - 16);
  });

  it('tell the guest of a new size', async () => {
    const device = new MemoryDisk(2 ** 20);
    const disk = new ScsiDisk(device);
    const { adapter, controller } = await connect({}, [disk]);
    const [seen] = await adapter.scan();
    let changes = 0;
    seen!.onChanged = () => {
      changes += 1;
    };
    Object.assign(device, { sizeBytes: 2 ** 19 });
    disk.capacityChanged();
    controller.announce();
    for (let turn = 0; turn < 3000; turn += 1) await Promise.resolve();
    expect([seen!.sizeBytes, changes]).toEqual([2 ** 19, 1]);
    await expect(seen!.readBytes(1024, 1)).rejects.toThrow(RangeError);
  });

  it('reset while requests run', async () => {
    const { adapter } = await connect();
    const [disk] = await adapter.scan();
    const reads = Array.from({ length: 20 }, (_, i) => disk!.readBytes(i, 1));
    await Promise.all([...reads, adapter.reset(), adapter.reset(disk!.address)]);
    expect(await disk!.readBytes(9, 1)).toEqual(pattern(9 * 512, 512));
  });

  it('end a closed channel without losing a promise, or a page that the host may still write to', async () => {
    const { adapter, channel, machine } = await connect();
    const [disk] = await adapter.scan();
    const free = machine.memory.freePageCount;
    const reads = Promise.allSettled(Array.from({ length: 20 }, (_, i) => disk!.readBytes(i, 1)));
    await channel.close();
    expect((await reads).every(({ status }) => status === 'rejected')).toBe(true);
    expect(machine.memory.freePageCount).toBe(free - 20);
    adapter.release();
    expect(machine.memory.freePageCount).toBe(free);
    await adapter.whenIdle();
  });

  it('refuse what is not on the disk before it is sent', async () => {
    const { adapter } = await connect();
    const [disk] = await adapter.scan();
    const pages = { gpns: [1], byteOffset: 0, byteCount: 4096 };
    for (const [lba, blocks] of [
      [2048, 1],
      [-1, 1],
      [0.5, 1],
      [0, 0],
      [0, 9],
      [2047, 2],
    ] as const) {
      await expect(disk!.read(lba, blocks, pages)).rejects.toThrow(RangeError);
    }
    await expect(disk!.read(0, 8, { ...pages, byteOffset: 1 })).rejects.toThrow(RangeError);
    await expect(disk!.read(0, 1, { ...pages, byteOffset: -1 })).rejects.toThrow(RangeError);
  });
});
