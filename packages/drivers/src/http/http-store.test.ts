import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openImage } from '../node/index.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { createVhdx } from '../vhdx/create-vhdx.ts';
import { parseContentRange } from './content-range.ts';
import { HttpStore, type HttpStoreOptions } from './http-store.ts';

const content = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
let body = content;
let tag: string | undefined = '"1"';
/** What a test has the server do instead. */
let behaviour: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
let asked: string[] = [];

const server = createServer((request, response) => {
  asked.push(request.headers.range ?? '');
  if (behaviour(request, response)) return;
  const [first, last] = /bytes=(\d+)-(\d+)/
    .exec(request.headers.range ?? '')!
    .slice(1)
    .map(Number) as [number, number];
  const isOther = request.headers['if-range'] !== undefined && request.headers['if-range'] !== tag;
  const part = isOther ? body : body.subarray(first, last + 1);
  response.writeHead(isOther ? 200 : 206, {
    ...(tag !== undefined && { ETag: tag }),
    'Content-Range': `bytes ${first}-${first + part.length - 1}/${body.length}`,
  });
  response.end(part);
});
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/disk.img`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  body = content;
  tag = '"1"';
  behaviour = () => false;
  asked = [];
});

const delays: number[] = [];
const quick: HttpStoreOptions = { chunkBytes: 4096, delay: async (ms) => void delays.push(ms) };

async function read(store: HttpStore, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  await store.read(offset, [bytes.subarray(0, length >> 1), bytes.subarray(length >> 1)]);
  return bytes;
}

/** An answer with this status and these headers. */
const answering =
  (status: number, headers: Record<string, string> = {}, bytes: Uint8Array = new Uint8Array()) =>
  (_: IncomingMessage, response: ServerResponse): boolean => {
    response.writeHead(status, headers);
    response.end(bytes);
    return true;
  };

describe('HttpStore', () => {
  it('reads any part, asking for every chunk once', async () => {
    const store = await HttpStore.open(url, quick);
    expect([store.sizeBytes, store.readOnly]).toEqual([content.length, true]);
    await fc.assert(
      fc.asyncProperty(fc.nat(content.length), fc.nat(20_000), async (offset, wanted) => {
        const length = Math.min(wanted, content.length - offset);
        expect(
          Buffer.compare(await read(store, offset, length), content.subarray(offset, offset + length)),
        ).toBe(0);
      }),
      { numRuns: 60 },
    );
    expect(asked.length).toBeLessThanOrEqual(1 + Math.ceil(content.length / 4096));
    await expect(read(store, content.length - 1, 2)).rejects.toMatchObject({ kind: 'out-of-range' });
    await store.close();
    await expect(read(store, 0, 1)).rejects.toMatchObject({ kind: 'closed' });
  });

  it('keeps no more than it may', async () => {
    const store = await HttpStore.open(url, { ...quick, cacheBytes: 8192 });
    for (const at of [0, 4096, 8192, 0]) await read(store, at, 10);
    expect(asked).toHaveLength(5);
    expect(store.inspect()).toMatchObject({ cachedChunks: 2, requests: 4 });
    await read(store, 8192, 10);
    expect(asked).toHaveLength(5);
  });

  it('asks again, later and later, when a server fails for now', async () => {
    const store = await HttpStore.open(url, quick);
    let failures = 2;
    behaviour = (request, response) => failures-- > 0 && answering(503)(request, response);
    delays.length = 0;
    expect(await read(store, 0, 10)).toEqual(content.slice(0, 10));
    expect(delays).toEqual([200, 400]);
    behaviour = answering(503);
    await expect(read(store, 50_000, 10)).rejects.toThrow(/answers 503/);
    expect(asked).toHaveLength(1 + 3 + 4);
    behaviour = (_, response) => response.destroy() && true;
    await expect(read(store, 50_000, 10)).rejects.toThrow(/cannot be reached/);
    behaviour = () => false;
    expect(await read(store, 50_000, 10)).toEqual(content.slice(50_000, 50_010));
  });

  it.each([
    [
      'another ETag',
      /has changed/,
      () => {
        tag = '"2"';
      },
    ],
    [
      'no more ranges',
      /has changed/,
      () => {
        behaviour = answering(200, {}, content);
      },
    ],
    [
      'another size',
      /has changed.* 99999 bytes/,
      () => {
        body = content.subarray(1);
      },
    ],
    [
      'nothing',
      /answers 404/,
      () => {
        behaviour = answering(404);
      },
    ],
    [
      'no range',
      /without the range/,
      () => {
        behaviour = answering(206);
      },
    ],
    [
      'another range',
      /bytes 5 to 9 came, 0 to 4095/,
      () => {
        behaviour = answering(206, { 'Content-Range': 'bytes 5-9/100000' }, new Uint8Array(5));
      },
    ],
    [
      'fewer bytes than it says',
      /10 of 4096 bytes came/,
      () => {
        behaviour = answering(206, { 'Content-Range': 'bytes 0-4095/100000' }, new Uint8Array(10));
      },
    ],
  ])('fails when there is %s', async (_, words, change) => {
    const store = await HttpStore.open(url, quick);
    change();
    await expect(read(store, 0, 10)).rejects.toMatchObject({
      kind: 'io',
      message: expect.stringMatching(words),
    });
  });

  it.each([
    ['knows no ranges', /knows no ranges/, answering(200, {}, content)],
    ['has no such file', /answers 404 Not Found/, answering(404)],
    ['hides the size', /does not tell the file's size/, answering(206, { 'Content-Range': 'bytes 0-0/*' })],
  ])('refuses a server that %s', async (_, words, behave) => {
    behaviour = behave;
    await expect(HttpStore.open(url)).rejects.toMatchObject({
      kind: 'io',
      message: expect.stringMatching(words),
    });
  });

  it('says when there is no server', async () => {
    await expect(HttpStore.open('http://127.0.0.1:1/x')).rejects.toThrow(/cannot be reached/);
  });

  it('serves images of any format, read-only', async () => {
    const image = new MemoryStore();
    await createVhdx(image, { type: 'dynamic', sizeBytes: 2 ** 20 });
    body = image.toBytes();
    const disk = await openImage(url);
    expect([disk.inspect().kind, disk.readOnly]).toEqual(['vhdx', true]);
    const bytes = new Uint8Array(512).fill(1);
    await disk.read(0, [bytes]);
    expect(bytes[0]).toBe(0);
    await disk.close();
  });
});

describe('Content-Range', () => {
  it.each([
    ['bytes 0-0/1', { first: 0, last: 0, sizeBytes: 1 }],
    [' Bytes  5-9/* ', { first: 5, last: 9, sizeBytes: undefined }],
    ['bytes 5-4/10', undefined],
    ['bytes 0-10/10', undefined],
    ['bytes */10', undefined],
    ['items 0-1/10', undefined],
    [`bytes 0-1/${'9'.repeat(16)}`, undefined],
    ['bytes 0-1/10, bytes', undefined],
    [null, undefined],
  ])('%j', (text, range) => {
    expect(parseContentRange(text)).toEqual(range);
  });
});
