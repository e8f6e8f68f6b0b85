/** Takes memory from a guest and gives it back: the host's end of the memory channel. Dynamic Memory Protocol. */

import {
  BALLOON_MOST_RANGES,
  BALLOON_RANGE_PAGES,
  BalloonAcceptance,
  BalloonMessageType,
  BalloonPageRange,
  BalloonRequest,
  BalloonVersion,
  UnballoonRequest,
} from '@viridian/protocols/balloon';
import { InterfaceId, LinuxMaxPacketBytes, NtStatus } from '@viridian/protocols/vmbus';
import { type Counters, counters, type Inspectable, type InspectNode } from '@viridian/trace';
import type { HostChannel, OfferedDevice } from '@viridian/vmbus/host';
import { type BusClock, IncomingPacket, PAGE_BYTES } from '@viridian/vmbus/ring';
import { type GuestMessage, parseGuestMessage } from './guest-message.ts';
import { type PageRange, PageRanges } from './page-ranges.ts';
import { balloonStatusTrace, balloonTrace } from './trace-points.ts';

/** The guest's memory, as far as ballooning is concerned. */
export interface BalloonMemory {
  /** Pages that the guest began with. */
  readonly pageCount: number;
  /** Whether all these pages are RAM that the guest began with. */
  isRam(range: PageRange): boolean;
  /** The guest gave these pages up: it sees them no more, and what they hold is forgotten. */
  take(ranges: readonly PageRange[]): void;
  /** The pages are the guest's again, all zero. */
  give(ranges: readonly PageRange[]): void;
}

/** Settings of the device. */
export interface BalloonSettings {
  readonly instanceId: string;
  readonly memory: BalloonMemory;
  readonly clock: BusClock;
  /** Path in traces; `balloon` when absent. */
  readonly where?: string;
}

/** How a guest says it is off, in bytes. */
export interface MemoryStatus {
  readonly availableBytes: number;
  readonly committedBytes: number;
}

type State = 'closed' | 'version' | 'capabilities' | 'ready' | 'unable';
type Operation = 'idle' | 'balloon' | 'unballoon';

const VERSIONS: readonly number[] = Object.values(BalloonVersion);
const LONGEST_PACKET_BYTES = 8192;
/** Pages of one request: 128 MiB. */
const REQUEST_PAGES = 2 ** 15;
/** A guest that says nothing for so long keeps nobody waiting. Linux with hibernation never answers. */
const ANSWER_UNITS = 30 * 10_000_000;
/** A guest that gave less than it was asked for is not asked again sooner. */
const RETRY_UNITS = 10 * 10_000_000;

/** Offer it to a guest with `VmbusHost.offer`. */
export class Balloon implements OfferedDevice, Inspectable {
  readonly interfaceId: string = InterfaceId.DYNAMIC_MEMORY;
  readonly instanceId: string;
  readonly maxPacketBytes = LinuxMaxPacketBytes.DYNAMIC_MEMORY;
  readonly counters: Counters<'statusReports' | 'pagesTaken' | 'pagesGiven' | 'shortfalls' | 'timeouts'> =
    counters({
      statusReports: 0,
      pagesTaken: 0,
      pagesGiven: 0,
      shortfalls: 0,
      timeouts: 0,
    });
  /** Hears how the guest is off, about once a second. */
  onStatus: ((status: MemoryStatus) => void) | undefined;
  readonly #memory: BalloonMemory;
  readonly #clock: BusClock;
  readonly #where: string;
  readonly #packet = new IncomingPacket(LONGEST_PACKET_BYTES);
  readonly #held = new PageRanges();
  /** Of those: still mapped. */
  #untaken: PageRange[] = [];
  #channel: HostChannel | undefined;
  #state: State = 'closed';
  #operation: Operation = 'idle';
  /** Pages that the guest was asked for and has not given. */
  #owed = 0;
  /** Pages that the guest is to do without. */
  #wanted = 0;
  #retryAt = 0;
  #status: MemoryStatus | undefined;
  /** Messages that the ring had no room for. */
  #unsent: Uint8Array[] = [];
  #waiters: (() => void)[] = [];
  #timer: unknown;
  #transactionId = 0;

  constructor(settings: BalloonSettings) {
    this.instanceId = settings.instanceId;
    this.#memory = settings.memory;
    this.#clock = settings.clock;
    this.#where = settings.where ?? 'balloon';
  }

