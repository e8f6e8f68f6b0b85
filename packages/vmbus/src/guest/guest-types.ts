/** What a driver in the guest sees of the bus. */

import type { BusClock } from '../ring/bus-clock.ts';
import type { Channel } from '../ring/channel.ts';
import type { GuestMemory } from '../ring/guest-memory.ts';
import type { GuestTransport } from './guest-transport.ts';

/** Settings of the guest end. */
export interface VmbusGuestOptions {
  readonly transport: GuestTransport;
  readonly memory: GuestMemory;
  /** For waits between tries of a message that found no buffer. */
  readonly clock: BusClock;
  /** Versions to try, newest first; 5.3 down to 0.13 when absent. */
  readonly versions?: readonly number[];
  /** Processor that gets the bus's messages; 0 when absent. */
  readonly messageVp?: number;
  /** Give the host monitor pages; true when absent. */
  readonly monitorPages?: boolean;
  /** Path for trace points; `vmbus` when absent. */
  readonly where?: string;
}

/** A channel that the host offers. */
export interface ChannelOffer {
  readonly relid: number;
  /** GUIDs as lower-case text. */
  readonly interfaceId: string;
  readonly instanceId: string;
  /** 0 for a primary channel. */
  readonly subchannelIndex: number;
  readonly flags: number;
  readonly mmioMegabytes: number;
  readonly userDefined: Uint8Array;
  readonly monitorId: number | undefined;
  readonly dedicatedInterrupt: boolean;
  readonly connectionId: number;
  /** The primary channel's offer; `undefined` for a primary itself. */
  readonly primary: ChannelOffer | undefined;
  /** False after the host took the channel away. */
  readonly present: boolean;
}

/** How a channel is opened. */
export interface OpenOptions {
  /** Pages of each direction's ring, control page included. */
  readonly ringPages: number;
  readonly targetVp?: number;
  /** Up to 120 bytes for the device. */
  readonly userData?: Uint8Array;
}

/** An open channel in the child. */
export interface GuestChannel extends Channel {
  readonly offer: ChannelOffer;
  readonly targetVp: number;
  /** Has interrupts sent to another processor; settles when none can reach the old one any more. Bus 4.1 and later. */
  retarget(vp: number): Promise<void>;
  /** Closes, takes the ring memory back. */
  close(): Promise<void>;
}

/** Guest memory that the host was lent. */
export interface GpadlRangeInput {
  readonly byteOffset: number;
  readonly byteCount: number;
  readonly gpns: readonly number[];
}

/** A connection to a service of the host. GUIDs as text. */
export interface SocketRequest {
  readonly endpointId: string;
  readonly serviceId: string;
}

/** The bus as a driver model sees it; `VmbusGuest` implements it. */
export interface GuestBus {
  /** Negotiated version, e.g. 0x50003; 0 before. */
  readonly version: number;
  /** Tries the versions; returns the one that the host takes. Rejects with an Error when it takes none. */
  connect(): Promise<number>;
  /** Asks for the offers, once a connection; settles with the primary channels that there are when all were delivered. */
  requestOffers(): Promise<readonly ChannelOffer[]>;
  /** A primary channel was offered (also later, at any time). */
  onOffer: ((offer: ChannelOffer) => void) | undefined;
  /** A sub-channel of `offer.primary` was offered. */
  onSubchannel: ((offer: ChannelOffer) => void) | undefined;
  /** The host took a channel away; its open channel has ended. Call `release` when the driver is gone. */
  onRescind: ((offer: ChannelOffer) => void) | undefined;
  /** The host refuses a connection that `requestSocket` asked for; `status` is an NTSTATUS. Linux ignores this. */
  onSocketRefused: ((request: SocketRequest, status: number) => void) | undefined;
  /** The host broke the rules; the bus is dead. */
  onFailed: ((reason: string) => void) | undefined;
  open(offer: ChannelOffer, options: OpenOptions): Promise<GuestChannel>;
  establishGpadl(offer: ChannelOffer, ranges: readonly GpadlRangeInput[]): Promise<number>;
  teardownGpadl(offer: ChannelOffer, gpadlId: number): Promise<void>;
  /** Asks for a connection to a service of the host, which answers with an offer of these GUIDs. Rejects before 4.0. */
  requestSocket(request: SocketRequest): Promise<void>;
  /** Gives a channel back to the host: RelIdReleased. It must be closed. */
  release(offer: ChannelOffer): void;
  /** Closes everything and leaves the bus. */
  unload(): Promise<void>;
  /** From the interrupt of vector SINT2: a message of the given type in the slot. Copies what it needs. */
  dispatchMessage(type: number, payload: Uint8Array, lengthBytes: number): void;
  /** From the same interrupt: scans and clears the 2048 event flags that begin at `flags[firstWord]` (64 words). */
  dispatchEvents(flags: Int32Array, firstWord: number): void;
}
