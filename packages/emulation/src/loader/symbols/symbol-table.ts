/** Addresses by name and names by address, as a debugger needs them. */

import type { KernelSymbol } from './kallsyms.ts';

/** Names for addresses; {@link SymbolTable} has those of a kernel. */
export interface AddressNames {
  /** `name+0x1a` for an address in a symbol, undefined elsewhere. */
  describe(address: bigint): string | undefined;
  /** Whether the address is in a function. */
  isFunction(address: bigint): boolean;
  /** Where the symbol that an address is in begins. */
  startOf(address: bigint): bigint | undefined;
}

/** No symbol reaches further, where no next one ends it. */
const MOST_SYMBOL_BYTES = 0x10_0000n;
/** Types that `nm` gives to code. */
const FUNCTION_TYPES = /^[tTwW]$/;
/** Below this are offsets in per-processor data and absolute values, no addresses. */
const LEAST_ADDRESS = 0x1_0000n;

/** Symbols of one program, sorted by address. */
export class SymbolTable implements AddressNames {
  readonly #symbols: readonly KernelSymbol[];
  readonly #slide: bigint;

  /** `slide` is how far above the symbols' addresses the program runs. */
  constructor(symbols: readonly KernelSymbol[], slide = 0n) {
    this.#symbols = symbols
      .filter(({ address }) => address >= LEAST_ADDRESS)
      .sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
    this.#slide = slide;
  }

  /** Number of symbols with an address. */
  get size(): number {
    return this.#symbols.length;
  }

  /** The same symbols, for a program that runs elsewhere. */
  movedBy(slide: bigint): SymbolTable {
    return slide === this.#slide ? this : new SymbolTable(this.#symbols, slide);
  }

  /** The address of a symbol; of the first, when several have the name. */
  addressOf(name: string): bigint | undefined {
    const found = this.#symbols.find((symbol) => symbol.name === name);
    return found && found.address + this.#slide;
  }

  describe(address: bigint): string | undefined {
    const symbol = this.#at(address);
    if (symbol === undefined) return undefined;
    const offset = address - this.#slide - symbol.address;
    return offset === 0n ? symbol.name : `${symbol.name}+0x${offset.toString(16)}`;
  }

  isFunction(address: bigint): boolean {
    return FUNCTION_TYPES.test(this.#at(address)?.type ?? '');
  }

  startOf(address: bigint): bigint | undefined {
    const symbol = this.#at(address);
    return symbol && symbol.address + this.#slide;
  }

  /** The last symbol that begins at the address or in front of it; of several at one place the first. */
  #at(address: bigint): KernelSymbol | undefined {
    const wanted = address - this.#slide;
    let low = 0;
    let high = this.#symbols.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#symbols[middle]!.address <= wanted) low = middle + 1;
      else high = middle;
    }
    const last = this.#symbols[low - 1];
    // The last symbol ends the program: behind it is nothing of it.
    if (last === undefined || (low === this.#symbols.length && wanted > last.address)) return undefined;
    if (wanted - last.address >= MOST_SYMBOL_BYTES) return undefined;
    let first = low - 1;
    while (first > 0 && this.#symbols[first - 1]!.address === last.address) first -= 1;
    return this.#symbols[first];
  }
}

/** Reads a System.map, or what `nm` prints: address, type and name a line. Other lines are passed over. */
export function readSystemMap(text: string): KernelSymbol[] {
  const symbols: KernelSymbol[] = [];
  for (const [, address, type, name] of text.matchAll(/^([0-9a-fA-F]{1,16}) ([A-Za-z?]) (\S+)/gm)) {
    symbols.push({ address: BigInt(`0x${address}`), type: type!, name: name! });
  }
  return symbols;
}
