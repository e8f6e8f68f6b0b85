/** A guest's screen, keyboard and pointer for VNC clients over the network. RFC 6143, The Remote Framebuffer Protocol. */

import { counters, type Inspectable, type InspectNode } from '@viridian/trace';
import type { Framebuffer } from '../display/framebuffer.ts';
import type { Keyboard } from '../input/keyboard.ts';
import type { Pointer } from '../input/pointer.ts';
import type { HostListener, HostSockets, TcpEvents, TcpSocket } from '../nat/host-sockets.ts';
import type { KeyboardLocks } from './remote-keyboard.ts';
import { RfbSession } from './rfb-session.ts';
import { rfbWarning } from './trace-points.ts';

/** What is served, and to whom. */
export interface RfbServerOptions {
  readonly framebuffer: Framebuffer;
  /** Without one, keys are ignored. */
  readonly keyboard?: Keyboard;
  /** Without one, the pointer is ignored. */
  readonly pointer?: Pointer;
  readonly sockets: Pick<HostSockets, 'listenTcp' | 'after'>;
  /** The first eight bytes of it let clients in. Everybody comes in when absent. */
  readonly password?: string;
  /** What clients show as their title; `Viridian` when absent. */
  readonly desktopName?: string;
  /** Most clients at a time; 8 when absent. */
  readonly mostClients?: number;
  /** Path in warnings; `rfb` when absent. */
  readonly where?: string;
}

/** Where to listen. */
export interface RfbAddress {
  /** 127.0.0.1 when absent. The protocol encrypts nothing, whatever the password. */
  readonly address?: string;
  /** 5900 when absent; 0 for any that is free. */
  readonly port?: number;
}

const LOOPBACK = '127.0.0.1';
/** Of display 0. */
const RFB_PORT = 5900;
const MOST_CLIENTS = 8;

/** Serves any number of clients, who see the same screen and share keyboard and pointer. */
export class RfbServer implements Inspectable {
  readonly counters = counters({ clients: 0, refused: 0 });
  readonly #options: RfbServerOptions;
  readonly #sessions = new Set<RfbSession>();
  readonly #listeners: HostListener[] = [];
  readonly #locks: KeyboardLocks = { isCapsLocked: false };
  #isClosed = false;

  constructor(options: RfbServerOptions) {
    this.#options = options;
  }

  /** Clients that are connected now. */
  get clients(): number {
    return this.#sessions.size;
  }

  /** Pictures that those clients got so far. */
  get updates(): number {
    return [...this.#sessions].reduce((sum, { counters: { updates } }) => sum + updates, 0);
  }

  /** Waits for clients at an address; settles with the port. Rejects when it cannot be had. */
  async listen({ address = LOOPBACK, port = RFB_PORT }: RfbAddress = {}): Promise<number> {
    const listener = await this.#options.sockets.listenTcp(address, port, (socket) => this.accept(socket));
    if (this.#isClosed) listener.close();
    else this.#listeners.push(listener);
    return listener.port;
  }

  /** Takes a connection, however it came about; undefined when there are too many. */
  accept(socket: TcpSocket): TcpEvents | undefined {
    const { framebuffer, keyboard, pointer, password, sockets } = this.#options;
    const { desktopName = 'Viridian', mostClients = MOST_CLIENTS, where = 'rfb' } = this.#options;
    if (this.#isClosed || this.#sessions.size >= mostClients) {
      this.counters.refused += 1;
      rfbWarning.report(where, 'too many clients');
      return undefined;
    }
    this.counters.clients += 1;
    const parts = { framebuffer, keyboard, pointer, password, desktopName, where, locks: this.#locks };
    const after = (milliseconds: number, callback: () => void) => sockets.after(milliseconds, callback);
    const session: RfbSession = new RfbSession({ ...parts, after }, socket, () =>
      this.#sessions.delete(session),
    );
    this.#sessions.add(session);
    return session;
  }

  /** Sends all clients away and listens no more. */
  close(): void {
    this.#isClosed = true;
    for (const listener of this.#listeners.splice(0)) listener.close();
    for (const session of this.#sessions) session.close();
  }

  inspect(): InspectNode {
    const clients = Object.fromEntries([...this.#sessions].map((session, index) => [index, session]));
    return { clients, counters: { ...this.counters } };
  }
}
