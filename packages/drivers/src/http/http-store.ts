/** A file on a web server as a read-only byte store, by range requests. RFC 9110, Range Requests, Conditional Requests. */

import { type Counters, counters, type InspectNode } from '@viridian/trace';
import { BlockError, type Buffers } from '../block/block-device.ts';
import { buffersLength, copyIntoBuffers, sliceBuffers } from '../block/buffers.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { parseContentRange } from './content-range.ts';

/** How to reach the file. */
export interface HttpStoreOptions {
  /** The host's `fetch` unless given. */
  readonly fetch?: typeof globalThis.fetch;
  /** Sent with every request, e.g. for authorization. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Unit of requests and of the cache, a power of two of at least 4096; 256 KiB unless told. */
  readonly chunkBytes?: number;
  /** Most bytes that are kept in memory; 64 MiB unless told. */
  readonly cacheBytes?: number;
  /** How often a request that failed is made again; 3 unless told. */
  readonly retries?: number;
  /** Settles after so many milliseconds: between attempts. The host's timer unless given. */
  readonly delay?: (milliseconds: number) => Promise<void>;
}

const FIRST_DELAY_MS = 200;

/** What a request came to: done, or worth another attempt. */
type Attempt = { readonly bytes: Uint8Array } | { readonly failure: string; readonly cause?: unknown };

