import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileStore } from './file-store.ts';
import { ReadThread } from './read-thread.ts';

const PAGE = 4096;
const PAGES = 64;
const folder = mkdtempSync(join(tmpdir(), 'viridian-reads-'));
const path = join(folder, 'file');
const content = Uint8Array.from({ length: PAGES * PAGE + 100 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
writeFileSync(path, content);
afterAll(() => rmSync(folder, { recursive: true }));

let thread: ReadThread;
let threads: Worker[] = [];
beforeEach(() => {
  threads = [];
  thread = new ReadThread((entry, workerData) => {
    threads.push(new Worker(entry, { workerData }));
    return threads[0]!;
  });
});
afterEach(() => thread.close());

const open = (): Promise<FileStore> => FileStore.open(path, { readOnly: true, reads: thread });
const shared = (bytes: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(bytes));

describe('a reading thread', () => {
  it('reads what is in the file, more requests at once than its ring holds', async () => {
    const store = await open();
    const memory = shared(1000 * PAGE);
    const places = Array.from({ length: 1000 }, (_, i) => (i * 37) % (PAGES * PAGE));
    await Promise.all(
      places.map((place, i) => store.read(place, [memory.subarray(i * PAGE, (i + 1) * PAGE - 1)])),
    );
    for (const [i, place] of places.entries()) {
      const read = memory.slice(i * PAGE, (i + 1) * PAGE - 1);
      expect(Buffer.compare(read, content.subarray(place, place + PAGE - 1))).toBe(0);
    }
    await store.close();
  });

  it('reads any lengths and pieces, shared or not, into several memories', async () => {
    const store = await open();
    const piece = fc.record({ length: fc.integer({ min: 1, max: 9000 }), own: fc.boolean() });
    const request = fc.record({
      place: fc.integer({ min: 0, max: content.length - 1 }),
      pieces: fc.array(piece, { minLength: 1, maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 40 }), async (requests) => {
        const reads = requests.map(async ({ place, pieces }) => {
          let left = content.length - place;
          const into = pieces
            .map(({ length, own }) => {
              const bytes = Math.min(length, left);
              left -= bytes;
              return own ? new Uint8Array(bytes) : shared(bytes);
            })
            .filter((buffer) => buffer.length > 0);
          await store.read(place, into);
          let at = place;
          for (const buffer of into) {
            expect(Buffer.compare(buffer.slice(), content.subarray(at, at + buffer.length))).toBe(0);
            at += buffer.length;
          }
        });
        await Promise.all(reads);
      }),
      { numRuns: 60 },
    );
    await store.close();
  });

  it('misses no wake-up, however few reads are in flight', { timeout: 120_000 }, async () => {
    const store = await open();
    for (const lanes of [1, 2, 3, 5, 32]) {
      const memory = shared(lanes * 16);
      const lane = async (slot: number): Promise<void> => {
        const into = [memory.subarray(slot * 16, slot * 16 + 16)];
        for (let i = 0; i < 2000 / lanes; i += 1) await store.read((i % PAGES) * 16, into);
      };
      await Promise.all(Array.from({ length: lanes }, (_, slot) => lane(slot)));
    }
    await store.close();
  });

  it('serves several files, and forgets memory when the last of them closes', async () => {
    for (let round = 0; round < 3; round += 1) {
      const stores = await Promise.all([open(), open(), open()]);
      const memory = shared(3 * PAGE);
      const read = (store: FileStore, i: number): Promise<void> =>
        store.read(i * PAGE, [memory.subarray(i * PAGE, (i + 1) * PAGE)]);
      await Promise.all(stores.map(read));
      await stores[0]!.close();
      await read(stores[1]!, 1);
      await Promise.all(stores.map((store) => store.close()));
      expect(Buffer.compare(memory.slice(), content.subarray(0, 3 * PAGE))).toBe(0);
    }
  });

  it('leaves errors to the usual way, which has words for them', async () => {
    const answers: number[] = [];
    await new Promise<void>((resolve) => {
      const into = shared(PAGE) as Uint8Array<SharedArrayBuffer>;
      expect(thread.takes(into)).toBe(true);
      thread.read(0x7ffffff, into, 0, (bytes) => {
        answers.push(bytes);
        resolve();
      });
    });
    expect(answers).toEqual([-1]);
    const store = await open();
    await expect(async () => store.read(content.length - 1, [shared(2)])).rejects.toThrow('2 bytes at');
    await store.close();
  });

  it('takes no long reads and none into memory that it cannot see', () => {
    expect(thread.takes(shared(64 * 1024))).toBe(true);
    expect(thread.takes(shared(64 * 1024 + 1))).toBe(false);
    expect(thread.takes(new Uint8Array(PAGE))).toBe(false);
  });

  it('that dies costs nothing but time', async () => {
    const store = await open();
    const memory = shared(100 * PAGE);
    const reads = Array.from({ length: 100 }, (_, i) =>
      store.read((i % PAGES) * PAGE, [memory.subarray(i * PAGE, (i + 1) * PAGE)]),
    );
    await threads[0]!.terminate();
    await Promise.all(reads);
    await store.read(0, [memory.subarray(99 * PAGE)]);
    for (let i = 0; i < 99; i += 1) {
      const place = (i % PAGES) * PAGE;
      const read = memory.slice(i * PAGE, (i + 1) * PAGE);
      expect(Buffer.compare(read, content.subarray(place, place + PAGE))).toBe(0);
    }
    await store.close();
    expect(thread.takes(shared(1))).toBe(false);
  });

  it.each(['close', 'leave'])('keeps a process alive as long as it reads, and no longer (%s)', (end) => {
    const program = `
      import { Worker } from 'node:worker_threads';
      import { FileStore } from '${new URL('./file-store.ts', import.meta.url)}';
      import { ReadThread } from '${new URL('./read-thread.ts', import.meta.url)}';
      const reads = new ReadThread((entry, workerData) => new Worker(entry, { workerData }));
      const store = await FileStore.open(${JSON.stringify(path)}, { readOnly: true, reads });
      const into = new Uint8Array(new SharedArrayBuffer(16));
      await store.read(16, [into]);
      console.log(into.join());
      if (process.argv[1] === 'leave') process.exitCode = 0;
      else await store.close().finally(() => reads.close());
    `;
    const { stdout, status, stderr } = spawnSync(
      process.execPath,
      ['--conditions=viridian:source', '--input-type=module', '-e', program, end],
      { encoding: 'utf8', timeout: 60_000 },
    );
    expect(stderr).toBe('');
    expect(stdout.trim()).toBe(content.slice(16, 32).join());
    expect(status).toBe(0);
  });
});