  /** The guest has a driver that can balloon. */
  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** What the guest has now. */
  get memoryBytes(): number {
    return (this.#memory.pageCount - this.#held.pageCount) * PAGE_BYTES;
  }

  /** What the guest said last; undefined before it has. Linux begins after 45 s. */
  get status(): MemoryStatus | undefined {
    return this.#status;
  }

  /**
   * Has the guest make do with so many bytes, rounded up to pages, from now on: what it cannot give now it is asked for again.
   * Settles when the target is reached, the guest gave what it could, or says nothing for 30 s, with the bytes that it has then;
   * at once while the guest has no driver. Throws RangeError for more than the guest began with.
   */
  setTarget(memoryBytes: number): Promise<number> {
    const pages = Math.ceil(memoryBytes / PAGE_BYTES);
    if (!(pages >= 0 && pages <= this.#memory.pageCount)) {
      throw new RangeError(
        `${memoryBytes} bytes: the guest has from 0 to ${this.#memory.pageCount * PAGE_BYTES}`,
      );
    }
    this.#wanted = this.#memory.pageCount - pages;
    this.#retryAt = 0;
    return new Promise((resolve) => {
      this.#waiters.push(() => resolve(this.memoryBytes));
      this.#steer();
    });
  }

  open(channel: HostChannel): number {
    this.#channel = channel;
    this.#state = 'version';
    channel.onReceive = () => this.#receive();
    channel.onWritable = () => this.#flush();
    return NtStatus.SUCCESS;
  }

  /** Whatever comes next, a new driver or a new system, finds all memory. */
  closed(channel: HostChannel): void {
    if (channel !== this.#channel) return;
    this.#channel = undefined;
    this.#state = 'closed';
    this.#stopTimer();
    this.#operation = 'idle';
    this.#owed = 0;
    this.#unsent = [];
    this.#status = undefined;
    this.#retryAt = 0;
    this.#takeHeld();
    const ranges = this.#held.remove(this.#held.pageCount, Number.POSITIVE_INFINITY, BALLOON_RANGE_PAGES);
    this.#memory.give(ranges);
    this.#settle();
  }

  inspect(): InspectNode {
    return {
      state: this.#state,
      operation: this.#operation,
      memoryBytes: this.memoryBytes,
      targetBytes: (this.#memory.pageCount - this.#wanted) * PAGE_BYTES,
      ranges: this.#held.rangeCount,
      status: this.#status === undefined ? undefined : { ...this.#status },
      counters: { ...this.counters },
    };
  }

  #receive(): void {
    const channel = this.#channel;
    const packet = this.#packet;
    while (channel?.receive(packet) === true) {
      const { bytes, payloadOffset, payloadBytes } = packet;
      const message = parseGuestMessage(bytes.subarray(payloadOffset, payloadOffset + payloadBytes));
      const wrong = typeof message === 'string' ? message : this.#take(message);
      if (wrong !== undefined) {
        channel.fail(wrong);
        return;
      }
    }
    channel?.endReceive();
  }

  /** Acts on a message; says what is wrong with it if the channel must end. */
  #take(message: GuestMessage): string | undefined {
    switch (message.kind) {
      case 'version':
        if (this.#state !== 'version') return 'version request in the wrong state';
        return this.#version(message.version);
      case 'capabilities':
        if (this.#state !== 'capabilities') return 'capabilities in the wrong state';
        this.#accept(BalloonMessageType.CAPABILITIES_RESPONSE, true);
        this.#state = message.canBalloon ? 'ready' : 'unable';
        queueMicrotask(() => this.#steer());
        return undefined;
      case 'status':
        if (this.#state !== 'ready' && this.#state !== 'unable') return 'status in the wrong state';
        this.#reported(message.availablePages, message.committedPages);
        return undefined;
      case 'balloon':
        if (this.#operation !== 'balloon') return 'pages that nobody asked for';
        return this.#ballooned(message.ranges, message.more);
      case 'unballoon':
        if (this.#operation !== 'unballoon' || this.#unsent.length > 0) return 'thanks for no pages';
        this.#done();
        return undefined;
      case 'hot-add':
        return 'answer to no hot-add';
      default:
        return message satisfies never;
    }
  }

  #version(version: number): undefined {
    const isKnown = VERSIONS.includes(version);
    this.#accept(BalloonMessageType.VERSION_RESPONSE, isKnown);
    if (isKnown) this.#state = 'capabilities';
  }

  #reported(availablePages: bigint, committedPages: bigint): void {
    const bytes = (pages: bigint): number => Number(pages) * PAGE_BYTES;
    this.#status = { availableBytes: bytes(availablePages), committedBytes: bytes(committedPages) };
    this.counters.statusReports += 1;
    balloonStatusTrace.emit(this.#where, availablePages, committedPages);
    this.onStatus?.(this.#status);
    if (this.#held.pageCount < this.#wanted) queueMicrotask(() => this.#steer());
  }

  #ballooned(ranges: readonly PageRange[], more: boolean): string | undefined {
    for (const range of ranges) {
      if (range.pageCount === 0) return 'a range of no pages';
      if (range.pageCount > this.#owed) return 'more pages than were asked for';
      if (!this.#memory.isRam(range)) return 'a range that is not memory';
      if (!this.#held.add(range)) return 'a page that was given up before';
      this.#untaken.push(range);
      this.#owed -= range.pageCount;
      this.counters.pagesTaken += range.pageCount;
    }
    const channel = this.#channel;
    this.#startTimer();
    // We may be within a turn of the guest's processor: its memory changes after that.
    queueMicrotask(() => {
      this.#takeHeld();
      if (!more && this.#channel === channel) this.#gaveAll();
    });
    return undefined;
  }

  #takeHeld(): void {
    const ranges = this.#untaken;
    this.#untaken = [];
    this.#memory.take(ranges);
  }

  #gaveAll(): void {
    if (this.#owed > 0) {
      this.counters.shortfalls += 1;
      this.#retryAt = this.#clock.now() + RETRY_UNITS;
    }
    this.#owed = 0;
    this.#done();
  }

  #done(): void {
    balloonTrace.emit(this.#where, this.counters.pagesTaken, this.#held.pageCount, this.#wanted);
    this.#operation = 'idle';
    this.#stopTimer();
    queueMicrotask(() => this.#steer());
  }

  /** Does the next step towards the target, if there is one to do now. */
  #steer(): void {
    if (this.#state !== 'ready') {
      this.#settle();
      return;
    }
    if (this.#operation !== 'idle') return;
    const missing = this.#wanted - this.#held.pageCount;
    if (missing > 0 && this.#clock.now() >= this.#retryAt) this.#askFor(Math.min(missing, REQUEST_PAGES));
    else if (missing < 0) this.#giveBack(-missing);
    else this.#settle();
  }

  #askFor(pageCount: number): void {
    this.#operation = 'balloon';
    this.#startTimer();
    this.#owed = pageCount;
    const type = BalloonMessageType.BALLOON_REQUEST;
    this.#send(BalloonRequest.bytes({ ...this.#header(type, BalloonRequest.size), pageCount }));
  }

  #giveBack(pageCount: number): void {
    this.#operation = 'unballoon';
    this.#startTimer();
    let left = pageCount;
    while (left > 0) {
      const ranges = this.#held.remove(left, BALLOON_MOST_RANGES, BALLOON_RANGE_PAGES);
      for (const range of ranges) left -= range.pageCount;
      this.#memory.give(ranges);
      this.#send(this.#unballoonBytes(ranges, left > 0));
    }
    this.counters.pagesGiven += pageCount;
  }

  #unballoonBytes(ranges: readonly PageRange[], more: boolean): Uint8Array {
    const bytes = new Uint8Array(UnballoonRequest.size + ranges.length * BalloonPageRange.size);
    const view = new DataView(bytes.buffer);
    UnballoonRequest.write(view, 0, {
      ...this.#header(BalloonMessageType.UNBALLOON_REQUEST, bytes.length),
      more: more ? 1 : 0,
      rangeCount: ranges.length,
    });
    ranges.forEach(({ firstGpn, pageCount }, index) => {
      const range = BalloonPageRange.encode({ firstPage: firstGpn, pageCount });
      view.setBigUint64(UnballoonRequest.size + index * BalloonPageRange.size, range, true);
    });
    return bytes;
  }

  #accept(type: number, isAccepted: boolean): void {
    const header = this.#header(type, BalloonAcceptance.size);
    this.#send(BalloonAcceptance.bytes({ ...header, isAccepted: isAccepted ? 1 : 0 }));
  }

  #header(type: number, messageBytes: number): { type: number; messageBytes: number; transactionId: number } {
    this.#transactionId = (this.#transactionId + 1) >>> 0;
    return { type, messageBytes, transactionId: this.#transactionId };
  }

  #send(message: Uint8Array): void {
    this.#unsent.push(message);
    this.#flush();
  }

  #flush(): void {
    const channel = this.#channel;
    if (channel === undefined) return;
    let sent = 0;
    for (const message of this.#unsent) {
      if (!channel.sendInBand(0, 0, message, message.length, false)) break;
      sent += 1;
    }
    this.#unsent.splice(0, sent);
    if (sent > 0) channel.endSend();
  }

  #startTimer(): void {
    this.#stopTimer();
    this.#timer = this.#clock.schedule(this.#clock.now() + ANSWER_UNITS, () => {
      this.#timer = undefined;
      this.counters.timeouts += 1;
      this.#settle();
    });
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) this.#clock.cancel(this.#timer as never);
    this.#timer = undefined;
  }

  #settle(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const settle of waiters) settle();
  }
}
