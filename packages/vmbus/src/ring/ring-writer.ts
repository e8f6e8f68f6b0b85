/** The sending end of a ring. VMBus, Ring Buffers: packets, signalling and flow control. */

import {
  GpaDirectHeader,
  GpaRangeHeader,
  PACKET_FLAG_COMPLETION_REQUESTED,
  PACKET_TRAILER_BYTES,
  PacketDescriptor,
  PacketType,
  RING_FEATURE_PENDING_SEND_SIZE,
  TransferPageHeader,
} from '@viridian/protocols/vmbus';
import { PayloadWords } from './payload-words.ts';
import type { RingMemory } from './ring-memory.ts';
import { RingStatus } from './ring-status.ts';

const DESCRIPTOR_WORDS = PacketDescriptor.size / 4;
const GPA_DIRECT_HEAD_BYTES = PacketDescriptor.size + GpaDirectHeader.size + GpaRangeHeader.size;
const TRANSFER_PAGE_HEAD_BYTES = PacketDescriptor.size + TransferPageHeader.size;
/** Longest packet that the 16-bit length in units of 8 can tell. */
const MOST_PACKET_BYTES = 0xffff * 8;
const TWO_TO_32 = 2 ** 32;

/**
 * Writes packets behind one another and publishes them in batches. The write index is our own and is never read back
 * from shared memory; the read index is read only when the ring looks full, and checked.
 */
export class RingWriter {
  readonly memory: RingMemory;
  /** Why the ring is corrupt; `undefined` while it is not. */
  corruption: string | undefined;
  #write: number;
  #published: number;
  #read: number;
  /** A signal that became due when a full ring had to be published in the middle of a batch. */
  #signalOwed = false;
  /** The packet being built: where its next word goes. */
  #words: Int32Array;
  #bytes: Uint8Array;
  #at = 0;
  #staging = new Int32Array(0);
  #stagingBytes = new Uint8Array(0);
  readonly #payloads = new PayloadWords();

  /** Takes the ring over at its current indices and sets the feature bit; a corrupt index shows at the first write. */
  constructor(memory: RingMemory) {
    this.memory = memory;
    this.#words = memory.words;
    this.#bytes = memory.bytes;
    const write = memory.loadWriteIndex();
    const read = memory.loadReadIndex();
    if (!memory.isIndex(write)) this.corruption = 'write index out of range';
    else if (!memory.isIndex(read)) this.corruption = 'read index out of range';
    this.#write = this.corruption === undefined ? write : 0;
    this.#read = this.corruption === undefined ? read : 0;
    this.#published = this.#write;
    memory.pendingSendSize = 0;
    memory.featureBits = RING_FEATURE_PENDING_SEND_SIZE;
  }

  /** A packet of descriptor and payload: in-band, completion or cancel. Throws RangeError if it can never fit. */
  writePlain(
    type: number,
    flags: number,
    idLow: number,
    idHigh: number,
    payload: Uint8Array,
    lengthBytes: number,
  ): RingStatus {
    const status = this.#begin(type, flags, idLow, idHigh, PacketDescriptor.size, lengthBytes);
    if (status !== RingStatus.DONE) return status;
    this.#finish(payload, lengthBytes);
    return status;
  }

