/** A guest's own drivers against the machine's devices, through hypercalls, rings and shared memory. */

import { MemoryDisk } from '@viridian/drivers';
import { programProcessors } from '@viridian/hypervisor/program';
import { VMBUS_VERSIONS, VmbusVersion } from '@viridian/protocols/vmbus';
import { describe, expect, it } from 'vitest';
import { createMachine } from '../src/index.ts';
import { pattern, sha256, storageProgram } from './support/guest.ts';

const MEGABYTE = 2 ** 20;

describe('a guest on its disks', () => {
  it('reads and writes through the whole path', async () => {
    const content = pattern(1, 2 * MEGABYTE);
    const other = new Uint8Array(MEGABYTE);
    let read = '';
    const machine = createMachine({
      name: 'one',
      memoryBytes: 16 * MEGABYTE,
      processor: programProcessors(() =>
        storageProgram(async ({ disks }) => {
          const [first, second] = disks;
          read = await sha256((await first!.readBytes(0, 4096)) as Uint8Array<ArrayBuffer>);
          await second!.writeBytes(100, pattern(2, 256 * 1024));
          await Promise.all(
            Array.from({ length: 64 }, async (_, block) => {
              expect(await second!.readBytes(100 + block, 1)).toEqual(
                pattern(2, 256 * 1024).slice(block * 512, (block + 1) * 512),
              );
            }),
          );
          await second!.flush();
        }),
      ),
      disks: [{ device: new MemoryDisk(content) }, { device: new MemoryDisk(other), lun: 5 }],
    });
    machine.start();
    expect(await machine.finished).toEqual({ reason: 'halted' });
    expect(read).toBe(await sha256(content));
    expect(other.slice(100 * 512, 100 * 512 + 256 * 1024)).toEqual(pattern(2, 256 * 1024));
    const report = machine.counters();
    expect(report.intercepts).toMatchObject({ portRead: 0, portWrite: 0, memory: 0 });
    expect(report.hypercalls.HvCallPostMessage).toBeGreaterThan(4);
    expect(report.hypercalls.HvCallSignalEvent).toBeGreaterThan(0);
    expect(report.interrupts).toBeGreaterThan(0);
    expect(report.channels).toHaveLength(1);
  });

  it.each(VMBUS_VERSIONS.filter(({ version }) => version <= VmbusVersion.V5_3))(
    'negotiates $text when that is all there is',
    async ({ version }) => {
      let seen = 0;
      const machine = createMachine({
        name: 'one',
        memoryBytes: 4 * MEGABYTE,
        processor: programProcessors(() =>
          storageProgram(async ({ bus, disks }) => {
            seen = bus.version;
            expect(await disks[0]!.readBytes(7, 1)).toEqual(pattern(3, 8192).slice(7 * 512, 8 * 512));
          }),
        ),
        vmbus: { oldest: version, newest: version },
        disks: [{ device: new MemoryDisk(pattern(3, 8192)) }],
      });
      machine.start();
      expect(await machine.finished).toEqual({ reason: 'halted' });
      expect(seen).toBe(version);
    },
  );

  it('serves several controllers', async () => {
    const seen: number[] = [];
    const disk = (seed: number) => ({ disks: [{ device: new MemoryDisk(pattern(seed, 4096)) }] });
    const machine = createMachine({
      name: 'one',
      memoryBytes: 4 * MEGABYTE,
      processor: programProcessors(() =>
        storageProgram(async ({ disks }) => {
          for (const each of disks) seen.push((await each.readBytes(0, 1))[0]!);
        }),
      ),
      storage: [disk(1), disk(2), { ...disk(3), instanceId: '11111111-2222-3333-4444-555555555555' }],
    });
    machine.start();
    await machine.finished;
    expect(seen).toEqual([1, 2, 3].map((seed) => pattern(seed, 4096)[0]));
  });
});
