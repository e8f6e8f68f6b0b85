/** What guests send to a gateway that is wrong, too much, or never ends. */

import { Frame, type HostSockets } from '@viridian/drivers';
import {
  icmpPacket,
  loadWord,
  neighbourSolicitation,
  parseIp,
  storeWord,
  type TcpEvents,
  TcpFlag,
  type TcpSocket,
  tcpPacket,
  udpPacket,
} from '@viridian/inet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GATEWAY, GATEWAY_6, NatGuest } from '../support/nat-guest.ts';
import { MAC_A } from '../support/packets.ts';

const PORT = 80;

/** Sockets of a host that does what the test says, and a clock that it moves. */
class FakeHost {
  readonly connections: { readonly events: TcpEvents; readonly socket: TcpSocket; written: number }[] = [];
  udpSockets = 0;
  pendingBytes = 0;
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>();

  readonly sockets: HostSockets = {
    connectTcp: (_address, _port, events) => {
      const pending = (): number => this.pendingBytes;
      const socket: TcpSocket = {
        get pendingBytes() {
          return pending();
        },
        write: (bytes) => {
          connection.written += bytes.length;
          this.pendingBytes += bytes.length;
        },
        end: () => {},
        destroy: () => {},
        pause: () => {},
        resume: () => {},
      };
      const connection = { events, socket, written: 0 };
      this.connections.push(connection);
      return socket;
    },
    listenTcp: () => Promise.reject(new Error('not here')),
    openUdp: () => {
      this.udpSockets += 1;
      const close = (): void => {
        this.udpSockets -= 1;
      };
      return { send: () => {}, close };
    },
    resolvers: () => [],
    ownAddresses: () => [],
    after: (milliseconds, callback) => {
      const timer = { at: this.#now + milliseconds, callback };
      this.#timers.add(timer);
      return () => this.#timers.delete(timer);
    },
  };

  get timers(): number {
    return this.#timers.size;
  }

  /** Lets time pass. */
  pass(milliseconds: number): void {
    const until = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#now = due.at;
      this.#timers.delete(due);
      due.callback();
    }
    this.#now = until;
  }
}

function guestOn(host: FakeHost): NatGuest {
  return new NatGuest({ sockets: host.sockets, hostPorts: [PORT] });
}

/** A segment of the guest, from a port of its own. */
function segment(guest: NatGuest, flags: number, fromPort: number, more: Partial<Segment> = {}): Uint8Array {
  const fields = { flags, sequence: 100, acknowledgement: 0, window: 1000, ...more };
  return tcpPacket(guest.endsTo(more.to ?? GATEWAY), fromPort, PORT, fields, more.payload ?? [], 9000).bytes;
}

interface Segment {
  readonly to: number | string;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly window: number;
  readonly payload: readonly Uint8Array[];
}

/** The gateway still answers. */
function expectWell(guest: NatGuest): void {
  for (const to of [GATEWAY, GATEWAY_6]) {
    guest.heard.length = 0;
    guest.ping(to, new Uint8Array(20));
    expect(guest.heard).toHaveLength(1);
  }
}

