/** Binds displays of the bus to the kernel's framebuffer: the host's default resolution, in pages of the kernel's own. */

import { InterfaceId } from '@viridian/protocols/vmbus';
import type { GuestBus, GuestChannel } from '@viridian/vmbus/guest';
import { openVideo, type VideoMemory } from '@viridian/vsc/video';
import type { CpuMemory } from '../cpu.ts';
import { PAGE_BYTES, type PageAllocator } from '../mm/page-allocator.ts';
import type { BoundDevice, VmbusDevice, VmbusDriver } from '../vmbus/driver-model.ts';
import { GuestFramebuffer } from './framebuffer.ts';

/** Pages of each direction's ring, as Linux has them. */
const RING_PAGES = 64;
const BYTES_PER_PIXEL = 4;

/** What the driver needs of its kernel. */
export interface VideoKernel {
  readonly bus: GuestBus;
  readonly pages: PageAllocator;
  readonly cpuMemory: CpuMemory;
  /** The screen, when there is one. */
  framebuffer: GuestFramebuffer | undefined;
  print(text: string): void;
}

/** The driver `hyperv_fb`. */
export function videoDriver(kernel: VideoKernel): VmbusDriver {
  return {
    name: 'hyperv_fb',
    interfaceIds: [InterfaceId.VIDEO],
    probe: (device) => probe(kernel, device),
  };
}

async function probe(kernel: VideoKernel, { offer, name }: VmbusDevice): Promise<BoundDevice> {
  const channel = await kernel.bus.open(offer, { ringPages: RING_PAGES, targetVp: 0 });
  let firstPage: number | undefined;
  const release = async (): Promise<void> => {
    await channel.close();
    // Not before: the host reads them as long as the channel is open.
    if (firstPage !== undefined) kernel.pages.free(firstPage);
  };
  try {
    const framebuffer = await openFramebuffer(kernel, channel, (page) => {
      firstPage = page;
    });
    kernel.framebuffer ??= framebuffer;
    const { widthPixels, heightPixels } = framebuffer;
    kernel.print(`hyperv_fb ${name}: fb0, ${widthPixels}x${heightPixels}`);
    return {
      async remove() {
        if (kernel.framebuffer === framebuffer) kernel.framebuffer = undefined;
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** `took` hears of the first page that was allocated. */
async function openFramebuffer(
  kernel: VideoKernel,
  channel: GuestChannel,
  took: (firstPage: number) => void,
): Promise<GuestFramebuffer> {
  let memory: VideoMemory | undefined;
  const video = await openVideo(channel, {
    place: ([first]) => {
      const vramBytes = first!.widthPixels * first!.heightPixels * BYTES_PER_PIXEL;
      const page = kernel.pages.allocate(Math.ceil(vramBytes / PAGE_BYTES));
      took(page);
      memory = { vramGpa: page * PAGE_BYTES, vramBytes };
      return memory;
    },
  });
  const mode = video.resolutions[0]!;
  const { vramGpa, vramBytes } = memory!;
  const pixels = kernel.cpuMemory.view(vramGpa, vramBytes);
  pixels.fill(0);
  await video.setMode(mode);
  return new GuestFramebuffer({ pixels, mode, drawn: (rectangle) => video.drawn(rectangle) });
}
