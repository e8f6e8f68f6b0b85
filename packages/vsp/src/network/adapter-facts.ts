/** What an adapter is at this moment, as queries tell it and settings change it. */

import { type Counters, counters } from '@viridian/trace';

/** What an adapter counts, always on; seen from the guest. */
export type AdapterCounters = Counters<
  | 'framesSent'
  | 'bytesSent'
  | 'framesRefused'
  | 'framesReceived'
  | 'bytesReceived'
  | 'framesDropped'
  | 'framesFiltered'
  | 'segmentsCut'
  | 'segmentsCoalesced'
>;

/** Counters at 0. */
export function adapterCounters(): AdapterCounters {
  return counters({
    framesSent: 0,
    bytesSent: 0,
    framesRefused: 0,
    framesReceived: 0,
    bytesReceived: 0,
    framesDropped: 0,
    framesFiltered: 0,
    segmentsCut: 0,
    segmentsCoalesced: 0,
  });
}

/** One opening of an adapter: what was agreed on and set. */
export interface AdapterFacts {
  readonly counters: AdapterCounters;
  readonly friendlyName: string;
  readonly permanentMac: Uint8Array;
  readonly linkUp: boolean;
  /** Protocol version, see `NvspVersion`. */
  readonly version: number;
  /** Longest frame, header included, and its payload. */
  readonly frameBytes: number;
  readonly mtuBytes: number;
  /** Changed by settings. */
  currentMac: Uint8Array;
  /** Bits of `PacketFilter`; nothing is received while it is 0. */
  packetFilter: number;
  /** The guest takes large segments in one piece. */
  coalesces: boolean;
  /** Addresses behind one another. */
  multicastList: Uint8Array;
}
