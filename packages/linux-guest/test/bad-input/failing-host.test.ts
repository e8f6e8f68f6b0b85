/** The parent's disk fails: the guest gets a SCSI error for that request, and everything goes on. */

import { type BlockErrorKind, FaultDisk, injectedError, MemoryDisk } from '@viridian/drivers';
import { programProcessors } from '@viridian/hypervisor/program';
import { createMachine } from '@viridian/vm';
import { describe, expect, it } from 'vitest';
import { type Disk, linuxGuest } from '../../src/index.ts';

const MIB = 2 ** 20;

/** Runs `use` in a guest whose disk fails requests of `operation` while `isFailing`; gives the guest's log. */
async function onFailingDisk(
  operation: 'read' | 'write' | 'flush',
  kind: BlockErrorKind,
  use: (disk: Disk, fail: (isFailing: boolean) => void) => Promise<void>,
): Promise<void> {
  let isFailing = false;
  const device = new FaultDisk(new MemoryDisk(MIB), (request) =>
    isFailing && request.operation === operation ? { error: injectedError(kind, request.offset) } : undefined,
  );
  let outcome: unknown = 'the program did not end';
  const machine = createMachine({
    name: 'failing disk',
    memoryBytes: 8 * MIB,
    processor: programProcessors(
      linuxGuest({
        main: async (kernel) => {
          try {
            await use(kernel.block.disk('sda')!, (now) => {
              isFailing = now;
            });
            outcome = undefined;
          } catch (error) {
            outcome = error;
          }
        },
      }),
    ),
    disks: [{ device }],
  });
  machine.start();
  expect(await machine.finished).toEqual({ reason: 'halted' });
  if (outcome !== undefined) throw outcome;
}

describe('a host disk that fails', () => {
  it.each([
    ['read', 'io', /MEDIUM_ERROR/],
    ['read', 'medium', /MEDIUM_ERROR/],
    ['read', 'corrupt', /MEDIUM_ERROR/],
    ['write', 'io', /MEDIUM_ERROR/],
    ['write', 'no-space', /DATA_PROTECT/],
  ] as const)('to %s with %s is a SCSI error in the guest, once', async (operation, kind, sense) => {
    await onFailingDisk(operation, kind, async (disk, fail) => {
      const run = (): Promise<unknown> =>
        operation === 'read' ? disk.readBlocks(8, 8) : disk.writeBlocks(8, new Uint8Array(4096).fill(1));
      await run();
      fail(true);
      await expect(run()).rejects.toThrow(sense);
      fail(false);
      await run();
      expect(disk.counters.failed).toBe(1);
    });
  });

  it('to flush does not let the guest believe that its data are safe', async () => {
    await onFailingDisk('flush', 'io', async (disk, fail) => {
      await disk.writeBlocks(0, new Uint8Array(512).fill(9));
      fail(true);
      await expect(disk.flush()).rejects.toThrow();
      fail(false);
      await disk.flush();
    });
  });

  it('loses only the requests that it fails of many in flight', async () => {
    await onFailingDisk('read', 'io', async (disk, fail) => {
      const first = Array.from({ length: 16 }, (_, index) => disk.readBlocks(index * 8, 8));
      await Promise.all(first);
      fail(true);
      const failed = await Promise.allSettled(
        Array.from({ length: 16 }, (_, index) => disk.readBlocks(index * 8, 8)),
      );
      expect(failed.every(({ status }) => status === 'rejected')).toBe(true);
      fail(false);
      await Promise.all(Array.from({ length: 16 }, (_, index) => disk.readBlocks(index * 8, 8)));
    });
  });
});
