/** The intercepts of one child as its parent installs and answers them. TLFS, "Intercepts". */

import {
  ApicEoiMessage,
  HvMessageType,
  InterceptAccessMask,
  InterceptMessageHeader,
  InterceptType,
} from '@viridian/protocols/tlfs';
import { counters, type Disposer, tracePoint, warning } from '@viridian/trace';
import { nameOf } from '@viridian/wire';
import type { CallbackGuard } from './callback-guard.ts';
import { installIntercept, RegisterWriter } from './calls/processor-calls.ts';
import { disposer } from './disposer.ts';
import type { HypercallGate } from './hypercall-gate.ts';
import { InterceptCompletion } from './intercept-completion.ts';
import { InterceptDesk } from './intercept-desk.ts';
import type {
  CpuidHandler,
  ExceptionHandler,
  MemoryHandler,
  MsrHandler,
  PortHandler,
} from './intercept-handlers.ts';
import { MemoryIntercepts } from './memory-intercepts.ts';
import type { ReceivedMessage } from './parent-synic.ts';
import { PortIntercepts } from './port-intercepts.ts';
import { ProcessorIntercepts } from './processor-intercepts.ts';

const intercepted = tracePoint('parent.intercept', ['kind', 'payloadBytes']);
const unknownIntercept = warning('parent.unknown-intercept');

const READ_WRITE = InterceptAccessMask.READ | InterceptAccessMask.WRITE;

/** Installs intercepts by hypercall and hands their messages to the handlers. */
export class ChildIntercepts {
  readonly counters = counters({
    port: 0,
    msr: 0,
    cpuid: 0,
    exception: 0,
    memory: 0,
    unrecoverable: 0,
    apicEoi: 0,
  });
  /** A virtual processor ended in a triple fault. */
  onUnrecoverable: ((vp: number) => void) | undefined;
  /** The guest ended a level-triggered interrupt. */
  onApicEoi: ((vp: number, vector: number) => void) | undefined;
  readonly #partitionId: bigint;
  readonly #gate: HypercallGate;
  readonly #guard: CallbackGuard;
  readonly #desk: InterceptDesk;
  readonly #ports: PortIntercepts;
  readonly #processor: ProcessorIntercepts;
  readonly #memory: MemoryIntercepts;
  #closed = false;

  constructor(partitionId: bigint, gate: HypercallGate, guard: CallbackGuard) {
    this.#partitionId = partitionId;
    this.#gate = gate;
    this.#guard = guard;
    const complete = new InterceptCompletion(new RegisterWriter(gate), partitionId);
    this.#desk = new InterceptDesk(partitionId, gate, complete, guard);
    this.#ports = new PortIntercepts(this.#desk);
    this.#processor = new ProcessorIntercepts(this.#desk);
    this.#memory = new MemoryIntercepts(this.#desk);
  }

  /** Intercepts the ports from `first` to `last`. The newest handler of a port is asked. */
  ports(first: number, last: number, handler: PortHandler): Disposer {
    this.#installPorts(READ_WRITE, first, last);
    const remove = this.#ports.add(first, last, handler);
    return disposer(() => {
      remove();
      this.#uncover(first, last);
    });
  }

  /** Intercepts all MSRs that the hypervisor does not know. */
  msrs(handler: MsrHandler): Disposer {
    this.#install(READ_WRITE, InterceptType.X64_MSR, 0);
    this.#processor.msrHandler = handler;
    return disposer(() => {
      this.#processor.msrHandler = undefined;
      this.#install(InterceptAccessMask.NONE, InterceptType.X64_MSR, 0);
    });
  }

  /** Intercepts one CPUID leaf. */
  cpuid(leaf: number, handler: CpuidHandler): Disposer {
    this.#install(InterceptAccessMask.EXECUTE, InterceptType.X64_CPUID, leaf);
    this.#processor.cpuidHandlers.set(leaf, handler);
    return disposer(() => {
      this.#processor.cpuidHandlers.delete(leaf);
      this.#install(InterceptAccessMask.NONE, InterceptType.X64_CPUID, leaf);
    });
  }

