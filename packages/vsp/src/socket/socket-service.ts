/** Sockets between the parent and one guest: connections asked for by either side. Hyper-V Sockets. */

import { HvsockDirection, portOfServiceId, serviceIdOfPort } from '@viridian/protocols/hvsock';
import { NtStatus, VmbusVersion } from '@viridian/protocols/vmbus';
import { type Counters, counters, type Inspectable, type InspectNode } from '@viridian/trace';
import type { Offer, OfferedDevice, SocketRequest } from '@viridian/vmbus/host';
import type { BusClock } from '@viridian/vmbus/ring';
import { OfferedConnection, type SocketConnection } from './socket-connection.ts';
import { SocketError } from './socket-error.ts';
import { socketTrace, socketWarning } from './trace-points.ts';

/** The bus on which connections are offered, as `VmbusHost` is. */
export interface SocketBus {
  readonly version: number;
  onSocketRequest: ((request: SocketRequest) => number) | undefined;
  offer(device: OfferedDevice): Offer;
}

/** Settings of the service. */
export interface SocketSettings {
  readonly bus: SocketBus;
  readonly clock: BusClock;
  /** Connections at a time, counting those that the guest has not let go of; 1024 unless given, of 2047 channels. */
  readonly mostConnections?: number;
  /** Path in traces and warnings; `sockets` when absent. */
  readonly where?: string;
}

/** How to connect. */
export interface ConnectOptions {
  /** How long the guest has to take the connection, in ms; 5000 unless given. */
  readonly timeoutMs?: number;
}

/** A port that guests can connect to. */
export interface SocketListener extends Disposable {
  readonly port: number;
  /** Takes no further connections; those that there are go on. */
  close(): void;
}

const MOST_CONNECTIONS = 1024;
const UNITS_PER_MS = 10_000;
const TIMEOUT_MS = 5000;
/** Our ports are numbered from here. */
const FIRST_LOCAL_PORT = 0x8000_0000;
const LAST_PORT = 0xffff_fffe;
/** All but the port of the instance GUIDs of connections that we ask for, of our own numbering. */
const INSTANCE_TAIL = '6961-6e00-8000-50c4e7000000';

interface Pending {
  readonly timer: unknown;
  readonly settle: (error: SocketError | undefined) => void;
}

/** Takes the bus's requests for sockets from its construction on. Connections end with their guest's bus. */
export class SocketService implements Inspectable {
  readonly counters: Counters<'connections' | 'refused' | 'timeouts'> = counters({
    connections: 0,
    refused: 0,
    timeouts: 0,
  });
  readonly #settings: SocketSettings;
  readonly #where: string;
  readonly #most: number;
  readonly #listeners = new Map<number, (connection: SocketConnection) => void>();
  readonly #offers = new Map<OfferedConnection, Offer>();
  /** Offered, and not opened by the guest yet. */
  readonly #pending = new Map<OfferedConnection, Pending>();
  #nextPort = FIRST_LOCAL_PORT;

  constructor(settings: SocketSettings) {
    this.#settings = settings;
    this.#where = settings.where ?? 'sockets';
    this.#most = settings.mostConnections ?? MOST_CONNECTIONS;
    settings.bus.onSocketRequest = (request) => this.#requested(request);
  }

