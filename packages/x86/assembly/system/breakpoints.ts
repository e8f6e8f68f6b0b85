/** Breakpoints of the debug registers: code, data, ports. Intel SDM volume 3, "Debug, Branch Profile, TSC". */

import { segmentAddress, updateMode } from '../mode';
import { MODE_64 } from '../mode-bits';
import {
  BREAKPOINTS_ARMED,
  CR4,
  CR4_DE,
  CS,
  DR0,
  DR7,
  MODE_WORD,
  PENDING_DEBUG,
  RIP,
  SEG_BASE,
} from '../state';

/** Bits of BREAKPOINTS_ARMED. Ports need none: their instructions look at DR7 themselves. */
export const ARMED_DATA: u32 = 1;
export const ARMED_CODE: u32 = 2;

// R/W fields of DR7.
const ON_EXECUTE: u32 = 0;
const ON_WRITE: u32 = 1;
const ON_PORT: u32 = 2;
const ON_ACCESS: u32 = 3;

/** Breakpoints that data accesses of the instruction under way have hit, as bits of DR6. */
let dataHits: u32 = 0;

// @ts-ignore: decorator
@inline
function isEnabled(control: u32, index: u32): bool {
  return ((control >> (index * 2)) & 3) != 0;
}

// @ts-ignore: decorator
@inline
function kindOf(control: u32, index: u32): u32 {
  return (control >> (16 + index * 4)) & 3;
}

/** Works out BREAKPOINTS_ARMED. To be called after each change of DR7 and CR4.DE; includes `updateMode`. */
export function armBreakpoints(vp: usize): void {
  const control = load<u32>(vp + DR7);
  let armed: u32 = 0;
  if (control & 0xff) {
    for (let i: u32 = 0; i < 4; i++) {
      if (!isEnabled(control, i)) continue;
      const kind = kindOf(control, i);
      if (kind == ON_EXECUTE) armed |= ARMED_CODE;
      else if (kind != ON_PORT) armed |= ARMED_DATA;
    }
  }
  store<u32>(vp + BREAKPOINTS_ARMED, armed);
  updateMode(vp);
}

/** Linear address of the next instruction. */
function linearRip(vp: usize): u64 {
  const rip = load<u64>(vp + RIP);
  return load<u32>(vp + MODE_WORD) & MODE_64 ? rip : (load<u64>(segmentAddress(vp, CS) + SEG_BASE) + rip) & 0xffffffff;
}

/** Code breakpoints whose address is `linear` under `mask`, as bits of DR6. */
function codeHits(vp: usize, linear: u64, mask: u64): u32 {
  const control = load<u32>(vp + DR7);
  let hits: u32 = 0;
  for (let i: u32 = 0; i < 4; i++) {
    if (!isEnabled(control, i) || kindOf(control, i) != ON_EXECUTE) continue;
    if (((load<u64>(vp + DR0 + (<usize>i << 3)) ^ linear) & mask) == 0) hits |= 1 << i;
  }
  return hits;
}

/** Code breakpoints on the instruction at RIP, as bits of DR6. */
export function codeBreakpoints(vp: usize): u32 {
  return codeHits(vp, linearRip(vp), -1);
}

/** Whether a code breakpoint lies in the page of RIP: such pages are executed instruction by instruction. */
export function isPageWatched(vp: usize): bool {
  return codeHits(vp, linearRip(vp), ~(<u64>0xfff)) != 0;
}

/** Breakpoints of kind `kind` or `other` that an access to `bytes` bytes at `address` touches, as bits of DR6. */
function accessHits(vp: usize, address: u64, bytes: u32, kind: u32, other: u32): u32 {
  const control = load<u32>(vp + DR7);
  let hits: u32 = 0;
  for (let i: u32 = 0; i < 4; i++) {
    const watched = kindOf(control, i);
    if (!isEnabled(control, i) || (watched != kind && watched != other)) continue;
    const code = (control >> (18 + i * 4)) & 3;
    const length: u64 = code == 2 ? 8 : code + 1;
    const start = load<u64>(vp + DR0 + (<usize>i << 3)) & ~(length - 1);
    if (address < start + length && start < address + bytes) hits |= 1 << i;
  }
  return hits;
}

/** Notes a data access of the instruction under way: called while ARMED_DATA is set. */
export function noteDataAccess(vp: usize, linear: u64, bytes: u32, write: bool): void {
  dataHits |= accessHits(vp, linear, bytes, ON_ACCESS, write ? ON_WRITE : ON_ACCESS);
}

/** Notes a port access: the trap follows the instruction, or the element of a string instruction. */
export function notePortAccess(vp: usize, port: u32, bytes: u32): void {
  if (!(load<u32>(vp + DR7) & 0xff) || !(load<u32>(vp + CR4) & CR4_DE)) return;
  const hits = accessHits(vp, port, bytes, ON_PORT, ON_PORT);
  store<u32>(vp + PENDING_DEBUG, load<u32>(vp + PENDING_DEBUG) | hits);
}

/** In front of an instruction: what an unfinished one or the delivery of an event hit does not count. */
export function forgetDataHits(): void {
  dataHits = 0;
}

/** Behind an instruction: its data breakpoints are due. */
export function takeDataHits(): u32 {
  return dataHits;
}
