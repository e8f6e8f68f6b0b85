/** Turns the bytes that the core writes for a region into a function of its table. */

/** Functions that regions import from the core, in the order of `assembly/jit/imports.ts`. */
const IMPORTS = [
  'regionFill',
  'regionFallback',
  'regionCondition',
  'regionHighUnsigned',
  'regionHighSigned',
  'regionFlags',
  'regionProbe',
  'regionSettle',
  'regionCompareStrings',
  'regionString',
] as const;

/** Regions that a core keeps at a time: MOST_REGIONS of `assembly/jit/memory-map.ts`. */
const MOST_REGIONS = 2048;

/** A function that ends in a call of itself in its place. */
const TAIL_CALL = [
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 0, 0x12, 0, 0x0b,
];

/** Whether regions can call the next one in their place: the engine has tail calls. */
export function canLinkRegions(): boolean {
  return WebAssembly.validate(Uint8Array.from(TAIL_CALL));
}

/** Compiles regions. A region that takes another's place releases its module. */
export class RegionLinker {
  readonly #memory: WebAssembly.Memory;
  readonly #table: WebAssembly.Table;
  readonly #imports: WebAssembly.ModuleImports;
  #first = 0;

  constructor(memory: WebAssembly.Memory, core: WebAssembly.Exports) {
    this.#memory = memory;
    this.#table = core.table as WebAssembly.Table;
    this.#imports = { m: memory, t: this.#table };
    IMPORTS.forEach((name, index) => {
      this.#imports[index] = core[name]!;
    });
  }

  /** Compiles a module and gives its place in the table, 0 where the host has no room for it. */
  install(region: number, start: number, bytes: number): number {
    if (this.#first === 0) this.#first = this.#table.grow(MOST_REGIONS);
    // Copied: engines need not compile from shared memory.
    const code = new Uint8Array(this.#memory.buffer, start, bytes).slice() as Uint8Array<ArrayBuffer>;
    const place = this.#first + region;
    try {
      const module = new WebAssembly.Module(code);
      const { exports } = new WebAssembly.Instance(module, { c: this.#imports });
      this.#table.set(place, exports.r);
      return place;
    } catch (error) {
      if (error instanceof RangeError) return 0;
      throw error;
    }
  }
}