  /** Connects to a port on which a program of the guest listens. Rejects with {@link SocketError}. */
  connect(port: number, { timeoutMs = TIMEOUT_MS }: ConnectOptions = {}): Promise<SocketConnection> {
    checkPort(port);
    const { version } = this.#settings.bus;
    if (version < VmbusVersion.V4_0) {
      const why = version === 0 ? 'the guest has no bus yet' : "the guest's bus is too old for sockets";
      return Promise.reject(new SocketError('not-ready', port, why));
    }
    const localPort = this.#nextPort;
    this.#nextPort = localPort === LAST_PORT ? FIRST_LOCAL_PORT : localPort + 1;
    return new Promise((resolve, reject) => {
      const connection = this.#offer(
        {
          interfaceId: serviceIdOfPort(port),
          instanceId: `${localPort.toString(16)}-${INSTANCE_TAIL}`,
          direction: HvsockDirection.HOST_CONNECTS,
          localPort,
          remotePort: port,
        },
        timeoutMs,
        (error) => (error === undefined ? resolve(connection!) : reject(error)),
      );
      if (connection === undefined) reject(new SocketError('busy', port, 'too many connections'));
    });
  }

  /**
   * Has `accept` called with each connection that the guest makes to this port; they begin paused. Throws SocketError when
   * the port has a listener.
   */
  listen(port: number, accept: (connection: SocketConnection) => void): SocketListener {
    checkPort(port);
    if (this.#listeners.has(port)) throw new SocketError('busy', port, 'somebody listens there already');
    this.#listeners.set(port, accept);
    const close = (): void => {
      if (this.#listeners.get(port) === accept) this.#listeners.delete(port);
    };
    return { port, close, [Symbol.dispose]: close };
  }

  /** The machine comes to its end: all connections end, and nobody can connect. */
  close(): void {
    this.#settings.bus.onSocketRequest = undefined;
    this.#listeners.clear();
    for (const connection of [...this.#offers.keys()]) connection.destroy();
  }

  inspect(): InspectNode {
    return {
      listeners: Array.from(this.#listeners.keys()).join(' '),
      connections: Object.fromEntries(
        Array.from(this.#offers.keys(), (connection, index) => [index, connection.inspect()]),
      ),
      counters: { ...this.counters },
    };
  }

  #requested({ endpointId, serviceId }: SocketRequest): number {
    const port = portOfServiceId(serviceId);
    const accept = port === undefined ? undefined : this.#listeners.get(port);
    if (accept === undefined) return this.#refuse('nobody listens on the port', serviceId);
    const connection = this.#offer(
      {
        interfaceId: serviceId,
        instanceId: endpointId,
        direction: HvsockDirection.GUEST_CONNECTS,
        localPort: port!,
        remotePort: portOfServiceId(endpointId) ?? 0,
      },
      TIMEOUT_MS,
      (error) => error === undefined && accept(connection!),
    );
    if (connection === undefined) return this.#refuse('too many connections, or one of these', serviceId);
    return NtStatus.SUCCESS;
  }

  #refuse(reason: string, serviceId: string): number {
    this.counters.refused += 1;
    socketWarning.report(this.#where, reason, { serviceId });
    return NtStatus.CONNECTION_REFUSED;
  }

  /** Puts a connection on the bus for the guest to open; undefined when that cannot be. */
  #offer(
    facts: Pick<OfferedConnection, 'interfaceId' | 'instanceId' | 'localPort' | 'remotePort'> & {
      readonly direction: number;
    },
    timeoutMs: number,
    settle: (error: SocketError | undefined) => void,
  ): OfferedConnection | undefined {
    const { bus, clock } = this.#settings;
    if (this.#offers.size >= this.#most) this.#forgetGone();
    if (this.#offers.size >= this.#most) return undefined;
    const connection = new OfferedConnection({
      ...facts,
      clock,
      where: this.#where,
      opened: (opened) => this.#settle(opened, undefined),
      over: (over) => this.#over(over),
    });
    const timer = clock.schedule(clock.now() + timeoutMs * UNITS_PER_MS, () => this.#timeOut(connection));
    this.#pending.set(connection, { timer, settle });
    try {
      this.#offers.set(connection, bus.offer(connection));
    } catch {
      // The guest named an instance that is on the bus, or all relids are taken.
      this.#pending.delete(connection);
      clock.cancel(timer as never);
      return undefined;
    }
    if (socketTrace.on) socketTrace.emit(this.#where, 'offered', facts.localPort, facts.remotePort);
    return connection;
  }

  #timeOut(connection: OfferedConnection): void {
    if (!this.#pending.has(connection)) return;
    this.counters.timeouts += 1;
    const { remotePort } = connection;
    this.#settle(
      connection,
      new SocketError('timeout', remotePort, 'nobody in the guest takes the connection'),
    );
    connection.destroy();
  }

  #settle(connection: OfferedConnection, error: SocketError | undefined): void {
    const pending = this.#pending.get(connection);
    if (pending === undefined) return;
    this.#pending.delete(connection);
    this.#settings.clock.cancel(pending.timer as never);
    if (error === undefined) this.counters.connections += 1;
    pending.settle(error);
  }

  /** The offer goes; it is counted until the guest has let go of it. */
  #over(connection: OfferedConnection): void {
    const { remotePort } = connection;
    this.#settle(
      connection,
      new SocketError('closed', remotePort, 'the connection ended before it was made'),
    );
    this.#offers.get(connection)?.rescind();
    this.#forgetGone();
  }

  #forgetGone(): void {
    for (const [connection, offer] of this.#offers) if (offer.isGone) this.#offers.delete(connection);
  }
}

function checkPort(port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= LAST_PORT) return;
  throw new RangeError(`${port} is no vsock port: 0 to ${LAST_PORT} are`);
}
