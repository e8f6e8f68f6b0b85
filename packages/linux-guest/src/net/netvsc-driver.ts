/** Binds network adapters of the bus to the network layer: each becomes an interface of the kernel. */

import { InterfaceId } from '@viridian/protocols/vmbus';
import type { GuestBus, GuestChannel } from '@viridian/vmbus/guest';
import { type Netvsc, networkMemory, openNetvsc, type PageSource } from '@viridian/vsc/network';
import type { BoundDevice, VmbusDevice, VmbusDriver } from '../vmbus/driver-model.ts';
import type { EthernetDevice, NetworkInterface, NetworkLayer } from './network-layer.ts';

/** Pages of each direction's ring; Linux has 128. */
const RING_PAGES = 32;

/** Large segments on their way; half a mebibyte. */
const LARGE_SENDS = 8;

/** What the driver needs of its kernel. */
export interface NetvscKernel {
  readonly bus: GuestBus;
  readonly net: NetworkLayer;
  readonly dma: PageSource;
  print(text: string): void;
}

/** The driver `hv_netvsc`. */
export function netvscDriver(kernel: NetvscKernel): VmbusDriver {
  return {
    name: 'hv_netvsc',
    interfaceIds: [InterfaceId.NETWORK],
    probe: (device) => probe(kernel, device),
  };
}

async function probe(kernel: NetvscKernel, { offer, name }: VmbusDevice): Promise<BoundDevice> {
  const channel = await kernel.bus.open(offer, { ringPages: RING_PAGES, targetVp: 0 });
  try {
    const memory = networkMemory(kernel.bus, offer, kernel.dma);
    const netvsc = await openNetvsc(channel, { memory, where: name, largeSends: LARGE_SENDS });
    const [major, minor] = [netvsc.version >>> 16, netvsc.version & 0xffff];
    kernel.print(`hv_netvsc ${name}: protocol ${major}.${minor}`);
    await netvsc.setFilter();
    return bind(kernel, channel, netvsc, kernel.net.add(ethernet(netvsc)));
  } catch (error) {
    await channel.close();
    throw error;
  }
}

/** The adapter as the network layer wants it. */
function ethernet(netvsc: Netvsc): EthernetDevice {
  return {
    mac: netvsc.mac,
    mtuBytes: netvsc.mtuBytes,
    largestSegmentBytes: netvsc.largestSegmentBytes,
    get linkUp() {
      return netvsc.linkUp;
    },
    send: (frame, segmentBytes = 0) =>
      segmentBytes === 0 ? netvsc.send(frame) : netvsc.sendLarge(frame, segmentBytes),
  };
}

function bind(
  kernel: NetvscKernel,
  channel: GuestChannel,
  netvsc: Netvsc,
  added: NetworkInterface,
): BoundDevice {
  netvsc.onReceive = (frame) => added.onReceive?.(frame);
  netvsc.onWritable = () => added.onWritable?.();
  netvsc.onLink = (up) => {
    kernel.print(`${added.name}: link ${up ? 'up' : 'down'}`);
    added.onLink?.(up);
  };
  netvsc.onClosed = (reason) => kernel.print(`${added.name}: channel closed: ${reason}`);
  return {
    async remove(isGone) {
      kernel.net.remove(added);
      netvsc.onClosed = undefined;
      if (!isGone) await netvsc.stop();
      await netvsc.release();
      await channel.close();
    },
  };
}
