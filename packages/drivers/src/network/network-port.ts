/** The network seam: a socket in the wall, and what is plugged into it. */

import type { Inspectable } from '@viridian/trace';
import type { Frame } from './frame.ts';

/** Who is plugged into a port: a guest's adapter, a TypeScript peer. */
export interface NetworkStation {
  /**
   * A frame for this station, of any kind that `Frame` describes. False when there was no room and it was dropped. May be
   * called while the station itself is sending.
   */
  receive(frame: Frame): boolean;
  /** The cable was pulled, or plugged in again. */
  linkChanged?(up: boolean): void;
}

/** One port of a network. It knows neither guests nor protocols above Ethernet. */
export interface NetworkPort extends Inspectable {
  /** Longest payload of a frame, without its Ethernet header; larger segments come with `segmentBytes`. */
  readonly mtuBytes: number;
  readonly linkUp: boolean;
  /** Plugs a station in. Throws when one is in there. */
  connect(station: NetworkStation): void;
  /** Pulls the station out: it receives nothing any more. Nothing happens when none is in. */
  disconnect(): void;
  /** The station sends. The network keeps the frame as long as it likes; without a link it is lost. */
  send(frame: Frame): void;
}
