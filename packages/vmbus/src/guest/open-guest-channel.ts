/** An open channel in the child. */

import { RingChannel, type RingChannelSettings } from '../ring/ring-channel.ts';
import type { ChannelOffer, GuestChannel } from './guest-types.ts';

/** What an open channel asks of the bus. */
export interface GuestChannelOwner {
  close(channel: OpenGuestChannel): Promise<void>;
  retarget(channel: OpenGuestChannel, vp: number): Promise<void>;
}

/** The rings of one opening. */
export class OpenGuestChannel extends RingChannel implements GuestChannel {
  readonly offer: ChannelOffer;
  targetVp: number;
  readonly #owner: GuestChannelOwner;

  constructor(
    settings: RingChannelSettings,
    owner: GuestChannelOwner,
    offer: ChannelOffer,
    targetVp: number,
  ) {
    super(settings);
    this.#owner = owner;
    this.offer = offer;
    this.targetVp = targetVp;
  }

  retarget(vp: number): Promise<void> {
    return this.#owner.retarget(this, vp);
  }

  close(): Promise<void> {
    return this.#owner.close(this);
  }
}
