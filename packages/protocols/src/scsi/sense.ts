/** Status and sense data. SAM-5, "Status"; SPC-4, "Sense data", "ASC and ASCQ assignments". */

import { bits, pad, struct, u8, u32be } from '@viridian/wire';

/** SCSI status byte. */
export const ScsiStatus = {
  GOOD: 0x00,
  CHECK_CONDITION: 0x02,
  CONDITION_MET: 0x04,
  BUSY: 0x08,
  RESERVATION_CONFLICT: 0x18,
  TASK_SET_FULL: 0x28,
  ACA_ACTIVE: 0x30,
  TASK_ABORTED: 0x40,
} as const;

/** A known SCSI status. */
export type ScsiStatus = (typeof ScsiStatus)[keyof typeof ScsiStatus];

/** Response code of fixed-format sense data about the current command. */
export const SENSE_FIXED_CURRENT = 0x70;

/** Bytes of fixed-format sense data as sent here. */
export const FIXED_SENSE_BYTES = 18;

/** `additionalLength` of 18 bytes of sense data. */
export const FIXED_SENSE_ADDITIONAL_LENGTH = 10;

/** Fixed-format sense data. */
export const FixedSense = struct('Fixed format sense data', 18, {
  response: bits(u8, { code: [0, 7], informationValid: [7, 1] }),
  obsolete: pad(1),
  key: bits(u8, { key: [0, 4], incorrectLength: [5, 1], endOfMedium: [6, 1], filemark: [7, 1] }),
  information: u32be,
  additionalLength: u8,
  commandSpecific: u32be,
  asc: u8,
  ascq: u8,
  fieldReplaceableUnit: u8,
  keySpecific: pad(3),
});

/** Sense keys. */
export const SenseKey = {
  NO_SENSE: 0x0,
  RECOVERED_ERROR: 0x1,
  NOT_READY: 0x2,
  MEDIUM_ERROR: 0x3,
  HARDWARE_ERROR: 0x4,
  ILLEGAL_REQUEST: 0x5,
  UNIT_ATTENTION: 0x6,
  DATA_PROTECT: 0x7,
  BLANK_CHECK: 0x8,
  COPY_ABORTED: 0xa,
  ABORTED_COMMAND: 0xb,
  VOLUME_OVERFLOW: 0xd,
  MISCOMPARE: 0xe,
} as const;

/** A known sense key. */
export type SenseKey = (typeof SenseKey)[keyof typeof SenseKey];

/** Additional sense: ASC in 15:8, ASCQ in 7:0. */
export const AdditionalSense = {
  NONE: 0x0000,
  NOT_READY_INITIALIZING_COMMAND_REQUIRED: 0x0402,
  WRITE_ERROR: 0x0c00,
  UNRECOVERED_READ_ERROR: 0x1100,
  PARAMETER_LIST_LENGTH_ERROR: 0x1a00,
  MISCOMPARE_DURING_VERIFY: 0x1d00,
  INVALID_COMMAND_OPERATION_CODE: 0x2000,
  LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE: 0x2100,
  INVALID_FIELD_IN_CDB: 0x2400,
  LOGICAL_UNIT_NOT_SUPPORTED: 0x2500,
  INVALID_FIELD_IN_PARAMETER_LIST: 0x2600,
  WRITE_PROTECTED: 0x2700,
  SPACE_ALLOCATION_FAILED_WRITE_PROTECT: 0x2707,
  NOT_READY_TO_READY_CHANGE: 0x2800,
  POWER_ON_OR_RESET: 0x2900,
  PARAMETERS_CHANGED: 0x2a00,
  MODE_PARAMETERS_CHANGED: 0x2a01,
  CAPACITY_DATA_HAS_CHANGED: 0x2a09,
  SAVING_PARAMETERS_NOT_SUPPORTED: 0x3900,
  MEDIUM_NOT_PRESENT: 0x3a00,
  TARGET_OPERATING_CONDITIONS_CHANGED: 0x3f00,
  INQUIRY_DATA_CHANGED: 0x3f03,
  REPORTED_LUNS_DATA_CHANGED: 0x3f0e,
  INTERNAL_TARGET_FAILURE: 0x4400,
} as const;

/** A known additional sense code. */
export type AdditionalSense = (typeof AdditionalSense)[keyof typeof AdditionalSense];
