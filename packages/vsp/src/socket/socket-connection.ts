/** One connection of a guest's socket: a channel in pipe mode, offered for it alone. Hyper-V Sockets. */

import type { ByteStream } from '@viridian/drivers';
import { HVSOCK_MAX_PACKET_BYTES, HVSOCK_OFFER_FLAGS, HvsockUserData } from '@viridian/protocols/hvsock';
import {
  NtStatus,
  PACKET_TRAILER_BYTES,
  PacketDescriptor,
  PacketType,
  PIPE_MAX_PAYLOAD_BYTES,
  PipeHeader,
  PipePacketType,
} from '@viridian/protocols/vmbus';
import { type Counters, counters, type Inspectable, type InspectNode } from '@viridian/trace';
import type { HostChannel, OfferedDevice } from '@viridian/vmbus/host';
import { type BusClock, IncomingPacket } from '@viridian/vmbus/ring';
import { SendBuffer } from './send-buffer.ts';
import { socketTrace } from './trace-points.ts';

/** A connection with a socket of the guest. */
export interface SocketConnection extends ByteStream {
  /** Our vsock port. */
  readonly localPort: number;
  /** The guest's vsock port. */
  readonly remotePort: number;
}

/** What a connection is told by whoever offers it. */
export interface ConnectionSettings {
  readonly interfaceId: string;
  readonly instanceId: string;
  /** Of `HvsockDirection`. */
  readonly direction: number;
  readonly localPort: number;
  readonly remotePort: number;
  readonly clock: BusClock;
  /** Path in traces. */
  readonly where: string;
  /** The guest has opened the channel. */
  readonly opened: (connection: OfferedConnection) => void;
  /** It is over, or never came about; the offer may go. */
  readonly over: (connection: OfferedConnection) => void;
}

/** What is waiting to be sent is much. */
const HIGH_WATER_BYTES = 64 * 1024;
const FIN_BYTES = PacketDescriptor.size + PipeHeader.size + PACKET_TRAILER_BYTES;
const MILLISECOND = 10_000;
/** How often the ring is looked at when both ends have finished and data are still to be read. */
const LOOK_UNITS = 5 * MILLISECOND;
/** A guest that reads nothing for so long has closed its socket: nothing else tells, and Linux waits for us then. */
const LINGER_UNITS = 1000 * MILLISECOND;

/** The packet being taken: what it holds is copied before anybody else hears of it, so one is enough for all connections. */
const PACKET = new IncomingPacket(HVSOCK_MAX_PACKET_BYTES);
/** The frame being sent: filled and given to the ring in one turn. */
const FRAME = new Uint8Array(PipeHeader.size + PIPE_MAX_PAYLOAD_BYTES);
const FRAME_VIEW = new DataView(FRAME.buffer);

