/**
 * A partition: its states, what it is offered, and all that belongs to it. TLFS, "Partition Management".
 */

import { HvStatus } from '@viridian/protocols/tlfs';
import { counters, tracePoint } from '@viridian/trace';
import { BoardInterrupts } from '../apic/board-interrupts.ts';
import { CallContext } from '../hypercall/call-context.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { InterceptTable } from '../intercept/intercept-table.ts';
import { PartitionMsrs } from '../msr/partition-msrs.ts';
import type { Connection, Port } from '../synic/ports.ts';
import { disconnect, removePort } from '../synic/ports.ts';
import { VirtualProcessor } from '../vp/virtual-processor.ts';
import type { PartitionOffer } from './configuration.ts';
import type { GpaSpace } from './gpa-space.ts';
import { HypercallCounters } from './hypercall-counters.ts';
import type { PartitionObserver } from './observer.ts';
import { PagePool } from './page-pool.ts';
import type { ProcessorFactory } from './processor-factory.ts';
import { PartitionProperties } from './properties.ts';

/** States in the order of a life; `finalizing` lasts only while a finalize hypercall is at work. */
export type PartitionState = 'uninitialized' | 'active' | 'finalizing' | 'finalized' | 'deleted';

/** VPs that a partition can have. */
export const MAX_VPS = 64;
/** Overlay pages of a partition: hypercall page and reference TSC page. */
const PARTITION_PAGES = 2;
/** Overlay pages of a VP: message page, event flags page, assist page. */
const VP_PAGES = 3;

const traceState = tracePoint('hypervisor.partition', ['state']);

/** System pages that the partition's own overlays use, taken from its pool when it is initialized. */
export interface PartitionPages {
  readonly hypercall: number;
  readonly referenceTsc: number;
}

/** One partition. Made by the hypervisor only; its state changes through the methods that the hypercalls use. */
export class Partition {
  readonly id: bigint;
  readonly hypervisor: Hypervisor;
  readonly parent: Partition | null;
  /** In the order of their creation. */
  readonly children: Partition[] = [];
  /** Path in traces and in the inspection tree. */
  readonly where: string;

  /** EDX of CPUID leaf 0x40000003. */
  features: number;
  /** EAX of CPUID leaf 0x40000004. */
  hints: number;
  /** Result of HvExtCallQueryCapabilities. */
  extendedCapabilities: bigint;
  /** False hides the hypervisor from the guest. */
  enlightened: boolean;
  /** CPUID offers x2APIC mode. */
  x2apic: boolean;
  /** Accesses to unknown MSRs read zero and write nothing instead of #GP. */
  toleratesUnknownMsrs: boolean;
  readonly properties: PartitionProperties;
  readonly gpa: GpaSpace;
  readonly pool: PagePool;
  readonly vps: (VirtualProcessor | undefined)[] = [];
  readonly ports = new Map<number, Port>();
  readonly connections = new Map<number, Connection>();
  readonly intercepts: InterceptTable;
  /** Where the board's interrupts come in. */
  readonly interrupts: BoardInterrupts;
  readonly msrState: PartitionMsrs;
  readonly hypercalls = new HypercallCounters();
  readonly counters = counters({
    messagesPosted: 0,
    eventsSignaled: 0,
    portIntercepts: 0,
    memoryIntercepts: 0,
    msrIntercepts: 0,
    cpuidIntercepts: 0,
    exceptionIntercepts: 0,
    apicEoiIntercepts: 0,
    unrecoverable: 0,
    directIntercepts: 0,
    lostInterceptMessages: 0,
    unclaimedPortAccesses: 0,
    resets: 0,
  });
  /** Who executes the VPs; set by the host before the first is created. */
  processorFactory: ProcessorFactory | undefined;

  #state: PartitionState = 'uninitialized';
  #suspended = false;
  #privileges = 0n;
  /** The privilege mask as two halves, for checks that must not allocate. */
  #privilegesLow = 0;
  #privilegesHigh = 0;
  #pages: PartitionPages | undefined;
  readonly #vpPages: number[][] = [];
  readonly #callContexts: (CallContext | undefined)[] = [];
  readonly #observers = new Set<PartitionObserver>();

