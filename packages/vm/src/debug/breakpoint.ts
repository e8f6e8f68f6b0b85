/** A breakpoint of the host's in a guest's debug register. Intel SDM volume 3, "Debug Registers". */

import { Reg, type RegisterFile } from '@viridian/x86';

/** Stops in front of one instruction, once. All processors of a machine share it. */
export class Breakpoint {
  readonly #register: number;
  /** B0 to B3 of DR6. */
  readonly #hit: number;
  /** L0 to L3 of DR7, and all that DR7 says of the register; R/W and LEN are 0 for instructions. */
  readonly #enable: number;
  readonly #fields: number;
  readonly #address: bigint;
  readonly #reached: (vp: number) => void;
  #isDone = false;

  /** `register` is one of `Reg.DR0` to `Reg.DR3`; guests begin with the first. */
  constructor(register: number, address: bigint, reached: (vp: number) => void) {
    const index = register - Reg.DR0;
    this.#register = register;
    this.#hit = 1 << index;
    this.#enable = 1 << (index * 2);
    this.#fields = (3 << (index * 2)) | (0xf << (16 + index * 4));
    this.#address = address;
    this.#reached = reached;
  }

  /** Some processor came to it. */
  get isDone(): boolean {
    return this.#isDone;
  }

  arm({ qwords, dwords }: RegisterFile): void {
    qwords[this.#register] = this.#address;
    dwords[Reg.DR7 * 2] = (dwords[Reg.DR7 * 2]! & ~this.#fields) | this.#enable;
  }

  disarm({ qwords, dwords }: RegisterFile): void {
    if (qwords[this.#register] !== this.#address) return;
    qwords[this.#register] = 0n;
    dwords[Reg.DR7 * 2] = dwords[Reg.DR7 * 2]! & ~this.#fields;
    dwords[Reg.DR6 * 2] = dwords[Reg.DR6 * 2]! & ~this.#hit;
  }

  /** Whether the #DB that is about to be delivered is this breakpoint's. */
  isHit({ qwords, dwords }: RegisterFile): boolean {
    const isOurs = qwords[this.#register] === this.#address;
    return !this.#isDone && isOurs && (dwords[Reg.DR6 * 2]! & this.#hit) !== 0;
  }

  /** Tells the owner. */
  reached(vp: number): void {
    this.#isDone = true;
    this.#reached(vp);
  }
}
