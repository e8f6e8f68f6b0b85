/** An open channel as a device sees it: the same shape in the parent (VSP) and in the child (VSC). */

import type { GuestMemory } from './guest-memory.ts';
import type { IncomingPacket } from './packet.ts';

/** What a channel counts, always on. */
export type ChannelCounters = {
  packetsSent: number;
  /** Ring bytes, trailers included. */
  bytesSent: number;
  packetsReceived: number;
  bytesReceived: number;
  /** Signals given to the other end. */
  signalsSent: number;
  /** Batches after which the other end needed no signal. */
  signalsSuppressed: number;
  /** Signals taken from the other end. */
  interrupts: number;
  /** Sends refused because the ring was full. */
  ringFull: number;
  /** Packets whose trailer did not name their start; taken all the same, as Linux does. */
  trailersWrong: number;
};

/**
 * An open channel. Sending: any number of `send…`, then one `endSend`. Receiving: when `onReceive` is called,
 * `receive` until it says false, then `endReceive`. Nothing here allocates per packet.
 */
export interface Channel {
  readonly memory: GuestMemory;
  /** False once the channel was closed by either side. */
  readonly open: boolean;
  readonly counters: Readonly<ChannelCounters>;
  /** Nothing that was sent waits in the ring any more. */
  readonly outboundEmpty: boolean;
  /** Raw bytes of the outgoing ring that the other end has not read; 0 when the channel is closed. */
  readonly outboundUnreadBytes: number;
  /** Raw bytes of the outgoing ring's data area; the longest packet with its trailer is 8 bytes less. */
  readonly outboundBytes: number;

  /** Packets may be waiting. Called again when it was set late and some were there already. */
  onReceive: (() => void) | undefined;
  /** There is room again after a send returned false. */
  onWritable: (() => void) | undefined;
  /** The channel is gone: closed, rescinded, or ended because of `reason`. Called once. */
  onClosed: ((reason: string) => void) | undefined;

  /**
   * Copies the next packet whole into `packet`'s own buffer, checks it and advances. False when there is none.
   * A packet or an index that breaks the rules ends the channel with a reason, and false is returned.
   */
  receive(packet: IncomingPacket): boolean;
  /** Ends a batch: frees what was read, unmasks, looks again (`onReceive` is called anew), wakes a blocked sender. */
  endReceive(): void;

  /**
   * Puts a packet into the ring. False when there is no room: `onWritable` follows. False as well when the channel is
   * closed. Throws RangeError for a packet that can never fit. The other end sees nothing before `endSend`.
   */
  sendInBand(
    idLow: number,
    idHigh: number,
    payload: Uint8Array,
    lengthBytes: number,
    requestCompletion: boolean,
  ): boolean;
  /** One range of guest memory goes along: `byteCount` bytes from `byteOffset` into page `gpns[0]`. Wants completion. */
  sendGpaDirect(
    idLow: number,
    idHigh: number,
    payload: Uint8Array,
    lengthBytes: number,
    gpns: Float64Array | readonly number[],
    gpnCount: number,
    byteOffset: number,
    byteCount: number,
  ): boolean;
  /**
   * Refers to `rangeCount` ranges of a set of pages that both ends know: `ranges` holds byte count and byte offset of each,
   * one pair behind the other.
   */
  sendTransferPages(
    idLow: number,
    idHigh: number,
    setId: number,
    ranges: Uint32Array | readonly number[],
    rangeCount: number,
    payload: Uint8Array,
    lengthBytes: number,
    requestCompletion: boolean,
  ): boolean;
  /** Answers the packet with this id. Id 0 is no request: Linux takes such a packet for an unsolicited one. */
  sendCompletion(idLow: number, idHigh: number, payload: Uint8Array, lengthBytes: number): boolean;
  /** Publishes what was sent and signals the other end if it must be. */
  endSend(): void;

  /** The other end broke the device's protocol: logs, counts and ends the channel. */
  fail(reason: string): void;
}
