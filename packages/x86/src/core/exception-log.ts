/** The last exceptions of a processor, for those who want to know what a guest died of. */

import { Reg } from '../processor/registers.ts';

/** An exception that an instruction raised, or that the delivery of another one did. */
export interface RaisedException {
  readonly vector: number;
  readonly errorCode: number | undefined;
  /** Of the instruction. */
  readonly rip: bigint;
  /** The address that a page fault is about; of an earlier one with other vectors. */
  readonly cr2: bigint;
}

const ENTRIES = 8;
/** Vector, error code, RIP and CR2 in halves. */
const WORDS = 6;

/** A ring of the newest; noting allocates nothing. */
export class ExceptionLog {
  readonly #words = new Int32Array(ENTRIES * WORDS);
  #noted = 0;

  /** `errorCode` is -1 where there is none; `registers` are a register file's halves. */
  note(vector: number, errorCode: number, registers: Uint32Array): void {
    const at = (this.#noted % ENTRIES) * WORDS;
    this.#noted += 1;
    const words = this.#words;
    words[at] = vector;
    words[at + 1] = errorCode;
    words[at + 2] = registers[Reg.RIP * 2]!;
    words[at + 3] = registers[Reg.RIP * 2 + 1]!;
    words[at + 4] = registers[Reg.CR2 * 2]!;
    words[at + 5] = registers[Reg.CR2 * 2 + 1]!;
  }

  /** Takes the newest back. */
  forgetLast(): void {
    this.#noted -= 1;
  }

  /** The newest last. */
  list(): RaisedException[] {
    const count = Math.min(this.#noted, ENTRIES);
    return Array.from({ length: count }, (_, index) => {
      const at = ((this.#noted - count + index) % ENTRIES) * WORDS;
      const word = (offset: number): number => this.#words[at + offset]!;
      const qword = (offset: number): bigint =>
        (BigInt(word(offset + 1) >>> 0) << 32n) | BigInt(word(offset) >>> 0);
      const errorCode = word(1) < 0 ? undefined : word(1);
      return { vector: word(0), errorCode, rip: qword(2), cr2: qword(4) };
    });
  }
}
