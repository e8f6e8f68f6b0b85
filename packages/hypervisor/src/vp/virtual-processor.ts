/**
 * A virtual processor: the state around an executing processor, and when it gets its turns. TLFS, "Virtual Processor
 * Management". What its instructions lead to is in `vp-exits.ts`, its registers by name in `register-access.ts`.
 */

import { FeatureEdx, type HvStatus } from '@viridian/protocols/tlfs';
import { counters } from '@viridian/trace';
import { type Processor, Reg, StopReason } from '@viridian/x86';
import { ApicBase } from '../apic/apic-base.ts';
import { sendIpi } from '../apic/interrupt-delivery.ts';
import { type ApicOwner, LocalApic } from '../apic/local-apic.ts';
import type { Clock } from '../clock/clock.ts';
import type { PartitionMsrs } from '../msr/partition-msrs.ts';
import { GpaAccess, type GpaSpace } from '../partition/gpa-space.ts';
import type { Partition } from '../partition/partition.ts';
import type { ProcessorFactory } from '../partition/processor-factory.ts';
import { SynIC, type SynicOwner } from '../synic/synic.ts';
import type { ReferenceCounter } from '../timer/reference-counter.ts';
import type { TimerOwner } from '../timer/synthetic-timer.ts';
import { SyntheticTimers } from '../timer/synthetic-timers.ts';
import { TimeStamp } from '../timer/time-stamp.ts';
import { MtrrState } from './mtrr-state.ts';
import { OverlayRegister } from './overlay-register.ts';
import { readVpRegister, writeVpRegister } from './register-access.ts';
import { SystemPage } from './system-page.ts';
import { Turns } from './turns.ts';
import { VpExits } from './vp-exits.ts';

/** System pages that become the VP's overlay pages, taken from the partition's pool. */
export interface VpPages {
  readonly message: number;
  readonly eventFlags: number;
  readonly assist: number;
}

/** What keeps a processor from running, besides having nothing to do. */
type StartState = 'running' | 'wait-for-sipi' | 'unrecoverable' | 'destroyed';

/** One VP of a partition, in reset state and explicitly suspended when made. */
export class VirtualProcessor implements ApicOwner, SynicOwner, TimerOwner {
  readonly partition: Partition;
  readonly index: number;
  /** Path in traces and in the inspection tree. */
  readonly where: string;
  readonly msrs: PartitionMsrs;
  readonly reference: ReferenceCounter;
  readonly timeStamp: TimeStamp;
  readonly clock: Clock;
  readonly gpa: GpaSpace;
  readonly apic: LocalApic;
  readonly apicBase: ApicBase;
  readonly synic: SynIC;
  readonly timers: SyntheticTimers;
  readonly mtrrs = new MtrrState();
  /** VP_ASSIST_PAGE. "No EOI required" is never set in it. */
  readonly assist: OverlayRegister;
  readonly exits: VpExits;
  readonly turns = new Turns(this);
  readonly processor: Processor;
  readonly counters = counters({
    slices: 0,
    cpuids: 0,
    msrReads: 0,
    msrWrites: 0,
    protectionFaults: 0,
    unknownMsrs: 0,
    hypercalls: 0,
    portReads: 0,
    portWrites: 0,
    memoryExits: 0,
    apicAccesses: 0,
    exceptions: 0,
    interrupts: 0,
    nmis: 0,
    ipisSent: 0,
    eois: 0,
    halts: 0,
    suspensions: 0,
    tlbFlushes: 0,
  });
  readonly #assistPage: SystemPage;
  readonly #stopListening: () => void;
  #explicitSuspend = true;
  #interceptSuspend = false;
  #tlbFlushInhibit = false;
  #startState: StartState;
  /** GUEST_IDLE was read: sleeps until an interrupt is pending. */
  #idle = false;
  /** That sleep is over: the read that began it, executed again, comes back at once. */
  #woken = false;
  /** INIT came from the processor's own instruction, which has to end first. */
  #initPending = false;

  constructor(partition: Partition, index: number, pages: VpPages, factory: ProcessorFactory) {
    const { memory, clock, executor } = partition.hypervisor;
    this.partition = partition;
    this.index = index;
    this.where = `${partition.where}/vp/${index}`;
    this.clock = clock;
    this.gpa = partition.gpa;
    this.msrs = partition.msrState;
    this.reference = this.msrs.reference;
    this.timeStamp = new TimeStamp(this.reference);
    this.apic = new LocalApic(index, this, this);
    this.apicBase = new ApicBase(index === 0);
    this.apicBase.onMode = (mode) => this.apic.setMode(mode);
    this.synic = new SynIC(
      this,
      new SystemPage(memory, pages.message),
      new SystemPage(memory, pages.eventFlags),
    );
    this.timers = new SyntheticTimers(this);
    this.assist = new OverlayRegister(partition.gpa, GpaAccess.READ | GpaAccess.WRITE);
    this.#assistPage = new SystemPage(memory, pages.assist);
    this.exits = new VpExits(this);
    this.processor = factory({
      partitionId: partition.id,
      vpIndex: index,
      handler: this.exits,
      gpa: partition.gpa,
      memory,
      executor,
    });
    this.#startState = index === 0 ? 'running' : 'wait-for-sipi';
    if (index !== 0) this.processor.init();
    this.#stopListening = partition.gpa.onChange((first, count) => this.processor.gpaChanged(first, count));
  }

