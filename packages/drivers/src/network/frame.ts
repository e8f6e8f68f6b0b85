/** What travels on a virtual network: Ethernet II frames, RFC 894, with what hardware would know about them. */

/** `vlan` of a frame without a tag. */
export const NO_VLAN = -1;

/** What may be said about a frame besides its bytes. */
export interface FrameOptions {
  readonly vlan?: number;
  readonly segmentBytes?: number;
  readonly verified?: boolean;
}

/**
 * One frame. It is handed on by reference to whoever gets it: nobody changes it once it was sent, and who makes one gives
 * it bytes that nobody else writes to.
 */
export class Frame {
  /** From the destination address to the end of the payload: no tag, no frame check sequence. */
  readonly bytes: Uint8Array;
  /** Tag control information (priority 15:13, CFI 12, VLAN 11:0), or `NO_VLAN`. */
  readonly vlan: number;
  /**
   * 0 for an ordinary frame. Otherwise a TCP segment larger than the MTU, to be cut into segments of so many bytes of
   * payload: its lengths and checksums are not filled in. `SegmentCutter` makes ordinary frames of it.
   */
  readonly segmentBytes: number;
  /** All checksums are known to be right, so no receiver needs to look. */
  readonly verified: boolean;

  constructor(bytes: Uint8Array, options: FrameOptions = {}) {
    this.bytes = bytes;
    this.vlan = options.vlan ?? NO_VLAN;
    this.segmentBytes = options.segmentBytes ?? 0;
    this.verified = options.verified ?? false;
  }
}
