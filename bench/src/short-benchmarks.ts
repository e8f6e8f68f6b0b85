/** The short benchmarks: the ring, and storage as a TypeScript guest sees it. Figures that count are ratios of one run. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { MemoryDisk } from '@viridian/drivers';
import { openRawFile, ReadThread } from '@viridian/drivers/node';
import { median } from './guest/statistics.ts';
import {
  gpaDirectBytesPerSecond,
  heapBytesPerPacket,
  packetsPerSecond,
  roundTripsPerSecond,
} from './ring.ts';
import { directReads, guestReads } from './storage.ts';
import { type Row, row } from './table.ts';

const GIB = 2 ** 30;
const DEPTH = 32;
const ROUNDS = 5;
const FILE_ROUNDS = 9;

/** The ring between both ends of a channel. */
export async function benchRing(): Promise<Row[]> {
  packetsPerSecond(400_000);
  const packets = packetsPerSecond();
  const bytes = gpaDirectBytesPerSecond() / GIB;
  const heap = heapBytesPerPacket(usedHeap);
  return [
    row('64-byte packets, one thread, a second', count(packets), '1,000,000', packets >= 1_000_000),
    row('the same, a signal for each packet', count(packetsPerSecond(2_000_000, 1))),
    row('requests with completions, a second', count(roundTripsPerSecond())),
    row('64 KiB by reference, copied out, GiB/s', bytes.toFixed(1), '4', bytes >= 4),
    row('heap growth per packet, garbage included, bytes', heap.toFixed(3), 'below 1', heap < 1),
  ];
}

/** A disk, from a memory disk and from a raw file of the host. */
export async function benchStorage(): Promise<Row[]> {
  const reads = 300_000;
  const memory: number[] = [];
  let perRead = '';
  for (let round = 0; round < ROUNDS; round += 1) {
    const { readsPerSecond, report } = await guestReads(new MemoryDisk(64 * 2 ** 20), reads, DEPTH);
    memory.push(readsPerSecond);
    const signals = report.hypercalls.HvCallSignalEvent ?? 0;
    perRead = `${(signals / (2 * reads)).toFixed(3)} hypercalls, ${(report.interrupts / (2 * reads)).toFixed(3)} interrupts`;
  }
  const best = median(memory);
  const file = await benchFile(true);
  const usual = await benchFile(false);
  return [
    row('guest: 4 KiB reads of a memory disk, depth 32, a second', count(best), '200,000', best >= 200_000),
    row('  for each of them', perRead),
    row('the raw file itself, a second', count(file.direct)),
    row('guest: the same reads of the raw file, a second', count(file.guest)),
    row('  ratio, median of pairs', file.ratio.toFixed(2), '0.75', file.ratio >= 0.75),
    row("the raw file itself, by Node's threads", count(usual.direct)),
    row('guest: the same reads of it', count(usual.guest)),
    row('  ratio, median of pairs', usual.ratio.toFixed(2)),
  ];
}

/** Pairs of the same reads, without guest and with it; `byThread`: by a reading thread. */
async function benchFile(byThread: boolean): Promise<{ direct: number; guest: number; ratio: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'viridian-bench-'));
  const reads = byThread
    ? new ReadThread((entry, workerData) => new Worker(entry, { workerData }))
    : undefined;
  try {
    const path = join(folder, 'disk.raw');
    writeFileSync(path, new Uint8Array(64 * 2 ** 20).fill(1));
    const readCount = byThread ? 150_000 : 60_000;
    const direct: number[] = [];
    const guest: number[] = [];
    for (let round = 0; round < FILE_ROUNDS; round += 1) {
      const device = await openRawFile(path, { readOnly: true, ...(reads && { reads }) });
      direct.push(await directReads(device, readCount, DEPTH));
      guest.push((await guestReads(device, readCount, DEPTH)).readsPerSecond);
      await device.close();
    }
    const ratio = median(guest.map((value, index) => value / direct[index]!));
    return { direct: median(direct), guest: median(guest), ratio };
  } finally {
    await reads?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function usedHeap(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // Collected before the first look only: what is garbage at the second counts as well.
  if (!collected) collect();
  collected = true;
  return process.memoryUsage().heapUsed;
}
let collected = false;

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
