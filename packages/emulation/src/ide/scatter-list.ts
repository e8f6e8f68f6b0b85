/** Physical region descriptor tables, which say where in memory a transfer goes (82371AB PIIX4, Bus Master IDE operation). */

import { copyFromMemory, type DmaMemory } from './dma-memory.ts';
import { MOST_PRDS, Prd } from './spec.ts';

/**
 * What a table came to.
 * - 'exact': it describes just what was asked for; 'longer': something is left over
 * - 'short': it ends too early, nothing is to be moved
 * - 'no-memory': it, or what it describes, is not RAM; 'endless': more descriptors than a table can have
 */
export type ScatterOutcome = 'exact' | 'longer' | 'short' | 'no-memory' | 'endless';

/** A table followed up to the bytes that were asked for. `buffers` is empty unless 'exact' or 'longer'. */
export interface ScatterList {
  readonly outcome: ScatterOutcome;
  readonly buffers: Uint8Array[];
}

/** Follows the table at `table` for `byteCount` bytes. Each descriptor is read once; none behind the end is read. */
export function followTable(memory: DmaMemory, table: number, byteCount: number): ScatterList {
  const walk = new TableWalk(memory, table, byteCount);
  const outcome = walk.run();
  return { outcome, buffers: outcome === 'exact' || outcome === 'longer' ? walk.buffers : [] };
}

/** One pass over one table. Regions that follow one another in memory become one. */
class TableWalk {
  readonly buffers: Uint8Array[] = [];
  readonly #memory: DmaMemory;
  readonly #table: number;
  readonly #descriptor = new DataView(new ArrayBuffer(Prd.BYTES));
  #left: number;
  #runAt = 0;
  #runBytes = 0;

  constructor(memory: DmaMemory, table: number, byteCount: number) {
    this.#memory = memory;
    this.#table = table;
    this.#left = byteCount;
  }

  run(): ScatterOutcome {
    const bytes = new Uint8Array(this.#descriptor.buffer);
    for (let index = 0; index < MOST_PRDS; index += 1) {
      if (!copyFromMemory(this.#memory, this.#table + index * Prd.BYTES, bytes)) return 'no-memory';
      const address = (this.#descriptor.getUint32(0, true) & ~1) >>> 0;
      const count = this.#descriptor.getUint16(Prd.COUNT, true) & ~1 || Prd.MOST_BYTES;
      const isLast = (this.#descriptor.getUint16(Prd.FLAGS, true) & Prd.LAST) !== 0;
      const used = Math.min(count, this.#left);
      if (!this.#add(address, used)) return 'no-memory';
      this.#left -= used;
      if (this.#left === 0) {
        if (!this.#endRun()) return 'no-memory';
        // An odd byte at the end of a packet's data still takes a whole word.
        return isLast && count - used < 2 ? 'exact' : 'longer';
      }
      if (isLast) return 'short';
    }
    return 'endless';
  }

  #add(address: number, byteCount: number): boolean {
    if (this.#runBytes > 0 && address === this.#runAt + this.#runBytes) {
      this.#runBytes += byteCount;
      return true;
    }
    if (!this.#endRun()) return false;
    this.#runAt = address;
    this.#runBytes = byteCount;
    return true;
  }

  #endRun(): boolean {
    return this.#runBytes === 0 || this.#memory.gather(this.#runAt, this.#runBytes, this.buffers);
  }
}
