/** Bytes in both directions: what a connection of a guest is to the parent, whoever carries it. */

/** A connection. Begins paused: set the handlers, then `resume`. Each direction ends by itself. */
export interface ByteStream {
  /** Bytes that came; they are the receiver's. */
  onData: ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined;
  /** The other side will send no more. */
  onEnd: (() => void) | undefined;
  /** There is room again after `write` said no. */
  onDrain: (() => void) | undefined;
  /** Nothing comes or goes any more. `reason` is undefined when both directions have ended in order. */
  onClosed: ((reason: string | undefined) => void) | undefined;
  /** Bytes that wait to be sent. */
  readonly pendingBytes: number;
  /** Sends bytes, which are the stream's from now on. False when much waits: go on after `onDrain`. */
  write(bytes: Uint8Array): boolean;
  /** Sends no more after what waits. */
  end(): void;
  /** Ends both directions at once; what waits is lost. */
  destroy(): void;
  /** Nothing is received until `resume`; the other side is held up. */
  pause(): void;
  resume(): void;
}
