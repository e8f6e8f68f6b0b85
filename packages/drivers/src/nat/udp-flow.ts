/** One UDP endpoint of a guest, carried on by a socket of the host. RFC 4787: endpoint-independent mapping. */

import type { HostSockets, UdpSocket } from './host-sockets.ts';

/** What a flow needs of its gateway. */
export interface UdpFlowSettings {
  readonly sockets: HostSockets;
  /** Of the addresses that are spoken to. */
  readonly kind: 'ipv4' | 'ipv6';
  /** A datagram for the guest, from this endpoint. */
  readonly deliver: (payload: Uint8Array, address: string, port: number) => void;
  /** Nothing passed for a while. */
  readonly idle: () => void;
}

const IDLE_MS = 5 * 60_000;
/** Addresses to remember; a guest that speaks to more starts over. */
const MOST_PEERS = 1024;

/** Until it was idle for five minutes. */
export class UdpFlow {
  readonly #settings: UdpFlowSettings;
  readonly #socket: UdpSocket;
  readonly #allowed = new Set<string>();
  #active = true;
  #cancelTimer: () => void;

  constructor(settings: UdpFlowSettings) {
    this.#settings = settings;
    this.#socket = settings.sockets.openUdp((payload, address, port) => {
      // Only those hear the guest whom it has spoken to.
      if (!this.#allowed.has(address)) return;
      this.#active = true;
      settings.deliver(payload, address, port);
    }, settings.kind);
    this.#cancelTimer = this.#watch();
  }

  send(payload: Uint8Array, address: string, port: number): void {
    this.#active = true;
    if (this.#allowed.size >= MOST_PEERS) this.#allowed.clear();
    this.#allowed.add(address);
    this.#socket.send(payload, address, port);
  }

  close(): void {
    this.#cancelTimer();
    this.#socket.close();
  }

  #watch(): () => void {
    return this.#settings.sockets.after(IDLE_MS, () => {
      if (!this.#active) {
        this.#settings.idle();
        return;
      }
      this.#active = false;
      this.#cancelTimer = this.#watch();
    });
  }
}
