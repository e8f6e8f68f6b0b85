/** The guest's end of every integration service: agrees on versions, has requests worked on, answers. Integration Services. */

import {
  IC_FRAMEWORKS,
  IC_HEADER_BYTES,
  IC_MAX_VERSIONS,
  IC_NEGOTIATED_BYTES,
  IC_PIPE_HEADER_BYTES,
  IcFlag,
  IcMessage,
  IcMessageType,
  IcNegotiate,
  IcStatus,
  IcVersion,
} from '@viridian/protocols/ic';
import { PipePacketType } from '@viridian/protocols/vmbus';
import { type Counters, counters } from '@viridian/trace';
import { type Channel, IncomingPacket } from '@viridian/vmbus/ring';

/**
 * Works on a request: its payload may be changed in place and becomes that of the answer. Gives the status, at once or later. A
 * throw is answered with FAIL.
 */
export type IcHandler = (payload: Uint8Array, version: IcVersion) => number | Promise<number>;

/** What a service speaks. */
export interface IcFacts {
  readonly messageType: IcMessageType;
  /** Newest first. */
  readonly versions: readonly IcVersion[];
  /** 3.0 and 1.0 when absent. */
  readonly frameworks?: readonly IcVersion[];
}

interface Answer {
  readonly idLow: number;
  readonly idHigh: number;
  readonly message: Uint8Array;
}

const LONGEST_PACKET_BYTES = 16384;

/** Serves one open channel as long as it is open; one request at a time, as the host asks them. */
export class IcResponder {
  readonly counters: Counters<'requests' | 'negotiations' | 'refused'> = counters({
    requests: 0,
    negotiations: 0,
    refused: 0,
  });
  readonly #channel: Channel;
  readonly #facts: IcFacts;
  readonly #handler: IcHandler;
  readonly #packet = new IncomingPacket(LONGEST_PACKET_BYTES);
  #version: IcVersion | undefined;
  /** A handler works on a request: nothing further is taken. */
  #isBusy = false;
  #held: Answer | undefined;

  constructor(channel: Channel, facts: IcFacts, handler: IcHandler) {
    this.#channel = channel;
    this.#facts = facts;
    this.#handler = handler;
    channel.onWritable = () => this.#flush();
    channel.onReceive = () => this.#receive();
  }

  /** What was agreed with the host; undefined before. */
  get version(): IcVersion | undefined {
    return this.#version;
  }

  #receive(): void {
    const packet = this.#packet;
    while (!this.#isBusy && this.#held === undefined && this.#channel.receive(packet)) {
      const { bytes, payloadOffset, payloadBytes, idLow, idHigh } = packet;
      const message = bytes.slice(payloadOffset, payloadOffset + payloadBytes);
      const wrong = this.#take({ idLow, idHigh, message });
      if (wrong !== undefined) {
        this.#channel.fail(wrong);
        return;
      }
    }
    // While busy the ring stays masked, so a host that floods costs nothing.
    if (!this.#isBusy && this.#held === undefined) this.#channel.endReceive();
  }

  /** Looks at a message; says what is wrong with it if the channel must end. */
  #take(request: Answer): string | undefined {
    const { message } = request;
    if (message.length < IC_HEADER_BYTES) return 'message shorter than its header';
    const header = IcMessage.read(new DataView(message.buffer));
    const end = IC_PIPE_HEADER_BYTES + header.pipeBytes;
    if (header.pipeType !== PipePacketType.DATA) return 'not a data message';
    if (end < IC_HEADER_BYTES || end > message.length) return 'pipe length does not fit the packet';
    const payload = message.subarray(IC_HEADER_BYTES, end);
    const answer = { ...request, message: message.subarray(0, end) };
    if (header.messageType === IcMessageType.NEGOTIATE) {
      this.counters.negotiations += 1;
      const wrong = this.#negotiate(payload);
      if (wrong === undefined) this.#answer(answer, IcStatus.OK, IC_NEGOTIATED_BYTES);
      return wrong;
    }
    const version = this.#version;
    if (version === undefined || header.messageType !== this.#facts.messageType) {
      this.counters.refused += 1;
      this.#answer(answer, IcStatus.FAIL);
      return undefined;
    }
    this.counters.requests += 1;
    this.#work(answer, payload, version);
    return undefined;
  }

  #work(answer: Answer, payload: Uint8Array, version: IcVersion): void {
    let status: number | Promise<number>;
    try {
      status = this.#handler(payload, version);
    } catch {
      status = IcStatus.FAIL;
    }
    if (typeof status === 'number') {
      this.#answer(answer, status);
      return;
    }
    this.#isBusy = true;
    const done = (result: number): void => {
      this.#isBusy = false;
      this.#answer(answer, result);
      if (this.#channel.open) this.#receive();
    };
    status.then(done, () => done(IcStatus.FAIL));
  }

  /** Writes what is chosen into the payload: of our versions the first that the host has too. */
  #negotiate(payload: Uint8Array): string | undefined {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    if (!IcNegotiate.fits(view)) return 'negotiation cut short';
    const { frameworkCount, messageCount } = IcNegotiate.read(view);
    if (frameworkCount > IC_MAX_VERSIONS || messageCount > IC_MAX_VERSIONS) return 'too many versions';
    const count = frameworkCount + messageCount;
    if (IcNegotiate.size + count * IcVersion.size > payload.length) return 'negotiation cut short';
    const offered = Array.from({ length: count }, (_, index) =>
      IcVersion.read(view, IcNegotiate.size + index * IcVersion.size),
    );
    const framework = choose(this.#facts.frameworks ?? IC_FRAMEWORKS, offered.slice(0, frameworkCount));
    const version = choose(this.#facts.versions, offered.slice(frameworkCount));
    const agreed = framework !== undefined && version !== undefined;
    const each = agreed ? 1 : 0;
    IcNegotiate.write(view, 0, { frameworkCount: each, messageCount: each });
    if (!agreed) return undefined;
    this.#version = version;
    IcVersion.write(view, IcNegotiate.size, framework);
    IcVersion.write(view, IcNegotiate.size + IcVersion.size, version);
    return undefined;
  }

  #answer(answer: Answer, status: number, payloadBytes?: number): void {
    const { message } = answer;
    const header = IcMessage.on(new DataView(message.buffer, message.byteOffset, message.length));
    header.status = status;
    header.flags = IcFlag.TRANSACTION | IcFlag.RESPONSE;
    if (payloadBytes !== undefined) header.payloadBytes = payloadBytes;
    this.#held = answer;
    this.#flush(false);
  }

  /** Sends the answer that is held, if there is room; then goes on. */
  #flush(goesOn = true): void {
    const held = this.#held;
    if (held === undefined) return;
    const { idLow, idHigh, message } = held;
    if (!this.#channel.sendInBand(idLow, idHigh, message, message.length, false)) return;
    this.#held = undefined;
    this.#channel.endSend();
    if (goesOn) this.#receive();
  }
}

function choose(ours: readonly IcVersion[], theirs: readonly IcVersion[]): IcVersion | undefined {
  return ours.find(({ major, minor }) => theirs.some((one) => one.major === major && one.minor === minor));
}
