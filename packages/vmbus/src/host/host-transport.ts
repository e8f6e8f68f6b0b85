/** What the host end needs from the parent's SynIC: TLFS, Inter-Partition Communication. */

/** A guest-to-host signal connection that was opened. */
export interface SignalConnection {
  close(): void;
}

/** The way to one child partition. The adapter over the parent's hypercalls lives in `@viridian/vm`. */
export interface HostTransport {
  /**
   * Posts a message of type 1 to SINT2 of processor `vp`. The payload is copied before the call returns. True: posted.
   * `'retry'`: no message buffer is free now. False: it will never arrive (no such processor, SynIC off).
   */
  postMessage(payload: Uint8Array, lengthBytes: number, vp: number): boolean | 'retry';
  /** Sets event flag `flag` of SINT2 on processor `vp` and interrupts it if the flag was clear. */
  signal(flag: number, vp: number): void;
  /** The guest's HvPostMessage on connections 1 and 4; set by the bus. The payload is a private copy of exact length. */
  onMessage: ((payload: Uint8Array) => void) | undefined;
  /** Lets the guest's HvSignalEvent on `connectionId` call `onSignal`. Throws when the connection cannot be made. */
  openSignal(connectionId: number, onSignal: () => void): SignalConnection;
}
