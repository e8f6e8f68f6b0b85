/** Identifiers and page geometry. TLFS, "Basic Data Types" and "Partition Management". */

/** HV_PARTITION_ID_SELF. */
export const HV_PARTITION_ID_SELF = 0xffff_ffff_ffff_ffffn;

/** HV_PARTITION_ID_INVALID. */
export const HV_PARTITION_ID_INVALID = 0n;

/** HV_VP_INDEX_SELF: the calling virtual processor. */
export const HV_VP_INDEX_SELF = 0xffff_fffe;

/** HV_ANY_VP: a port may deliver to any virtual processor. */
export const HV_ANY_VP = 0xffff_ffff;

/** Port and connection ids have 24 bits; the upper 8 must be zero. */
export const PORT_ID_MASK = 0x00ff_ffff;

/** Bytes of a page, everywhere in this interface. */
export const HV_PAGE_BYTES = 4096;

/** A page number is an address shifted by this. */
export const HV_PAGE_SHIFT = 12;

/** Connection ids that VMBus uses towards its host before an offer has named others. */
export const VmbusConnectionId = {
  /** Messages of versions before 5.0. */
  MESSAGE: 1,
  /** Events of channels without a dedicated interrupt. */
  EVENT: 2,
  MONITOR: 3,
  /** InitiateContact of versions from 5.0 on. */
  MESSAGE_4: 4,
} as const;
