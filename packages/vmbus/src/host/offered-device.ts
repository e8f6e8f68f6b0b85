/** The contract between the host end of the bus and a device (VSP). */

import type { Channel } from '../ring/channel.ts';
import type { SharedPages } from '../ring/guest-memory.ts';

/** NTSTATUS: 0 is success, every other value a failure to the guest. */
export type NtStatus = number;

/** Settings of a device that is offered to the guest, and what the bus calls. */
export interface OfferedDevice {
  /** Interface (class) GUID as text. */
  readonly interfaceId: string;
  /** Instance GUID as text; unique among all devices of the machine, whatever their class. */
  readonly instanceId: string;
  /** Flags of the offer, e.g. 1 enumerate interface, 0x10 named pipe. */
  readonly flags?: number;
  readonly mmioMegabytes?: number;
  readonly optionalMmioMegabytes?: number;
  /** Up to 120 bytes of the offer. */
  readonly userDefined?: Uint8Array;
  /** How many sub-channels `offerSubchannels` may have at once; 0 when absent. */
  readonly maxSubchannels?: number;
  /** Longest packet that the guest's driver reads, descriptor included: 80 for storvsc; 4096 when absent. */
  readonly maxPacketBytes?: number;
  /** Lets the guest signal through the monitor page: the host looks at it this often, in units of 100 ns. */
  readonly monitor?: { readonly latency: number };
  /**
   * The guest opens a channel. Set the handlers and answer 0, or a failure status, at once or later. Nothing is
   * received before the answer. A throw is answered with failure and logged.
   */
  open(channel: HostChannel, request: OpenRequest): NtStatus | Promise<NtStatus>;
  /**
   * The channel is closed and its rings are gone (after `channel.onClosed`). The bus answers GPADL teardowns, opens the
   * channel anew and tells the guest that it is unloaded only after this has settled.
   */
  closed?(channel: HostChannel, reason: string): void | Promise<void>;
  /** The guest wants a GPADL back that is not the ring's. Torndown is answered after this has settled. */
  releaseGpadl?(channel: HostChannel, gpadlId: number): void | Promise<void>;
}

/** What the guest said when it opened a channel. */
export interface OpenRequest {
  readonly openId: number;
  /** 120 bytes. */
  readonly userData: Uint8Array;
  /** 0 for the primary channel. */
  readonly subchannelIndex: number;
  /** Where the guest wants to be interrupted; 0xFFFFFFFF for never. */
  readonly targetVp: number;
}

/** A range of a GPADL: bytes of guest memory. */
export interface GpadlRange {
  readonly byteOffset: number;
  readonly byteCount: number;
  readonly gpns: Float64Array;
}

/** A channel in the parent. */
export interface HostChannel extends Channel {
  readonly relid: number;
  /** 0 for the primary channel. */
  readonly subchannelIndex: number;
  readonly targetVp: number;
  /** Version of the bus as negotiated, e.g. 0x50003. */
  readonly busVersion: number;
  /** On the primary: offers so many further channels. Returns how many, fewer if `maxSubchannels` or relids run out. */
  offerSubchannels(count: number): number;
  /** Memory that the guest lent to this channel besides the rings; `undefined` for an unknown id. */
  gpadl(gpadlId: number): readonly GpadlRange[] | undefined;
  /** The whole pages of a GPADL's first range; `undefined` for an unknown id. */
  gpadlPages(gpadlId: number): SharedPages | undefined;
}

/** A guest's socket wants to reach a service of the host: TlConnectRequest. GUIDs as lower-case text. */
export interface SocketRequest {
  /** Instance GUID that the offer of the connection is to have. */
  readonly endpointId: string;
  /** Interface GUID that the offer of the connection is to have. */
  readonly serviceId: string;
}

/** A device on the bus. */
export interface Offer {
  readonly relid: number;
  readonly device: OfferedDevice;
  /** It was rescinded and the guest has let go of it, or never knew it. */
  readonly isGone: boolean;
  /** Takes the device away. Its channels end at once; the relid is free when the guest has let go of it. */
  rescind(): void;
}
