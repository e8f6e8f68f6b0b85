/** A file as a byte store, by the asynchronous calls of `node:fs`. */

import fs from 'node:fs';
import { open as openHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { InspectNode } from '@viridian/trace';
import { BlockError, type Buffers } from '../block/block-device.ts';
import { buffersLength, sliceBuffers } from '../block/buffers.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { type FileLock, lockFile } from './file-lock.ts';
import { hostError } from './host-error.ts';
import type { ReadThread } from './read-thread.ts';

/** How to open a file. */
export interface FileStoreOptions {
  readonly readOnly?: boolean;
  /** Makes the file, which must not exist yet. */
  readonly create?: boolean;
  /** Takes `<path>.lock` first, so that others who ask for it cannot open the file meanwhile. */
  readonly lock?: boolean;
  /** Does short reads into shared memory; Node's own threads do all others, and those where it fails. */
  readonly reads?: ReadThread;
}

const fstat = promisify(fs.fstat);
const stat = promisify(fs.stat);
const openFile = promisify(fs.open);
const closeFile = promisify(fs.close);
const truncate = promisify(fs.ftruncate);
// Unlike fsync it leaves out times, but not the size and the extents without which data could not be found again.
const syncData = promisify(fs.fdatasync);

/** Longest single buffer handed to one call; the system's own limit is 2 GiB. */
const MOST_PER_CALL = 2 ** 30;

/** A regular file. Its size is learned when it is opened and followed from there: others must not resize it. */
export class FileStore implements ByteStore {
  readonly path: string;
  readonly readOnly: boolean;
  readonly #fd: number;
  readonly #lock: FileLock | undefined;
  readonly #reads: ReadThread | undefined;
  #sizeBytes: number;
  #inFlight = 0;
  #idle: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  #syncFailure: BlockError | undefined;

  private constructor(
    path: string,
    fd: number,
    sizeBytes: number,
    options: FileStoreOptions,
    lock: FileLock | undefined,
  ) {
    this.path = path;
    this.readOnly = options.readOnly === true;
    this.#fd = fd;
    this.#sizeBytes = sizeBytes;
    this.#lock = lock;
    this.#reads = options.reads;
    this.#reads?.attach();
  }

  /** Opens a file. Throws BlockError, for what is no regular file too. */
  static async open(path: string, options: FileStoreOptions = {}): Promise<FileStore> {
    const { readOnly = false, create = false } = options;
    const lock = options.lock === true ? await lockFile(path) : undefined;
    let fd: number | undefined;
    try {
      // Opening a pipe would wait for its other end, so look first.
      if (!create) mustBeFile(await stat(path), path);
      fd = await openFile(path, create ? 'wx+' : readOnly ? 'r' : 'r+');
      const { size } = mustBeFile(await fstat(fd), path);
      return new FileStore(path, fd, size, options, lock);
    } catch (error) {
      if (fd !== undefined) await closeFile(fd);
      await lock?.release();
      throw error instanceof BlockError ? error : hostError(error, 'opening', path);
    }
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  read(offset: number, into: Buffers): Promise<void> {
    const length = buffersLength(into);
    this.#admit(offset, length, this.#sizeBytes);
    return this.#transfer('reading', offset, into, length);
  }

  write(offset: number, from: Buffers): Promise<void> {
    const length = buffersLength(from);
    this.#admitChange();
    this.#admit(offset, length, Number.MAX_SAFE_INTEGER);
    return this.#transfer('writing', offset, from, length);
  }

  resize(sizeBytes: number): Promise<void> {
    this.#admitChange();
    this.#admit(0, sizeBytes, Number.MAX_SAFE_INTEGER);
    return this.#call('resizing', async () => {
      await truncate(this.#fd, sizeBytes);
      this.#sizeBytes = sizeBytes;
    });
  }

  flush(): Promise<void> | undefined {
    this.#admit(0, 0, 0);
    if (this.readOnly) return undefined;
    // After a failure the system may have dropped the very pages that could not be written, and a second call would
    // succeed without them: from here on nothing is promised any more.
    if (this.#syncFailure !== undefined) throw this.#syncFailure;
    return this.#call('flushing', () => syncData(this.#fd)).catch((error: BlockError) => {
      this.#syncFailure = error;
      throw error;
    });
  }

  close(): Promise<void> {
    this.#closing ??= Promise.resolve().then(() => this.#close());
    return this.#closing;
  }

  inspect(): InspectNode {
    return { kind: 'file', path: this.path, sizeBytes: this.#sizeBytes, inFlight: this.#inFlight };
  }

  async #close(): Promise<void> {
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    this.#reads?.detach();
    try {
      await closeFile(this.#fd);
    } catch (error) {
      throw hostError(error, 'closing', this.path);
    } finally {
      await this.#lock?.release();
    }
  }

  /** Reads or writes everything, in as many calls as the system needs. */
  #transfer(what: 'reading' | 'writing', offset: number, buffers: Buffers, length: number): Promise<void> {
    if (length === 0) return Promise.resolve();
    this.#inFlight += 1;
    return new Promise((resolve, reject) => {
      let parts = buffers;
      let at = offset;
      let left = length;
      const submit = (): void => {
        try {
          this.#submit(what, at, parts, step);
        } catch (error) {
          step(error as Error, 0);
        }
      };
      const step = (error: Error | null, done: number): void => {
        if (error !== null || done === 0) {
          this.#ended();
          reject(hostError(error ?? new Error('the file ends here'), what, this.path, at));
          return;
        }
        at += done;
        left -= done;
        if (left > 0) {
          parts = sliceBuffers(parts, done, left);
          submit();
          return;
        }
        if (at > this.#sizeBytes && what === 'writing') this.#sizeBytes = at;
        this.#ended();
        resolve();
      };
      submit();
    });
  }

  #submit(
    what: 'reading' | 'writing',
    at: number,
    parts: Buffers,
    step: (error: Error | null, done: number) => void,
  ): void {
    const first = parts[0]!;
    if (parts.length > 1 && first.length < MOST_PER_CALL) {
      const vector = parts as Uint8Array[];
      if (what === 'reading') fs.readv(this.#fd, vector, at, step);
      else fs.writev(this.#fd, vector, at, step);
      return;
    }
    const length = Math.min(first.length, MOST_PER_CALL);
    if (what === 'writing') fs.write(this.#fd, first, 0, length, at, step);
    else if (parts.length === 1 && this.#reads?.takes(first) === true) this.#readByThread(first, at, step);
    else fs.read(this.#fd, first, 0, length, at, step);
  }

  #readByThread(
    into: Uint8Array<SharedArrayBuffer>,
    at: number,
    step: (error: Error | null, done: number) => void,
  ): void {
    this.#reads!.read(this.#fd, into, at, (bytes) => {
      if (bytes >= 0) step(null, bytes);
      else fs.read(this.#fd, into, 0, into.length, at, step);
    });
  }

  async #call(what: string, work: () => Promise<void>): Promise<void> {
    this.#inFlight += 1;
    try {
      await work();
    } catch (error) {
      throw hostError(error, what, this.path);
    } finally {
      this.#ended();
    }
  }

  #ended(): void {
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#idle?.();
  }

  #admit(offset: number, length: number, limit: number): void {
    if (this.#closing !== undefined) throw new BlockError('closed', `${this.path} is closed`, { offset });
    const sane = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
    if (!sane || length > limit - offset) {
      throw new BlockError(
        'out-of-range',
        `${length} bytes at ${offset}: ${this.path} has ${this.#sizeBytes}`,
        { offset },
      );
    }
  }

  #admitChange(): void {
    if (this.readOnly) throw new BlockError('read-only', `${this.path} was opened read-only`);
  }
}

function mustBeFile(stats: fs.Stats, path: string): fs.Stats {
  if (!stats.isFile()) throw new BlockError('io', `${path} is no regular file`);
  return stats;
}

/** Makes a new file's name durable, as `flush` makes its bytes. Does nothing where directories cannot be synced. */
export async function flushDirectoryOf(path: string): Promise<void> {
  const directory = await openHandle(dirname(path), 'r').catch(() => undefined);
  try {
    await directory?.sync();
  } catch {
    // Windows and some network file systems refuse; they keep names durable on their own terms.
  } finally {
    await directory?.close();
  }
}