  /** A GPA direct packet of one range, completion requested. Throws RangeError if it can never fit. */
  writeGpaDirect(
    idLow: number,
    idHigh: number,
    payload: Uint8Array,
    lengthBytes: number,
    gpns: Float64Array | readonly number[],
    gpnCount: number,
    byteOffset: number,
    byteCount: number,
  ): RingStatus {
    const headBytes = GPA_DIRECT_HEAD_BYTES + gpnCount * 8;
    const status = this.#begin(
      PacketType.DATA_USING_GPA_DIRECT,
      PACKET_FLAG_COMPLETION_REQUESTED,
      idLow,
      idHigh,
      headBytes,
      lengthBytes,
    );
    if (status !== RingStatus.DONE) return status;
    const words = this.#words;
    let at = this.#at;
    words[at] = 0;
    words[at + 1] = 1;
    words[at + 2] = byteCount;
    words[at + 3] = byteOffset;
    at += 4;
    for (let i = 0; i < gpnCount; i += 1) {
      const gpn = gpns[i]!;
      words[at] = gpn; // stored modulo 2^32
      words[at + 1] = gpn < TWO_TO_32 ? 0 : gpn / TWO_TO_32;
      at += 2;
    }
    this.#at = at;
    this.#finish(payload, lengthBytes);
    return status;
  }

  /**
   * A transfer page packet: `ranges` holds byte count and byte offset of each range, one pair behind the other.
   * Throws RangeError if it can never fit.
   */
  writeTransferPages(
    flags: number,
    idLow: number,
    idHigh: number,
    setId: number,
    ranges: Uint32Array | readonly number[],
    rangeCount: number,
    payload: Uint8Array,
    lengthBytes: number,
  ): RingStatus {
    const headBytes = TRANSFER_PAGE_HEAD_BYTES + rangeCount * 8;
    const status = this.#begin(
      PacketType.DATA_USING_TRANSFER_PAGES,
      flags,
      idLow,
      idHigh,
      headBytes,
      lengthBytes,
    );
    if (status !== RingStatus.DONE) return status;
    const words = this.#words;
    words[this.#at] = setId;
    words[this.#at + 1] = rangeCount;
    for (let i = 0; i < rangeCount * 2; i += 1) words[this.#at + 2 + i] = ranges[i]!;
    this.#at += 2 + rangeCount * 2;
    this.#finish(payload, lengthBytes);
    return status;
  }

  /** Publishes the batch. True when the other end must be signalled: it may sleep on an empty ring. */
  commit(): boolean {
    const before = this.#published;
    let signal = this.#signalOwed;
    this.#signalOwed = false;
    if (before !== this.#write) {
      this.memory.storeWriteIndex(this.#write);
      this.#published = this.#write;
      if (!this.memory.masked && this.memory.loadReadIndex() === before) signal = true;
    }
    return signal;
  }

  /** Whether a packet that takes `totalBytes` with its trailer has room now; withdraws the pending send size if so. */
  hasRoom(totalBytes: number): RingStatus {
    const status = this.#lookForRoom(totalBytes);
    if (status === RingStatus.DONE) this.memory.pendingSendSize = 0;
    return status;
  }

  /** Whether the other end has read all that was published. */
  get drained(): boolean {
    return this.memory.loadReadIndex() === this.#published && this.#published === this.#write;
  }

  /** Raw bytes that were written and that the other end has not read; all of the ring's when its index makes no sense. */
  get unreadBytes(): number {
    const { memory } = this;
    const read = memory.loadReadIndex();
    return memory.isIndex(read) ? memory.dataBytes - memory.rawFree(read, this.#write) : memory.dataBytes;
  }

  inspect(): { dataBytes: number; write: number; read: number; pendingSendSize: number; masked: boolean } {
    return {
      dataBytes: this.memory.dataBytes,
      write: this.#published,
      read: this.memory.loadReadIndex(),
      pendingSendSize: this.memory.pendingSendSize,
      masked: this.memory.masked,
    };
  }

  /** Finds room, writes the descriptor and leaves `#at` behind it. */
  #begin(
    type: number,
    flags: number,
    idLow: number,
    idHigh: number,
    headBytes: number,
    payloadBytes: number,
  ): RingStatus {
    const packetBytes = headBytes + ((payloadBytes + 7) & ~7);
    const total = packetBytes + PACKET_TRAILER_BYTES;
    if (total >= this.memory.dataBytes || packetBytes > MOST_PACKET_BYTES) {
      throw new RangeError(`a packet of ${packetBytes} bytes can never fit this ring`);
    }
    if (this.corruption !== undefined) return RingStatus.CORRUPT;
    if (this.memory.rawFree(this.#read, this.#write) <= total) {
      const status = this.#block(total);
      if (status !== RingStatus.DONE) return status;
    }
    this.#place(total);
    const words = this.#words;
    const at = this.#at;
    words[at] = type | (headBytes << 13); // offset in units of 8 in the upper half
    words[at + 1] = (packetBytes >>> 3) | (flags << 16);
    words[at + 2] = idLow;
    words[at + 3] = idHigh;
    words[at + (packetBytes >>> 2)] = 0;
    words[at + (packetBytes >>> 2) + 1] = this.#write;
    this.#at = at + DESCRIPTOR_WORDS;
    return RingStatus.DONE;
  }

  /** Chooses where the packet is built: in the ring itself, or aside when it does not lie in one piece there. */
  #place(total: number): void {
    const { memory } = this;
    if (memory.runFrom(this.#write) >= total) {
      this.#words = memory.words;
      this.#bytes = memory.bytes;
      this.#at = memory.wordAt(this.#write);
      return;
    }
    if (this.#stagingBytes.length < total) {
      const buffer = new ArrayBuffer(Math.min(total * 2, memory.dataBytes));
      this.#staging = new Int32Array(buffer);
      this.#stagingBytes = new Uint8Array(buffer);
    }
    this.#words = this.#staging;
    this.#bytes = this.#stagingBytes;
    this.#at = 0;
  }

  /** Copies the payload behind the head, pads it, and moves the write index over the packet. */
  #finish(payload: Uint8Array, lengthBytes: number): void {
    const words = this.#words;
    const at = this.#at;
    const padded = (lengthBytes + 7) & ~7;
    if (padded !== lengthBytes) {
      words[at + (padded >>> 2) - 2] = 0;
      words[at + (padded >>> 2) - 1] = 0;
    }
    const source = this.#payloads.of(payload);
    let copied = 0;
    if (source !== undefined) {
      const whole = lengthBytes >>> 2;
      for (let i = 0; i < whole; i += 1) words[at + i] = source[i]!;
      copied = whole << 2;
    }
    const bytes = this.#bytes;
    const start = at * 4;
    for (let i = copied; i < lengthBytes; i += 1) bytes[start + i] = payload[i]!;
    this.#advance(at + (padded >>> 2) + 2);
  }

  /** `end` is the index behind the trailer where the packet was built. */
  #advance(end: number): void {
    const { memory } = this;
    if (this.#words === this.#staging) {
      memory.copyIn(this.#write, this.#staging, end);
      this.#write = memory.advance(this.#write, end * 4);
    } else {
      this.#write = memory.advance(this.#write, (end - memory.wordAt(this.#write)) * 4);
    }
  }

  /**
   * The ring looks full. First what was written is published, since the reader reckons free space from the published
   * index; then the wanted size is left for it, and only then the read index is believed: a reader that freed space
   * before it could see the size is caught by this second look.
   */
  #block(total: number): RingStatus {
    let status = this.#lookForRoom(total);
    if (status !== RingStatus.FULL) return status;
    this.#signalOwed = this.commit();
    this.memory.pendingSendSize = total;
    status = this.#lookForRoom(total);
    if (status === RingStatus.DONE) this.memory.pendingSendSize = 0;
    return status;
  }

  #lookForRoom(total: number): RingStatus {
    if (this.corruption !== undefined) return RingStatus.CORRUPT;
    const { memory } = this;
    const read = memory.loadReadIndex();
    if (!memory.isIndex(read)) {
      this.corruption = 'read index out of range';
      return RingStatus.CORRUPT;
    }
    this.#read = read;
    return memory.rawFree(read, this.#write) > total ? RingStatus.DONE : RingStatus.FULL;
  }
}
