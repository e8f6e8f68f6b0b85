/**
 * A switch that guests of several processes of one user are on. The first process is the hub, which the others reach by a
 * socket in a folder of the user's; when it ends, another one takes its place.
 */

import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Switch, type SwitchPort } from '../network/switch.ts';
import { FrameStream } from './frame-stream.ts';

/** A name that can be part of a path, and short enough for a socket's. */
const NAME = /^[a-zA-Z0-9_-]{1,32}$/;
const MOST_ATTEMPTS = 50;
const ATTEMPT_MS = 20;

/** Of one process, until `close`. */
export interface SharedSwitch {
  /** A new port of the switch, for a guest of this process. */
  port(name: string): SwitchPort;
  /** Whether the other processes come to this one. */
  readonly isHub: boolean;
  close(): void;
}

/** Where the sockets are: a folder that only this user can enter. */
function socketFolder(): string {
  const folder = process.env.XDG_RUNTIME_DIR ?? join(tmpdir(), `viridian-${process.getuid?.() ?? 0}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Joins the switch of this name. Rejects with RangeError for an impossible name, and when it can neither be joined nor begun. */
export async function openSharedSwitch(name: string, folder = socketFolder()): Promise<SharedSwitch> {
  if (!NAME.test(name)) throw new RangeError(`'${name}' is no name of a switch: letters, digits, - and _`);
  const shared = new LocalSwitch(join(folder, `viridian-switch-${name}.sock`));
  await shared.join();
  return shared;
}

class LocalSwitch implements SharedSwitch {
  readonly #path: string;
  readonly #switch = new Switch();
  #server: Server | undefined;
  readonly #streams = new Set<FrameStream>();
  #isClosed = false;

  constructor(path: string) {
    this.#path = path;
  }

  get isHub(): boolean {
    return this.#server !== undefined;
  }

  port(name: string): SwitchPort {
    return this.#switch.port(name);
  }

  close(): void {
    this.#isClosed = true;
    for (const stream of [...this.#streams]) stream.close();
    // Node removes the socket from its folder.
    this.#server?.close();
  }

  /** Becomes the hub, or connects to it. */
  async join(): Promise<void> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS && !this.#isClosed; attempt += 1) {
      const server = await listen(this.#path);
      if (server !== undefined) {
        this.#serve(server);
        return;
      }
      const socket = await connectTo(this.#path);
      if (socket !== undefined) {
        this.#attach(socket, () => this.#rejoin());
        return;
      }
      // Nobody is behind it: a process that was killed has left it.
      if (attempt % 2 === 1) rmSync(this.#path, { force: true });
      await sleep(ATTEMPT_MS * (1 + Math.random()));
    }
    if (!this.#isClosed) throw new Error(`${this.#path} can neither be joined nor begun`);
  }

  #serve(server: Server): void {
    if (this.#isClosed) {
      server.close();
      return;
    }
    this.#server = server;
    server.unref();
    server.on('connection', (socket) => this.#attach(socket, () => {}));
  }

  #attach(socket: Socket, gone: () => void): void {
    const port = this.#switch.port('another process');
    const stream = new FrameStream(socket, port, () => {
      this.#streams.delete(stream);
      port.close();
      gone();
    });
    this.#streams.add(stream);
  }

  /** The hub is gone. Frames are lost until there is another. */
  #rejoin(): void {
    if (!this.#isClosed) this.join().catch(() => {});
  }
}

/** A server on the path; undefined when there is one. */
async function listen(path: string): Promise<Server | undefined> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => {
      chmodSync(path, 0o600);
      resolve(server);
    });
  });
}

async function connectTo(path: string): Promise<Socket | undefined> {
  const socket = connect(path);
  return await new Promise((resolve) => {
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}
