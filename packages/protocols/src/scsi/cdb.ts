/** Command descriptor blocks, big-endian. SPC-4 and SBC-3, one clause per command. */

import { bits, pad, struct, u8, u16be, u32be, u64cappedBe } from '@viridian/wire';

/** Byte 1 of READ and WRITE from 10 bytes on. */
export const ReadWriteFlags = bits(u8, { fua: [3, 1], dpo: [4, 1], protect: [5, 3] });

/** The six-byte form of commands that carry nothing of interest, TEST UNIT READY. */
export const Cdb6 = struct('CDB (6)', 6, {
  opcode: u8,
  byte1: u8,
  byte2: u8,
  byte3: u8,
  byte4: u8,
  control: u8,
});

/** READ(6), WRITE(6): 21-bit address in `lbaHigh` 4:0 and `lbaLow`; length 0 stands for 256 blocks. */
export const ReadWrite6Cdb = struct('READ (6), WRITE (6)', 6, {
  opcode: u8,
  lbaHigh: bits(u8, { lba: [0, 5] }),
  lbaLow: u16be,
  transferLength: u8,
  control: u8,
});

/** READ(10), WRITE(10), WRITE AND VERIFY(10), VERIFY(10). */
export const ReadWrite10Cdb = struct('READ (10), WRITE (10)', 10, {
  opcode: u8,
  flags: ReadWriteFlags,
  lba: u32be,
  groupNumber: u8,
  transferLength: u16be,
  control: u8,
});

/** READ(12), WRITE(12), VERIFY(12). */
export const ReadWrite12Cdb = struct('READ (12), WRITE (12)', 12, {
  opcode: u8,
  flags: ReadWriteFlags,
  lba: u32be,
  transferLength: u32be,
  groupNumber: u8,
  control: u8,
});

/** READ(16), WRITE(16), VERIFY(16). */
export const ReadWrite16Cdb = struct('READ (16), WRITE (16)', 16, {
  opcode: u8,
  flags: ReadWriteFlags,
  lba: u64cappedBe,
  transferLength: u32be,
  groupNumber: u8,
  control: u8,
});

/** Byte 1 of VERIFY: BYTCHK 0 compares nothing, 1 the whole range, 3 one block repeated. */
export const VerifyFlags = bits(u8, { byteCheck: [1, 2], dpo: [4, 1], protect: [5, 3] });

/** Byte 1 of INQUIRY. */
export const InquiryFlags = bits(u8, { enableVitalProductData: [0, 1], obsolete: [1, 1] });

/** INQUIRY. */
export const InquiryCdb = struct('INQUIRY', 6, {
  opcode: u8,
  flags: InquiryFlags,
  pageCode: u8,
  allocationLength: u16be,
  control: u8,
});

/** Byte 2 of MODE SENSE. */
export const ModePageControl = bits(u8, { pageCode: [0, 6], pageControl: [6, 2] });

/** MODE SENSE(6). */
export const ModeSense6Cdb = struct('MODE SENSE (6)', 6, {
  opcode: u8,
  flags: bits(u8, { disableBlockDescriptors: [3, 1] }),
  page: ModePageControl,
  subpageCode: u8,
  allocationLength: u8,
  control: u8,
});

/** MODE SENSE(10). */
export const ModeSense10Cdb = struct('MODE SENSE (10)', 10, {
  opcode: u8,
  flags: bits(u8, { disableBlockDescriptors: [3, 1], longLbaAccepted: [4, 1] }),
  page: ModePageControl,
  subpageCode: u8,
  reserved: pad(3),
  allocationLength: u16be,
  control: u8,
});

/** REQUEST SENSE. */
export const RequestSenseCdb = struct('REQUEST SENSE', 6, {
  opcode: u8,
  flags: bits(u8, { descriptorFormat: [0, 1] }),
  reserved: pad(2),
  allocationLength: u8,
  control: u8,
});

