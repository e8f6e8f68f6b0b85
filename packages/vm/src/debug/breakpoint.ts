/** A breakpoint of the host's in a guest's debug register. Intel SDM volume 3, "Debug Registers". */

import { Reg, type RegisterFile } from '@viridian/x86';

/** The last debug register: guests begin with the first. */
const REGISTER = Reg.DR3;
const HIT = 1 << 3;
/** L3 and G3; R/W3 and LEN3, which are 0 for instructions. */
const ENABLE = 0x40;
const FIELDS = 0xf000_00c0;

/** Stops in front of one instruction, once. All processors of a machine share it. */
export class Breakpoint {
  readonly #address: bigint;
  readonly #reached: (vp: number) => void;
  #isDone = false;

  constructor(address: bigint, reached: (vp: number) => void) {
    this.#address = address;
    this.#reached = reached;
  }

  /** Some processor came to it. */
  get isDone(): boolean {
    return this.#isDone;
  }

  arm({ qwords, dwords }: RegisterFile): void {
    qwords[REGISTER] = this.#address;
    dwords[Reg.DR7 * 2] = (dwords[Reg.DR7 * 2]! & ~FIELDS) | ENABLE;
  }

  disarm({ qwords, dwords }: RegisterFile): void {
    if (qwords[REGISTER] !== this.#address) return;
    qwords[REGISTER] = 0n;
    dwords[Reg.DR7 * 2] = dwords[Reg.DR7 * 2]! & ~FIELDS;
    dwords[Reg.DR6 * 2] = dwords[Reg.DR6 * 2]! & ~HIT;
  }

  /** Whether the #DB that is about to be delivered is this breakpoint's. */
  isHit({ qwords, dwords }: RegisterFile): boolean {
    return !this.#isDone && qwords[REGISTER] === this.#address && (dwords[Reg.DR6 * 2]! & HIT) !== 0;
  }

  /** Tells the owner. */
  reached(vp: number): void {
    this.#isDone = true;
    this.#reached(vp);
  }
}
