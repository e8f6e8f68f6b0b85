/** Binds the integration services of the bus to a kernel's own. */

import { InterfaceId } from '@viridian/protocols/vmbus';
import type { GuestBus } from '@viridian/vmbus/guest';
import type { Channel } from '@viridian/vmbus/ring';
import {
  type IcResponder,
  serveBackup,
  serveHeartbeat,
  serveKeyValues,
  serveShutdown,
  serveTimeSync,
} from '@viridian/vsc/integration';
import type { VmbusDriver } from '../vmbus/driver-model.ts';
import type { GuestServices } from './guest-services.ts';

/** Pages of each direction's ring, as Linux has them. */
const RING_PAGES = 4;

/** What the driver needs of its kernel. */
export interface UtilsKernel {
  readonly bus: GuestBus;
  readonly services: GuestServices;
}

/** The driver `hv_utils`. */
export function utilsDriver({ bus, services }: UtilsKernel): VmbusDriver {
  const serve: Readonly<Record<string, (channel: Channel) => IcResponder>> = {
    [InterfaceId.SHUTDOWN]: (channel) =>
      serveShutdown(channel, (wish) => services.onShutdown?.(wish) ?? false),
    [InterfaceId.TIME_SYNC]: (channel) => serveTimeSync(channel, (time) => services.onTime?.(time)),
    [InterfaceId.HEARTBEAT]: (channel) => serveHeartbeat(channel, () => services.isHealthy?.() ?? true),
    [InterfaceId.KVP]: (channel) => serveKeyValues(channel, services.keyValues),
    [InterfaceId.VSS]: (channel) =>
      serveBackup(channel, {
        freeze: () => services.freezable?.freeze(),
        thaw: () => services.freezable?.thaw(),
      }),
  };
  return {
    name: 'hv_utils',
    interfaceIds: Object.keys(serve),
    async probe({ offer }) {
      const channel = await bus.open(offer, { ringPages: RING_PAGES, targetVp: 0 });
      serve[offer.interfaceId]!(channel);
      return { remove: () => channel.close() };
    },
  };
}
