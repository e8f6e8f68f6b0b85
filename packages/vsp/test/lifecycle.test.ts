import { FaultDisk, MemoryDisk } from '@viridian/drivers';
import { ScsiDisk, StorageController } from '@viridian/vsp/storage';
import { describe, expect, it } from 'vitest';
import { RawGuest, rawGuest, rawMachine, srbOf, statusOf } from './support/raw-guest.ts';
import { patternDisk } from './support/scsi.ts';

const INSTANCE = '11111111-2222-3333-4444-555555555555';
const READ = [0x28, 0, 0, 0, 0, 0, 0, 0, 8, 0];
const READY = [0, 0, 0, 0, 0, 0];

/** A disk whose reads wait until the test lets them go. */
function gatedDisk() {
  const gates: (() => void)[] = [];
  const device = new FaultDisk(new MemoryDisk(new Uint8Array(2 ** 16).fill(0xaa)), ({ operation }) =>
    operation === 'read' ? { wait: new Promise<void>((resolve) => gates.push(resolve)) } : undefined,
  );
  return { disk: new ScsiDisk(device), gates };
}

async function gatedGuest(options: { queueDepth?: number; maxSubchannels?: number } = {}, ringPages = 8) {
  const controller = new StorageController({ instanceId: INSTANCE, ...options });
  const { disk, gates } = gatedDisk();
  controller.attach({ lun: 0 }, disk);
  const machine = rawMachine(controller, ringPages);
  const guest = await rawGuest(machine);
  await guest.initialize();
  const gpn = machine.memory.allocatePages(1).gpns[0]!;
  const read = (on = guest) =>
    on.srb({ cdb: READ, dataBytes: 4096 }, [{ byteCount: 4096, byteOffset: 0, gpns: [gpn] }]);
  return { controller, machine, guest, gates, read, page: machine.memory.bytes(gpn) };
}

describe('requests in flight', () => {
  it('are answered in the order in which they finish', async () => {
    const { guest, gates, read } = await gatedGuest();
    const ids = [read(), read(), read()];
    expect(await guest.answers()).toEqual([]);
    gates[2]!();
    expect((await guest.answers()).map(({ id }) => id)).toEqual([ids[2]]);
    gates[0]!();
    gates[1]!();
    expect((await guest.answers()).map(({ id }) => id).sort()).toEqual([ids[0], ids[1]]);
  });

  it('stop at the queue depth; the rest waits in the ring', async () => {
    const { guest, gates, read } = await gatedGuest({ queueDepth: 2 });
    for (let i = 0; i < 5; i += 1) read();
    await guest.answers();
    expect(gates).toHaveLength(2);
    gates[0]!();
    await guest.answers();
    expect(gates).toHaveLength(3);
    for (let i = 1; i < 5; i += 1) {
      gates[i]!();
      await guest.answers();
    }
    expect(gates).toHaveLength(5);
    read();
    await guest.answers();
    expect(gates).toHaveLength(6);
  });
});

describe('a guest that does not read its answers', () => {
  it('has them kept until there is room, and no more taken from it meanwhile', async () => {
    const controller = new StorageController({ instanceId: INSTANCE });
    controller.attach({ lun: 0 }, patternDisk(8));
    const guest = await rawGuest(rawMachine(controller, 2));
    await guest.initialize();
    const ids: bigint[] = [];
    // A ring of one page holds 46 answers; the guest goes on sending until its own ring is full too.
    for (let i = 0; i < 46 + 40; i += 1) ids.push(guest.srb({ cdb: READY }));
    expect(guest.pair.host.counters.ringFull).toBe(1);
    const seen: bigint[] = [];
    for (let round = 0; seen.length < ids.length && round < 10; round += 1) {
      seen.push(...(await guest.answers()).map(({ id }) => id));
    }
    expect(seen).toEqual(ids);
    expect(guest.pair.ended).toBeUndefined();
  });
});

describe('reset', () => {
  it.each([4, 5, 6])(
    '%i is answered after what was sent before it, and before what came after',
    async (operation) => {
      const { guest, gates, read } = await gatedGuest();
      const first = read();
      const reset = guest.srb({ operation, cdb: [] });
      const later = guest.srb({ cdb: READY });
      expect(await guest.answers()).toEqual([]);
      gates[0]!();
      const answers = await guest.answers();
      expect(answers.map(({ id }) => id)).toEqual([first, reset, later]);
      expect(answers.map(statusOf)).toEqual([0, 0, 0]);
    },
  );

  it('waits for requests on sub-channels', async () => {
    const { machine, guest, gates, read } = await gatedGuest({ maxSubchannels: 1 });
    const other = new RawGuest(await machine.open(1));
    read(other);
    const reset = guest.srb({ operation: 6, cdb: [] });
    expect(await guest.answers()).toEqual([]);
    gates[0]!();
    expect(await other.answers()).toHaveLength(1);
    expect((await guest.answers()).map(({ id }) => id)).toEqual([reset]);
  });
});

