/**
 * The synthetic interrupt controller of one virtual processor: 16 sources, each with a message slot and 2048 event
 * flags. TLFS, "Inter-Partition Communication", SynIC.
 */

import {
  HV_EVENT_FLAGS_COUNT,
  HV_MESSAGE_MAX_PAYLOAD_BYTES,
  HvMessageType,
  HvStatus,
  MESSAGE_FLAG_PENDING,
  PORT_MESSAGE_BUFFERS,
  SINT_COUNT,
  sintSlot,
} from '@viridian/protocols/tlfs';
import { counters, tracePoint } from '@viridian/trace';
import type { LocalApic } from '../apic/local-apic.ts';
import type { Clock } from '../clock/clock.ts';
import type { GpaSpace } from '../partition/gpa-space.ts';
import type { SystemPage } from '../vp/system-page.ts';
import { MessageBuffer, MessageQueue, type MessageSource } from './message-buffer.ts';
import { SlotRetry } from './slot-retry.ts';
import { SynicRegisters } from './synic-registers.ts';

const traceMessage = tracePoint('hypervisor.synic.message', ['sint', 'type', 'sizeBytes', 'waiting']);
const traceEvent = tracePoint('hypervisor.synic.event', ['sint', 'flag', 'newlySet']);

// Offsets in a message slot.
const SLOT_SIZE_BYTES = 4;
const SLOT_FLAGS = 5;
const SLOT_ORIGIN = 8;
const SLOT_PAYLOAD = 16;
/** Offset of the delivery time in the payload of a timer message. */
const TIMER_DELIVERY_TIME = 16;

/** Messages of the hypervisor's own that may wait per SINT: intercepts of all children together. */
const OWN_MESSAGE_BUFFERS = 256;

/** What a SynIC needs of its virtual processor. */
export interface SynicOwner {
  readonly apic: LocalApic;
  readonly clock: Clock;
  readonly gpa: GpaSpace;
  /** Path in traces. */
  readonly where: string;
  /** Whether bit 18 of a SINT means something. */
  readonly hasSintPolling: boolean;
  /** The partition's reference time, for the delivery time of timer messages. */
  referenceTime(): number;
}

/** Message slots, their queues, and event flags. */
export class SynIC {
  readonly registers: SynicRegisters;
  /** Whether the last successful {@link setEvent} found the flag clear. */
  newlySet = false;
  readonly counters = counters({ messages: 0, messagesDelayed: 0, events: 0, eventsNew: 0 });
  readonly #owner: SynicOwner;
  readonly #messages: SystemPage;
  readonly #flags: SystemPage;
  readonly #queues = Array.from({ length: SINT_COUNT }, () => new MessageQueue());
  /** Buffers that were used before, linked by `next`. */
  #free: MessageBuffer | undefined;
  #waiting = 0;
  readonly #retry: SlotRetry;

  /** `messages` and `flags` are the pages that the guest can show itself by SIMP and SIEFP. */
  constructor(owner: SynicOwner, messages: SystemPage, flags: SystemPage) {
    this.#owner = owner;
    this.#messages = messages;
    this.#flags = flags;
    this.registers = new SynicRegisters(owner, messages.number, flags.number, () => this.rescan());
    this.#retry = new SlotRetry(owner.clock, () => this.rescan());
  }

  /** Messages that wait for their slot. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether messages are taken: SCONTROL and SIMP are on. */
  get acceptsMessages(): boolean {
    return this.registers.enabled && this.registers.simp.enabled;
  }

  /** Registers and pages to their reset state; queued messages are dropped. */
  reset(): void {
    this.#retry.stop();
    for (let sint = 0; sint < SINT_COUNT; sint += 1) {
      const queue = this.#queues[sint]!;
      for (let head = queue.head; head !== undefined; head = queue.head) this.withdraw(head);
    }
    this.registers.reset();
    this.#messages.bytes.fill(0);
    this.#flags.bytes.fill(0);
  }

  /**
   * Posts a message: into the slot if it is free, else into the queue of the SINT. INVALID_SYNIC_STATE while SCONTROL
   * or SIMP is off, INSUFFICIENT_BUFFERS when all buffers of the port are in use. Allocates nothing once as many
   * buffers have been used as are needed at a time.
   */
  postMessage(
    sint: number,
    type: number,
    origin: number | bigint,
    payload: Uint8Array,
    sizeBytes: number,
    port?: MessageSource,
  ): HvStatus {
    if (sint >= SINT_COUNT || sizeBytes > HV_MESSAGE_MAX_PAYLOAD_BYTES) return HvStatus.INVALID_PARAMETER;
    if (!this.acceptsMessages) return HvStatus.INVALID_SYNIC_STATE;
    const queued = port === undefined ? this.#queues[sint]!.length : port.queuedMessages;
    const most = port === undefined ? OWN_MESSAGE_BUFFERS : PORT_MESSAGE_BUFFERS;
    if (queued >= most) return HvStatus.INSUFFICIENT_BUFFERS;
    const buffer = this.#take();
    buffer.sint = sint;
    buffer.type = type;
    buffer.originLow = typeof origin === 'number' ? origin >>> 0 : Number(origin & 0xffffffffn);
    buffer.originHigh = typeof origin === 'number' ? Math.floor(origin / 2 ** 32) : Number(origin >> 32n);
    buffer.source = port;
    buffer.setPayload(payload, sizeBytes);
    this.enqueue(buffer);
    return HvStatus.SUCCESS;
  }

