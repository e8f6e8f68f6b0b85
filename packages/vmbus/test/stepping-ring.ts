/** A ring whose every atomic access is a point where the other end may act. */

import { RingMemory, type SharedPages } from '../src/ring/index.ts';

/** Calls `between` before each atomic access. */
export class SteppingRingMemory extends RingMemory {
  between: () => void = () => undefined;

  // The base class touches nothing atomically while it is built.
  static over(pages: SharedPages, between: () => void): SteppingRingMemory {
    const memory = new SteppingRingMemory(pages);
    memory.between = between;
    return memory;
  }

  override loadWriteIndex(): number {
    this.between();
    return super.loadWriteIndex();
  }

  override storeWriteIndex(value: number): void {
    this.between();
    super.storeWriteIndex(value);
  }

  override loadReadIndex(): number {
    this.between();
    return super.loadReadIndex();
  }

  override storeReadIndex(value: number): void {
    this.between();
    super.storeReadIndex(value);
  }

  override get masked(): boolean {
    this.between();
    return super.masked;
  }

  override set masked(value: boolean) {
    this.between();
    super.masked = value;
  }

  override get pendingSendSize(): number {
    this.between();
    return super.pendingSendSize;
  }

  override set pendingSendSize(value: number) {
    this.between();
    super.pendingSendSize = value;
  }
}
