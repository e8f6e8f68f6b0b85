/** Packets that wait for room in the adapter: in order, bounded. */

const MOST_FRAMES = 512;

/** What sends. */
export interface FrameSender {
  onReceive: unknown;
  onWritable: unknown;
  send(frame: Uint8Array, segmentBytes?: number): boolean;
}

interface Waiting {
  readonly frame: Uint8Array;
  readonly segmentBytes: number;
}

/** What does not fit is lost, as on any wire: whoever needs it sends it again. */
export class TransmitQueue {
  readonly #device: FrameSender;
  readonly #waiting: Waiting[] = [];
  #isClosed = false;

  constructor(device: FrameSender) {
    this.#device = device;
  }

  /** The frame is the caller's again when this returns. */
  send(frame: Uint8Array, segmentBytes = 0): void {
    if (this.#isClosed) return;
    if (this.#waiting.length === 0 && this.#device.send(frame, segmentBytes)) return;
    if (this.#waiting.length < MOST_FRAMES) this.#waiting.push({ frame: frame.slice(), segmentBytes });
  }

  /** There is room again. */
  flush(): void {
    let sent = 0;
    for (const { frame, segmentBytes } of this.#waiting) {
      if (!this.#device.send(frame, segmentBytes)) break;
      sent += 1;
    }
    this.#waiting.splice(0, sent);
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting.length = 0;
    this.#device.onReceive = undefined;
    this.#device.onWritable = undefined;
  }
}