  /** Intercepts one exception vector (0 to 31). */
  exception(vector: number, handler: ExceptionHandler): Disposer {
    this.#install(InterceptAccessMask.EXECUTE, InterceptType.EXCEPTION, vector);
    this.#processor.exceptionHandlers.set(vector, handler);
    return disposer(() => {
      this.#processor.exceptionHandlers.delete(vector);
      this.#install(InterceptAccessMask.NONE, InterceptType.EXCEPTION, vector);
    });
  }

  /** Answers accesses to addresses without memory; they come uninvited. Without a handler reads give all ones. */
  memory(handler: MemoryHandler): Disposer {
    this.#memory.handler = handler;
    return disposer(() => this.#memory.clear());
  }

  /** A message from the hypervisor about this child. */
  received(message: ReceivedMessage): void {
    const { view, payloadBytes } = message;
    if (intercepted.on) {
      intercepted.emit(this.#guard.where, nameOf(HvMessageType, message.type), payloadBytes);
    }
    switch (message.type) {
      case HvMessageType.X64_IO_PORT_INTERCEPT:
        this.counters.port += 1;
        this.#ports.received(view);
        break;
      case HvMessageType.X64_MSR_INTERCEPT:
        this.counters.msr += 1;
        this.#processor.msr(view);
        break;
      case HvMessageType.X64_CPUID_INTERCEPT:
        this.counters.cpuid += 1;
        this.#processor.cpuid(view);
        break;
      case HvMessageType.X64_EXCEPTION_INTERCEPT:
        this.counters.exception += 1;
        this.#processor.exception(view);
        break;
      case HvMessageType.UNMAPPED_GPA:
      case HvMessageType.GPA_INTERCEPT:
        this.counters.memory += 1;
        this.#memory.received(view, payloadBytes);
        break;
      default:
        this.#event(message);
        break;
    }
  }

  /** What is still to be answered is void: the child was reset. */
  forget(): void {
    this.#desk.forget();
  }

  /** The child goes away, and its intercepts with it: handlers that are taken off later make no calls. */
  close(): void {
    this.#closed = true;
    this.#desk.forget();
  }

  inspect() {
    return { ...this.counters, ...this.#desk.counters };
  }

  /** Messages after which nothing has to be finished. */
  #event({ type, view }: ReceivedMessage): void {
    switch (type) {
      case HvMessageType.UNRECOVERABLE_EXCEPTION: {
        this.counters.unrecoverable += 1;
        const vp = view.getUint32(InterceptMessageHeader.offsets.vpIndex, true);
        this.#guard.run('unrecoverable callback threw', () => this.onUnrecoverable?.(vp));
        break;
      }
      case HvMessageType.X64_APIC_EOI: {
        this.counters.apicEoi += 1;
        const { vpIndex, interruptVector } = ApicEoiMessage.read(view);
        this.#guard.run('EOI callback threw', () => this.onApicEoi?.(vpIndex, interruptVector));
        break;
      }
      default:
        unknownIntercept.report(this.#guard.where, 'a message of an unknown type', { type });
        break;
    }
  }

  #install(access: number, type: number, parameter: number): void {
    if (this.#closed) return;
    installIntercept(this.#gate, this.#partitionId, access, type, parameter);
  }

  #installPorts(access: number, first: number, last: number): void {
    if (first === last) this.#install(access, InterceptType.X64_IO_PORT, first);
    else this.#install(access, InterceptType.X64_IO_PORT_RANGE, first + last * 0x1_0000);
  }

  /** Ends the intercepts of the ports that no other handler covers. */
  #uncover(first: number, last: number): void {
    for (let port = first; port <= last; port += 1) {
      if (this.#ports.covers(port)) continue;
      let end = port;
      while (end < last && !this.#ports.covers(end + 1)) end += 1;
      this.#installPorts(InterceptAccessMask.NONE, port, end);
      port = end;
    }
  }
}
