/** One disk of the adapter: blocks in, blocks out. SBC-3, READ, WRITE, SYNCHRONIZE CACHE, UNMAP. */

import { ReadWrite10Cdb, ReadWrite16Cdb, ScsiOpcode, SynchronizeCache10Cdb } from '@viridian/protocols/scsi';
import { SrbDataIn } from '@viridian/protocols/storvsp';
import type { CommandDone, CommandPool, PooledCommand } from './command-pool.ts';
import { discardBlocks } from './discard.ts';
import type { DiskFacts } from './disk-facts.ts';
import type { DmaArena, DmaBuffer } from './dma-arena.ts';
import { StorageError } from './errors.ts';
import { type GuestPages, NO_PAGES } from './guest-pages.ts';
import type { LunAddress } from './lun-address.ts';

/** How a write is to be done. */
export interface DiskWriteOptions {
  /** Force unit access: stable before the write settles. */
  readonly fua?: boolean;
}

const MOST_10_LBA = 0xffffffff;
const MOST_10_BLOCKS = 0xffff;
const TWO_TO_32 = 2 ** 32;
const FUA = 0x08;
const FLUSH_CDB = SynchronizeCache10Cdb.bytes({ opcode: ScsiOpcode.SYNCHRONIZE_CACHE_10 });

/**
 * Requests may overlap; they run in any order. The promise forms reject with a `ScsiError` or a `StorageError`, and with a
 * RangeError for blocks that are not on the disk, too many at once, or a buffer that is too short.
 */
export class StorageDisk {
  readonly address: LunAddress;
  /** False once the host has taken the disk away. */
  present = true;
  /** The host said that the disk changed, e.g. its size; the facts are the new ones. */
  onChanged: (() => void) | undefined;
  readonly #pool: CommandPool;
  readonly #dma: DmaArena;
  readonly #maxTransferBytes: number;
  #facts: DiskFacts;

  /** Made by the adapter's scan. */
  constructor(
    address: LunAddress,
    facts: DiskFacts,
    pool: CommandPool,
    dma: DmaArena,
    maxTransferBytes: number,
  ) {
    this.address = address;
    this.#facts = facts;
    this.#pool = pool;
    this.#dma = dma;
    this.#maxTransferBytes = maxTransferBytes;
  }

  /** All that the disk said about itself. */
  get facts(): DiskFacts {
    return this.#facts;
  }

  get blockBytes(): number {
    return this.#facts.blockBytes;
  }

  get blockCount(): number {
    return this.#facts.blockCount;
  }

  get sizeBytes(): number {
    return this.#facts.blockCount * this.#facts.blockBytes;
  }

  get readOnly(): boolean {
    return this.#facts.readOnly;
  }

  /** Whether written data stay in a cache until `flush`. */
  get writeCache(): boolean {
    return this.#facts.writeCache;
  }

  /** Whether `discard` gives space back. */
  get thin(): boolean {
    return this.#facts.unmap !== 'none';
  }

  /** Most bytes of one read or write. */
  get maxTransferBytes(): number {
    const own = this.#facts.maxTransferBlocks * this.#facts.blockBytes;
    return own === 0 ? this.#maxTransferBytes : Math.min(own, this.#maxTransferBytes);
  }

