/** Binds connections that the host offers to the kernel's sockets. */

import type { GuestBus } from '@viridian/vmbus/guest';
import { type GuestSockets, isSocketOffer } from '@viridian/vsc/socket';
import type { BoundDevice, VmbusDevice, VmbusDriver } from '../vmbus/driver-model.ts';

/** What the driver needs of its kernel. */
export interface SocketKernel {
  readonly bus: GuestBus;
  readonly sockets: GuestSockets;
}

/** The driver `hv_sock`. */
export function socketDriver({ bus, sockets }: SocketKernel): VmbusDriver {
  bus.onSocketRefused = (request, status) => sockets.refused(request, status);
  return {
    name: 'hv_sock',
    interfaceIds: [],
    takes: isSocketOffer,
    probe: (device) => probe(sockets, device),
  };
}

async function probe(sockets: GuestSockets, { offer }: VmbusDevice): Promise<BoundDevice> {
  const socket = await sockets.offered(offer);
  return {
    async remove(isGone) {
      if (!isGone) await socket?.destroy();
    },
  };
}
