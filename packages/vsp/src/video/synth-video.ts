/** The display on the bus: shows a guest's video memory on a `Framebuffer`. Synthetic Video Protocol. */

import type { Framebuffer, ScreenSize } from '@viridian/drivers';
import { MAX_RESOLUTIONS } from '@viridian/protocols/synthvid';
import { InstanceId, InterfaceId, NtStatus, PIPE_MAX_PAYLOAD_BYTES } from '@viridian/protocols/vmbus';
import type { Inspectable, InspectNode } from '@viridian/trace';
import type { HostChannel, OfferedDevice } from '@viridian/vmbus/host';
import { MessageLink } from '../message-link/message-link.ts';
import { MESSAGE_PIPE_OFFER } from '../message-link/pipe-offer.ts';
import { VideoSession } from './video-session.ts';

/** Settings of a display. */
export interface SynthVideoOptions {
  /** Instance GUID as text; the usual one when absent. */
  readonly instanceId?: string;
  /** Path in traces and warnings; `video` when absent. */
  readonly where?: string;
  /** MiB of video memory that the guest is told of; 8 when absent, which holds 1920×1080. */
  readonly vramMebibytes?: number;
  /** What the guest may choose from, the default first; {@link DEFAULT_RESOLUTIONS} that fit when absent. */
  readonly resolutions?: readonly ScreenSize[];
}

const size = (widthPixels: number, heightPixels: number): ScreenSize => ({ widthPixels, heightPixels });

/** The usual sizes of screens, 1024×768 first. */
export const DEFAULT_RESOLUTIONS: readonly ScreenSize[] = [
  size(1024, 768),
  size(640, 480),
  size(800, 600),
  size(1152, 864),
  size(1280, 720),
  size(1280, 1024),
  size(1600, 1200),
  size(1920, 1080),
  size(2560, 1600),
];

const DEFAULT_VRAM_MEBIBYTES = 8;
const MEBIBYTE = 2 ** 20;
const BYTES_PER_PIXEL = 4;
const LARGEST = 0xffff;

/** Offer it to a guest with `VmbusHost.offer`. The guest says where in its memory the video memory is. */
export class SynthVideo implements OfferedDevice, Inspectable {
  readonly interfaceId = InterfaceId.VIDEO;
  readonly instanceId: string;
  readonly flags = MESSAGE_PIPE_OFFER.flags;
  readonly userDefined = MESSAGE_PIPE_OFFER.userDefined;
  readonly mmioMegabytes: number;
  readonly resolutions: readonly ScreenSize[];
  readonly #framebuffer: Framebuffer;
  readonly #where: string;
  #link: MessageLink | undefined;
  #session: VideoSession | undefined;

  /** Throws RangeError for a list of resolutions that is empty, too long, or needs more memory than there is. */
  constructor(framebuffer: Framebuffer, options: SynthVideoOptions = {}) {
    this.#framebuffer = framebuffer;
    this.instanceId = options.instanceId ?? InstanceId.VIDEO;
    this.#where = options.where ?? 'video';
    this.mmioMegabytes = options.vramMebibytes ?? DEFAULT_VRAM_MEBIBYTES;
    // Linux uses the default without a look at the memory that it needs.
    this.resolutions =
      options.resolutions ?? DEFAULT_RESOLUTIONS.filter((one) => fits(one, this.mmioMegabytes));
    if (this.resolutions.length === 0 || this.resolutions.length > MAX_RESOLUTIONS) {
      throw new RangeError(`a display has 1 to ${MAX_RESOLUTIONS} resolutions`);
    }
    const wrong = this.resolutions.find((one) => !fits(one, this.mmioMegabytes));
    if (wrong !== undefined) {
      const { widthPixels, heightPixels } = wrong;
      throw new RangeError(`${widthPixels}×${heightPixels} does not fit in ${this.mmioMegabytes} MiB`);
    }
  }

  open(channel: HostChannel): number {
    const session = new VideoSession({
      where: this.#where,
      memory: channel.memory,
      framebuffer: this.#framebuffer,
      vramBytes: this.mmioMegabytes * MEBIBYTE,
      resolutions: this.resolutions,
      send: (message) => void this.#link?.send(message),
    });
    this.#session = session;
    this.#link = new MessageLink(channel, {
      where: this.#where,
      framing: 'pipe',
      maxMessageBytes: PIPE_MAX_PAYLOAD_BYTES,
      receive: (view, at, end) => session.receive(view, at, end),
    });
    return NtStatus.SUCCESS;
  }

  closed(): void {
    this.#session?.end();
    this.#session = undefined;
    this.#link = undefined;
  }

  inspect(): InspectNode {
    return {
      session: this.#session ?? 'closed',
      vramMebibytes: this.mmioMegabytes,
      link: this.#link,
      framebuffer: this.#framebuffer,
    };
  }
}

function fits({ widthPixels, heightPixels }: ScreenSize, mebibytes: number): boolean {
  const isSize = (value: number): boolean => Number.isInteger(value) && value > 0 && value <= LARGEST;
  return (
    isSize(widthPixels) &&
    isSize(heightPixels) &&
    widthPixels * heightPixels * BYTES_PER_PIXEL <= mebibytes * MEBIBYTE
  );
}
