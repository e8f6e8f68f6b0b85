/** A guest's memory under its balloon: pages leave its address space, and come back. TLFS, "Guest Physical Address Spaces". */

import type { ChildPartition } from '@viridian/hypervisor/parent';
import type { BalloonMemory, PageRange } from '@viridian/vsp/balloon';
import { PAGE_BYTES } from '@viridian/x86';
import type { MachineBank } from './machine-memory.ts';

/** Instance GUID of the memory channel, of our own numbering. */
export const BALLOON_INSTANCE_ID = '76726964-6961-6e00-8000-ba1100000000';

/** The RAM that a machine began with. */
export class ChildBalloonMemory implements BalloonMemory {
  readonly pageCount: number;
  readonly #child: ChildPartition;
  readonly #bank: MachineBank;
  readonly #isAlive: () => boolean;

  /** `isAlive` is false when the partition comes to its end: nothing is mapped any more then. */
  constructor(child: ChildPartition, bank: MachineBank, memoryBytes: number, isAlive: () => boolean) {
    this.#child = child;
    this.#bank = bank;
    this.#isAlive = isAlive;
    this.pageCount = memoryBytes / PAGE_BYTES;
  }

  isRam({ firstGpn, pageCount }: PageRange): boolean {
    return this.#bank.offsetOf(firstGpn * PAGE_BYTES, pageCount * PAGE_BYTES) !== undefined;
  }

  take(ranges: readonly PageRange[]): void {
    if (!this.#isAlive()) return;
    for (const { firstGpn, pageCount } of joined(ranges)) {
      const [gpa, sizeBytes] = [firstGpn * PAGE_BYTES, pageCount * PAGE_BYTES];
      this.#child.unmapMemory(gpa, sizeBytes);
      const offset = this.#bank.offsetOf(gpa, sizeBytes)!;
      forget(this.#bank.bank.bytes.subarray(offset, offset + sizeBytes));
    }
  }

  give(ranges: readonly PageRange[]): void {
    if (!this.#isAlive()) return;
    for (const { firstGpn, pageCount } of joined(ranges)) {
      const [gpa, sizeBytes] = [firstGpn * PAGE_BYTES, pageCount * PAGE_BYTES];
      const bankOffset = this.#bank.offsetOf(gpa, sizeBytes)!;
      this.#child.mapMemory({ gpa, bank: this.#bank.bank, bankOffset, sizeBytes });
    }
  }
}

/** Runs that follow one another become one. */
function joined(ranges: readonly PageRange[]): PageRange[] {
  const runs: PageRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.firstGpn - b.firstGpn)) {
    const last = runs.at(-1);
    if (last !== undefined && last.firstGpn + last.pageCount === range.firstGpn) {
      runs[runs.length - 1] = { firstGpn: last.firstGpn, pageCount: last.pageCount + range.pageCount };
    } else {
      runs.push(range);
    }
  }
  return runs;
}

/**
 * Makes pages zero. A page that nobody has written yet costs its host no memory, and reading it leaves it so; a write would
 * not: what is zero already is only read.
 */
function forget(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, PAGE_BYTES / 4);
    if (!isZero(words)) words.fill(0);
  }
}

function isZero(words: Int32Array): boolean {
  for (let index = 0; index < words.length; index += 1) if (words[index] !== 0) return false;
  return true;
}
