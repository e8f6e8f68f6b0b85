/** The channel of an adapter: messages out, answers and frames in, each answer matched with its question. NVSP. */

import {
  NO_SECTION,
  NVSP_MESSAGE_BYTES,
  NvspMessageType,
  NvspSendRndisPacket,
  NvspSendRndisPacketComplete,
  NvspStatus,
} from '@viridian/protocols/netvsp';
import { PacketType } from '@viridian/protocols/vmbus';
import { type Channel, IncomingPacket } from '@viridian/vmbus/ring';
import { NetworkError } from './errors.ts';

/** Who is told what comes in. */
export interface NetvscOwner {
  /** A packet with data came through the receive buffer; a text says what is wrong with it. */
  received(packet: IncomingPacket): string | undefined;
  /** The host has read the packet with this id; a text says that there is no such packet. */
  sent(idLow: number): string | undefined;
  /** There is room in the ring. */
  writable(): void;
  closed(reason: string): void;
}

/** Ids of questions have this high half, ids of packets 0. */
const QUESTION_ID_HIGH = 0xffff_ffff;
/** Longest packet of a host, as Linux reads it. */
const MOST_PACKET_BYTES = 4624;
const MESSAGE_BYTES = 40;

interface Question {
  readonly resolve: (answer: DataView) => void;
  readonly reject: (reason: Error) => void;
}

