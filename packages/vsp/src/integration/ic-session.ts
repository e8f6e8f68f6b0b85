/** One opening of a service's channel: negotiation first, then one request after the other. Integration Services. */

import { IcMessageType, type IcVersion } from '@viridian/protocols/ic';
import { type Counters, counters } from '@viridian/trace';
import type { HostChannel } from '@viridian/vmbus/host';
import { type BusClock, IncomingPacket } from '@viridian/vmbus/ring';
import {
  type AgreedVersions,
  type IcAnswer,
  negotiationPayload,
  parseAnswer,
  parseNegotiated,
  requestBytes,
} from './frame.ts';
import { IntegrationError } from './integration-error.ts';
import { answerWarning, requestTrace, versionTrace } from './trace-points.ts';

/** What a session is for. */
export interface SessionSettings {
  readonly where: string;
  readonly messageType: number;
  readonly frameworks: readonly IcVersion[];
  readonly versions: readonly IcVersion[];
  readonly clock: BusClock;
  /** Versions are agreed on: requests may be made. */
  readonly ready: (agreed: AgreedVersions) => void;
}

/** Where a session is. `refused`: the guest speaks none of our versions. */
export type SessionState = 'negotiating' | 'ready' | 'refused' | 'closed';

interface Waiting {
  readonly payload: Uint8Array;
  readonly timeoutSeconds: number | undefined;
  readonly resolve: (answer: IcAnswer) => void;
  readonly reject: (error: IntegrationError) => void;
}

/** A request that the guest has, or that waits for room in the ring. */
interface Current extends Waiting {
  readonly id: number;
  readonly message: Uint8Array;
  isSent: boolean;
  timer: unknown;
}

/** The guest answers in the buffer that it got: no answer is longer than the longest request. */
const LONGEST_PACKET_BYTES = 8192;
const MOST_WAITING = 64;
const UNITS_PER_SECOND = 10_000_000;
const NEGOTIATION_ID = 0;

/** Talks to the guest's driver until `close`. */
export class IcSession {
  readonly counters: Counters<'requests' | 'answers' | 'timeouts' | 'strayAnswers'> = counters({
    requests: 0,
    answers: 0,
    timeouts: 0,
    strayAnswers: 0,
  });
  readonly #channel: HostChannel;
  readonly #settings: SessionSettings;
  readonly #packet = new IncomingPacket(LONGEST_PACKET_BYTES);
  readonly #waiting: Waiting[] = [];
  #state: SessionState = 'negotiating';
  #agreed: AgreedVersions | undefined;
  #current: Current | undefined;
  #nextId = NEGOTIATION_ID + 1;
  /** A packet went into the ring: the guest is owed a signal. */
  #negotiationSent = false;