/** START STOP UNIT. */
export const StartStopUnitCdb = struct('START STOP UNIT', 6, {
  opcode: u8,
  flags: bits(u8, { immediate: [0, 1] }),
  reserved: pad(1),
  powerConditionModifier: u8,
  action: bits(u8, { start: [0, 1], loadEject: [1, 1], noFlush: [2, 1], powerCondition: [4, 4] }),
  control: u8,
});

/** READ CAPACITY(10). */
export const ReadCapacity10Cdb = struct('READ CAPACITY (10)', 10, {
  opcode: u8,
  reserved0: pad(1),
  lba: u32be,
  reserved1: pad(3),
  control: u8,
});

/** SERVICE ACTION IN(16), for READ CAPACITY(16) and GET LBA STATUS. */
export const ServiceActionIn16Cdb = struct('SERVICE ACTION IN (16)', 16, {
  opcode: u8,
  serviceAction: bits(u8, { action: [0, 5] }),
  lba: u64cappedBe,
  allocationLength: u32be,
  reserved: u8,
  control: u8,
});

/** SYNCHRONIZE CACHE(10); zero blocks mean up to the end. */
export const SynchronizeCache10Cdb = struct('SYNCHRONIZE CACHE (10)', 10, {
  opcode: u8,
  flags: bits(u8, { immediate: [1, 1] }),
  lba: u32be,
  groupNumber: u8,
  blockCount: u16be,
  control: u8,
});

/** SYNCHRONIZE CACHE(16). */
export const SynchronizeCache16Cdb = struct('SYNCHRONIZE CACHE (16)', 16, {
  opcode: u8,
  flags: bits(u8, { immediate: [1, 1] }),
  lba: u64cappedBe,
  blockCount: u32be,
  groupNumber: u8,
  control: u8,
});

/** Byte 1 of WRITE SAME. */
export const WriteSameFlags = bits(u8, { noDataOut: [0, 1], unmap: [3, 1], anchor: [4, 1], protect: [5, 3] });

/** WRITE SAME(10). */
export const WriteSame10Cdb = struct('WRITE SAME (10)', 10, {
  opcode: u8,
  flags: WriteSameFlags,
  lba: u32be,
  groupNumber: u8,
  blockCount: u16be,
  control: u8,
});

/** WRITE SAME(16). */
export const WriteSame16Cdb = struct('WRITE SAME (16)', 16, {
  opcode: u8,
  flags: WriteSameFlags,
  lba: u64cappedBe,
  blockCount: u32be,
  groupNumber: u8,
  control: u8,
});

/** UNMAP. */
export const UnmapCdb = struct('UNMAP', 10, {
  opcode: u8,
  flags: bits(u8, { anchor: [0, 1] }),
  reserved: pad(4),
  groupNumber: u8,
  parameterListLength: u16be,
  control: u8,
});

/** REPORT LUNS. */
export const ReportLunsCdb = struct('REPORT LUNS', 12, {
  opcode: u8,
  reserved0: pad(1),
  selectReport: u8,
  reserved1: pad(3),
  allocationLength: u32be,
  reserved2: pad(1),
  control: u8,
});

/** LOG SENSE. */
export const LogSenseCdb = struct('LOG SENSE', 10, {
  opcode: u8,
  flags: u8,
  page: ModePageControl,
  subpageCode: u8,
  reserved: pad(1),
  parameterPointer: u16be,
  allocationLength: u16be,
  control: u8,
});

/** PERSISTENT RESERVE IN. */
export const PersistentReserveInCdb = struct('PERSISTENT RESERVE IN', 10, {
  opcode: u8,
  serviceAction: bits(u8, { action: [0, 5] }),
  reserved: pad(5),
  allocationLength: u16be,
  control: u8,
});

/** PERSISTENT RESERVE OUT. */
export const PersistentReserveOutCdb = struct('PERSISTENT RESERVE OUT', 10, {
  opcode: u8,
  serviceAction: bits(u8, { action: [0, 5] }),
  scopeType: bits(u8, { type: [0, 4], scope: [4, 4] }),
  reserved: pad(2),
  parameterListLength: u32be,
  control: u8,
});