/** Chunks that were asked for once are kept, the longest unused go first. The file must not change meanwhile. */
export class HttpStore implements ByteStore {
  readonly readOnly = true;
  readonly sizeBytes: number;
  readonly url: string;
  readonly #fetch: typeof globalThis.fetch;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #validator: string | undefined;
  readonly #chunkBytes: number;
  readonly #mostChunks: number;
  readonly #retries: number;
  readonly #delay: (milliseconds: number) => Promise<void>;
  readonly #chunks = new Map<number, Promise<Uint8Array>>();
  readonly #abort = new AbortController();
  readonly #counters: Counters<'requests' | 'retries' | 'bytes' | 'hits'> = counters({
    requests: 0,
    retries: 0,
    bytes: 0,
    hits: 0,
  });

  private constructor(url: string, found: FoundFile, options: HttpStoreOptions) {
    const { chunkBytes = 256 * 1024, cacheBytes = 64 * 1024 * 1024 } = options;
    if (chunkBytes < 4096 || !Number.isInteger(Math.log2(chunkBytes))) {
      throw new Error(`${chunkBytes} bytes are no power of two of at least 4096`);
    }
    this.url = url;
    this.sizeBytes = found.sizeBytes;
    this.#validator = found.validator;
    this.#fetch = options.fetch ?? ((...request) => globalThis.fetch(...request));
    this.#headers = options.headers ?? {};
    this.#chunkBytes = chunkBytes;
    this.#mostChunks = Math.max(2, Math.floor(cacheBytes / chunkBytes));
    this.#retries = options.retries ?? 3;
    this.#delay = options.delay ?? ((ms) => new Promise((resolve) => void setTimeout(resolve, ms)));
  }

  /**
   * Asks for the first byte, to learn the file's size and its version. Throws BlockError: 'io' when the server cannot be
   * reached, refuses, or knows no ranges.
   */
  static async open(url: string, options: HttpStoreOptions = {}): Promise<HttpStore> {
    return new HttpStore(url, await findFile(url, options), options);
  }

  async read(offset: number, into: Buffers): Promise<void> {
    const length = buffersLength(into);
    this.#admit(offset, length);
    const first = Math.floor(offset / this.#chunkBytes);
    const behind = Math.ceil((offset + length) / this.#chunkBytes);
    const chunks = await Promise.all(
      Array.from({ length: behind - first }, (_, index) => this.#chunk(first + index)),
    );
    for (const [index, chunk] of chunks.entries()) {
      const start = (first + index) * this.#chunkBytes;
      const from = Math.max(offset, start);
      const to = Math.min(offset + length, start + chunk.length);
      copyIntoBuffers(chunk, from - start, sliceBuffers(into, from - offset, to - from));
    }
  }

  write(): never {
    throw new BlockError('read-only', `${this.url} takes no writes`);
  }

  resize(): never {
    throw new BlockError('read-only', `${this.url} takes no writes`);
  }

  flush(): void {}

  /** Requests in flight fail. */
  async close(): Promise<void> {
    this.#abort.abort();
    await Promise.allSettled(this.#chunks.values());
    this.#chunks.clear();
  }

  inspect(): InspectNode {
    const { url, sizeBytes } = this;
    return { kind: 'http', url, sizeBytes, cachedChunks: this.#chunks.size, ...this.#counters };
  }

  #chunk(index: number): Promise<Uint8Array> {
    const known = this.#chunks.get(index);
    if (known !== undefined) {
      this.#counters.hits += 1;
      this.#chunks.delete(index);
      this.#chunks.set(index, known);
      return known;
    }
    const start = index * this.#chunkBytes;
    const fetching = this.#fetchRange(start, Math.min(this.#chunkBytes, this.sizeBytes - start));
    this.#chunks.set(index, fetching);
    // What failed is asked for again by whoever wants it next.
    fetching.catch(() => this.#chunks.get(index) === fetching && this.#chunks.delete(index));
    if (this.#chunks.size > this.#mostChunks) this.#chunks.delete(this.#chunks.keys().next().value!);
    return fetching;
  }

  async #fetchRange(start: number, length: number): Promise<Uint8Array> {
    let delay = FIRST_DELAY_MS;
    for (let left = this.#retries; ; left--) {
      const attempt = await this.#attempt(start, length);
      if ('bytes' in attempt) return attempt.bytes;
      if (this.#abort.signal.aborted)
        throw new BlockError('closed', `${this.url} is closed`, { offset: start });
      if (left <= 0) {
        throw new BlockError('io', `${this.url}: ${attempt.failure}`, {
          offset: start,
          cause: attempt.cause,
        });
      }
      this.#counters.retries += 1;
      await this.#delay(delay);
      delay *= 2;
    }
  }

  /** One request. Throws what another attempt would not change. */
  async #attempt(start: number, length: number): Promise<Attempt> {
    this.#counters.requests += 1;
    const headers: Record<string, string> = {
      ...this.#headers,
      Range: `bytes=${start}-${start + length - 1}`,
    };
    if (this.#validator !== undefined) headers['If-Range'] = this.#validator;
    try {
      const response = await this.#fetch(this.url, { headers, signal: this.#abort.signal });
      if (isPassing(response.status)) return { failure: statusText(response) };
      this.#check(response, start, length);
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (bytes.length !== length) return { failure: `${bytes.length} of ${length} bytes came` };
      this.#counters.bytes += length;
      return { bytes };
    } catch (error) {
      if (error instanceof BlockError) throw error;
      return { failure: `the server cannot be reached (${(error as Error).message})`, cause: error };
    }
  }

  #check(response: Response, start: number, length: number): void {
    const problem = (what: string): BlockError =>
      new BlockError('io', `${this.url}: ${what}`, { offset: start });
    // By If-Range a server answers with all of the file when it is another one.
    if (response.status === 200) throw problem('the file has changed on the server');
    if (response.status !== 206) throw problem(statusText(response));
    const validator = validatorOf(response);
    if (this.#validator !== undefined && validator !== undefined && validator !== this.#validator) {
      throw problem('the file has changed on the server');
    }
    const range = parseContentRange(response.headers.get('Content-Range'));
    if (range === undefined) throw problem('an answer without the range that it is');
    if (range.sizeBytes !== undefined && range.sizeBytes !== this.sizeBytes) {
      throw problem(
        `the file has changed on the server: ${range.sizeBytes} bytes instead of ${this.sizeBytes}`,
      );
    }
    if (range.first !== start || range.last !== start + length - 1) {
      throw problem(
        `bytes ${range.first} to ${range.last} came, ${start} to ${start + length - 1} were asked for`,
      );
    }
  }

  #admit(offset: number, length: number): void {
    if (this.#abort.signal.aborted) throw new BlockError('closed', `${this.url} is closed`, { offset });
    if (!Number.isSafeInteger(offset) || offset < 0 || length > this.sizeBytes - offset) {
      throw new BlockError(
        'out-of-range',
        `${length} bytes at ${offset}: ${this.url} has ${this.sizeBytes}`,
        {
          offset,
        },
      );
    }
  }
}

interface FoundFile {
  readonly sizeBytes: number;
  /** A strong ETag, or the time of the last change; undefined when the server tells neither. */
  readonly validator: string | undefined;
}

async function findFile(url: string, options: HttpStoreOptions): Promise<FoundFile> {
  const { fetch = globalThis.fetch, headers } = options;
  let response: Response;
  try {
    response = await fetch(url, { headers: { ...headers, Range: 'bytes=0-0' } });
  } catch (error) {
    throw new BlockError('io', `${url}: the server cannot be reached (${(error as Error).message})`, {
      cause: error,
    });
  }
  // The rest of a whole file is not wanted.
  await response.body?.cancel();
  if (response.status === 200) {
    throw new BlockError('io', `${url}: the server knows no ranges: the file can only be had whole`);
  }
  if (response.status !== 206) throw new BlockError('io', `${url}: ${statusText(response)}`);
  const sizeBytes = parseContentRange(response.headers.get('Content-Range'))?.sizeBytes;
  if (sizeBytes === undefined) {
    throw new BlockError(
      'io',
      `${url}: the server does not tell the file's size, or does not show it to this page`,
    );
  }
  return { sizeBytes, validator: validatorOf(response) };
}

/** A weak ETag does not promise that the bytes are the same: it cannot go with ranges. */
function validatorOf(response: Response): string | undefined {
  const tag = response.headers.get('ETag');
  if (tag !== null && !tag.startsWith('W/')) return tag;
  return response.headers.get('Last-Modified') ?? undefined;
}

/** Whether another attempt may have more luck. */
function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

function statusText(response: Response): string {
  return `the server answers ${response.status} ${response.statusText}`.trimEnd();
}
