/** The registers in which a guest puts the parameters of a command (ATA/ATAPI-6, Register delivered data transfer command; 48-bit addressing). */

import { Reg } from './spec.ts';

/** Registers as they were written: in 7:0 the last byte, in 15:8 the one before, which EXT commands use. */
export interface TaskFile {
  feature: number;
  count: number;
  lbaLow: number;
  lbaMid: number;
  lbaHigh: number;
  /** 8 bits. */
  device: number;
}

/** All zeros. */
export function emptyTaskFile(): TaskFile {
  return { feature: 0, count: 0, lbaLow: 0, lbaMid: 0, lbaHigh: 0, device: 0 };
}

/** A byte of a register from COUNT to DEVICE; `previous` gives the one written before the last. */
export function readTaskFile(taskFile: TaskFile, reg: number, previous: boolean): number {
  const shift = previous ? 8 : 0;
  switch (reg) {
    case Reg.COUNT:
      return (taskFile.count >> shift) & 0xff;
    case Reg.LBA_LOW:
      return (taskFile.lbaLow >> shift) & 0xff;
    case Reg.LBA_MID:
      return (taskFile.lbaMid >> shift) & 0xff;
    case Reg.LBA_HIGH:
      return (taskFile.lbaHigh >> shift) & 0xff;
    default:
      return taskFile.device;
  }
}

/** A write to a register from ERROR_FEATURE to DEVICE. */
export function writeTaskFile(taskFile: TaskFile, reg: number, value: number): void {
  const pushed = (before: number) => ((before << 8) | value) & 0xffff;
  if (reg === Reg.ERROR_FEATURE) taskFile.feature = pushed(taskFile.feature);
  else if (reg === Reg.COUNT) taskFile.count = pushed(taskFile.count);
  else if (reg === Reg.LBA_LOW) taskFile.lbaLow = pushed(taskFile.lbaLow);
  else if (reg === Reg.LBA_MID) taskFile.lbaMid = pushed(taskFile.lbaMid);
  else if (reg === Reg.LBA_HIGH) taskFile.lbaHigh = pushed(taskFile.lbaHigh);
  else if (reg === Reg.DEVICE) taskFile.device = value;
}
