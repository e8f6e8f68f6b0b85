/**
 * The way into a region's function and out of it: registers and flags between the processor's block and locals, and the
 * link to the region that comes next, which is called in place of this one.
 */

import {
  BUDGET, CC_OP, CC_RES, CC_SRC, CR0, CR0_EM, CR0_TS, CR4, CR4_OSFXSR, JIT_SITE, LINK_ENTRIES, LINK_ENTRY_BYTES, LINK_KEYS, LINK_TABLE, RIP,
  TLB_CURRENT,
} from '../state';
import { COUNT_LINKED } from './counters';
import {
  access, byte, const32, const64, get, I32_ADD, I32_AND, I32_EQ, I32_EQZ, I32_GT_S, I32_LOAD, I32_OR, I32_SHL, I32_SHR_S, I32_STORE,
  I32_SUB, I32_XOR, I64_ADD, I64_AND, I64_EQ, I64_LOAD, I64_LOAD32_S, I64_SHR_U, I64_STORE, set, tee, unsigned, WRAP,
} from './emit';
import { hasLinks, LINK_BASE, LINK_ENTRY, LINK_KEY, LINK_RIP, LINK_SLOT } from './link-table';
import {
  BASE, C0, CC_KIND, CC_RESULT, CC_SOURCE, ENTRY, LEFT, REGISTERS, RESULT, SSE_OFF, TARGET, TLB, VP,
} from './locals';
import { COUNTERS, RUNNING } from './memory-map';
import { forgetPending, settle } from './pending';
import { close, LABEL_OTHER, open } from './structure';
import { changedRegisters, distances, hasVectors, is64, usedRegisters } from './translate';

/** return_call_indirect of the WebAssembly specification, "Control Instructions". */
const RETURN_CALL_INDIRECT: u32 = 0x13;

let record: usize = 0;

/** The region whose function is written next. */
export function beginFrame(region: usize): void {
  record = region;
}

/** Loads what stays in locals, of the general registers those in `mask`. */
export function loadState(mask: u32): void {
  const used = usedRegisters() & mask;
  for (let i: u32 = 0; i < 16; i++) {
    if (!((used >> i) & 1)) continue;
    get(VP);
    access(I64_LOAD, i << 3);
    set(REGISTERS + i);
  }
  get(VP);
  access(I32_LOAD, CC_OP);
  set(CC_KIND);
  get(VP);
  access(I64_LOAD, CC_RES);
  set(CC_RESULT);
  get(VP);
  access(I64_LOAD, CC_SRC);
  set(CC_SOURCE);
}

export function storeState(): void {
  settle();
  const used = changedRegisters();
  for (let i: u32 = 0; i < 16; i++) {
    if (!((used >> i) & 1)) continue;
    get(VP);
    get(REGISTERS + i);
    access(I64_STORE, i << 3);
  }
  get(VP);
  get(CC_KIND);
  access(I32_STORE, CC_OP);
  get(VP);
  get(CC_RESULT);
  access(I64_STORE, CC_RES);
  get(VP);
  get(CC_SOURCE);
  access(I64_STORE, CC_SRC);
}

export function storeLeft(): void {
  get(VP);
  get(LEFT);
  access(I32_STORE, BUDGET);
}

/** What a region begins with. */
export function writeEntry(): void {
  const32(<i32>RUNNING);
  const32(<i32>record);
  access(I32_STORE, 0);
  loadState(0xffff);
  get(VP);
  access(I32_LOAD, TLB_CURRENT);
  set(TLB);
  if (hasVectors) {
    // CR0.EM and TS; CR4.OSFXSR.
    get(VP);
    access(I32_LOAD, CR0);
    const32(CR0_EM | CR0_TS);
    byte(I32_AND);
    get(VP);
    access(I32_LOAD, CR4);
    const32(CR4_OSFXSR);
    byte(I32_AND);
    byte(I32_EQZ);
    byte(I32_OR);
    set(SSE_OFF);
  }
}

/** Where instructions that could not be executed here lead. */
export function writeCold(): void {
  // An instruction that could not be executed here: its place is where the access left it.
  get(VP);
  access(I32_LOAD, JIT_SITE);
  tee(C0);
  const32(11);
  byte(I32_SHR_S);
  const32(2);
  byte(I32_SHL);
  access(I64_LOAD32_S, distances);
  get(BASE);
  byte(I64_ADD);
  if (!is64()) {
    const64(0xffffffff);
    byte(I64_AND);
  }
  set(TARGET);
  get(LEFT);
  get(C0);
  const32(4);
  byte(I32_SHR_S);
  const32(127);
  byte(I32_AND);
  byte(I32_SUB);
  set(LEFT);
  const32(1);
  set(RESULT);
}

/** What a region ends with: the next region, or the way back. */
export function writeExit(): void {
  forgetPending();
  storeState();
  if (hasLinks) writeLink();
  storeLeft();
  get(VP);
  get(TARGET);
  access(I64_STORE, RIP);
  get(RESULT);
  byte(0x0b);
}

/** Goes on in the region that the table of links has for TARGET, unless the budget is used up. */
function writeLink(): void {
  get(LEFT);
  const32(0);
  byte(I32_GT_S);
  get(RESULT);
  byte(I32_EQZ);
  byte(I32_AND);
  open(0x04, LABEL_OTHER);
  findLink();
  // Still the same place, under the same translations?
  get(ENTRY);
  access(I64_LOAD, LINK_RIP);
  get(TARGET);
  byte(I64_EQ);
  get(ENTRY);
  access(I32_LOAD, LINK_KEY);
  get(TARGET);
  const64(63);
  byte(I64_SHR_U);
  byte(WRAP);
  const32(2);
  byte(I32_SHL);
  get(VP);
  byte(I32_ADD);
  access(I32_LOAD, LINK_KEYS);
  byte(I32_EQ);
  byte(I32_AND);
  open(0x04, LABEL_OTHER);
  const32(<i32>(COUNTERS + COUNT_LINKED));
  const32(<i32>(COUNTERS + COUNT_LINKED));
  access(I32_LOAD, 0);
  const32(1);
  byte(I32_ADD);
  access(I32_STORE, 0);
  get(VP);
  get(ENTRY);
  access(I32_LOAD, LINK_ENTRY);
  get(ENTRY);
  access(I64_LOAD, LINK_BASE);
  get(LEFT);
  get(ENTRY);
  access(I32_LOAD, LINK_SLOT);
  byte(RETURN_CALL_INDIRECT);
  unsigned(0);
  unsigned(0);
  close();
  close();
}

/** Leaves the place in the table for TARGET in ENTRY: `linkPlace` of link-table.ts. */
function findLink(): void {
  get(VP);
  access(I32_LOAD, LINK_TABLE);
  get(TARGET);
  byte(WRAP);
  get(TARGET);
  const64(11);
  byte(I64_SHR_U);
  byte(WRAP);
  byte(I32_XOR);
  const32(LINK_ENTRIES - 1);
  byte(I32_AND);
  const32(ctz<u32>(LINK_ENTRY_BYTES));
  byte(I32_SHL);
  byte(I32_ADD);
  set(ENTRY);
}
