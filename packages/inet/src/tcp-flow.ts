/** One end of a TCP connection: segments of a peer on one side, a socket on the other. RFC 9293, 6298, 7323. */

import { SendQueue } from './send-queue.ts';
import { MOST_UNCUT_BYTES, type TcpFields, TcpFlag, type TcpSegment } from './tcp-segment.ts';
import type { TcpEvents, TcpSocket } from './tcp-socket.ts';

/** What a flow needs of its owner. */
export interface TcpFlowSettings {
  /** Payload that fits one packet of the network. */
  readonly mss: number;
  /** Payload of the largest segment to emit: 60,000 when absent, which who takes it cuts; `mss` where nobody does. */
  readonly largestSegmentBytes?: number;
  /** Sends a segment to the peer; payloads above `segmentBytes` are cut on the way. */
  readonly emit: (fields: TcpFields, payload: readonly Uint8Array[], segmentBytes: number) => void;
  readonly after: (milliseconds: number, callback: () => void) => () => void;
  /** The flow is over. Called once. */
  readonly done: () => void;
}

type State = 'connecting' | 'syn-sent' | 'syn-received' | 'open' | 'done';

/** Bytes of the socket that wait for the peer, and of the peer that wait for the socket. */
const MOST_QUEUED_BYTES = 512 * 1024;
const MOST_PENDING_BYTES = 512 * 1024;
/** Bytes on their way to the peer: an adapter's receive buffer must hold them beside other traffic. */
const MOST_IN_FLIGHT_BYTES = 512 * 1024;
const OWN_WINDOW_SCALE = 4;
const DEFAULT_MSS = 536;
const FIRST_TIMEOUT_MS = 250;
const LONGEST_TIMEOUT_MS = 10_000;
const MOST_RETRIES = 12;
const DUPLICATES_OF_A_LOSS = 3;
const TWO_TO_32 = 2 ** 32;

/** Frames may be lost on the way, so what is sent is kept until it is acknowledged; what comes out of order comes again. */
export class TcpFlow implements TcpEvents {
  /** Set by the owner before anything happens. */
  socket: TcpSocket | undefined;
  readonly #settings: TcpFlowSettings;
  readonly #queue = new SendQueue();
  #state: State;
  #mss = DEFAULT_MSS;
  #sendUnacknowledged: number;
  #sendNext: number;
  #receiveNext = 0;
  #peerWindow = 0;
  #peerScale = 0;
  #ownScale = 0;
  #advertised = 0;
  #duplicates = 0;
  #socketEnded = false;
  #peerEnded = false;
  #isPaused = false;
  #ackDue = false;
  #retries = 0;
  #cancelTimer: (() => void) | undefined;

  /** `opening` is the peer's SYN; undefined when it is the peer that is connected to. */
  constructor(settings: TcpFlowSettings, opening: TcpSegment | undefined) {
    this.#settings = settings;
    const first = Math.floor(Math.random() * TWO_TO_32);
    this.#sendUnacknowledged = first;
    this.#sendNext = first;
    this.#state = opening === undefined ? 'syn-sent' : 'connecting';
    if (opening !== undefined) this.#takeOptions(opening);
  }

  get state(): State {
    return this.#state;
  }

  /** Connects to the peer. */
  start(): void {
    this.#sendSyn();
  }

  // What the socket tells.

  connected(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'syn-received';
    this.#sendSyn();
  }

