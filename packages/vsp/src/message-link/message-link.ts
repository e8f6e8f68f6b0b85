/** An open channel of a device that speaks in small messages, in either direction at any time. VMBus, Ring Packets; Pipes. */

import { PacketType, PIPE_MAX_PAYLOAD_BYTES, PipeHeader, PipePacketType } from '@viridian/protocols/vmbus';
import { counters, type Inspectable, type InspectNode } from '@viridian/trace';
import type { HostChannel } from '@viridian/vmbus/host';
import { IncomingPacket } from '@viridian/vmbus/ring';
import { messageTrace } from './trace-points.ts';

/** What a device says about its channel. */
export interface MessageLinkSettings {
  readonly where: string;
  /** Messages stand behind a pipe header, or by themselves. */
  readonly framing: 'pipe' | 'plain';
  /** Longest message that the guest may send. */
  readonly maxMessageBytes: number;
  /**
   * A message of the guest: bytes `at` up to `end` of a private copy, at least 4 of them, with the type in front. What is
   * returned is why the message breaks the protocol: the channel ends with it.
   */
  readonly receive: (view: DataView<ArrayBuffer>, at: number, end: number) => string | undefined;
}

const DESCRIPTOR_BYTES = 16;
const TYPE_BYTES = 4;
/** Messages that wait for room in the ring; a guest that reads nothing gets no more. */
const MOST_HELD = 256;

/** Takes messages off the ring as long as all answers found room, and sends without completions, which no guest wants. */
export class MessageLink implements Inspectable {
  readonly counters = counters({ received: 0, sent: 0, held: 0, refused: 0 });
  readonly #channel: HostChannel;
  readonly #settings: MessageLinkSettings;
  readonly #packet: IncomingPacket;
  readonly #held: Uint8Array[] = [];
  #pumping = false;
  #endSendDue = false;

  constructor(channel: HostChannel, settings: MessageLinkSettings) {
    this.#channel = channel;
    this.#settings = settings;
    this.#packet = new IncomingPacket(DESCRIPTOR_BYTES + PipeHeader.size + settings.maxMessageBytes);
    channel.onReceive = () => this.#pump();
    channel.onWritable = () => this.#writable();
  }

  /**
   * Sends a message, or keeps it until there is room. False when too many wait already or the channel is closed. The bytes
   * are the link's from now on.
   */
  send(message: Uint8Array): boolean {
    if (!this.#channel.open) return false;
    if (messageTrace.on) messageTrace.emit(this.#settings.where, 'sent', message[0] ?? 0, message.length);
    const framed = this.#settings.framing === 'pipe' ? pipeMessage(message) : message;
    if (this.#held.length > 0 || !this.#channel.sendInBand(0, 0, framed, framed.length, false)) {
      if (this.#held.length >= MOST_HELD) {
        this.counters.refused += 1;
        return false;
      }
      this.#held.push(framed);
      this.counters.held += 1;
      return true;
    }
    this.counters.sent += 1;
    this.#endSendSoon();
    return true;
  }

  inspect(): InspectNode {
    return { waiting: this.#held.length, counters: { ...this.counters } };
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    let isEmpty = false;
    // A guest that asks and never reads answers finds its own ring full in the end.
    while (!isEmpty && this.#held.length === 0) {
      if (this.#channel.receive(this.#packet)) this.#handle();
      else isEmpty = true;
    }
    this.#pumping = false;
    this.#channel.endSend();
    if (isEmpty) this.#channel.endReceive();
  }

  #handle(): void {
    const fault = this.#message();
    if (fault !== undefined) this.#channel.fail(fault);
  }

  /** Finds the message in the packet and hands it on; returns what is wrong with it. */
  #message(): string | undefined {
    const { type, view, payloadOffset, payloadBytes } = this.#packet;
    if (type !== PacketType.DATA_INBAND) return 'message is not in-band';
    let at = payloadOffset;
    let bytes = payloadBytes;
    if (this.#settings.framing === 'pipe') {
      if (payloadBytes < PipeHeader.size) return 'message without pipe header';
      const header = PipeHeader.read(view, at);
      if (header.packetType !== PipePacketType.DATA) return 'pipe packet that is no message';
      at += PipeHeader.size;
      // The packet may be longer: drivers send what their structures are padded to.
      if (header.dataBytes > payloadBytes - PipeHeader.size) return 'pipe message ends behind its packet';
      bytes = header.dataBytes;
    }
    if (bytes < TYPE_BYTES) return 'message without type';
    this.counters.received += 1;
    if (messageTrace.on) messageTrace.emit(this.#settings.where, 'received', view.getUint32(at, true), bytes);
    return this.#settings.receive(view, at, at + bytes);
  }

  #writable(): void {
    let sent = 0;
    while (sent < this.#held.length) {
      const message = this.#held[sent]!;
      if (!this.#channel.sendInBand(0, 0, message, message.length, false)) break;
      sent += 1;
    }
    this.#held.splice(0, sent);
    this.counters.sent += sent;
    this.#channel.endSend();
    if (this.#held.length === 0) this.#pump();
  }

  /** Messages of one turn are announced together. */
  #endSendSoon(): void {
    if (this.#endSendDue) return;
    this.#endSendDue = true;
    queueMicrotask(() => {
      this.#endSendDue = false;
      if (this.#channel.open) this.#channel.endSend();
    });
  }
}

function pipeMessage(message: Uint8Array): Uint8Array {
  if (message.length > PIPE_MAX_PAYLOAD_BYTES) throw new RangeError(`${message.length} bytes in a pipe`);
  const framed = new Uint8Array(PipeHeader.size + message.length);
  framed.set(PipeHeader.bytes({ packetType: PipePacketType.DATA, dataBytes: message.length }));
  framed.set(message, PipeHeader.size);
  return framed;
}
