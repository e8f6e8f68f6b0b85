/**
 * The registers of a hypercall in both calling conventions, and the pairs of the register-based (fast) form.
 * TLFS, "Hypercall Interface", register mapping and XMM fast hypercalls.
 */

import { FAST_INPUT_BYTES, FAST_XMM_INPUT_BYTES } from '@viridian/protocols/tlfs';
import { Reg, type RegisterFile } from '@viridian/x86';

const PAIR_BYTES = 16;

// Index of the low half of a register among the 32-bit halves.
const EAX = Reg.RAX * 2;
const ECX = Reg.RCX * 2;
const EDX = Reg.RDX * 2;
const EBX = Reg.RBX * 2;
const ESI = Reg.RSI * 2;
const EDI = Reg.RDI * 2;
const R8 = Reg.R8 * 2;

/** A cursor over one VP's registers. Pair 0 is input and output word, pairs 1 to 6 are XMM0 to XMM5. */
export class RegisterPairs {
  is64Bit = false;
  controlLow = 0;
  controlHigh = 0;
  inputLow = 0;
  inputHigh = 0;
  outputLow = 0;
  outputHigh = 0;
  #registers!: RegisterFile;

  /** Reads the registers that every call uses. */
  attach(registers: RegisterFile): void {
    const { dwords } = registers;
    this.#registers = registers;
    this.is64Bit = registers.is64Bit;
    if (this.is64Bit) {
      this.controlLow = dwords[ECX]!;
      this.controlHigh = dwords[ECX + 1]!;
      this.inputLow = dwords[EDX]!;
      this.inputHigh = dwords[EDX + 1]!;
      this.outputLow = dwords[R8]!;
      this.outputHigh = dwords[R8 + 1]!;
    } else {
      this.controlLow = dwords[EAX]!;
      this.controlHigh = dwords[EDX]!;
      this.inputLow = dwords[ECX]!;
      this.inputHigh = dwords[EBX]!;
      this.outputLow = dwords[ESI]!;
      this.outputHigh = dwords[EDI]!;
    }
  }

  /** RAX, or EDX:EAX: the only registers that a hypercall changes. */
  setResult(status: number, reps: number): void {
    const { dwords } = this.#registers;
    dwords[EAX] = status;
    if (this.is64Bit) {
      dwords[EAX + 1] = reps;
      return;
    }
    dwords[EAX + 1] = 0;
    dwords[EDX] = reps;
    dwords[EDX + 1] = 0;
  }

  /** Bytes that the fast form can carry. */
  capacity(withXmm: boolean): number {
    return withXmm ? FAST_XMM_INPUT_BYTES : FAST_INPUT_BYTES;
  }

  /** Where output begins behind `inputBytes` of input: at the next whole pair. */
  usedBy(inputBytes: number): number {
    return Math.ceil(inputBytes / PAIR_BYTES) * PAIR_BYTES;
  }

  /** Copies `sizeBytes` of input into `into`; only whole 32-bit words are moved. */
  load(into: Uint8Array, sizeBytes: number): void {
    putWord(into, 0, this.inputLow);
    putWord(into, 4, this.inputHigh);
    putWord(into, 8, this.outputLow);
    putWord(into, 12, this.outputHigh);
    const { xmm } = this.#registers;
    for (let i = PAIR_BYTES; i < sizeBytes; i++) into[i] = xmm[i - PAIR_BYTES]!;
  }

  /** Puts output into the pairs from byte `at` on; only XMM registers can be reached behind an input. */
  store(from: Uint8Array, sizeBytes: number, at: number): void {
    const { xmm, dwords } = this.#registers;
    for (let i = 0; i < sizeBytes; i++) {
      const place = at + i;
      if (place >= PAIR_BYTES) xmm[place - PAIR_BYTES] = from[i]!;
      else setByte(dwords, place < 8 ? EDX : R8, place & 7, from[i]!);
    }
  }
}

function putWord(into: Uint8Array, at: number, value: number): void {
  into[at] = value;
  into[at + 1] = value >>> 8;
  into[at + 2] = value >>> 16;
  into[at + 3] = value >>> 24;
}

/** Sets one byte of a 64-bit register. */
function setByte(dwords: Uint32Array, register: number, byte: number, value: number): void {
  const index = register + (byte >> 2);
  const shift = (byte & 3) * 8;
  dwords[index] = (dwords[index]! & ~(0xff << shift)) | (value << shift);
}
