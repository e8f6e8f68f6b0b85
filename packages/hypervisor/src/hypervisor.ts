/**
 * The hypervisor: the machine's memory, the root partition and all others. It knows no device and no guest.
 * TLFS, "Architecture Overview" and "Partition Management".
 */

import { HV_PARTITION_ID_SELF, HvStatus } from '@viridian/protocols/tlfs';
import type { InspectNode } from '@viridian/trace';
import { MachineMemory, type MemoryBank } from '@viridian/x86';
import type { Clock } from './clock/clock.ts';
import { type Executor, HostExecutor } from './clock/executor.ts';
import { HostClock } from './clock/host-clock.ts';
import { CHILD_OFFER, ROOT_OFFER } from './partition/configuration.ts';
import { CHILD_ADDRESS_BITS, GpaAccess, GpaSpace, ROOT_ADDRESS_BITS } from './partition/gpa-space.ts';
import type { PartitionObserver } from './partition/observer.ts';
import { PageOwners } from './partition/page-owners.ts';
import { Partition } from './partition/partition.ts';
import type { ProcessorFactory } from './partition/processor-factory.ts';
import type { VirtualProcessor } from './vp/virtual-processor.ts';

const ROOT_ID = 1n;
const DEFAULT_TSC_HZ = 2_000_000_000;
const DEFAULT_ROOT_BYTES = 8 * 1024 * 1024;
/** Pages of the root's own pool: its two, and three for its VP. */
const ROOT_POOL_PAGES = 5;

/** Settings of a hypervisor; everything has a default. */
export interface HypervisorOptions {
  readonly clock?: Clock;
  readonly executor?: Executor;
  /** Frequency of the virtual time-stamp counter; above 10 MHz, best a multiple of 1000. */
  readonly tscHz?: number;
  /** Memory of the root partition itself. Memory of virtual machines comes by `addMemory`. */
  readonly rootMemoryBytes?: number;
}

/** One hypervisor on one machine. The platform calls here are the host's; partitions use hypercalls. */
export class Hypervisor {
  readonly memory = new MachineMemory();
  readonly clock: Clock;
  readonly executor: Executor;
  readonly tscHz: number;
  readonly owners = new PageOwners(this.memory);
  readonly root: Partition;
  /** The bank that the root started with. */
  readonly rootBank: MemoryBank;

  readonly #partitions = new Map<bigint, Partition>();
  #nextId = ROOT_ID;

  constructor(options: HypervisorOptions = {}) {
    this.clock = options.clock ?? new HostClock();
    this.executor = options.executor ?? new HostExecutor();
    this.tscHz = options.tscHz ?? DEFAULT_TSC_HZ;
    const gpa = new GpaSpace(this.memory, ROOT_ADDRESS_BITS);
    this.root = this.#make(null, gpa, ROOT_OFFER);
    this.rootBank = this.addMemory(options.rootMemoryBytes ?? DEFAULT_ROOT_BYTES);
    const last = this.rootBank.firstPage + this.rootBank.pageCount;
    for (let page = last - ROOT_POOL_PAGES; page < last; page++) this.moveToPool(page, this.root);
    this.root.initialize();
  }

  /** The partition with this id; deleted ones are gone. */
  partition(id: bigint): Partition | undefined {
    return this.#partitions.get(id);
  }

  /** All partitions, the root first. */
  get partitions(): IterableIterator<Partition> {
    return this.#partitions.values();
  }

  /** Gives zeroed memory to the root, which sees it at its system page numbers, RWX. */
  addMemory(sizeBytes: number): MemoryBank {
    const bank = this.memory.addBank(sizeBytes);
    this.owners.addBank(bank);
    this.root.gpa.mapRange(bank.firstPage, bank.firstPage, bank.pageCount, GpaAccess.ALL);
    return bank;
  }

  /** Takes a bank out of the machine. Throws while a child maps one of its pages or one lies in a pool. */
  removeMemory(bank: MemoryBank): void {
    if (this.owners.isBusy(bank))
      throw new Error('a page of this memory bank is still in use by a partition');
    this.root.gpa.unmapRange(bank.firstPage, bank.pageCount);
    this.owners.removeBank(bank);
    this.memory.removeBank(bank);
  }

  /** Says who executes the VPs that are created in this partition from now on. */
  setProcessorFactory(partitionId: bigint, factory: ProcessorFactory): void {
    this.#known(partitionId).processorFactory = factory;
  }

  /**
   * Creates VP 0 of the root, as the boot of the machine would; the caller clears `explicitSuspend` and kicks it.
   * Throws when it exists already.
   */
  createRootProcessor(factory: ProcessorFactory): VirtualProcessor {
    this.root.processorFactory = factory;
    const status = this.root.createVp(0);
    if (status !== HvStatus.SUCCESS) throw new Error(`the root's VP cannot be created: status ${status}`);
    return this.root.vps[0]!;
  }

  /** Hears what happens to a partition. Throws when there is no such partition. */
  observe(partitionId: bigint, observer: PartitionObserver): () => void {
    return this.#known(partitionId).observe(observer);
  }

  /** HvCallCreatePartition: a child of `parent`, uninitialized, with what an ordinary child is offered. */
  createChild(parent: Partition): Partition {
    const gpa = new GpaSpace(this.memory, CHILD_ADDRESS_BITS, (page, change) =>
      this.owners.countMapping(page, change),
    );
    const child = this.#make(parent, gpa, CHILD_OFFER);
    parent.children.push(child);
    return child;
  }

  /** Makes one of the root's pages inaccessible and puts it into a partition's pool. */
  moveToPool(systemPage: number, partition: Partition): void {
    this.root.gpa.unmap(systemPage);
    this.owners.setPooled(systemPage, true);
    partition.pool.deposit(systemPage);
  }

  /** Takes a free page out of a partition's pool, zeroed and RWX in the root again; -1 when none is free. */
  takeFromPool(partition: Partition): number {
    const systemPage = partition.pool.withdraw();
    if (systemPage < 0) return -1;
    this.owners.setPooled(systemPage, false);
    this.root.gpa.map(systemPage, systemPage, GpaAccess.ALL);
    return systemPage;
  }

  /** Ends the life of a partition's id. */
  forget(partition: Partition): void {
    this.#partitions.delete(partition.id);
    const siblings = partition.parent?.children;
    if (siblings !== undefined) siblings.splice(siblings.indexOf(partition), 1);
  }

  inspect(): InspectNode {
    return {
      memoryBytes: this.memory.sizeBytes,
      tscHz: this.tscHz,
      referenceTime: this.clock.now(),
      partition: Object.fromEntries([...this.#partitions].map(([id, partition]) => [String(id), partition])),
    };
  }

  #make(parent: Partition | null, gpa: GpaSpace, offer: typeof CHILD_OFFER): Partition {
    const id = this.#nextId;
    this.#nextId += 1n;
    const partition = new Partition(this, parent, id, gpa, offer);
    this.#partitions.set(id, partition);
    return partition;
  }

  #known(id: bigint): Partition {
    const partition = id === HV_PARTITION_ID_SELF ? this.root : this.#partitions.get(id);
    if (partition === undefined) throw new Error(`there is no partition ${id}`);
    return partition;
  }
}