  constructor(
    hypervisor: Hypervisor,
    parent: Partition | null,
    id: bigint,
    gpa: GpaSpace,
    offer: PartitionOffer,
  ) {
    this.hypervisor = hypervisor;
    this.parent = parent;
    this.id = id;
    this.where = `partition/${id}`;
    this.gpa = gpa;
    this.pool = new PagePool(hypervisor.memory);
    this.features = offer.features;
    this.hints = offer.hints;
    this.extendedCapabilities = offer.extendedCapabilities;
    this.enlightened = offer.enlightened;
    this.x2apic = offer.x2apic;
    this.toleratesUnknownMsrs = offer.unknownMsrs === 'zero';
    this.privileges = offer.privileges;
    this.properties = new PartitionProperties(this);
    this.intercepts = new InterceptTable(this);
    this.interrupts = new BoardInterrupts(this);
    this.msrState = new PartitionMsrs(this);
  }

  get state(): PartitionState {
    return this.#state;
  }

  /** HV_PARTITION_PRIVILEGE_MASK. */
  get privileges(): bigint {
    return this.#privileges;
  }

  set privileges(mask: bigint) {
    this.#privileges = BigInt.asUintN(64, mask);
    this.#privilegesLow = Number(this.#privileges & 0xffffffffn);
    this.#privilegesHigh = Number(this.#privileges >> 32n);
  }

