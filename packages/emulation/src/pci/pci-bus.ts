/** Bus 0 behind configuration mechanism 1 (PCI Local Bus Specification, Configuration Mechanism #1). */

import type { InspectNode } from '@viridian/trace';
import { allOnes, type RegisterBlock, type Width } from '../bus/ports.ts';
import type { ConfigSpace } from './config-space.ts';
import { Address, Port } from './spec.ts';

/** The address latch. */
export interface PciBusState {
  readonly version: 1;
  address: number;
}

/** The functions of one bus, and the eight ports from CF8h that lead to their configuration spaces. */
export class PciBus implements RegisterBlock {
  readonly widest = 4;
  readonly #functions = new Map<number, ConfigSpace>();
  readonly #resetControl: RegisterBlock | undefined;
  #state: PciBusState = { version: 1, address: 0 };

  /** `resetControl` answers byte accesses at CF9h, which lies inside the address register. */
  constructor(resetControl?: RegisterBlock) {
    this.#resetControl = resetControl;
  }

  /** Plugs a function in; what is returned pulls it. Throws for a place that does not exist or is taken. */
  plug(device: number, func: number, config: ConfigSpace): () => void {
    if (!(device >= 0 && device < 32 && func >= 0 && func < 8))
      throw new RangeError(`no place ${device}.${func}`);
    const key = (device << 3) | func;
    if (this.#functions.has(key)) throw new Error(`PCI 0:${device}.${func} is taken`);
    this.#functions.set(key, config);
    return () => {
      if (this.#functions.get(key) === config) this.#functions.delete(key);
    };
  }

  reset(): void {
    this.#state.address = 0;
    for (const config of this.#functions.values()) config.reset();
  }

  /** The latch alone; each function saves itself. */
  save(): PciBusState {
    return { ...this.#state };
  }

  restore(state: PciBusState): void {
    this.#state = { ...state };
  }

  inspect(): InspectNode {
    const functions: Record<string, string> = {};
    for (const [key, config] of this.#functions) {
      const hex = (offset: number) => config.read(offset, 2).toString(16).padStart(4, '0');
      functions[`0:${key >> 3}.${key & 7}`] = `${hex(0)}:${hex(2)}`;
    }
    return { address: this.#state.address, functions };
  }

  readPort(offset: number, width: Width): number {
    if (offset >= Port.DATA) {
      const config = this.#selected();
      return config ? config.read(this.#register(offset), width) : allOnes(width);
    }
    if (width === 4) return this.#state.address;
    if (offset === Port.RESET_CONTROL && width === 1 && this.#resetControl)
      return this.#resetControl.readPort(0, 1);
    return allOnes(width);
  }

  writePort(offset: number, width: Width, value: number): void {
    if (offset >= Port.DATA) this.#selected()?.write(this.#register(offset), width, value);
    else if (width === 4) this.#state.address = (value & Address.WRITABLE) >>> 0;
    // Only whole writes reach the latch: Linux writes a byte at CFBh to tell mechanism 1 from 2.
    else if (offset === Port.RESET_CONTROL && width === 1) this.#resetControl?.writePort(0, 1, value);
  }

  #register(offset: number): number {
    return (this.#state.address & 0xfc) + (offset - Port.DATA);
  }

  #selected(): ConfigSpace | undefined {
    const { address } = this.#state;
    const onBus0 = ((address >>> 16) & 0xff) === 0;
    return address >= Address.ENABLE && onBus0 ? this.#functions.get((address >>> 8) & 0xff) : undefined;
  }
}
