/** A disk that fails and dawdles on purpose, for tests and for watching a guest cope. */

import { BaseDevice } from './base-device.ts';
import { type BlockDevice, BlockError, type Buffers } from './block-device.ts';
import { after, type Settling } from './settle.ts';

/** One request on its way to the disk below. */
export interface FaultRequest {
  readonly operation: 'read' | 'write' | 'flush' | 'discard';
  /** 0 for a flush, as is `lengthBytes`. */
  readonly offset: number;
  readonly lengthBytes: number;
  /** Number of this request, counted from 0. */
  readonly sequence: number;
}

/** What befalls a request: it waits first, if `wait` is there, and then fails, if `error` is there. */
export interface Fault {
  /** The request goes on when this is fulfilled: a timer of the caller's choice or a gate held by a test. */
  readonly wait?: Promise<void>;
  readonly error?: BlockError;
}

/** Decides over each request; no answer means that it passes. */
export type FaultPlan = (request: FaultRequest) => Fault | undefined;

/** Puts the faults of a plan in front of another disk. A failed write has not touched the disk below. */
export class FaultDisk extends BaseDevice {
  /** Replace it to change the rules while requests run. */
  plan: FaultPlan;
  /** There when the disk below has it. */
  readonly discard?: (offset: number, lengthBytes: number) => Settling;
  protected readonly kind = 'fault';
  readonly #base: BlockDevice;
  #sequence = 0;
  #delayed = 0;
  #injected = 0;

  constructor(base: BlockDevice, plan: FaultPlan) {
    super({
      sizeBytes: base.sizeBytes,
      logicalBlockBytes: base.logicalBlockBytes,
      physicalBlockBytes: base.physicalBlockBytes,
      readOnly: base.readOnly,
    });
    this.#base = base;
    this.plan = plan;
    if (base.discard !== undefined) {
      this.discard = (offset, lengthBytes) =>
        this.discardChecked(offset, lengthBytes, () =>
          this.#pass('discard', offset, lengthBytes, () => base.discard?.(offset, lengthBytes)),
        );
    }
  }

  protected readRange(offset: number, into: Buffers, length: number): Settling {
    return this.#pass('read', offset, length, () => this.#base.read(offset, into));
  }

  protected writeRange(offset: number, from: Buffers, length: number): Settling {
    return this.#pass('write', offset, length, () => this.#base.write(offset, from));
  }

  protected flushAll(): Settling {
    return this.#pass('flush', 0, 0, () => this.#base.flush());
  }

  protected release(): Promise<void> {
    return this.#base.close();
  }

  protected override details() {
    return { delayed: this.#delayed, injected: this.#injected, base: this.#base };
  }

  #pass(
    operation: FaultRequest['operation'],
    offset: number,
    lengthBytes: number,
    go: () => Settling,
  ): Settling {
    const fault = this.plan({ operation, offset, lengthBytes, sequence: this.#sequence++ });
    if (fault === undefined) return go();
    if (fault.wait !== undefined) this.#delayed += 1;
    return after(fault.wait, () => {
      if (fault.error === undefined) return go();
      this.#injected += 1;
      throw fault.error;
    });
  }
}

/** A failure to inject, e.g. `injectedError('medium', 4096)`. */
export function injectedError(kind: BlockError['kind'], offset?: number): BlockError {
  return new BlockError(kind, `injected: ${kind}`, offset === undefined ? {} : { offset });
}
