/** How much one command may give back or overwrite, as the block limits page states it. SBC-3, Block Limits VPD Page. */

import type { ScsiDisk } from './scsi-disk.ts';

// A device may have to touch every byte of the range: a limit keeps one command from holding up all others.
const MAX_UNMAP_BYTES = 256 * 1024 * 1024;
const MAX_WRITE_SAME_BYTES = 32 * 1024 * 1024;

/** Most descriptors in one UNMAP parameter list. */
export const MAX_UNMAP_DESCRIPTORS = 64;

/** Most blocks that the descriptors of one UNMAP may name together. */
export function maxUnmapBlocks(disk: ScsiDisk): number {
  return MAX_UNMAP_BYTES / disk.blockBytes;
}

/** Most blocks that one WRITE SAME may name. */
export function maxWriteSameBlocks(disk: ScsiDisk): number {
  return MAX_WRITE_SAME_BYTES / disk.blockBytes;
}
