/** Opens the disks of a machine from their options. */

import {
  type BlockDevice,
  BlockError,
  FaultDisk,
  type FaultPlan,
  OverlayDisk,
  ReadOnlyDisk,
} from '@viridian/drivers';
import { openImage, type ReadThread } from '@viridian/drivers/node';
import { OptionError } from '../demo/options.ts';
import type { CdromOption, DiskBus, DiskOption } from './disk-option.ts';

/** An open disk. */
export interface RunDisk {
  readonly path: string;
  readonly bus: DiskBus;
  readonly isDvd: boolean;
  readonly device: BlockDevice;
}

/**
 * Opens all or none; `reads` does their short reads, and `faults`, when given, befall the disks. Throws {@link OptionError} that names the file.
 */
export async function openDisks(
  disks: readonly DiskOption[],
  cdrom: CdromOption | undefined,
  reads: ReadThread,
  faults?: FaultPlan,
): Promise<RunDisk[]> {
  const opened: RunDisk[] = [];
  try {
    for (const disk of disks) {
      const { path, bus } = disk;
      opened.push({ path, bus, isDvd: false, device: await openDisk(disk, reads, faults) });
    }
    if (cdrom?.path !== undefined) {
      opened.push({ path: cdrom.path, bus: cdrom.bus, isDvd: true, device: await openDisc(cdrom.path) });
    }
  } catch (error) {
    await closeDisks(opened);
    throw error;
  }
  return opened;
}

/** Closes all; the first failure is thrown after the last one was tried. */
export async function closeDisks(disks: readonly RunDisk[]): Promise<void> {
  const results = await Promise.allSettled(disks.map(({ device }) => device.close()));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** An ISO image for a DVD drive. Throws {@link OptionError} that names the file. */
export function openDisc(path: string): Promise<BlockDevice> {
  return withPath(path, () => openImage(path, { readOnly: true, format: 'raw' }));
}

/** One disk, as {@link openDisks}. */
export async function openDisk(
  { path, readOnly, overlay }: DiskOption,
  reads: ReadThread,
  faults?: FaultPlan,
): Promise<BlockDevice> {
  const image = await withPath(path, () => openImage(path, { readOnly: readOnly || overlay, reads }));
  const changeable = overlay ? new OverlayDisk(image) : image;
  const disk = readOnly && overlay ? new ReadOnlyDisk(changeable) : changeable;
  return faults === undefined ? disk : new FaultDisk(disk, faults);
}

async function withPath<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BlockError) && !(error instanceof Error && 'code' in error)) throw error;
    throw new OptionError(`${path} cannot be opened as a disk: ${error.message}`, { cause: error });
  }
}