  /** Register ExplicitSuspend: the parent holds the VP. */
  get explicitSuspend(): boolean {
    return this.#explicitSuspend;
  }

  set explicitSuspend(suspended: boolean) {
    if (suspended === this.#explicitSuspend) return;
    this.#explicitSuspend = suspended;
    this.msrs.updateTimeHold();
    if (suspended) this.processor.requestStop();
    else this.kick();
  }

  /** Register InterceptSuspend, bit 0: an intercept is with the parent. */
  get interceptSuspend(): boolean {
    return this.#interceptSuspend;
  }

  set interceptSuspend(suspended: boolean) {
    this.#interceptSuspend = suspended;
    if (!suspended) this.kick();
  }

  /** Register InterceptSuspend, bit 1: flush hypercalls of other VPs wait until it is cleared. */
  get tlbFlushInhibit(): boolean {
    return this.#tlbFlushInhibit;
  }

  set tlbFlushInhibit(inhibited: boolean) {
    this.#tlbFlushInhibit = inhibited;
    if (inhibited) return;
    // The parked hypercalls are executed again.
    for (const vp of this.partition.vps) vp?.kick();
  }

  /** Whether the processor may execute instructions now. */
  get isRunnable(): boolean {
    return (
      this.#startState === 'running' &&
      !this.#explicitSuspend &&
      !this.#interceptSuspend &&
      !this.#idle &&
      !this.stopping &&
      !this.partition.suspended
    );
  }

  /** True from the moment when nothing of the guest may run on: a reset is due, or the VP is gone. */
  get stopping(): boolean {
    return this.#startState === 'destroyed' || this.msrs.resetRequested || this.partition.state !== 'active';
  }

  get waitsForSipi(): boolean {
    return this.#startState === 'wait-for-sipi';
  }

  get isUnrecoverable(): boolean {
    return this.#startState === 'unrecoverable';
  }

  /** Whether a turn was asked for and has not come. */
  get isQueued(): boolean {
    return this.turns.isQueued;
  }

  get hasSintPolling(): boolean {
    return (this.partition.features & FeatureEdx.SINT_POLLING) !== 0;
  }

  get hasDirectTimers(): boolean {
    return (this.partition.features & FeatureEdx.DIRECT_SYNTHETIC_TIMERS) !== 0;
  }

  /** VP_RUNTIME: time spent in slices, in 100 ns. */
  get runtime(): number {
    return this.turns.runtime;
  }

  referenceTime(): number {
    return this.reference.now();
  }

  /** There may be something to do: the processor gets a turn. Cheap and harmless when there is nothing. */
  kick(): void {
    this.turns.kick();
  }

  /** Takes the turn that was asked for now, if one was. */
  runSlice(): void {
    this.turns.runSlice();
  }

  /** Executes for a slice; called by {@link Turns} alone. */
  executeSlice(): StopReason {
    this.counters.slices += 1;
    this.clock.poll();
    this.reference.poll();
    // A callback may have stopped it.
    if (!this.isRunnable) return StopReason.REQUESTED;
    this.exits.takeTaskPriority();
    return this.processor.run(this.turns.sliceMilliseconds());
  }

  /** What is left to do after a slice; called by {@link Turns} alone. */
  sliceEnded(reason: StopReason): void {
    if (reason === StopReason.HALT) this.counters.halts += 1;
    if (reason === StopReason.SUSPENDED) this.counters.suspensions += 1;
    if (this.#initPending) this.init();
  }

  /** ApicOwner: the interrupt input of the processor. */
  setInterruptRequest(asserted: boolean): void {
    this.processor.setInterruptRequest(asserted);
    if (asserted) this.#wake();
  }

  /** ApicOwner: an EOI by whichever register. */
  interruptEnded(vector: number, wasLevel: boolean): void {
    this.counters.eois += 1;
    if (wasLevel && !this.partition.interrupts.ended(vector, this.index)) {
      this.partition.intercepts.deliverApicEoi(this, vector);
    }
    this.synic.rescan();
  }

  /** ApicOwner: the interrupt command register. */
  sendIpi(icrLow: number, icrHigh: number): void {
    this.counters.ipisSent += 1;
    sendIpi(this, icrLow, icrHigh);
  }

  /** ApicOwner: CR8 follows the task priority. */
  taskPriorityChanged(priority: number): void {
    // The local APIC is made, and reset, before there is a processor.
    const registers = this.processor?.registers;
    if (registers !== undefined) registers.dwords[Reg.CR8 * 2] = priority >> 4;
  }

  /** A non-maskable interrupt. */
  nmi(): void {
    if (this.#startState !== 'running') return;
    this.counters.nmis += 1;
    this.processor.injectNmi();
    this.#wake();
  }

  /** INIT: reset state of processor and local APIC; VP 0 starts over, the others wait for SIPI. Synthetic state stays. */
  init(): void {
    if (this.#startState === 'destroyed') return;
    this.#initPending = this.turns.isRunning;
    if (this.turns.isRunning) {
      this.processor.requestStop();
      return;
    }
    this.#idle = this.#woken = false;
    this.#interceptSuspend = false;
    this.processor.init();
    this.apic.reset();
    if (this.index === 0) this.#startAtResetVector();
    else this.#startState = 'wait-for-sipi';
  }

  /** SIPI: starts a waiting processor at `vector` << 12; any other ignores it. */
  startUp(vector: number): void {
    if (this.#startState !== 'wait-for-sipi') return;
    this.processor.startUp(vector);
    this.#startState = 'running';
    this.kick();
  }

  /** GUEST_IDLE was read: true when the VP now sleeps, false when an interrupt is pending already. */
  idle(): boolean {
    this.#idle = !this.apic.hasDeliverable && !this.#woken;
    this.#woken = false;
    return this.#idle;
  }

  /** Writes VP_ASSIST_PAGE; the page's first word is zero when it appears. */
  setAssistPage(low: number, high: number): void {
    Atomics.store(this.#assistPage.words, 0, 0);
    this.assist.set(low, high, this.#assistPage.number);
  }

  /** The RESET MSR: the partition is reset as soon as nothing of it is on the stack; until then no VP runs. */
  requestPartitionReset(): void {
    if (this.msrs.resetRequested) return;
    this.msrs.resetRequested = true;
    for (const vp of this.partition.vps) vp?.processor.requestStop();
    this.partition.hypervisor.executor.post(() => {
      // Somebody else may have reset or finalized it meanwhile.
      if (this.msrs.resetRequested && this.partition.state === 'active') this.partition.reset();
    });
  }

  /** The processor's triple fault. It stays stopped until it is reset. */
  markUnrecoverable(): void {
    if (this.#startState === 'running') this.#startState = 'unrecoverable';
  }

  /** Reset of the partition: all state of the VP to its reset values; VP 0 runs again, the others wait for SIPI. */
  reset(): void {
    if (this.#startState === 'destroyed') return;
    this.msrs.resetRequested = false;
    this.timers.reset();
    this.synic.reset();
    this.assist.reset();
    this.mtrrs.reset();
    this.timeStamp.reset();
    this.apicBase.reset();
    this.#tlbFlushInhibit = false;
    this.init();
  }

  /** Flushes cached translations: of one page, or all. */
  flushTlb(gva?: bigint): void {
    this.counters.tlbFlushes += 1;
    this.processor.flushTlb(gva);
  }

  /** A register by name: a 128-bit value, or the status that the caller gets. */
  getRegister(name: number): bigint | HvStatus {
    return readVpRegister(this, name);
  }

  /** Sets a register by name. Has no side effects on the guest: no flush, no fault. */
  setRegister(name: number, value: bigint): HvStatus {
    return writeVpRegister(this, name, value);
  }

  /** The end: nothing of it runs or expires any more, its overlays are gone. */
  destroy(): void {
    if (this.#startState === 'destroyed') return;
    this.timers.reset();
    this.apic.timer.reset();
    this.synic.reset();
    this.assist.reset();
    this.#stopListening();
    this.#startState = 'destroyed';
    this.#explicitSuspend = true;
    this.processor.requestStop();
    this.processor.init();
    this.msrs.updateTimeHold();
  }

  inspect() {
    return {
      state: this.#startState,
      explicitSuspend: this.#explicitSuspend,
      interceptSuspend: this.#interceptSuspend,
      idle: this.#idle,
      runtime: this.runtime,
      rip: this.processor.registers.qwords[Reg.RIP]!,
      apic: this.apic.inspect(),
      synic: this.synic,
      timers: this.timers,
      counters: { ...this.counters },
    };
  }

  #wake(): void {
    if (this.#idle) this.#woken = true;
    this.#idle = false;
    this.kick();
  }

  /** The bootstrap processor needs no SIPI: it executes from the reset vector on. */
  #startAtResetVector(): void {
    this.processor.startUp(0);
    this.processor.registers.reset();
    this.#startState = 'running';
    this.kick();
  }
}
