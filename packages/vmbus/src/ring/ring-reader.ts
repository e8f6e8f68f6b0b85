/** The receiving end of a ring. VMBus, Ring Buffers: packets, signalling and flow control. */

import { PACKET_TRAILER_BYTES, PacketDescriptor } from '@viridian/protocols/vmbus';
import type { IncomingPacket } from './packet.ts';
import { parsePacket } from './parse-packet.ts';
import type { RingMemory } from './ring-memory.ts';
import { RingStatus } from './ring-status.ts';

/**
 * Takes packets off a ring. Each is copied once into private memory and only the copy is looked at. The read index is
 * our own and never read back; the write index is read when nothing is left below the one seen last, and checked.
 */
export class RingReader {
  readonly memory: RingMemory;
  /** Why the ring is corrupt; `undefined` while it is not. */
  corruption: string | undefined;
  /** Packets whose trailer did not name their start. */
  trailersWrong = 0;
  #read: number;
  #published: number;
  #write: number;

  /** Takes the ring over at its current indices, masked. A corrupt index shows at the first read. */
  constructor(memory: RingMemory) {
    this.memory = memory;
    memory.masked = true;
    const read = memory.loadReadIndex();
    if (!memory.isIndex(read)) this.corruption = 'read index out of range';
    this.#read = this.corruption === undefined ? read : 0;
    this.#published = this.#read;
    this.#write = this.#read;
  }

  /** Copies the next packet into `packet` and advances. */
  next(packet: IncomingPacket): RingStatus {
    if (this.#read === this.#write) {
      const status = this.look();
      if (status !== RingStatus.DONE) return status;
    }
    const { memory } = this;
    const position = this.#read;
    const available = memory.dataBytes - memory.rawFree(position, this.#write);
    if (available < PacketDescriptor.size + PACKET_TRAILER_BYTES) return this.#corrupt('packet is cut off');
    // The one look at the length: everything else is read from the copy.
    memory.copyOut(position, packet.words, 0, 2);
    const packetBytes = (packet.words[1]! & 0xffff) << 3;
    if (packetBytes < PacketDescriptor.size) return this.#corrupt('packet is shorter than its descriptor');
    if (packetBytes + PACKET_TRAILER_BYTES > available) return this.#corrupt('packet is cut off');
    if (packetBytes > packet.maxBytes) return this.#corrupt('packet is longer than this channel takes');
    memory.copyOut(memory.advance(position, 8), packet.words, 2, (packetBytes - 8) >>> 2);
    const wrong = parsePacket(packet, packetBytes);
    if (wrong !== undefined) return this.#corrupt(wrong);
    const trailer = memory.advance(position, packetBytes);
    if (memory.words[memory.wordAt(trailer) + 1] !== position) this.trailersWrong += 1;
    this.#read = memory.advance(trailer, PACKET_TRAILER_BYTES);
    return RingStatus.DONE;
  }

  /** Whether a packet is waiting: DONE, EMPTY or CORRUPT. */
  look(): RingStatus {
    if (this.corruption !== undefined) return RingStatus.CORRUPT;
    if (this.#read !== this.#write) return RingStatus.DONE;
    const write = this.memory.loadWriteIndex();
    if (!this.memory.isIndex(write)) return this.#corrupt('write index out of range');
    this.#write = write;
    return write === this.#read ? RingStatus.EMPTY : RingStatus.DONE;
  }

  /** Frees what was read. True when the sender waits for that much room and must be signalled. */
  publish(): boolean {
    const { memory } = this;
    const before = this.#published;
    const read = this.#read;
    if (before === read) return false;
    memory.storeReadIndex(read);
    this.#published = read;
    const pending = memory.pendingSendSize;
    if (pending === 0) return false;
    const write = memory.loadWriteIndex();
    // A write index that cannot be one is found when it is read from; the sender gets no favours meanwhile.
    if (!memory.isIndex(write)) return false;
    return memory.rawFree(before, write) <= pending && memory.rawFree(read, write) > pending;
  }

  /** Asks for no signals. */
  mask(): void {
    this.memory.masked = true;
  }

  /**
   * Asks for a signal with the next packet and looks once more. EMPTY: sleep. DONE: packets came meanwhile and the
   * mask is set again. CORRUPT as ever.
   */
  sleep(): RingStatus {
    this.memory.masked = false;
    const status = this.look();
    if (status === RingStatus.DONE) this.memory.masked = true;
    return status;
  }

  inspect(): {
    dataBytes: number;
    write: number;
    read: number;
    masked: boolean;
    pendingSendSize: number;
    senderFeatures: number;
  } {
    const { memory } = this;
    return {
      dataBytes: memory.dataBytes,
      write: memory.loadWriteIndex(),
      read: this.#published,
      masked: memory.masked,
      pendingSendSize: memory.pendingSendSize,
      senderFeatures: memory.featureBits,
    };
  }

  #corrupt(reason: string): RingStatus {
    this.corruption = reason;
    return RingStatus.CORRUPT;
  }
}
