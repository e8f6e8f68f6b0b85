/**
 * The parent partition's own operating system, as far as it drives the hypervisor: a program on the root's virtual
 * processor 0 that finds the hypervisor by CPUID, turns on its hypercall and SynIC pages, and builds child partitions.
 */

import {
  CpuidLeaf,
  CreatePartitionFlag,
  HypercallMsr,
  hasPrivilege,
  Msr,
  type PrivilegeName,
  VENDOR_SIGNATURE,
} from '@viridian/protocols/tlfs';
import { counters, warning } from '@viridian/trace';
import type { Hypervisor } from '../hypervisor.ts';
import type { PartitionOffer } from '../partition/configuration.ts';
import type { ProcessorFactory } from '../partition/processor-factory.ts';
import { type GuestCpu, type GuestProgram, programProcessors } from '../program/index.ts';
import { createPartition, getPartitionId, nextChild } from './calls/partition-calls.ts';
import { ChildPartition, type PoolMemory } from './child-partition.ts';
import { EventFlagAllocator } from './event-flags.ts';
import { HypercallGate } from './hypercall-gate.ts';
import { IdAllocator } from './id-allocator.ts';
import type { ParentKit } from './kit.ts';
import { ParentMemory } from './parent-memory.ts';
import { EVENT_SINTS, ParentSynic, type ReceivedMessage } from './parent-synic.ts';

const strayMessage = warning('parent.stray-message');

/** HV_X64_MSR_GUEST_OS_ID of this parent: open source (bit 63), OS type 0x56, version 0.1. */
const GUEST_OS_ID = 0x8000_0000_0000_0000n | (0x56n << 56n) | (1n << 16n);
const LAST_ID = 0xff_ffff;
/** Below are the numbers that guests know from VMBus. */
const FIRST_ID = 0x1_0000;

const NEEDED: readonly PrivilegeName[] = [
  'AccessHypercallMsrs',
  'AccessSynicRegs',
  'CreatePartitions',
  'AccessPartitionId',
  'AccessMemoryPool',
  'PostMessages',
  'SignalEvents',
  'CreatePort',
  'ConnectPort',
];

/** A child to be created. Nothing runs before its virtual processors are created and started. */
export interface PartitionOptions {
  /** What the child is offered, by default what suits an ordinary guest. */
  readonly offer?: Partial<PartitionOffer>;
  /** Who executes its virtual processors; needed before the first is created. */
  readonly processor?: ProcessorFactory;
  /** Pages to deposit at once; what is short later is deposited by itself. */
  readonly poolPages?: number;
  /** Where the pages to deposit come from first; the parent's own memory unless given. */
  readonly pool?: PoolMemory;
}

/** One per hypervisor. */
export class ParentPartition {
  readonly hypervisor: Hypervisor;
  readonly counters = counters({ partitionsCreated: 0, strayMessages: 0 });
  readonly #kit: ParentKit;
  readonly #children = new Map<number, ChildPartition>();
  readonly #pages: number[];

  /**
   * Starts the parent on the hypervisor's root partition. Returns when it is ready, for it never waits. Throws when
   * the root lacks a privilege or already runs something.
   */
  static boot(hypervisor: Hypervisor): ParentPartition {
    let cpu: GuestCpu | undefined;
    const program: GuestProgram = {
      name: 'parent',
      start: (own) => {
        cpu = own;
      },
    };
    startRoot(
      hypervisor,
      programProcessors(() => program),
    );
    if (cpu === undefined) throw new Error('the root partition did not start');
    return new ParentPartition(hypervisor, cpu);
  }

