/**
 * The guest-physical address space of one partition: which system page each guest page is, with which rights, and
 * the overlay pages that hide some of them. TLFS, "Guest Physical Address Spaces" and "GPA Overlay Pages".
 */

import { AccessKind, bankOffset, type MachineMemory, type MemoryBank, PAGE_BYTES } from '@viridian/x86';

/** Rights of a mapping, in the bit order of HV_MAP_GPA_FLAGS. */
export const GpaAccess = { NONE: 0, READ: 1, WRITE: 2, EXECUTE: 4, ALL: 7 } as const;

/** Address bits of a child's space: 2^40 bytes. */
export const CHILD_ADDRESS_BITS = 40;
/** Address bits of the root's space, which is the identity map of all slots of system pages. */
export const ROOT_ADDRESS_BITS = 44;

const ACCESS_MASK = 0x07;
/** The page is mapped, perhaps without any right. */
const PRESENT = 0x40;
/** What the entry shows is an overlay. */
const OVERLAY = 0x80;

// Three levels: 2^20 pages a region, 2^14 pages a leaf, so that a sparse space stays small.
const REGION_SHIFT = 20;
const LEAF_SHIFT = 14;
const LEAF_PAGES = 1 << LEAF_SHIFT;
const LEAF_MASK = LEAF_PAGES - 1;
const LEAVES = 1 << (REGION_SHIFT - LEAF_SHIFT);

interface Leaf {
  readonly systemPages: Uint32Array;
  readonly flags: Uint8Array;
}

type Region = (Leaf | undefined)[];

/** What an overlay hides, to be put back when it goes. */
interface Hidden {
  systemPage: number;
  flags: number;
}

/** Told of every mapping made (+1) or dropped (-1); overlays do not count. */
export type MappingListener = (systemPage: number, change: 1 | -1) => void;

/** The second-level translation of a partition. Page numbers are safe integers; those past the end are never mapped. */
export class GpaSpace {
  /** Pages that the space can hold. */
  readonly pageCount: number;
  /** Where the last successful {@link locate} led. */
  bank!: MemoryBank;
  /** Byte offset within {@link bank} of the last successful {@link locate}. */
  offset = 0;
  /** Pages mapped now, overlays not counted. */
  mappedPages = 0;

  readonly #memory: MachineMemory;
  readonly #regions: (Region | undefined)[];
  readonly #hidden = new Map<number, Hidden>();
  readonly #listeners: ((firstGpn: number, pageCount: number) => void)[] = [];
  readonly #onMapping: MappingListener | undefined;

  constructor(memory: MachineMemory, addressBits = CHILD_ADDRESS_BITS, onMapping?: MappingListener) {
    this.#memory = memory;
    this.pageCount = 2 ** (addressBits - 12);
    this.#regions = new Array<Region | undefined>(2 ** (addressBits - 12 - REGION_SHIFT)).fill(undefined);
    this.#onMapping = onMapping;
  }

  /** Maps a page over whatever was there; under an overlay the mapping shows when the overlay goes. */
  map(gpn: number, systemPage: number, access: number): void {
    this.#set(gpn, systemPage, access);
    this.#changed(gpn, 1);
  }

  /** Maps `pageCount` pages in a row and tells the listeners once. */
  mapRange(gpn: number, systemPage: number, pageCount: number, access: number): void {
    for (let i = 0; i < pageCount; i++) this.#set(gpn + i, systemPage + i, access);
    this.#changed(gpn, pageCount);
  }

  /** Takes a mapping away; an unmapped page stays so. */
  unmap(gpn: number): void {
    this.unmapRange(gpn, 1);
  }

  /** Takes the mappings of `pageCount` pages away. */
  unmapRange(gpn: number, pageCount: number): void {
    let changed = false;
    for (let i = 0; i < pageCount; i++) changed = this.#drop(gpn + i) || changed;
    if (changed) this.#changed(gpn, pageCount);
  }

  /** Drops every overlay and every mapping: the partition is taken apart. */
  clear(): void {
    for (const gpn of [...this.#hidden.keys()]) this.clearOverlay(gpn);
    this.#regions.forEach((region, regionIndex) => {
      region?.forEach((leaf, leafIndex) => {
        if (leaf === undefined) return;
        const first = regionIndex * 2 ** REGION_SHIFT + leafIndex * LEAF_PAGES;
        for (let i = 0; i < LEAF_PAGES; i++) if (leaf.flags[i] !== 0) this.#drop(first + i);
      });
      this.#regions[regionIndex] = undefined;
    });
    this.#changed(0, this.pageCount);
  }

