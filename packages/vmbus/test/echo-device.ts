/** A device that answers each request with its own payload, and a driver for it. */

import type { GuestChannel } from '../src/guest/index.ts';
import type { HostChannel, OfferedDevice, OpenRequest } from '../src/host/index.ts';
import { IncomingPacket } from '../src/ring/index.ts';

export const ECHO_INTERFACE = 'ba6163d9-04a1-4d29-b605-72e2ffb1dc7f';
export const ECHO_INSTANCE = '11111111-2222-3333-4444-555555555555';

/** The device end. `log` tells what the bus called. */
export class EchoDevice implements OfferedDevice {
  readonly interfaceId: string = ECHO_INTERFACE;
  readonly instanceId: string;
  readonly maxSubchannels: number = 3;
  readonly monitor?: { readonly latency: number };
  readonly userDefined: Uint8Array = Uint8Array.of(7, 8, 9);
  readonly log: string[] = [];
  channel: HostChannel | undefined;
  readonly channels = new Map<number, HostChannel>();
  lastRequest: OpenRequest | undefined;
  readonly #packet = new IncomingPacket(65536);

  constructor(instanceId: string = ECHO_INSTANCE, options: { monitor?: { latency: number } } = {}) {
    this.instanceId = instanceId;
    if (options.monitor !== undefined) this.monitor = options.monitor;
  }

  open(channel: HostChannel, request: OpenRequest): number | Promise<number> {
    this.log.push(`open ${request.subchannelIndex}`);
    this.lastRequest = request;
    if (request.subchannelIndex === 0) this.channel = channel;
    this.channels.set(request.subchannelIndex, channel);
    channel.onReceive = () => this.serve(channel);
    channel.onWritable = () => this.serve(channel);
    channel.onClosed = (reason) => this.log.push(`channel gone: ${reason}`);
    return 0;
  }

  closed(channel: HostChannel, reason: string): void | Promise<void> {
    this.log.push(`closed ${channel.subchannelIndex}: ${reason}`);
  }

  #unanswered: (() => boolean) | undefined;

  serve(channel: HostChannel): void {
    const packet = this.#packet;
    const answer = (): boolean =>
      channel.sendCompletion(
        packet.idLow,
        packet.idHigh,
        packet.bytes.subarray(packet.payloadOffset, packet.payloadOffset + packet.payloadBytes),
        packet.payloadBytes,
      );
    for (;;) {
      if (this.#unanswered !== undefined) {
        if (!this.#unanswered()) break;
        this.#unanswered = undefined;
      }
      if (!channel.receive(packet)) break;
      if (packet.completionRequested) this.#unanswered = answer;
    }
    channel.endSend();
    if (this.#unanswered === undefined) channel.endReceive();
  }
}

/** The driver end: requests by id. */
export class EchoDriver {
  readonly channel: GuestChannel;
  readonly #packet = new IncomingPacket(65536);
  readonly #waiting = new Map<number, (text: string) => void>();
  #nextId = 1;
  closed: string | undefined;
  readonly unsolicited: string[] = [];

  constructor(channel: GuestChannel) {
    this.channel = channel;
    channel.onReceive = () => this.#receive();
    channel.onClosed = (reason) => {
      this.closed = reason;
    };
  }

  /** Sends a text, settles with the device's answer. */
  ask(text: string): Promise<string> {
    const id = this.#nextId;
    this.#nextId += 1;
    const payload = new TextEncoder().encode(text);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, resolve);
      if (!this.channel.sendInBand(id, 0, payload, payload.length, true)) reject(new Error('no room'));
      this.channel.endSend();
    });
  }

  #receive(): void {
    const packet = this.#packet;
    while (this.channel.receive(packet)) {
      const bytes = packet.bytes.slice(packet.payloadOffset, packet.payloadOffset + packet.payloadBytes);
      const text = new TextDecoder().decode(bytes).replace(/\0+$/, '');
      const waiting = this.#waiting.get(packet.idLow);
      this.#waiting.delete(packet.idLow);
      if (waiting === undefined) this.unsolicited.push(text);
      else waiting(text);
    }
    this.channel.endReceive();
  }
}
