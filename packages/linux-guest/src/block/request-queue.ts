/**
 * The request queue of one disk: splits what is too long for the device, merges neighbours that wait, keeps a bounded
 * number in flight.
 *
 * Reads and writes name pages of guest memory; nothing is copied here.
 */

import { PAGE_BYTES } from '../mm/page-allocator.ts';

/** What a request does. A flush and a discard carry no data. */
export type BlockOperation = 'read' | 'write' | 'flush' | 'discard';

/** Guest pages that hold a request's data, the first byte at `byteOffset` of the first page. */
export interface DmaPages {
  readonly gpns: readonly number[];
  readonly byteOffset: number;
}

/** One command for the device. */
export interface DeviceRequest {
  readonly operation: BlockOperation;
  readonly lba: number;
  readonly blocks: number;
  readonly pages: DmaPages;
  readonly byteCount: number;
}

/** A device that executes commands; a driver provides it. */
export interface QueueDevice {
  readonly blockBytes: number;
  /** Longest transfer of one command; a multiple of the page size. */
  readonly maxTransferBytes: number;
  /** Commands that may be in flight at once. */
  readonly queueDepth: number;
  execute(request: DeviceRequest): Promise<void>;
}

/** What a queue has done since it was made. */
export interface QueueCounters {
  submitted: number;
  merged: number;
  split: number;
  dispatched: number;
  failed: number;
  maxInFlight: number;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

interface Pending {
  readonly operation: BlockOperation;
  readonly lba: number;
  blocks: number;
  readonly gpns: number[];
  readonly byteOffset: number;
  byteCount: number;
  readonly waiters: Waiter[];
}

/** Requests to one device, first come first served but for merges. */
export class RequestQueue {
  readonly #device: QueueDevice;
  readonly #waiting: Pending[] = [];
  #inFlight = 0;
  readonly counters: QueueCounters = {
    submitted: 0,
    merged: 0,
    split: 0,
    dispatched: 0,
    failed: 0,
    maxInFlight: 0,
  };

  constructor(device: QueueDevice) {
    this.#device = device;
  }

  /** Transfers `blocks` blocks; settles when all of it is done, rejects with the first failure. */
  transfer(operation: 'read' | 'write', lba: number, blocks: number, pages: DmaPages): Promise<void> {
    this.counters.submitted += 1;
    const { blockBytes } = this.#device;
    const parts: Promise<void>[] = [];
    for (let done = 0; done < blocks; ) {
      const at = pages.byteOffset + done * blockBytes;
      const first = Math.floor(at / PAGE_BYTES);
      const byteOffset = at % PAGE_BYTES;
      const count = Math.min(
        blocks - done,
        Math.floor((this.#device.maxTransferBytes - byteOffset) / blockBytes),
      );
      const byteCount = count * blockBytes;
      const gpns = pages.gpns.slice(first, first + Math.ceil((byteOffset + byteCount) / PAGE_BYTES));
      parts.push(
        this.#add({ operation, lba: lba + done, blocks: count, gpns, byteOffset, byteCount, waiters: [] }),
      );
      done += count;
    }
    this.counters.split += parts.length - 1;
    return parts.length === 1 ? parts[0]! : Promise.all(parts).then(() => undefined);
  }

  /** A command without data: flush, or discard of a range. It waits for nothing that came before. */
  command(operation: 'flush' | 'discard', lba = 0, blocks = 0): Promise<void> {
    this.counters.submitted += 1;
    return this.#add({ operation, lba, blocks, gpns: [], byteOffset: 0, byteCount: 0, waiters: [] });
  }

  /** Requests at the device and those that wait. */
  get depth(): { inFlight: number; waiting: number } {
    return { inFlight: this.#inFlight, waiting: this.#waiting.length };
  }

  #add(request: Pending): Promise<void> {
    return new Promise((resolve, reject) => {
      request.waiters.push({ resolve, reject });
      if (this.#inFlight < this.#device.queueDepth) this.#dispatch(request);
      else if (this.#merge(request)) this.counters.merged += 1;
      else this.#waiting.push(request);
    });
  }

  // Only the last one that waits is looked at: a sequential stream merges, others are not worth a search.
  #merge(request: Pending): boolean {
    const last = this.#waiting.at(-1);
    if (last === undefined || last.operation !== request.operation || request.byteCount === 0) return false;
    const joins =
      last.lba + last.blocks === request.lba &&
      (last.byteOffset + last.byteCount) % PAGE_BYTES === 0 &&
      request.byteOffset === 0 &&
      last.byteOffset + last.byteCount + request.byteCount <= this.#device.maxTransferBytes;
    if (!joins) return false;
    last.blocks += request.blocks;
    last.byteCount += request.byteCount;
    last.gpns.push(...request.gpns);
    last.waiters.push(...request.waiters);
    return true;
  }

  #dispatch(request: Pending): void {
    this.#inFlight += 1;
    this.counters.dispatched += 1;
    this.counters.maxInFlight = Math.max(this.counters.maxInFlight, this.#inFlight);
    const { operation, lba, blocks, byteCount, gpns, byteOffset } = request;
    this.#device.execute({ operation, lba, blocks, byteCount, pages: { gpns, byteOffset } }).then(
      () => this.#finish(() => request.waiters.forEach((waiter) => void waiter.resolve())),
      (error: unknown) => {
        this.counters.failed += 1;
        this.#finish(() => request.waiters.forEach((waiter) => void waiter.reject(error)));
      },
    );
  }

  #finish(settle: () => void): void {
    this.#inFlight -= 1;
    settle();
    const next = this.#waiting.shift();
    if (next !== undefined) this.#dispatch(next);
  }
}
