/**
 * Code that a device wrote: the core does not see such writes. Devices work between two turns of a processor or while it
 * writes to them, and software maps a page anew before it runs what one put there: a new mapping misses the jump cache,
 * and with a block's first miss after a device may have worked, the bytes that it was decoded from are summed up again.
 */

import { HANDLER_STALE } from '../decoder/handlers';
import { JMP } from '../generated/hot-handlers';
import { OP_BYTES, OP_HANDLER, OP_LINK } from '../micro-op';
import { HANDLER_SSE } from '../sse/opcodes';
import { BLOCK_BYTES, BLOCK_COUNT, BLOCK_EPOCH, BLOCK_END, BLOCK_HOST, BLOCK_SUM } from './invalidate';

export let epoch: u32 = 1;

/** Others than the core may have written memory. */
export function noteDevices(): void {
  epoch += 1;
}

/** Sum of the bytes that a block was decoded from. */
function sumOf(block: usize): u32 {
  return sumBytes(0x811c9dc5, load<u32>(block + BLOCK_HOST), load<u32>(block + BLOCK_END));
}

/** Adds bytes to a sum. */
export function sumBytes(sum: u32, at: usize, end: usize): u32 {
  for (; at + 4 <= end; at += 4) sum = (sum ^ load<u32>(at)) * 0x01000193 + (sum >> 15);
  for (; at < end; at++) sum = (sum ^ load<u8>(at)) * 0x01000193;
  return sum;
}

/** Notes what a new block was decoded from. */
export function seal(block: usize): void {
  store<u32>(block + BLOCK_SUM, sumOf(block));
  store<u32>(block + BLOCK_EPOCH, epoch);
}

/** Whether a block that was missed still is what memory holds; and those that its links lead to, or they are cut. */
// @ts-ignore: decorator
@inline
export function isValid(block: usize): bool {
  return load<u32>(block + BLOCK_EPOCH) == epoch || validate(block);
}

function validate(block: usize): bool {
  if (load<u32>(block + BLOCK_SUM) != sumOf(block)) return false;
  // First: links lead in circles.
  store<u32>(block + BLOCK_EPOCH, epoch);
  const end = block + BLOCK_BYTES + (load<u32>(block + BLOCK_COUNT) - 1) * OP_BYTES;
  checkLink(end);
  const branch = end - OP_BYTES;
  const handler = <u32>load<u16>(branch + OP_HANDLER);
  if (handler >= JMP && handler < HANDLER_SSE) checkLink(branch);
  return true;
}

/** Cuts a micro-op's link to a block that is not valid. */
function checkLink(from: usize): void {
  const to = <usize>load<u32>(from + OP_LINK);
  if (to == 0) return;
  if (load<u16>(to + OP_HANDLER) == HANDLER_STALE || !isValid(to - BLOCK_BYTES)) store<u32>(from + OP_LINK, 0);
}
