/** The parent's way into the hypervisor: VMCALL with one input and one output page. TLFS, "Hypercall Interface". */

import {
  hypercallInputHigh,
  hypercallInputLow,
  resultRepsCompleted,
  resultStatus,
} from '@viridian/protocols/tlfs';
import { PAGE_BYTES } from '@viridian/x86';
import type { GuestCpu } from '../program/index.ts';

/**
 * Makes hypercalls through the parent's virtual processor. A caller writes `input`, calls, and reads `output`; a caller
 * that reads output keeps interrupts off meanwhile (`withoutInterrupts`), since an interrupt handler makes calls too.
 */
export class HypercallGate {
  readonly cpu: GuestCpu;
  readonly input: DataView<SharedArrayBuffer>;
  readonly inputBytes: Uint8Array<SharedArrayBuffer>;
  readonly output: DataView<SharedArrayBuffer>;
  /** Elements done by the last rep call, counted from element 0. */
  repsDone = 0;
  readonly #inputLow: number;
  readonly #inputHigh: number;
  readonly #outputLow: number;
  readonly #outputHigh: number;

  /** `inputGpn` and `outputGpn` are pages of the parent. */
  constructor(cpu: GuestCpu, inputGpn: number, outputGpn: number) {
    this.cpu = cpu;
    this.inputBytes = cpu.memory.view(inputGpn * PAGE_BYTES, PAGE_BYTES);
    this.input = viewOf(this.inputBytes);
    this.output = viewOf(cpu.memory.view(outputGpn * PAGE_BYTES, PAGE_BYTES));
    [this.#inputLow, this.#inputHigh] = halvesOf(inputGpn * PAGE_BYTES);
    [this.#outputLow, this.#outputHigh] = halvesOf(outputGpn * PAGE_BYTES);
  }

  /** The fast form: up to 16 bytes of input in registers, as 32-bit halves. Returns the status. */
  fast(code: number, word0Low: number, word0High: number, word1Low = 0, word1High = 0): number {
    return resultStatus(
      this.cpu.vmcall(hypercallInputLow(code, true), 0, word0Low, word0High, word1Low, word1High),
    );
  }

  /** The slow form: input and output in the pages. Returns the status. */
  slow(code: number): number {
    return this.#call(hypercallInputLow(code), 0);
  }

  /** A rep call over elements `start` to `count` - 1 of those in the pages. Returns the status; `repsDone` follows. */
  rep(code: number, count: number, start = 0): number {
    let done = start;
    for (;;) {
      const status = this.#call(hypercallInputLow(code), hypercallInputHigh(count, done));
      this.repsDone = resultRepsCompleted(this.cpu.vmcallHigh);
      // The hypervisor may stop early with success: it wants to be called again for the rest.
      if (status !== 0 || this.repsDone >= count) return status;
      if (this.repsDone <= done) throw new Error(`hypercall 0x${code.toString(16)} makes no progress`);
      done = this.repsDone;
    }
  }

  /** Runs `work` with the processor's interrupts off, and restores them. */
  withoutInterrupts<Result>(work: () => Result): Result {
    const { cpu } = this;
    if (!cpu.interruptsEnabled) return work();
    cpu.cli();
    try {
      return work();
    } finally {
      cpu.sti();
    }
  }

  #call(controlLow: number, controlHigh: number): number {
    return resultStatus(
      this.cpu.vmcall(
        controlLow,
        controlHigh,
        this.#inputLow,
        this.#inputHigh,
        this.#outputLow,
        this.#outputHigh,
      ),
    );
  }
}

function viewOf(bytes: Uint8Array<SharedArrayBuffer>): DataView<SharedArrayBuffer> {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function halvesOf(value: number): [low: number, high: number] {
  return [value >>> 0, Math.floor(value / 2 ** 32)];
}
