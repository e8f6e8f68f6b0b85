/** The first line of a stream; what follows stays in it. */

import type { Socket } from 'node:net';

const NEWLINE = 10;

/** Reads from a socket that nobody reads yet, up to a line's end. */
export class FirstLine {
  readonly #socket: Socket;
  readonly #mostBytes: number;

  constructor(socket: Socket, mostBytes: number) {
    this.#socket = socket;
    this.#mostBytes = mostBytes;
  }

  /** The line without its end. Rejects when the stream ends first, or the line is too long. */
  read(): Promise<string> {
    const socket = this.#socket;
    let seen = Buffer.alloc(0);
    return new Promise((resolve, reject) => {
      const done = (): void => {
        socket.off('readable', look);
        socket.off('end', gone);
        socket.off('close', gone);
      };
      const gone = (): void => {
        done();
        reject(new Error('the stream ended in its first line'));
      };
      const look = (): void => {
        for (;;) {
          const chunk = socket.read() as Buffer | null;
          if (chunk === null) return;
          seen = Buffer.concat([seen, chunk]);
          const end = seen.indexOf(NEWLINE);
          if (end < 0 && seen.length <= this.#mostBytes) continue;
          done();
          if (end < 0) reject(new Error('the first line is too long'));
          else {
            if (end + 1 < seen.length) socket.unshift(seen.subarray(end + 1));
            resolve(seen.toString('utf8', 0, end));
          }
          return;
        }
      };
      socket.on('readable', look);
      socket.on('end', gone);
      socket.on('close', gone);
    });
  }
}