  /**
   * Reads blocks into guest pages. When it rejects because the channel is gone, the host may still write to them until the
   * channel's own `close` has settled.
   */
  read(lba: number, blocks: number, pages: GuestPages): Promise<void> {
    return new Promise((resolve, reject) => {
      this.submitRead(lba, blocks, pages, (error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  /** Writes blocks from guest pages, which must stay as they are until it settles. */
  write(lba: number, blocks: number, pages: GuestPages, options: DiskWriteOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const done: CommandDone = (error) => (error === undefined ? resolve() : reject(error));
      this.submitWrite(lba, blocks, pages, done, options.fua ?? false);
    });
  }

  /** `read` with a callback instead of a promise. Throws what `read` rejects with for a wrong range. */
  submitRead(lba: number, blocks: number, pages: GuestPages, done: CommandDone): void {
    const command = this.#transfer(lba, blocks, pages, ScsiOpcode.READ_10, ScsiOpcode.READ_16, 0);
    command.dataIn = SrbDataIn.READ;
    this.#pool.submit(command, done);
  }

  /** `write` with a callback instead of a promise. Throws what `write` rejects with for a wrong range. */
  submitWrite(lba: number, blocks: number, pages: GuestPages, done: CommandDone, fua = false): void {
    const flags = fua ? FUA : 0;
    const command = this.#transfer(lba, blocks, pages, ScsiOpcode.WRITE_10, ScsiOpcode.WRITE_16, flags);
    command.dataIn = SrbDataIn.WRITE;
    this.#pool.submit(command, done);
  }

  /** Settles when all writes that had settled before are on stable storage. */
  async flush(): Promise<void> {
    if (!this.writeCache || this.readOnly) return;
    await this.#pool.execute(this.address, FLUSH_CDB, 'none', NO_PAGES);
  }

  /** Gives blocks back: what they hold is of no value any more. Does nothing on a disk that is not thin. */
  async discard(lba: number, blocks: number): Promise<void> {
    this.#checkRange(lba, blocks);
    await discardBlocks(this.#pool, this.#dma, this.address, this.#facts, lba, blocks);
  }

  /** Reads blocks into a private copy, in as many commands as it takes. */
  async readBytes(lba: number, blocks: number): Promise<Uint8Array> {
    this.#checkRange(lba, blocks);
    const whole = new Uint8Array(blocks * this.blockBytes);
    await this.#inPieces(blocks, async (first, count, buffer) => {
      await this.read(lba + first, count, buffer.pages);
      whole.set(buffer.copyOut(count * this.blockBytes), first * this.blockBytes);
    });
    return whole;
  }

  /** Writes whole blocks from `bytes`, in as many commands as it takes. */
  async writeBytes(lba: number, bytes: Uint8Array, options: DiskWriteOptions = {}): Promise<void> {
    const blocks = bytes.length / this.blockBytes;
    this.#checkRange(lba, blocks);
    await this.#inPieces(blocks, async (first, count, buffer) => {
      buffer.copyIn(bytes.subarray(first * this.blockBytes, (first + count) * this.blockBytes));
      await this.write(lba + first, count, buffer.pages, options);
    });
  }

  /** Called by the adapter when it has asked the disk anew. */
  update(facts: DiskFacts): void {
    this.#facts = facts;
    this.onChanged?.();
  }

  async #inPieces(
    blocks: number,
    move: (first: number, count: number, buffer: DmaBuffer) => Promise<void>,
  ): Promise<void> {
    const pieceBlocks = Math.max(1, Math.floor(this.maxTransferBytes / this.blockBytes));
    for (let first = 0; first < blocks; first += pieceBlocks) {
      const count = Math.min(pieceBlocks, blocks - first);
      await this.#dma.lend(count * this.blockBytes, (buffer) => move(first, count, buffer));
    }
  }

  #transfer(
    lba: number,
    blocks: number,
    pages: GuestPages,
    opcode10: number,
    opcode16: number,
    flags: number,
  ): PooledCommand {
    const byteCount = blocks * this.#facts.blockBytes;
    this.#checkRange(lba, blocks);
    if (blocks === 0 || byteCount > this.maxTransferBytes) {
      throw new RangeError(`${blocks} blocks are no transfer of this disk`);
    }
    const { byteOffset } = pages;
    if (
      byteCount > pages.byteCount ||
      !(byteOffset >= 0 && byteOffset + byteCount <= pages.gpns.length * PAGE)
    ) {
      throw new RangeError(`the buffer has no room for ${byteCount} bytes`);
    }
    if (!this.present) throw new StorageError('no-device', 'the disk is gone');
    const command = this.#pool.take(this.address);
    command.gpns = pages.gpns;
    command.byteOffset = byteOffset;
    command.byteCount = byteCount;
    command.leastBytes = byteCount;
    writeCdb(command, lba, blocks, opcode10, opcode16, flags);
    return command;
  }

  #checkRange(lba: number, blocks: number): void {
    const isInside =
      Number.isInteger(lba) &&
      Number.isInteger(blocks) &&
      lba >= 0 &&
      blocks >= 0 &&
      blocks <= this.blockCount - lba;
    if (!isInside) throw new RangeError(`blocks ${lba} + ${blocks} are not on a disk of ${this.blockCount}`);
  }
}

const PAGE = 4096;

/** READ or WRITE, the short form where it does. */
function writeCdb(
  command: PooledCommand,
  lba: number,
  blocks: number,
  opcode10: number,
  opcode16: number,
  flags: number,
): void {
  const { cdb, view } = command;
  cdb[1] = flags;
  if (lba <= MOST_10_LBA && blocks <= MOST_10_BLOCKS) {
    cdb[0] = opcode10;
    view.setUint32(ReadWrite10Cdb.offsets.lba, lba);
    view.setUint16(ReadWrite10Cdb.offsets.transferLength, blocks);
    command.cdbBytes = ReadWrite10Cdb.size;
  } else {
    cdb[0] = opcode16;
    view.setUint32(ReadWrite16Cdb.offsets.lba, Math.floor(lba / TWO_TO_32));
    view.setUint32(ReadWrite16Cdb.offsets.lba + 4, lba % TWO_TO_32);
    view.setUint32(ReadWrite16Cdb.offsets.transferLength, blocks);
    command.cdbBytes = ReadWrite16Cdb.size;
  }
}
