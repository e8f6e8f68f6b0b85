/** An open channel of a device that speaks in small messages, in either direction at any time. VMBus, Ring Packets; Pipes. */

import { PacketType, PipeHeader, PipePacketType } from '@viridian/protocols/vmbus';
import { type Channel, IncomingPacket } from '@viridian/vmbus/ring';
import { DeviceError } from './device-error.ts';

/** A message of the host: a private copy, at least 4 bytes, with the type in front. */
export type Message = DataView<ArrayBuffer>;

/** What a driver says about its channel. */
export interface MessageLinkSettings {
  /** Messages stand behind a pipe header, or by themselves. */
  readonly framing: 'pipe' | 'plain';
  /** A message that nobody waits for. What is returned is why it breaks the protocol: the channel ends with it. */
  readonly receive: (message: Message) => string | undefined;
  /** The channel is gone. */
  readonly closed: (reason: string) => void;
}

/** Linux reads no more than this of a packet on these channels, so no host sends more. */
const MAX_PACKET_BYTES = 4096;
const TYPE_BYTES = 4;
/** Messages that wait for room; a host that reads nothing gets no more. */
const MOST_HELD = 256;

interface Waiter {
  readonly type: number;
  readonly resolve: (message: Message) => void;
  readonly reject: (reason: Error) => void;
}

/** Sends and receives whole messages, and waits for answers, one at a time. */
export class MessageLink {
  readonly #channel: Channel;
  readonly #settings: MessageLinkSettings;
  readonly #packet = new IncomingPacket(MAX_PACKET_BYTES);
  readonly #held: Uint8Array[] = [];
  #waiter: Waiter | undefined;
  #closed: DeviceError | undefined;

  constructor(channel: Channel, settings: MessageLinkSettings) {
    this.#channel = channel;
    this.#settings = settings;
    channel.onClosed = (reason) => this.#end(reason);
    channel.onWritable = () => this.#writable();
    channel.onReceive = () => this.#pump();
    if (!channel.open) this.#end('closed before it was used');
  }

  /** Sends a message, or keeps it until there is room. False when too many wait already or the channel is closed. */
  send(message: Uint8Array): boolean {
    if (this.#closed !== undefined || this.#held.length >= MOST_HELD) return false;
    const framed = this.#settings.framing === 'pipe' ? pipeMessage(message) : message;
    if (this.#held.length > 0 || !this.#put(framed)) this.#held.push(framed);
    else this.#channel.endSend();
    return true;
  }

  /** Sends a message and waits for the next one of `type`. Rejects with a `DeviceError`. One at a time. */
  ask(message: Uint8Array, type: number): Promise<Message> {
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) {
        reject(this.#closed);
        return;
      }
      this.#waiter = { type, resolve, reject };
      this.send(message);
    });
  }

  /** Waits for the next message of `type` without asking. */
  next(type: number): Promise<Message> {
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) reject(this.#closed);
      else this.#waiter = { type, resolve, reject };
    });
  }

  /** The host broke the protocol: ends the channel; rejects who waits. */
  fail(reason: string): DeviceError {
    const error = new DeviceError('protocol', reason);
    this.#waiter?.reject(error);
    this.#waiter = undefined;
    this.#channel.fail(reason);
    return error;
  }

  #pump(): void {
    while (this.#channel.receive(this.#packet)) {
      const fault = this.#message();
      if (fault !== undefined) this.fail(fault);
    }
    this.#channel.endReceive();
  }

  #message(): string | undefined {
    const { type, bytes, view, payloadOffset, payloadBytes } = this.#packet;
    // Hosts complete what asked for it, or do not: nobody waits for that.
    if (type === PacketType.COMPLETION) return undefined;
    if (type !== PacketType.DATA_INBAND) return 'message is not in-band';
    let at = payloadOffset;
    let length = payloadBytes;
    if (this.#settings.framing === 'pipe') {
      if (payloadBytes < PipeHeader.size) return 'message without pipe header';
      const header = PipeHeader.read(view, at);
      if (header.packetType !== PipePacketType.DATA) return 'pipe packet that is no message';
      if (header.dataBytes > payloadBytes - PipeHeader.size) return 'pipe message ends behind its packet';
      at += PipeHeader.size;
      length = header.dataBytes;
    }
    if (length < TYPE_BYTES) return 'message without type';
    const message = new DataView(bytes.slice(at, at + length).buffer);
    const waiter = this.#waiter;
    if (waiter === undefined || message.getUint32(0, true) !== waiter.type) {
      return this.#settings.receive(message);
    }
    this.#waiter = undefined;
    waiter.resolve(message);
    return undefined;
  }

  #put(framed: Uint8Array): boolean {
    return this.#channel.sendInBand(0, 0, framed, framed.length, false);
  }

  #writable(): void {
    while (this.#held.length > 0 && this.#put(this.#held[0]!)) this.#held.shift();
    this.#channel.endSend();
  }

  #end(reason: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = new DeviceError('closed', `the channel is closed: ${reason}`);
    this.#held.length = 0;
    this.#waiter?.reject(this.#closed);
    this.#waiter = undefined;
    this.#settings.closed(reason);
  }
}

function pipeMessage(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(PipeHeader.size + message.length);
  framed.set(PipeHeader.bytes({ packetType: PipePacketType.DATA, dataBytes: message.length }));
  framed.set(message, PipeHeader.size);
  return framed;
}
