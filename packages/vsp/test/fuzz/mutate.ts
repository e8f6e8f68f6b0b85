/** Packets that are nearly right: what a fuzzer makes of good ones. */

import type { RawRange } from '../support/raw-guest.ts';

/** A packet of the guest. */
export interface FuzzPacket {
  readonly payload: Uint8Array;
  /** VMPACKET type; in-band, or GPA direct with ranges, unless given. */
  readonly type?: number;
  readonly flags?: number;
  readonly ranges?: readonly RawRange[];
}

/** A repeatable source of numbers (xorshift, 32 bits). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  /** From 0 up to, not including, `below`. */
  below(below: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % below;
  }

  /** True once in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

const INTERESTING = [0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x100, 0xfff, 0x1000, 0x7fff, 0x8000, 0xffff];
const WIDE = [...INTERESTING, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff];
const LONGEST = 4096;

/** The packet with one to four things changed: lengths, offsets, counts, bits, ranges. */
export function mutate(packet: FuzzPacket, others: readonly FuzzPacket[], random: Random): FuzzPacket {
  let payload: Uint8Array<ArrayBuffer> = packet.payload.slice();
  let { ranges } = packet;
  let type = packet.type;
  for (let change = random.oneIn(2) ? 0 : random.below(4); change >= 0; change -= 1) {
    if (ranges !== undefined && random.oneIn(4)) ranges = changedRanges(ranges, random);
    else if (random.oneIn(60)) type = random.below(14);
    else payload = changedBytes(payload, others, random);
  }
  return {
    payload,
    ...(type !== undefined && { type }),
    ...(packet.flags !== undefined && { flags: packet.flags }),
    ...(ranges !== undefined && { ranges }),
  };
}

function changedBytes(
  payload: Uint8Array<ArrayBuffer>,
  others: readonly FuzzPacket[],
  random: Random,
): Uint8Array<ArrayBuffer> {
  const size = payload.length;
  const at = size === 0 ? 0 : random.below(size);
  const view = new DataView(payload.buffer, payload.byteOffset, size);
  switch (random.below(9)) {
    case 0:
      if (size > 0) payload[at] = payload[at]! ^ (1 << random.below(8));
      return payload;
    case 1:
      if (size > 0) payload[at] = random.below(256);
      return payload;
    case 2:
      if (size >= 2) view.setUint16(Math.min(at, size - 2), random.pick(INTERESTING), true);
      return payload;
    case 3:
    case 4:
      if ((at & ~3) + 4 <= size) view.setUint32(at & ~3, random.pick(WIDE), true);
      return payload;
    case 5: {
      // A little more or less than it says now.
      if ((at & ~3) + 4 > size) return payload;
      view.setUint32(at & ~3, view.getUint32(at & ~3, true) + random.below(33) - 16, true);
      return payload;
    }
    case 6:
      return payload.slice(0, at);
    case 7: {
      const more = new Uint8Array(Math.min(LONGEST, size + 1 + random.below(64)));
      more.set(payload.subarray(0, more.length));
      return more;
    }
    default: {
      const other = random.pick(others).payload;
      const cut = other.length === 0 ? 0 : random.below(other.length);
      const front = Math.min(at, LONGEST);
      const back = other.subarray(cut, cut + LONGEST - front);
      const joined = new Uint8Array(front + back.length);
      joined.set(payload.subarray(0, front));
      joined.set(back, front);
      return joined;
    }
  }
}

function changedRanges(ranges: readonly RawRange[], random: Random): readonly RawRange[] {
  const at = random.below(ranges.length);
  const range = ranges[at];
  if (range === undefined) return ranges;
  const wild = [0, 1, 2 ** 20, 2 ** 32, 2 ** 40, 2n ** 52n, 0xffff_ffff_ffff_ffffn];
  const changed: RawRange[] = [...ranges];
  switch (random.below(5)) {
    case 0:
      changed[at] = { ...range, byteCount: random.pick(WIDE) };
      break;
    case 1:
      changed[at] = { ...range, byteOffset: random.pick(WIDE) };
      break;
    case 2:
      changed[at] = { ...range, gpns: range.gpns.map((gpn) => (random.oneIn(2) ? random.pick(wild) : gpn)) };
      break;
    case 3:
      changed[at] = { ...range, gpns: range.gpns.slice(0, random.below(range.gpns.length + 1)) };
      break;
    default:
      if (changed.length < 8) changed.push(range);
  }
  return changed;
}
