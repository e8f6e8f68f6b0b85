/** UNMAP and WRITE SAME: giving blocks back, and filling many with one. SBC-3, Logical Block Provisioning Management. */

import { cappedFromHalves } from '@viridian/wire';
import { isWriteProtected } from './block-io.ts';
import { decodeBlocks, isInsideDisk, PROTECT } from './block-range.ts';
import { AdditionalSense, SenseKey } from './draft.ts';
import { deviceError, invalidField, invalidParameter } from './failures.ts';
import { MAX_UNMAP_DESCRIPTORS, maxUnmapBlocks, maxWriteSameBlocks } from './provisioning-limits.ts';
import type { ScsiCommand } from './scsi-command.ts';
import type { ScsiDisk } from './scsi-disk.ts';

const UNMAP_HEADER_BYTES = 8;
const UNMAP_DESCRIPTOR_BYTES = 16;
const ANCHOR = 0x01;
const WRITE_SAME_ANCHOR = 0x10;
const WRITE_SAME_UNMAP = 0x08;
/** No data-out buffer: the block is all zeros. */
const WRITE_SAME_NDOB = 0x01;
/** WRITE SAME without UNMAP writes pieces of this size. */
const FILL_BYTES = 256 * 1024;

interface Extent {
  readonly lba: number;
  readonly blocks: number;
}

/** UNMAP: all descriptors are checked before the first one takes effect. */
export async function unmap(disk: ScsiDisk, command: ScsiCommand): Promise<void> {
  if (!disk.thin) {
    return disk.device.readOnly && disk.device.discard !== undefined
      ? command.fail(SenseKey.DATA_PROTECT, AdditionalSense.WRITE_PROTECTED)
      : command.fail(SenseKey.ILLEGAL_REQUEST, AdditionalSense.INVALID_COMMAND_OPERATION_CODE);
  }
  if ((command.cdb[1]! & ANCHOR) !== 0) return invalidField(command);
  const lengthBytes = command.view.getUint16(7);
  if (lengthBytes === 0) return command.succeed(0);
  const extents = unmapExtents(disk, command, lengthBytes);
  if (extents === undefined) return;
  for (const { lba, blocks } of extents) {
    if (!(await discard(disk, command, lba, blocks))) return;
  }
  command.succeed(Math.min(lengthBytes, command.dataBytes));
}

/** The descriptors of a parameter list; undefined when the command has been ended because of them. */
function unmapExtents(disk: ScsiDisk, command: ScsiCommand, lengthBytes: number): Extent[] | undefined {
  const list = command.received(lengthBytes);
  const view = new DataView(list.buffer);
  if (list.length < UNMAP_HEADER_BYTES) {
    command.fail(SenseKey.ILLEGAL_REQUEST, AdditionalSense.PARAMETER_LIST_LENGTH_ERROR);
    return undefined;
  }
  const count = Math.floor(view.getUint16(2) / UNMAP_DESCRIPTOR_BYTES);
  if (UNMAP_HEADER_BYTES + count * UNMAP_DESCRIPTOR_BYTES > list.length) {
    command.fail(SenseKey.ILLEGAL_REQUEST, AdditionalSense.PARAMETER_LIST_LENGTH_ERROR);
    return undefined;
  }
  const extents: Extent[] = [];
  let total = 0;
  for (let i = 0; i < count; i += 1) {
    const at = UNMAP_HEADER_BYTES + i * UNMAP_DESCRIPTOR_BYTES;
    const lba = cappedFromHalves(view.getUint32(at + 4), view.getUint32(at));
    const blocks = view.getUint32(at + 8);
    if (!isInsideDisk(disk, command, lba, blocks)) return undefined;
    extents.push({ lba, blocks });
    total += blocks;
  }
  if (count > MAX_UNMAP_DESCRIPTORS || total > maxUnmapBlocks(disk)) {
    invalidParameter(command);
    return undefined;
  }
  return extents;
}

/** WRITE SAME(10). */
export function writeSame10(disk: ScsiDisk, command: ScsiCommand): Promise<void> {
  return writeSame(disk, command, false);
}

/** WRITE SAME(16), which may come without a data buffer. */
export function writeSame16(disk: ScsiDisk, command: ScsiCommand): Promise<void> {
  return writeSame(disk, command, (command.cdb[1]! & WRITE_SAME_NDOB) !== 0);
}

async function writeSame(disk: ScsiDisk, command: ScsiCommand, noData: boolean): Promise<void> {
  decodeBlocks(command);
  const { lba, blocks, flags } = command;
  const wantsUnmap = (flags & WRITE_SAME_UNMAP) !== 0;
  const isRefused =
    (flags & (PROTECT | WRITE_SAME_ANCHOR)) !== 0 ||
    blocks === 0 ||
    blocks > maxWriteSameBlocks(disk) ||
    (wantsUnmap && disk.device.discard === undefined) ||
    (!noData && command.dataBytes < disk.blockBytes);
  if (isRefused) return invalidField(command);
  if (!isInsideDisk(disk, command, lba, blocks)) return;
  if (isWriteProtected(disk, command)) return;
  const block = noData ? new Uint8Array(disk.blockBytes) : command.received(disk.blockBytes);
  // Unmapped blocks read as zeros, so only a block of zeros may be unmapped instead of written.
  const isDone =
    wantsUnmap && block.every((byte) => byte === 0)
      ? await discard(disk, command, lba, blocks)
      : await fill(disk, command, block, lba, blocks);
  if (isDone) command.succeed(noData ? 0 : disk.blockBytes);
}

/** Gives blocks back; ends the command and says false when the device cannot. */
async function discard(disk: ScsiDisk, command: ScsiCommand, lba: number, blocks: number): Promise<boolean> {
  if (blocks === 0) return true;
  try {
    await disk.device.discard?.(lba * disk.blockBytes, blocks * disk.blockBytes);
  } catch (error) {
    deviceError(disk, command, 'discard', error);
    return false;
  }
  disk.counters.discardedBytes += blocks * disk.blockBytes;
  return true;
}

/** Writes `block` again and again; ends the command and says false when the device cannot. */
async function fill(
  disk: ScsiDisk,
  command: ScsiCommand,
  block: Uint8Array,
  lba: number,
  blocks: number,
): Promise<boolean> {
  const pieceBlocks = Math.min(blocks, FILL_BYTES / disk.blockBytes);
  const piece = new Uint8Array(pieceBlocks * disk.blockBytes);
  for (let at = 0; at < piece.length; at += disk.blockBytes) piece.set(block, at);
  const options = disk.writeCache ? undefined : { fua: true };
  try {
    for (let done = 0; done < blocks; done += pieceBlocks) {
      const bytes = Math.min(pieceBlocks, blocks - done) * disk.blockBytes;
      await disk.device.write((lba + done) * disk.blockBytes, [piece.subarray(0, bytes)], options);
    }
  } catch (error) {
    deviceError(disk, command, 'write', error);
    return false;
  }
  disk.counters.writtenBytes += blocks * disk.blockBytes;
  return true;
}
