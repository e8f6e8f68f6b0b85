/** Descriptors, gates and page tables in guest memory. Intel SDM volume 3, "Protected-Mode Memory Management", "Paging". */

/** A segment descriptor; attributes as in segment registers: type, S, DPL, P, AVL, L, D, G. The limit is in units of G. */
export function descriptor(base: number, limit: number, attributes: number): bigint {
  const [b, l, a] = [BigInt(base), BigInt(limit), BigInt(attributes)];
  const low = (l & 0xffffn) | ((b & 0xffffffn) << 16n);
  return low | ((a & 0xffn) << 40n) | ((l >> 16n) << 48n) | ((a >> 12n) << 52n) | ((b >> 24n) << 56n);
}

/** A gate's first eight bytes; `extra` is the count of parameters, or the IST index. */
export function gate(selector: number, offset: number, attributes: number, extra = 0): bigint {
  const o = BigInt(offset);
  const low = (o & 0xffffn) | (BigInt(selector) << 16n) | (BigInt(extra) << 32n);
  return low | (BigInt(attributes) << 40n) | ((o >> 16n) << 48n);
}

/** Bits of page-table entries. */
export const Page = {
  P: 1n,
  W: 2n,
  U: 4n,
  A: 0x20n,
  D: 0x40n,
  LARGE: 0x80n,
  G: 0x100n,
  NX: 1n << 63n,
} as const;

export type PagingKind = 'legacy' | 'pae' | 'long';

const ENTRY_BYTES = { legacy: 4, pae: 8, long: 8 } as const;
/** Shifts of the levels' indices, root first, and bits of an index. */
const SHIFTS = { legacy: [22, 12], pae: [30, 21, 12], long: [39, 30, 21, 12] } as const;
const INDEX_BITS = { legacy: 10, pae: 9, long: 9 } as const;
/** Entries above the leaf allow everything; PDPTEs of PAE paging have no rights. */
const UPPER = 7n;

/** Page tables that map linear addresses page by page; tables are taken from `next` upwards. */
export class PageTables {
  readonly root: number;
  readonly #view: DataView;
  readonly #kind: PagingKind;
  #next: number;

  constructor(view: DataView, kind: PagingKind, at: number) {
    this.#view = view;
    this.#kind = kind;
    this.root = at;
    this.#next = at + 0x1000;
  }

  /** Maps one 4 KiB page. */
  map(linear: number | bigint, gpa: number, flags: bigint): void {
    this.write(this.entryAt(linear), BigInt(gpa) | flags);
  }

  /** Maps `count` pages from `first` onto themselves. */
  identity(first: number, count: number, flags: bigint): void {
    for (let i = 0; i < count; i += 1) this.map(first + i * 0x1000, first + i * 0x1000, flags);
  }

  /** Address of the entry of `linear` at a level: 1 the leaf of a 4 KiB page, 2 the one above … Makes tables on the way. */
  entryAt(linear: number | bigint, level = 1): number {
    const shifts = SHIFTS[this.#kind];
    const bytes = ENTRY_BYTES[this.#kind];
    const mask = (1n << BigInt(INDEX_BITS[this.#kind])) - 1n;
    let table = this.root;
    for (let depth = 0; ; depth += 1) {
      const index = Number((BigInt.asUintN(64, BigInt(linear)) >> BigInt(shifts[depth]!)) & mask);
      const at = table + index * bytes;
      if (shifts.length - depth === level) return at;
      if ((this.read(at) & Page.P) === 0n) {
        this.write(at, BigInt(this.#next) | (this.#kind === 'pae' && depth === 0 ? Page.P : UPPER));
        this.#next += 0x1000;
      }
      table = Number(this.read(at) & 0xffffff000n);
    }
  }

  read(at: number): bigint {
    return ENTRY_BYTES[this.#kind] === 4
      ? BigInt(this.#view.getUint32(at, true))
      : this.#view.getBigUint64(at, true);
  }

  write(at: number, entry: bigint): void {
    if (ENTRY_BYTES[this.#kind] === 4) this.#view.setUint32(at, Number(BigInt.asUintN(32, entry)), true);
    else this.#view.setBigUint64(at, BigInt.asUintN(64, entry), true);
  }
}
