import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BROADCAST, MAC_A, MAC_B, MAC_C, plainFrame } from '../../test/support/packets.ts';
import { Frame } from './frame.ts';
import type { NetworkPort } from './network-port.ts';
import { NullNetwork } from './null-network.ts';
import { Switch } from './switch.ts';

/** Plugs in a station that keeps what it gets. */
function listen(port: NetworkPort, log: Frame[] = []): { port: NetworkPort; log: Frame[]; links: boolean[] } {
  const links: boolean[] = [];
  port.connect({
    receive: (frame) => {
      log.push(frame);
      return true;
    },
    linkChanged: (up) => links.push(up),
  });
  return { port, log, links };
}

function three() {
  const net = new Switch();
  const ports = [net.port('a'), net.port('b'), net.port('c')] as const;
  return { net, ports, stations: ports.map((port) => listen(port)) };
}

describe('a switch', () => {
  it('floods what it does not know, then sends to the one port, the same object', () => {
    const { ports, stations } = three();
    const [a, b, c] = stations;
    const first = new Frame(plainFrame(MAC_B, MAC_A));
    ports[0].send(first);
    expect([a!.log, b!.log, c!.log]).toEqual([[], [first], [first]]);
    expect(b!.log[0]).toBe(first);
    ports[1].send(new Frame(plainFrame(MAC_A, MAC_B)));
    ports[0].send(new Frame(plainFrame(MAC_B, MAC_A)));
    expect([a!.log.length, b!.log.length, c!.log.length]).toEqual([1, 2, 1]);
    expect(ports[0].counters).toMatchObject({ framesSent: 2, framesReceived: 1, flooded: 1 });
  });

  it('sends broadcasts to all others, and learns nothing from group addresses', () => {
    const { net, ports, stations } = three();
    ports[0].send(new Frame(plainFrame(BROADCAST, BROADCAST)));
    expect(stations.map(({ log }) => log.length)).toEqual([0, 1, 1]);
    expect((net.inspect().addresses as () => object)()).toEqual({});
  });

  it('follows a station that moves, and forgets one that is pulled out', () => {
    const { ports, stations } = three();
    ports[0].send(new Frame(plainFrame(BROADCAST, MAC_A)));
    ports[1].send(new Frame(plainFrame(BROADCAST, MAC_A)));
    ports[2].send(new Frame(plainFrame(MAC_A, MAC_C)));
    expect(stations.map(({ log }) => log.length)).toEqual([1, 2, 2]);
    ports[1].disconnect();
    ports[2].send(new Frame(plainFrame(MAC_A, MAC_C)));
    expect(stations.map(({ log }) => log.length)).toEqual([2, 2, 2]);
  });

  it('has cables that can be pulled', () => {
    const { ports, stations } = three();
    ports[1].setLink(false);
    ports[1].setLink(false);
    ports[0].send(new Frame(plainFrame(BROADCAST, MAC_A)));
    ports[1].send(new Frame(plainFrame(BROADCAST, MAC_B)));
    expect(stations.map(({ log }) => log.length)).toEqual([0, 0, 1]);
    ports[1].setLink(true);
    expect(stations[1]!.links).toEqual([false, true]);
    expect(ports[1].counters.dropped).toBe(2);
    ports[1].close();
    ports[0].send(new Frame(plainFrame(MAC_B, MAC_A)));
    expect(stations[1]!.log).toEqual([]);
  });

  it('takes one station per port, and no frames without addresses', () => {
    const { ports } = three();
    expect(() => listen(ports[0])).toThrow('a: there is a station');
    ports[0].send(new Frame(new Uint8Array(13)));
    expect(ports[0].counters).toMatchObject({ tooShort: 1, framesSent: 0 });
  });

  it('remembers a bounded number of addresses and delivers all the same', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 9 }), fc.nat({ max: 9 })), { maxLength: 60 }),
        (sends) => {
          const net = new Switch({ maxAddresses: 3 });
          const ports = [net.port(), net.port(), net.port()];
          const stations = ports.map((port) => listen(port));
          for (const [from, to, source] of sends) {
            const frame = new Frame(
              plainFrame(Uint8Array.of(2, 0, 0, 0, 0, to), Uint8Array.of(2, 0, 0, 0, 0, source)),
            );
            ports[from]!.send(frame);
            expect(stations[from]!.log).not.toContain(frame);
          }
          expect(Object.keys((net.inspect().addresses as () => object)()).length).toBeLessThanOrEqual(3);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('a null network', () => {
  it('counts and does nothing else', () => {
    const port = new NullNetwork({ linkUp: false });
    const { log } = listen(port);
    expect(() => listen(port)).toThrow('there is a station');
    port.send(new Frame(plainFrame(BROADCAST, MAC_A)));
    port.disconnect();
    expect(log).toEqual([]);
    expect(port.inspect()).toMatchObject({ linkUp: false, counters: { framesSent: 1, bytesSent: 60 } });
  });
});
