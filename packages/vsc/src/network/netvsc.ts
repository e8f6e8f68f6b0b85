/** The network adapter as the guest sees it: connects, sends and receives frames, keeps up with its cable. NVSP, RNDIS. */

import {
  LINUX_RECEIVE_BUFFER_ID,
  MediaState,
  NvspMessageType,
  NvspRevokeBuffer,
  NvspSendRndisPacket,
  Oid,
  PacketFilter,
  RndisChannelType,
  RndisHeader,
  RndisIndicateStatus,
  RndisMessageType,
  RndisStatus,
} from '@viridian/protocols/netvsp';
import { counters, type Inspectable, type InspectNode, warning } from '@viridian/trace';
import { type Channel, type IncomingPacket, PAGE_BYTES } from '@viridian/vmbus/ring';
import { NetworkError } from './errors.ts';
import { FrameJoiner } from './frame-joiner.ts';
import { type HostFrame, HostPacket, NEEDS_MORE, NO_VLAN } from './host-frames.ts';
import { FIRST_LARGE_ID, LargeSends, largeSendPages } from './large-sends.ts';
import { agreeOnVersion, DEFAULT_VERSIONS, lendReceiveBuffer, lendSendBuffer } from './negotiate.ts';
import { NetvscChannel } from './netvsc-channel.ts';
import type { NetworkMemory } from './network-memory.ts';
import { agreeOnOffload, NO_OFFLOAD, type Offload } from './offload.ts';
import { PageBuffer } from './page-buffer.ts';
import { CONTROL_ID, RndisRequests } from './rndis-requests.ts';
import { SendSlots } from './send-slots.ts';

/** Settings of an adapter. */
export interface NetvscOptions {
  readonly memory: NetworkMemory;
  /** Longest payload of a frame: 1500 when absent, 9000 at most. */
  readonly mtuBytes?: number;
  /** What the host is lent: 2 MiB and 512 KiB when absent. */
  readonly receiveBytes?: number;
  readonly sendBytes?: number;
  /** Large TCP segments that may be on their way, 68 KiB of memory for each; none when absent. The host then cuts and joins them. */
  readonly largeSends?: number;
  /** Versions to try, newest first; Linux's when absent. */
  readonly versions?: readonly number[];
  /** Path in warnings; `network` when absent. */
  readonly where?: string;
}

/** The filter of an ordinary station. */
export const STATION_FILTER: number =
  PacketFilter.DIRECTED | PacketFilter.ALL_MULTICAST | PacketFilter.BROADCAST;

const hostWarning = warning('vsc.network.host');
const ETHERNET_HEADER_BYTES = 14;
const MAC_BYTES = 6;
const DEFAULT_MTU_BYTES = 1500;
const MOST_MTU_BYTES = 9000;
const DEFAULT_RECEIVE_BYTES = 2 << 20;
/** Of a message: its header and the usual information about a packet. */
const HEAD_BYTES = 128;
const DEFAULT_SEND_BYTES = 512 << 10;

/** Opens an adapter on a channel that nobody else uses. Rejects with a {@link NetworkError}; the channel is then the caller's to close. */
export async function openNetvsc(channel: Channel, options: NetvscOptions): Promise<Netvsc> {
  const adapter = new Netvsc(channel, options);
  try {
    await adapter.connect();
  } catch (error) {
    await adapter.release();
    throw error;
  }
  return adapter;
}