  constructor(channel: HostChannel, settings: SessionSettings) {
    this.#channel = channel;
    this.#settings = settings;
    channel.onReceive = () => this.#receive();
    channel.onWritable = () => this.#advance();
    // The guest hears that its channel is open before it hears from us.
    queueMicrotask(() => this.#advance());
  }

  get state(): SessionState {
    return this.#state;
  }

  get agreed(): AgreedVersions | undefined {
    return this.#agreed;
  }

  /** Requests that the guest has not answered. */
  get outstanding(): number {
    return this.#waiting.length + (this.#current === undefined ? 0 : 1);
  }

  /**
   * Asks, after everything that was asked before. Rejects with IntegrationError; the time counts from when the request is the
   * guest's turn, without end when absent. The answer's payload is the caller's own.
   */
  request(payload: Uint8Array, timeoutSeconds?: number): Promise<IcAnswer> {
    const { where } = this.#settings;
    if (this.#state !== 'ready') {
      return Promise.reject(new IntegrationError('not-ready', where, `the service is ${this.#state}`));
    }
    if (this.#waiting.length >= MOST_WAITING) {
      return Promise.reject(new IntegrationError('busy', where, `${MOST_WAITING} requests wait already`));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ payload, timeoutSeconds, resolve, reject });
      this.#advance();
    });
  }

  /** The channel is gone: what was asked stays unanswered. */
  close(): void {
    this.#state = 'closed';
    const current = this.#current;
    this.#current = undefined;
    if (current !== undefined) this.#stopTimer(current);
    for (const { reject } of [...(current === undefined ? [] : [current]), ...this.#waiting]) {
      reject(new IntegrationError('closed', this.#settings.where, 'the guest closed the service'));
    }
    this.#waiting.length = 0;
  }

  /** Sends what is next, if it is somebody's turn and the ring has room. */
  #advance(): void {
    if (this.#state === 'negotiating') this.#negotiate();
    if (this.#state !== 'ready') return;
    this.#current ??= this.#next();
    const current = this.#current;
    if (current === undefined || current.isSent) return;
    const { id, message } = current;
    if (!this.#channel.sendInBand(id, 0, message, message.length, false)) return;
    current.isSent = true;
    this.counters.requests += 1;
    this.#channel.endSend();
  }

  #negotiate(): void {
    if (this.#negotiationSent) return;
    const { frameworks, versions } = this.#settings;
    const payload = negotiationPayload(frameworks, versions);
    const message = requestBytes(IcMessageType.NEGOTIATE, NEGOTIATION_ID, payload);
    if (!this.#channel.sendInBand(NEGOTIATION_ID, 0, message, message.length, false)) return;
    this.#negotiationSent = true;
    this.#channel.endSend();
  }

  #next(): Current | undefined {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return undefined;
    const { clock, messageType } = this.#settings;
    const id = this.#nextId;
    this.#nextId = id === 0xffff_ffff ? NEGOTIATION_ID + 1 : id + 1;
    const message = requestBytes(messageType, id & 0xff, waiting.payload, this.#agreed);
    const current: Current = { ...waiting, id, message, isSent: false, timer: undefined };
    if (waiting.timeoutSeconds !== undefined) {
      const at = clock.now() + waiting.timeoutSeconds * UNITS_PER_SECOND;
      current.timer = clock.schedule(at, () => this.#timedOut(current));
    }
    return current;
  }

  #timedOut(current: Current): void {
    if (this.#current !== current) return;
    this.#current = undefined;
    this.counters.timeouts += 1;
    const text = `no answer in ${current.timeoutSeconds} s`;
    current.reject(new IntegrationError('timeout', this.#settings.where, text));
    this.#advance();
  }

  #receive(): void {
    const packet = this.#packet;
    while (this.#channel.receive(packet)) {
      const { bytes, payloadOffset, payloadBytes, idLow, idHigh } = packet;
      const answer = parseAnswer(bytes.subarray(payloadOffset, payloadOffset + payloadBytes));
      const wrong = typeof answer === 'string' ? answer : this.#take(answer, idLow, idHigh);
      if (wrong !== undefined) {
        this.#channel.fail(wrong);
        return;
      }
    }
    this.#channel.endReceive();
    this.#advance();
  }

  /** Takes an answer; says what is wrong with it if the channel must end. */
  #take(answer: IcAnswer, idLow: number, idHigh: number): string | undefined {
    if (this.#state === 'negotiating') return this.#negotiated(answer);
    const current = this.#current;
    const { messageType, where } = this.#settings;
    if (current?.isSent !== true || idLow !== current.id || idHigh !== 0) {
      // The late answer to what timed out, or one that nobody asked for.
      this.counters.strayAnswers += 1;
      answerWarning.report(where, 'answer to no request', { idLow });
      return undefined;
    }
    if (answer.messageType !== messageType) return 'answer of another type';
    if (answer.transactionId !== (current.id & 0xff)) return 'answer of another transaction';
    this.#current = undefined;
    this.#stopTimer(current);
    this.counters.answers += 1;
    if (requestTrace.on) {
      const { transactionId, status } = answer;
      requestTrace.emit(where, messageType, transactionId, current.message.length, status);
    }
    current.resolve({ ...answer, payload: answer.payload.slice() });
    return undefined;
  }

  #negotiated(answer: IcAnswer): string | undefined {
    if (!this.#negotiationSent) return 'answer before the question';
    const { frameworks, versions, where, ready } = this.#settings;
    const agreed = parseNegotiated(answer, frameworks, versions);
    if (agreed === 'none') {
      this.#state = 'refused';
      versionTrace.emit(where, '0.0', '0.0');
      return undefined;
    }
    if ('wrong' in agreed) return agreed.wrong;
    this.#agreed = agreed;
    this.#state = 'ready';
    versionTrace.emit(where, versionText(agreed.framework), versionText(agreed.version));
    ready(agreed);
    return undefined;
  }

  #stopTimer({ timer }: Current): void {
    if (timer !== undefined) this.#settings.clock.cancel(timer as never);
  }
}

/** `3.2`. */
export function versionText({ major, minor }: IcVersion): string {
  return `${major}.${minor}`;
}
