/** A parent with all integration services and a child that opens them, the real bus between the two. */

import { forgetWarnings } from '@viridian/trace';
import type { GuestChannel } from '@viridian/vmbus/guest';
import { type Heart, IntegrationServices } from '@viridian/vsp/integration';
import { makeBus } from './bus.ts';
import { ManualClock } from './manual-clock.ts';

/** 2026-01-02 03:04:05.678 UTC. */
export const UNIX_MILLISECONDS = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

/** As Linux has them: 12288 bytes each way. */
const OPEN = { ringPages: 4 };

/** Everything a test needs. */
export async function integrationMachine() {
  forgetWarnings();
  const { host, guest, quiet } = makeBus();
  const clock = new ManualClock();
  const hearts: Heart[] = [];
  const services = new IntegrationServices({
    clock,
    unixMilliseconds: () => UNIX_MILLISECONDS,
    referenceTime: () => 77_000,
    heartChanged: (heart) => hearts.push(heart),
  });
  for (const service of services.all) host.offer(service);
  await guest.connect();
  const offers = await guest.requestOffers();
  /** Opens a service in the guest. */
  const open = async (name: Exclude<keyof IntegrationServices, 'all' | 'inspect'>): Promise<GuestChannel> => {
    const { interfaceId } = services[name];
    const offer = offers.find((one) => one.interfaceId === interfaceId);
    if (offer === undefined) throw new Error(`${name} is not offered`);
    return await guest.open(offer, OPEN);
  };
  const advance = (seconds: number) => clock.advance(seconds, quiet);
  return { services, clock, hearts, open, quiet, advance };
}
