/**
 * Code that a device wrote: the core does not see such writes. Devices work between two turns of a processor or while it
 * writes to them, and software maps a page anew before it runs what one put there: a new mapping misses the jump cache,
 * and with the first miss on a page after a device may have worked, the page's decoded bytes are summed up again before
 * its blocks are used.
 */

import { CODE_TABLE } from '../layout';
import { BLOCK_EPOCH, BLOCK_END, BLOCK_HOST, BLOCK_NEXT_IN_PAGE, BLOCK_SUM } from './invalidate';

let epoch: u32 = 1;

/** Others than the core may have written memory. */
export function noteDevices(): void {
  epoch += 1;
}

/** Sum of the bytes that a block was decoded from. */
function sumOf(block: usize): u32 {
  let at = <usize>load<u32>(block + BLOCK_HOST);
  const end = <usize>load<u32>(block + BLOCK_END);
  let sum: u32 = 0x811c9dc5;
  for (; at + 4 <= end; at += 4) sum = (sum ^ load<u32>(at)) * 0x01000193 + (sum >> 15);
  for (; at < end; at++) sum = (sum ^ load<u8>(at)) * 0x01000193;
  return sum;
}

/** Notes what a new block, the first of its page's list, was decoded from. */
export function seal(block: usize): void {
  store<u32>(block + BLOCK_SUM, sumOf(block));
  // The head's epoch speaks for the page: a new head takes over its predecessor's.
  const before = <usize>load<u32>(block + BLOCK_NEXT_IN_PAGE);
  store<u32>(block + BLOCK_EPOCH, before == 0 ? epoch : load<u32>(before + BLOCK_EPOCH));
}

/** Whether all blocks of a host page still are what the page holds. */
export function isPageValid(host: usize): bool {
  const head = <usize>load<u32>(CODE_TABLE + ((host >> 12) << 2));
  if (head == 0 || load<u32>(head + BLOCK_EPOCH) == epoch) return true;
  for (let block = head; block != 0; block = load<u32>(block + BLOCK_NEXT_IN_PAGE)) {
    if (load<u32>(block + BLOCK_SUM) != sumOf(block)) return false;
  }
  store<u32>(head + BLOCK_EPOCH, epoch);
  return true;
}