/** An adapter. Nothing is received before `setFilter`. */
export class Netvsc implements Inspectable {
  readonly mtuBytes: number;
  readonly counters = counters({
    framesSent: 0,
    bytesSent: 0,
    framesReceived: 0,
    bytesReceived: 0,
    badFrames: 0,
    sendsRefused: 0,
  });
  /** A frame came; it is the receiver's to keep. */
  onReceive: ((frame: HostFrame) => void) | undefined;
  /** There is room again after `send` said no. */
  onWritable: (() => void) | undefined;
  onLink: ((up: boolean) => void) | undefined;
  onClosed: ((reason: string) => void) | undefined;
  version = 0;
  linkUp = false;
  mac: Uint8Array = new Uint8Array(MAC_BYTES);
  readonly #options: NetvscOptions;
  readonly #where: string;
  readonly #channel: NetvscChannel;
  readonly #requests: RndisRequests;
  readonly #receive: PageBuffer;
  readonly #send: PageBuffer;
  readonly #control: PageBuffer;
  readonly #gpadls: number[] = [];
  readonly #large: PageBuffer;
  readonly #joiner = new FrameJoiner();
  readonly #hostPacket = new HostPacket();
  /** The head of a message, or all of it when the head is not enough. */
  #head = new Uint8Array(HEAD_BYTES);
  #headView = new DataView(this.#head.buffer);
  #offload: Offload = NO_OFFLOAD;
  #slots: SendSlots | undefined;
  #largeSends: LargeSends | undefined;
  #mostRangeBytes = 0;
  #isReleased = false;

