/** A guest that sends packets to a DVD drive as libata does, by PIO and by DMA. */

import type { IdeDrives } from '../../src/ide/ide-piix4.ts';
import { BUFFER, IdeGuest } from './ide.ts';

/** What a packet command came to. `sense` is key/ASC/ASCQ in hexadecimal, asked for after a failure. */
export interface PacketAnswer {
  readonly data: Uint8Array;
  readonly status: number;
  readonly sense: string | undefined;
  /** Bytes of each PIO block. */
  readonly blocks: readonly number[];
}

export class PacketGuest extends IdeGuest {
  constructor(drives: IdeDrives) {
    super(drives, 'secondary');
  }

  /** Issues PACKET and writes the packet; what comes then is left to the caller. */
  start(cdb: readonly number[], limit: number, feature = 0): void {
    this.command(0xa0, { feature, lba: limit << 8, device: 0xa0 });
    this.giveBlock(Uint8Array.from({ length: 12 }, (_, i) => cdb[i] ?? 0));
  }

  /** By PIO, in blocks of at most `limit` bytes. */
  packet(cdb: readonly number[], limit = 0xfffe): PacketAnswer {
    this.start(cdb, limit);
    const data: number[] = [];
    const blocks: number[] = [];
    while ((this.alternateStatus & 0x08) !== 0) {
      if ((this.in(2) & 3) !== 2) throw new Error(`interrupt reason ${this.in(2)} with data`);
      const bytes = this.in(4) + 256 * this.in(5);
      blocks.push(bytes);
      this.in(7);
      data.push(...this.takeBlock(bytes));
    }
    return this.#answer(Uint8Array.from(data), blocks);
  }

  /** By DMA into a buffer of `room` bytes. */
  packetDma(cdb: readonly number[], room: number): PacketAnswer {
    this.table([[BUFFER, room]]);
    this.dma(true, () => this.start(cdb, 0, 1));
    this.finish();
    return this.#answer(this.memory.bytes.slice(BUFFER, BUFFER + room), []);
  }

  #answer(data: Uint8Array, blocks: readonly number[]): PacketAnswer {
    const status = this.in(7);
    if ((this.in(2) & 3) !== 3) throw new Error(`interrupt reason ${this.in(2)} at the end`);
    const failed = (status & 1) !== 0;
    const key = this.in(1) >> 4;
    if (!failed) return { data, status, sense: undefined, blocks };
    const { data: sense } = this.packet([0x03, 0, 0, 0, 18]);
    if ((sense[2]! & 0xf) !== key) throw new Error('error register and sense data differ');
    return {
      data,
      status,
      sense: [key, sense[12]!, sense[13]!].map((n) => n.toString(16)).join('/'),
      blocks,
    };
  }
}
