/** The sockets of a guest: those that listen, those that wait for a connection, those that have one. Hyper-V Sockets. */

import {
  HvsockDirection,
  HvsockUserData,
  portOfServiceId,
  serviceIdOfPort,
} from '@viridian/protocols/hvsock';
import { OfferFlag } from '@viridian/protocols/vmbus';
import { type ChannelOffer, type GuestBus, VmbusError } from '@viridian/vmbus/guest';
import type { BusClock } from '@viridian/vmbus/ring';
import { GuestSocket } from './guest-socket.ts';
import { SocketError } from './socket-error.ts';

/** What the sockets stand on. */
export interface GuestSocketSettings {
  readonly bus: Pick<GuestBus, 'requestSocket' | 'open'>;
  readonly clock: BusClock;
  /** Pages of each direction's ring, control page included; 7 unless given, as Linux has at least. */
  readonly ringPages?: number;
}

/** How to connect. */
export interface GuestConnectOptions {
  /** How long the parent has to answer, in ms; 2000 unless given, as in Linux. */
  readonly timeoutMs?: number;
}

/** A port that the parent can connect to. */
export interface GuestListener extends Disposable {
  readonly port: number;
  /** Takes no further connections; those that there are go on. */
  close(): void;
}

const RING_PAGES = 7;
const TIMEOUT_MS = 2000;
const UNITS_PER_MS = 10_000;
const FIRST_LOCAL_PORT = 0x1_0000;
const LAST_PORT = 0xffff_fffe;

interface Wait {
  readonly serviceId: string;
  readonly resolve: (socket: GuestSocket) => void;
  readonly reject: (error: SocketError) => void;
}

/** Whether an offer is that of a connection. */
export function isSocketOffer(offer: ChannelOffer): boolean {
  return (offer.flags & OfferFlag.TLNPI_PROVIDER_OFFER) !== 0;
}

/** Give it the offers for which `isSocketOffer` is true, and the refusals of the bus. */
export class GuestSockets {
  readonly #settings: GuestSocketSettings;
  readonly #listeners = new Map<number, (socket: GuestSocket) => void>();
  /** By the endpoint GUID that the offer will have. */
  readonly #waiting = new Map<string, Wait>();
  #nextPort = FIRST_LOCAL_PORT;

  constructor(settings: GuestSocketSettings) {
    this.#settings = settings;
  }

  /** Connects to a port on which the parent listens. Rejects with {@link SocketError}. */
  async connect(port: number, { timeoutMs = TIMEOUT_MS }: GuestConnectOptions = {}): Promise<GuestSocket> {
    checkPort(port);
    const { bus, clock } = this.#settings;
    const endpointId = serviceIdOfPort(this.#nextPort);
    this.#nextPort = this.#nextPort === LAST_PORT ? FIRST_LOCAL_PORT : this.#nextPort + 1;
    const serviceId = serviceIdOfPort(port);
    const fail = (kind: SocketError['kind'], text: string): void =>
      this.#take(endpointId)?.reject(new SocketError(kind, port, text));
    const timeout = (): void => fail('timeout', 'the parent does not answer');
    const timer = clock.schedule(clock.now() + timeoutMs * UNITS_PER_MS, timeout);
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(endpointId, { serviceId, resolve, reject });
        bus
          .requestSocket({ endpointId, serviceId })
          .catch((error: unknown) => fail(kindOf(error), (error as Error).message));
      });
    } finally {
      clock.cancel(timer as never);
    }
  }

  /**
   * Has `accept` called with each connection that the parent makes to this port; they begin paused. Throws SocketError when
   * the port has a listener.
   */
  listen(port: number, accept: (socket: GuestSocket) => void): GuestListener {
    checkPort(port);
    if (this.#listeners.has(port)) throw new SocketError('busy', port, 'somebody listens there already');
    this.#listeners.set(port, accept);
    const close = (): void => {
      if (this.#listeners.get(port) === accept) this.#listeners.delete(port);
    };
    return { port, close, [Symbol.dispose]: close };
  }

  /**
   * The parent offers a connection. Opens it if somebody listens or waits for it; undefined when nobody does: the parent
   * takes the offer back after a while. Rejects when the channel cannot be opened.
   */
  async offered(offer: ChannelOffer): Promise<GuestSocket | undefined> {
    const { direction } = HvsockUserData.read(viewOf(offer.userDefined));
    if (direction === HvsockDirection.HOST_CONNECTS) {
      const port = portOfServiceId(offer.interfaceId);
      const accept = port === undefined ? undefined : this.#listeners.get(port);
      if (accept === undefined) return undefined;
      const socket = await this.#open(offer, port!, firstWord(offer.instanceId));
      accept(socket);
      return socket;
    }
    const wait = this.#waiting.get(offer.instanceId);
    if (wait === undefined || wait.serviceId !== offer.interfaceId) return undefined;
    this.#waiting.delete(offer.instanceId);
    const [local, remote] = [portOfServiceId(offer.instanceId), portOfServiceId(offer.interfaceId)];
    try {
      const socket = await this.#open(offer, local!, remote!);
      wait.resolve(socket);
      return socket;
    } catch (error) {
      wait.reject(new SocketError('closed', remote!, (error as Error).message));
      throw error;
    }
  }

  /** The parent says that there will be no offer; `status` is an NTSTATUS. */
  refused({ endpointId }: { readonly endpointId: string }, status: number): void {
    if (status === 0) return;
    const wait = this.#take(endpointId);
    if (wait === undefined) return;
    const text = `refused (${status.toString(16)}h)`;
    wait.reject(new SocketError('refused', portOfServiceId(wait.serviceId)!, text));
  }

  /** The bus is being left: nobody gets a connection any more. */
  shutdown(): void {
    this.#listeners.clear();
    for (const endpointId of [...this.#waiting.keys()]) {
      const { serviceId, reject } = this.#take(endpointId)!;
      reject(new SocketError('closed', portOfServiceId(serviceId)!, 'the bus is closed'));
    }
  }

  async #open(offer: ChannelOffer, localPort: number, remotePort: number): Promise<GuestSocket> {
    const { bus, ringPages = RING_PAGES } = this.#settings;
    return new GuestSocket(await bus.open(offer, { ringPages, targetVp: 0 }), localPort, remotePort);
  }

  #take(endpointId: string): Wait | undefined {
    const wait = this.#waiting.get(endpointId);
    this.#waiting.delete(endpointId);
    return wait;
  }
}

/** A GUID begins with a number of 32 bits: that of the parent's port in instances of its connections. */
function firstWord(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16);
}

function kindOf(error: unknown): SocketError['kind'] {
  return error instanceof VmbusError && error.kind === 'refused' ? 'refused' : 'closed';
}

function checkPort(port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= LAST_PORT) return;
  throw new RangeError(`${port} is no vsock port: 0 to ${LAST_PORT} are`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
