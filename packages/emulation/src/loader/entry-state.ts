/**
 * Processor states at a kernel's entry, and the tables in memory that they need.
 *
 * Linux, "The Linux/x86 Boot Protocol", 32-bit and 64-bit Boot Protocol; Multiboot Specification, Machine State;
 * Intel SDM volume 3, Segment Descriptors and 4-Level Paging.
 */

import type { EntryState, GeneralRegisters, Placement, SegmentState } from './boot-image.ts';

const CR0_PE_ET = 0x11;
const CR0_PG = 0x8000_0000;
const CR4_PAE = 0x20;
const EFER_LME_LMA = 0x500;
const RFLAGS_FIXED = 0x2;

const CODE_SELECTOR = 0x10;
const DATA_SELECTOR = 0x18;
const CODE64_ATTRIBUTES = 0xa09b;
const CODE32_ATTRIBUTES = 0xc09b;
const DATA_ATTRIBUTES = 0xc093;
const GDT_ENTRIES = 4;

const TABLE_PRESENT_WRITABLE = 0x03;
const LARGE_PAGE = 0x83;
const PAGE_BYTES = 4096;
const ENTRIES = 512;
/** 2 MiB pages cover this much: all that a loader can place. */
const MAPPED_GIB = 4;

/** Bytes of {@link identityTables}. */
export const IDENTITY_TABLES_BYTES = (2 + MAPPED_GIB) * PAGE_BYTES;

const flat = (selector: number, attributes: number): SegmentState => ({
  selector,
  base: 0,
  limit: 0xffff_ffff,
  attributes,
});
const TASK: SegmentState = { selector: 0, base: 0, limit: 0xffff, attributes: 0x8b };
const LOCAL_TABLE: SegmentState = { selector: 0, base: 0, limit: 0xffff, attributes: 0x82 };

/** Protected mode without paging, flat 4 GiB segments, interrupts off. */
export function entryState32(rip: number, gdtGpa: number, general: Partial<GeneralRegisters>): EntryState {
  return {
    bits: 32,
    rip,
    rflags: RFLAGS_FIXED,
    cr0: CR0_PE_ET,
    cr3: 0,
    cr4: 0,
    efer: 0,
    general: { rax: 0, rbx: 0, rsi: 0, ...general },
    cs: flat(CODE_SELECTOR, CODE32_ATTRIBUTES),
    data: flat(DATA_SELECTOR, DATA_ATTRIBUTES),
    tr: TASK,
    ldtr: LOCAL_TABLE,
    gdtr: { base: gdtGpa, limit: GDT_ENTRIES * 8 - 1 },
    idtr: { base: 0, limit: 0 },
  };
}

/** 64-bit mode on identity tables at `tablesGpa`, interrupts off. */
export function entryState64(
  rip: number,
  gdtGpa: number,
  tablesGpa: number,
  general: Partial<GeneralRegisters>,
): EntryState {
  return {
    ...entryState32(rip, gdtGpa, general),
    bits: 64,
    cr0: CR0_PG + CR0_PE_ET,
    cr3: tablesGpa,
    cr4: CR4_PAE,
    efer: EFER_LME_LMA,
    cs: flat(CODE_SELECTOR, CODE64_ATTRIBUTES),
  };
}

/** The GDT: selector 10h code of this width, 18h data. */
export function flatGdt(gpa: number, bits: 32 | 64): Placement {
  const bytes = new Uint8Array(GDT_ENTRIES * 8);
  const view = new DataView(bytes.buffer);
  const put = (selector: number, attributes: number): void => {
    view.setUint32(selector, 0x0000_ffff, true);
    view.setUint32(selector + 4, (attributes << 8) | 0x000f_0000, true);
  };
  put(CODE_SELECTOR, bits === 64 ? CODE64_ATTRIBUTES : CODE32_ATTRIBUTES);
  put(DATA_SELECTOR, DATA_ATTRIBUTES);
  return { gpa, bytes };
}

/** Page tables that map the first 4 GiB to themselves in 2 MiB pages. `gpa` is a page, below 4 GiB. */
export function identityTables(gpa: number): Placement {
  const bytes = new Uint8Array(IDENTITY_TABLES_BYTES);
  const view = new DataView(bytes.buffer);
  const pointers = PAGE_BYTES;
  const directories = 2 * PAGE_BYTES;
  view.setUint32(0, (gpa + pointers) | TABLE_PRESENT_WRITABLE, true);
  for (let gib = 0; gib < MAPPED_GIB; gib += 1) {
    view.setUint32(pointers + gib * 8, (gpa + directories + gib * PAGE_BYTES) | TABLE_PRESENT_WRITABLE, true);
  }
  for (let page = 0; page < MAPPED_GIB * ENTRIES; page += 1) {
    view.setUint32(directories + page * 8, ((page << 21) | LARGE_PAGE) >>> 0, true);
  }
  return { gpa, bytes };
}
