/** Messages that wait for their slot. TLFS, "Inter-Partition Communication", message buffers. */

import { HV_MESSAGE_MAX_PAYLOAD_BYTES } from '@viridian/protocols/tlfs';

/** Who pays for a queued message: a port, with a limited number of buffers. */
export interface MessageSource {
  /** Messages of this source that are queued, not yet in a slot. Kept by the SynIC. */
  queuedMessages: number;
}

/** One message on its way, and its place in the queue of its SINT. */
export class MessageBuffer {
  sint = 0;
  type = 0;
  originLow = 0;
  originHigh = 0;
  payloadBytes = 0;
  readonly words = new Int32Array(HV_MESSAGE_MAX_PAYLOAD_BYTES / 4);
  readonly bytes = new Uint8Array(this.words.buffer);
  readonly view = new DataView(this.words.buffer);
  source: MessageSource | undefined;
  /** Called when the message has reached its slot. */
  onDelivered: (() => void) | undefined;
  queued = false;
  next: MessageBuffer | undefined;

  /** Takes a copy of a payload of at most 240 bytes; the rest of the last word becomes zero. */
  setPayload(payload: Uint8Array, sizeBytes: number): void {
    this.words[(sizeBytes - 1) >> 2] = 0;
    for (let at = 0; at < sizeBytes; at += 1) this.bytes[at] = payload[at]!;
    this.payloadBytes = sizeBytes;
  }
}

/** First in, first out, linked through the buffers themselves. */
export class MessageQueue {
  head: MessageBuffer | undefined;
  length = 0;
  #tail: MessageBuffer | undefined;

  push(buffer: MessageBuffer): void {
    buffer.next = undefined;
    buffer.queued = true;
    if (this.#tail === undefined) this.head = buffer;
    else this.#tail.next = buffer;
    this.#tail = buffer;
    this.length += 1;
  }

  /** Takes the first one out. */
  shift(): MessageBuffer | undefined {
    const first = this.head;
    if (first !== undefined) this.#unlink(undefined, first);
    return first;
  }

  /** Takes out one buffer, wherever it stands; false when it is not here. */
  remove(buffer: MessageBuffer): boolean {
    let before: MessageBuffer | undefined;
    for (let at = this.head; at !== undefined; at = at.next) {
      if (at === buffer) {
        this.#unlink(before, at);
        return true;
      }
      before = at;
    }
    return false;
  }

  /** The first message of this source. */
  firstOf(source: MessageSource): MessageBuffer | undefined {
    for (let at = this.head; at !== undefined; at = at.next) if (at.source === source) return at;
    return undefined;
  }

  #unlink(before: MessageBuffer | undefined, buffer: MessageBuffer): void {
    if (before === undefined) this.head = buffer.next;
    else before.next = buffer.next;
    if (this.#tail === buffer) this.#tail = before;
    buffer.next = undefined;
    buffer.queued = false;
    this.length -= 1;
  }
}
