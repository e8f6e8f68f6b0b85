/** Synthetic interrupt controller: message and event flag pages, message slots. TLFS, "Inter-Partition Communication". */

import { bytes, pad, struct, u8, u32, u64 } from '@viridian/wire';

/** Synthetic interrupt sources per VP. */
export const SINT_COUNT = 16;

/** HV_MESSAGE_SIZE: one slot of the SIM page, and the input block of HvCallPostMessage. */
export const HV_MESSAGE_BYTES = 256;

/** Most payload that one message carries. */
export const HV_MESSAGE_MAX_PAYLOAD_BYTES = 240;

/** Bytes of the event flags of one SINT in the SIEF page. */
export const HV_EVENT_FLAGS_BYTES = 256;

/** Event flags of one SINT. */
export const HV_EVENT_FLAGS_COUNT = 2048;

/** Buffers that a message port has: messages queued to it, never more. */
export const PORT_MESSAGE_BUFFERS = 16;

/** SIM page: 16 slots of 256 bytes. */
export const SIM_PAGE_BYTES = 4096;

/** SIEF page: 16 times 2048 flags. */
export const SIEF_PAGE_BYTES = 4096;

/** SINT that VMBus uses in the guest. */
export const VMBUS_MESSAGE_SINT = 2;

/** HV_MESSAGE_TYPE. Guests post types below 0x80000000 only. */
export const HvMessageType = {
  NONE: 0x0000_0000,
  /** What VMBus posts, both ways. */
  VMBUS: 0x0000_0001,
  UNMAPPED_GPA: 0x8000_0000,
  GPA_INTERCEPT: 0x8000_0001,
  TIMER_EXPIRED: 0x8000_0010,
  INVALID_VP_REGISTER_VALUE: 0x8000_0020,
  UNRECOVERABLE_EXCEPTION: 0x8000_0021,
  UNSUPPORTED_FEATURE: 0x8000_0022,
  X64_IO_PORT_INTERCEPT: 0x8001_0000,
  X64_MSR_INTERCEPT: 0x8001_0001,
  X64_CPUID_INTERCEPT: 0x8001_0002,
  X64_EXCEPTION_INTERCEPT: 0x8001_0003,
  X64_APIC_EOI: 0x8001_0004,
  X64_LEGACY_FP_ERROR: 0x8001_0005,
} as const;

/** Bit 31 of a message type: reserved for the hypervisor's own messages. */
export const HV_MESSAGE_TYPE_HYPERVISOR = 0x8000_0000;

/** Bit 0 of a message's flags: more messages wait for this slot, write EOM after emptying it. */
export const MESSAGE_FLAG_PENDING = 1;

/**
 * HV_MESSAGE_HEADER. Payload size stands before the flags: TLFS 2.0 and 6.0 print bytes 4 to 7 reversed, all
 * implementations agree on this order. `origin` is the port id for posted messages, the partition id for
 * intercepts, 0 for timers.
 */
export const MessageHeader = struct('HV_MESSAGE_HEADER', 16, {
  messageType: u32,
  payloadSize: u8,
  flags: u8,
  reserved: pad(2),
  origin: u64,
});

/** HV_MESSAGE: one slot of the SIM page. */
export const Message = struct('HV_MESSAGE', 256, { header: MessageHeader, payload: bytes(240) });

/** Byte offset of SINT `sint` in the SIM page and in the SIEF page. */
export function sintSlot(sint: number): number {
  return sint * 256;
}
