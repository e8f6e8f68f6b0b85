import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DeviceRequest, RequestQueue } from './request-queue.ts';

const BLOCK = 512;
const MAX = 16 * 1024;

/** A device over an array: page n of guest memory is bytes n*4096 of `memory`. Completes when told to. */
class ArrayDevice {
  readonly blockBytes = BLOCK;
  readonly maxTransferBytes = MAX;
  readonly queueDepth: number;
  readonly medium = new Uint8Array(1024 * BLOCK);
  readonly memory: Uint8Array;
  readonly held: (() => void)[] = [];
  failing = false;
  largest = 0;

  constructor(queueDepth: number, memory: Uint8Array) {
    this.queueDepth = queueDepth;
    this.memory = memory;
  }

  submit(request: DeviceRequest, done: (error: unknown) => void): void {
    expect(this.held.length).toBeLessThan(this.queueDepth);
    expect(request.byteOffset + request.byteCount).toBeLessThanOrEqual(MAX);
    this.largest = Math.max(this.largest, request.byteCount);
    this.held.push(() => {
      if (this.failing) return done(new Error('medium error'));
      for (let index = 0; index < request.byteCount; index += 1) {
        const at = request.byteOffset + index;
        const page = request.gpns[Math.floor(at / 4096)]!;
        const memoryAt = page * 4096 + (at % 4096);
        const mediumAt = request.lba * BLOCK + index;
        if (request.operation === 'write') this.medium[mediumAt] = this.memory[memoryAt]!;
        else this.memory[memoryAt] = this.medium[mediumAt]!;
      }
      done(undefined);
    });
  }

  async drain(): Promise<void> {
    while (this.held.length > 0) {
      this.held.splice(Math.floor(this.held.length / 2), 1)[0]!();
      await Promise.resolve();
      await Promise.resolve();
    }
  }
}

describe('RequestQueue', () => {
  it('moves every byte to its place, whatever is split or merged', async () => {
    const transfer = fc.record({
      lba: fc.integer({ min: 0, max: 200 }),
      blocks: fc.integer({ min: 1, max: 100 }),
      offsetBlocks: fc.integer({ min: 0, max: 7 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(transfer, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        async (list, depth) => {
          const device = new ArrayDevice(depth, new Uint8Array(6 * 16 * 4096));
          device.medium.forEach((_, index) => {
            device.medium[index] = (index * 7 + (index >> 9)) & 0xff;
          });
          const queue = new RequestQueue(device);
          const done = list.map(({ lba, blocks, offsetBlocks }, index) => {
            // Pages in descending order: contiguity in the list is not contiguity in memory.
            const gpns = Array.from({ length: 16 }, (_, page) => index * 16 + 15 - page);
            return queue.transfer('read', lba, blocks, { gpns, byteOffset: offsetBlocks * BLOCK });
          });
          await device.drain();
          await Promise.all(done);
          list.forEach(({ lba, blocks, offsetBlocks }, index) => {
            for (let byte = 0; byte < blocks * BLOCK; byte += 97) {
              const at = offsetBlocks * BLOCK + byte;
              const memoryAt = (index * 16 + 15 - Math.floor(at / 4096)) * 4096 + (at % 4096);
              expect(device.memory[memoryAt]).toBe(device.medium[lba * BLOCK + byte]);
            }
          });
          expect(queue.depth).toEqual({ inFlight: 0, waiting: 0 });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('merges a sequential stream that waits', async () => {
    const device = new ArrayDevice(1, new Uint8Array(16 * 4096));
    const queue = new RequestQueue(device);
    const done = [0, 1, 2, 3].map((page) =>
      queue.transfer('write', page * 8, 8, { gpns: [page], byteOffset: 0 }),
    );
    await device.drain();
    await Promise.all(done);
    expect(queue.counters).toMatchObject({ submitted: 4, merged: 2, dispatched: 2 });
    expect(device.largest).toBe(3 * 4096);
  });

  it('reports a failure to everyone who took part, and goes on', async () => {
    const device = new ArrayDevice(1, new Uint8Array(16 * 4096));
    const queue = new RequestQueue(device);
    device.failing = true;
    const done = [0, 1, 2].map((page) =>
      queue.transfer('read', page * 8, 8, { gpns: [page], byteOffset: 0 }),
    );
    const results = Promise.allSettled(done);
    await device.drain();
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    device.failing = false;
    const after = queue.transfer('read', 0, 8, { gpns: [0], byteOffset: 0 });
    await device.drain();
    await after;
    expect(queue.counters.failed).toBe(2);
  });
});
