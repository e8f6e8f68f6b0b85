/** Hypercalls from a test: registers set by hand, blocks in real guest memory, the real dispatcher of a real VP. */

import {
  CreatePartitionInput,
  CreateVpInput,
  DepositMemoryInput,
  GpaPageElement,
  HvRegister,
  HvStatus,
  HypercallCode,
  hypercallInputHigh,
  hypercallInputLow,
  MapGpaPagesInput,
  PartitionIdInput,
  resultRepsCompleted,
  resultStatus,
} from '@viridian/protocols/tlfs';
import { Outcome, PAGE_BYTES, Reg } from '@viridian/x86';
import {
  Hypervisor,
  ManualExecutor,
  type Partition,
  VirtualClock,
  type VirtualProcessor,
} from '../src/index.ts';
import { RestingProcessor } from './resting-processor.ts';

/** Result of a call that got one. */
export interface CallResult {
  readonly status: number;
  /** Reps completed. */
  readonly reps: number;
  /** The output page, as it was after the call. */
  readonly output: DataView;
}

/** What may be wrong with a call beside its input. */
export interface CallForm {
  readonly reps?: number;
  readonly start?: number;
  readonly variableQwords?: number;
  readonly inputGpa?: bigint;
  readonly outputGpa?: bigint;
  /** Bits to be set in the input value beside all others. */
  readonly controlLow?: number;
  readonly controlHigh?: number;
}

const VECTOR_OF_SINT = 0x40;

/** One VP that makes hypercalls from 64-bit mode; its blocks are at two pages of its own. */
export class Caller {
  readonly vp: VirtualProcessor;
  readonly processor: RestingProcessor;
  readonly inputGpn: number;
  readonly outputGpn: number;

  constructor(vp: VirtualProcessor, inputGpn: number, outputGpn: number) {
    this.vp = vp;
    this.processor = vp.processor as RestingProcessor;
    this.inputGpn = inputGpn;
    this.outputGpn = outputGpn;
    this.processor.enter('long');
  }

  get partition(): Partition {
    return this.vp.partition;
  }

  get qwords(): BigUint64Array {
    return this.processor.registers.qwords;
  }

  /** The bytes of a page of this partition. */
  page(gpn: number): Uint8Array {
    const page = this.partition.gpa.page(gpn);
    if (page === undefined) throw new Error(`page ${gpn} is not mapped`);
    return page;
  }

  /** VMCALL with these registers; gives what the processor is told. */
  raw(control: bigint, word0: bigint, word1: bigint): Outcome {
    this.qwords[Reg.RCX] = control;
    this.qwords[Reg.RDX] = word0;
    this.qwords[Reg.R8] = word1;
    return this.processor.handler.hypercall(3);
  }

  /** The slow form. */
  slow(code: number, input: Uint8Array = new Uint8Array(0), form: CallForm = {}): CallResult {
    this.page(this.inputGpn).set(input);
    return this.#call(
      this.#control(code, false, form),
      form.inputGpa ?? BigInt(this.inputGpn * PAGE_BYTES),
      form.outputGpa ?? BigInt(this.outputGpn * PAGE_BYTES),
    );
  }

  /** The fast form; `input` beyond 16 bytes goes to XMM registers. */
  fast(code: number, input: Uint8Array, form: CallForm = {}): CallResult {
    const block = new Uint8Array(112);
    block.set(input);
    const words = new DataView(block.buffer);
    this.processor.registers.xmm.set(block.subarray(16));
    return this.#call(
      this.#control(code, true, form),
      words.getBigUint64(0, true),
      words.getBigUint64(8, true),
    );
  }

  /** A slow call that must succeed. */
  demand(code: number, input?: Uint8Array, form?: CallForm): CallResult {
    const result = this.slow(code, input, form);
    if (result.status !== HvStatus.SUCCESS) throw new Error(`hypercall ${code}: status ${result.status}`);
    return result;
  }

  /** Turns on local APIC, SIM page, SIEF page and all SINTs, each with vector 0x40 + its number. */
  enableSynic(simGpn: number, siefGpn: number): void {
    const { vp } = this;
    vp.apic.setSpurious(0x1ff);
    const set = (name: number, value: number): void => {
      const status = vp.setRegister(name, BigInt(value));
      if (status !== HvStatus.SUCCESS) throw new Error(`register ${name}: status ${status}`);
    };
    set(HvRegister.Simp, simGpn * PAGE_BYTES + 1);
    set(HvRegister.Siefp, siefGpn * PAGE_BYTES + 1);
    for (let sint = 0; sint < 16; sint++) set(HvRegister.Sint0 + sint, VECTOR_OF_SINT + sint);
    set(HvRegister.Scontrol, 1);
  }

  #control(code: number, fast: boolean, form: CallForm): bigint {
    const low = hypercallInputLow(code, fast, form.variableQwords ?? 0) | (form.controlLow ?? 0);
    const high = hypercallInputHigh(form.reps ?? 0, form.start ?? 0) | (form.controlHigh ?? 0);
    return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  }

  #call(control: bigint, word0: bigint, word1: bigint): CallResult {
    const outcome = this.raw(control, word0, word1);
    if (outcome !== Outcome.DONE) throw new Error(`the hypercall ended with outcome ${outcome}`);
    const result = this.qwords[Reg.RAX]!;
    const page = this.page(this.outputGpn).slice();
    return {
      status: resultStatus(Number(result & 0xffffffffn)),
      reps: resultRepsCompleted(Number(result >> 32n)),
      output: new DataView(page.buffer),
    };
  }
}