  /** The system page that the guest sees at `gpn`, overlays included; -1 where nothing is mapped. */
  systemPage(gpn: number): number {
    const leaf = this.#leaf(gpn);
    if (leaf === undefined) return -1;
    const at = gpn & LEAF_MASK;
    return (leaf.flags[at]! & PRESENT) !== 0 ? leaf.systemPages[at]! : -1;
  }

  /** The rights at `gpn`, overlays included: bits of {@link GpaAccess}, 0 where nothing is mapped. */
  access(gpn: number): number {
    const leaf = this.#leaf(gpn);
    return leaf === undefined ? GpaAccess.NONE : leaf.flags[gpn & LEAF_MASK]! & ACCESS_MASK;
  }

  /** The system page that is mapped at `gpn` beneath any overlay, or -1. */
  mappedPage(gpn: number): number {
    const hidden = this.#hidden.get(gpn);
    if (hidden === undefined) return this.systemPage(gpn);
    return (hidden.flags & PRESENT) !== 0 ? hidden.systemPage : -1;
  }

  /** The rights of the mapping at `gpn` beneath any overlay. */
  mappedAccess(gpn: number): number {
    const hidden = this.#hidden.get(gpn);
    return hidden === undefined ? this.access(gpn) : hidden.flags & ACCESS_MASK;
  }

  /** Shows `systemPage` at `gpn` in place of what is mapped there. A second overlay at a page replaces the first. */
  setOverlay(gpn: number, systemPage: number, access: number): void {
    const leaf = this.#leafFor(gpn);
    const at = gpn & LEAF_MASK;
    const flags = leaf.flags[at]!;
    if ((flags & OVERLAY) === 0) this.#hidden.set(gpn, { systemPage: leaf.systemPages[at]!, flags });
    leaf.systemPages[at] = systemPage;
    leaf.flags[at] = PRESENT | OVERLAY | access;
    this.#changed(gpn, 1);
  }

  /** Uncovers what an overlay hid. */
  clearOverlay(gpn: number): void {
    const hidden = this.#hidden.get(gpn);
    if (hidden === undefined) return;
    this.#hidden.delete(gpn);
    const leaf = this.#leafFor(gpn);
    leaf.systemPages[gpn & LEAF_MASK] = hidden.systemPage;
    leaf.flags[gpn & LEAF_MASK] = hidden.flags;
    this.#changed(gpn, 1);
  }

  /** True where an overlay lies. */
  isOverlay(gpn: number): boolean {
    const leaf = this.#leaf(gpn);
    return leaf !== undefined && (leaf.flags[gpn & LEAF_MASK]! & OVERLAY) !== 0;
  }

  /** Finds the byte at `gpa`: true sets {@link bank} and {@link offset}; false when unmapped or forbidden. */
  locate(gpa: number, kind: AccessKind): boolean {
    const gpn = Math.floor(gpa / PAGE_BYTES);
    const leaf = this.#leaf(gpn);
    if (leaf === undefined) return false;
    const at = gpn & LEAF_MASK;
    if ((leaf.flags[at]! & RIGHT_OF[kind]!) === 0) return false;
    const systemPage = leaf.systemPages[at]!;
    const bank = this.#memory.bankOf(systemPage);
    if (bank === undefined) return false;
    this.bank = bank;
    this.offset = bankOffset(systemPage) + (gpa - gpn * PAGE_BYTES);
    return true;
  }

