/** What every block device does alike: checks a request, counts it, tracks it while in flight, closes in order. */

import { type Counters, counters, type InspectNode, tracePoint } from '@viridian/trace';
import { type BlockDevice, BlockError, type Buffers, type WriteOptions } from './block-device.ts';
import { buffersLength } from './buffers.ts';
import { after, type Settling } from './settle.ts';

/** Every request that was let in; `where` is the kind of device, so a stack of devices shows each layer. */
const requests = tracePoint('drivers.block.request', ['operation', 'offset', 'lengthBytes']);

/** The fixed properties of a device. */
export interface DeviceShape {
  readonly sizeBytes: number;
  readonly logicalBlockBytes: number;
  readonly physicalBlockBytes: number;
  readonly readOnly: boolean;
}

type RequestCounters = Counters<
  'reads' | 'readBytes' | 'writes' | 'writtenBytes' | 'flushes' | 'discards' | 'errors'
>;

/** Base of the devices here: a subclass sees only requests that are in range, aligned, permitted and not empty. */
export abstract class BaseDevice implements BlockDevice {
  readonly sizeBytes: number;
  readonly logicalBlockBytes: number;
  readonly physicalBlockBytes: number;
  readonly readOnly: boolean;

  readonly #counters: RequestCounters = counters({
    reads: 0,
    readBytes: 0,
    writes: 0,
    writtenBytes: 0,
    flushes: 0,
    discards: 0,
    errors: 0,
  });
  #inFlight = 0;
  #closing: Promise<void> | undefined;
  #idle: (() => void) | undefined;

  // Bound once: tracking a request makes no closure.
  readonly #settled = (): void => {
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#idle?.();
  };
  readonly #failed = (error: unknown): never => {
    this.#counters.errors += 1;
    this.#settled();
    throw error;
  };

  /** Throws Error when the shape is impossible: that is a mistake of the caller, not of a medium. */
  constructor(shape: DeviceShape) {
    const { sizeBytes, logicalBlockBytes, physicalBlockBytes } = shape;
    if (logicalBlockBytes !== 512 && logicalBlockBytes !== 4096) {
      throw new Error(`a logical block is 512 or 4096 bytes, not ${logicalBlockBytes}`);
    }
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0 || sizeBytes % logicalBlockBytes !== 0) {
      throw new Error(`${sizeBytes} bytes are no whole number of blocks of ${logicalBlockBytes}`);
    }
    this.sizeBytes = sizeBytes;
    this.logicalBlockBytes = logicalBlockBytes;
    this.physicalBlockBytes = Math.max(physicalBlockBytes, logicalBlockBytes);
    this.readOnly = shape.readOnly;
  }

  /** What the device is, in one word for inspection: 'memory', 'raw', 'vhd' … */
  protected abstract readonly kind: string;
  protected abstract readRange(offset: number, into: Buffers, length: number): Settling;
  protected abstract writeRange(offset: number, from: Buffers, length: number): Settling;
  /** Makes everything acknowledged so far durable. Not called on read-only devices. */
  protected abstract flushAll(): Settling;
  /** Lets go of what lies below, after the last flush. */
  protected abstract release(): Settling;
  /** More to show in `inspect`. */
  protected details(): InspectNode {
    return {};
  }

  read(offset: number, into: Buffers): Settling {
    const length = buffersLength(into);
    try {
      this.#admit(offset, length);
      if (length === 0) return;
      this.#counters.reads += 1;
      this.#counters.readBytes += length;
      if (requests.on) requests.emit(this.kind, 'read', offset, length);
      return this.#track(this.readRange(offset, into, length));
    } catch (error) {
      throw this.#refused(error);
    }
  }

  write(offset: number, from: Buffers, options?: WriteOptions): Settling {
    const length = buffersLength(from);
    try {
      this.#admit(offset, length);
      this.#admitChange(offset);
      if (length === 0) return;
      this.#counters.writes += 1;
      this.#counters.writtenBytes += length;
      if (requests.on) requests.emit(this.kind, 'write', offset, length);
      const work = this.writeRange(offset, from, length);
      return this.#track(options?.fua === true ? after(work, () => this.flushAll()) : work);
    } catch (error) {
      throw this.#refused(error);
    }
  }

  flush(): Settling {
    try {
      this.#admit(0, 0);
      this.#counters.flushes += 1;
      if (requests.on) requests.emit(this.kind, 'flush', 0, 0);
      return this.readOnly ? undefined : this.#track(this.flushAll());
    } catch (error) {
      throw this.#refused(error);
    }
  }

  /** For subclasses with `discard`: checks and tracks `work` as the other requests are. */
  protected discardChecked(offset: number, length: number, work: () => Settling): Settling {
    try {
      this.#admit(offset, length);
      this.#admitChange(offset);
      if (length === 0) return;
      this.#counters.discards += 1;
      if (requests.on) requests.emit(this.kind, 'discard', offset, length);
      return this.#track(work());
    } catch (error) {
      throw this.#refused(error);
    }
  }

  close(): Promise<void> {
    this.#closing ??= Promise.resolve().then(() => this.#close());
    return this.#closing;
  }

  inspect(): InspectNode {
    return {
      kind: this.kind,
      sizeBytes: this.sizeBytes,
      logicalBlockBytes: this.logicalBlockBytes,
      readOnly: this.readOnly,
      closed: this.#closing !== undefined,
      inFlight: this.#inFlight,
      ...this.#counters,
      ...this.details(),
    };
  }

  async #close(): Promise<void> {
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    try {
      if (!this.readOnly) await this.flushAll();
    } finally {
      await this.release();
    }
  }

  #admit(offset: number, length: number): void {
    if (this.#closing !== undefined) throw new BlockError('closed', 'the device is closed', { offset });
    const block = this.logicalBlockBytes;
    const wanted = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
    if (!wanted || offset % block !== 0 || length % block !== 0 || length > this.sizeBytes - offset) {
      throw new BlockError(
        'out-of-range',
        `${length} bytes at ${offset}: the device has ${this.sizeBytes} bytes in blocks of ${block}`,
        { offset },
      );
    }
  }

  #admitChange(offset: number): void {
    if (this.readOnly) throw new BlockError('read-only', 'the device takes no writes', { offset });
  }

  #track(work: Settling): Settling {
    if (!(work instanceof Promise)) return;
    this.#inFlight += 1;
    return work.then(this.#settled, this.#failed);
  }

  #refused(error: unknown): unknown {
    this.#counters.errors += 1;
    return error;
  }
}