  /** Use `openNetvsc`. */
  constructor(channel: Channel, options: NetvscOptions) {
    const { memory, mtuBytes = DEFAULT_MTU_BYTES } = options;
    if (!(mtuBytes >= DEFAULT_MTU_BYTES && mtuBytes <= MOST_MTU_BYTES)) {
      throw new RangeError(
        `an MTU from ${DEFAULT_MTU_BYTES} to ${MOST_MTU_BYTES} is needed, not ${mtuBytes}`,
      );
    }
    this.mtuBytes = mtuBytes;
    this.#options = options;
    this.#where = options.where ?? 'network';
    const pagesFor = (bytes: number) => new PageBuffer(memory.allocatePages(Math.ceil(bytes / PAGE_BYTES)));
    this.#receive = pagesFor(options.receiveBytes ?? DEFAULT_RECEIVE_BYTES);
    this.#send = pagesFor(options.sendBytes ?? DEFAULT_SEND_BYTES);
    this.#control = pagesFor(PAGE_BYTES);
    this.#large = pagesFor(largeSendPages(options.largeSends ?? 0) * PAGE_BYTES);
    this.#channel = new NetvscChannel(channel, {
      received: (packet) => this.#received(packet),
      sent: (idLow) => this.#sent(idLow),
      writable: () => {
        this.#requests.writable();
        this.onWritable?.();
      },
      closed: (reason) => {
        this.#requests.close(new NetworkError('closed', `the channel is closed: ${reason}`));
        this.onClosed?.(reason);
      },
    });
    this.#requests = new RndisRequests(this.#channel, this.#control);
  }

  /** Negotiation, buffers, RNDIS, and what the adapter is. */
  async connect(): Promise<void> {
    const { memory, versions = DEFAULT_VERSIONS } = this.#options;
    const frameBytes = this.mtuBytes + ETHERNET_HEADER_BYTES;
    this.version = await agreeOnVersion(this.#channel, versions, frameBytes);
    const receive = await memory.lend(this.#receive.allocated);
    this.#gpadls.push(receive);
    this.#mostRangeBytes = await lendReceiveBuffer(this.#channel, receive, this.#receive.lengthBytes);
    const send = await memory.lend(this.#send.allocated);
    this.#gpadls.push(send);
    const sectionBytes = await lendSendBuffer(this.#channel, send, this.#send.lengthBytes);
    this.#slots = new SendSlots(this.#channel, this.#send, sectionBytes, frameBytes);
    await this.#requests.initialize();
    const mac = await this.query(Oid.OID_802_3_PERMANENT_ADDRESS);
    if (mac.length !== MAC_BYTES) throw new NetworkError('protocol', "the host's address is no address");
    this.mac = mac;
    const media = await this.query(Oid.OID_GEN_MEDIA_CONNECT_STATUS);
    this.linkUp = media.length < 4 || media[0] === MediaState.CONNECTED;
    if (this.#large.lengthBytes === 0) return;
    this.#largeSends = new LargeSends(this.#channel, this.#large);
    this.#offload = await agreeOnOffload(this.#requests, this.version);
  }

  /** Payload of the largest TCP segment that `sendLarge` takes; 0 when it takes none. */
  get largestSegmentBytes(): number {
    return this.#offload.largestSegmentBytes;
  }

  /**
   * Sends a TCP segment that the host cuts into packets of `segmentBytes` of payload. False when there is no room now, and
   * `onWritable` follows. Throws RangeError for what is no TCP segment, or too long.
   */
  sendLarge(frame: Uint8Array, segmentBytes: number): boolean {
    return this.#count(this.#largeSends?.send(frame, segmentBytes) === true, frame);
  }

  /**
   * Sends a frame: addresses, type, payload. False when there is no room now, and `onWritable` follows. Throws RangeError
   * for a frame that is shorter than its header or longer than the MTU allows.
   */
  send(frame: Uint8Array, vlan: number = NO_VLAN): boolean {
    if (frame.length < ETHERNET_HEADER_BYTES || frame.length > this.mtuBytes + ETHERNET_HEADER_BYTES) {
      throw new RangeError(`a frame of ${frame.length} bytes with an MTU of ${this.mtuBytes}`);
    }
    return this.#count(this.#slots?.send(frame, vlan) === true, frame);
  }

  /** Which frames are received, bits of `PacketFilter`; 0 for none. */
  async setFilter(filter: number = STATION_FILTER): Promise<void> {
    const information = new Uint8Array(4);
    new DataView(information.buffer).setUint32(0, filter, true);
    await this.set(Oid.OID_GEN_CURRENT_PACKET_FILTER, information);
  }

  /** Asks the host for an object. */
  query(oid: number, room?: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    return this.#requests.query(oid, room);
  }

  /** Gives the host an object. */
  set(oid: number, information: Uint8Array): Promise<void> {
    return this.#requests.set(oid, information);
  }

  /** Stops in order: filter off, RNDIS halted, buffers taken back from the host. The channel is the caller's to close, then `release`. */
  async stop(): Promise<void> {
    await this.setFilter(0);
    await this.#requests.halt();
    for (const [type, id] of [
      [NvspMessageType.NVSP_MSG1_TYPE_REVOKE_RECV_BUF, LINUX_RECEIVE_BUFFER_ID],
      [NvspMessageType.NVSP_MSG1_TYPE_REVOKE_SEND_BUF, 0],
    ] as const) {
      this.#channel.tell(NvspRevokeBuffer.bytes({ type, id }));
    }
  }

  /** Takes memory back from the host and gives it to the allocator: the channel is closed, or about to be. */
  async release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    const { memory } = this.#options;
    try {
      for (const gpadl of this.#gpadls) await memory.takeBack(gpadl);
    } catch (error) {
      // The device is gone, and its GPADLs with it.
      hostWarning.report(this.#where, 'GPADL not taken back', { error: String(error) });
    }
    for (const { allocated } of [this.#receive, this.#send, this.#control, this.#large]) {
      memory.freePages(allocated);
    }
  }

  inspect(): InspectNode {
    return {
      version: this.version,
      mtuBytes: this.mtuBytes,
      linkUp: this.linkUp,
      open: this.#channel.open,
      sending: this.#slots?.taken ?? 0,
      counters: this.counters,
    };
  }

  #count(isSent: boolean, frame: Uint8Array): boolean {
    if (!isSent) this.counters.sendsRefused += 1;
    else {
      this.counters.framesSent += 1;
      this.counters.bytesSent += frame.length;
    }
    return isSent;
  }

  #sent(idLow: number): string | undefined {
    if (idLow === CONTROL_ID) return this.#requests.sent();
    const slots = idLow >= FIRST_LARGE_ID ? this.#largeSends : this.#slots;
    if (slots?.giveBack(idLow) !== true) return 'completion of a packet that was not sent';
    if (this.counters.sendsRefused > 0) this.onWritable?.();
    return undefined;
  }

  #received(packet: IncomingPacket): string | undefined {
    const { type, channelType } = NvspSendRndisPacket.read(packet.view, packet.payloadOffset);
    if (type !== NvspMessageType.NVSP_MSG1_TYPE_SEND_RNDIS_PKT)
      return 'NVSP message of the host has a wrong type';
    if (packet.transferPageSetId !== LINUX_RECEIVE_BUFFER_ID) return 'packet in a buffer that was not lent';
    for (let i = 0; i < packet.rangeCount; i += 1) {
      const byteCount = packet.rangeByteCount(i);
      const byteOffset = packet.rangeByteOffset(i);
      if (byteCount > this.#mostRangeBytes || byteOffset + byteCount > this.#receive.lengthBytes) {
        return 'packet lies outside the receive buffer';
      }
      if (byteCount < RndisHeader.size) return 'RNDIS message has no header';
      const fault = this.#takeMessage(byteOffset, byteCount, channelType);
      if (fault !== undefined) return fault;
    }
    if (!this.#joiner.end()) this.#bad('a frame in parts ends in the middle');
    return undefined;
  }

  /** Nothing is decided on what lies in memory that the host writes: the head is copied first, and the rest only copied. */
  #takeMessage(at: number, byteCount: number, channelType: number): string | undefined {
    this.#copyHead(at, Math.min(byteCount, HEAD_BYTES));
    const type = this.#headView.getUint32(0, true);
    const messageBytes = this.#headView.getUint32(4, true);
    if (messageBytes < RndisHeader.size || messageBytes > byteCount)
      return 'RNDIS message has a wrong length';
    if (type === RndisMessageType.RNDIS_PACKET_MSG && channelType === RndisChannelType.DATA) {
      this.#takeFrame(at, messageBytes);
      return undefined;
    }
    if (channelType !== RndisChannelType.CONTROL) return 'RNDIS message on the wrong kind of channel';
    const message = this.#receive.read(at, messageBytes);
    const now = new DataView(message.buffer).getUint32(0, true);
    return now === RndisMessageType.RNDIS_INDICATE_STATUS_MSG
      ? this.#indicated(message)
      : this.#requests.answered(message);
  }

  #copyHead(at: number, lengthBytes: number): void {
    if (this.#head.length < lengthBytes) {
      this.#head = new Uint8Array(lengthBytes);
      this.#headView = new DataView(this.#head.buffer);
    }
    this.#receive.readInto(at, this.#head.subarray(0, lengthBytes));
  }

  /** A frame that is wrong in itself is dropped, as on any wire. */
  #takeFrame(at: number, messageBytes: number): void {
    const packet = this.#hostPacket;
    let fault = packet.read(this.#headView, Math.min(messageBytes, HEAD_BYTES), messageBytes);
    if (fault === NEEDS_MORE) {
      this.#copyHead(at, messageBytes);
      fault = packet.read(this.#headView, messageBytes, messageBytes);
    }
    if (fault !== undefined) {
      this.#bad(fault);
      return;
    }
    const place = this.#joiner.place(packet);
    if (place === undefined) {
      this.#bad('parts of a frame do not fit together');
      return;
    }
    this.#receive.readInto(at + packet.dataStart, place);
    const frame = this.#joiner.take();
    if (frame === undefined) return;
    this.counters.framesReceived += 1;
    this.counters.bytesReceived += frame.bytes.length;
    this.onReceive?.(frame);
  }

  #bad(fault: string): void {
    this.counters.badFrames += 1;
    hostWarning.report(this.#where, fault);
  }

  #indicated(message: Uint8Array<ArrayBuffer>): string | undefined {
    if (message.length < RndisIndicateStatus.size) return 'RNDIS indication is too short';
    const { status } = RndisIndicateStatus.read(new DataView(message.buffer, message.byteOffset));
    const isUp = status === RndisStatus.MEDIA_CONNECT;
    if (!isUp && status !== RndisStatus.MEDIA_DISCONNECT) return undefined;
    this.linkUp = isUp;
    this.onLink?.(isUp);
    return undefined;
  }
}
