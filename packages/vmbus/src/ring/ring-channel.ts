/** A channel over two rings: what both ends of the bus give to their devices. VMBus, Ring Buffers. */

import { PACKET_TRAILER_BYTES, PacketType } from '@viridian/protocols/vmbus';
import { counters, type InspectNode } from '@viridian/trace';
import type { Channel, ChannelCounters } from './channel.ts';
import type { GuestMemory, SharedPages } from './guest-memory.ts';
import type { IncomingPacket } from './packet.ts';
import { RingMemory } from './ring-memory.ts';
import { RingReader } from './ring-reader.ts';
import { RingStatus } from './ring-status.ts';
import { RingWriter } from './ring-writer.ts';
import { deviceWarning, packetTrace, protocolWarning } from './trace-points.ts';

/** What a channel is made of. */
export interface RingChannelSettings {
  readonly memory: GuestMemory;
  readonly outbound: SharedPages;
  readonly inbound: SharedPages;
  /** Path for traces and warnings. */
  readonly where: string;
  /** The child refers to its memory in packets; the parent has none to refer to. */
  readonly side: 'host' | 'guest';
  /** Longest packet to send, descriptor included; the ring's own limit when absent. */
  readonly maxPacketBytes?: number;
  /** Interrupts the other end. */
  readonly signal: () => void;
  /** The other end broke the rules and nothing is sent or received any more: the owner calls `end`. Never nested. */
  readonly broken: (reason: string) => void;
}

const { DONE, FULL, CORRUPT } = RingStatus;

/** An open channel. The owner calls `start`, `interrupt` and `end`; a device sees only `Channel`. */
export class RingChannel implements Channel {
  readonly memory: GuestMemory;
  readonly where: string;
  readonly counters: ChannelCounters = counters({
    packetsSent: 0,
    bytesSent: 0,
    packetsReceived: 0,
    bytesReceived: 0,
    signalsSent: 0,
    signalsSuppressed: 0,
    interrupts: 0,
    ringFull: 0,
    trailersWrong: 0,
  });
  onWritable: (() => void) | undefined;
  onClosed: ((reason: string) => void) | undefined;
  readonly #settings: RingChannelSettings;
  readonly #writer: RingWriter;
  readonly #reader: RingReader;
  readonly #mostBytes: number;
  #state: 'starting' | 'open' | 'broken' | 'closed' = 'starting';
  #onReceive: (() => void) | undefined;
  /** The ring is masked because the device was told, or is to be told, of packets. */
  #receiving = false;
  #delivering = false;
  #deliverAgain = false;
  /** Bytes that a refused packet takes; 0 when no sender waits. */
  #blockedBytes = 0;
  #packetsPublished = 0;

  /** Throws RangeError when the pages cannot be rings. */
  constructor(settings: RingChannelSettings) {
    this.#settings = settings;
    this.memory = settings.memory;
    this.where = settings.where;
    this.#writer = new RingWriter(new RingMemory(settings.outbound));
    this.#reader = new RingReader(new RingMemory(settings.inbound));
    this.#mostBytes = settings.maxPacketBytes ?? Number.MAX_SAFE_INTEGER;
  }

  get open(): boolean {
    return this.#state === 'open' || this.#state === 'starting';
  }

  get outboundEmpty(): boolean {
    return this.#state === 'closed' || this.#writer.drained;
  }

  get outboundUnreadBytes(): number {
    return this.#state === 'closed' ? 0 : this.#writer.unreadBytes;
  }

  get outboundBytes(): number {
    return this.#writer.memory.dataBytes;
  }

  get onReceive(): (() => void) | undefined {
    return this.#onReceive;
  }