  received(bytes: Uint8Array): void {
    if (this.#state === 'done') return;
    this.#queue.add(bytes);
    if (this.#queue.bytes > MOST_QUEUED_BYTES && !this.#isPaused) {
      this.#isPaused = true;
      this.socket?.pause();
    }
    this.#output();
  }

  ended(): void {
    this.#socketEnded = true;
    this.#output();
  }

  drained(): void {
    // The peer may stand before a window that was small.
    if (this.#state === 'open' && this.#advertised < MOST_PENDING_BYTES / 2) this.#acknowledge();
  }

  closed(refused: boolean): void {
    if (this.#state === 'done') return;
    if (refused || this.#state !== 'open') this.abort();
    else this.ended();
  }

  /** Resets both ends. */
  abort(): void {
    if (this.#state === 'done') return;
    this.#emit(TcpFlag.RST | TcpFlag.ACK, this.#sendNext, []);
    this.#finish(true);
  }

  /** A segment of the peer. */
  segment(segment: TcpSegment): void {
    if (this.#state === 'done') return;
    const { flags } = segment;
    if ((flags & TcpFlag.RST) !== 0) {
      const isExpected = this.#state === 'syn-sent' || segment.sequence === this.#receiveNext;
      if (isExpected) this.#finish(true);
    } else if ((flags & TcpFlag.SYN) !== 0) {
      this.#takeSyn(segment);
    } else if ((flags & TcpFlag.ACK) !== 0 && this.#state !== 'connecting' && this.#state !== 'syn-sent') {
      this.#takeAcknowledgement(segment);
      this.#takePayload(segment);
      this.#output();
      this.#finishIfOver();
    }
  }

  #takeSyn(segment: TcpSegment): void {
    if (this.#state === 'syn-received') this.#sendSyn();
    else if (this.#state === 'syn-sent' && segment.acknowledgement === add(this.#sendUnacknowledged, 1)) {
      this.#takeOptions(segment);
      this.#becomeOpen(segment);
      this.#peerWindow = segment.window;
      this.#acknowledge();
      this.#output();
    }
  }

  #takeOptions({ sequence, mss = DEFAULT_MSS, windowScale }: TcpSegment): void {
    this.#receiveNext = add(sequence, 1);
    this.#mss = Math.max(48, Math.min(mss, this.#settings.mss));
    this.#peerScale = windowScale ?? 0;
    this.#ownScale = windowScale === undefined ? 0 : OWN_WINDOW_SCALE;
  }

  #becomeOpen(segment: TcpSegment): void {
    this.#state = 'open';
    this.#sendUnacknowledged = segment.acknowledgement;
    this.#sendNext = segment.acknowledgement;
    this.#retries = 0;
    this.#stopTimer();
    this.socket?.resume();
  }

  #takeAcknowledgement(segment: TcpSegment): void {
    const { acknowledgement, window } = segment;
    if (this.#state === 'syn-received') {
      if (acknowledgement !== add(this.#sendUnacknowledged, 1)) return;
      this.#becomeOpen(segment);
    }
    const acknowledged = distance(this.#sendUnacknowledged, acknowledgement);
    const inFlight = distance(this.#sendUnacknowledged, this.#sendNext);
    // After going back, more may be acknowledged than was sent again.
    const most = this.#queue.bytes + (this.#socketEnded ? 1 : 0);
    const newWindow = window * 2 ** this.#peerScale;
    if (acknowledged > 0 && acknowledged <= most) this.#advance(acknowledged);
    else if (
      acknowledged === 0 &&
      inFlight > 0 &&
      segment.payload.length === 0 &&
      newWindow === this.#peerWindow
    ) {
      this.#duplicates += 1;
      if (this.#duplicates === DUPLICATES_OF_A_LOSS) this.#sendNext = this.#sendUnacknowledged;
    }
    this.#peerWindow = newWindow;
  }

  #advance(acknowledged: number): void {
    const bytes = Math.min(acknowledged, this.#queue.bytes);
    this.#isFinAcknowledged = acknowledged > bytes;
    this.#queue.drop(bytes);
    this.#sendUnacknowledged = add(this.#sendUnacknowledged, acknowledged);
    if (distance(this.#sendUnacknowledged, this.#sendNext) < 0) this.#sendNext = this.#sendUnacknowledged;
    this.#duplicates = 0;
    this.#retries = 0;
    this.#stopTimer();
    if (this.#isPaused && this.#queue.bytes < MOST_QUEUED_BYTES / 2) {
      this.#isPaused = false;
      this.socket?.resume();
    }
  }

  #isFinAcknowledged = false;

  #takePayload({ sequence, payload, flags }: TcpSegment): void {
    const hasFin = (flags & TcpFlag.FIN) !== 0;
    const known = distance(sequence, this.#receiveNext);
    if (payload.length === 0 && !hasFin) {
      // Who repeats what is long known asks whether there is room again: the answer may have been lost.
      if (known > 0) this.#acknowledge();
      return;
    }
    if (known < 0 || known > payload.length || this.#peerEnded) {
      // A gap before it, or nothing new in it: say again what is expected.
      this.#acknowledge();
      return;
    }
    const fresh = payload.subarray(known, known + this.#room());
    if (fresh.length > 0) {
      this.socket?.write(fresh);
      this.#receiveNext = add(this.#receiveNext, fresh.length);
    }
    if (hasFin && known + fresh.length === payload.length) {
      this.#peerEnded = true;
      this.#receiveNext = add(this.#receiveNext, 1);
      this.socket?.end();
    }
    this.#acknowledgeSoon();
  }

  /** Sends what the peer's window allows, and the end behind the last byte. */
  #output(): void {
    if (this.#state !== 'open') return;
    for (;;) {
      const inFlight = distance(this.#sendUnacknowledged, this.#sendNext);
      const window = Math.min(this.#peerWindow, MOST_IN_FLIGHT_BYTES) - inFlight;
      const count = Math.min(this.#queue.bytes - inFlight, window, this.#mostSegmentBytes());
      if (count <= 0) break;
      this.#emit(TcpFlag.ACK | TcpFlag.PSH, this.#sendNext, this.#queue.slice(inFlight, count));
      this.#sendNext = add(this.#sendNext, count);
    }
    const isFinDue = this.#socketEnded && !this.#isFinAcknowledged;
    if (isFinDue && distance(this.#sendUnacknowledged, this.#sendNext) === this.#queue.bytes) {
      this.#emit(TcpFlag.ACK | TcpFlag.FIN, this.#sendNext, []);
      this.#sendNext = add(this.#sendNext, 1);
    }
    if (this.#queue.bytes > 0 || isFinDue) this.#startTimer();
  }

  /** Whole packets, so that cutting leaves no small ones. */
  #mostSegmentBytes(): number {
    const most = this.#settings.largestSegmentBytes ?? MOST_UNCUT_BYTES;
    return Math.max(1, Math.floor(most / this.#mss)) * this.#mss;
  }

  #sendSyn(): void {
    const isAnswer = this.#state === 'syn-received';
    const scale = isAnswer && this.#ownScale === 0 ? undefined : OWN_WINDOW_SCALE;
    this.#settings.emit(
      {
        flags: TcpFlag.SYN | (isAnswer ? TcpFlag.ACK : 0),
        sequence: this.#sendUnacknowledged,
        acknowledgement: this.#receiveNext,
        window: 0xffff,
        mss: this.#settings.mss,
        ...(scale === undefined ? {} : { windowScale: scale }),
      },
      [],
      this.#settings.mss,
    );
    this.#sendNext = add(this.#sendUnacknowledged, 1);
    this.#startTimer();
  }

  #acknowledgeSoon(): void {
    if (this.#ackDue) return;
    this.#ackDue = true;
    queueMicrotask(() => {
      if (this.#ackDue && this.#state === 'open') this.#acknowledge();
    });
  }

  #acknowledge(): void {
    this.#emit(TcpFlag.ACK, this.#sendNext, []);
  }

  #emit(flags: number, sequence: number, payload: readonly Uint8Array[]): void {
    this.#ackDue = false;
    const scaled = Math.min(0xffff, Math.floor(this.#room() / 2 ** this.#ownScale));
    this.#advertised = scaled * 2 ** this.#ownScale;
    const fields = { flags, sequence, acknowledgement: this.#receiveNext, window: scaled };
    this.#settings.emit(fields, payload, this.#mss);
  }

  #room(): number {
    return Math.max(0, MOST_PENDING_BYTES - (this.socket?.pendingBytes ?? 0));
  }

  #startTimer(): void {
    if (this.#cancelTimer !== undefined) return;
    const delay = Math.min(FIRST_TIMEOUT_MS * 2 ** this.#retries, LONGEST_TIMEOUT_MS);
    this.#cancelTimer = this.#settings.after(delay, () => {
      this.#cancelTimer = undefined;
      this.#timedOut();
    });
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /** Nothing was acknowledged for too long: all is sent again from there, or one byte to ask for the window. */
  #timedOut(): void {
    this.#retries += 1;
    if (this.#retries > MOST_RETRIES) {
      this.abort();
      return;
    }
    if (this.#state !== 'open') {
      this.#sendSyn();
      return;
    }
    this.#sendNext = this.#sendUnacknowledged;
    if (this.#peerWindow === 0 && this.#queue.bytes > 0) {
      this.#emit(TcpFlag.ACK, this.#sendNext, this.#queue.slice(0, 1));
      this.#startTimer();
    } else this.#output();
  }

  #finishIfOver(): void {
    if (this.#state === 'open' && this.#peerEnded && this.#isFinAcknowledged) {
      if (this.#ackDue) this.#acknowledge();
      this.#finish(false);
    }
  }

  #finish(isBroken: boolean): void {
    this.#state = 'done';
    this.#stopTimer();
    if (isBroken) this.socket?.destroy();
    this.#settings.done();
  }
}

function add(sequence: number, count: number): number {
  return (sequence + count) % TWO_TO_32;
}

/** How far `to` lies behind `from`, around the wrap. */
function distance(from: number, to: number): number {
  return (to - from) | 0;
}
