/** A disk compared with a list of stamps: random requests, many at once, checked after every batch. */

import fc from 'fast-check';
import { expect } from 'vitest';
import type { BlockDevice, Buffers } from '../../src/block/block-device.ts';

export interface Request {
  readonly kind: 'read' | 'write' | 'discard' | 'flush';
  readonly block: number;
  readonly count: number;
  /** Where the request's buffer is cut into pieces, in bytes. */
  readonly cuts: readonly number[];
}

/** Batches of requests that are in flight together. */
export function batchesFor(blocks: number): fc.Arbitrary<Request[][]> {
  const request = fc
    .record({
      kind: fc.constantFrom('read', 'write', 'write', 'write', 'discard', 'flush'),
      block: fc.nat(blocks - 1),
      count: fc.integer({ min: 1, max: Math.min(blocks, 24) }),
      cuts: fc.array(fc.integer({ min: 1, max: 4096 }), { maxLength: 3 }),
    })
    .map((r) => ({ ...r, count: Math.min(r.count, blocks - r.block) }) as Request);
  return fc.array(fc.array(request, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 });
}

/** One buffer as several pieces. */
export function pieces(bytes: Uint8Array, cuts: readonly number[]): Buffers {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const cut of cuts) {
    if (at + cut >= bytes.length) break;
    parts.push(bytes.subarray(at, at + cut));
    at += cut;
  }
  parts.push(bytes.subarray(at));
  return parts;
}

/** A block filled with its stamp, and the stamp of a block that must be so filled. */
function stamped(bytes: Uint8Array, stamp: number): void {
  new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4).fill(stamp);
}
function stampOf(bytes: Uint8Array, what: string): number {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  if (words.some((word) => word !== words[0])) throw new Error(`${what} is torn`);
  return words[0]!;
}

/** Reads the whole device. */
export async function readAll(device: BlockDevice): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(device.sizeBytes);
  await device.read(0, [bytes]);
  return bytes;
}

let lastStamp = 0;

/** What a device must hold, block by block. */
export class DiskModel {
  readonly stamps: number[];
  /** The stamps at the last flush that was acknowledged, and all that each block may have become since. */
  durable: Set<number>[];
  readonly #blockBytes: number;

  constructor(blocks: number, blockBytes: number, stamp = 0) {
    this.stamps = new Array(blocks).fill(stamp);
    this.durable = this.stamps.map((s) => new Set([s]));
    this.#blockBytes = blockBytes;
  }

  /** Sends a batch at once, waits for all of it and compares everything. */
  async run(device: BlockDevice, batch: readonly Request[]): Promise<void> {
    const block = this.#blockBytes;
    const may = this.stamps.map(() => new Set<number>());
    const work: (() => Promise<void>)[] = [];
    const reads: { request: Request; bytes: Uint8Array }[] = [];
    for (const request of batch) {
      const bytes = new Uint8Array(request.count * block);
      if (request.kind === 'read') reads.push({ request, bytes });
      const willBe = request.kind === 'discard' || request.kind === 'write';
      for (let i = 0; i < request.count && willBe; i++) {
        const stamp = request.kind === 'discard' ? 0 : ++lastStamp;
        stamped(bytes.subarray(i * block, (i + 1) * block), stamp);
        if (request.kind === 'write' || device.discard !== undefined) may[request.block + i]!.add(stamp);
      }
      work.push(async () => this.#send(device, request, bytes));
    }
    await Promise.all(work.map((send) => send()));
    for (const { request, bytes } of reads) {
      for (let i = 0; i < request.count; i++) {
        const at = request.block + i;
        const seen = stampOf(bytes.subarray(i * block, (i + 1) * block), `block ${at}`);
        expect([this.stamps[at], ...may[at]!]).toContain(seen);
      }
    }
    this.#settle(await readAll(device), may);
  }

  /** Notes that everything so far must survive. */
  flushed(): void {
    this.durable = this.stamps.map((stamp) => new Set([stamp]));
  }

  /** Compares a disk after a crash: each block holds what was flushed or something written since. */
  expectSurvived(content: Uint8Array): void {
    this.durable.forEach((allowed, at) => {
      const bytes = content.subarray(at * this.#blockBytes, (at + 1) * this.#blockBytes);
      expect([...allowed], `block ${at}`).toContain(stampOf(bytes, `block ${at}`));
    });
  }

  expectEqual(content: Uint8Array): void {
    this.stamps.forEach((stamp, at) => {
      const bytes = content.subarray(at * this.#blockBytes, (at + 1) * this.#blockBytes);
      expect(stampOf(bytes, `block ${at}`), `block ${at}`).toBe(stamp);
    });
  }

  async #send(device: BlockDevice, request: Request, bytes: Uint8Array): Promise<void> {
    const offset = request.block * this.#blockBytes;
    if (request.kind === 'read') await device.read(offset, pieces(bytes, request.cuts));
    else if (request.kind === 'write')
      await device.write(offset, pieces(bytes, request.cuts), { fua: request.cuts.length === 3 });
    else if (request.kind === 'discard') await device.discard?.(offset, bytes.length);
    else await device.flush();
  }

  /** Where requests overlapped, what is there now decides; it must be the work of one of them. */
  #settle(content: Uint8Array, may: readonly Set<number>[]): void {
    const block = this.#blockBytes;
    may.forEach((allowed, at) => {
      const seen = stampOf(content.subarray(at * block, (at + 1) * block), `block ${at}`);
      if (allowed.size === 0) expect(seen, `block ${at}`).toBe(this.stamps[at]);
      else expect([...allowed], `block ${at}`).toContain(seen);
      this.stamps[at] = seen;
      for (const stamp of allowed) this.durable[at]!.add(stamp);
    });
  }
}