/** The channel's device and its stream at once. */
export class OfferedConnection implements SocketConnection, OfferedDevice, Inspectable {
  readonly interfaceId: string;
  readonly instanceId: string;
  readonly flags = HVSOCK_OFFER_FLAGS;
  readonly userDefined: Uint8Array;
  readonly maxPacketBytes = HVSOCK_MAX_PACKET_BYTES;
  readonly localPort: number;
  readonly remotePort: number;
  readonly counters: Counters<'bytesReceived' | 'bytesSent'> = counters({ bytesReceived: 0, bytesSent: 0 });
  onData: ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined;
  onEnd: (() => void) | undefined;
  onDrain: (() => void) | undefined;
  onClosed: ((reason: string | undefined) => void) | undefined;
  readonly #settings: ConnectionSettings;
  readonly #waiting = new SendBuffer();
  #state: 'offered' | 'open' | 'closed' = 'offered';
  #channel: HostChannel | undefined;
  #isPaused = true;
  #isReceiving = false;
  #isDrainOwed = false;
  /** Nothing is written any more; the guest is told when all that waited is sent. */
  #isEnding = false;
  #hasSentEnd = false;
  #hasHeardEnd = false;
  #timer: unknown;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    this.interfaceId = settings.interfaceId;
    this.instanceId = settings.instanceId;
    this.localPort = settings.localPort;
    this.remotePort = settings.remotePort;
    this.userDefined = HvsockUserData.bytes({ direction: settings.direction });
  }

  get state(): 'offered' | 'open' | 'closed' {
    return this.#state;
  }

  get pendingBytes(): number {
    return this.#waiting.bytes;
  }

  open(channel: HostChannel): number {
    // A connection that is over cannot be had again.
    if (this.#state !== 'offered') return NtStatus.INVALID_DEVICE_STATE;
    this.#state = 'open';
    this.#channel = channel;
    channel.onReceive = () => this.#receive();
    channel.onWritable = () => this.#send();
    this.#trace('open');
    // The guest is told first that the channel is open.
    queueMicrotask(() => this.#state === 'open' && this.#settings.opened(this));
    return NtStatus.SUCCESS;
  }

  closed(_channel: HostChannel, reason: string): void {
    this.#close(this.#hasSentEnd && this.#hasHeardEnd ? undefined : reason);
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isEnding) throw new Error('a stream that was ended cannot be written');
    if (this.#state === 'closed') return false;
    this.#waiting.push(bytes);
    this.#send();
    const isMuch = this.#waiting.bytes > HIGH_WATER_BYTES;
    if (isMuch) this.#isDrainOwed = true;
    return !isMuch;
  }

  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#send();
  }

  destroy(): void {
    this.#close('destroyed');
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#receive();
  }

  inspect(): InspectNode {
    return {
      state: this.#state,
      localPort: this.localPort,
      remotePort: this.remotePort,
      isPaused: this.#isPaused,
      hasSentEnd: this.#hasSentEnd,
      hasHeardEnd: this.#hasHeardEnd,
      pendingBytes: this.pendingBytes,
      counters: { ...this.counters },
    };
  }

  /** While paused the ring stays as it is: full at last, which holds the guest up. */
  #receive(): void {
    const channel = this.#channel;
    if (channel === undefined || this.#isReceiving) return;
    this.#isReceiving = true;
    while (!this.#isPaused && channel.receive(PACKET)) {
      const fault = this.#take();
      if (fault !== undefined) channel.fail(fault);
    }
    this.#isReceiving = false;
    if (!this.#isPaused) channel.endReceive();
    this.#finishWhenRead();
  }

  /** Hands on what the packet holds; returns what is wrong with it. */
  #take(): string | undefined {
    const { type, view, bytes, payloadOffset, payloadBytes } = PACKET;
    if (type !== PacketType.DATA_INBAND) return 'socket packet is not in-band';
    if (payloadBytes < PipeHeader.size) return 'socket packet without pipe header';
    const { packetType, dataBytes } = PipeHeader.read(view, payloadOffset);
    if (packetType !== PipePacketType.DATA) return 'socket packet is no data';
    if (dataBytes > payloadBytes - PipeHeader.size) return 'socket data end behind their packet';
    if (this.#hasHeardEnd) return 'socket data after their end';
    if (dataBytes === 0) {
      this.#hasHeardEnd = true;
      this.onEnd?.();
      return undefined;
    }
    const at = payloadOffset + PipeHeader.size;
    this.counters.bytesReceived += dataBytes;
    this.onData?.(bytes.slice(at, at + dataBytes));
    return undefined;
  }

  #send(): void {
    const channel = this.#channel;
    if (channel === undefined || this.#state !== 'open') return;
    const most = Math.min(PIPE_MAX_PAYLOAD_BYTES, (channel.outboundBytes >>> 1) - 2 * FIN_BYTES);
    let hasRoom = true;
    while (hasRoom && this.#waiting.bytes > 0) {
      const dataBytes = this.#waiting.peek(FRAME, PipeHeader.size, most);
      hasRoom = this.#sendFrame(channel, dataBytes);
      if (!hasRoom) break;
      this.#waiting.drop(dataBytes);
      this.counters.bytesSent += dataBytes;
    }
    if (hasRoom && this.#isEnding && !this.#hasSentEnd) this.#hasSentEnd = this.#sendFrame(channel, 0);
    channel.endSend();
    if (hasRoom && this.#isDrainOwed) {
      this.#isDrainOwed = false;
      this.onDrain?.();
    }
    this.#finishWhenRead();
  }

  #sendFrame(channel: HostChannel, dataBytes: number): boolean {
    PipeHeader.write(FRAME_VIEW, 0, { packetType: PipePacketType.DATA, dataBytes });
    return channel.sendInBand(0, 0, FRAME, PipeHeader.size + dataBytes, false);
  }

  /**
   * Both ends have said that they will send no more. Linux waits for the rescind, after which not every guest gets data that
   * it has not read: those are waited for, but not our last word, which a closed socket never reads.
   */
  #finishWhenRead(): void {
    if (!this.#hasSentEnd || !this.#hasHeardEnd || this.#state !== 'open') return;
    const unread = this.#channel!.outboundUnreadBytes;
    if (unread <= FIN_BYTES) this.#close(undefined);
    else if (this.#timer === undefined) this.#linger(unread, this.#settings.clock.now());
  }

  #linger(unread: number, since: number): void {
    const { clock } = this.#settings;
    this.#timer = clock.schedule(clock.now() + LOOK_UNITS, () => {
      if (this.#state !== 'open') return;
      const left = this.#channel!.outboundUnreadBytes;
      const now = clock.now();
      if (left <= FIN_BYTES || now - since >= LINGER_UNITS) this.#close(undefined);
      else this.#linger(left, left === unread ? since : now);
    });
  }

  #close(reason: string | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    if (this.#timer !== undefined) this.#settings.clock.cancel(this.#timer as never);
    this.#waiting.clear();
    this.#trace('closed');
    this.#settings.over(this);
    this.onClosed?.(reason);
  }

  #trace(event: string): void {
    if (socketTrace.on) socketTrace.emit(this.#settings.where, event, this.localPort, this.remotePort);
  }
}
