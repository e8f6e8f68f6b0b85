/** The display's driver: places video memory, sets a mode, tells of what was drawn. Synthetic Video Protocol. */

import {
  MAX_RESOLUTIONS,
  POINTER_PART_LAST,
  SYNTH_VID_PAYLOAD_OFFSET,
  SynthVidAck,
  SynthVidDirt,
  SynthVidFeatureChange,
  SynthVidHeader,
  SynthVidMessageType,
  SynthVidPointerPosition,
  SynthVidPointerShape,
  SynthVidRectangle,
  SynthVidResolution,
  SynthVidResolutionRequest,
  SynthVidResolutionResponse,
  SynthVidSituationUpdate,
  SynthVidVersion,
  SynthVidVersionRequest,
  SynthVidVersionResponse,
  SynthVidVramLocation,
} from '@viridian/protocols/synthvid';
import type { Channel } from '@viridian/vmbus/ring';
import { DeviceError } from '../message-link/device-error.ts';
import { type Message, MessageLink } from '../message-link/message-link.ts';

/** Video memory in guest memory: pages behind one another. */
export interface VideoMemory {
  readonly vramGpa: number;
  /** At most what the offer says. */
  readonly vramBytes: number;
}

/** Settings of the driver. */
export interface VideoOptions {
  /** Called once, when the resolutions are known, the host's default first. */
  readonly place: (resolutions: readonly Resolution[]) => VideoMemory;
  /** Versions, the preferred one first; 3.5 and 3.2 when absent. */
  readonly versions?: readonly number[];
}

/** A size of the screen in pixels of 32 bits: blue, green, red, unused. */
export interface Resolution {
  readonly widthPixels: number;
  readonly heightPixels: number;
}

/** Right and bottom are exclusive. */
export interface VideoRectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const DEPTH_BITS = 32;
const MOST_RECTANGLES = 255;
/** Resolutions that a host of versions before 3.4 does not list. */
const USUAL: readonly Resolution[] = [{ widthPixels: 1024, heightPixels: 768 }];
const FIRST_WITH_RESOLUTIONS = 4;

/** Agrees with the host on an open channel. Rejects with a `DeviceError`; the channel is then the caller's to close. */
export async function openVideo(channel: Channel, options: VideoOptions): Promise<VideoClient> {
  const client = new VideoClient(channel, options);
  await client.negotiate();
  return client;
}

/** An open display, dark until `setMode`; made by {@link openVideo}. */
export class VideoClient {
  /** The host took the display away, or broke the protocol. */
  onClosed: ((reason: string) => void) | undefined;
  readonly #options: VideoOptions;
  readonly #link: MessageLink;
  #resolutions: readonly Resolution[] = USUAL;
  #mode: Resolution | undefined;
  #memory: VideoMemory = { vramGpa: 0, vramBytes: 0 };
  #version = 0;
  #isDirtWanted = false;

