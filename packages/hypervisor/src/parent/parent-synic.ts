/**
 * The parent's side of the synthetic interrupt controller: one interrupt handler per SINT, message slots emptied with
 * EOM, event flags scanned and handed to their owners. TLFS, "Inter-Partition Communication".
 */

import {
  HV_EVENT_FLAGS_BYTES,
  HV_MESSAGE_MAX_PAYLOAD_BYTES,
  HvMessageType,
  MESSAGE_FLAG_PENDING,
  MessageHeader,
  Msr,
  OverlayPageMsr,
  ScontrolMsr,
  SINT_RESET,
  SintMsr,
  sintMsr,
  sintSlot,
} from '@viridian/protocols/tlfs';
import { PAGE_BYTES } from '@viridian/x86';
import type { GuestCpu } from '../program/index.ts';
import { type EventFlagRun, FLAGS_PER_SINT } from './event-flags.ts';

/** SINT of intercept messages: the hypervisor's choice. */
export const INTERCEPT_SINT = 0;
/** SINT of messages that children post. */
export const MESSAGE_SINT = 1;
/** SINTs of events that children signal: 14 times 2048 flags. */
export const EVENT_SINTS: readonly number[] = Array.from({ length: 14 }, (_, index) => index + 2);

/** Interrupt vector of SINT 0; the others follow. */
const FIRST_VECTOR = 0x50;
const EOM = 0n;

/** A message of which a handler may keep nothing: `bytes` is used again for the next one. */
export interface ReceivedMessage {
  type: number;
  /** Port id of a posted message, partition id of an intercept, as two halves. */
  originLow: number;
  originHigh: number;
  payloadBytes: number;
  readonly payload: Uint8Array;
  readonly view: DataView;
}

/** Must not throw. */
export type MessageHandler = (message: ReceivedMessage) => void;

/** Who is told of an event flag; `flag` counts from the first flag of its own run. Must not throw. */
export interface EventTarget {
  signalled(flag: number): void;
}

interface EventSint {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly targets: (EventTarget | undefined)[];
  /** For each flag the first one of its run. */
  readonly firstFlags: Uint16Array;
  /** Words that may hold bits of an owner. */
  usedWords: number;
}

/** The handlers and pages of one virtual processor's SynIC, ours. */
export class ParentSynic {
  readonly #cpu: GuestCpu;
  readonly #sim: Uint8Array<SharedArrayBuffer>;
  readonly #types: Int32Array<SharedArrayBuffer>;
  readonly #header: ReturnType<typeof MessageHeader.on>;
  readonly #events: EventSint[];

