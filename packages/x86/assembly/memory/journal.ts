/** Tells the lock-step engine which pages of guest memory are about to be written. */

import { journalToHost } from '../environment';
import { FLUSH_LOG, FLUSH_LOG_USED } from '../state';
import { TAG_WRITE } from './tlb';

let isOn = false;

/** Begins or ends the telling. */
export function setJournal(on: u32): void {
  isOn = on != 0;
}

/** To be called before a page is written, or may be from now on without a further look at it. */
// @ts-ignore: decorator
@inline
export function noteWrite(host: usize): void {
  if (isOn) journalToHost(<u32>(host >> 12), 0);
}

/** The same for a page table whose accessed and dirty bits the processor sets. */
// @ts-ignore: decorator
@inline
export function noteTableWrite(host: usize): void {
  if (isOn) journalToHost(<u32>(host >> 12), 1);
}

/** Makes the next write to each page take the slow path, where it is noted. */
export function closeWrites(vp: usize): void {
  const used = load<u32>(vp + FLUSH_LOG_USED);
  for (let i: u32 = 0; i < used; i++) store<u64>(<usize>load<u32>(vp + FLUSH_LOG + (<usize>i << 2)) + TAG_WRITE, -1);
}