  /** Copies guest memory out. False, with nothing copied, when any byte is unmapped or unreadable. */
  read(gpa: number, into: Uint8Array): boolean {
    if (!this.#allows(gpa, into.length, AccessKind.READ)) return false;
    for (let done = 0; done < into.length; ) {
      this.locate(gpa + done, AccessKind.READ);
      const count = Math.min(into.length - done, PAGE_BYTES - (this.offset & (PAGE_BYTES - 1)));
      into.set(this.bank.bytes.subarray(this.offset, this.offset + count), done);
      done += count;
    }
    return true;
  }

  /** Copies into guest memory. False, with nothing written, when any byte is unmapped or read-only. */
  write(gpa: number, from: Uint8Array): boolean {
    if (!this.#allows(gpa, from.length, AccessKind.WRITE)) return false;
    for (let done = 0; done < from.length; ) {
      this.locate(gpa + done, AccessKind.WRITE);
      const count = Math.min(from.length - done, PAGE_BYTES - (this.offset & (PAGE_BYTES - 1)));
      this.bank.bytes.set(from.subarray(done, done + count), this.offset);
      done += count;
    }
    return true;
  }

  /** A view of the page as the guest sees it, whatever its rights; undefined where nothing is mapped. Allocates. */
  page(gpn: number): Uint8Array<SharedArrayBuffer> | undefined {
    const systemPage = this.systemPage(gpn);
    const bank = systemPage < 0 ? undefined : this.#memory.bankOf(systemPage);
    if (bank === undefined) return undefined;
    const offset = bankOffset(systemPage);
    return bank.bytes.subarray(offset, offset + PAGE_BYTES);
  }

  /** Tells `listener` of every change of a mapping, right or overlay, after it was made. The result takes it off. */
  onChange(listener: (firstGpn: number, pageCount: number) => void): () => void {
    this.#listeners.push(listener);
    return () => {
      const at = this.#listeners.indexOf(listener);
      if (at >= 0) this.#listeners.splice(at, 1);
    };
  }

  #allows(gpa: number, lengthBytes: number, kind: AccessKind): boolean {
    const first = gpa - (gpa % PAGE_BYTES);
    for (let page = first; page < gpa + lengthBytes; page += PAGE_BYTES) {
      if (!this.locate(page, kind)) return false;
    }
    return true;
  }

  #set(gpn: number, systemPage: number, access: number): void {
    this.#drop(gpn);
    const flags = PRESENT | (access & ACCESS_MASK);
    const hidden = this.#hidden.get(gpn);
    if (hidden !== undefined) {
      hidden.systemPage = systemPage;
      hidden.flags = flags;
    } else {
      const leaf = this.#leafFor(gpn);
      leaf.systemPages[gpn & LEAF_MASK] = systemPage;
      leaf.flags[gpn & LEAF_MASK] = flags;
    }
    this.mappedPages += 1;
    this.#onMapping?.(systemPage, 1);
  }

  #drop(gpn: number): boolean {
    const systemPage = this.mappedPage(gpn);
    if (systemPage < 0) return false;
    const hidden = this.#hidden.get(gpn);
    if (hidden !== undefined) hidden.flags = 0;
    else this.#leafFor(gpn).flags[gpn & LEAF_MASK] = 0;
    this.mappedPages -= 1;
    this.#onMapping?.(systemPage, -1);
    return true;
  }

  #changed(firstGpn: number, pageCount: number): void {
    for (const listener of this.#listeners) listener(firstGpn, pageCount);
  }

  #leaf(gpn: number): Leaf | undefined {
    if (gpn >= this.pageCount || gpn < 0) return undefined;
    return this.#regions[gpn >>> REGION_SHIFT]?.[(gpn >>> LEAF_SHIFT) & (LEAVES - 1)];
  }

  #leafFor(gpn: number): Leaf {
    if (!Number.isInteger(gpn) || gpn < 0 || gpn >= this.pageCount) {
      throw new RangeError(`guest page ${gpn} lies outside an address space of ${this.pageCount} pages`);
    }
    const regionIndex = gpn >>> REGION_SHIFT;
    let region = this.#regions[regionIndex];
    if (region === undefined) {
      region = new Array<Leaf | undefined>(LEAVES).fill(undefined);
      this.#regions[regionIndex] = region;
    }
    const leafIndex = (gpn >>> LEAF_SHIFT) & (LEAVES - 1);
    let leaf = region[leafIndex];
    if (leaf === undefined) {
      leaf = { systemPages: new Uint32Array(LEAF_PAGES), flags: new Uint8Array(LEAF_PAGES) };
      region[leafIndex] = leaf;
    }
    return leaf;
  }
}

/** The right that an access needs, by {@link AccessKind}. */
const RIGHT_OF: readonly number[] = [GpaAccess.READ, GpaAccess.WRITE, GpaAccess.EXECUTE];
