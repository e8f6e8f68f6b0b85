/** Speed of a disk seen from a TypeScript guest: through block layer, storvsc, ring, hypervisor, VSP to the device. */

import type { BlockDevice } from '@viridian/drivers';
import { programProcessors } from '@viridian/hypervisor/program';
import { type Kernel, linuxGuest } from '@viridian/linux-guest';
import { createMachine, type MachineReport } from '@viridian/vm';

const PAGE = 4096;

/** What a run reached. */
export interface StorageResult {
  readonly readsPerSecond: number;
  readonly report: MachineReport;
}

/** Random 4 KiB reads with `depth` in flight, `reads` of them after a warm-up of as many. */
export async function guestReads(device: BlockDevice, reads: number, depth: number): Promise<StorageResult> {
  let readsPerSecond = 0;
  const main = async (kernel: Kernel): Promise<void> => {
    await randomReads(kernel, reads, depth);
    readsPerSecond = await randomReads(kernel, reads, depth);
  };
  const machine = createMachine({
    name: 'bench',
    memoryBytes: 16 * 2 ** 20,
    processor: programProcessors(linuxGuest({ main })),
    disks: [{ device }],
  });
  machine.start();
  const { reason } = await machine.finished;
  if (reason !== 'halted') throw new Error(`the guest ended with '${reason}'`);
  return { readsPerSecond, report: machine.counters() };
}

async function randomReads(kernel: Kernel, reads: number, depth: number): Promise<number> {
  const disk = kernel.block.disk('sda');
  if (disk === undefined) throw new Error('the guest found no disk');
  const blocks = PAGE / disk.blockBytes;
  const places = Math.floor(disk.blockCount / blocks);
  let issued = 0;
  let state = 1;
  const lane = async (): Promise<void> => {
    const buffer = disk.allocateBuffer(PAGE);
    while (issued++ < reads) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      await disk.transfer('read', (state % places) * blocks, blocks, buffer.pages);
    }
    disk.freeBuffer(buffer);
  };
  const started = kernel.clock.now();
  await Promise.all(Array.from({ length: depth }, lane));
  return reads / ((kernel.clock.now() - started) / 10_000_000);
}

/** The same reads from the device itself, without guest and bus. */
export async function directReads(device: BlockDevice, reads: number, depth: number): Promise<number> {
  const memory = new Uint8Array(new SharedArrayBuffer(depth * PAGE));
  const places = Math.floor(device.sizeBytes / PAGE);
  let issued = 0;
  let state = 1;
  const lane = async (slot: number): Promise<void> => {
    const into = [memory.subarray(slot * PAGE, (slot + 1) * PAGE)];
    while (issued++ < reads) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      await device.read((state % places) * PAGE, into);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: depth }, (_, slot) => lane(slot)));
  return reads / ((performance.now() - started) / 1000);
}