  /** Whether every privilege of the mask is held. */
  has(privilege: bigint): boolean {
    return (this.#privileges & privilege) === privilege;
  }

  /** Whether the privilege with this bit number is held, without allocating. */
  hasBit(bit: number): boolean {
    return bit < 32
      ? ((this.#privilegesLow >>> bit) & 1) === 1
      : ((this.#privilegesHigh >>> (bit - 32)) & 1) === 1;
  }

  /** Platform call: switches what the partition is offered. A guest reads most of it once, so before it runs. */
  configure(offer: Partial<PartitionOffer>): void {
    if (offer.privileges !== undefined) this.privileges = offer.privileges;
    if (offer.features !== undefined) this.features = offer.features;
    if (offer.hints !== undefined) this.hints = offer.hints;
    if (offer.extendedCapabilities !== undefined) this.extendedCapabilities = offer.extendedCapabilities;
    if (offer.enlightened !== undefined) this.enlightened = offer.enlightened;
    if (offer.x2apic !== undefined) this.x2apic = offer.x2apic;
    if (offer.unknownMsrs !== undefined) this.toleratesUnknownMsrs = offer.unknownMsrs === 'zero';
  }

  /** System pages of the partition-wide overlays. Throws unless the partition is active. */
  get pages(): PartitionPages {
    if (this.#pages === undefined)
      throw new Error(`${this.where} has no overlay pages in state ${this.#state}`);
    return this.#pages;
  }

  /** The reusable hypercall buffers of one VP. */
  callContext(vp: VirtualProcessor): CallContext {
    const known = this.#callContexts[vp.index];
    if (known !== undefined && known.vp === vp) return known;
    const made = new CallContext(vp);
    this.#callContexts[vp.index] = made;
    return made;
  }

  /** HvCallInitializePartition: takes the partition's own pages out of its pool. */
  initialize(): HvStatus {
    if (this.#state !== 'uninitialized') return HvStatus.INVALID_PARTITION_STATE;
    const pages = this.pool.take(PARTITION_PAGES);
    if (pages === undefined) return HvStatus.INSUFFICIENT_MEMORY;
    this.#pages = { hypercall: pages[0]!, referenceTsc: pages[1]! };
    this.#enter('active');
    return HvStatus.SUCCESS;
  }

  /** HvCallFinalizePartition: frees VPs, ports, connections and mappings; all pages are back in the pool then. */
  finalize(): HvStatus {
    if (this.#state !== 'active' && this.#state !== 'finalizing') return HvStatus.INVALID_PARTITION_STATE;
    if (this.children.length > 0) return HvStatus.OPERATION_DENIED;
    this.#enter('finalizing');
    for (const vp of this.vps) if (vp !== undefined) this.deleteVp(vp.index);
    for (const port of [...this.ports.values()]) removePort(port);
    for (const connection of [...this.connections.values()]) disconnect(connection);
    this.intercepts.clear();
    this.msrState.reset();
    this.gpa.clear();
    if (this.#pages !== undefined) this.pool.giveBack([this.#pages.hypercall, this.#pages.referenceTsc]);
    this.#pages = undefined;
    this.#enter('finalized');
    return HvStatus.SUCCESS;
  }

  /** HvCallDeletePartition: possible before initialization and after finalization, with an empty pool. */
  delete(): HvStatus {
    if (this.#state !== 'uninitialized' && this.#state !== 'finalized')
      return HvStatus.INVALID_PARTITION_STATE;
    if (this.pool.available > 0) return HvStatus.OPERATION_DENIED;
    this.hypervisor.forget(this);
    this.#enter('deleted');
    return HvStatus.SUCCESS;
  }

  /** HvCallCreateVp: the VP is in reset state and explicitly suspended. */
  createVp(index: number): HvStatus {
    if (this.#state !== 'active') return HvStatus.INVALID_PARTITION_STATE;
    if (index >= MAX_VPS || this.vps[index] !== undefined) return HvStatus.INVALID_VP_INDEX;
    if (this.processorFactory === undefined) return HvStatus.NO_RESOURCES;
    const pages = this.pool.take(VP_PAGES);
    if (pages === undefined) return HvStatus.INSUFFICIENT_MEMORY;
    let vp: VirtualProcessor;
    try {
      vp = new VirtualProcessor(
        this,
        index,
        { message: pages[0]!, eventFlags: pages[1]!, assist: pages[2]! },
        this.processorFactory,
      );
    } catch (error) {
      // The host's factory failed: nothing of the VP is left.
      this.pool.giveBack(pages);
      throw error;
    }
    this.vps[index] = vp;
    this.#vpPages[index] = pages;
    this.interrupts.connect(vp);
    this.intercepts.applyExceptionFilter();
    return HvStatus.SUCCESS;
  }

  /** HvCallDeleteVp: stops the VP and gives its pages back. */
  deleteVp(index: number): HvStatus {
    const vp = this.vps[index];
    if (vp === undefined) return HvStatus.INVALID_VP_INDEX;
    vp.destroy();
    this.vps[index] = undefined;
    this.#callContexts[index] = undefined;
    this.pool.giveBack(this.#vpPages[index]!);
    return HvStatus.SUCCESS;
  }

  /** All VPs to their reset state, synthetic state to zero, overlays off. RAM, ports and intercepts stay. */
  reset(): void {
    this.counters.resets += 1;
    for (const vp of this.vps) vp?.reset();
    this.msrState.reset();
    if (traceState.on) traceState.emit(this.where, 'reset');
    this.notify((observer) => observer.reset?.());
  }

  /** While true no VP of the partition runs (partition property Suspend). */
  get suspended(): boolean {
    return this.#suspended;
  }

  set suspended(suspended: boolean) {
    this.#suspended = suspended;
    for (const vp of this.vps) {
      if (suspended) vp?.processor.requestStop();
      else vp?.kick();
    }
  }

  /** Adds an observer; the result takes it off. */
  observe(observer: PartitionObserver): () => void {
    this.#observers.add(observer);
    return () => {
      this.#observers.delete(observer);
    };
  }

  /** Tells every observer. */
  notify(tell: (observer: PartitionObserver) => void): void {
    for (const observer of [...this.#observers]) tell(observer);
  }

  inspect() {
    return {
      state: this.#state,
      privileges: this.#privileges,
      pool: this.pool,
      mappedPages: this.gpa.mappedPages,
      ports: this.ports.size,
      connections: this.connections.size,
      counters: { ...this.counters },
      hypercalls: this.hypercalls,
      intercepts: this.intercepts,
      vps: Object.fromEntries(this.vps.flatMap((vp) => (vp === undefined ? [] : [[vp.index, vp]]))),
    };
  }

  #enter(state: PartitionState): void {
    this.#state = state;
    if (traceState.on) traceState.emit(this.where, state);
    this.notify((observer) => observer.stateChanged?.(state));
  }
}
