/** A packet as it was taken off a ring: a private copy, checked before anybody looks at it. VMBus, Ring Packets. */

/**
 * Room for one incoming packet, reused for packet after packet: `Channel.receive` fills it and allocates nothing.
 * All fields are of the packet taken last.
 */
export class IncomingPacket {
  /** The longest packet that is taken, descriptor included, trailer not; a longer one ends the channel. */
  readonly maxBytes: number;
  /** The whole packet beginning with its descriptor; valid up to `packetBytes`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  /** The same bytes as words, for copying. */
  readonly words: Int32Array<ArrayBuffer>;

  /** VMPACKET type, e.g. 6 in-band, 9 GPA direct, 11 completion. */
  type = 0;
  /** Bit 0: the sender wants a completion packet. */
  flags = 0;
  /** The 64-bit transaction id in halves. */
  idLow = 0;
  idHigh = 0;
  packetBytes = 0;
  /** Where the payload begins in `bytes`. */
  payloadOffset = 0;
  /** Length of the payload, known only to a multiple of 8. */
  payloadBytes = 0;

  /** Ranges of a GPA direct or transfer page packet; 0 for the others. */
  rangeCount = 0;
  /** Transfer page packets: the set that the ranges lie in. */
  transferPageSetId = 0;
  /** Page numbers of all ranges, one range behind the other; valid up to `gpnCount`. */
  gpns: Float64Array<ArrayBuffer> = new Float64Array(0);
  gpnCount = 0;
  #ranges: Uint32Array<ArrayBuffer> = new Uint32Array(0);

  /** `maxBytes` is rounded up to 8; 65536 covers what Linux sends to any device. */
  constructor(maxBytes: number) {
    this.maxBytes = (maxBytes + 7) & ~7;
    const buffer = new ArrayBuffer(this.maxBytes);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.words = new Int32Array(buffer);
  }

  get completionRequested(): boolean {
    return (this.flags & 1) !== 0;
  }

  /** The id as one number, for traces and tests; makes a bigint. */
  get transactionId(): bigint {
    return (BigInt(this.idHigh) << 32n) | BigInt(this.idLow);
  }

  /** Bytes of range `index`. */
  rangeByteCount(index: number): number {
    return this.#ranges[index * 3]!;
  }

  /** Where range `index` begins in its first page (GPA direct, below 4096) or in the page set (transfer pages). */
  rangeByteOffset(index: number): number {
    return this.#ranges[index * 3 + 1]!;
  }

  /** Index in `gpns` of the first page of range `index`; GPA direct only. */
  rangeFirstGpn(index: number): number {
    return this.#ranges[index * 3 + 2]!;
  }

  /** Makes room for `count` ranges; keeps what is large enough. */
  reserveRanges(count: number): void {
    if (this.#ranges.length < count * 3) this.#ranges = new Uint32Array(count * 3 * 2);
    if (this.gpns.length === 0) this.gpns = new Float64Array(this.maxBytes >> 3);
  }

  /** Fills in range `index`. */
  setRange(index: number, byteCount: number, byteOffset: number, firstGpn: number): void {
    this.#ranges[index * 3] = byteCount;
    this.#ranges[index * 3 + 1] = byteOffset;
    this.#ranges[index * 3 + 2] = firstGpn;
  }
}