/** Pages of the root that tests use; the pool is at the end of the bank. */
export const ROOT_INPUT = 16;
export const ROOT_OUTPUT = 17;
/** First of the root's pages that belong to nobody yet. */
export const ROOT_FREE = 32;

/** Pages that a child made by {@link World.child} has, and where its callers' blocks lie. */
export const CHILD_PAGES = 64;
export const CHILD_INPUT = 8;
export const CHILD_OUTPUT = 9;

/** A hypervisor with a root VP that makes hypercalls. */
export class World {
  readonly clock = new VirtualClock();
  readonly executor = new ManualExecutor();
  readonly hypervisor = new Hypervisor({
    clock: this.clock,
    executor: this.executor,
    rootMemoryBytes: 1024 * PAGE_BYTES,
  });
  readonly root: Caller;
  #nextFree = ROOT_FREE;

  constructor() {
    const vp = this.hypervisor.createRootProcessor((environment) => new RestingProcessor(environment));
    vp.explicitSuspend = false;
    this.root = new Caller(vp, ROOT_INPUT, ROOT_OUTPUT);
  }

  /** Pages of the root that nobody uses. */
  take(count: number): number[] {
    const first = this.#nextFree;
    this.#nextFree += count;
    return Array.from({ length: count }, (_, i) => first + i);
  }

  /** HvCallCreatePartition. */
  create(): Partition {
    const { output } = this.root.demand(HypercallCode.HvCallCreatePartition, CreatePartitionInput.bytes());
    const id = output.getBigUint64(0, true);
    this.hypervisor.setProcessorFactory(id, (environment) => new RestingProcessor(environment));
    return this.hypervisor.partition(id)!;
  }

  /** HvCallDepositMemory of fresh pages. */
  deposit(partition: Partition, count: number): void {
    const input = new Uint8Array(PAGE_BYTES);
    input.set(DepositMemoryInput.bytes({ partitionId: partition.id }));
    const view = new DataView(input.buffer);
    this.take(count).forEach((gpn, i) => {
      GpaPageElement.write(view, DepositMemoryInput.size + i * GpaPageElement.size, { gpn });
    });
    this.root.demand(HypercallCode.HvCallDepositMemory, input, { reps: count });
  }

  /** An active partition with `vpCount` VPs in 64-bit mode, and 64 pages of memory from GPA 0 on. */
  child(vpCount = 1): { partition: Partition; callers: Caller[]; sourcePages: number[] } {
    const partition = this.create();
    const id = PartitionIdInput.bytes({ partitionId: partition.id });
    this.deposit(partition, 2 + 3 * vpCount);
    this.root.demand(HypercallCode.HvCallInitializePartition, id);
    for (let vpIndex = 0; vpIndex < vpCount; vpIndex++) {
      this.root.demand(
        HypercallCode.HvCallCreateVp,
        CreateVpInput.bytes({ partitionId: partition.id, vpIndex }),
      );
    }
    const sourcePages = this.take(CHILD_PAGES);
    const input = new Uint8Array(PAGE_BYTES);
    input.set(MapGpaPagesInput.bytes({ targetPartitionId: partition.id, mapFlags: 7 }));
    const view = new DataView(input.buffer);
    sourcePages.forEach((gpn, i) => {
      GpaPageElement.write(view, MapGpaPagesInput.size + i * GpaPageElement.size, { gpn });
    });
    this.root.demand(HypercallCode.HvCallMapGpaPages, input, { reps: CHILD_PAGES });
    const callers = partition.vps.map((vp) => {
      vp!.explicitSuspend = false;
      return new Caller(vp!, CHILD_INPUT, CHILD_OUTPUT);
    });
    return { partition, callers, sourcePages };
  }
}

/** Blocks one behind the other: header, then elements. */
export function block(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** 64-bit words as bytes. */
export function qwords(...values: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values).buffer);
}
