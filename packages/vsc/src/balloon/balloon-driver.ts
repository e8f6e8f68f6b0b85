/** The guest's end of the memory channel: gives pages up when the host asks, and takes them back. Dynamic Memory Protocol. */

import {
  BALLOON_MOST_RANGES,
  BalloonAcceptance,
  BalloonCapabilities,
  BalloonHeader,
  BalloonMessageType,
  BalloonPageRange,
  BalloonRequest,
  BalloonResponse,
  BalloonStatus,
  BalloonVersion,
  BalloonVersionRequest,
  UnballoonRequest,
  UnballoonResponse,
} from '@viridian/protocols/balloon';
import { type Channel, IncomingPacket } from '@viridian/vmbus/ring';

/** A run of guest pages. */
export interface BalloonRange {
  readonly firstGpn: number;
  readonly pageCount: number;
}

/** Where the pages come from. */
export interface BalloonPages {
  /** Pages that nobody needs, up to so many in one run; undefined when there are none to spare. */
  takeOut(mostPages: number): BalloonRange | undefined;
  /** These pages may be used again; they are zero. */
  putBack(range: BalloonRange): void;
}

const LONGEST_PACKET_BYTES = 8192;
/** Newest first. */
const VERSIONS: readonly number[] = Object.values(BalloonVersion).toSorted((a, b) => b - a);

/** Serves an open channel. */
export class BalloonDriver {
  readonly #channel: Channel;
  readonly #pages: BalloonPages;
  readonly #packet = new IncomingPacket(LONGEST_PACKET_BYTES);
  readonly #out = new Map<number, number>();
  readonly #unsent: Uint8Array[] = [];
  #tried = 0;
  #state: 'version' | 'capabilities' | 'ready' | 'refused' = 'version';
  #transactionId = 0;

  /** Begins to negotiate. */
  constructor(channel: Channel, pages: BalloonPages) {
    this.#channel = channel;
    this.#pages = pages;
    channel.onWritable = () => this.#flush();
    channel.onReceive = () => this.#receive();
    this.#askVersion();
  }

  get state(): 'version' | 'capabilities' | 'ready' | 'refused' {
    return this.#state;
  }

  /** What was agreed, e.g. 0x20000; what is being asked for before. */
  get version(): number {
    return VERSIONS[this.#tried]!;
  }

  /** Pages that the host has. */
  get ballooned(): number {
    let pages = 0;
    for (const count of this.#out.values()) pages += count;
    return pages;
  }

  /** Tells the host how the guest is off. */
  report(availablePages: number, committedPages: number): void {
    if (this.#state !== 'ready') return;
    this.#send(BalloonMessageType.STATUS_REPORT, BalloonStatus.size, (header) =>
      BalloonStatus.bytes({
        ...header,
        availablePages: BigInt(availablePages),
        committedPages: BigInt(committedPages),
      }),
    );
  }

  #askVersion(): void {
    const isLastAttempt = this.#tried === VERSIONS.length - 1 ? 1 : 0;
    this.#send(BalloonMessageType.VERSION_REQUEST, BalloonVersionRequest.size, (header) =>
      BalloonVersionRequest.bytes({ ...header, version: this.version, isLastAttempt }),
    );
  }

