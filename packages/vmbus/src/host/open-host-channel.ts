/** An open channel in the parent. */

import type { SharedPages } from '../ring/guest-memory.ts';
import { RingChannel, type RingChannelSettings } from '../ring/ring-channel.ts';
import type { GpadlRange, HostChannel } from './offered-device.ts';

/** What an open channel asks of the offer that it belongs to. */
export interface ChannelOwner {
  readonly relid: number;
  readonly subchannelIndex: number;
  offerSubchannels(count: number): number;
  gpadl(gpadlId: number): readonly GpadlRange[] | undefined;
  gpadlPages(gpadlId: number): SharedPages | undefined;
}

/** The rings of one opening, and what a VSP may ask of the bus. */
export class OpenHostChannel extends RingChannel implements HostChannel {
  readonly busVersion: number;
  targetVp: number;
  readonly #owner: ChannelOwner;

  constructor(settings: RingChannelSettings, owner: ChannelOwner, busVersion: number, targetVp: number) {
    super(settings);
    this.#owner = owner;
    this.busVersion = busVersion;
    this.targetVp = targetVp;
  }

  get relid(): number {
    return this.#owner.relid;
  }

  get subchannelIndex(): number {
    return this.#owner.subchannelIndex;
  }

  offerSubchannels(count: number): number {
    return this.open ? this.#owner.offerSubchannels(count) : 0;
  }

  gpadl(gpadlId: number): readonly GpadlRange[] | undefined {
    return this.open ? this.#owner.gpadl(gpadlId) : undefined;
  }

  gpadlPages(gpadlId: number): SharedPages | undefined {
    return this.open ? this.#owner.gpadlPages(gpadlId) : undefined;
  }
}
