/**
 * The local vector table: interrupts that arise in a processor itself, and its two pins. Intel SDM volume 3, "Local
 * Vector Table".
 */

/** Entries in the order of their registers. */
export const LvtEntry = { TIMER: 0, THERMAL: 1, PERFORMANCE: 2, LINT0: 3, LINT1: 4, ERROR: 5 } as const;
export type LvtEntry = (typeof LvtEntry)[keyof typeof LvtEntry];

/** Entries there are; the version register tells the number of the last. */
export const LVT_ENTRIES = 6;

const MASKED = 0x1_0000;
const REMOTE_IRR = 0x4000;
const LEVEL = 0x8000;
/** Bits that software sets: vector and mask everywhere, mode, polarity and trigger where there is a choice. */
const WRITABLE = [0x7_00ff, 0x1_07ff, 0x1_07ff, 0x1_a7ff, 0x1_a7ff, 0x1_00ff] as const;
/** Entries without a delivery mode are fixed: the timer's, the error's. */
const MODE_BITS = 0x700;

/** Delivery modes of entries. */
const Mode = { FIXED: 0x000, NMI: 0x400, INIT: 0x500, EXTINT: 0x700 } as const;

/** Where an entry's interrupt goes. */
export interface LvtTarget {
  fixed(vector: number, level: boolean): boolean;
  nmi(): void;
  /** The answer to `extIntRequested` may have changed. */
  extIntChanged(): void;
}

/** The entries of one local APIC and the levels of its pins. */
export class LocalVectorTable {
  readonly #entries = new Uint32Array(LVT_ENTRIES);
  readonly #target: LvtTarget;
  readonly #isBootstrap: boolean;
  readonly #pins = [false, false];
  #enabled = false;
  /** The APIC is globally disabled: its pins are those of the processor. */
  #bypassed = false;

  /** `isBootstrap`: the pins come out of reset as firmware leaves them there, connected to the old controllers. */
  constructor(target: LvtTarget, isBootstrap: boolean) {
    this.#target = target;
    this.#isBootstrap = isBootstrap;
    this.reset();
  }

  reset(): void {
    this.#entries.fill(MASKED);
    this.#enabled = false;
    if (!this.#isBootstrap) return;
    // Virtual wire mode: no firmware runs here that would set it up.
    this.#entries[LvtEntry.LINT0] = Mode.EXTINT;
    this.#entries[LvtEntry.LINT1] = Mode.NMI;
  }

  read(entry: LvtEntry): number {
    return this.#entries[entry]!;
  }

  /** Whether `value` has no reserved bit: x2APIC mode asks. */
  accepts(entry: LvtEntry, value: number): boolean {
    return (value & ~(WRITABLE[entry] | REMOTE_IRR | 0x1000)) === 0;
  }

  write(entry: LvtEntry, value: number): void {
    const kept = this.#entries[entry]! & REMOTE_IRR;
    const mask = this.#enabled ? 0 : MASKED;
    this.#entries[entry] = (value & WRITABLE[entry]) | kept | mask;
    this.#target.extIntChanged();
  }

  /** Follows the software enable bit: disabling masks every entry, and they stay masked until software writes them. */
  setEnabled(enabled: boolean): void {
    if (this.#enabled && !enabled) {
      for (let entry = 0; entry < LVT_ENTRIES; entry += 1) this.#entries[entry]! |= MASKED;
      this.#target.extIntChanged();
    }
    this.#enabled = enabled;
  }

  /** Follows the global enable bit. */
  setBypassed(bypassed: boolean): void {
    this.#bypassed = bypassed;
    this.#target.extIntChanged();
  }

  isMasked(entry: LvtEntry): boolean {
    return (this.#entries[entry]! & MASKED) !== 0;
  }

  /** The condition of an entry arose. False when it is masked or lost. */
  raise(entry: LvtEntry): boolean {
    const value = this.#entries[entry]!;
    if ((value & MASKED) !== 0) return false;
    switch (value & MODE_BITS & WRITABLE[entry]) {
      case Mode.FIXED:
        return this.#fixed(entry, value);
      case Mode.NMI:
        this.#target.nmi();
        return true;
      default:
        // ExtINT follows the pin's level; SMI has no meaning here, and nothing may reset a processor by its own pin.
        return false;
    }
  }

  /** LINT0 or LINT1 (`pin` 0, 1) has this level now. */
  setPin(pin: 0 | 1, high: boolean): void {
    const rises = high && !this.#pins[pin];
    this.#pins[pin] = high;
    if (rises) this.#rise(pin);
    this.#target.extIntChanged();
  }

  /** The interrupt controllers of old ask for an acknowledgement, and are connected. */
  get extIntRequested(): boolean {
    if (!this.#pins[0]) return false;
    if (this.#bypassed) return true;
    return (this.#entries[LvtEntry.LINT0]! & (MASKED | MODE_BITS)) === Mode.EXTINT;
  }

  /** An interrupt ended: a pin that is level-triggered and still high interrupts again. */
  ended(vector: number): void {
    for (const pin of [0, 1] as const) {
      const entry = pin === 0 ? LvtEntry.LINT0 : LvtEntry.LINT1;
      const value = this.#entries[entry]!;
      if ((value & REMOTE_IRR) === 0 || (value & 0xff) !== vector) continue;
      this.#entries[entry] = value & ~REMOTE_IRR;
      if (this.#pins[pin]) this.raise(entry);
    }
  }

  inspect() {
    const entries = Object.entries(LvtEntry).map(([name, entry]) => [name, this.#entries[entry]!] as const);
    return { ...Object.fromEntries(entries), pin0: this.#pins[0]!, pin1: this.#pins[1]! };
  }

  #rise(pin: 0 | 1): void {
    if (!this.#bypassed) this.raise(pin === 0 ? LvtEntry.LINT0 : LvtEntry.LINT1);
    else if (pin === 1) this.#target.nmi();
  }

  #fixed(entry: LvtEntry, value: number): boolean {
    // LINT1 cannot be level-triggered; bit 15 is kept there without effect.
    const level = entry === LvtEntry.LINT0 && (value & LEVEL) !== 0;
    if (!this.#target.fixed(value & 0xff, level)) return false;
    if (level) this.#entries[entry] = value | REMOTE_IRR;
    return true;
  }
}
