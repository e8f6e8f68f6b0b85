/**
 * The synthetic interrupt controller of one processor, as VMBus uses it: one SINT for messages and event flags.
 *
 * TLFS, "Synthetic Interrupt Controller". The interrupt handler scans the event flags first and then takes the
 * message, which is the order of Linux.
 */

import {
  HV_EVENT_FLAGS_COUNT,
  HV_MESSAGE_MAX_PAYLOAD_BYTES,
  HvMessageType,
  MESSAGE_FLAG_PENDING,
  Msr,
  sintMsr,
  sintSlot,
  VMBUS_MESSAGE_SINT,
} from '@viridian/protocols/tlfs';
import type { Cpu } from '../cpu.ts';
import { PAGE_BYTES, type PageAllocator } from '../mm/page-allocator.ts';
import { pageMsrValue } from './hypercalls.ts';

/** Interrupt vector of VMBus: Linux's HYPERVISOR_CALLBACK_VECTOR. */
export const HYPERVISOR_CALLBACK_VECTOR = 0xf3;

const SINT_MASKED = 0x1_0000n;
const SINT_AUTO_EOI = 0x2_0000n;
const FLAG_WORDS = HV_EVENT_FLAGS_COUNT / 32;
const MESSAGE_HEADER_BYTES = 16;

/** Who hears the SynIC; both are called in the interrupt and copy what they keep. */
export interface SynicListener {
  /** Flags may be set in the 2048 bits from `flags[firstWord]` on: scan and clear them. */
  dispatchEvents(flags: Int32Array, firstWord: number): void;
  dispatchMessage(messageType: number, payload: Uint8Array, lengthBytes: number): void;
}

/** SynIC of one processor. */
export class Synic {
  readonly #cpu: Cpu;
  readonly #pages: PageAllocator;
  readonly #listener: SynicListener;
  readonly #autoEoi: boolean;
  readonly #simPage: number;
  readonly #siefPage: number;
  readonly #payload = new Uint8Array(HV_MESSAGE_MAX_PAYLOAD_BYTES);
  #slotPayload: Uint8Array = new Uint8Array(0);
  #messageView: DataView = new DataView(new ArrayBuffer(0));
  #messageType: Int32Array = new Int32Array(0);
  #flags: Int32Array = new Int32Array(0);
  /** Interrupts taken. */
  interrupts = 0;

  constructor(cpu: Cpu, pages: PageAllocator, autoEoi: boolean, listener: SynicListener) {
    this.#cpu = cpu;
    this.#pages = pages;
    this.#autoEoi = autoEoi;
    this.#listener = listener;
    this.#simPage = pages.allocate(1);
    this.#siefPage = pages.allocate(1);
  }

  /** Enables the message page, the event flags page and the SINT; then the controller. */
  enable(): void {
    const cpu = this.#cpu;
    cpu.setInterruptHandler(HYPERVISOR_CALLBACK_VECTOR, () => this.#onInterrupt());
    cpu.wrmsr(Msr.HV_X64_MSR_SIMP, pageMsrValue(this.#simPage));
    cpu.wrmsr(Msr.HV_X64_MSR_SIEFP, pageMsrValue(this.#siefPage));
    this.#mapPages();
    const autoEoi = this.#autoEoi ? SINT_AUTO_EOI : 0n;
    cpu.wrmsr(sintMsr(VMBUS_MESSAGE_SINT), BigInt(HYPERVISOR_CALLBACK_VECTOR) | autoEoi);
    cpu.wrmsr(Msr.HV_X64_MSR_SCONTROL, 1n);
  }

  /** Masks the SINT, takes both pages away, switches the controller off. */
  disable(): void {
    const cpu = this.#cpu;
    cpu.wrmsr(sintMsr(VMBUS_MESSAGE_SINT), SINT_MASKED);
    cpu.wrmsr(Msr.HV_X64_MSR_SIMP, 0n);
    cpu.wrmsr(Msr.HV_X64_MSR_SIEFP, 0n);
    cpu.wrmsr(Msr.HV_X64_MSR_SCONTROL, 0n);
    cpu.setInterruptHandler(HYPERVISOR_CALLBACK_VECTOR, undefined);
    this.#pages.free(this.#simPage);
    this.#pages.free(this.#siefPage);
  }

  // The pages are overlays: their views exist only once the MSRs are set.
  #mapPages(): void {
    const sim = this.#cpu.memory.view(this.#simPage * PAGE_BYTES, PAGE_BYTES);
    const sief = this.#cpu.memory.view(this.#siefPage * PAGE_BYTES, PAGE_BYTES);
    const slot = sim.byteOffset + sintSlot(VMBUS_MESSAGE_SINT);
    this.#slotPayload = new Uint8Array(sim.buffer, slot + MESSAGE_HEADER_BYTES, HV_MESSAGE_MAX_PAYLOAD_BYTES);
    this.#messageView = new DataView(sim.buffer, slot, MESSAGE_HEADER_BYTES);
    this.#messageType = new Int32Array(sim.buffer, slot, 1);
    this.#flags = new Int32Array(sief.buffer, sief.byteOffset + sintSlot(VMBUS_MESSAGE_SINT), FLAG_WORDS);
  }

  #onInterrupt(): void {
    this.interrupts += 1;
    this.#listener.dispatchEvents(this.#flags, 0);
    this.#takeMessage();
    if (!this.#autoEoi) this.#cpu.wrmsr(Msr.HV_X64_MSR_EOI, 0n);
  }

  // One message for one interrupt: freeing the slot with more pending brings the next interrupt.
  #takeMessage(): void {
    const type = Atomics.load(this.#messageType, 0) >>> 0;
    if (type === HvMessageType.NONE) return;
    const size = Math.min(this.#messageView.getUint8(4), HV_MESSAGE_MAX_PAYLOAD_BYTES);
    this.#payload.set(this.#slotPayload);
    Atomics.store(this.#messageType, 0, HvMessageType.NONE);
    if ((this.#messageView.getUint8(5) & MESSAGE_FLAG_PENDING) !== 0) this.#cpu.wrmsr(Msr.HV_X64_MSR_EOM, 0n);
    this.#listener.dispatchMessage(type, this.#payload, size);
  }
}
