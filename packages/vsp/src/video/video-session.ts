/** One guest's talk with its display, from version to pixels. Synthetic Video Protocol. */

import type { Framebuffer, ScreenSize } from '@viridian/drivers';
import {
  SYNTH_VID_PAYLOAD_OFFSET,
  SynthVidDirt,
  SynthVidHeader,
  SynthVidPointerPosition,
  SynthVidPointerShape,
  SynthVidRectangle,
  SynthVidResolutionRequest,
  SynthVidSituationUpdate,
  SynthVidVersion,
  SynthVidVersionRequest,
  SynthVidVramLocation,
  SynthVidMessageType as Type,
} from '@viridian/protocols/synthvid';
import { counters, type Inspectable, type InspectNode } from '@viridian/trace';
import type { GuestMemory } from '@viridian/vmbus/ring';
import { messageWarning } from '../message-link/trace-points.ts';
import {
  acknowledgement,
  biosInfo,
  capabilities,
  resolutionResponse,
  versionResponse,
  wantEverything,
} from './messages.ts';
import { PointerParts } from './pointer-parts.ts';
import { VramScanout } from './vram-scanout.ts';

/** What a session works with. */
export interface VideoSessionOptions {
  readonly where: string;
  readonly memory: GuestMemory;
  readonly framebuffer: Framebuffer;
  readonly vramBytes: number;
  readonly resolutions: readonly ScreenSize[];
  readonly send: (message: Uint8Array) => void;
}

type State =
  | { readonly at: 'begin' }
  | { readonly at: 'negotiated'; readonly version: number }
  | { readonly at: 'located'; readonly version: number; readonly vramGpa: number; readonly isAsked: boolean };

const BEGIN: State = { at: 'begin' };
const VERSIONS: readonly number[] = Object.values(SynthVidVersion);
const LARGEST_PIXELS = 16384;

/** Least payload of each message that a guest may send. */
const PAYLOAD_BYTES: Readonly<Record<number, number>> = {
  [Type.VERSION_REQUEST]: SynthVidVersionRequest.size,
  [Type.VRAM_LOCATION]: SynthVidVramLocation.size,
  [Type.SITUATION_UPDATE]: SynthVidSituationUpdate.size,
  [Type.POINTER_POSITION]: SynthVidPointerPosition.size,
  [Type.POINTER_SHAPE]: SynthVidPointerShape.size,
  [Type.DIRT]: SynthVidDirt.size,
  [Type.BIOS_INFO_REQUEST]: 0,
  [Type.RESOLUTION_REQUEST]: SynthVidResolutionRequest.size,
  [Type.CAPABILITY_REQUEST]: 0,
};

/** Answers messages of an open channel. */
export class VideoSession implements Inspectable {
  readonly counters = counters({ situations: 0, refusedSituations: 0, dirtMessages: 0, outOfPlace: 0 });
  readonly #options: VideoSessionOptions;
  readonly #pointer = new PointerParts();
  #state: State = BEGIN;

  constructor(options: VideoSessionOptions) {
    this.#options = options;
  }

  /** A message from `at` up to `end`; returns why it breaks the protocol. */
  receive(view: DataView, at: number, end: number): string | undefined {
    if (end - at < SynthVidHeader.size) return 'video message is shorter than its header';
    const { type } = SynthVidHeader.read(view, at);
    const least = PAYLOAD_BYTES[type];
    if (least === undefined) return this.#outOfPlace(type);
    const payload = at + SYNTH_VID_PAYLOAD_OFFSET;
    if (end - payload < least) return 'video message is too short';
    if (type === Type.VERSION_REQUEST) {
      return this.#negotiate(SynthVidVersionRequest.read(view, payload).version);
    }
    const state = this.#state;
    if (state.at === 'begin') return this.#outOfPlace(type);
    if (type === Type.SITUATION_UPDATE && state.at !== 'located') return this.#outOfPlace(type);
    return this.#handle(type, view, payload, end);
  }

  /** The channel is closed: the screen goes dark. */
  end(): void {
    this.#state = BEGIN;
    this.#options.framebuffer.show(undefined);
  }

  inspect(): InspectNode {
    const state = this.#state;
    return {
      state: state.at,
      version: state.at === 'begin' ? undefined : state.version,
      vramGpa: state.at === 'located' ? state.vramGpa : undefined,
      counters: { ...this.counters },
    };
  }

