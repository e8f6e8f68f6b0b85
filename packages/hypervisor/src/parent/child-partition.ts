/** A child partition in the hands of its parent: every operation is a hypercall. TLFS, "Partition Management". */

import { HvRegister, HvStatus, HypercallCode, MapGpaFlag, PartitionProperty } from '@viridian/protocols/tlfs';
import type { Disposer } from '@viridian/trace';
import { type MemoryBank, PAGE_BYTES } from '@viridian/x86';
import type { PartitionObserver } from '../partition/observer.ts';
import { CallbackGuard } from './callback-guard.ts';
import { mapGpaPages, unmapGpaPages } from './calls/memory-calls.ts';
import {
  changeState,
  depositMemory,
  getMemoryBalance,
  getProperty,
  type MemoryBalance,
  setProperty,
  withdrawAllMemory,
} from './calls/partition-calls.ts';
import {
  assertVirtualInterrupt,
  createVp,
  deleteVp,
  getVpRegisters,
  type RegisterSetting,
  setVpRegisters,
  type VirtualInterrupt,
} from './calls/processor-calls.ts';
import {
  ChildConnections,
  type Connection,
  type EventRoute,
  type MessageCallback,
  type MessageRoute,
  type SignalCallback,
} from './child-connections.ts';
import { ChildIntercepts } from './child-intercepts.ts';
import { HypercallError } from './hypercall-error.ts';
import type { ParentKit } from './kit.ts';

/** Pages that are deposited at once when the hypervisor runs short. */
const DEPOSIT_STEP_PAGES = 8;

const ACCESS_FLAGS = {
  none: 0,
  r: MapGpaFlag.READABLE,
  rw: MapGpaFlag.READABLE | MapGpaFlag.WRITABLE,
  rx: MapGpaFlag.READABLE | MapGpaFlag.KERNEL_EXECUTABLE,
  rwx: MapGpaFlag.READABLE | MapGpaFlag.WRITABLE | MapGpaFlag.KERNEL_EXECUTABLE,
} as const;

/** Memory of a bank to be shown to the child. Everything in whole pages. */
export interface MemoryMapping {
  /** Where the child sees it. */
  readonly gpa: number;
  readonly bank: MemoryBank;
  /** Where it begins in the bank; 0 unless given. */
  readonly bankOffset?: number;
  readonly sizeBytes: number;
  /** 'rwx' unless given. */
  readonly access?: keyof typeof ACCESS_FLAGS;
}

/** Memory to deposit before any of the parent's own: for a processor that reaches the pages of one bank only. */
export interface PoolMemory {
  readonly bank: MemoryBank;
  /** In whole pages, as `sizeBytes`. */
  readonly bankOffset: number;
  readonly sizeBytes: number;
}

/** Made by `ParentPartition.createPartition`. Refused hypercalls throw `HypercallError` unless said otherwise. */
export class ChildPartition {
  readonly id: bigint;
  /** Path in traces and inspection. */
  readonly where: string;
  readonly connections: ChildConnections;
  readonly intercepts: ChildIntercepts;
  /** Catches what this child's callbacks throw. */
  readonly guard: CallbackGuard;
  readonly #kit: ParentKit;
  readonly #deleted: (child: ChildPartition) => void;
  /** Pages of the machine's own memory that are left to deposit. */
  readonly #lent: number[];
  readonly #lentBank: MemoryBank | undefined;
  readonly #vps = new Set<number>();
  readonly #observers: (() => void)[] = [];
  #state: 'uninitialized' | 'active' | 'deleted' = 'uninitialized';

  constructor(kit: ParentKit, id: bigint, deleted: (child: ChildPartition) => void, pool?: PoolMemory) {
    this.id = id;
    this.#lent = pool === undefined ? [] : poolPages(pool);
    this.#lentBank = pool?.bank;
    this.where = `partition/${id}`;
    this.#kit = kit;
    this.#deleted = deleted;
    this.guard = new CallbackGuard(this.where);
    this.connections = new ChildConnections(kit, id, this.guard);
    this.intercepts = new ChildIntercepts(id, kit.gate, this.guard);
    this.observe({ reset: () => this.intercepts.forget() });
  }

