/** UNMAP and WRITE SAME: giving blocks back, and filling many with one. SBC-3, Logical Block Provisioning Management. */

import {
  AdditionalSense,
  SenseKey,
  UnmapCdb,
  UnmapDescriptor,
  UnmapListHeader,
  WriteSameFlags,
} from '@viridian/protocols/scsi';
import { isWriteProtected } from './block-io.ts';
import { decodeBlocks, isInsideDisk } from './block-range.ts';
import { deviceError, invalidField, invalidParameter } from './failures.ts';
import { MAX_UNMAP_DESCRIPTORS, maxUnmapBlocks, maxWriteSameBlocks } from './provisioning-limits.ts';
import type { ScsiCommand } from './scsi-command.ts';
import type { ScsiDisk } from './scsi-disk.ts';

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
  const { flags, parameterListLength } = UnmapCdb.read(command.view);
  if (flags.anchor !== 0) return invalidField(command);
  if (parameterListLength === 0) return command.succeed(0);
  const list = command.received(parameterListLength);
  const extents = unmapExtents(disk, command, list);
  if (extents === undefined) return;
  for (const { lba, blocks } of extents) {
    if (!(await discard(disk, command, lba, blocks))) return;
  }
  command.succeed(list.length);
}

/** The descriptors of a parameter list; undefined when the command has been ended because of them. */
function unmapExtents(disk: ScsiDisk, command: ScsiCommand, list: Uint8Array): Extent[] | undefined {
  const view = new DataView(list.buffer);
  const { descriptorLength } = UnmapListHeader.fits(view)
    ? UnmapListHeader.read(view)
    : { descriptorLength: 0xffff };
  const count = Math.floor(descriptorLength / UnmapDescriptor.size);
  if (UnmapListHeader.size + count * UnmapDescriptor.size > list.length) {
    return command.fail(SenseKey.ILLEGAL_REQUEST, AdditionalSense.PARAMETER_LIST_LENGTH_ERROR);
  }
  const extents: Extent[] = [];
  let total = 0;
  for (let i = 0; i < count; i += 1) {
    const { lba, blockCount } = UnmapDescriptor.read(view, UnmapListHeader.size + i * UnmapDescriptor.size);
    if (!isInsideDisk(disk, command, lba, blockCount)) return undefined;
    extents.push({ lba, blocks: blockCount });
    total += blockCount;
  }
  if (count > MAX_UNMAP_DESCRIPTORS || total > maxUnmapBlocks(disk)) return invalidParameter(command);
  return extents;
}

/** WRITE SAME(10). */
export function writeSame10(disk: ScsiDisk, command: ScsiCommand): Promise<void> {
  return writeSame(disk, command, false);
}

/** WRITE SAME(16), which may come without a data buffer. */
export function writeSame16(disk: ScsiDisk, command: ScsiCommand): Promise<void> {
  return writeSame(disk, command, WriteSameFlags.decode(command.cdb[1]!).noDataOut !== 0);
}

async function writeSame(disk: ScsiDisk, command: ScsiCommand, noData: boolean): Promise<void> {
  decodeBlocks(command);
  const { lba, blocks } = command;
  const flags = WriteSameFlags.decode(command.flags);
  const wantsUnmap = flags.unmap !== 0;
  const isRefused =
    flags.protect !== 0 ||
    flags.anchor !== 0 ||
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
