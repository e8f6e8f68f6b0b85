/** What the guest end keeps of an offered channel. */

import type { AllocatedPages } from './guest-transport.ts';
import type { ChannelOffer } from './guest-types.ts';
import type { ReceivedOffer } from './host-message.ts';
import type { OpenGuestChannel } from './open-guest-channel.ts';

/** An offer, and the channel that was opened on it. */
export class OfferRecord implements ChannelOffer {
  readonly relid: number;
  readonly interfaceId: string;
  readonly instanceId: string;
  readonly subchannelIndex: number;
  readonly flags: number;
  readonly mmioMegabytes: number;
  readonly userDefined: Uint8Array;
  readonly monitorId: number | undefined;
  readonly dedicatedInterrupt: boolean;
  readonly connectionId: number;
  readonly primary: OfferRecord | undefined;
  present = true;
  channel: OpenGuestChannel | undefined;
  ringGpadl = 0;
  /** Memory that the host may still write to: freed when the host said that it is done with it. */
  ringPages: AllocatedPages | undefined;

  constructor(offer: ReceivedOffer, primary: OfferRecord | undefined) {
    this.relid = offer.relid;
    this.interfaceId = offer.interfaceId;
    this.instanceId = offer.instanceId;
    this.subchannelIndex = offer.subchannelIndex;
    this.flags = offer.flags;
    this.mmioMegabytes = offer.mmioMegabytes;
    this.userDefined = offer.userDefined;
    this.monitorId = offer.monitorId;
    this.dedicatedInterrupt = offer.dedicatedInterrupt;
    this.connectionId = offer.connectionId;
    this.primary = primary;
  }
}