  set onReceive(handler: (() => void) | undefined) {
    this.#onReceive = handler;
    // Packets that came before anybody listened.
    if (handler !== undefined && this.#receiving && !this.#delivering) queueMicrotask(() => this.#deliver());
  }

  /** Packets are received from now on, beginning with those that wait already. */
  start(): void {
    if (this.#state !== 'starting') return;
    this.#state = 'open';
    this.#rest();
  }

  /** The other end signalled: there are packets, or there is room. */
  interrupt(): void {
    if (this.#state !== 'open') return;
    this.counters.interrupts += 1;
    this.#wakeSender();
    if (this.#receiving || this.#state !== 'open') return;
    const status = this.#reader.look();
    if (status === DONE) {
      this.#reader.mask();
      this.#receiving = true;
      this.#deliver();
    } else if (status === CORRUPT) {
      this.#break(this.#reader.corruption!);
    }
  }

  receive(packet: IncomingPacket): boolean {
    if (this.#state !== 'open') return false;
    const reader = this.#reader;
    const status = reader.next(packet);
    if (status !== DONE) {
      if (status === CORRUPT) this.#break(reader.corruption!);
      return false;
    }
    if (packet.type === PacketType.DATA_USING_GPA_DIRECT && this.#settings.side === 'guest') {
      this.#break('the parent sent a GPA direct packet');
      return false;
    }
    const count = this.counters;
    count.packetsReceived += 1;
    count.bytesReceived += packet.packetBytes + PACKET_TRAILER_BYTES;
    if (reader.trailersWrong !== count.trailersWrong) {
      count.trailersWrong = reader.trailersWrong;
      protocolWarning.report(this.where, 'packet trailer does not name its start');
    }
    if (packetTrace.on) {
      const { type, transactionId, packetBytes, rangeCount } = packet;
      packetTrace.emit(this.where, 'received', type, transactionId, packetBytes, rangeCount);
    }
    return true;
  }

  endReceive(): void {
    if (this.#state !== 'open') return;
    const signal = this.#reader.publish();
    this.#receiving = false;
    const status = this.#reader.sleep();
    if (status === DONE) this.#receiving = true;
    if (signal) this.#signal();
    if (status === CORRUPT) this.#break(this.#reader.corruption!);
    else if (this.#receiving) this.#deliver();
  }

  sendInBand(
    idLow: number,
    idHigh: number,
    payload: Uint8Array,
    lengthBytes: number,
    requestCompletion: boolean,
  ): boolean {
    const flags = requestCompletion ? 1 : 0;
    return this.#sendPlain(PacketType.DATA_INBAND, flags, idLow, idHigh, payload, lengthBytes);
  }

  sendCompletion(idLow: number, idHigh: number, payload: Uint8Array, lengthBytes: number): boolean {
    return this.#sendPlain(PacketType.COMPLETION, 0, idLow, idHigh, payload, lengthBytes);
  }

  /** Asks the other end to give up the packet with this id. */
  sendCancel(idLow: number, idHigh: number): boolean {
    return this.#sendPlain(PacketType.CANCEL_REQUEST, 0, idLow, idHigh, NO_BYTES, 0);
  }

  sendGpaDirect(
    idLow: number,
    idHigh: number,
    payload: Uint8Array,
    lengthBytes: number,
    gpns: Float64Array | readonly number[],
    gpnCount: number,
    byteOffset: number,
    byteCount: number,
  ): boolean {
    if (this.#settings.side === 'host') throw new Error('only the child sends GPA direct packets');
    if (!this.open) return false;
    const total = 32 + gpnCount * 8 + padded(lengthBytes) + PACKET_TRAILER_BYTES;
    this.#checkSize(total);
    const status = this.#writer.writeGpaDirect(
      idLow,
      idHigh,
      payload,
      lengthBytes,
      gpns,
      gpnCount,
      byteOffset,
      byteCount,
    );
    return this.#sent(status, PacketType.DATA_USING_GPA_DIRECT, idLow, idHigh, total, 1);
  }

  /** A packet that refers to ranges of a page set both ends know; see `RingWriter.writeTransferPages`. */
  sendTransferPages(
    idLow: number,
    idHigh: number,
    setId: number,
    ranges: Uint32Array | readonly number[],
    rangeCount: number,
    payload: Uint8Array,
    lengthBytes: number,
    requestCompletion: boolean,
  ): boolean {
    if (!this.open) return false;
    const total = 24 + rangeCount * 8 + padded(lengthBytes) + PACKET_TRAILER_BYTES;
    this.#checkSize(total);
    const status = this.#writer.writeTransferPages(
      requestCompletion ? 1 : 0,
      idLow,
      idHigh,
      setId,
      ranges,
      rangeCount,
      payload,
      lengthBytes,
    );
    return this.#sent(status, PacketType.DATA_USING_TRANSFER_PAGES, idLow, idHigh, total, rangeCount);
  }

  endSend(): void {
    if (!this.open) return;
    const sent = this.counters.packetsSent;
    if (this.#writer.commit()) this.#signal();
    else if (sent !== this.#packetsPublished) this.counters.signalsSuppressed += 1;
    this.#packetsPublished = sent;
  }

  fail(reason: string): void {
    this.#break(reason);
  }

  /** The owner closed the channel: nothing is read or written any more. Calls `onClosed` once. */
  end(reason: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.onClosed?.(reason);
  }

  inspect(): InspectNode {
    return {
      state: this.#state,
      outbound: () => this.#writer.inspect(),
      inbound: () => this.#reader.inspect(),
      counters: this.counters,
      ...(this.#blockedBytes === 0 ? {} : { waitsForBytes: this.#blockedBytes }),
    };
  }

  #sendPlain(
    type: number,
    flags: number,
    idLow: number,
    idHigh: number,
    payload: Uint8Array,
    lengthBytes: number,
  ): boolean {
    if (!this.open) return false;
    const total = 16 + padded(lengthBytes) + PACKET_TRAILER_BYTES;
    this.#checkSize(total);
    const status = this.#writer.writePlain(type, flags, idLow, idHigh, payload, lengthBytes);
    return this.#sent(status, type, idLow, idHigh, total, 0);
  }

  #checkSize(total: number): void {
    if (total - PACKET_TRAILER_BYTES > this.#mostBytes) {
      throw new RangeError(
        `a packet of ${total - PACKET_TRAILER_BYTES} bytes; the other end reads ${this.#mostBytes}`,
      );
    }
  }

  /** Counts a packet that was written; remembers one that was not. */
  #sent(
    status: RingStatus,
    type: number,
    idLow: number,
    idHigh: number,
    total: number,
    rangeCount: number,
  ): boolean {
    const count = this.counters;
    if (status === DONE) {
      count.packetsSent += 1;
      count.bytesSent += total;
      if (packetTrace.on) {
        const id = (BigInt(idHigh >>> 0) << 32n) | BigInt(idLow >>> 0);
        packetTrace.emit(this.where, 'sent', type, id, total - PACKET_TRAILER_BYTES, rangeCount);
      }
      return true;
    }
    if (status === FULL) {
      count.ringFull += 1;
      this.#blockedBytes = total;
    } else {
      this.#break(this.#writer.corruption!);
    }
    return false;
  }

  #wakeSender(): void {
    if (this.#blockedBytes === 0) return;
    const status = this.#writer.hasRoom(this.#blockedBytes);
    if (status === CORRUPT) this.#break(this.#writer.corruption!);
    if (status !== DONE) return;
    this.#blockedBytes = 0;
    this.#call(this.onWritable);
  }

  /** Sleeps if there is nothing to receive, else tells the device. */
  #rest(): void {
    const status = this.#reader.sleep();
    if (status === CORRUPT) this.#break(this.#reader.corruption!);
    if (status !== DONE) return;
    this.#receiving = true;
    this.#deliver();
  }

  /** Calls the device until it left nothing behind. Not nested, however deep the signals of both ends are. */
  #deliver(): void {
    if (this.#delivering) {
      this.#deliverAgain = true;
      return;
    }
    this.#delivering = true;
    do {
      this.#deliverAgain = false;
      if (this.#state === 'open' && this.#receiving) this.#call(this.#onReceive);
    } while (this.#deliverAgain);
    this.#delivering = false;
  }

  /** A device that throws loses its channel; the interrupt handler that we run in must go on. */
  #call(handler: (() => void) | undefined): void {
    try {
      handler?.();
    } catch (error) {
      deviceWarning.report(this.where, 'device threw', { error: String(error) });
      this.#break('device threw');
    }
  }

  #signal(): void {
    this.counters.signalsSent += 1;
    this.#settings.signal();
  }

  #break(reason: string): void {
    if (!this.open) return;
    this.#state = 'broken';
    protocolWarning.report(this.where, reason);
    // Later, since the device may be in the middle of a batch.
    queueMicrotask(() => this.#settings.broken(reason));
  }
}

const NO_BYTES = new Uint8Array(0);

function padded(lengthBytes: number): number {
  return (lengthBytes + 7) & ~7;
}
