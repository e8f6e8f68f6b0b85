/** A small I/O workload on one disk, run inside the guest: sequential and random reads, then verified writes. */

import { createHash } from 'node:crypto';
import type { Disk, Kernel, Partition } from '@viridian/linux-guest';
import { pseudoRandom } from '../image/sample-files.ts';

/** What one part of the workload did. */
export interface WorkloadResult {
  readonly name: string;
  readonly operations: number;
  readonly bytes: number;
  readonly seconds: number;
  /** Something to say about the outcome, e.g. that hashes agree. */
  readonly note: string;
}

/** Hears how far the workload is: a label and a fraction from 0 to 1. */
export type OnProgress = (label: string, fraction: number) => void;

const SEQUENTIAL_BYTES = 256 * 1024;
const SEQUENTIAL_DEPTH = 8;
const RANDOM_BYTES = 4096;
const RANDOM_DEPTH = 32;
const RANDOM_READS = 20_000;

/** Runs the whole workload; writes go to `scratch` only. */
export async function runWorkload(
  kernel: Kernel,
  disk: Disk,
  scratch: Partition,
  onProgress: OnProgress,
): Promise<WorkloadResult[]> {
  return [
    await sequentialRead(kernel, disk, onProgress),
    await randomRead(kernel, disk, onProgress),
    await writeAndVerify(kernel, disk, scratch, onProgress),
  ];
}

async function sequentialRead(kernel: Kernel, disk: Disk, onProgress: OnProgress): Promise<WorkloadResult> {
  const name = 'sequential read, 256 KiB';
  const perRequest = SEQUENTIAL_BYTES / disk.blockBytes;
  const count = Math.floor(disk.blockCount / perRequest);
  const started = kernel.clock.now();
  await inParallel(disk, SEQUENTIAL_DEPTH, count, SEQUENTIAL_BYTES, async (index, buffer) => {
    await disk.transfer('read', index * perRequest, perRequest, buffer.pages);
    onProgress(name, (index + 1) / count);
  });
  return result(kernel, started, name, count, SEQUENTIAL_BYTES, `queue depth ${SEQUENTIAL_DEPTH}`);
}

async function randomRead(kernel: Kernel, disk: Disk, onProgress: OnProgress): Promise<WorkloadResult> {
  const name = 'random read, 4 KiB';
  const perRequest = RANDOM_BYTES / disk.blockBytes;
  const places = Math.floor(disk.blockCount / perRequest);
  let state = 12345;
  const started = kernel.clock.now();
  await inParallel(disk, RANDOM_DEPTH, RANDOM_READS, RANDOM_BYTES, async (index, buffer) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    await disk.transfer('read', (state % places) * perRequest, perRequest, buffer.pages);
    if (index % 256 === 0) onProgress(name, index / RANDOM_READS);
  });
  onProgress(name, 1);
  return result(kernel, started, name, RANDOM_READS, RANDOM_BYTES, `queue depth ${RANDOM_DEPTH}`);
}

async function writeAndVerify(
  kernel: Kernel,
  disk: Disk,
  scratch: Partition,
  onProgress: OnProgress,
): Promise<WorkloadResult> {
  const name = 'write, flush, read back';
  const perRequest = SEQUENTIAL_BYTES / disk.blockBytes;
  const count = Math.floor(scratch.blocks / perRequest);
  const written: string[] = [];
  const started = kernel.clock.now();
  await inParallel(disk, SEQUENTIAL_DEPTH, count, SEQUENTIAL_BYTES, async (index, buffer) => {
    const data = pseudoRandom(index + 1, SEQUENTIAL_BYTES);
    written[index] = sha256(data);
    buffer.bytes.set(data);
    await disk.transfer('write', scratch.firstLba + index * perRequest, perRequest, buffer.pages);
    onProgress(name, (index + 1) / (2 * count));
  });
  await disk.flush();
  let wrong = 0;
  await inParallel(disk, SEQUENTIAL_DEPTH, count, SEQUENTIAL_BYTES, async (index, buffer) => {
    buffer.bytes.fill(0);
    await disk.transfer('read', scratch.firstLba + index * perRequest, perRequest, buffer.pages);
    if (sha256(buffer.bytes) !== written[index]) wrong += 1;
    onProgress(name, (count + index + 1) / (2 * count));
  });
  if (wrong > 0) throw new Error(`${wrong} of ${count} blocks came back with another hash`);
  return result(kernel, started, name, 2 * count, SEQUENTIAL_BYTES, `${count} hashes agree`);
}

/** Runs `work` for each index below `count`, `depth` at a time, each worker with a buffer of its own. */
async function inParallel(
  disk: Disk,
  depth: number,
  count: number,
  bytes: number,
  work: (index: number, buffer: ReturnType<Disk['allocateBuffer']>) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    const buffer = disk.allocateBuffer(bytes);
    try {
      while (next < count) await work(next++, buffer);
    } finally {
      disk.freeBuffer(buffer);
    }
  };
  await Promise.all(Array.from({ length: Math.min(depth, count) }, worker));
}

function result(
  kernel: Kernel,
  started: number,
  name: string,
  operations: number,
  bytesEach: number,
  note: string,
): WorkloadResult {
  const seconds = (kernel.clock.now() - started) / 10_000_000;
  return { name, operations, bytes: operations * bytesEach, seconds, note };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
