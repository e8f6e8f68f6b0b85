/** RNDIS requests, one at a time, each with its answer. Remote NDIS specification, control messages. */

import {
  RNDIS_OFFSET_BASE,
  RNDIS_VERSION,
  RndisChannelType,
  RndisComplete,
  RndisHeader,
  RndisInitialize,
  RndisInitializeComplete,
  RndisMessageType,
  RndisOidRequest,
  RndisQueryComplete,
  RndisRequest,
  RndisStatus,
} from '@viridian/protocols/netvsp';
import { PAGE_BYTES } from '@viridian/vmbus/ring';
import { NetworkError } from './errors.ts';
import type { NetvscChannel } from './netvsc-channel.ts';
import type { PageBuffer } from './page-buffer.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Id of control packets: above those of frames. */
export const CONTROL_ID = 0x8000_0000;

const COMPLETION_BIT = 0x8000_0000;
const MOST_TRANSFER_BYTES = 0x4000;

interface Waiter {
  readonly type: number;
  readonly requestId: number;
  readonly resolve: (message: Bytes) => void;
  readonly reject: (reason: Error) => void;
}

/** Over one channel; a request lies in a page of its own while the host reads it. */
export class RndisRequests {
  readonly #channel: NetvscChannel;
  readonly #page: PageBuffer;
  #waiter: Waiter | undefined;
  #nextId = 1;
  #tail: Promise<unknown> = Promise.resolve();
  /** The host has the page. */
  #isPageLent = false;
  #pageFree: (() => void) | undefined;
  #unsentBytes = 0;
  #closed: Error | undefined;

  constructor(channel: NetvscChannel, page: PageBuffer) {
    this.#channel = channel;
    this.#page = page;
  }

  /** INITIALIZE. Gives what the host says about transfers. */
  async initialize(): Promise<{ readonly packetAlignment: number }> {
    const message = RndisInitialize.bytes({
      type: RndisMessageType.RNDIS_INITIALIZE_MSG,
      majorVersion: RNDIS_VERSION.MAJOR,
      minorVersion: RNDIS_VERSION.MINOR,
      maxTransferBytes: MOST_TRANSFER_BYTES,
    });
    const answer = await this.#request(message, RndisInitializeComplete.size);
    return RndisInitializeComplete.read(viewOf(answer));
  }

  /** QUERY. `room` is sent along, as some queries want it; rejects with the host's status unless it is success. */
  async query(oid: number, room = new Uint8Array(0)): Promise<Bytes> {
    const answer = await this.#request(
      oidRequest(RndisMessageType.RNDIS_QUERY_MSG, oid, room),
      RndisQueryComplete.size,
    );
    const { informationBytes, informationOffset } = RndisQueryComplete.read(viewOf(answer));
    const available = answer.length - RNDIS_OFFSET_BASE;
    if (informationBytes === 0) return new Uint8Array(0);
    if (informationOffset > available || informationBytes > available - informationOffset) {
      this.#channel.fail('RNDIS information lies outside the answer');
      throw new NetworkError('protocol', 'RNDIS information lies outside the answer');
    }
    const start = RNDIS_OFFSET_BASE + informationOffset;
    return answer.slice(start, start + informationBytes);
  }

  /** SET. Rejects with the host's status unless it is success. */
  async set(oid: number, information: Uint8Array): Promise<void> {
    await this.#request(oidRequest(RndisMessageType.RNDIS_SET_MSG, oid, information), RndisComplete.size);
  }

  /** HALT, which has no answer; settles when the host has read it. */
  async halt(): Promise<void> {
    await this.#tail;
    const message = RndisRequest.bytes({ type: RndisMessageType.RNDIS_HALT_MSG, requestId: this.#takeId() });
    await this.#send(message);
  }

  /** A control message came, a private copy; returns what is wrong with it. */
  answered(message: Bytes): string | undefined {
    if (message.length < RndisComplete.size) return 'RNDIS answer is too short';
    const { type, requestId, status } = RndisComplete.read(viewOf(message));
    const waiter = this.#waiter;
    if (waiter === undefined || type !== waiter.type || requestId !== waiter.requestId) {
      return 'RNDIS answer fits no request';
    }
    this.#waiter = undefined;
    if (status === RndisStatus.SUCCESS) waiter.resolve(message);
    else {
      const text = `the host refuses an RNDIS request with status 0x${status.toString(16)}`;
      waiter.reject(new NetworkError('refused', text, status));
    }
    return undefined;
  }

  /** The host has read the control packet; returns what is wrong with that. */
  sent(): string | undefined {
    if (!this.#isPageLent) return 'completion of a packet that was not sent';
    this.#isPageLent = false;
    this.#pageFree?.();
    this.#pageFree = undefined;
    return undefined;
  }

  /** There is room in the ring. */
  writable(): void {
    if (this.#unsentBytes > 0) this.#trySend(this.#unsentBytes);
  }

  /** No answer will come any more. */
  close(reason: Error): void {
    this.#closed = reason;
    this.#waiter?.reject(reason);
    this.#waiter = undefined;
    this.#pageFree?.();
  }

  #request(message: Bytes, leastBytes: number): Promise<Bytes> {
    const answer = this.#tail.then(() => this.#exchange(message, leastBytes));
    this.#tail = answer.catch(() => {});
    return answer;
  }

  async #exchange(message: Bytes, leastBytes: number): Promise<Bytes> {
    const view = viewOf(message);
    const requestId = this.#takeId();
    const header = RndisRequest.on(view);
    header.messageBytes = message.length;
    header.requestId = requestId;
    const type = (header.type | COMPLETION_BIT) >>> 0;
    const answered = new Promise<Bytes>((resolve, reject) => {
      this.#waiter = { type, requestId, resolve, reject };
    });
    // Whoever awaits the answer hears of a rejection; it must not count as unheard before.
    answered.catch(() => {});
    await this.#send(message);
    const answer = await answered;
    if (answer.length >= leastBytes) return answer;
    this.#channel.fail('RNDIS answer is too short');
    throw new NetworkError('protocol', 'RNDIS answer is too short');
  }

  /** Settles when the host has read the message. */
  async #send(message: Bytes): Promise<void> {
    if (this.#closed !== undefined) throw this.#closed;
    if (message.length > PAGE_BYTES) throw new RangeError('an RNDIS request has a page at most');
    RndisHeader.on(viewOf(message)).messageBytes = message.length;
    this.#page.write(0, message);
    const read = new Promise<void>((resolve) => {
      this.#pageFree = resolve;
    });
    this.#trySend(message.length);
    await read;
    if (this.#closed !== undefined) throw this.#closed;
  }

  #trySend(lengthBytes: number): void {
    const { gpns } = this.#page.allocated;
    this.#isPageLent = this.#channel.sendPages(CONTROL_ID, RndisChannelType.CONTROL, gpns, lengthBytes);
    this.#unsentBytes = this.#isPageLent ? 0 : lengthBytes;
  }

  #takeId(): number {
    const id = this.#nextId;
    this.#nextId = (id % 0xffff_ffff) + 1;
    return id;
  }
}

function oidRequest(type: number, oid: number, information: Uint8Array): Bytes {
  const message = new Uint8Array(RndisOidRequest.size + information.length);
  RndisOidRequest.write(new DataView(message.buffer), 0, {
    type,
    oid,
    informationBytes: information.length,
    informationOffset: RndisOidRequest.size - RNDIS_OFFSET_BASE,
  });
  // The reserved handle counts to the header, so the information begins behind it.
  message.set(information, RndisOidRequest.size);
  return message;
}

function viewOf(bytes: Bytes): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
