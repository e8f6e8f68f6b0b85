/** The control page of a ring. VMBus ring buffer. */

/** Byte offsets in the control page. All words are u32; the page holds nothing else. */
export const RingControl = {
  /** Write index: the sender's. */
  IN: 0,
  /** Read index: the receiver's. */
  OUT: 4,
  /** Interrupt mask: 1 means no signal for new data. The receiver's. */
  INTERRUPT_MASK: 8,
  /** Bytes that a blocked sender waits for, 0 none. The sender's. */
  PENDING_SEND_SIZE: 12,
  /** The sender's feature bits. */
  FEATURE_BITS: 64,
} as const;

/** Bit 0 of the feature bits: the side honours pending send size. */
export const RING_FEATURE_PENDING_SEND_SIZE = 1;

/** Bytes of the control page; data begin behind it. */
export const RING_CONTROL_BYTES = 4096;

/** Indices and packets are multiples of this; as much always stays free. */
export const RING_ALIGNMENT = 8;

/** Bytes behind each packet: a zero u32 and the start offset of the packet. */
export const PACKET_TRAILER_BYTES = 8;