  #handle(type: number, view: DataView, payload: number, end: number): string | undefined {
    const { send, framebuffer, resolutions } = this.#options;
    switch (type) {
      case Type.VRAM_LOCATION:
        return this.#locate(view, payload);
      case Type.SITUATION_UPDATE:
        return this.#situate(view, payload);
      case Type.POINTER_POSITION: {
        const { isVisible, x, y } = SynthVidPointerPosition.read(view, payload);
        framebuffer.movePointer({ isVisible: isVisible !== 0, x, y });
        return undefined;
      }
      case Type.POINTER_SHAPE:
        return this.#shapePointer(view, payload, end);
      case Type.DIRT:
        return this.#dirt(view, payload, end);
      case Type.RESOLUTION_REQUEST: {
        const { maximumCount } = SynthVidResolutionRequest.read(view, payload);
        send(resolutionResponse(resolutions.slice(0, Math.max(1, maximumCount))));
        return undefined;
      }
      case Type.BIOS_INFO_REQUEST:
        send(biosInfo());
        return undefined;
      default:
        send(capabilities());
        return undefined;
    }
  }

  /** A guest whose version is refused may ask for another; one that asks again begins anew. */
  #negotiate(version: number): undefined {
    if (this.#state.at === 'located') this.#options.framebuffer.show(undefined);
    const isTaken = VERSIONS.includes(version);
    this.#state = isTaken ? { at: 'negotiated', version } : BEGIN;
    this.#options.send(versionResponse(version, isTaken));
  }

  #locate(view: DataView, payload: number): string | undefined {
    const { userContext, isVramGpaSpecified, vramGpa } = SynthVidVramLocation.read(view, payload);
    const { version } = this.#state as { version: number };
    if (isVramGpaSpecified === 0) return 'video memory without a place';
    const probe: Uint8Array[] = [];
    if (!this.#options.memory.gather([Math.floor(vramGpa / 4096)], 0, 0, 1, probe)) {
      return 'video memory is not in guest memory';
    }
    this.#state = { at: 'located', version, vramGpa, isAsked: false };
    this.#options.send(acknowledgement(Type.VRAM_LOCATION_ACK, userContext));
    return undefined;
  }

  #situate(view: DataView, payload: number): undefined {
    const { send, framebuffer, where } = this.#options;
    const situation = SynthVidSituationUpdate.read(view, payload);
    this.counters.situations += 1;
    send(acknowledgement(Type.SITUATION_UPDATE_ACK, situation.userContext));
    const scanout = this.#scanout(situation);
    if (scanout === 'impossible') {
      this.counters.refusedSituations += 1;
      messageWarning.report(where, 'situation that cannot be shown', { pitchBytes: situation.pitchBytes });
    }
    framebuffer.show(scanout instanceof VramScanout ? scanout : undefined);
    const state = this.#state;
    if (state.at !== 'located' || state.isAsked) return;
    // Linux sends dirt only when it was asked, and answers with another situation: once is enough.
    this.#state = { ...state, isAsked: true };
    send(wantEverything());
  }

  #scanout(situation: ReturnType<typeof SynthVidSituationUpdate.read>): VramScanout | 'dark' | 'impossible' {
    const { videoOutputCount, active, vramOffset, depthBits, widthPixels, heightPixels, pitchBytes } =
      situation;
    const { memory, vramBytes } = this.#options;
    if (videoOutputCount === 0 || active === 0 || this.#state.at !== 'located') return 'dark';
    if (depthBits !== 32 && depthBits !== 16) return 'impossible';
    const isSize = (size: number): boolean => size > 0 && size <= LARGEST_PIXELS;
    const rowBytes = (widthPixels * depthBits) / 8;
    const endBytes = vramOffset + (heightPixels - 1) * pitchBytes + rowBytes;
    if (!isSize(widthPixels) || !isSize(heightPixels) || pitchBytes < rowBytes || endBytes > vramBytes) {
      return 'impossible';
    }
    const gpa = this.#state.vramGpa + vramOffset;
    return new VramScanout(memory, { gpa, widthPixels, heightPixels, pitchBytes, depthBits });
  }

  #shapePointer(view: DataView, payload: number, end: number): undefined {
    const shape = this.#pointer.add(view, payload, end);
    if (typeof shape === 'string') messageWarning.report(this.#options.where, shape);
    else if (shape !== undefined) this.#options.framebuffer.shapePointer(shape);
  }

  #dirt(view: DataView, payload: number, end: number): string | undefined {
    const { rectangleCount } = SynthVidDirt.read(view, payload);
    const first = payload + SynthVidDirt.size;
    if (end - first < rectangleCount * SynthVidRectangle.size)
      return 'dirt with fewer rectangles than it says';
    this.counters.dirtMessages += 1;
    for (let index = 0; index < rectangleCount; index += 1) {
      this.#options.framebuffer.dirtied(SynthVidRectangle.read(view, first + index * SynthVidRectangle.size));
    }
    return undefined;
  }

  #outOfPlace(type: number): undefined {
    this.counters.outOfPlace += 1;
    messageWarning.report(this.#options.where, 'video message out of place', { type, state: this.#state.at });
  }
}