  get isDeleted(): boolean {
    return this.#state === 'deleted';
  }

  /** Indexes of the virtual processors that exist. */
  get vps(): ReadonlySet<number> {
    return this.#vps;
  }

  /** Lends the hypervisor `pageCount` pages of ours for this partition. What is short later is deposited by itself. */
  deposit(pageCount: number): void {
    const { gate, memory } = this.#kit;
    const lent = this.#lent.splice(0, pageCount);
    const gpns = [...lent, ...memory.take(pageCount - lent.length)];
    try {
      depositMemory(gate, this.id, gpns);
    } catch (error) {
      this.#release(gpns.slice(error instanceof HypercallError ? error.repsDone : 0));
      throw error;
    }
  }

  /** What is in the partition's pool. */
  balance(): MemoryBalance {
    return getMemoryBalance(this.#kit.gate, this.id);
  }

  /** One of `PartitionProperty`. */
  getProperty(code: number): bigint {
    return getProperty(this.#kit.gate, this.id, code);
  }

  /** One of `PartitionProperty`. */
  setProperty(code: number, value: bigint): void {
    setProperty(this.#kit.gate, this.id, code, value);
  }

  /** Bits of `PrivilegeBit`: what is off is neither advertised to the child nor callable. */
  setPrivileges(mask: bigint): void {
    this.setProperty(PartitionProperty.PRIVILEGE_FLAGS, mask);
  }

  /** From uninitialized to active. */
  initialize(): void {
    this.#supplied(() => changeState(this.#kit.gate, HypercallCode.HvCallInitializePartition, this.id));
    this.#state = 'active';
  }

  /** Shows memory to the child; what was mapped there is superseded. */
  mapMemory({ gpa, bank, bankOffset = 0, sizeBytes, access = 'rwx' }: MemoryMapping): void {
    checkWholePages({ gpa, bankOffset, sizeBytes });
    if (bankOffset + sizeBytes > bank.bytes.length) {
      throw new RangeError(`${sizeBytes} bytes at ${bankOffset} of a bank of ${bank.bytes.length}`);
    }
    const run = {
      targetGpn: gpa / PAGE_BYTES,
      sourceGpn: bank.firstPage + bankOffset / PAGE_BYTES,
      pageCount: sizeBytes / PAGE_BYTES,
    };
    // Mapping the same pages again is harmless, so a short pool means to begin anew.
    this.#supplied(() => mapGpaPages(this.#kit.gate, this.id, run, ACCESS_FLAGS[access]));
  }

  /** Takes memory away from the child. */
  unmapMemory(gpa: number, sizeBytes: number): void {
    checkWholePages({ gpa, sizeBytes });
    unmapGpaPages(this.#kit.gate, this.id, gpa / PAGE_BYTES, sizeBytes / PAGE_BYTES);
  }

  /** A virtual processor in its reset state, suspended until `start`. */
  createVp(index: number): void {
    this.#supplied(() => createVp(this.#kit.gate, this.id, index));
    this.#vps.add(index);
  }

  /** Stops a virtual processor for good. */
  deleteVp(index: number): void {
    deleteVp(this.#kit.gate, this.id, index);
    this.#vps.delete(index);
  }

  /** Values of registers of `HvRegister`, in the order asked for. */
  getRegisters(vp: number, names: readonly number[]): { low: bigint; high: bigint }[] {
    return getVpRegisters(this.#kit.gate, this.id, vp, names);
  }

  /** Sets registers of `HvRegister`, in order. */
  setRegisters(vp: number, settings: readonly RegisterSetting[]): void {
    setVpRegisters(this.#kit.gate, this.id, vp, settings);
  }

  /** Lets a virtual processor run (clears ExplicitSuspend). */
  start(vp: number): void {
    this.setRegisters(vp, [{ name: HvRegister.ExplicitSuspend, low: 0n }]);
  }

  /** Keeps a virtual processor from running until `start`. */
  suspend(vp: number): void {
    this.setRegisters(vp, [{ name: HvRegister.ExplicitSuspend, low: 1n }]);
  }

  /** Raises an interrupt through the child's local APICs. Returns the status. */
  assertInterrupt(interrupt: VirtualInterrupt): number {
    return assertVirtualInterrupt(this.#kit.gate, this.id, interrupt);
  }

  /** Lets the child post messages to us on `connectionId`. */
  connectToParentMessages(connectionId: number, onMessage: MessageCallback): Connection {
    return this.#supplied(() => this.connections.fromMessages(connectionId, onMessage));
  }

  /** Lets the child signal events 0 to `flagCount` - 1 to us on `connectionId`. */
  connectToParentEvents(connectionId: number, onSignal: SignalCallback, flagCount = 1): Connection {
    return this.#supplied(() => this.connections.fromEvents(connectionId, onSignal, flagCount));
  }

  /** Our way to post messages to `sint` of virtual processor `vp`. */
  openMessageRoute(sint: number, vp: number): MessageRoute {
    return this.#supplied(() => this.connections.toMessages(sint, vp));
  }

  /** Our way to set event flags of `sint` of virtual processor `vp`. */
  openEventRoute(sint: number, vp: number): EventRoute {
    return this.#supplied(() => this.connections.toEvents(sint, vp));
  }

  /** Platform call, no hypercall: hears of reset, crash and state changes until disposed of or the child is deleted. */
  observe(observer: PartitionObserver): Disposer {
    const stop = this.#kit.hypervisor.observe(this.id, observer);
    this.#observers.push(stop);
    return Object.assign(() => stop(), { [Symbol.dispose]: () => stop() });
  }

  /**
   * Unmakes the partition in any state: stops its processors, takes its connections apart, withdraws the deposited
   * pages. A second call does nothing.
   */
  delete(): void {
    if (this.#state === 'deleted') return;
    const { gate } = this.#kit;
    const wasActive = this.#state === 'active';
    this.#state = 'deleted';
    for (const vp of this.#vps) this.suspend(vp);
    this.intercepts.close();
    this.connections.close();
    if (wasActive) changeState(gate, HypercallCode.HvCallFinalizePartition, this.id);
    this.#release(withdrawAllMemory(gate, this.id));
    changeState(gate, HypercallCode.HvCallDeletePartition, this.id);
    for (const stop of this.#observers.splice(0)) stop();
    this.#vps.clear();
    this.#deleted(this);
  }

  [Symbol.dispose](): void {
    this.delete();
  }

  inspect() {
    return {
      state: this.#state,
      vps: this.#vps.size,
      connections: this.connections,
      intercepts: this.intercepts,
      ...this.guard.counters,
    };
  }

  /** Pages are ours again, or belong to the memory that was lent for them. */
  #release(gpns: readonly number[]): void {
    const bank = this.#lentBank;
    const isLent = (gpn: number) =>
      bank !== undefined && gpn >= bank.firstPage && gpn < bank.firstPage + bank.pageCount;
    this.#lent.push(...gpns.filter(isLent));
    this.#kit.memory.release(gpns.filter((gpn) => !isLent(gpn)));
  }

  /** Makes a call that may find the pool short, and deposits until it does not. */
  #supplied<Result>(call: () => Result): Result {
    for (;;) {
      try {
        return call();
      } catch (error) {
        const isShort = error instanceof HypercallError && error.status === HvStatus.INSUFFICIENT_MEMORY;
        if (!isShort) throw error;
        this.deposit(DEPOSIT_STEP_PAGES);
      }
    }
  }
}

function poolPages({ bank, bankOffset, sizeBytes }: PoolMemory): number[] {
  checkWholePages({ bankOffset, sizeBytes });
  const first = bank.firstPage + bankOffset / PAGE_BYTES;
  return Array.from({ length: sizeBytes / PAGE_BYTES }, (_, index) => first + index);
}

function checkWholePages(values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isSafeInteger(value) || value < 0 || value % PAGE_BYTES !== 0) {
      throw new RangeError(`${name} is in whole pages of ${PAGE_BYTES} bytes, not ${value}`);
    }
  }
}