describe('a gateway', () => {
  it('drops fragments of IPv4 and of IPv6', () => {
    const host = new FakeHost();
    const guest = guestOn(host);
    const datagram = udpPacket(guest.endsTo(GATEWAY), 1, PORT, new Uint8Array(100));
    for (const word of [0x2000, 0x2001, 0x00b9, 0x1fff]) {
      const bytes = datagram.slice();
      storeWord(bytes, 20, word);
      guest.send(bytes);
    }
    expect(guest.gateway.counters.fragments).toBe(4);
    const large = udpPacket(guest.endsTo(GATEWAY_6), 1, PORT, new Uint8Array(100));
    large[20] = 44; // the next header is a fragment's
    guest.send(large);
    expect(host.udpSockets).toBe(0);
    expectWell(guest);
  });

  it('drops what has a wrong checksum, at every layer', () => {
    const host = new FakeHost();
    const guest = guestOn(host);
    const ends6 = guest.endsTo(GATEWAY_6);
    guest.heard.length = 0;
    for (const [bytes, at] of [
      [segment(guest, TcpFlag.SYN, 1), 24],
      [segment(guest, TcpFlag.SYN, 1), 50],
      [segment(guest, TcpFlag.SYN, 1, { to: GATEWAY_6 }), 70],
      [udpPacket(guest.endsTo(GATEWAY), 1, PORT, new Uint8Array(9)), 40],
      [udpPacket(ends6, 1, PORT, new Uint8Array(9)), 60],
      [icmpPacket(ends6, 128, 0, 1, new Uint8Array(9)), 56],
      [neighbourSolicitation(MAC_A, ends6.from, ends6.to), 56],
    ] as const) {
      bytes[at] = bytes[at]! ^ 0x55;
      guest.send(bytes);
    }
    expect(guest.gateway.counters.badChecksums).toBe(7);
    expect([host.connections.length, host.udpSockets, guest.heard.length]).toEqual([0, 0, 0]);
    expectWell(guest);
  });

  it('survives frames of any bytes and lengths, of both kinds', () => {
    const host = new FakeHost();
    const guest = guestOn(host);
    const ends6 = guest.endsTo(GATEWAY_6);
    const seeds = [
      segment(guest, TcpFlag.SYN, 5),
      segment(guest, TcpFlag.SYN, 5, { to: GATEWAY_6 }),
      udpPacket(guest.endsTo(GATEWAY), 68, 67, new Uint8Array(300)),
      icmpPacket(ends6, 133, 0, 0, new Uint8Array(8)),
      neighbourSolicitation(MAC_A, ends6.from, ends6.to),
    ];
    const changes = fc.array(fc.tuple(fc.nat({ max: 120 }), fc.nat({ max: 255 })), { maxLength: 8 });
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        changes,
        fc.nat({ max: 400 }),
        fc.boolean(),
        fc.constantFrom(0, 1, 1448, 0xffff),
        (seed, list, length, verified, segmentBytes) => {
          const bytes = seed.slice(0, length);
          for (const [at, value] of list) if (at < bytes.length) bytes[at] = value;
          guest.port.send(new Frame(bytes, { verified, segmentBytes }));
        },
      ),
      { numRuns: 2000 },
    );
    expectWell(guest);
  });

  it('has a bound on connections, and resets those beyond it', () => {
    const host = new FakeHost();
    const guest = guestOn(host);
    for (let port = 1; port <= 1500; port += 1) guest.send(segment(guest, TcpFlag.SYN, port));
    expect(host.connections).toHaveLength(1024);
    expect(guest.gateway.counters.flowsRefused).toBe(476);
    expect(guest.gateway.inspect()).toMatchObject({ tcpFlows: 1024 });
    // Those that the host refuses are gone, and there is room again.
    for (const { events } of host.connections.slice(0, 10)) events.closed(true);
    for (let port = 2001; port <= 2010; port += 1) guest.send(segment(guest, TcpFlag.SYN, port));
    expect(host.connections).toHaveLength(1034);
    expectWell(guest);
    guest.gateway.close();
    expect(host.timers).toBe(0);
  });

  it('has a bound on UDP endpoints, and closes idle ones', () => {
    const host = new FakeHost();
    const guest = guestOn(host);
    for (let port = 1; port <= 1500; port += 1) guest.udp(GATEWAY, PORT, new Uint8Array(5), port);
    expect(host.udpSockets).toBe(1024);
    expectWell(guest);
    host.pass(11 * 60_000);
    expect(host.udpSockets).toBe(0);
    guest.udp(GATEWAY, PORT, new Uint8Array(5), 1);
    expect(host.udpSockets).toBe(1);
  });

  it('gives connections up whose guest falls silent: half open, and with bytes on their way', () => {
    const host = new FakeHost();
    const guest = guestOn(host);
    guest.send(segment(guest, TcpFlag.SYN, 1));
    guest.send(segment(guest, TcpFlag.SYN, 2));
    const [halfOpen, other] = host.connections;
    halfOpen!.events.connected();
    other!.events.connected();
    const answers: Uint8Array[] = [];
    guest.port.disconnect();
    guest.port.connect({ receive: ({ bytes }) => answers.push(bytes) > 0 });
    host.pass(300);
    const own = answers.find((bytes) => loadWord(bytes, 36) === 2)!;
    const acknowledgement = new DataView(own.buffer).getUint32(38) + 1;
    guest.send(segment(guest, TcpFlag.ACK, 2, { sequence: 101, acknowledgement }));
    other!.events.received(new Uint8Array(1000));
    expect(guest.gateway.inspect()).toMatchObject({ tcpFlows: 2 });
    host.pass(20 * 60_000);
    expect(guest.gateway.inspect()).toMatchObject({ tcpFlows: 0 });
    expect(host.timers).toBe(0);
  });

  it('closes the window of a guest whose peer on the host reads slowly', () => {
    const host = new FakeHost();
    const guest = guestOn(host);
    const answers: Uint8Array[] = [];
    guest.port.disconnect();
    guest.port.connect({ receive: ({ bytes }) => answers.push(bytes) > 0 });
    guest.send(segment(guest, TcpFlag.SYN, 1));
    host.connections[0]!.events.connected();
    const acknowledgement = new DataView(answers.at(-1)!.buffer).getUint32(38) + 1;
    const payload = [new Uint8Array(8000)];
    // A guest that does not care for windows.
    for (let sent = 0; sent < 400; sent += 1) {
      const sequence = 101 + sent * 8000;
      guest.port.send(
        new Frame(segment(guest, TcpFlag.ACK, 1, { sequence, acknowledgement, payload }), {
          verified: true,
        }),
      );
    }
    expect(host.connections[0]!.written).toBeLessThanOrEqual(512 * 1024);
    expect(host.connections[0]!.written).toBeGreaterThan(400 * 1024);
  });

  it('believes no guest that takes the address of the gateway, or one outside its network', () => {
    const host = new FakeHost();
    const guest = guestOn(host);
    const known = guest.gateway.inspect() as { guests: number };
    for (const address of ['10.0.2.2', '192.0.2.1', GATEWAY_6, '2001:db8::1']) {
      const from = parseIp(address)!;
      const to = address.includes(':') ? GATEWAY_6 : GATEWAY;
      guest.send(icmpPacket({ ...guest.endsTo(to), from }, from.length === 4 ? 8 : 128, 0, 1, from));
    }
    guest.heard.length = 0;
    expect(guest.gateway.inspect()).toMatchObject({ guests: known.guests });
    // As many stations as somebody can make up.
    for (let host = 0; host < 2000; host += 1) {
      const from = parseIp(`fd76:6972:6964::${(0x1000 + host).toString(16)}`)!;
      guest.send(icmpPacket({ ...guest.endsTo(GATEWAY_6), from }, 128, 0, 1, from));
    }
    expect((guest.gateway.inspect() as { guests: number }).guests).toBeLessThanOrEqual(512);
    guest.arp();
    expectWell(guest);
  });
});
