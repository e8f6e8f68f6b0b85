/**
 * Where regions find the one to go on in: a direct-mapped table per processor and privilege, from RIP to function, entry and
 * base. `runRegions` fills it with what it has found valid; a key per half of the addresses, which changes with every flush of
 * translations and every region dropped, makes its entries void.
 */

import { vps } from '../blocks/find';
import { nextLinkKeys } from '../blocks/jump-cache';
import { MODE_CPL } from '../mode-bits';
import { LINK_ENTRIES, LINK_ENTRY_BYTES, LINK_KEYS, LINK_MODE, LINK_TABLE, LINKS, VP_BASE, VP_STRIDE } from '../state';

// An entry.
export const LINK_RIP: usize = 0; // u64
export const LINK_KEY: usize = 8; // u32
/** Place in the function table, number of the entry (u32 each), and RIP of the region's anchor page (u64). */
export const LINK_SLOT: usize = 12;
export const LINK_ENTRY: usize = 24;
export const LINK_BASE: usize = 16;

/** Whether regions call the next one themselves: the host has tail calls. */
export let hasLinks: bool = false;

/** Chooses between linked regions and regions that return. Those compiled before stay as they are. */
export function setRegionLinks(linked: u32): void {
  hasLinks = linked != 0;
}

/** Makes the links of the current privilege the ones that regions use. `mode`: the key of the jump cache. */
export function useLinks(vp: usize, mode: u32): void {
  const before = load<u32>(vp + LINK_MODE);
  store<u32>(vp + LINK_MODE, mode);
  const table = vp + LINKS + ((mode & MODE_CPL) == 3 ? <usize>LINK_ENTRIES * LINK_ENTRY_BYTES : 0);
  store<u32>(vp + LINK_TABLE, <u32>table);
  if ((before ^ mode) & ~MODE_CPL) nextLinkKeys(vp);
}

/** Notes that RIP leads to an entry of a function, which is valid with this base. */
export function link(vp: usize, rip: u64, slot: u32, entry: u32, base: u64): void {
  // Validity was looked at for the half of the base.
  if ((rip ^ base) >> 63 != 0) return;
  const at = <usize>load<u32>(vp + LINK_TABLE) + ((<usize>(rip ^ (rip >> 11)) & (LINK_ENTRIES - 1)) * LINK_ENTRY_BYTES);
  store<u64>(at + LINK_RIP, rip);
  store<u32>(at + LINK_KEY, load<u32>(vp + LINK_KEYS + (<usize>(rip >> 63) << 2)));
  store<u32>(at + LINK_SLOT, slot);
  store<u64>(at + LINK_BASE, base);
  store<u32>(at + LINK_ENTRY, entry);
}

/** Makes every link void: a region is gone. */
export function dropLinks(): void {
  for (let i: usize = 0; i < vps; i++) nextLinkKeys(VP_BASE + i * VP_STRIDE);
}
