/** A gateway between packets and the host's real sockets. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Frame } from '@viridian/drivers';
import { hostSockets } from '@viridian/drivers/node';
import {
  advertisedPrefix,
  allNodesAddress,
  formatIp,
  linkLocalAddress,
  neighbourSolicitation,
  parseIp,
  routerSolicitation,
} from '@viridian/inet';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { GATEWAY, GATEWAY_6, GUEST, GUEST_6, NatGuest, together } from './support/nat-guest.ts';
import { BROADCAST, MAC_A, tcpFrame } from './support/packets.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function serve(onSocket: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    open.push(() => socket.destroy());
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

function guestWith(options: ConstructorParameters<typeof NatGuest>[0] = {}): NatGuest {
  const guest = new NatGuest(options);
  open.push(() => guest.gateway.close());
  return guest;
}

const bytesOf = (count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => (i * 31 + (i >> 8)) & 255);

describe('TCP through a gateway', () => {
  it.each([
    ['on a good network', GATEWAY, () => false],
    ['when frames are lost', GATEWAY, (index: number) => index % 17 === 5],
    ['by IPv6', GATEWAY_6, () => false],
    ['by IPv6 when frames are lost', GATEWAY_6, (index: number) => index % 17 === 5],
  ] as const)('carries bytes both ways and both ends, %s', { timeout: 60_000 }, async (_, gateway, loses) => {
    const port = await serve((socket) => socket.pipe(socket));
    const guest = guestWith({ hostPorts: [port] });
    guest.loses = loses;
    const connection = guest.connect(gateway, port);
    const content = bytesOf(loses(5) ? 300_000 : 3_000_000);
    connection.send(content);
    connection.end();
    await connection.ended;
    await connection.over;
    expect(connection.isReset).toBe(false);
    expect(Buffer.from(together(connection.received)).equals(Buffer.from(content))).toBe(true);
    expect(guest.gateway.inspect()).toMatchObject({ tcpFlows: 0 });
  });

  it('keeps one direction open when the other has ended', async () => {
    const port = await serve((socket) => {
      const parts: Uint8Array[] = [];
      socket.on('data', (part) => parts.push(part));
      socket.on('end', () => socket.end(`got ${together(parts).length}`));
    });
    const guest = guestWith({ hostPorts: [port] });
    const connection = guest.connect(GATEWAY, port);
    connection.send(bytesOf(10_000));
    connection.end();
    await connection.ended;
    expect(new TextDecoder().decode(together(connection.received))).toBe('got 10000');
  });

  it('resets what nobody takes, what is not allowed, and what the host resets', async () => {
    const port = await serve((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const guest = guestWith({
      hostPorts: [port, 1],
      allow: (_, address) => address !== '192.0.2.1',
      sockets: { ...hostSockets(), ownAddresses: () => ['203.0.113.9'] },
    });
    for (const [to, toPort] of [
      [GATEWAY, 1],
      [GATEWAY, port + 1],
      [0x7f00_0001, port],
      [0xa9fe_a9fe, 80],
      [0xc000_0201, 80],
      [0x0a00_0210, 80],
      ['::1', port],
      ['::ffff:7f00:1', port],
      ['fe80::1', port],
      ['fd76:6972:6964::16', port],
      // The networks of the host's neighbours, and the host's own addresses.
      ['192.168.0.1', 80],
      ['10.1.2.3', 80],
      ['100.64.0.1', 80],
      ['fd00::1', 80],
      ['203.0.113.9', port],
    ] as const) {
      const refused = guest.connect(to, toPort);
      await refused.ended;
      expect(refused.isReset).toBe(true);
    }
    expect(guest.gateway.counters.blocked).toBe(13);
    const connection = guest.connect(GATEWAY, port);
    connection.send(bytesOf(10));
    await connection.ended;
    expect(connection.isReset).toBe(true);
  });

  it('lets nothing out when the outside is closed', async () => {
    const guest = guestWith({ outside: false });
    for (const [to, toPort] of [
      [0x0808_0808, 53],
      [GATEWAY, 53],
    ] as const) {
      const refused = guest.connect(to, toPort);
      await refused.ended;
      expect(refused.isReset).toBe(true);
    }
    expect(guest.gateway.inspect()).toMatchObject({ tcpFlows: 0, udpFlows: 0 });
  });

  it('stops reading from the host while the guest takes nothing', async () => {
    let sent = 0;
    const port = await serve((socket) => {
      const chunk = new Uint8Array(65_536);
      const fill = (): void => {
        while (sent < 64 * 2 ** 20) {
          sent += chunk.length;
          if (!socket.write(chunk)) return;
        }
      };
      socket.on('drain', fill);
      fill();
    });
    const guest = guestWith({ hostPorts: [port] });
    const connection = guest.connect(GATEWAY, port);
    (connection.flow.socket as { pendingBytes: number }).pendingBytes = 1 << 20;
    let before = -1;
    while (before !== sent) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(sent).toBeLessThan(32 * 2 ** 20);
  });

  it('leads ports of the host to a guest', async () => {
    const guest = guestWith();
    guest.onConnection = (connection) => connection.send(new TextEncoder().encode('welcome'));
    const port = await guest.gateway.forward({ hostPort: 0, guestPort: 22 });
    const socket = connect(port, '127.0.0.1');
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(data.toString()).toBe('welcome');
    socket.destroy();
    await expect(guest.gateway.forward({ hostPort: port, guestPort: 22 })).rejects.toThrow('EADDRINUSE');
  });
});

/** A UDP port of the host whose owner says each datagram back, behind `re: `. */
async function answeringUdpPort(): Promise<number> {
  const server = createSocket('udp4');
  server.on('message', (message, { port, address }) => server.send(`re: ${message}`, port, address));
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => server.close());
  return server.address().port;
}

