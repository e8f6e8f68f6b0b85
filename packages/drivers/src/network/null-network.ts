/** A network with nobody on it. */

import { type Counters, counters, type InspectNode } from '@viridian/trace';
import type { Frame } from './frame.ts';
import type { NetworkPort, NetworkStation } from './network-port.ts';

/** Takes every frame and brings none: an adapter that is there and finds nobody. */
export class NullNetwork implements NetworkPort {
  readonly mtuBytes: number;
  readonly linkUp: boolean;
  readonly counters: Counters<'framesSent' | 'bytesSent'> = counters({ framesSent: 0, bytesSent: 0 });
  #station: NetworkStation | undefined;

  /** A cable with nothing at its end has no link: `linkUp` false. */
  constructor(options: { readonly mtuBytes?: number; readonly linkUp?: boolean } = {}) {
    this.mtuBytes = options.mtuBytes ?? 9000;
    this.linkUp = options.linkUp ?? true;
  }

  connect(station: NetworkStation): void {
    if (this.#station !== undefined) throw new Error('there is a station on this network');
    this.#station = station;
  }

  disconnect(): void {
    this.#station = undefined;
  }

  send(frame: Frame): void {
    this.counters.framesSent += 1;
    this.counters.bytesSent += frame.bytes.length;
  }

  inspect(): InspectNode {
    return { connected: this.#station !== undefined, linkUp: this.linkUp, counters: this.counters };
  }
}
