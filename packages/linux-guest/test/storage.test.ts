/** A TypeScript guest on VHDX images and DVD drives, and with disks that come and go under traffic. */

import { createVhdx, MemoryDisk, MemoryStore, openVhdx } from '@viridian/drivers';
import { programProcessors } from '@viridian/hypervisor/program';
import { createMachine, type Machine } from '@viridian/vm';
import { describe, expect, it } from 'vitest';
import { type Kernel, linuxGuest } from '../src/index.ts';

const MiB = 2 ** 20;
const LONG = { timeout: 60_000 };
const disc = (byte: number) => new MemoryDisk(new Uint8Array(300 * 2048).fill(byte), { readOnly: true });

function machineWith(
  main: (kernel: Kernel) => Promise<void>,
  disks: NonNullable<Parameters<typeof createMachine>[0]['disks']>,
): Machine {
  return createMachine({
    name: 'storage',
    memoryBytes: 16 * MiB,
    processor: programProcessors(linuxGuest({ main })),
    disks,
  });
}

/** Both sides in turns: the guest calls `step`, the host does what is due and lets it go on. */
function turns(...host: (() => void | Promise<void>)[]): () => Promise<void> {
  return async () => host.shift()?.();
}

describe('a TypeScript guest', () => {
  it.each([512, 4096])('writes a VHDX with sectors of %i bytes', LONG, async (logicalBlockBytes) => {
    const store = new MemoryStore();
    await createVhdx(store, { type: 'dynamic', sizeBytes: 8 * MiB, blockBytes: MiB, logicalBlockBytes });
    const device = await openVhdx(store);
    const content = Uint8Array.from({ length: 256 * 1024 }, (_, i) => (i * 31) >> 3);
    let read: Uint8Array | undefined;
    const machine = machineWith(
      async ({ block }) => {
        const disk = block.disk('sda')!;
        expect(disk.blockBytes).toBe(logicalBlockBytes);
        const first = (MiB - 128 * 1024) / logicalBlockBytes;
        await disk.writeBlocks(first, content);
        await disk.flush();
        read = await disk.readBlocks(first, content.length / logicalBlockBytes);
      },
      [{ device }],
    );
    machine.start();
    expect(await machine.finished).toEqual({ reason: 'halted' });
    expect(Buffer.compare(read!, content)).toBe(0);
    // What was flushed is in the image, whether it is closed or not.
    const again = await openVhdx(new MemoryStore(store.toBytes()), { readOnly: true });
    const seen = new Uint8Array(content.length);
    await again.read(MiB - 128 * 1024, [seen]);
    expect(Buffer.compare(seen, content)).toBe(0);
    expect(again.recovered).toBe(true);
  });

  it('reads discs, and changes them with the host', LONG, async () => {
    const said: unknown[] = [];
    const machine: Machine = machineWith(
      async (kernel) => {
        const drive = kernel.block.drive('sr0')!;
        said.push(await drive.hasDisc());
        const blocks = await drive.blockCount();
        const bytes = await drive.readBytes(0, blocks);
        said.push(
          blocks,
          bytes.every((byte) => byte === 1),
        );
        await expect(drive.readBytes(blocks, 1)).rejects.toThrow(/ADDRESS_OUT_OF_RANGE/);
        await drive.lock(true);
        await step();
        said.push(await drive.takeEvent(), await drive.takeEvent());
        await drive.lock(false);
        await drive.eject();
        said.push(await drive.hasDisc());
        await step();
        await drive.load();
        said.push(await drive.takeEvent(), (await drive.readBytes(7, 1))[0]);
        await step();
        said.push(await drive.hasDisc());
        await step();
        while (drive.present) await kernel.sleep(1);
      },
      [{ isDvd: true, device: disc(1) }],
    );
    const storage = machine.storage[0]!;
    const dvd = storage.dvd()!;
    const step = turns(
      () => void said.push(dvd.isLocked, dvd.pressEject()),
      () => dvd.insert(disc(2)),
      () => dvd.remove(),
      () => void storage.remove(0),
    );
    machine.start();
    expect(await machine.finished).toEqual({ reason: 'halted' });
    expect(said).toEqual([
      ...[true, 300, true, true, false, 'eject-request', 'none', false],
      ...['new-disc', 2, false],
    ]);
  });

  it('loses and gains disks under traffic, 200 times', LONG, async () => {
    let rounds = 0;
    let reads = 0;
    let failures = 0;
    const machine: Machine = machineWith(
      async (kernel) => {
        const steady = kernel.block.disk('sda')!;
        while (rounds < 200) {
          const others = kernel.block.disks.filter((disk) => disk !== steady);
          const work = [steady, ...others].map(async (disk) => {
            try {
              expect((await disk.readBlocks(8, 8))[0]).toBe(disk === steady ? 1 : 2);
              reads += 1;
            } catch (error) {
              if (disk === steady) throw error;
              failures += 1;
            }
          });
          await Promise.all(work);
        }
      },
      [{ device: new MemoryDisk(new Uint8Array(MiB).fill(1)) }],
    );
    machine.start();
    const storage = machine.storage[0]!;
    while (reads === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    for (; rounds < 200; rounds++) {
      const before = reads;
      const lun = storage.addDisk(new MemoryDisk(new Uint8Array(64 * 1024).fill(2)));
      // Every third is taken away while the guest is still finding out about it.
      while (rounds % 3 !== 0 && reads < before + 4) await new Promise(setImmediate);
      await storage.remove(lun);
    }
    expect(await machine.finished).toEqual({ reason: 'halted' });
    expect(reads).toBeGreaterThan(200);
    expect(failures).toBeLessThan(reads);
  });
});
