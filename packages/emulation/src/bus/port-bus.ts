/** The I/O port space of the board: who answers where (Intel SDM, Input/Output; ISA, bus sizing). */

import { counters, type InspectNode, tracePoint } from '@viridian/trace';
import { allOnes, type RegisterBlock, type Width } from './ports.ts';

const PORTS = 0x1_0000;
const unclaimed = tracePoint('board.unclaimed-port', ['port', 'width', 'write']);

interface Mapping {
  readonly name: string;
  readonly first: number;
  readonly count: number;
  readonly block: RegisterBlock;
}

/** Leads port accesses of a guest to the block that is mapped there. Reads that nobody answers give all ones. */
export class PortBus {
  readonly #where: string;
  readonly #mappings: (Mapping | undefined)[] = [];
  /** Index into `#mappings` per port; 0 is nobody. */
  readonly #owner = new Uint16Array(PORTS);
  readonly #counters = counters({ reads: 0, writes: 0, unclaimed: 0 });

  /** `where` names the machine in traces. */
  constructor(where = 'board') {
    this.#where = where;
    this.#mappings.push(undefined);
  }

  /**
   * Puts `block` at `count` ports from `first`; what is returned takes it off again.
   * Throws when the range leaves the 64 Ki ports or is somebody's already.
   */
  map(name: string, first: number, count: number, block: RegisterBlock): () => void {
    if (
      !Number.isInteger(first) ||
      !Number.isInteger(count) ||
      first < 0 ||
      count < 1 ||
      first + count > PORTS
    ) {
      throw new RangeError(`${name}: ports ${first.toString(16)}h+${count} are not in the port space`);
    }
    for (let port = first; port < first + count; port += 1) {
      const other = this.#mappings[this.#owner[port]!];
      if (other) throw new Error(`${name}: port ${port.toString(16)}h belongs to ${other.name}`);
    }
    const index = this.#freeIndex();
    this.#mappings[index] = { name, first, count, block };
    this.#owner.fill(index, first, first + count);
    return () => {
      if (this.#mappings[index]?.block !== block) return;
      this.#mappings[index] = undefined;
      this.#owner.fill(0, first, first + count);
    };
  }

  /** An IN of the guest. `port` is taken modulo 64 Ki, as an access past the last port wraps. */
  read(port: number, width: Width): number {
    this.#counters.reads += 1;
    const mapping = this.#whole(port, width);
    if (mapping) return mapping.block.readPort(port - mapping.first, width) >>> 0;
    if (width === 1) return this.#nobody(port, width, 0);
    let value = 0;
    for (let i = 0; i < width; i += 1) value += this.#readByte((port + i) & 0xffff) * 2 ** (8 * i);
    return value;
  }

  /** An OUT of the guest. Bits of `value` above `width` bytes are dropped. */
  write(port: number, width: Width, value: number): void {
    this.#counters.writes += 1;
    const low = (value & allOnes(width)) >>> 0;
    const mapping = this.#whole(port, width);
    if (mapping) {
      mapping.block.writePort(port - mapping.first, width, low);
      return;
    }
    if (width === 1) {
      this.#nobody(port, width, 1);
      return;
    }
    for (let i = 0; i < width; i += 1) this.#writeByte((port + i) & 0xffff, (low >>> (8 * i)) & 0xff);
  }

  /** The map and the counters, for the inspection tree. */
  inspect(): InspectNode {
    const map: Record<string, string> = {};
    for (const mapping of this.#mappings) {
      if (mapping) map[`${mapping.first.toString(16)}h+${mapping.count}`] = mapping.name;
    }
    return { map, counters: { ...this.#counters } };
  }

  #freeIndex(): number {
    const free = this.#mappings.indexOf(undefined, 1);
    return free === -1 ? this.#mappings.length : free;
  }

  /** The mapping that takes an access of this width as one. */
  #whole(port: number, width: Width): Mapping | undefined {
    const mapping = this.#mappings[this.#owner[port & 0xffff]!];
    if (!mapping || width > (mapping.block.widest ?? 1)) return undefined;
    return port + width <= mapping.first + mapping.count ? mapping : undefined;
  }

  #readByte(port: number): number {
    const mapping = this.#mappings[this.#owner[port]!];
    return mapping ? mapping.block.readPort(port - mapping.first, 1) & 0xff : this.#nobody(port, 1, 0);
  }

  #writeByte(port: number, value: number): void {
    const mapping = this.#mappings[this.#owner[port]!];
    if (mapping) mapping.block.writePort(port - mapping.first, 1, value);
    else this.#nobody(port, 1, 1);
  }

  #nobody(port: number, width: Width, write: 0 | 1): number {
    this.#counters.unclaimed += 1;
    if (unclaimed.on) unclaimed.emit(this.#where, port, width, write);
    return allOnes(width);
  }
}