  constructor(channel: Channel, options: VideoOptions) {
    this.#options = options;
    this.#link = new MessageLink(channel, {
      framing: 'pipe',
      receive: (message) => this.#receive(message),
      closed: (reason) => this.onClosed?.(reason),
    });
  }

  /** See `SynthVidVersion`. */
  get version(): number {
    return this.#version;
  }

  /** What the host offers, its default first. */
  get resolutions(): readonly Resolution[] {
    return this.#resolutions;
  }

  /** Part of {@link openVideo}. */
  async negotiate(): Promise<void> {
    this.#version = await this.#agreeOnVersion();
    if (this.#version >>> 16 >= FIRST_WITH_RESOLUTIONS) this.#resolutions = await this.#askResolutions();
    this.#memory = this.#options.place(this.#resolutions);
    const { vramGpa } = this.#memory;
    const location = SynthVidVramLocation.bytes({
      userContext: BigInt(vramGpa),
      isVramGpaSpecified: 1,
      vramGpa,
    });
    const request = message(SynthVidMessageType.VRAM_LOCATION, location);
    await this.#ask(request, SynthVidMessageType.VRAM_LOCATION_ACK, SynthVidAck.size);
  }

  /** Shows the first pixels of video memory, without gaps between rows. Throws RangeError for more than there are. */
  async setMode(mode: Resolution): Promise<void> {
    const { widthPixels, heightPixels } = mode;
    const pitchBytes = (widthPixels * DEPTH_BITS) / 8;
    if (!(widthPixels > 0 && heightPixels > 0) || pitchBytes * heightPixels > this.#memory.vramBytes) {
      throw new RangeError(`video memory does not hold ${widthPixels}×${heightPixels} pixels`);
    }
    const situation = SynthVidSituationUpdate.bytes({
      ...{ videoOutputCount: 1, active: 1, depthBits: DEPTH_BITS },
      ...{ widthPixels, heightPixels, pitchBytes },
    });
    const request = message(SynthVidMessageType.SITUATION_UPDATE, situation);
    await this.#ask(request, SynthVidMessageType.SITUATION_UPDATE_ACK, SynthVidAck.size);
    this.#mode = mode;
  }

  /** Tells what was drawn, if the host wants to know. False when it did not hear all. */
  drawn(...rectangles: readonly VideoRectangle[]): boolean {
    if (!this.#isDirtWanted || this.#mode === undefined) return false;
    let isHeard = true;
    for (let first = 0; first < rectangles.length; first += MOST_RECTANGLES) {
      const some = rectangles.slice(first, first + MOST_RECTANGLES);
      const head = SynthVidDirt.bytes({ rectangleCount: some.length });
      const list = some.map((rectangle) => SynthVidRectangle.bytes(rectangle));
      isHeard = this.#link.send(message(SynthVidMessageType.DIRT, head, ...list)) && isHeard;
    }
    return isHeard;
  }

  /** Puts the pointer somewhere, or hides it. */
  movePointer(x: number, y: number, isVisible = true): boolean {
    const position = SynthVidPointerPosition.bytes({ isVisible: isVisible ? 1 : 0, x, y });
    return this.#link.send(message(SynthVidMessageType.POINTER_POSITION, position));
  }

  /** Gives the pointer its looks in one part: blue, green, red, alpha; at most 8192 bytes. */
  shapePointer(size: Resolution, hotX: number, hotY: number, pixels: Uint8Array): boolean {
    const { widthPixels, heightPixels } = size;
    const shape = { partIndex: POINTER_PART_LAST, isArgb: 1, widthPixels, heightPixels, hotX, hotY };
    return this.#link.send(
      message(SynthVidMessageType.POINTER_SHAPE, SynthVidPointerShape.bytes(shape), pixels),
    );
  }

  async #agreeOnVersion(): Promise<number> {
    for (const version of this.#options.versions ?? [SynthVidVersion.V3_5, SynthVidVersion.V3_2]) {
      const request = message(SynthVidMessageType.VERSION_REQUEST, SynthVidVersionRequest.bytes({ version }));
      const { VERSION_RESPONSE } = SynthVidMessageType;
      const answer = await this.#ask(request, VERSION_RESPONSE, SynthVidVersionResponse.size);
      if (SynthVidVersionResponse.read(answer, SYNTH_VID_PAYLOAD_OFFSET).accepted !== 0) return version;
    }
    throw new DeviceError('refused', 'the host takes no version of the video protocol that is known here');
  }

  async #askResolutions(): Promise<readonly Resolution[]> {
    const question = SynthVidResolutionRequest.bytes({ maximumCount: MAX_RESOLUTIONS });
    const request = message(SynthVidMessageType.RESOLUTION_REQUEST, question);
    const { RESOLUTION_RESPONSE } = SynthVidMessageType;
    const answer = await this.#ask(request, RESOLUTION_RESPONSE, SynthVidResolutionResponse.size);
    const { resolutionCount, defaultIndex } = SynthVidResolutionResponse.read(
      answer,
      SYNTH_VID_PAYLOAD_OFFSET,
    );
    const first = SYNTH_VID_PAYLOAD_OFFSET + SynthVidResolutionResponse.size;
    const hasAll = first + resolutionCount * SynthVidResolution.size <= answer.byteLength;
    if (
      resolutionCount === 0 ||
      resolutionCount > MAX_RESOLUTIONS ||
      defaultIndex >= resolutionCount ||
      !hasAll
    ) {
      throw this.#link.fail('impossible list of resolutions');
    }
    const all = Array.from({ length: resolutionCount }, (_, index) => {
      const { width, height } = SynthVidResolution.read(answer, first + index * SynthVidResolution.size);
      return { widthPixels: width, heightPixels: height };
    });
    return [all[defaultIndex]!, ...all.filter((_, index) => index !== defaultIndex)];
  }

  async #ask(request: Uint8Array, type: number, payloadBytes: number): Promise<Message> {
    const answer = await this.#link.ask(request, type);
    if (answer.byteLength < SYNTH_VID_PAYLOAD_OFFSET + payloadBytes) {
      throw this.#link.fail('video answer is too short');
    }
    return answer;
  }

  #receive(received: Message): string | undefined {
    if (received.getUint32(0, true) !== SynthVidMessageType.FEATURE_CHANGE) return undefined;
    if (received.byteLength < SYNTH_VID_PAYLOAD_OFFSET + SynthVidFeatureChange.size) {
      return 'feature change is too short';
    }
    this.#isDirtWanted = SynthVidFeatureChange.read(received, SYNTH_VID_PAYLOAD_OFFSET).isDirtNeeded !== 0;
    return undefined;
  }
}

function message(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const messageBytes = parts.reduce((sum, { length }) => sum + length, SYNTH_VID_PAYLOAD_OFFSET);
  const bytes = new Uint8Array(messageBytes);
  bytes.set(SynthVidHeader.bytes({ type, messageBytes }));
  let at = SYNTH_VID_PAYLOAD_OFFSET;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