/** One open channel. */
export class NetvscChannel {
  readonly #channel: Channel;
  readonly #owner: NetvscOwner;
  readonly #packet = new IncomingPacket(MOST_PACKET_BYTES);
  readonly #message = new Uint8Array(MESSAGE_BYTES);
  readonly #rndis = NvspSendRndisPacket.on(new DataView(this.#message.buffer));
  readonly #completion = NvspSendRndisPacketComplete.bytes({
    type: NvspMessageType.NVSP_MSG1_TYPE_SEND_RNDIS_PKT_COMPLETE,
    status: NvspStatus.SUCCESS,
  });
  readonly #questions = new Map<number, Question>();
  /** Messages that found the ring full, oldest first: few, one question after the other. */
  readonly #unsent: (() => boolean)[] = [];
  #nextQuestion = 1;
  #draining = false;
  #endSendDue = false;
  /** A completion that found the ring full, by id; nothing is taken before it is sent. */
  #owedLow = 0;
  #owedHigh = 0;
  #owes = false;
  #closed: NetworkError | undefined;

  constructor(channel: Channel, owner: NetvscOwner) {
    this.#channel = channel;
    this.#owner = owner;
    this.#rndis.type = NvspMessageType.NVSP_MSG1_TYPE_SEND_RNDIS_PKT;
    channel.onReceive = () => this.#drain();
    channel.onWritable = () => this.#writable();
    channel.onClosed = (reason) => this.#end(reason);
  }

  get open(): boolean {
    return this.#closed === undefined;
  }

  /** Sends a message and gives its completion's payload, at least `leastBytes` long. */
  ask(message: Uint8Array, leastBytes: number): Promise<DataView> {
    const padded = new Uint8Array(MESSAGE_BYTES);
    padded.set(message);
    const id = this.#nextQuestion;
    this.#nextQuestion += 1;
    return new Promise<DataView>((resolve, reject) => {
      if (this.#closed !== undefined) {
        reject(this.#closed);
        return;
      }
      const take = (answer: DataView): void => {
        if (answer.byteLength >= leastBytes) resolve(answer);
        else {
          this.#channel.fail('NVSP answer is too short');
          reject(new NetworkError('protocol', 'NVSP answer is too short'));
        }
      };
      this.#questions.set(id, { resolve: take, reject });
      this.#post(() => this.#channel.sendInBand(id, QUESTION_ID_HIGH, padded, padded.length, true));
    });
  }

  /** Sends a message that has no answer. */
  tell(message: Uint8Array): void {
    const padded = new Uint8Array(MESSAGE_BYTES);
    padded.set(message);
    this.#post(() => this.#channel.sendInBand(0, 0, padded, padded.length, false));
  }

  /** Sends an RNDIS stream that lies in a section. False when the ring has no room; `writable` follows. */
  sendSection(idLow: number, channelType: number, section: number, lengthBytes: number): boolean {
    const rndis = this.#rndis;
    rndis.channelType = channelType;
    rndis.sectionIndex = section;
    rndis.sectionBytes = lengthBytes;
    const isSent = this.#channel.sendInBand(idLow, 0, this.#message, this.#message.length, true);
    if (isSent) this.#endSendSoon();
    return isSent;
  }

  /** Sends an RNDIS stream that lies in pages. False when the ring has no room; `writable` follows. */
  sendPages(idLow: number, channelType: number, gpns: readonly number[], lengthBytes: number): boolean {
    const rndis = this.#rndis;
    rndis.channelType = channelType;
    rndis.sectionIndex = NO_SECTION;
    rndis.sectionBytes = 0;
    const { length } = this.#message;
    const isSent = this.#channel.sendGpaDirect(
      idLow,
      0,
      this.#message,
      length,
      gpns,
      gpns.length,
      0,
      lengthBytes,
    );
    if (isSent) this.#endSendSoon();
    return isSent;
  }

  /** The other end broke the protocol. */
  fail(reason: string): void {
    this.#channel.fail(reason);
  }

  #post(send: () => boolean): void {
    if (this.#unsent.length > 0 || !send()) this.#unsent.push(send);
    else this.#endSendSoon();
  }

  /** Announces what was sent: at the end of the batch that is being received, else of this turn. */
  #endSendSoon(): void {
    if (this.#endSendDue || this.#draining) return;
    this.#endSendDue = true;
    queueMicrotask(() => {
      this.#endSendDue = false;
      this.#channel.endSend();
    });
  }

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    let isEmpty = false;
    while (!isEmpty && !this.#owes) {
      if (!this.#channel.receive(this.#packet)) isEmpty = true;
      else {
        const fault = this.#take();
        if (fault !== undefined) this.#channel.fail(fault);
      }
    }
    this.#draining = false;
    this.#channel.endSend();
    // A host that does not read our completions finds its own ring full.
    if (isEmpty) this.#channel.endReceive();
  }

  #writable(): void {
    if (this.#owes) {
      this.#owes = !this.#complete(this.#owedLow, this.#owedHigh);
      if (this.#owes) return;
    }
    while (this.#unsent.length > 0 && this.#unsent[0]!()) this.#unsent.shift();
    this.#owner.writable();
    this.#channel.endSend();
    this.#drain();
  }

  #take(): string | undefined {
    const packet = this.#packet;
    const { type, idLow, idHigh, payloadOffset, payloadBytes } = packet;
    switch (type) {
      case PacketType.COMPLETION:
        return this.#takeCompletion();
      case PacketType.DATA_USING_TRANSFER_PAGES: {
        const fault =
          payloadBytes < NvspSendRndisPacket.size
            ? 'NVSP message of the host is too short'
            : this.#owner.received(packet);
        if (fault !== undefined) return fault;
        if (packet.completionRequested && !this.#complete(idLow, idHigh)) {
          this.#owes = true;
          this.#owedLow = idLow;
          this.#owedHigh = idHigh;
        }
        return undefined;
      }
      case PacketType.DATA_INBAND:
        // VF association and send table: nothing that this driver goes by.
        return payloadBytes < 4 || packet.view.getUint32(payloadOffset, true) === 0
          ? 'NVSP message of the host has no type'
          : undefined;
      default:
        return 'packet type of the host has no meaning here';
    }
  }

  #takeCompletion(): string | undefined {
    const { idLow, idHigh, bytes, payloadOffset, payloadBytes } = this.#packet;
    if (idHigh === 0) return this.#owner.sent(idLow);
    const question = idHigh === QUESTION_ID_HIGH ? this.#questions.get(idLow) : undefined;
    if (question === undefined) return 'NVSP answer fits no question';
    this.#questions.delete(idLow);
    const answer = bytes.slice(payloadOffset, payloadOffset + Math.min(payloadBytes, MESSAGE_BYTES));
    question.resolve(new DataView(answer.buffer));
    return undefined;
  }

  #complete(idLow: number, idHigh: number): boolean {
    return this.#channel.sendCompletion(idLow, idHigh, this.#completion, this.#completion.length);
  }

  #end(reason: string): void {
    const error = new NetworkError('closed', `the channel is closed: ${reason}`);
    this.#closed = error;
    this.#unsent.length = 0;
    for (const question of this.#questions.values()) question.reject(error);
    this.#questions.clear();
    this.#owner.closed(reason);
  }
}

/** Bytes that every answer of a host has. */
export const LEAST_ANSWER_BYTES: number = NVSP_MESSAGE_BYTES;