  private constructor(hypervisor: Hypervisor, cpu: GuestCpu) {
    this.hypervisor = hypervisor;
    checkHypervisor(cpu);
    const memory = new ParentMemory(hypervisor);
    this.#pages = memory.take(5);
    const [input, output, hypercallGpn, simGpn, siefGpn] = this.#pages as [
      number,
      number,
      number,
      number,
      number,
    ];
    cpu.wrmsr(Msr.HV_X64_MSR_GUEST_OS_ID, GUEST_OS_ID);
    cpu.wrmsr(Msr.HV_X64_MSR_HYPERCALL, HypercallMsr.encode({ enable: 1, gpn: hypercallGpn }));
    const gate = new HypercallGate(cpu, input, output);
    const synic = new ParentSynic(
      cpu,
      { simGpn, siefGpn },
      {
        intercept: (message) => this.#intercept(message),
        message: (message) => this.#message(message),
      },
    );
    this.#kit = {
      hypervisor,
      partitionId: getPartitionId(gate),
      gate,
      synic,
      memory,
      eventFlags: new EventFlagAllocator(EVENT_SINTS),
      portIds: new IdAllocator(FIRST_ID, LAST_ID),
      connectionIds: new IdAllocator(FIRST_ID, LAST_ID),
      messageTargets: new Map(),
    };
    cpu.sti();
  }

  /** Our own partition id. */
  get id(): bigint {
    return this.#kit.partitionId;
  }

  /** The virtual processor that we run on. */
  get cpu(): GuestCpu {
    return this.#kit.gate.cpu;
  }

  /** Children that exist, in the order of their creation. */
  get children(): ChildPartition[] {
    return [...this.#children.values()];
  }

  /** Pages that we have taken from the machine for ourselves and for deposits, and event flags that are free. */
  get resources(): { readonly pagesInUse: number; readonly eventFlagsFree: number } {
    return { pagesInUse: this.#kit.memory.pagesInUse, eventFlagsFree: this.#kit.eventFlags.free };
  }

  /** HvCallCreatePartition, its privileges and a first deposit: an uninitialized child. */
  createPartition({ offer, processor, poolPages = 0, pool }: PartitionOptions = {}): ChildPartition {
    const { gate } = this.#kit;
    const id = createPartition(gate, CreatePartitionFlag.LAPIC_ENABLED);
    const child = new ChildPartition(this.#kit, id, () => this.#children.delete(Number(id)), pool);
    this.#children.set(Number(id), child);
    this.counters.partitionsCreated += 1;
    try {
      if (processor !== undefined) this.hypervisor.setProcessorFactory(id, processor);
      const { privileges, ...rest } = offer ?? {};
      this.hypervisor.partition(id)?.configure(rest);
      if (privileges !== undefined) child.setPrivileges(privileges);
      if (poolPages > 0) child.deposit(poolPages);
    } catch (error) {
      child.delete();
      throw error;
    }
    return child;
  }

  /** Ids of our children as the hypervisor lists them. */
  childIds(): bigint[] {
    const ids: bigint[] = [];
    for (let id = 0n; ; ids.push(id)) {
      id = nextChild(this.#kit.gate, this.#kit.partitionId, id);
      if (id === 0n) return ids;
    }
  }

  /** Turns everything off and gives the memory back. Throws while there are children. */
  close(): void {
    if (this.#children.size > 0) throw new Error(`${this.#children.size} child partitions still exist`);
    const { synic, memory } = this.#kit;
    const { cpu } = this;
    cpu.cli();
    synic.close();
    cpu.wrmsr(Msr.HV_X64_MSR_HYPERCALL, 0n);
    cpu.wrmsr(Msr.HV_X64_MSR_GUEST_OS_ID, 0n);
    memory.release(this.#pages.splice(0));
    memory.close();
    this.hypervisor.root.deleteVp(0);
  }

  inspect() {
    return {
      ...this.counters,
      ...this.resources,
      children: Object.fromEntries(this.children.map((child) => [String(child.id), child])),
    };
  }

  #intercept(message: ReceivedMessage): void {
    const child = this.#children.get(message.originLow + message.originHigh * 2 ** 32);
    if (child !== undefined) child.intercepts.received(message);
    else this.#stray(message, 'an intercept of a partition that we do not have');
  }

  #message(message: ReceivedMessage): void {
    const target = this.#kit.messageTargets.get(message.originLow);
    if (target !== undefined) target.received(message);
    else this.#stray(message, 'a message to a port that we do not have');
  }

  /** Late messages of children that are gone: dropped. */
  #stray({ type, originLow }: ReceivedMessage, reason: string): void {
    this.counters.strayMessages += 1;
    strayMessage.report(`partition/${this.id}`, reason, { type, origin: originLow });
  }
}

/** Runs `factory`'s program on the root's first virtual processor. */
function startRoot(hypervisor: Hypervisor, factory: ProcessorFactory): void {
  const vp = hypervisor.createRootProcessor(factory);
  vp.explicitSuspend = false;
  vp.runSlice();
}

/** Looks for the hypervisor as every guest does, and for the privileges of a parent. */
function checkHypervisor(cpu: GuestCpu): void {
  const vendor = cpu.cpuid(CpuidLeaf.VENDOR_AND_MAX_FUNCTION);
  const isOurs =
    vendor.ebx === VENDOR_SIGNATURE.ebx &&
    vendor.ecx === VENDOR_SIGNATURE.ecx &&
    vendor.edx === VENDOR_SIGNATURE.edx;
  if (!isOurs) throw new Error('the parent found no hypervisor by CPUID');
  const { eax, ebx } = cpu.cpuid(CpuidLeaf.FEATURES);
  const mask = (BigInt(ebx) << 32n) | BigInt(eax);
  const missing = NEEDED.filter((name) => !hasPrivilege(mask, name));
  if (missing.length > 0) throw new Error(`the root partition lacks the privileges ${missing.join(', ')}`);
}
