/** The other end of a control socket: what the commands for a running guest say to it. */

import { createConnection, type Socket } from 'node:net';
import type { ControlAnswer, ControlRequest } from './control-actions.ts';
import { FirstLine } from './first-line.ts';

/** The guest cannot be spoken to, or says no; the message is for people. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
}

const MOST_LINE_BYTES = 2 ** 20;

/** Has the machine do something; gives what it says. Rejects with {@link ControlError}, when `signal` gives up too. */
export async function ask(
  path: string,
  request: ControlRequest,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const socket = await open(path);
  signal?.addEventListener('abort', () => socket.destroy());
  try {
    socket.write(`${JSON.stringify(request)}\n`);
    const line = await new FirstLine(socket, MOST_LINE_BYTES).read().catch(() => undefined);
    if (line === undefined) throw new ControlError('the guest ended before it answered');
    const answer = JSON.parse(line) as ControlAnswer;
    if ('error' in answer) throw new ControlError(answer.error);
    return answer.done;
  } finally {
    socket.destroy();
  }
}

/** A connection to a vsock port of the guest. Rejects with {@link ControlError}. */
export async function connectPort(path: string, port: number): Promise<Socket> {
  const socket = await open(path);
  socket.write(`CONNECT ${port}\n`);
  const line = await new FirstLine(socket, MOST_LINE_BYTES).read().catch(() => 'ERROR the guest ended');
  if (line.startsWith('OK')) return socket;
  socket.destroy();
  throw new ControlError(line.replace(/^ERROR /, ''));
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path, allowHalfOpen: true });
    const failed = (error: NodeJS.ErrnoException): void => {
      const known = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
      const why = known ? 'no guest runs with this --control' : error.message;
      reject(new ControlError(`${path}: ${why}`));
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      // An error is followed by the close that everybody hears.
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}
