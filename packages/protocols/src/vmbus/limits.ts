/** Limits and fixed numbers of VMBus. */

/** Highest relid: one event flag each in 2048, and flag 0 is never used. */
export const MAX_REL_ID = 2047;

/** Longest channel message. */
export const MAX_MESSAGE_BYTES = 240;

/** Message type of VMBus on SynIC ports, both ways. */
export const VMBUS_MESSAGE_TYPE = 1;

/** SINT of VMBus in the guest. */
export const VMBUS_SINT = 2;

/** Vector that Linux gives SINT2. */
export const LINUX_VMBUS_VECTOR = 0xf3;

/** Target VP of a channel that wants no interrupts. */
export const VP_INDEX_NO_INTERRUPT = 0xffff_ffff;

/** Interrupt page (before 2.4): host to guest bits first, guest to host bits from here on. */
export const INTERRUPT_PAGE_GUEST_TO_HOST = 2048;

/**
 * Longest packet from its descriptor on that Linux takes per channel kind; a longer one
 * desynchronises its ring for good.
 */
export const LinuxMaxPacketBytes = {
  STORAGE: 80,
  DEFAULT: 4096,
  VSS: 8192,
  FILE_COPY: 8192,
  DYNAMIC_MEMORY: 8192,
  KVP: 16384,
  HV_SOCK: 16416,
} as const;