describe('UDP through a gateway', () => {
  it('carries datagrams and the answers of those who were asked', async () => {
    const port = await answeringUdpPort();
    const guest = guestWith({ hostPorts: [port] });
    guest.heard.length = 0;
    guest.udp(GATEWAY, port, new TextEncoder().encode('hello'));
    while (guest.heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const answer = guest.heard[0]!;
    expect(new TextDecoder().decode(answer.subarray(42))).toBe('re: hello');
    const view = new DataView(answer.buffer);
    expect([view.getUint32(26), view.getUint32(30), view.getUint16(34), view.getUint16(36)]).toEqual([
      GATEWAY,
      GUEST,
      port,
      5000,
    ]);
  });

  it('carries datagrams by IPv6', async () => {
    const port = await answeringUdpPort();
    const guest = guestWith({ hostPorts: [port] });
    guest.heard.length = 0;
    guest.udp(GATEWAY_6, port, new TextEncoder().encode('hello'));
    while (guest.heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const answer = guest.heard[0]!;
    expect(new TextDecoder().decode(answer.subarray(62))).toBe('re: hello');
    expect([formatIp(answer.subarray(22, 38)), formatIp(answer.subarray(38, 54))]).toEqual([
      GATEWAY_6,
      GUEST_6,
    ]);
  });

  it('refuses with ICMP what is not allowed', () => {
    const guest = guestWith({ allow: () => false });
    guest.heard.length = 0;
    guest.udp(0x0808_0808, 99, new Uint8Array(9));
    expect([guest.heard[0]![23], guest.heard[0]![34], guest.heard[0]![35]]).toEqual([1, 3, 3]);
    guest.udp(0x7f00_0001, 99, new Uint8Array(9));
    expect(guest.heard).toHaveLength(1);
    guest.udp('2620:fe::fe', 99, new Uint8Array(9));
    expect([guest.heard[1]![20], guest.heard[1]![54], guest.heard[1]![55]]).toEqual([58, 1, 4]);
    guest.udp('ff02::fb', 5353, new Uint8Array(9));
    expect(guest.heard).toHaveLength(2);
  });
});

describe('a gateway itself', () => {
  it('answers ARP for itself alone, and echo', () => {
    const guest = guestWith();
    expect(guest.heard).toHaveLength(1);
    expect([...guest.heard[0]!.subarray(20, 32)]).toEqual([0, 2, 0x52, 0x55, 10, 0, 2, 2, 10, 0, 2, 2]);
    guest.arp(0x0a00_0203);
    expect(guest.heard).toHaveLength(1);
    guest.ping(GATEWAY, bytesOf(500));
    expect([...guest.heard[1]!.subarray(34, 42)].filter((_, i) => i < 2 || i > 3)).toEqual([
      0, 0, 0x12, 0x34, 0, 1,
    ]);
    expect(guest.heard[1]!.subarray(42)).toEqual(bytesOf(500));
    guest.ping(0x0808_0808, bytesOf(5));
    expect(guest.heard).toHaveLength(2);
  });

  it('gives the same address again and again, and refuses others', () => {
    const guest = guestWith();
    const ask = (type: number, options: number[] = []): Uint8Array => {
      const message = new Uint8Array(300);
      message.set([1, 1, 6, 0, 1, 2, 3, 4]);
      message.set(MAC_A, 28);
      message.set([0x63, 0x82, 0x53, 0x63, 53, 1, type, ...options, 255], 236);
      const before = guest.heard.length;
      guest.udp(0xffff_ffff, 67, message, 68);
      return guest.heard.length === before ? new Uint8Array(0) : guest.heard.at(-1)!.subarray(42);
    };
    const offer = ask(1);
    expect([...offer.subarray(0, 8)]).toEqual([2, 1, 6, 0, 1, 2, 3, 4]);
    expect([...offer.subarray(16, 24)]).toEqual([10, 0, 2, 15, 10, 0, 2, 2]);
    expect([...offer.subarray(236, 276)]).toEqual([
      ...[0x63, 0x82, 0x53, 0x63, 53, 1, 2, 54, 4, 10, 0, 2, 2, 1, 4, 255, 255, 255, 0, 3, 4, 10, 0, 2, 2],
      ...[6, 4, 10, 0, 2, 2, 26, 2, 0x05, 0xdc, 51, 4, 0, 1, 0x51],
    ]);
    expect(ask(3, [50, 4, 10, 0, 2, 15])[242]).toBe(5);
    const refusal = ask(3, [50, 4, 10, 0, 2, 99]);
    expect([refusal[242], [...guest.heard.at(-1)!.subarray(0, 6)]]).toEqual([6, [...BROADCAST]]);
    expect(ask(3, [54, 4, 10, 0, 2, 3])).toHaveLength(0);
    expect(ask(8)[242]).toBe(5);
    expect(ask(7)).toHaveLength(0);
  });

  it('tells guests of IPv6 where they are, and answers for its addresses', () => {
    const guest = guestWith();
    const own = linkLocalAddress(MAC_A);
    guest.heard.length = 0;
    guest.send(routerSolicitation(MAC_A, own));
    const advertisement = guest.heard[0]!;
    expect([...advertisement.subarray(0, 6)]).toEqual([...MAC_A]);
    expect([advertisement[54], advertisement[58], advertisement[21]]).toEqual([134, 64, 255]);
    const prefix = advertisedPrefix(advertisement, 54, advertisement.length)!;
    expect([...prefix]).toEqual([0xfd, 0x76, 0x69, 0x72, 0x69, 0x64, 0, 0]);
    expect(formatIp(advertisement.subarray(126, 142))).toBe(GATEWAY_6);
    for (const address of [GATEWAY_6, 'fe80::5055:aff:fe00:202']) {
      guest.heard.length = 0;
      guest.send(neighbourSolicitation(MAC_A, own, parseIp(address)!));
      const answer = guest.heard[0]!;
      expect([answer[54], answer[58]]).toEqual([136, 0xe0]);
      expect([...answer.subarray(78, 86)]).toEqual([2, 1, 0x52, 0x55, 10, 0, 2, 2]);
    }
    // Duplicate address detection: all are told.
    guest.send(neighbourSolicitation(MAC_A, new Uint8Array(16), parseIp(GATEWAY_6)!));
    expect(guest.heard.at(-1)!.subarray(38, 54)).toEqual(allNodesAddress());
    guest.heard.length = 0;
    guest.send(neighbourSolicitation(MAC_A, own, parseIp('fd76:6972:6964::3')!));
    expect(guest.heard).toHaveLength(0);
    guest.ping(GATEWAY_6, bytesOf(500));
    expect([...guest.heard[0]!.subarray(54, 62)].filter((_, i) => i < 2 || i > 3)).toEqual([
      129, 0, 0x12, 0x34, 0, 1,
    ]);
    expect(guest.heard[0]!.subarray(62)).toEqual(bytesOf(500));
    const without = guestWith({ ipv6: false });
    without.heard.length = 0;
    without.ping(GATEWAY_6, bytesOf(5));
    without.send(routerSolicitation(MAC_A, own));
    expect(without.heard).toHaveLength(0);
  });

  it('survives any frame, and what is wrong goes nowhere', () => {
    const guest = guestWith({ allow: () => false });
    const changes = fc.array(fc.tuple(fc.nat({ max: 90 }), fc.nat({ max: 255 })), { maxLength: 8 });
    const frame = tcpFrame({ payload: new Uint8Array(40), flags: 2 });
    fc.assert(
      fc.property(
        changes,
        fc.nat({ max: 94 }),
        fc.boolean(),
        fc.nat({ max: 1600 }),
        (list, length, verified, segmentBytes) => {
          const bytes = frame.slice(0, length);
          bytes.set([0x52, 0x55, 0x0a, 0, 2, 2].slice(0, length));
          for (const [at, value] of list) if (at < bytes.length) bytes[at] = value;
          guest.port.send(new Frame(bytes, { verified, segmentBytes }));
        },
      ),
      { numRuns: 1000 },
    );
    expect(guest.gateway.inspect()).toMatchObject({ tcpFlows: 0, udpFlows: 0 });
    expect(guest.gateway.counters.badChecksums).toBeGreaterThan(0);
    guest.heard.length = 0;
    guest.ping(GATEWAY, bytesOf(5));
    expect(guest.heard).toHaveLength(1);
  });
});
