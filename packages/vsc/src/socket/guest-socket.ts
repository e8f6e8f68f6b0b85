/** A connected socket in the guest: bytes behind pipe headers in both directions of a channel. Hyper-V Sockets. */

import { HVSOCK_MAX_PACKET_BYTES } from '@viridian/protocols/hvsock';
import { PacketType, PIPE_MAX_PAYLOAD_BYTES, PipeHeader, PipePacketType } from '@viridian/protocols/vmbus';
import type { GuestChannel } from '@viridian/vmbus/guest';
import { IncomingPacket } from '@viridian/vmbus/ring';

/** As Linux sends them: a page with its header. */
const MOST_FRAME_BYTES = 4096;
/** What a packet takes besides: descriptor, padding, trailer, and the byte that tells full from empty. */
const PACKET_ROOM_BYTES = 64;
/** What is waiting to be sent is much. */
const HIGH_WATER_BYTES = 64 * 1024;

/** A connection with the parent. Begins paused: set the handlers, then `resume`. Each direction ends by itself. */
export class GuestSocket {
  readonly localPort: number;
  readonly remotePort: number;
  /** Bytes that came; they are the receiver's. */
  onData: ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined;
  /** The parent will send no more. */
  onEnd: (() => void) | undefined;
  /** There is room again after `write` said no. */
  onDrain: (() => void) | undefined;
  /** Nothing comes or goes any more; `reason` is undefined when both directions have ended in order. */
  onClosed: ((reason: string | undefined) => void) | undefined;
  readonly #channel: GuestChannel;
  readonly #packet = new IncomingPacket(HVSOCK_MAX_PACKET_BYTES);
  /** Two of these fit any ring. */
  readonly #frame: Uint8Array<ArrayBuffer>;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isPaused = true;
  #isReceiving = false;
  #isDrainOwed = false;
  #isEnding = false;
  #hasSentEnd = false;
  #hasHeardEnd = false;
  #isClosed = false;

  /** Takes over a channel that has just been opened. */
  constructor(channel: GuestChannel, localPort: number, remotePort: number) {
    this.#channel = channel;
    this.#frame = new Uint8Array(
      Math.min(MOST_FRAME_BYTES, (channel.outboundBytes >>> 1) - PACKET_ROOM_BYTES),
    );
    this.localPort = localPort;
    this.remotePort = remotePort;
    channel.onWritable = () => this.#send();
    channel.onReceive = () => this.#receive();
    channel.onClosed = (reason) => this.#close(reason);
    if (!channel.open) this.#close('closed before it was used');
  }

  /** Bytes that wait to be sent. */
  get pendingBytes(): number {
    return this.#waitingBytes;
  }

  /** Sends bytes, which are the socket's from now on. False when much waits: go on after `onDrain`. */
  write(bytes: Uint8Array): boolean {
    if (this.#isEnding) throw new Error('a socket that was ended cannot be written');
    if (this.#isClosed) return false;
    if (bytes.length > 0) this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#send();
    const isMuch = this.#waitingBytes > HIGH_WATER_BYTES;
    if (isMuch) this.#isDrainOwed = true;
    return !isMuch;
  }

  /** Sends no more after what waits. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#send();
  }

  /** Ends both directions at once; what waits is lost. Settles when the channel is closed. */
  async destroy(): Promise<void> {
    await this.#channel.close();
  }

  /** Nothing is received until `resume`; the parent is held up. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#receive();
  }

  #receive(): void {
    if (this.#isReceiving) return;
    this.#isReceiving = true;
    while (!this.#isPaused && this.#channel.receive(this.#packet)) {
      const fault = this.#take();
      if (fault === undefined) continue;
      this.#channel.fail(fault);
      void this.#channel.close();
    }
    this.#isReceiving = false;
    if (!this.#isPaused) this.#channel.endReceive();
  }

  /** Hands on what the packet holds; returns what is wrong with it. */
  #take(): string | undefined {
    const { type, view, bytes, payloadOffset, payloadBytes } = this.#packet;
    if (type !== PacketType.DATA_INBAND) return 'socket packet is not in-band';
    if (payloadBytes < PipeHeader.size) return 'socket packet without pipe header';
    const { packetType, dataBytes } = PipeHeader.read(view, payloadOffset);
    if (packetType !== PipePacketType.DATA) return 'socket packet is no data';
    const room = Math.min(payloadBytes - PipeHeader.size, PIPE_MAX_PAYLOAD_BYTES);
    if (dataBytes > room) return 'socket data end behind their packet';
    if (this.#hasHeardEnd) return 'socket data after their end';
    if (dataBytes > 0) {
      const at = payloadOffset + PipeHeader.size;
      this.onData?.(bytes.slice(at, at + dataBytes));
      return undefined;
    }
    this.#hasHeardEnd = true;
    this.onEnd?.();
    return undefined;
  }

  #send(): void {
    if (this.#isClosed) return;
    let hasRoom = true;
    while (hasRoom && this.#waiting.length > 0) {
      const part = this.#waiting[0]!.subarray(0, this.#frame.length - PipeHeader.size);
      hasRoom = this.#put(part);
      if (!hasRoom) break;
      const rest = this.#waiting[0]!.subarray(part.length);
      if (rest.length > 0) this.#waiting[0] = rest;
      else this.#waiting.shift();
      this.#waitingBytes -= part.length;
    }
    if (hasRoom && this.#isEnding && !this.#hasSentEnd) this.#hasSentEnd = this.#put(NOTHING);
    this.#channel.endSend();
    if (!hasRoom || !this.#isDrainOwed) return;
    this.#isDrainOwed = false;
    this.onDrain?.();
  }

  #put(data: Uint8Array): boolean {
    const frame = this.#frame;
    PipeHeader.write(new DataView(frame.buffer), 0, {
      packetType: PipePacketType.DATA,
      dataBytes: data.length,
    });
    frame.set(data, PipeHeader.size);
    return this.#channel.sendInBand(0, 0, frame, PipeHeader.size + data.length, false);
  }

  /** The parent ends a connection by taking its channel away, when both ends have said that they will send no more. */
  #close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    this.onClosed?.(this.#hasSentEnd && this.#hasHeardEnd ? undefined : reason);
  }
}

const NOTHING = new Uint8Array(0);
