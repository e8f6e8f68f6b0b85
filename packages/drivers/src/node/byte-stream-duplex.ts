/** A `ByteStream` as a stream of Node, with its flow control in both directions. Node.js, "Stream". */

import { Duplex } from 'node:stream';
import type { ByteStream } from '../stream/byte-stream.ts';

/** How the two ends of the stream depend on one another. */
export interface DuplexOptions {
  /** False to end our direction when the other side has ended its; true unless given. */
  readonly allowHalfOpen?: boolean;
}

/** Takes the stream over. An end that is not in order destroys the Duplex with an Error. */
export function duplexOf(stream: ByteStream, { allowHalfOpen = true }: DuplexOptions = {}): Duplex {
  let drained: (() => void) | undefined;
  let ended: (() => void) | undefined;
  const duplex = new Duplex({
    allowHalfOpen,
    read: () => stream.resume(),
    write: (chunk: Buffer, _encoding, done) => {
      // The bytes are ours until they are sent: whoever writes may use the buffer again.
      if (stream.write(Uint8Array.from(chunk))) done();
      else drained = done;
    },
    final: (done) => {
      ended = done;
      stream.end();
      done();
    },
    destroy: (error, done) => {
      stream.destroy();
      done(error);
    },
  });
  stream.onData = (bytes) => {
    if (!duplex.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))) stream.pause();
  };
  stream.onEnd = () => void duplex.push(null);
  stream.onDrain = () => {
    const done = drained;
    drained = undefined;
    done?.();
  };
  stream.onClosed = (reason) => {
    if (reason === undefined && ended !== undefined) return;
    duplex.destroy(reason === undefined ? undefined : new Error(`the connection ended: ${reason}`));
  };
  return duplex;
}
