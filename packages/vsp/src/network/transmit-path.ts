/** What the guest sends: the bytes of one packet, copied once, taken apart into frames and control messages. NVSP, RNDIS packets. */

import type { Frame } from '@viridian/drivers';
import {
  LinuxNetvscBuffers,
  NO_SECTION,
  NvspSendRndisPacket,
  NvspStatus,
  RndisChannelType,
  RndisHeader,
  RndisMessageType,
} from '@viridian/protocols/netvsp';
import type { GuestMemory, IncomingPacket } from '@viridian/vmbus/ring';
import type { AdapterFacts } from './adapter-facts.ts';
import type { LentBuffer } from './lent-buffer.ts';
import type { RndisDevice } from './rndis-device.ts';
import { frameTrace, networkWarning } from './trace-points.ts';
import { TransmitFrames } from './transmit-frames.ts';

/** What a transmit path stands on. */
export interface TransmitPathSettings {
  readonly where: string;
  readonly memory: GuestMemory;
  readonly facts: AdapterFacts;
  readonly rndis: RndisDevice;
  /** Gives a frame to the network. */
  readonly send: (frame: Frame) => void;
}

/** Bytes of a section of the send buffer. */
export const SECTION_BYTES: number = LinuxNetvscBuffers.SEND_SECTION_BYTES;

/** Longest message stream of one packet: a large send of 64 KiB, its headers, and what a guest packs besides. */
const MOST_BYTES = 128 * 1024;

/** Of one channel. */
export class TransmitPath {
  /** The send buffer, while the guest lends one. */
  sections: LentBuffer | undefined;
  readonly #settings: TransmitPathSettings;
  readonly #packet = NvspSendRndisPacket.on(new DataView(new ArrayBuffer(0)));
  readonly #header = RndisHeader.on(new DataView(new ArrayBuffer(0)));
  readonly #frames = new TransmitFrames();
  readonly #views: Uint8Array[] = [];

  constructor(settings: TransmitPathSettings) {
    this.#settings = settings;
  }

  /** Takes an RNDIS packet, whose payload is long enough for one, and gives the status of its completion. */
  take(packet: IncomingPacket): number {
    const nvsp = this.#packet;
    nvsp.view = packet.view;
    nvsp.at = packet.payloadOffset;
    const bytes = this.#collect(packet, nvsp.sectionIndex, nvsp.sectionBytes);
    if (typeof bytes === 'string') return this.#refuse(bytes);
    const { channelType } = nvsp;
    if (channelType !== RndisChannelType.DATA && channelType !== RndisChannelType.CONTROL) {
      return this.#refuse('RNDIS packet for an unknown kind of channel');
    }
    return this.#takeMessages(bytes, channelType === RndisChannelType.CONTROL);
  }

  /** The section's bytes and then the ranges', in private memory; a text says why that cannot be. */
  #collect(
    packet: IncomingPacket,
    sectionIndex: number,
    sectionBytes: number,
  ): Uint8Array<ArrayBuffer> | string {
    const hasSection = sectionIndex !== NO_SECTION;
    const { sections } = this;
    if (hasSection) {
      if (sections === undefined) return 'RNDIS packet in a send buffer that there is not';
      if (sectionIndex >= Math.floor(sections.lengthBytes / SECTION_BYTES))
        return 'section index is out of range';
      if (sectionBytes > SECTION_BYTES) return 'section is not that long';
    }
    let total = hasSection ? sectionBytes : 0;
    for (let i = 0; i < packet.rangeCount; i += 1) total += packet.rangeByteCount(i);
    if (total > MOST_BYTES) return 'RNDIS packet is too long';
    const bytes = new Uint8Array(total);
    let at = 0;
    if (hasSection) {
      sections!.read(sectionIndex * SECTION_BYTES, bytes.subarray(0, sectionBytes));
      at = sectionBytes;
    }
    return this.#copyRanges(packet, bytes, at) ? bytes : 'RNDIS packet lies outside guest memory';
  }

  #copyRanges(packet: IncomingPacket, bytes: Uint8Array, start: number): boolean {
    const { memory } = this.#settings;
    const views = this.#views;
    let at = start;
    for (let i = 0; i < packet.rangeCount; i += 1) {
      views.length = 0;
      const byteCount = packet.rangeByteCount(i);
      const isRam = memory.gather(
        packet.gpns,
        packet.rangeFirstGpn(i),
        packet.rangeByteOffset(i),
        byteCount,
        views,
      );
      if (!isRam) return false;
      for (const view of views) {
        bytes.set(view, at);
        at += view.length;
      }
    }
    return true;
  }

  #takeMessages(bytes: Uint8Array<ArrayBuffer>, isControl: boolean): number {
    const view = new DataView(bytes.buffer);
    const header = this.#header;
    header.view = view;
    if (bytes.length < RndisHeader.size) return this.#refuse('RNDIS packet without a message');
    for (let at = 0; at < bytes.length; ) {
      const left = bytes.length - at;
      if (left < RndisHeader.size) return this.#refuse('RNDIS message ends in its header');
      header.at = at;
      const { type, messageBytes } = header;
      if (messageBytes < RndisHeader.size || messageBytes > left) {
        return this.#refuse('RNDIS message has a wrong length');
      }
      const isTaken = isControl
        ? this.#settings.rndis.take(bytes.slice(at, at + messageBytes))
        : this.#takeFrame(bytes, view, at, type, messageBytes);
      if (!isTaken) return NvspStatus.INVALID_RNDIS_PACKET;
      at += messageBytes;
    }
    return NvspStatus.SUCCESS;
  }

  /** A frame that breaks a rule is dropped alone; what is behind it in the packet is taken. */
  #takeFrame(bytes: Uint8Array, view: DataView, at: number, type: number, messageBytes: number): boolean {
    const { facts, rndis, where } = this.#settings;
    if (type !== RndisMessageType.RNDIS_PACKET_MSG) {
      networkWarning.report(where, 'RNDIS control message among frames', { type });
      return false;
    }
    const frame = rndis.initialized
      ? this.#frames.take(bytes, view, at, messageBytes, facts.frameBytes)
      : undefined;
    if (frame === undefined) {
      facts.counters.framesRefused += 1;
      networkWarning.report(
        where,
        rndis.initialized ? this.#frames.fault : 'frame before RNDIS was initialized',
      );
      return true;
    }
    facts.counters.framesSent += 1;
    facts.counters.bytesSent += frame.bytes.length;
    if (frameTrace.on) frameTrace.emit(where, 'sent', frame.bytes.length, frame.vlan, frame.segmentBytes);
    this.#settings.send(frame);
    return true;
  }

  #refuse(reason: string): number {
    networkWarning.report(this.#settings.where, reason);
    return NvspStatus.INVALID_RNDIS_PACKET;
  }
}
