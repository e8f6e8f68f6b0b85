/** The configuration space of one function: what stands there, and what a guest may change. */

import type { Width } from '../bus/ports.ts';
import { CONFIG_BYTES, Header, MULTIFUNCTION } from './spec.ts';

/** What a function is. */
export interface PciIdentity {
  readonly vendor: number;
  readonly device: number;
  readonly revision: number;
  /** 24 bits: base class, subclass, interface. */
  readonly classCode: number;
  /** 0 for none, 1–4 for INTA–INTD. */
  readonly interruptPin?: number;
  /** The device has more functions; said by function 0. */
  readonly multifunction?: boolean;
}

/** Bytes of a configuration space. */
export interface ConfigState {
  readonly version: 1;
  readonly bytes: Uint8Array;
}

/** 256 bytes. Each bit is constant unless `allow` or `bar` opened it to the guest. */
export class ConfigSpace {
  readonly #atReset = new Uint8Array(CONFIG_BYTES);
  readonly #writable = new Uint8Array(CONFIG_BYTES);
  readonly #changed: (() => void) | undefined;
  #state: ConfigState = { version: 1, bytes: new Uint8Array(CONFIG_BYTES) };

  /** `changed` is called after each write of the guest, reset and restore. */
  constructor(identity: PciIdentity, changed?: () => void) {
    this.#changed = changed;
    this.#preset(Header.VENDOR, 2, identity.vendor);
    this.#preset(Header.DEVICE, 2, identity.device);
    this.#preset(Header.REVISION, 1, identity.revision);
    this.#preset(Header.CLASS, 3, identity.classCode);
    this.#preset(Header.HEADER_TYPE, 1, identity.multifunction ? MULTIFUNCTION : 0);
    this.#preset(Header.INTERRUPT_PIN, 1, identity.interruptPin ?? 0);
    if (identity.interruptPin) this.allow(Header.INTERRUPT_LINE, 1, 0, 0xff);
  }

  /** Opens the bits of `mask` in `size` bytes at `offset`, which have `value` after a reset. */
  allow(offset: number, size: 1 | 2 | 3 | 4, value: number, mask: number): this {
    this.#preset(offset, size, value);
    for (let i = 0; i < size; i += 1) this.#writable[offset + i] = (mask >>> (8 * i)) & 0xff;
    return this;
  }

  /**
   * Declares base address register `index`, 0–5: a window of `bytes` (a power of two, at least 4 for ports and 16 for
   * memory), unassigned after a reset unless `base` is given. Throws for another size.
   */
  bar(index: number, kind: 'io' | 'memory', bytes: number, base = 0): this {
    const least = kind === 'io' ? 4 : 16;
    if (bytes < least || !Number.isInteger(Math.log2(bytes)))
      throw new RangeError(`no window has ${bytes} bytes`);
    return this.allow(
      Header.BAR0 + 4 * index,
      4,
      base + (kind === 'io' ? 1 : 0),
      (0x1_0000_0000 - bytes) >>> 0,
    );
  }

  /** Reads `size` bytes, lowest first. Beyond the space everything is 0. */
  read(offset: number, size: Width): number {
    let value = 0;
    for (let i = 0; i < size; i += 1) value += (this.#state.bytes[offset + i] ?? 0) * 2 ** (8 * i);
    return value;
  }

  /** A write of the guest: only open bits change. */
  write(offset: number, size: Width, value: number): void {
    const { bytes } = this.#state;
    for (let i = 0; i < size && offset + i < CONFIG_BYTES; i += 1) {
      const open = this.#writable[offset + i]!;
      bytes[offset + i] = (bytes[offset + i]! & ~open) | ((value >>> (8 * i)) & open);
    }
    this.#changed?.();
  }

  reset(): void {
    this.#state.bytes.set(this.#atReset);
    this.#changed?.();
  }

  save(): ConfigState {
    return structuredClone(this.#state);
  }

  /** Throws when the state is of another size. */
  restore(state: ConfigState): void {
    if (state.bytes.length !== CONFIG_BYTES) throw new RangeError('a configuration space has 256 bytes');
    this.#state = structuredClone(state);
    this.#changed?.();
  }

  #preset(offset: number, size: number, value: number): void {
    for (let i = 0; i < size; i += 1) this.#atReset[offset + i] = (value >>> (8 * i)) & 0xff;
    this.#state.bytes.set(this.#atReset.subarray(offset, offset + size), offset);
  }
}
