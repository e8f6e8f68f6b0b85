/** When a virtual processor gets its turns on the host's thread, and how long they are. */

import { StopReason } from '@viridian/x86';
import { UNITS_PER_MILLISECOND } from '../clock/clock.ts';
import type { VirtualProcessor } from './virtual-processor.ts';

/** How long a processor runs before the host's events get their turn. */
const SLICE_MS = 2;
/** The same when another processor waits for its turn. */
const SHARED_SLICE_MS = 1;
/** A slice ends when a timer is due, but a turn shorter than this would cost more than it brings. */
const SHORTEST_SLICE_MS = 0.05;

/** The turns of one processor: slices of a few milliseconds, one after another while there is something to do. */
export class Turns {
  readonly #vp: VirtualProcessor;
  #queued = false;
  #running = false;
  /** Something happened during the slice that asks for another one. */
  #again = false;
  #runtime = 0;
  #sliceStart = 0;

  constructor(vp: VirtualProcessor) {
    this.#vp = vp;
  }

  /** Whether a turn was asked for and has not come. */
  get isQueued(): boolean {
    return this.#queued;
  }

  /** Whether the processor is in the middle of a turn. */
  get isRunning(): boolean {
    return this.#running;
  }

  /** Time spent in slices, in 100 ns. */
  get runtime(): number {
    return this.#runtime + (this.#running ? this.#vp.clock.now() - this.#sliceStart : 0);
  }

  /** Asks for a turn. Cheap and harmless when there is nothing to do. */
  kick(): void {
    const vp = this.#vp;
    if (!vp.isRunnable) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    if (this.#queued) return;
    this.#queued = true;
    const { hypervisor, vps } = vp.partition;
    hypervisor.executor.post(this.runSlice);
    // Who wakes another processor gives way to it: what it was woken for may be urgent, and slices are long.
    for (const other of vps) if (other?.turns.isRunning === true) other.processor.requestStop();
  }

  /** The turn itself. Does nothing unless one was asked for. */
  readonly runSlice = (): void => {
    const vp = this.#vp;
    if (!this.#queued || this.#running) return;
    this.#queued = false;
    if (!vp.isRunnable) return;
    this.#again = false;
    this.#running = true;
    this.#sliceStart = vp.clock.now();
    let reason: StopReason = StopReason.BUDGET;
    try {
      reason = vp.executeSlice();
    } finally {
      this.#running = false;
      this.#runtime += vp.clock.now() - this.#sliceStart;
    }
    vp.sliceEnded(reason);
    if (this.#again || reason === StopReason.BUDGET || reason === StopReason.REQUESTED) this.kick();
  };

  /** Length of the next slice. Timers of guests and devices are as precise as slices: the turn ends when the next one is due. */
  sliceMilliseconds(): number {
    const most = this.othersWait ? SHARED_SLICE_MS : SLICE_MS;
    const next = this.#vp.clock.untilNext / UNITS_PER_MILLISECOND;
    return Math.min(most, Math.max(next, SHORTEST_SLICE_MS));
  }

  /** Whether a turn that was asked for by another processor of the partition, or by one of an ancestor, has not come. */
  get othersWait(): boolean {
    const { vps, parent } = this.#vp.partition;
    for (const vp of vps) {
      if (vp !== undefined && vp !== this.#vp && vp.isQueued) return true;
    }
    for (let partition = parent; partition !== null; partition = partition.parent) {
      for (const vp of partition.vps) if (vp?.isQueued === true) return true;
    }
    return false;
  }
}
