/** The offers that the guest end knows: found by relid, sub-channels tied to their primaries. */

import { MAX_REL_ID } from '@viridian/protocols/vmbus';
import type { ReceivedOffer } from './host-message.ts';
import { OfferRecord } from './offer-record.ts';

/** Offers by relid. */
export class GuestOffers {
  readonly #byRelid = new Array<OfferRecord | undefined>(MAX_REL_ID + 1).fill(undefined);

  find(relid: number): OfferRecord | undefined {
    return this.#byRelid[relid];
  }

  /** All offers, by relid. */
  all(): OfferRecord[] {
    return this.#byRelid.filter((offer) => offer !== undefined);
  }

  /** Adds what the host offered; a text says why it cannot be. */
  add(received: ReceivedOffer): OfferRecord | string {
    if (this.#byRelid[received.relid] !== undefined) return 'offer of a relid that is in use';
    let primary: OfferRecord | undefined;
    for (const known of this.all()) {
      if (known.instanceId !== received.instanceId) continue;
      if (known.subchannelIndex === received.subchannelIndex)
        return 'offer of an instance that is here already';
      const related = known.interfaceId === received.interfaceId && known.present;
      if (known.subchannelIndex === 0 && related) primary = known;
    }
    if (received.subchannelIndex !== 0 && primary === undefined)
      return 'offer of a sub-channel without a primary';
    const offer = new OfferRecord(received, primary);
    this.#byRelid[offer.relid] = offer;
    return offer;
  }

  remove(offer: OfferRecord): void {
    this.#byRelid[offer.relid] = undefined;
  }

  clear(): void {
    this.#byRelid.fill(undefined);
  }
}
