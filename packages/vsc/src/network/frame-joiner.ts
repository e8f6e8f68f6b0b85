/** Puts frames together that the host gives in several parts of one packet. NVSP 6.1, receive segment coalescing. */

import { PacketIdFlag } from '@viridian/protocols/netvsp';
import type { FramePart, HostFrame } from './host-frames.ts';

/** What IP can say, and an Ethernet header. */
const MOST_BYTES = 0xffff + 14;

/** Parts of one frame follow one another. */
export class FrameJoiner {
  readonly #parts: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;
  #first: FramePart | undefined;

  /** The whole frame when this was its last part; `more` when it was not; a text for parts that do not fit. */
  take(part: FramePart): HostFrame | 'more' | { readonly fault: string } {
    if (part.part === 0) return this.#first === undefined ? part : this.#refuse();
    const isFirst = (part.part & PacketIdFlag.FIRST) !== 0;
    if (isFirst !== (this.#first === undefined)) return this.#refuse();
    if (isFirst) this.#first = part;
    this.#parts.push(part.bytes);
    this.#bytes += part.bytes.length;
    if (this.#bytes > MOST_BYTES) return this.#refuse();
    return (part.part & PacketIdFlag.LAST) === 0 ? 'more' : this.#join();
  }

  /** The packet is over: true when a frame is, too. */
  end(): boolean {
    const isOver = this.#first === undefined;
    this.#forget();
    return isOver;
  }

  #join(): HostFrame {
    const bytes = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    const { vlan, verified } = this.#first!;
    this.#forget();
    return { bytes, vlan, verified };
  }

  #refuse(): { readonly fault: string } {
    this.#forget();
    return { fault: 'parts of a frame do not fit together' };
  }

  #forget(): void {
    this.#parts.length = 0;
    this.#bytes = 0;
    this.#first = undefined;
  }
}
