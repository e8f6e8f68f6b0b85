/** A TCP connection of a program: bytes to await, both ways. RFC 9293. */

import type { TcpFlow, TcpSocket } from '@viridian/inet';

/** Thrown when a connection is refused, reset or given up. */
export class ConnectionError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'ConnectionError';
  }
}

/** Made by `IpStack.connect` and by listeners. */
export class TcpConnection implements AsyncIterable<Uint8Array> {
  readonly #flow: TcpFlow;
  /** Settles when the peer has answered; rejects with a {@link ConnectionError}. */
  readonly opened: Promise<void>;
  readonly #opening = Promise.withResolvers<void>();
  readonly #incoming: Uint8Array[] = [];
  #incomingBytes = 0;
  #peerEnded = false;
  #isPaused = true;
  #error: ConnectionError | undefined;
  #reader: (() => void) | undefined;
  readonly #writers: (() => void)[] = [];
  /** The end of the flow that is ours. */
  readonly #socket: TcpSocket;

  constructor(flow: TcpFlow) {
    this.#flow = flow;
    this.opened = this.#opening.promise;
    // Who does not look at it hears of it when reading.
    this.opened.catch(() => {});
    const incomingBytes = (): number => this.#incomingBytes;
    this.#socket = {
      get pendingBytes() {
        return incomingBytes();
      },
      write: (bytes) => this.#take(bytes),
      end: () => {
        this.#peerEnded = true;
        this.#reader?.();
      },
      destroy: () => this.#fail(new ConnectionError('the connection was refused or reset')),
      pause: () => {
        this.#isPaused = true;
      },
      resume: () => this.#resume(),
    };
    flow.socket = this.#socket;
  }

  /** The next bytes of the peer, its to keep; undefined when it sends no more. Rejects with a {@link ConnectionError}. One at a time. */
  async read(): Promise<Uint8Array | undefined> {
    while (this.#incoming.length === 0 && !this.#peerEnded && this.#error === undefined) {
      await new Promise<void>((resolve) => {
        this.#reader = resolve;
      });
    }
    const bytes = this.#incoming.shift();
    if (bytes !== undefined) {
      this.#incomingBytes -= bytes.length;
      this.#flow.drained();
      return bytes;
    }
    if (this.#error !== undefined) throw this.#error;
    return undefined;
  }

  /**
   * Sends bytes, which stay as they are until the peer has them; settles when there is room for more. Rejects with a
   * {@link ConnectionError}.
   */
  async write(bytes: Uint8Array): Promise<void> {
    await this.opened;
    while (this.#isPaused && this.#error === undefined) {
      await new Promise<void>((resolve) => {
        this.#writers.push(resolve);
      });
    }
    if (this.#error !== undefined) throw this.#error;
    this.#flow.received(bytes);
  }

  /** Sends no more; what the peer sends still comes. */
  end(): void {
    this.#flow.ended();
  }

  /** Gives up at once: the peer is reset. */
  abort(): void {
    this.#flow.abort();
    this.#fail(new ConnectionError('the connection was given up'));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (let bytes = await this.read(); bytes !== undefined; bytes = await this.read()) yield bytes;
  }

  #take(bytes: Uint8Array): void {
    this.#incoming.push(bytes);
    this.#incomingBytes += bytes.length;
    this.#reader?.();
  }

  #resume(): void {
    this.#isPaused = false;
    this.#opening.resolve();
    for (const writer of this.#writers.splice(0)) writer();
  }

  #fail(error: ConnectionError): void {
    this.#error ??= error;
    this.#opening.reject(this.#error);
    this.#reader?.();
    for (const writer of this.#writers.splice(0)) writer();
  }
}