describe('closing', () => {
  it('settles only when no read can land in guest memory any more, and answers nothing', async () => {
    const { controller, guest, gates, read, page } = await gatedGuest();
    read();
    let released = false;
    const closing = guest.pair.close().then(() => {
      released = true;
    });
    const idle = controller.whenIdle();
    await guest.answers();
    expect(released).toBe(false);
    expect(page[0]).toBe(0);
    gates[0]!();
    await closing;
    await idle;
    expect(page[0]).toBe(0xaa);
    expect(controller.inspect()).toMatchObject({ state: 'closed', outstanding: 0 });
  });

  it('leaves the controller ready to be opened again', async () => {
    const { controller, machine, guest, gates, read } = await gatedGuest();
    read();
    void guest.pair.close();
    const again = await rawGuest(machine);
    again.srb({ cdb: READY });
    expect(statusOf(await again.answer())).toBe(0xc0000184);
    await again.initialize();
    read(again);
    gates[1]!();
    gates[0]!();
    expect(await again.answers()).toHaveLength(1);
    expect(controller.inspect()).toMatchObject({ state: 'ready', outstanding: 0 });
  });

  it('of the primary channel leaves sub-channels without effect', async () => {
    const { machine, guest } = await gatedGuest();
    const other = await rawGuest(machine, 1);
    await guest.pair.close();
    other.srb({ cdb: READY });
    expect(await other.answers()).toEqual([]);
    await expect(machine.open(2)).rejects.toThrow('0xc0000184');
  });
});

describe('sub-channels', () => {
  it('are held until initialization has ended', async () => {
    const controller = new StorageController({ instanceId: INSTANCE });
    controller.attach({ lun: 0 }, patternDisk(8));
    const machine = rawMachine(controller);
    const guest = await rawGuest(machine);
    guest.control(7);
    guest.control(9, { 12: 0x0602 });
    guest.control(10);
    guest.control(13, { 12: 1 });
    expect(machine.offered).toBe(1);
    const other = await rawGuest(machine, 1);
    other.srb({ cdb: READY });
    expect(await other.answers()).toEqual([]);
    guest.control(8);
    expect(srbOf(await other.answer())).toMatchObject({ srb: 1 });
  });
});

describe('units', () => {
  it('come and go: the guest is told, in a packet with id 0 and operation 11', async () => {
    const { controller, guest } = await gatedGuest();
    controller.attach({ lun: 1 }, patternDisk(8));
    const told = await guest.answer();
    expect([told.type, told.id, told.bytes.length, told.bytes[0]]).toEqual([6, 0n, 64, 11]);
    guest.srb({ lun: 1, cdb: READY });
    expect(srbOf(await guest.answer())).toMatchObject({ srb: 1 });
    await controller.detach({ lun: 1 });
    expect((await guest.answer()).bytes[0]).toBe(11);
    guest.srb({ lun: 1, cdb: READY });
    expect(srbOf(await guest.answer())).toMatchObject({ srb: 0x20, scsi: 2 });
    expect(() => controller.attach({ lun: 0 }, patternDisk(8))).toThrow('already');
    expect(() => controller.attach({ lun: 256 }, patternDisk(8))).toThrow(RangeError);
    await expect(controller.detach({ lun: 5 })).rejects.toThrow('no unit');
  });

  it('are let go of only when their last command has finished', async () => {
    const { controller, guest, gates, read } = await gatedGuest();
    read();
    let isGone = false;
    const gone = controller.detach({ lun: 0 }).then(() => {
      isGone = true;
    });
    await guest.answers();
    expect(isGone).toBe(false);
    gates[0]!();
    await gone;
    expect(srbOf(await guest.answer())).toMatchObject({ srb: 1, moved: 4096 });
  });

  it('that throw are answered for', async () => {
    const { controller, guest } = await gatedGuest();
    const inspect = () => ({});
    controller.attach({ lun: 1 }, { inspect, execute: () => Promise.reject(new Error('bug')) });
    controller.attach(
      {
        lun: 2,
      },
      {
        inspect,
        execute: () => {
          throw new Error('bug');
        },
      },
    );
    await guest.answers();
    for (const lun of [1, 2]) {
      guest.srb({ lun, cdb: READY });
      expect(srbOf(await guest.answer())).toEqual({ srb: 4, scsi: 0, moved: 0, sense: '' });
    }
  });

  it('report a new size once', async () => {
    const controller = new StorageController({ instanceId: INSTANCE });
    const disk = patternDisk(8);
    controller.attach({ lun: 0 }, disk);
    const guest = await rawGuest(rawMachine(controller));
    await guest.initialize();
    disk.capacityChanged();
    controller.announce();
    expect((await guest.answer()).bytes[0]).toBe(11);
    guest.srb({ cdb: READY });
    expect(srbOf(await guest.answer())).toEqual({ srb: 0x84, scsi: 2, moved: 0, sense: '6/2a/09' });
    guest.srb({ cdb: READY });
    expect(srbOf(await guest.answer())).toMatchObject({ srb: 1 });
  });
});

describe('options', () => {
  it('that no guest could work with are refused', () => {
    const make = (options: object) => new StorageController({ instanceId: INSTANCE, ...options });
    expect(() => make({ maxTransferBytes: 0 })).toThrow(RangeError);
    expect(() => make({ maxTransferBytes: 5000 })).toThrow(RangeError);
    expect(() => make({ queueDepth: 0 })).toThrow(RangeError);
  });
});
