/** Which sectors a command means (ATA/ATAPI-6, 28-bit and 48-bit addressing; ATA-5 for cylinder, head and sector). */

import { Device } from './spec.ts';
import type { TaskFile } from './task-file.ts';

/** The geometry that a disk pretends to have. */
export interface Geometry {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectorsPerTrack: number;
}

const HEADS = 16;
const SECTORS_PER_TRACK = 63;
const MOST_CYLINDERS = 16383;

/** What a disk of so many sectors says of itself by default. */
export function defaultGeometry(sectors: number): Geometry {
  const cylinders = Math.floor(sectors / (HEADS * SECTORS_PER_TRACK));
  return {
    cylinders: Math.min(Math.max(cylinders, 1), MOST_CYLINDERS),
    heads: HEADS,
    sectorsPerTrack: SECTORS_PER_TRACK,
  };
}

/** Sectors in a command with the count `count` in its register: 0 stands for as many as the register has values. */
export function sectorCount(taskFile: TaskFile, isExt: boolean): number {
  return isExt ? taskFile.count || 0x1_0000 : taskFile.count & 0xff || 0x100;
}

/** First sector of a command. -1 when cylinder, head and sector name none. */
export function firstSector(taskFile: TaskFile, isExt: boolean, geometry: Geometry): number {
  const { lbaLow, lbaMid, lbaHigh, device } = taskFile;
  const low24 = ((lbaHigh & 0xff) << 16) | ((lbaMid & 0xff) << 8) | (lbaLow & 0xff);
  if (isExt) {
    const high24 = ((lbaHigh >> 8) << 16) | (lbaMid & 0xff00) | (lbaLow >> 8);
    return high24 * 0x100_0000 + low24;
  }
  const head = device & Device.HEAD;
  if ((device & Device.LBA) !== 0) return head * 0x100_0000 + low24;
  const sector = lbaLow & 0xff;
  if (sector === 0 || sector > geometry.sectorsPerTrack || head >= geometry.heads) return -1;
  return ((low24 >> 8) * geometry.heads + head) * geometry.sectorsPerTrack + sector - 1;
}

/** Puts a sector's address into the registers, in the form that the command used. */
export function showSector(taskFile: TaskFile, sector: number, isExt: boolean, geometry: Geometry): void {
  const low24 = sector % 0x100_0000;
  const high24 = Math.floor(sector / 0x100_0000);
  if (isExt || (taskFile.device & Device.LBA) !== 0) {
    const byteOf = (shift: number) =>
      ((low24 >> shift) & 0xff) | (isExt ? ((high24 >> shift) & 0xff) << 8 : 0);
    taskFile.lbaLow = byteOf(0);
    taskFile.lbaMid = byteOf(8);
    taskFile.lbaHigh = byteOf(16);
    if (!isExt) taskFile.device = (taskFile.device & ~Device.HEAD) | (high24 & Device.HEAD);
    return;
  }
  const track = Math.floor(sector / geometry.sectorsPerTrack);
  const cylinder = Math.floor(track / geometry.heads);
  taskFile.lbaLow = (sector % geometry.sectorsPerTrack) + 1;
  taskFile.lbaMid = cylinder & 0xff;
  taskFile.lbaHigh = (cylinder >> 8) & 0xff;
  taskFile.device = (taskFile.device & ~Device.HEAD) | (track % geometry.heads);
}
