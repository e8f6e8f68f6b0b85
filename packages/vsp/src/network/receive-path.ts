/** Frames and RNDIS answers on their way into the guest: through its receive buffer, in batches. NVSP, transfer pages. */

import { type Frame, SegmentCutter } from '@viridian/drivers';
import { ETHERNET_HEADER_BYTES } from '@viridian/inet';
import {
  NO_SECTION,
  NvspMessageType,
  NvspSendRndisPacket,
  nvspMessageBytes,
  RndisChannelType,
} from '@viridian/protocols/netvsp';
import type { HostChannel } from '@viridian/vmbus/host';
import type { AdapterFacts } from './adapter-facts.ts';
import { FrameQueue } from './frame-queue.ts';
import type { LentBuffer } from './lent-buffer.ts';
import { MOST_HEADER_BYTES, ReceiveHeader } from './receive-frames.ts';
import { NO_SLOT, ReceiveSlots } from './receive-slots.ts';

/** What a receive path stands on. */
export interface ReceivePathSettings {
  readonly channel: HostChannel;
  readonly facts: AdapterFacts;
  readonly buffer: LentBuffer;
  /** The guest's id for the buffer. */
  readonly bufferId: number;
}

/** Ranges of one packet: more do not make a batch cheaper, and the guest gives slots back by packets. */
const MOST_RANGES = 64;
/** Slots that are kept for answers, which must get through when frames fill the buffer. */
const RESERVED_SLOTS = 16;
/** Answers that wait; a guest has one question under way. */
const MOST_ANSWERS = 64;
const ROOM_BESIDES_FRAME = 214;

/** Bytes of a slot for frames of `frameBytes`: 1728 for 1514, as real hosts have it. */
export function slotBytesFor(frameBytes: number): number {
  return (frameBytes + ROOM_BESIDES_FRAME + 7) & ~7;
}

/** Into one receive buffer over one channel, until either is gone. */
export class ReceivePath {
  readonly slotBytes: number;
  readonly slots: ReceiveSlots;
  /** Of a packet that is given in parts. */
  readonly #partBytes: number;
  readonly #settings: ReceivePathSettings;
  readonly #queue = new FrameQueue();
  readonly #answers: Uint8Array[] = [];
  readonly #header = new ReceiveHeader();
  readonly #cutter = new SegmentCutter();
  readonly #message: Uint8Array;
  readonly #packet: ReturnType<typeof NvspSendRndisPacket.on>;
  readonly #ranges = new Uint32Array(MOST_RANGES * 2);
  #rangeCount = 0;
  #firstSlot = NO_SLOT;
  #lastSlot = NO_SLOT;
  /** The ring had no room for the batch; nothing is added to it until it is sent. */
  #blocked = false;
  #flushDue = false;
  #frame: Frame | undefined;
  readonly #placeSegment = (bytes: Uint8Array): void => this.#placeFrame(bytes);

  constructor(settings: ReceivePathSettings) {
    this.#settings = settings;
    this.slotBytes = slotBytesFor(settings.facts.frameBytes);
    this.#partBytes = this.slotBytes - MOST_HEADER_BYTES;
    this.slots = new ReceiveSlots(Math.floor(settings.buffer.lengthBytes / this.slotBytes));
    this.#message = new Uint8Array(nvspMessageBytes(settings.facts.version));
    this.#packet = NvspSendRndisPacket.on(new DataView(this.#message.buffer));
    this.#packet.type = NvspMessageType.NVSP_MSG1_TYPE_SEND_RNDIS_PKT;
    this.#packet.sectionIndex = NO_SECTION;
  }

  get queuedFrames(): number {
    return this.#queue.length;
  }

