/** MSR, CPUID and exception intercepts of one child. TLFS, "Intercepts". */

import {
  CpuidInterceptMessage,
  ExceptionInterceptMessage,
  HvRegister,
  MsrInterceptMessage,
} from '@viridian/protocols/tlfs';
import type { CpuidResult } from '../program/index.ts';
import { emptyPoint, GENERAL_PROTECTION, type InterceptPoint, readPoint } from './intercept-completion.ts';
import type { InterceptDesk } from './intercept-desk.ts';
import type { CpuidHandler, ExceptionHandler, MsrHandler } from './intercept-handlers.ts';

/** Finishes RDMSR, WRMSR and CPUID, and decides on exceptions. Without a handler the guest gets what it would alone. */
export class ProcessorIntercepts {
  msrHandler: MsrHandler | undefined;
  /** By leaf. */
  readonly cpuidHandlers = new Map<number, CpuidHandler>();
  /** By vector. */
  readonly exceptionHandlers = new Map<number, ExceptionHandler>();
  readonly #desk: InterceptDesk;
  readonly #point = emptyPoint();

  constructor(desk: InterceptDesk) {
    this.#desk = desk;
  }

  /** Takes all handlers off. */
  clear(): void {
    this.msrHandler = undefined;
    this.cpuidHandlers.clear();
    this.exceptionHandlers.clear();
  }

  msr(view: DataView): void {
    const desk = this.#desk;
    const { complete } = desk;
    const point = { ...readPoint(view, this.#point) };
    const { offsets } = MsrInterceptMessage;
    const index = view.getUint32(offsets.msrNumber, true);
    const handler = this.msrHandler;
    if (point.isWrite) {
      const high = BigInt(view.getUint32(offsets.rdx, true));
      const value = (high << 32n) | BigInt(view.getUint32(offsets.rax, true));
      const answer = desk.ask('MSR write handler threw', () => handler?.write(index, value, point.vp));
      desk.whenAnswered(point, answer, (held, accepted) => {
        complete.begin(held);
        desk.done(accepted === true ? complete.resumeBehind(held) : complete.fault(GENERAL_PROTECTION, 0));
      });
      return;
    }
    const answer = desk.ask('MSR read handler threw', () => handler?.read(index, point.vp));
    desk.whenAnswered(point, answer, (held, value) => {
      complete.begin(held);
      if (value === undefined) {
        desk.done(complete.fault(GENERAL_PROTECTION, 0));
        return;
      }
      complete.put(HvRegister.Rax, Number(value & 0xffff_ffffn), 0);
      complete.put(HvRegister.Rdx, Number((value >> 32n) & 0xffff_ffffn), 0);
      desk.done(complete.resumeBehind(held));
    });
  }

  cpuid(view: DataView): void {
    const desk = this.#desk;
    const { offsets } = CpuidInterceptMessage;
    const point = { ...readPoint(view, this.#point) };
    const low = (at: number): number => view.getUint32(at, true);
    const defaults: CpuidResult = {
      eax: low(offsets.defaultResultRax),
      ebx: low(offsets.defaultResultRbx),
      ecx: low(offsets.defaultResultRcx),
      edx: low(offsets.defaultResultRdx),
    };
    const request = { vp: point.vp, leaf: low(offsets.rax), subleaf: low(offsets.rcx), defaults };
    const handler = this.cpuidHandlers.get(request.leaf);
    const answer = desk.ask('CPUID handler threw', () => handler?.(request));
    desk.whenAnswered(point, answer, (held, result) => this.#finishCpuid(held, result ?? defaults));
  }

  exception(view: DataView): void {
    const desk = this.#desk;
    const { complete } = desk;
    const { offsets } = ExceptionInterceptMessage;
    const point = { ...readPoint(view, this.#point) };
    const vector = view.getUint16(offsets.exceptionVector, true);
    const hasErrorCode = (view.getUint8(offsets.exceptionInfo) & 1) !== 0;
    const errorCode = hasErrorCode ? view.getUint32(offsets.errorCode, true) : undefined;
    const event = {
      vp: point.vp,
      vector,
      errorCode,
      parameter: view.getBigUint64(offsets.exceptionParameter, true),
      rip: (BigInt(point.ripHigh) << 32n) | BigInt(point.ripLow),
    };
    const handler = this.exceptionHandlers.get(vector);
    const answer = desk.ask('exception handler threw', () => handler?.(event));
    desk.whenAnswered(point, answer, (held, decision) => {
      complete.begin(held);
      desk.done(decision === 'resume' ? complete.resumeAt() : complete.fault(vector, errorCode));
    });
  }

  /** CPUID clears the upper halves of its four registers. */
  #finishCpuid(point: InterceptPoint, { eax, ebx, ecx, edx }: CpuidResult): void {
    const { complete } = this.#desk;
    complete.begin(point);
    complete.put(HvRegister.Rax, eax, 0).put(HvRegister.Rbx, ebx, 0);
    complete.put(HvRegister.Rcx, ecx, 0).put(HvRegister.Rdx, edx, 0);
    this.#desk.done(complete.resumeBehind(point));
  }
}
