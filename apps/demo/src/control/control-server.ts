/**
 * The control socket of a running guest: a Unix socket on which the first line says what is wanted.
 *
 *   CONNECT 1234     a connection to a vsock port of the guest; after `OK` and our port the bytes are the guest's
 *   {"do": …}        something for the machine to do; one line of JSON answers: {"done": …} or {"error": "why not"}
 *
 * The first is what Firecracker and Cloud Hypervisor do for vsock on Unix sockets.
 */

import { chmod, unlink } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { duplexOf } from '@viridian/drivers/node';
import type { Machine } from '@viridian/vm';
import { OptionError } from '../demo/options.ts';
import type { RunStorage } from '../run/run-storage.ts';
import { carryOut } from './control-actions.ts';
import { FirstLine } from './first-line.ts';

/** Longest first line that is listened to. */
const MOST_LINE_BYTES = 64 * 1024;

/** Serves one machine until it is disposed of. */
export class ControlServer implements Disposable {
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(machine: Machine, storage: RunStorage | undefined) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#open.add(socket);
      socket.on('close', () => this.#open.delete(socket));
      // Who goes away in the middle is not worth a word.
      socket.on('error', () => {});
      void serve(socket, machine, storage);
    });
  }

  /** Listens; a socket that a dead process left is replaced. Throws {@link OptionError}. */
  static async open(path: string, machine: Machine, storage?: RunStorage): Promise<ControlServer> {
    const control = new ControlServer(machine, storage);
    if (await isAbandoned(path)) await unlink(path).catch(() => {});
    try {
      await new Promise<void>((resolve, reject) => {
        control.#server.once('error', reject);
        control.#server.listen(path, resolve);
      });
      // Whoever can connect can do what root of the guest can.
      await chmod(path, 0o600);
    } catch (cause) {
      control[Symbol.dispose]();
      throw new OptionError(`--control ${path} cannot be had: ${(cause as Error).message}`, { cause });
    }
    control.#server.unref();
    return control;
  }

  [Symbol.dispose](): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }
}

/** Whether there is a socket that nobody listens on. */
function isAbandoned(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createConnection(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

async function serve(socket: Socket, machine: Machine, storage: RunStorage | undefined): Promise<void> {
  try {
    const line = await new FirstLine(socket, MOST_LINE_BYTES).read();
    const port = /^CONNECT (\d{1,10})$/.exec(line)?.[1];
    if (port === undefined) socket.end(`${JSON.stringify(await carryOut(line, machine, storage))}\n`);
    else await connect(socket, machine, Number(port));
  } catch {
    socket.destroy();
  }
}

async function connect(socket: Socket, machine: Machine, port: number): Promise<void> {
  let guest: Awaited<ReturnType<NonNullable<Machine['sockets']>['connect']>>;
  try {
    if (machine.sockets === undefined) throw new Error('the machine serves no sockets');
    guest = await machine.sockets.connect(port);
  } catch (error) {
    socket.end(`ERROR ${(error as Error).message}\n`);
    return;
  }
  socket.write(`OK ${guest.localPort}\n`);
  const stream = duplexOf(guest);
  // Each direction ends by itself.
  await Promise.all([pipeline(socket, stream), pipeline(stream, socket)]);
}
