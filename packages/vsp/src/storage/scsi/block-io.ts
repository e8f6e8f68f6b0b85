/** READ, WRITE, VERIFY and SYNCHRONIZE CACHE in all their lengths. SBC-3, the commands of these names. */

import type { Buffers } from '@viridian/drivers';
import { AdditionalSense, SenseKey, VerifyFlags } from '@viridian/protocols/scsi';
import { decodeBlocks, FUA, isInsideDisk, PROTECT } from './block-range.ts';
import { deviceError, invalidField } from './failures.ts';
import type { ScsiCommand } from './scsi-command.ts';
import type { ScsiDisk } from './scsi-disk.ts';

/** READ(6), (10), (12), (16). */
export function readBlocks(disk: ScsiDisk, command: ScsiCommand): void | Promise<void> {
  if (!canMove(disk, command)) return;
  const bytes = command.blocks * disk.blockBytes;
  try {
    const pending = disk.device.read(command.lba * disk.blockBytes, command.head(bytes));
    if (pending !== undefined) {
      return pending.then(
        () => readDone(disk, command, bytes),
        (error) => deviceError(disk, command, 'read', error),
      );
    }
    readDone(disk, command, bytes);
  } catch (error) {
    deviceError(disk, command, 'read', error);
  }
}

/** WRITE(6), (10), (12), (16). Without write cache, or with FUA, the blocks are on stable storage before the answer. */
export function writeBlocks(disk: ScsiDisk, command: ScsiCommand): void | Promise<void> {
  if (!canMove(disk, command)) return;
  if (isWriteProtected(disk, command)) return;
  const bytes = command.blocks * disk.blockBytes;
  const options = (command.flags & FUA) !== 0 || !disk.writeCache ? FORCE_UNIT_ACCESS : undefined;
  try {
    const pending = disk.device.write(command.lba * disk.blockBytes, command.head(bytes), options);
    if (pending !== undefined) {
      return pending.then(
        () => writeDone(disk, command, bytes),
        (error) => deviceError(disk, command, 'write', error),
      );
    }
    writeDone(disk, command, bytes);
  } catch (error) {
    deviceError(disk, command, 'write', error);
  }
}

const FORCE_UNIT_ACCESS = { fua: true } as const;

/** VERIFY(10), (12), (16): reads the blocks, and with BYTCHK = 01b compares them with the initiator's. */
export async function verifyBlocks(disk: ScsiDisk, command: ScsiCommand): Promise<void> {
  const { byteCheck } = VerifyFlags.decode(command.cdb[1]!);
  if (byteCheck > 1) return invalidField(command);
  if (byteCheck === 1 ? !canMove(disk, command) : !canReach(disk, command)) return;
  const bytes = command.blocks * disk.blockBytes;
  const onDisk = new Uint8Array(bytes);
  try {
    if (bytes > 0) await disk.device.read(command.lba * disk.blockBytes, [onDisk]);
  } catch (error) {
    return deviceError(disk, command, 'read', error);
  }
  if (byteCheck === 1 && !equals(onDisk, command.head(bytes))) {
    return command.fail(SenseKey.MISCOMPARE, AdditionalSense.MISCOMPARE_DURING_VERIFY);
  }
  command.succeed(byteCheck === 1 ? bytes : 0);
}

/** SYNCHRONIZE CACHE(10), (16). The whole device is flushed whatever the range, and the answer waits for it, IMMED or not. */
export function flush(disk: ScsiDisk, command: ScsiCommand): void | Promise<void> {
  decodeBlocks(command);
  if (!isInsideDisk(disk, command, command.lba, command.blocks)) return;
  return flushDevice(disk, command);
}

/** Flushes and ends the command. */
export function flushDevice(disk: ScsiDisk, command: ScsiCommand): void | Promise<void> {
  disk.counters.flushes += 1;
  try {
    const pending = disk.device.flush();
    if (pending !== undefined) {
      return pending.then(
        () => command.succeed(0),
        (error) => deviceError(disk, command, 'flush', error),
      );
    }
    command.succeed(0);
  } catch (error) {
    deviceError(disk, command, 'flush', error);
  }
}

/** Ends the command and says true when the device takes no writes. */
export function isWriteProtected(disk: ScsiDisk, command: ScsiCommand): boolean {
  if (!disk.device.readOnly) return false;
  command.fail(SenseKey.DATA_PROTECT, AdditionalSense.WRITE_PROTECTED);
  return true;
}

/** Decodes and checks the range of a command that moves its blocks through the data buffers. */
function canMove(disk: ScsiDisk, command: ScsiCommand): boolean {
  if (!canReach(disk, command)) return false;
  if (command.blocks * disk.blockBytes <= command.dataBytes) return true;
  // The initiator asked for more than it has room for: nothing is moved, so nobody mistakes a part for the whole.
  invalidField(command);
  return false;
}

/** Decodes the range and checks it against the disk, the longest transfer and protection information (there is none). */
function canReach(disk: ScsiDisk, command: ScsiCommand): boolean {
  decodeBlocks(command);
  if ((command.flags & PROTECT) !== 0 || command.blocks > disk.maxTransferBlocks) {
    invalidField(command);
    return false;
  }
  return isInsideDisk(disk, command, command.lba, command.blocks);
}

function readDone(disk: ScsiDisk, command: ScsiCommand, bytes: number): void {
  disk.counters.readBytes += bytes;
  command.succeed(bytes);
}

function writeDone(disk: ScsiDisk, command: ScsiCommand, bytes: number): void {
  disk.counters.writtenBytes += bytes;
  command.succeed(bytes);
}

function equals(bytes: Uint8Array, parts: Buffers): boolean {
  let at = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 1) if (part[i] !== bytes[at + i]) return false;
    at += part.length;
  }
  return at === bytes.length;
}