  /** Queues a buffer of the caller's own (a timer's) and delivers what can be. It may be changed once it is not queued. */
  enqueue(buffer: MessageBuffer): void {
    this.#queues[buffer.sint]!.push(buffer);
    this.#waiting += 1;
    if (buffer.source !== undefined) buffer.source.queuedMessages += 1;
    this.#deliver(buffer.sint);
    if (buffer.queued) this.counters.messagesDelayed += 1;
  }

  /** Takes a message back that has not reached its slot. */
  withdraw(buffer: MessageBuffer): void {
    if (this.#queues[buffer.sint]!.remove(buffer)) this.#left(buffer);
  }

  /** Drops what is queued for a port that is deleted. */
  dropPort(port: MessageSource): void {
    for (const queue of this.#queues) {
      for (let found = queue.firstOf(port); found !== undefined; found = queue.firstOf(port))
        this.withdraw(found);
    }
  }

  /**
   * Sets an event flag; the first setting raises the interrupt. INVALID_SYNIC_STATE while the SINT is masked or SIEFP or
   * SCONTROL is off.
   */
  setEvent(sint: number, flag: number): HvStatus {
    const { registers } = this;
    if (sint >= SINT_COUNT || flag >= HV_EVENT_FLAGS_COUNT) return HvStatus.INVALID_PARAMETER;
    if (!registers.enabled || !registers.siefp.enabled || registers.isMasked(sint)) {
      return HvStatus.INVALID_SYNIC_STATE;
    }
    const bit = 1 << (flag & 31);
    const before = Atomics.or(this.#flags.words, (sintSlot(sint) >> 2) + (flag >> 5), bit);
    this.newlySet = (before & bit) === 0;
    this.counters.events += 1;
    if (traceEvent.on) traceEvent.emit(this.#owner.where, sint, flag, this.newlySet ? 1 : 0);
    if (this.newlySet) {
      this.counters.eventsNew += 1;
      this.#raise(sint);
    }
    return HvStatus.SUCCESS;
  }

  /** Looks at all queues again: after EOM, EOI, and when the slots come into use. */
  rescan(): void {
    if (this.#waiting === 0) return;
    for (let sint = 0; sint < SINT_COUNT; sint += 1) {
      if (this.#queues[sint]!.length > 0) this.#deliver(sint);
    }
  }

  inspect() {
    return {
      ...this.registers.inspect(),
      waiting: this.#waiting,
      counters: { ...this.counters },
    };
  }

  /** Moves the first message of a SINT into its slot, if that is free. */
  #deliver(sint: number): void {
    const queue = this.#queues[sint]!;
    if (queue.head === undefined || !this.acceptsMessages) return;
    const typeWord = sintSlot(sint) >> 2;
    const { words, bytes } = this.#messages;
    if (Atomics.load(words, typeWord) !== HvMessageType.NONE) {
      Atomics.or(bytes, sintSlot(sint) + SLOT_FLAGS, MESSAGE_FLAG_PENDING);
      // The guest may have emptied the slot before it could see the flag: then no EOM will come.
      if (Atomics.load(words, typeWord) !== HvMessageType.NONE) {
        this.#retry.start();
        return;
      }
    }
    const message = queue.shift()!;
    this.#fill(message, queue.length > 0);
    this.#retry.progress();
    if (queue.length > 0) this.#retry.start();
    this.counters.messages += 1;
    if (traceMessage.on) {
      traceMessage.emit(this.#owner.where, sint, message.type, message.payloadBytes, queue.length);
    }
    this.#left(message);
    message.onDelivered?.();
    this.#raise(sint);
  }

  /** Writes a message into its slot, the type last: from then on it is the guest's. */
  #fill(message: MessageBuffer, morePending: boolean): void {
    const { words, view } = this.#messages;
    const slot = sintSlot(message.sint);
    const count = (message.payloadBytes + 3) >> 2;
    const payloadWord = (slot + SLOT_PAYLOAD) >> 2;
    for (let word = 0; word < count; word += 1) words[payloadWord + word] = message.words[word]!;
    if (message.type === HvMessageType.TIMER_EXPIRED) {
      const now = this.#owner.referenceTime();
      view.setUint32(slot + SLOT_PAYLOAD + TIMER_DELIVERY_TIME, now >>> 0, true);
      view.setUint32(slot + SLOT_PAYLOAD + TIMER_DELIVERY_TIME + 4, Math.floor(now / 2 ** 32), true);
    }
    view.setUint32(slot + SLOT_ORIGIN, message.originLow, true);
    view.setUint32(slot + SLOT_ORIGIN + 4, message.originHigh, true);
    // Size and flags share a word with two bytes that are zero.
    view.setUint32(
      slot + SLOT_SIZE_BYTES,
      message.payloadBytes | (morePending ? MESSAGE_FLAG_PENDING << 8 : 0),
      true,
    );
    Atomics.store(words, slot >> 2, message.type | 0);
  }

  /** Interrupts through the local APIC, unless the SINT is masked or polled. */
  #raise(sint: number): void {
    const { registers } = this;
    if (registers.isMasked(sint) || registers.isPolled(sint)) return;
    this.#owner.apic.fixed(registers.vector(sint));
  }

  /** A message is no longer queued. */
  #left(message: MessageBuffer): void {
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#retry.stop();
    if (message.source !== undefined) message.source.queuedMessages -= 1;
    // Buffers with a delivery callback belong to somebody.
    if (message.onDelivered === undefined) {
      message.source = undefined;
      message.next = this.#free;
      this.#free = message;
    }
  }

  #take(): MessageBuffer {
    const buffer = this.#free;
    if (buffer === undefined) return new MessageBuffer();
    this.#free = buffer.next;
    buffer.next = undefined;
    return buffer;
  }
}
