/** Connections of a guest that lead to Unix sockets of the host: what `--vsock PORT:PATH[,PORT:PATH…]` means. */

import { createConnection } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { duplexOf } from '@viridian/drivers/node';
import type { Machine } from '@viridian/vm';
import { OptionError } from '../demo/options.ts';

/** A vsock port of the host, and where it leads. */
export interface SocketForward {
  readonly port: number;
  readonly path: string;
}

const MOST_PORT = 0xffff_fffe;

/** Reads the value of `--vsock`. Throws {@link OptionError}. */
export function parseForwards(text: string): SocketForward[] {
  return text.split(',').map((word) => {
    const [, port, path] = /^(\d{1,10}):(.+)$/.exec(word) ?? [];
    if (port === undefined || Number(port) > MOST_PORT) {
      throw new OptionError(`--vsock ${word}: PORT:PATH is needed, a vsock port and a Unix socket`);
    }
    return { port: Number(port), path: path! };
  });
}

/** Leads the guest's connections on; one whose Unix socket nobody listens on ends at once. */
export function forwardConnections(machine: Machine, forwards: readonly SocketForward[]): void {
  for (const { port, path } of forwards) {
    machine.sockets?.listen(port, (connection) => {
      const guest = duplexOf(connection);
      const host = createConnection({ path, allowHalfOpen: true });
      // Each direction ends by itself; what fails ends both, and the guest sees that it did.
      Promise.all([pipeline(guest, host), pipeline(host, guest)]).catch(() => {
        guest.destroy();
        host.destroy();
      });
    });
  }
}
