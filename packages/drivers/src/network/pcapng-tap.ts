/** Records what passes a port, in a form that Wireshark and tcpdump read. */

import { MAC_BYTES, storeWord } from '@viridian/inet';
import { type Counters, counters, type InspectNode } from '@viridian/trace';
import { type Frame, NO_VLAN } from './frame.ts';
import type { NetworkPort, NetworkStation } from './network-port.ts';
import { CaptureDirection, captureHead, capturePacket } from './pcapng.ts';
import { SegmentCutter } from './segment-cutter.ts';

/** Takes the bytes of a capture file, in order. An array is its own from then on. */
export interface CaptureSink {
  write(bytes: Uint8Array): void;
}

/** Settings of a tap. */
export interface PcapngTapOptions {
  /** The time of a frame, in nanoseconds since 1970. */
  readonly now: () => bigint;
  /** Name of the interface in the file; `viridian` when absent. */
  readonly name?: string;
  /** Bytes to keep of each frame; all when absent. */
  readonly snapBytes?: number;
}

const ALL_BYTES = 0x4_0000;
const TPID_8021Q = 0x8100;

/**
 * A port in front of another one. Directions in the file are the station's: sent, received. Large segments are recorded as
 * the frames that a wire would carry, tagged frames with their tag. A sink that throws ends the recording, not the traffic.
 */
export class PcapngTap implements NetworkPort {
  readonly counters: Counters<'framesRecorded' | 'sinkFailures'> = counters({
    framesRecorded: 0,
    sinkFailures: 0,
  });
  readonly #port: NetworkPort;
  readonly #sink: CaptureSink;
  readonly #now: () => bigint;
  readonly #snapBytes: number;
  readonly #cutter = new SegmentCutter();

  constructor(port: NetworkPort, sink: CaptureSink, options: PcapngTapOptions) {
    this.#port = port;
    this.#sink = sink;
    this.#now = options.now;
    this.#snapBytes = options.snapBytes ?? ALL_BYTES;
    this.#write(captureHead(options.name ?? 'viridian', this.#snapBytes));
  }

  get mtuBytes(): number {
    return this.#port.mtuBytes;
  }

  get linkUp(): boolean {
    return this.#port.linkUp;
  }

  connect(station: NetworkStation): void {
    this.#port.connect({
      receive: (frame) => {
        const isTaken = station.receive(frame);
        if (isTaken) this.#record(frame, CaptureDirection.RECEIVED);
        return isTaken;
      },
      linkChanged: (up) => station.linkChanged?.(up),
    });
  }

  disconnect(): void {
    this.#port.disconnect();
  }

  send(frame: Frame): void {
    // First, so that answers come behind their questions in the file.
    this.#record(frame, CaptureDirection.SENT);
    this.#port.send(frame);
  }

  inspect(): InspectNode {
    return { counters: this.counters, port: this.#port };
  }

  #record(frame: Frame, direction: number): void {
    if (this.counters.sinkFailures > 0) return;
    const nanoseconds = this.#now();
    this.#cutter.cut(frame, this.mtuBytes, (bytes) => {
      const parts = frame.vlan === NO_VLAN ? [bytes] : tagged(bytes, frame.vlan);
      this.#write(capturePacket({ parts, nanoseconds, direction }, this.#snapBytes));
      this.counters.framesRecorded += 1;
    });
  }

  #write(bytes: Uint8Array): void {
    try {
      this.#sink.write(bytes);
    } catch {
      this.counters.sinkFailures += 1;
    }
  }
}

/** The frame in parts, with the tag that the wire has between addresses and type. */
function tagged(bytes: Uint8Array, vlan: number): Uint8Array[] {
  const tag = new Uint8Array(4);
  storeWord(tag, 0, TPID_8021Q);
  storeWord(tag, 2, vlan);
  return [bytes.subarray(0, MAC_BYTES * 2), tag, bytes.subarray(MAC_BYTES * 2)];
}
