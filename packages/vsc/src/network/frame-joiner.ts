/** Puts frames together that the host gives in several parts of one packet. NVSP 6.1, receive segment coalescing. */

import { PacketIdFlag } from '@viridian/protocols/netvsp';
import type { HostFrame } from './host-frames.ts';

/** What is known of a part: `HostPacket` has it. */
export interface FramePart {
  readonly dataBytes: number;
  readonly vlan: number;
  readonly verified: boolean;
  /** Flags of `PacketIdFlag`; 0 for a whole frame. */
  readonly part: number;
}

/** What IP can say, and an Ethernet header. */
const MOST_BYTES = 0xffff + 14;

/** Parts of one frame follow one another. For each, `place` says where its bytes belong, and `take` gives the frame if it is whole. */
export class FrameJoiner {
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #filled = 0;
  #vlan = 0;
  #verified = false;
  #isLast = false;

  /** Where to copy the bytes of this part; undefined when it does not fit to what was before it. */
  place({ dataBytes, vlan, verified, part }: FramePart): Uint8Array<ArrayBuffer> | undefined {
    const isFirst = part === 0 || (part & PacketIdFlag.FIRST) !== 0;
    const isStarted = this.#bytes !== undefined;
    if (isFirst === isStarted || this.#filled + dataBytes > MOST_BYTES) {
      this.end();
      return undefined;
    }
    this.#isLast = part === 0 || (part & PacketIdFlag.LAST) !== 0;
    if (isFirst) {
      this.#vlan = vlan;
      this.#verified = verified;
    }
    this.#bytes ??= new Uint8Array(this.#isLast ? dataBytes : MOST_BYTES);
    const from = this.#filled;
    this.#filled += dataBytes;
    return this.#bytes.subarray(from, this.#filled);
  }

  /** The frame, after its last part was filled in; undefined before. */
  take(): HostFrame | undefined {
    if (!this.#isLast || this.#bytes === undefined) return undefined;
    const frame = {
      bytes: this.#bytes.subarray(0, this.#filled),
      vlan: this.#vlan,
      verified: this.#verified,
    };
    this.end();
    return frame;
  }

  /** The packet is over: true when a frame is, too. */
  end(): boolean {
    const isOver = this.#bytes === undefined;
    this.#bytes = undefined;
    this.#filled = 0;
    this.#isLast = false;
    return isOver;
  }
}