  /** Turns on the SynIC with its pages laid over `simGpn` and `siefGpn`, all 16 SINTs unmasked. */
  constructor(
    cpu: GuestCpu,
    pages: { readonly simGpn: number; readonly siefGpn: number },
    handlers: { readonly intercept: MessageHandler; readonly message: MessageHandler },
  ) {
    this.#cpu = cpu;
    cpu.wrmsr(Msr.HV_X64_MSR_SIMP, OverlayPageMsr.encode({ enable: 1, gpn: pages.simGpn }));
    cpu.wrmsr(Msr.HV_X64_MSR_SIEFP, OverlayPageMsr.encode({ enable: 1, gpn: pages.siefGpn }));
    this.#sim = cpu.memory.view(pages.simGpn * PAGE_BYTES, PAGE_BYTES);
    this.#types = new Int32Array(this.#sim.buffer, this.#sim.byteOffset, PAGE_BYTES / 4);
    this.#header = MessageHeader.on(new DataView(this.#sim.buffer, this.#sim.byteOffset, PAGE_BYTES));
    const sief = cpu.memory.view(pages.siefGpn * PAGE_BYTES, PAGE_BYTES);
    this.#events = EVENT_SINTS.map((sint) => ({
      words: new Int32Array(sief.buffer, sief.byteOffset + sintSlot(sint), HV_EVENT_FLAGS_BYTES / 4),
      targets: new Array<EventTarget | undefined>(FLAGS_PER_SINT).fill(undefined),
      firstFlags: new Uint16Array(FLAGS_PER_SINT),
      usedWords: 0,
    }));
    this.#openMessages(INTERCEPT_SINT, handlers.intercept);
    this.#openMessages(MESSAGE_SINT, handlers.message);
    this.#events.forEach((events, index) => {
      this.#unmask(EVENT_SINTS[index]!, () => scanEvents(events));
    });
    cpu.wrmsr(Msr.HV_X64_MSR_SCONTROL, ScontrolMsr.encode({ enable: 1 }));
  }

  /** From now on the flags of `run` are `target`'s. */
  listen(run: EventFlagRun, target: EventTarget): void {
    const events = this.#eventsOf(run.sint);
    events.targets.fill(target, run.firstFlag, run.firstFlag + run.flagCount);
    events.firstFlags.fill(run.firstFlag, run.firstFlag, run.firstFlag + run.flagCount);
    events.usedWords = Math.max(events.usedWords, Math.ceil((run.firstFlag + run.flagCount) / 32));
  }

  /** Takes the target away and clears what it was not told: the next owner finds clean flags. */
  forget(run: EventFlagRun): void {
    const events = this.#eventsOf(run.sint);
    events.targets.fill(undefined, run.firstFlag, run.firstFlag + run.flagCount);
    for (let flag = run.firstFlag; flag < run.firstFlag + run.flagCount; flag += 1) {
      Atomics.and(events.words, flag >>> 5, ~(1 << (flag & 31)));
    }
  }

  /** Masks all SINTs and turns the SynIC off. */
  close(): void {
    const cpu = this.#cpu;
    for (const sint of [INTERCEPT_SINT, MESSAGE_SINT, ...EVENT_SINTS]) {
      cpu.wrmsr(sintMsr(sint), BigInt(SINT_RESET));
      cpu.setInterruptHandler(FIRST_VECTOR + sint, undefined);
    }
    cpu.wrmsr(Msr.HV_X64_MSR_SCONTROL, 0n);
    cpu.wrmsr(Msr.HV_X64_MSR_SIMP, 0n);
    cpu.wrmsr(Msr.HV_X64_MSR_SIEFP, 0n);
  }

  #eventsOf(sint: number): EventSint {
    const events = this.#events[EVENT_SINTS.indexOf(sint)];
    if (events === undefined) throw new Error(`SINT ${sint} carries no events of ours`);
    return events;
  }

  /** AutoEOI: our handlers end as soon as they have begun to, and one MSR write per interrupt is saved. */
  #unmask(sint: number, handler: () => void): void {
    this.#cpu.setInterruptHandler(FIRST_VECTOR + sint, handler);
    this.#cpu.wrmsr(sintMsr(sint), SintMsr.encode({ vector: FIRST_VECTOR + sint, autoEoi: 1 }));
  }

  #openMessages(sint: number, handler: MessageHandler): void {
    const payload = new Uint8Array(HV_MESSAGE_MAX_PAYLOAD_BYTES);
    const message: ReceivedMessage = {
      type: HvMessageType.NONE,
      originLow: 0,
      originHigh: 0,
      payloadBytes: 0,
      payload,
      view: new DataView(payload.buffer),
    };
    const slot = this.#sim.subarray(
      sintSlot(sint) + MessageHeader.size,
      sintSlot(sint) + MessageHeader.size + payload.length,
    );
    this.#unmask(sint, () => {
      while (this.#take(sint, slot, message)) handler(message);
    });
  }

  /** Copies the slot's message and frees the slot; false when it is empty. */
  #take(sint: number, slot: Uint8Array, message: ReceivedMessage): boolean {
    const at = sintSlot(sint);
    const type = Atomics.load(this.#types, at / 4) >>> 0;
    if (type === HvMessageType.NONE) return false;
    const header = this.#header;
    header.at = at;
    message.type = type;
    message.originLow = header.view.getUint32(at + MessageHeader.offsets.origin, true);
    message.originHigh = header.view.getUint32(at + MessageHeader.offsets.origin + 4, true);
    message.payloadBytes = Math.min(header.payloadSize, HV_MESSAGE_MAX_PAYLOAD_BYTES);
    message.payload.set(slot);
    Atomics.store(this.#types, at / 4, HvMessageType.NONE);
    // Only after the slot is free: a message that is queued meanwhile sets the flag or finds the slot.
    if ((header.flags & MESSAGE_FLAG_PENDING) !== 0) this.#cpu.wrmsr(Msr.HV_X64_MSR_EOM, EOM);
    return true;
  }
}

/** Takes every flag that is set and tells its owner; flags without one are dropped. */
function scanEvents(events: EventSint): void {
  for (let word = 0; word < events.usedWords; word += 1) {
    if (Atomics.load(events.words, word) === 0) continue;
    let bits = Atomics.exchange(events.words, word, 0);
    while (bits !== 0) {
      const flag = word * 32 + (31 - Math.clz32(bits & -bits));
      bits &= bits - 1;
      events.targets[flag]?.signalled(flag - events.firstFlags[flag]!);
    }
  }
}
