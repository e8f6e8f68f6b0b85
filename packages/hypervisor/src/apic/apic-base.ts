/** IA32_APIC_BASE: where the local APIC's registers are in memory. Intel SDM volume 3, "Local APIC Status and Location". */

/** Where the page lies after reset. */
export const APIC_BASE_GPA = 0xfee0_0000;

const ENABLE = 0x800;
const BOOTSTRAP = 0x100;
/** Bits that a write may set: page number, global enable, bootstrap processor. x2APIC is not offered. */
const VALID_LOW = 0xffff_f000 | ENABLE | BOOTSTRAP;
const VALID_HIGH = 0xff;

/** The register of one processor, as halves. */
export class ApicBase {
  low = 0;
  high = 0;
  readonly #bootstrap: number;

  constructor(isBootstrap: boolean) {
    this.#bootstrap = isBootstrap ? BOOTSTRAP : 0;
    this.reset();
  }

  reset(): void {
    this.low = (APIC_BASE_GPA | ENABLE | this.#bootstrap) >>> 0;
    this.high = 0;
  }

  /** Writes the register; false (#GP) for bits that are not offered. */
  set(low: number, high: number): boolean {
    if ((low & ~VALID_LOW) !== 0 || (high & ~VALID_HIGH) !== 0) return false;
    // Which processor is the bootstrap processor is not the guest's to say.
    this.low = ((low & ~BOOTSTRAP) | this.#bootstrap) >>> 0;
    this.high = high;
    return true;
  }

  /** Page number of the registers, -1 while the APIC is globally disabled. */
  get gpn(): number {
    return (this.low & ENABLE) === 0 ? -1 : this.high * 2 ** 20 + (this.low >>> 12);
  }
}
