/** Commands that ask a unit something: a private copy of the answer, from a borrowed page. */

import type { CommandPool } from './command-pool.ts';
import type { DmaArena } from './dma-arena.ts';
import { ScsiError, StorageError } from './errors.ts';
import { NO_PAGES } from './guest-pages.ts';
import type { LunAddress } from './lun-address.ts';

/** Asks units of one adapter. */
export class Questions {
  readonly #pool: CommandPool;
  readonly #dma: DmaArena;

  constructor(pool: CommandPool, dma: DmaArena) {
    this.#pool = pool;
    this.#dma = dma;
  }

  /** The answer, at most `byteCount` bytes of it. Rejects as `CommandPool.execute` does. */
  async some(address: LunAddress, cdb: Uint8Array, byteCount: number): Promise<Uint8Array> {
    return this.#dma.lend(byteCount, async (buffer) =>
      buffer.copyOut(await this.#pool.execute(address, cdb, 'in', buffer.pages)),
    );
  }

  /** The answer, which must be `byteCount` bytes long. */
  async whole(address: LunAddress, cdb: Uint8Array, byteCount: number): Promise<Uint8Array> {
    const answer = await this.some(address, cdb, byteCount);
    if (answer.length === byteCount) return answer;
    throw new StorageError(
      'short',
      `command 0x${cdb[0]!.toString(16)}: ${answer.length} bytes of ${byteCount}`,
    );
  }

  /** The answer, or `undefined` when the unit says with sense data that it has none. */
  async perhaps(address: LunAddress, cdb: Uint8Array, byteCount: number): Promise<Uint8Array | undefined> {
    try {
      return await this.some(address, cdb, byteCount);
    } catch (error) {
      if (error instanceof ScsiError) return undefined;
      throw error;
    }
  }

  /** A command without data. */
  async tell(address: LunAddress, cdb: Uint8Array): Promise<void> {
    await this.#pool.execute(address, cdb, 'none', NO_PAGES);
  }
}