  /** Takes a frame, at once or when there is room. False when it was dropped. */
  frame(frame: Frame): boolean {
    const count = this.#countSlots(frame);
    if (count === 0 || count > this.slots.count - RESERVED_SLOTS) return false;
    if (!this.#queue.empty || this.#blocked || !this.#hasRoom(count)) return this.#queue.add(frame, count);
    this.#place(frame);
    this.flushSoon();
    return true;
  }

  /** Takes an RNDIS message that is no frame. False when too many wait already. */
  answer(message: Uint8Array): boolean {
    if (this.#answers.length >= MOST_ANSWERS) this.#sendAnswers();
    if (this.#answers.length >= MOST_ANSWERS) return false;
    // Sent with the next flush: the completion of the question goes first.
    this.#answers.push(message);
    this.flushSoon();
    return true;
  }

  /** The guest has read the packet with this id and gives its slots back. False when there is no such packet. */
  completed(idLow: number, idHigh: number): boolean {
    if (idHigh !== 0 || idLow === 0 || !this.slots.giveBack(idLow - 1)) return false;
    if (!this.#queue.empty || this.#answers.length > 0) this.#resume();
    return true;
  }

  /** The ring has room again. */
  writable(): void {
    if (this.#blocked) this.#resume();
  }

  /** Sends what was put together. The caller signals. */
  flush(): void {
    this.#sendBatch();
    this.#sendAnswers();
  }

  /** Sends and signals at the end of this turn, so that what comes in one turn goes in one packet. */
  flushSoon(): void {
    if (this.#flushDue) return;
    this.#flushDue = true;
    queueMicrotask(() => {
      this.#flushDue = false;
      if (!this.#settings.channel.open) return;
      this.flush();
      this.#settings.channel.endSend();
    });
  }

  #resume(): void {
    if (!this.#sendBatch()) return;
    this.#sendAnswers();
    while (!this.#queue.empty && !this.#blocked && this.#hasRoom(this.#queue.firstCount)) {
      this.#place(this.#queue.take());
    }
    this.flushSoon();
  }

  #hasRoom(count: number): boolean {
    return this.slots.free - count >= RESERVED_SLOTS;
  }

  #countSlots(frame: Frame): number {
    const { facts } = this.#settings;
    const count = this.#cutter.count(frame, facts.frameBytes - ETHERNET_HEADER_BYTES);
    return count > 1 && facts.coalesces ? Math.ceil(frame.bytes.length / this.#partBytes) : count;
  }

  #place(frame: Frame): void {
    const { facts } = this.#settings;
    const head = facts.coalesces ? this.#cutter.whole(frame) : undefined;
    if (head !== undefined) {
      this.#placeWhole(frame, head);
      return;
    }
    this.#frame = frame;
    const count = this.#cutter.cut(frame, facts.frameBytes - ETHERNET_HEADER_BYTES, this.#placeSegment);
    if (count > 1) facts.counters.segmentsCut += count;
    this.#frame = undefined;
  }

  /** Copies one ordinary frame into a slot. Room was made sure of, for slots; not in the ring. */
  #placeFrame(bytes: Uint8Array): void {
    const { counters } = this.#settings.facts;
    if (this.#blocked || (this.#rangeCount === MOST_RANGES && !this.#sendBatch())) {
      counters.framesDropped += 1;
      return;
    }
    const header = this.#header.of(this.#frame!, bytes);
    const slot = this.#takeSlot(header.length + bytes.length);
    if (slot === NO_SLOT) {
      counters.framesDropped += 1;
      return;
    }
    const { buffer } = this.#settings;
    buffer.write(slot * this.slotBytes, header);
    buffer.write(slot * this.slotBytes + header.length, bytes);
    counters.framesReceived += 1;
    counters.bytesReceived += bytes.length;
  }

  /** Copies a large packet, whose headers `head` has, into as many slots as it takes, all of one batch: the guest joins them. */
  #placeWhole(frame: Frame, head: Uint8Array): void {
    const { buffer, facts } = this.#settings;
    const { bytes } = frame;
    const parts = Math.ceil(bytes.length / this.#partBytes);
    if (this.#blocked || (this.#rangeCount + parts > MOST_RANGES && !this.#sendBatch())) {
      facts.counters.framesDropped += 1;
      return;
    }
    for (let at = 0; at < bytes.length; at += this.#partBytes) {
      const end = Math.min(at + this.#partBytes, bytes.length);
      const header = this.#header.ofPart(frame, end - at, at === 0, end === bytes.length);
      const slot = this.#takeSlot(header.length + end - at);
      const to = slot * this.slotBytes + header.length;
      buffer.write(to - header.length, header);
      if (at === 0) {
        buffer.write(to, head);
        buffer.write(to + head.length, bytes.subarray(head.length, end));
      } else buffer.write(to, bytes.subarray(at, end));
    }
    facts.counters.segmentsCoalesced += parts;
    facts.counters.framesReceived += 1;
    facts.counters.bytesReceived += bytes.length;
  }

  #sendAnswers(): void {
    while (this.#answers.length > 0 && this.#sendBatch()) {
      const message = this.#answers[0]!;
      const slot = this.#takeSlot(message.length);
      if (slot === NO_SLOT) return;
      this.#settings.buffer.write(slot * this.slotBytes, message);
      this.#answers.shift();
      this.#packet.channelType = RndisChannelType.CONTROL;
      this.#sendBatch();
    }
  }

  /** A slot for so many bytes, at the end of the batch. */
  #takeSlot(lengthBytes: number): number {
    if (lengthBytes > this.slotBytes) return NO_SLOT;
    const slot = this.slots.take();
    if (slot === NO_SLOT) return NO_SLOT;
    if (this.#rangeCount === 0) this.#firstSlot = slot;
    else this.slots.append(this.#lastSlot, slot);
    this.#lastSlot = slot;
    this.#ranges[this.#rangeCount * 2] = lengthBytes;
    this.#ranges[this.#rangeCount * 2 + 1] = slot * this.slotBytes;
    this.#rangeCount += 1;
    return slot;
  }

  /** False when the ring has no room; the batch stays as it is. */
  #sendBatch(): boolean {
    if (this.#rangeCount === 0) return true;
    const { channel, bufferId } = this.#settings;
    const isSent = channel.sendTransferPages(
      this.#firstSlot + 1,
      0,
      bufferId,
      this.#ranges,
      this.#rangeCount,
      this.#message,
      this.#message.length,
      true,
    );
    this.#blocked = !isSent;
    if (!isSent) return false;
    this.slots.send(this.#firstSlot);
    this.#rangeCount = 0;
    this.#packet.channelType = RndisChannelType.DATA;
    return true;
  }

  /** A guest whose buffer cannot hold this many answers and a frame is of no use. */
  static fits(lengthBytes: number, frameBytes: number): boolean {
    return lengthBytes >= slotBytesFor(frameBytes) * (RESERVED_SLOTS * 2);
  }
}
