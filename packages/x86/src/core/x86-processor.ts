/** The x86-64 processor as the hypervisor sees it, executed by the WebAssembly core. */

import {
  AccessKind,
  type ExitHandler,
  Outcome,
  type Processor,
  StopReason,
  type Translation,
} from '../processor/processor.ts';
import { Reg, RegisterFile } from '../processor/registers.ts';
import { Activity, coreActivity } from '../profile/activity.ts';
import { Exit, State, UNWIND } from './core.ts';
import type { CoreMachine } from './core-machine.ts';
import { ExceptionLog, type RaisedException } from './exception-log.ts';

const RUN_INACTIVE = 1;
const RUN_REQUESTED = 2;
const UNWIND_SUSPEND = -1;
const UNWIND_SHUTDOWN = -2;
const ACTIVITY_HALTED = 1;
const ACTIVITY_SHUTDOWN = 3;
const DEBUG_VECTOR = 1;
const FLAG_STRING = 1;
const FLAG_REPEAT = 2;

/** Instructions between two looks at the clock: well below a millisecond. */
const BUDGET = 20_000;
/** Registers whose change from outside makes cached translations void. */
const PAGING_REGISTERS = [Reg.CR0, Reg.CR3, Reg.CR4, Reg.EFER] as const;

/** One processor. Time-sliced by whoever calls `run`; all of its state lies in the core's memory. */
export class X86Processor implements Processor {
  readonly registers: RegisterFile;
  readonly #machine: CoreMachine;
  readonly #handler: ExitHandler;
  readonly #vp: number;
  /** Executes about so many instructions, as `run` of the core does. */
  readonly #run: (budget: number) => number;
  readonly #view: DataView;
  readonly #data: Uint8Array;
  readonly #paging = new Float64Array(PAGING_REGISTERS.length * 2);
  readonly #port = {
    port: 0,
    size: 0,
    isWrite: false,
    isString: false,
    hasRepeatPrefix: false,
    instructionBytes: 0,
    value: 0,
  };
  readonly #random = new BigUint64Array(1);
  readonly #exceptions = new ExceptionLog();
  readonly #index: number;
  readonly #activity: Int32Array;
  #stop = false;

  constructor(machine: CoreMachine, index: number, handler: ExitHandler) {
    this.#machine = machine;
    this.#handler = handler;
    this.#index = index;
    const target = { exit: (kind: number) => this.#notedExit(kind), readTsc: () => this.#readTsc() };
    const { vp, run } = machine.add(index, target);
    this.#vp = vp;
    this.#run = run;
    const { buffer } = machine.bank;
    this.#view = new DataView(buffer, this.#vp, 4096);
    this.#activity = coreActivity(buffer);
    this.#data = new Uint8Array(buffer, this.#vp + State.EXIT_DATA, 16);
    this.registers = new RegisterFile(buffer, this.#vp);
    machine.core.reset(this.#vp);
    // The first is the bootstrap processor; the others wait for their start-up interrupt.
    if (index !== 0) machine.core.initialize(this.#vp);
  }

  /** Instructions executed since the processor was made. */
  get instructions(): number {
    return Number(this.#view.getBigUint64(State.INSTRUCTIONS, true));
  }

  /** RIP of the instruction that was executed last, after `runInstructions(1)`; at other times of some earlier one. */
  get executedRip(): bigint {
    return this.#view.getBigUint64(State.INSTRUCTION_RIP, true);
  }

  /** The last exceptions that instructions raised, the newest last; some, for finding out what a guest died of. */
  get recentExceptions(): RaisedException[] {
    return this.#exceptions.list();
  }

  get exceptionFilter(): number {
    return this.#view.getUint32(State.EXCEPTION_FILTER, true);
  }

  set exceptionFilter(filter: number) {
    this.#view.setUint32(State.EXCEPTION_FILTER, filter, true);
  }

  get interruptShadow(): boolean {
    return this.#view.getUint32(State.SHADOW, true) !== 0;
  }

  set interruptShadow(shadow: boolean) {
    this.#view.setUint32(State.SHADOW, shadow ? 1 : 0, true);
  }

  run(milliseconds: number): StopReason {
    const end = performance.now() + milliseconds;
    this.#beginTurns();
    let reason: StopReason | undefined;
    do reason = this.#turn();
    while (reason === undefined && performance.now() < end);
    this.#endTurns();
    return reason ?? StopReason.BUDGET;
  }

  /** Executes about `count` instructions, and exactly one for 1; for tests, traces and deterministic runs. */
  runInstructions(count: number): StopReason {
    this.#beginTurns();
    let reason: StopReason | undefined;
    const end = this.instructions + count;
    do reason = this.#turn(Math.min(BUDGET, end - this.instructions));
    while (reason === undefined && this.instructions < end);
    this.#endTurns();
    return reason ?? StopReason.BUDGET;
  }

  requestStop(): void {
    this.#stop = true;
    this.#view.setInt32(State.EXIT_REQUEST, 1, true);
  }

  setInterruptRequest(asserted: boolean): void {
    this.#view.setUint32(State.INTERRUPT_REQUEST, asserted ? 1 : 0, true);
  }

  injectNmi(): void {
    this.#view.setUint32(State.NMI_PENDING, 1, true);
  }

  injectException(vector: number, errorCode: number | undefined): void {
    this.#view.setInt32(State.INJECT_VECTOR, vector, true);
    this.#view.setUint32(State.INJECT_ERROR, errorCode ?? 0, true);
    this.#view.setUint32(State.INJECT_HAS_ERROR, errorCode === undefined ? 0 : 1, true);
  }

  /** Whether it waits in HLT. */
  get isHalted(): boolean {
    return this.#view.getUint32(State.ACTIVITY, true) === ACTIVITY_HALTED;
  }

  /** Ends a HLT without an interrupt. */
  wake(): void {
    if (this.isHalted) this.#view.setUint32(State.ACTIVITY, 0, true);
  }

  init(): void {
    this.#machine.core.initialize(this.#vp);
  }

  startUp(vector: number): void {
    this.#machine.core.startUp(this.#vp, vector);
  }

  translate(gva: bigint, kind: AccessKind, supervisor: boolean, setAccessed: boolean): Translation {
    const { core } = this.#machine;
    core.updateMode(this.#vp);
    const code = core.translateForHost(this.#vp, gva, kind, supervisor ? 0 : 1, setAccessed ? 1 : 0);
    return { code, gpa: code === 0 ? core.translated() : 0 };
  }

  flushTlb(gva?: bigint): void {
    if (gva === undefined) this.#machine.core.flushAllTlb(this.#vp);
    else this.#machine.core.flushPageTlb(this.#vp, gva);
  }

  gpaChanged(firstGpn: number, pageCount: number): void {
    this.#machine.sync(firstGpn, pageCount);
    this.#machine.core.flushAllTlb(this.#vp);
  }

  #beginTurns(): void {
    this.#stop = false;
    this.#activity[Activity.TURN] = this.#index + 1;
    this.#machine.core.noteDevices();
    this.#noticePaging(true);
  }

  #endTurns(): void {
    this.#noticePaging(false);
    this.#activity[Activity.TURN] = 0;
  }

  /** One call of the core; undefined to go on. */
  #turn(budget = BUDGET): StopReason | undefined {
    try {
      const result = this.#run(budget);
      if (result === RUN_INACTIVE) return this.#inactive();
      if (result !== RUN_REQUESTED) return undefined;
      // Among the reasons to come out is MOV to CR8.
      this.#handler.taskPriorityChanged?.();
      return this.#stop ? StopReason.REQUESTED : undefined;
    } catch (error) {
      if (error !== UNWIND) throw error;
      this.#activity[Activity.IN_REGIONS] = 0;
      return this.#unwound();
    }
  }

  #inactive(): StopReason {
    const shutDown = this.#view.getUint32(State.ACTIVITY, true) === ACTIVITY_SHUTDOWN;
    return shutDown ? StopReason.UNRECOVERABLE : StopReason.HALT;
  }

  /** Delivers the exception that unwound the core; its delivery may fault in turn. */
  #unwound(): StopReason | undefined {
    for (;;) {
      const vector = this.#view.getInt32(State.FAULT_VECTOR, true);
      if (vector === UNWIND_SUSPEND) {
        this.#machine.core.materializeFlags(this.#vp);
        return StopReason.SUSPENDED;
      }
      if (vector === UNWIND_SHUTDOWN) {
        this.#view.setUint32(State.ACTIVITY, ACTIVITY_SHUTDOWN, true);
        this.#machine.core.materializeFlags(this.#vp);
        this.#handler.unrecoverable();
        return StopReason.UNRECOVERABLE;
      }
      if (vector < 0) return undefined;
      const error = this.#view.getUint32(State.FAULT_ERROR, true);
      const hasError = this.#view.getUint32(State.FAULT_HAS_ERROR, true) !== 0;
      this.#exceptions.note(vector, hasError ? error : -1, this.registers.dwords);
      try {
        this.#machine.core.deliverException(this.#vp);
        return undefined;
      } catch (error) {
        if (error !== UNWIND) throw error;
        // Taken by the hypervisor: the guest saw nothing of it.
        if (this.#view.getInt32(State.FAULT_VECTOR, true) === UNWIND_SUSPEND) this.#exceptions.forgetLast();
      }
    }
  }

  /** Remembers the paging registers; with `compare`, a change by others since then flushes. */
  #noticePaging(compare: boolean): void {
    const { dwords } = this.registers;
    let changed = false;
    PAGING_REGISTERS.forEach((register, at) => {
      for (const half of [0, 1]) {
        const value = dwords[register * 2 + half]!;
        if (this.#paging[at * 2 + half] !== value) changed = true;
        this.#paging[at * 2 + half] = value;
      }
    });
    if (compare && changed) this.#machine.core.pagingChanged(this.#vp);
  }

  #readTsc(): void {
    this.#view.setBigUint64(State.EXIT_TSC, BigInt.asUintN(64, this.#handler.readTsc()), true);
  }

  #notedExit(kind: number): number {
    this.#activity[Activity.EXIT] = kind + 1;
    const outcome = this.#exit(kind);
    this.#activity[Activity.EXIT] = 0;
    return outcome;
  }

  #exit(kind: number): number {
    if (kind === Exit.ACKNOWLEDGE) {
      this.#view.setInt32(State.EXIT_VECTOR, this.#handler.acknowledgeInterrupt(), true);
      return Outcome.DONE;
    }
    if (kind === Exit.EXCEPTION) return this.#exceptionExit();
    if (kind === Exit.RANDOM) {
      if (this.#handler.random === undefined) crypto.getRandomValues(this.#random);
      else this.#random[0] = BigInt.asUintN(64, this.#handler.random());
      this.#view.setBigUint64(State.EXIT_DATA, this.#random[0]!, true);
      return Outcome.DONE;
    }
    const outcome = this.#otherExit(kind);
    if (outcome === Outcome.YIELD) this.requestStop();
    return outcome;
  }

  #exceptionExit(): Outcome {
    const view = this.#view;
    this.#machine.core.materializeFlags(this.#vp);
    const vector = view.getUint32(State.EXIT_VECTOR, true);
    const hasError = view.getUint32(State.EXIT_FLAGS, true) !== 0;
    const outcome = this.#handler.exception(vector, view.getUint32(State.EXIT_CODE, true), hasError);
    if (vector === DEBUG_VECTOR) view.setUint32(State.PENDING_DEBUG, 0, true);
    return outcome;
  }

  #otherExit(kind: number): Outcome {
    if (kind === Exit.MEMORY) return this.#memoryExit();
    if (kind === Exit.PAUSE) return this.#handler.pause?.() ?? Outcome.DONE;
    return this.#instructionExit(kind);
  }

  /** RIP stands at the instruction while the hypervisor looks, and past it afterwards. */
  #instructionExit(kind: number): Outcome {
    const { qwords } = this.registers;
    const next = qwords[Reg.RIP]!;
    this.#machine.core.materializeFlags(this.#vp);
    qwords[Reg.RIP] = this.#view.getBigUint64(State.INSTRUCTION_RIP, true);
    const outcome = this.#instruction(kind, this.#view.getUint32(State.EXIT_LENGTH, true));
    if (outcome === Outcome.DONE || outcome === Outcome.YIELD) qwords[Reg.RIP] = next;
    return outcome;
  }

  #instruction(kind: number, length: number): Outcome {
    switch (kind) {
      case Exit.CPUID:
        return this.#handler.cpuid(length);
      case Exit.RDMSR:
        return this.#handler.readMsr(length);
      case Exit.WRMSR:
        return this.#handler.writeMsr(length);
      case Exit.PORT:
        return this.#portExit(length);
      default:
        return this.#handler.hypercall(length);
    }
  }

  #portExit(length: number): Outcome {
    const view = this.#view;
    const access = this.#port;
    const flags = view.getUint32(State.EXIT_FLAGS, true);
    access.port = view.getUint32(State.EXIT_PORT, true);
    access.size = view.getUint32(State.EXIT_SIZE, true);
    access.isWrite = view.getUint32(State.EXIT_ACCESS, true) === 1;
    access.isString = (flags & FLAG_STRING) !== 0;
    access.hasRepeatPrefix = (flags & FLAG_REPEAT) !== 0;
    access.instructionBytes = length;
    access.value = view.getUint32(State.EXIT_DATA, true);
    const outcome = this.#handler.port(access);
    if (!access.isWrite) view.setUint32(State.EXIT_DATA, access.value, true);
    return outcome;
  }

  #memoryExit(): Outcome {
    const view = this.#view;
    const gpa = Number(view.getBigUint64(State.EXIT_GPA, true));
    const size = view.getUint32(State.EXIT_SIZE, true);
    const kind = view.getUint32(State.EXIT_ACCESS, true) as AccessKind;
    const data = this.#data.subarray(0, size);
    if (kind !== AccessKind.EXECUTE && this.#machine.copyForeign(gpa, data, kind === AccessKind.WRITE))
      return Outcome.DONE;
    return this.#handler.memory({
      gpa,
      gva: view.getBigUint64(State.EXIT_GVA, true),
      gvaValid: true,
      size,
      kind,
      instructionBytes: view.getUint32(State.EXIT_LENGTH, true),
      data,
    });
  }
}
