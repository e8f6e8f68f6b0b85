/** Derives MODE_WORD and what hangs on it from the control registers, EFER, RFLAGS and the segments. */

import {
  MODE_64,
  MODE_CODE_32,
  MODE_CPL,
  MODE_FLAT,
  MODE_LONG,
  MODE_PAGING,
  MODE_PROTECTED,
  MODE_STACK_32,
  MODE_V86,
} from './mode-bits';
import { ARMED_DATA } from './system/breakpoints';
import {
  ADDRESS_MASK,
  BREAKPOINTS_ARMED,
  CR0,
  CR0_AM,
  CR0_PE,
  CR0_PG,
  CS,
  DS,
  EFER,
  EFER_LMA,
  ES,
  FLAG_AC,
  FLAG_VM,
  MODE_WORD,
  RFLAGS,
  SEG_ATTRIBUTES,
  SEG_BASE,
  SEG_LIMIT,
  SEGMENTS,
  SS,
  TLB_CURRENT,
  TLB_EMPTY,
  TLB_SUPERVISOR,
  TLB_USER,
} from './state';

// @ts-ignore: decorator
@inline
export function mode(vp: usize): u32 {
  return load<u32>(vp + MODE_WORD);
}

/** Current privilege level. */
// @ts-ignore: decorator
@inline
export function cpl(vp: usize): u32 {
  return load<u32>(vp + MODE_WORD) & MODE_CPL;
}

// @ts-ignore: decorator
@inline
export function is64(vp: usize): bool {
  return (load<u32>(vp + MODE_WORD) & MODE_64) != 0;
}

// @ts-ignore: decorator
@inline
export function segmentAddress(vp: usize, segment: u32): usize {
  return vp + SEGMENTS + ((<usize>segment) << 4);
}

// @ts-ignore: decorator
@inline
export function segmentBase(vp: usize, segment: u32): u64 {
  return load<u64>(segmentAddress(vp, segment) + SEG_BASE);
}

/** Base 0, limit 4 GiB, present, data readable and writable, not expand-down. */
function isFlatData(vp: usize, segment: u32): bool {
  const at = segmentAddress(vp, segment);
  return (
    load<u64>(at + SEG_BASE) == 0 &&
    load<u32>(at + SEG_LIMIT) == 0xffffffff &&
    (load<u16>(at + SEG_ATTRIBUTES) & 0x9e) == 0x92
  );
}

/** Base 0, limit 4 GiB, present, code that can be read. */
function isFlatCode(vp: usize): bool {
  const at = segmentAddress(vp, CS);
  return (
    load<u64>(at + SEG_BASE) == 0 &&
    load<u32>(at + SEG_LIMIT) == 0xffffffff &&
    (load<u16>(at + SEG_ATTRIBUTES) & 0x9a) == 0x9a
  );
}

/** To be called after any change of CR0, EFER, RFLAGS.VM/AC, CS, SS, DS, ES or the debug registers' enables. */
export function updateMode(vp: usize): void {
  const cr0 = load<u32>(vp + CR0);
  const flags = load<u32>(vp + RFLAGS);
  const code = load<u16>(segmentAddress(vp, CS) + SEG_ATTRIBUTES);
  const stack = load<u16>(segmentAddress(vp, SS) + SEG_ATTRIBUTES);
  let word: u32 = 0;
  if (cr0 & CR0_PG) word |= MODE_PAGING;
  if (load<u32>(vp + EFER) & EFER_LMA) word |= MODE_LONG;
  if (cr0 & CR0_PE) {
    if (flags & FLAG_VM && !(word & MODE_LONG)) word |= MODE_V86 | 3;
    else word |= MODE_PROTECTED | ((stack >> 5) & 3);
  }
  if (word & MODE_LONG && code & 0x2000) {
    word |= MODE_64 | MODE_FLAT;
    store<u64>(vp + ADDRESS_MASK, -1);
  } else {
    if (code & 0x4000) word |= MODE_CODE_32;
    if (stack & 0x4000) word |= MODE_STACK_32;
    if (isFlatCode(vp) && isFlatData(vp, SS) && isFlatData(vp, DS) && isFlatData(vp, ES)) word |= MODE_FLAT;
    store<u64>(vp + ADDRESS_MASK, 0xffffffff);
  }
  store<u32>(vp + MODE_WORD, word);
  const user = (word & MODE_CPL) == 3;
  const slow = (load<u32>(vp + BREAKPOINTS_ARMED) & ARMED_DATA) != 0 || (user && cr0 & CR0_AM && flags & FLAG_AC);
  store<u32>(vp + TLB_CURRENT, <u32>(vp + (slow ? TLB_EMPTY : user ? TLB_USER : TLB_SUPERVISOR)));
}
