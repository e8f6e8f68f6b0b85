/** How a program takes interrupts: its gates, the interrupt flag, and who sleeps until one comes. */

import { Reg, type RegisterFile, RFLAGS_IF } from '@viridian/x86';
import type { InterruptLines, ProgramHost } from './program-host.ts';

const RFLAGS_LOW = Reg.RFLAGS * 2;
const VECTORS = 256;

/** The interrupt descriptor table of a program, and delivery through it. */
export class InterruptGates {
  readonly #host: ProgramHost;
  readonly #registers: RegisterFile;
  readonly #lines: InterruptLines;
  /** Called when an interrupt cannot be delivered or its handler failed; throws. */
  readonly #fault: (reason: string, error?: unknown) => never;
  readonly #handlers = new Array<(() => void) | undefined>(VECTORS).fill(undefined);
  #nmiHandler: (() => void) | undefined;
  #inNmi = false;
  /** Those who halted. */
  #sleepers: (() => void)[] = [];

  constructor(
    host: ProgramHost,
    registers: RegisterFile,
    lines: InterruptLines,
    fault: (reason: string, error?: unknown) => never,
  ) {
    this.#host = host;
    this.#registers = registers;
    this.#lines = lines;
    this.#fault = fault;
  }

  /** RFLAGS.IF. */
  get enabled(): boolean {
    return (this.#registers.dwords[RFLAGS_LOW]! & RFLAGS_IF) !== 0;
  }

  set enabled(enabled: boolean) {
    const { dwords } = this.#registers;
    const flags = dwords[RFLAGS_LOW]!;
    dwords[RFLAGS_LOW] = enabled ? flags | RFLAGS_IF : flags & ~RFLAGS_IF;
  }

  setHandler(vector: number, handler: (() => void) | undefined): void {
    if (!Number.isInteger(vector) || vector < 0 || vector >= VECTORS) {
      throw new RangeError(`an interrupt vector is 0 to 255, not ${vector}`);
    }
    this.#handlers[vector] = handler;
  }

  setNmiHandler(handler: (() => void) | undefined): void {
    this.#nmiHandler = handler;
  }

  /** Takes every interrupt that may come in now; true when there was one. Allocates nothing. */
  take(): boolean {
    const lines = this.#lines;
    if (!lines.request && !lines.nmi) return false;
    let took = false;
    for (;;) {
      if (lines.nmi && !this.#inNmi) {
        lines.nmi = false;
        this.#deliverNmi();
      } else if (lines.request && this.enabled) {
        const vector = this.#host.acknowledgeInterrupt();
        if (vector < 0) break;
        this.#deliver(vector);
      } else {
        break;
      }
      took = true;
    }
    if (took && this.#sleepers.length > 0) this.#wakeAll();
    return took;
  }

  /** Whether the program waits for an interrupt, and not for something else. */
  get isAsleep(): boolean {
    return this.#sleepers.length > 0;
  }

  /** Settles when the next interrupt was handled. */
  sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#sleepers.push(resolve);
    });
  }

  #deliver(vector: number): void {
    const handler = this.#handlers[vector];
    if (handler === undefined) this.#fault(`no handler for interrupt vector ${vector}`);
    this.enabled = false;
    try {
      handler!();
    } catch (error) {
      this.#fault(`the handler of interrupt vector ${vector} failed`, error);
    }
    // IRET: interrupts were enabled, or this one would not have come.
    this.enabled = true;
  }

  #deliverNmi(): void {
    const handler = this.#nmiHandler;
    if (handler === undefined) this.#fault('no handler for the non-maskable interrupt');
    const { enabled } = this;
    this.enabled = false;
    this.#inNmi = true;
    try {
      handler!();
    } catch (error) {
      this.#fault('the handler of the non-maskable interrupt failed', error);
    } finally {
      this.#inNmi = false;
    }
    this.enabled = enabled;
  }

  #wakeAll(): void {
    const sleepers = this.#sleepers;
    this.#sleepers = [];
    for (const wake of sleepers) wake();
  }
}
