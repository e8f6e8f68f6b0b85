/** SRB fields of an EXECUTE_SRB packet: status, flags, lengths. */

/** SRB length field, protocol 5.1 and later. */
export const SRB_BYTES = 0x34;

/** SRB length field up to protocol 4.2. */
export const SRB_BYTES_WIN7 = 0x24;

/** CDB bytes that a request carries, used or not. */
export const SRB_CDB_BYTES = 16;

/** Room for sense data; shares its place with the CDB. */
export const SRB_SENSE_BYTES = 20;

/** `dataIn`: which way the data go, seen from the guest. */
export const SrbDataIn = { WRITE: 0, READ: 1, NONE: 2 } as const;

/** `srbStatus`, bits 5:0. */
export const SrbStatus = {
  PENDING: 0x00,
  SUCCESS: 0x01,
  ABORTED: 0x02,
  ERROR: 0x04,
  BUSY: 0x05,
  INVALID_REQUEST: 0x06,
  NO_DEVICE: 0x08,
  TIMEOUT: 0x09,
  SELECTION_TIMEOUT: 0x0a,
  COMMAND_TIMEOUT: 0x0b,
  BUS_RESET: 0x0e,
  DATA_OVERRUN: 0x12,
  INVALID_LUN: 0x20,
  BAD_FUNCTION: 0x22,
} as const;

/** Bits 7 and 6 of `srbStatus`. */
export const SrbStatusFlag = { AUTOSENSE_VALID: 0x80, QUEUE_FROZEN: 0x40 } as const;

/** The status proper in `srbStatus`. */
export const SRB_STATUS_MASK = 0x3f;

/** `srbFlags`. */
export const SrbFlag = {
  QUEUE_ACTION_ENABLE: 0x0002,
  DISABLE_DISCONNECT: 0x0004,
  DISABLE_SYNCH_TRANSFER: 0x0008,
  BYPASS_FROZEN_QUEUE: 0x0010,
  DISABLE_AUTOSENSE: 0x0020,
  DATA_IN: 0x0040,
  DATA_OUT: 0x0080,
  NO_QUEUE_FREEZE: 0x0100,
  ADAPTER_CACHE_ENABLE: 0x0200,
  FREE_SENSE_BUFFER: 0x0400,
} as const;

/** `queueTag` that asks the host to choose. */
export const QUEUE_TAG_ANY = 0xff;

/** `queueAction`: simple task. */
export const QUEUE_ACTION_SIMPLE = 0x20;

/** `timeoutSeconds` that Linux sets. */
export const SRB_DEFAULT_TIMEOUT_SECONDS = 60;

/** Transaction ids that Linux uses on the storage channel for other things than commands. */
export const LinuxStorvscTransactionId = {
  INITIALIZATION: 0xffff_ffff_ffff_fffdn,
  RESET: 0xffff_ffff_ffff_fffcn,
} as const;