  #receive(): void {
    const packet = this.#packet;
    while (this.#channel.receive(packet)) {
      const { bytes, payloadOffset, payloadBytes } = packet;
      const wrong = this.#take(new DataView(bytes.buffer, payloadOffset, payloadBytes));
      if (wrong !== undefined) {
        this.#channel.fail(wrong);
        return;
      }
    }
    this.#channel.endReceive();
  }

  /** Acts on a message of the host; says what is wrong with it if the channel must end. */
  #take(payload: DataView): string | undefined {
    if (!BalloonHeader.fits(payload)) return 'message shorter than its header';
    const { type, messageBytes } = BalloonHeader.read(payload);
    if (messageBytes < BalloonHeader.size) return 'message length leaves no header';
    if (messageBytes > payload.byteLength) return 'message length beyond the packet';
    const view = new DataView(payload.buffer, payload.byteOffset, messageBytes);
    switch (type) {
      case BalloonMessageType.VERSION_RESPONSE:
      case BalloonMessageType.CAPABILITIES_RESPONSE:
        return BalloonAcceptance.fits(view) ? this.#accepted(type, view) : 'answer cut short';
      case BalloonMessageType.BALLOON_REQUEST:
        if (this.#state !== 'ready') return 'balloon request before the capabilities';
        if (!BalloonRequest.fits(view)) return 'balloon request cut short';
        this.#giveUp(BalloonRequest.read(view).pageCount);
        return undefined;
      case BalloonMessageType.UNBALLOON_REQUEST:
        return this.#unballoon(view);
      default:
        // Linux passes over what it does not know, too.
        return undefined;
    }
  }

  #accepted(type: number, view: DataView): string | undefined {
    const isAccepted = (BalloonAcceptance.read(view).isAccepted & 1) !== 0;
    const expected = type === BalloonMessageType.VERSION_RESPONSE ? 'version' : 'capabilities';
    if (this.#state !== expected) return 'answer in the wrong state';
    if (this.#state === 'capabilities') {
      this.#state = isAccepted ? 'ready' : 'refused';
    } else if (isAccepted) {
      this.#state = 'capabilities';
      this.#send(BalloonMessageType.CAPABILITIES_REPORT, BalloonCapabilities.size, (header) =>
        BalloonCapabilities.bytes({ ...header, capabilities: { balloon: 1 } }),
      );
    } else if (this.#tried === VERSIONS.length - 1) {
      this.#state = 'refused';
    } else {
      this.#tried += 1;
      this.#askVersion();
    }
    return undefined;
  }

  #giveUp(pageCount: number): void {
    let left = pageCount;
    let isOver = false;
    while (!isOver) {
      const ranges: BalloonRange[] = [];
      while (left > 0 && ranges.length < BALLOON_MOST_RANGES) {
        const range = this.#pages.takeOut(left);
        if (range === undefined) break;
        this.#out.set(range.firstGpn, range.pageCount);
        ranges.push(range);
        left -= range.pageCount;
      }
      isOver = left === 0 || ranges.length < BALLOON_MOST_RANGES;
      this.#respond(ranges, !isOver);
    }
  }

  #respond(ranges: readonly BalloonRange[], more: boolean): void {
    const messageBytes = BalloonResponse.size + ranges.length * BalloonPageRange.size;
    this.#send(BalloonMessageType.BALLOON_RESPONSE, messageBytes, (header) => {
      const bytes = new Uint8Array(messageBytes);
      const view = new DataView(bytes.buffer);
      BalloonResponse.write(view, 0, {
        ...header,
        ranges: { more: more ? 1 : 0, rangeCount: ranges.length },
      });
      ranges.forEach(({ firstGpn, pageCount }, index) => {
        const word = BalloonPageRange.encode({ firstPage: firstGpn, pageCount });
        view.setBigUint64(BalloonResponse.size + index * BalloonPageRange.size, word, true);
      });
      return bytes;
    });
  }

  #unballoon(view: DataView): string | undefined {
    if (!UnballoonRequest.fits(view)) return 'unballoon request cut short';
    const { more, rangeCount } = UnballoonRequest.read(view);
    if (rangeCount > (view.byteLength - UnballoonRequest.size) / BalloonPageRange.size) {
      return 'more ranges than the message holds';
    }
    for (let index = 0; index < rangeCount; index += 1) {
      const word = view.getBigUint64(UnballoonRequest.size + index * BalloonPageRange.size, true);
      const { firstPage, pageCount } = BalloonPageRange.decode(word);
      if (!this.#comeBack(firstPage, pageCount)) return 'pages that the host never had';
    }
    if ((more & 1) === 0) {
      this.#send(BalloonMessageType.UNBALLOON_RESPONSE, UnballoonResponse.size, (header) =>
        UnballoonResponse.bytes(header),
      );
    }
    return undefined;
  }

  /** A run of the host may hold several that were given up, and may begin or end within one. */
  #comeBack(firstGpn: number, pageCount: number): boolean {
    const end = firstGpn + pageCount;
    let at = firstGpn;
    while (at < end) {
      const count = this.#out.get(at) ?? this.#split(at);
      if (count === undefined) return false;
      this.#out.delete(at);
      if (at + count > end) this.#out.set(end, at + count - end);
      at += count;
    }
    this.#pages.putBack({ firstGpn, pageCount });
    return true;
  }

  /** Has a run begin at this page; gives its length, or undefined when the page was never given up. */
  #split(gpn: number): number | undefined {
    for (const [first, count] of this.#out) {
      const after = first + count - gpn;
      if (gpn < first || after <= 0) continue;
      this.#out.set(first, gpn - first);
      this.#out.set(gpn, after);
      return after;
    }
    return undefined;
  }

  #send(
    type: number,
    messageBytes: number,
    make: (header: { type: number; messageBytes: number; transactionId: number }) => Uint8Array,
  ): void {
    this.#transactionId = (this.#transactionId + 1) >>> 0;
    this.#unsent.push(make({ type, messageBytes, transactionId: this.#transactionId }));
    this.#flush();
  }

  #flush(): void {
    let sent = 0;
    for (const message of this.#unsent) {
      if (!this.#channel.sendInBand(0, 0, message, message.length, false)) break;
      sent += 1;
    }
    this.#unsent.splice(0, sent);
    if (sent > 0) this.#channel.endSend();
  }
}
