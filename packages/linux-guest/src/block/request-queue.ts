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
export interface DeviceRequest extends DmaPages {
  readonly operation: BlockOperation;
  readonly lba: number;
  readonly blocks: number;
  readonly byteCount: number;
}

/** A device that executes commands; a driver provides it. */
export interface QueueDevice {
  readonly blockBytes: number;
  /** Longest transfer of one command; a multiple of the page size. */
  readonly maxTransferBytes: number;
  /** Commands that may be in flight at once. */
  readonly queueDepth: number;
  /** Starts a command and calls `done` once when it is over, with what went wrong if something did. Never throws. */
  submit(request: DeviceRequest, done: (error: unknown) => void): void;
}

const NO_PAGES: DmaPages = { gpns: [], byteOffset: 0 };

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

/** A command on its way; merging makes it longer and gives it more waiters. */
class Command implements DeviceRequest {
  readonly operation: BlockOperation;
  readonly lba: number;
  blocks: number;
  gpns: readonly number[];
  readonly byteOffset: number;
  byteCount: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  merged: Waiter[] | undefined;

  constructor(
    operation: BlockOperation,
    lba: number,
    blocks: number,
    pages: DmaPages,
    byteCount: number,
    waiter: Waiter,
  ) {
    this.operation = operation;
    this.lba = lba;
    this.blocks = blocks;
    this.gpns = pages.gpns;
    this.byteOffset = pages.byteOffset;
    this.byteCount = byteCount;
    this.resolve = waiter.resolve;
    this.reject = waiter.reject;
  }

  settle(error: unknown): void {
    if (error === undefined) this.resolve();
    else this.reject(error);
    for (const waiter of this.merged ?? []) error === undefined ? waiter.resolve() : waiter.reject(error);
  }
}

/** Requests to one device, first come first served but for merges. */
export class RequestQueue {
  readonly #device: QueueDevice;
  readonly #waiting: Command[] = [];
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
    const byteCount = blocks * this.#device.blockBytes;
    const fits =
      pages.byteOffset < PAGE_BYTES && pages.byteOffset + byteCount <= this.#device.maxTransferBytes;
    return fits
      ? this.#add(operation, lba, blocks, pages, byteCount)
      : this.#split(operation, lba, blocks, pages);
  }

  /** A command without data: flush, or discard of a range. It waits for nothing that came before. */
  command(operation: 'flush' | 'discard', lba = 0, blocks = 0): Promise<void> {
    this.counters.submitted += 1;
    return this.#add(operation, lba, blocks, NO_PAGES, 0);
  }

  /** Requests at the device and those that wait. */
  get depth(): { inFlight: number; waiting: number } {
    return { inFlight: this.#inFlight, waiting: this.#waiting.length };
  }

  async #split(operation: 'read' | 'write', lba: number, blocks: number, pages: DmaPages): Promise<void> {
    const { blockBytes, maxTransferBytes } = this.#device;
    const parts: Promise<void>[] = [];
    for (let done = 0; done < blocks; ) {
      const at = pages.byteOffset + done * blockBytes;
      const first = Math.floor(at / PAGE_BYTES);
      const byteOffset = at % PAGE_BYTES;
      const count = Math.min(blocks - done, Math.floor((maxTransferBytes - byteOffset) / blockBytes));
      const byteCount = count * blockBytes;
      const gpns = pages.gpns.slice(first, first + Math.ceil((byteOffset + byteCount) / PAGE_BYTES));
      parts.push(this.#add(operation, lba + done, count, { gpns, byteOffset }, byteCount));
      done += count;
    }
    this.counters.split += parts.length - 1;
    await Promise.all(parts);
  }

  #add(
    operation: BlockOperation,
    lba: number,
    blocks: number,
    pages: DmaPages,
    byteCount: number,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const command = new Command(operation, lba, blocks, pages, byteCount, { resolve, reject });
      if (this.#inFlight < this.#device.queueDepth) this.#dispatch(command);
      else if (this.#merge(command)) this.counters.merged += 1;
      else this.#waiting.push(command);
    });
  }

  // Only the last one that waits is looked at: a sequential stream merges, others are not worth a search.
  #merge(command: Command): boolean {
    const last = this.#waiting.at(-1);
    if (last === undefined || last.operation !== command.operation || command.byteCount === 0) return false;
    const joins =
      last.lba + last.blocks === command.lba &&
      (last.byteOffset + last.byteCount) % PAGE_BYTES === 0 &&
      command.byteOffset === 0 &&
      last.byteOffset + last.byteCount + command.byteCount <= this.#device.maxTransferBytes;
    if (!joins) return false;
    const lastPages = Math.ceil((last.byteOffset + last.byteCount) / PAGE_BYTES);
    last.gpns = [...last.gpns.slice(0, lastPages), ...command.gpns];
    last.blocks += command.blocks;
    last.byteCount += command.byteCount;
    last.merged = [...(last.merged ?? []), command];
    return true;
  }

  #dispatch(command: Command): void {
    this.#inFlight += 1;
    this.counters.dispatched += 1;
    if (this.#inFlight > this.counters.maxInFlight) this.counters.maxInFlight = this.#inFlight;
    this.#device.submit(command, (error) => {
      this.#inFlight -= 1;
      if (error !== undefined) this.counters.failed += 1;
      command.settle(error);
      const next = this.#waiting.shift();
      if (next !== undefined) this.#dispatch(next);
    });
  }
}
