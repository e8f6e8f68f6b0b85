/** A parent and a child with sockets, the real bus between the two. */

import type { ByteStream } from '@viridian/drivers';
import { forgetWarnings } from '@viridian/trace';
import type { ChannelOffer } from '@viridian/vmbus/guest';
import { GuestSockets, isSocketOffer } from '@viridian/vsc/socket';
import { SocketService, type SocketSettings } from '@viridian/vsp/socket';
import { makeBus } from './bus.ts';
import { ManualClock } from './manual-clock.ts';

/** Everything a test needs. */
export async function socketMachine(settings: Partial<SocketSettings> = {}, ringPages?: number) {
  forgetWarnings();
  const { host, guest, memory, quiet } = makeBus();
  const clock = new ManualClock();
  const parent = new SocketService({ bus: host, clock, ...settings });
  const child = new GuestSockets({ bus: guest, clock, ...(ringPages !== undefined && { ringPages }) });
  const offers: ChannelOffer[] = [];
  guest.onOffer = (offer) => {
    if (isSocketOffer(offer)) child.offered(offer).catch(() => undefined);
    else offers.push(offer);
  };
  guest.onSocketRefused = (request, status) => child.refused(request, status);
  await guest.connect();
  await guest.requestOffers();
  const advance = (seconds: number) => clock.advance(seconds, quiet);
  return { host, guest, memory, clock, parent, child, quiet, advance };
}

/** What both kinds of sockets have. */
export type AnySocket = Pick<
  ByteStream,
  'onData' | 'onEnd' | 'onDrain' | 'onClosed' | 'write' | 'end' | 'resume' | 'pause' | 'pendingBytes'
>;

/** Collects what a socket gets, from now on. */
export class Listening {
  readonly pieces: Uint8Array[] = [];
  hasEnded = false;
  /** Undefined while it is open; what was said at the end otherwise, `in order` for nothing. */
  closed: string | undefined;

  constructor(socket: AnySocket) {
    socket.onData = (bytes) => void this.pieces.push(bytes);
    socket.onEnd = () => {
      this.hasEnded = true;
    };
    socket.onClosed = (reason) => {
      this.closed = reason ?? 'in order';
    };
    socket.resume();
  }

  get bytes(): Uint8Array {
    const all = new Uint8Array(this.pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of this.pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }
}

/** UTF-8. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
