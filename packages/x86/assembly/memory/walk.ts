/**
 * Walks the guest's page tables: none, 32-bit, PAE, 4-level. Results are in globals, so that nothing is allocated.
 * Intel SDM volume 3, "Paging".
 */

import { MODE_CPL, MODE_LONG, MODE_PAGING } from '../mode-bits';
import { CR0, CR0_WP, CR3, CR4, CR4_PAE, CR4_PGE, CR4_PSE, CR4_SMAP, CR4_SMEP, EFER, EFER_NXE, FLAG_AC, MODE_WORD, PDPTE, RFLAGS } from '../state';
import { orPhysical, readPhysical } from './physical';

/** Guest-physical address of the last successful walk. */
export let walkGpa: u64 = 0;
/** log2 of the page's size. */
export let walkShift: u32 = 12;
export let walkGlobal: bool = false;
/** Whether writes at this privilege are allowed and the dirty bit is set. */
export let walkWritable: bool = false;
export let walkUser: bool = false;

const PRESENT: u64 = 1;
const WRITE: u64 = 2;
const USER: u64 = 4;
const ACCESSED: u32 = 0x20;
const DIRTY: u32 = 0x40;
const LARGE: u64 = 0x80;
const GLOBAL: u64 = 0x100;
const NX: u64 = 0x8000000000000000;
/** Address bits 51:12 of an entry, and those above the 40 that exist. */
const ADDRESS: u64 = 0x000ffffffffff000;
const ABOVE: u64 = 0x000fff0000000000;

/** Error-code bits. */
export const PF_P: u32 = 1;
export const PF_W: u32 = 2;
export const PF_U: u32 = 4;
export const PF_RSVD: u32 = 8;
export const PF_I: u32 = 16;

let leafAt: u64 = 0;
let leaf: u64 = 0;
let rights: u64 = 0;
let executeDisable: bool = false;

/** Finds the leaf entry. 0 found, else the error bits that say why not. `touch` sets accessed bits. */
function descend(vp: usize, linear: u64, levels: u32, root: u64, reservedNx: u64, touch: bool): u32 {
  let table = root;
  rights = WRITE | USER;
  executeDisable = false;
  for (let level = levels; level > 0; --level) {
    const shift = 12 + 9 * (level - 1);
    const at = table + (((linear >> shift) & 511) << 3);
    const entry = readPhysical(at, 8);
    if (!(entry & PRESENT)) return 0x100;
    if (entry & (reservedNx | ABOVE)) return PF_P | PF_RSVD;
    if (level == 4 && entry & LARGE) return PF_P | PF_RSVD;
    rights &= entry;
    if (entry & NX) executeDisable = true;
    if (level == 1 || entry & LARGE) {
      if (level > 1 && entry & ((<u64>1 << shift) - 1) & 0xffffe000) return PF_P | PF_RSVD;
      leafAt = at;
      leaf = entry;
      walkShift = shift;
      walkGpa = (entry & ADDRESS & ~((<u64>1 << shift) - 1)) | (linear & ((<u64>1 << shift) - 1));
      return 0;
    }
    if (touch && !(entry & ACCESSED)) orPhysical(at, ACCESSED);
    table = entry & ADDRESS;
  }
  return 0;
}

function descend32(vp: usize, linear: u64, touch: bool): u32 {
  const cr4 = load<u32>(vp + CR4);
  rights = WRITE | USER;
  executeDisable = false;
  let at = (load<u64>(vp + CR3) & 0xfffff000) + (((linear >> 22) & 1023) << 2);
  let entry = readPhysical(at, 4);
  if (!(entry & PRESENT)) return 0x100;
  rights &= entry;
  if (entry & LARGE && cr4 & CR4_PSE) {
    if (entry & 0x200000) return PF_P | PF_RSVD;
    walkShift = 22;
    walkGpa = (entry & 0xffc00000) | ((entry & 0x1fe000) << 19) | (linear & 0x3fffff);
  } else {
    if (touch && !(entry & ACCESSED)) orPhysical(at, ACCESSED);
    at = (entry & 0xfffff000) + (((linear >> 12) & 1023) << 2);
    entry = readPhysical(at, 4);
    if (!(entry & PRESENT)) return 0x100;
    rights &= entry;
    walkShift = 12;
    walkGpa = (entry & 0xfffff000) | (linear & 0xfff);
  }
  leafAt = at;
  leaf = entry;
  return 0;
}

/** Under SMAP: AC lets the system reach user pages, but not for the implicit accesses of user code's instructions. */
function mayReachUser(vp: usize): bool {
  return (load<u32>(vp + RFLAGS) & FLAG_AC) != 0 && (load<u32>(vp + MODE_WORD) & MODE_CPL) != 3;
}

/**
 * Translates. 0 on success, with the walk* globals set; else the #PF error code, with bit 8 set to tell "not present"
 * from a code of zero. `access`: 0 read, 1 write, 2 execute. With `touch`, accessed and dirty bits are set.
 */
export function walk(vp: usize, linear: u64, access: u32, user: bool, touch: bool): u32 {
  const mode = load<u32>(vp + MODE_WORD);
  if (!(mode & MODE_PAGING)) {
    walkGpa = linear;
    walkShift = 12;
    walkGlobal = false;
    walkWritable = true;
    walkUser = true;
    return 0;
  }
  const cr4 = load<u32>(vp + CR4);
  const nxe = (load<u32>(vp + EFER) & EFER_NXE) != 0 && (cr4 & CR4_PAE) != 0;
  const fetch = access == 2 && (nxe || cr4 & CR4_SMEP);
  const base = (access == 1 ? PF_W : 0) | (user ? PF_U : 0) | (fetch ? PF_I : 0);
  let failure: u32;
  if (mode & MODE_LONG) failure = descend(vp, linear, 4, load<u64>(vp + CR3) & ADDRESS, nxe ? 0 : NX, touch);
  else if (cr4 & CR4_PAE) {
    const pdpte = load<u64>(vp + PDPTE + ((<usize>(linear >> 30) & 3) << 3));
    failure = pdpte & PRESENT ? descend(vp, linear, 2, pdpte & ADDRESS, (nxe ? 0 : NX) | 0x7ff0000000000000, touch) : 0x100;
  } else failure = descend32(vp, linear, touch);
  if (failure) return base | failure;
  const writable = (rights & WRITE) != 0;
  const userPage = (rights & USER) != 0;
  const mayWrite = writable || (!user && !(load<u32>(vp + CR0) & CR0_WP));
  if (user && !userPage) return base | PF_P;
  if (access == 1 && !mayWrite) return base | PF_P;
  if (access == 2 && ((executeDisable && nxe) || (!user && userPage && cr4 & CR4_SMEP))) return base | PF_P;
  if (access != 2 && !user && userPage && cr4 & CR4_SMAP && !mayReachUser(vp)) return base | PF_P;
  if (touch) {
    const wanted = access == 1 ? ACCESSED | DIRTY : ACCESSED;
    if ((<u32>leaf & wanted) != wanted) orPhysical(leafAt, wanted);
    leaf |= wanted;
  }
  walkGlobal = (leaf & GLOBAL) != 0 && (cr4 & CR4_PGE) != 0;
  walkWritable = mayWrite && (<u32>leaf & DIRTY) != 0;
  walkUser = userPage;
  return 0;
}
