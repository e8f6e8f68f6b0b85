/** IA32_APIC_BASE: where the local APIC's registers are, and how they are reached. Intel SDM volume 3, "Local APIC Status and Location". */

/** Where the page lies after reset. */
export const APIC_BASE_GPA = 0xfee0_0000;

const BOOTSTRAP = 0x100;
const EXTENDED = 0x400;
const ENABLE = 0x800;
/** Bits that a write may set: page number, global enable, x2APIC mode, bootstrap processor. */
const VALID_LOW = 0xffff_f000 | ENABLE | EXTENDED | BOOTSTRAP;
const VALID_HIGH = 0xff;

/** Globally disabled, registers in memory, registers as MSRs. */
export type ApicMode = 'off' | 'xapic' | 'x2apic';

/** Modes that one write may lead to: x2APIC mode is reached from xAPIC mode, and left by disabling alone. */
const NEXT: Readonly<Record<ApicMode, readonly ApicMode[]>> = {
  off: ['off', 'xapic'],
  xapic: ['off', 'xapic', 'x2apic'],
  x2apic: ['off', 'x2apic'],
};

/** The register of one processor, as halves. */
export class ApicBase {
  low = 0;
  high = 0;
  /** Called after the mode changed. */
  onMode: ((mode: ApicMode) => void) | undefined;
  readonly #bootstrap: number;
  #mode: ApicMode = 'xapic';

  constructor(isBootstrap: boolean) {
    this.#bootstrap = isBootstrap ? BOOTSTRAP : 0;
    this.reset();
  }

  reset(): void {
    this.low = (APIC_BASE_GPA | ENABLE | this.#bootstrap) >>> 0;
    this.high = 0;
    this.#enter('xapic');
  }

  /** Writes the register; false (#GP) for bits and changes of mode that are not offered. */
  set(low: number, high: number, offersX2apic: boolean): boolean {
    if ((low & ~VALID_LOW) !== 0 || (high & ~VALID_HIGH) !== 0) return false;
    if ((low & EXTENDED) !== 0 && (!offersX2apic || (low & ENABLE) === 0)) return false;
    const mode = modeOf(low);
    if (!NEXT[this.#mode].includes(mode)) return false;
    // Which processor is the bootstrap processor is not the guest's to say.
    this.low = ((low & ~BOOTSTRAP) | this.#bootstrap) >>> 0;
    this.high = high;
    this.#enter(mode);
    return true;
  }

  get mode(): ApicMode {
    return this.#mode;
  }

  /** Page number of the registers, -1 while they are not in memory. */
  get gpn(): number {
    return this.#mode === 'xapic' ? this.high * 2 ** 20 + (this.low >>> 12) : -1;
  }

  #enter(mode: ApicMode): void {
    if (mode === this.#mode) return;
    this.#mode = mode;
    this.onMode?.(mode);
  }
}

function modeOf(low: number): ApicMode {
  if ((low & ENABLE) === 0) return 'off';
  return (low & EXTENDED) === 0 ? 'xapic' : 'x2apic';
}
