/** Our adapter's two ends with the real bus between them, and two guests on one switch. */

import { type NetworkPort, PcapngTap, Switch } from '@viridian/drivers';
import { LINUX_NETVSC_VERSIONS } from '@viridian/protocols/netvsp';
import { type Netvsc, networkMemory, openNetvsc } from '@viridian/vsc/network';
import { NetworkAdapter } from '@viridian/vsp/network';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeBus } from '../support/bus.ts';
import { frameOf } from '../support/raw-network.ts';

const BROADCAST = [255, 255, 255, 255, 255, 255];

/** A guest with an open adapter whose filter is set. */
async function guestOn(
  port: NetworkPort,
  mac: string,
  options: {
    mtuBytes?: number;
    versions?: readonly number[];
    ringPages?: number;
    receiveBytes?: number;
  } = {},
) {
  const bus = makeBus();
  const adapter = new NetworkAdapter({ instanceId: '22222222-2222-3333-4444-555555555555', port, mac });
  const device = bus.host.offer(adapter);
  await bus.guest.connect();
  const [offer] = await bus.guest.requestOffers();
  const unused = bus.memory.freePageCount;
  const { ringPages = 16, ...rest } = options;
  const channel = await bus.guest.open(offer!, { ringPages });
  const netvsc = await openNetvsc(channel, {
    memory: networkMemory(bus.guest, offer!, bus.memory),
    receiveBytes: 512 << 10,
    sendBytes: 128 << 10,
    ...rest,
  });
  await netvsc.setFilter();
  const got: Uint8Array[] = [];
  netvsc.onReceive = ({ bytes }) => got.push(bytes);
  return { ...bus, adapter, device, channel, netvsc, got, unused };
}

async function pair(options: Parameters<typeof guestOn>[2] = {}) {
  const net = new Switch();
  const [a, b] = [net.port('a'), net.port('b')];
  const first = await guestOn(a, '02:00:00:00:00:0a', options);
  const second = await guestOn(b, '02:00:00:00:00:0b', options);
  return { net, ports: [a, b] as const, first, second };
}

const between = (from: Netvsc, to: Netvsc, payloadBytes: number): Uint8Array =>
  frameOf([...to.mac], [...from.mac], payloadBytes);

describe('two guests on a switch', () => {
  it.each(LINUX_NETVSC_VERSIONS)('talk in version %i', async (version) => {
    const { first, second } = await pair({ versions: [version] });
    expect(first.netvsc).toMatchObject({ version, linkUp: true });
    const frame = between(first.netvsc, second.netvsc, 1486);
    expect(first.netvsc.send(frame)).toBe(true);
    expect(second.netvsc.send(frameOf(BROADCAST, [...second.netvsc.mac]))).toBe(true);
    await second.quiet();
    expect(second.got).toEqual([frame]);
    expect(first.got).toHaveLength(1);
  });

  it('exchange frames of every length, tagged or not, in order', async () => {
    const { first, second } = await pair();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 1500 }), fc.constantFrom(-1, 0, 0x6064, 0xffff)), {
          minLength: 1,
          maxLength: 40,
        }),
        async (frames) => {
          const seen: [number, number][] = [];
          second.netvsc.onReceive = ({ bytes, vlan }) => {
            expect(bytes).toEqual(between(first.netvsc, second.netvsc, bytes.length - 14));
            seen.push([bytes.length - 14, vlan]);
          };
          for (const [bytes, vlan] of frames) {
            if (!first.netvsc.send(between(first.netvsc, second.netvsc, bytes), vlan)) await second.quiet();
          }
          await second.quiet();
          const expected = frames.slice(0, seen.length);
          expect(seen).toEqual(expected);
          expect(seen.length).toBeGreaterThan(Math.min(frames.length, 20) - 1);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('use frames of 9000 bytes when both want to', async () => {
    const { first, second } = await pair({ mtuBytes: 9000 });
    const frame = between(first.netvsc, second.netvsc, 9000);
    for (let i = 0; i < 40; i += 1) {
      while (!first.netvsc.send(frame)) await second.quiet();
    }
    await second.quiet();
    expect(second.got).toHaveLength(40);
    for (const got of second.got) expect(got).toEqual(frame);
    expect(() => first.netvsc.send(new Uint8Array(9015))).toThrow(RangeError);
    expect(() => first.netvsc.send(new Uint8Array(13))).toThrow(RangeError);
  });

  it('lose nothing when the rings are small and the sender waits for room', async () => {
    const { first, second } = await pair({ ringPages: 2, receiveBytes: 64 << 10 });
    let sent = 0;
    const frame = between(first.netvsc, second.netvsc, 1000);
    const pump = (): void => {
      while (sent < 2000 && first.netvsc.send(frame)) sent += 1;
    };
    first.netvsc.onWritable = pump;
    pump();
    for (let round = 0; round < 2000 && second.got.length < 2000; round += 1) await second.quiet();
    expect([sent, second.got.length]).toEqual([2000, 2000]);
  });
});

describe('an adapter in a guest', () => {
  it('asks, sets, and hears of refusals', async () => {
    const { first } = await pair();
    expect(await first.netvsc.query(0x10107)).toEqual(Uint8Array.of(0, 0xe1, 0xf5, 5));
    await expect(first.netvsc.query(0x1234)).rejects.toMatchObject({ kind: 'refused', status: 0xc000_00bb });
    await expect(first.netvsc.set(0x1010e, new Uint8Array(2))).rejects.toMatchObject({ status: 0xc001_0014 });
    const both = await Promise.all([first.netvsc.query(0x10106), first.netvsc.query(0x10114)]);
    expect(both).toEqual([Uint8Array.of(0xdc, 5, 0, 0), new Uint8Array(4)]);
  });

  it('hears of its cable', async () => {
    const { first, ports } = await pair();
    const links: boolean[] = [];
    first.netvsc.onLink = (up) => links.push(up);
    ports[0].setLink(false);
    await first.quiet();
    ports[0].setLink(true);
    await first.quiet();
    expect(links).toEqual([false, true]);
  });

  it('is refused when the host takes none of its versions', async () => {
    await expect(pair({ versions: [0x7_0000] })).rejects.toMatchObject({ kind: 'refused' });
  });

  it('stops in order and leaves no page behind, again and again', async () => {
    const port = new Switch().port();
    const guest = await guestOn(port, '02:00:00:00:00:0a');
    await guest.netvsc.stop();
    expect(guest.adapter.inspect()).toMatchObject({ state: 'negotiated', packetFilter: 0 });
    await guest.netvsc.release();
    await guest.channel.close();
    expect(guest.memory.freePageCount).toBe(guest.unused);
    expect(guest.adapter.inspect()).toMatchObject({ state: 'closed' });
    const { offer } = guest.channel;
    const channel = await guest.guest.open(offer, { ringPages: 16 });
    const memory = networkMemory(guest.guest, offer, guest.memory);
    const again = await openNetvsc(channel, { memory, receiveBytes: 512 << 10, sendBytes: 128 << 10 });
    expect(again.version).toBe(0x60001);
  });

  it('learns that the device was taken away', async () => {
    const { first } = await pair();
    let reason = '';
    first.netvsc.onClosed = (text) => {
      reason = text;
    };
    const asked = first.netvsc.query(0x10106);
    first.device.rescind();
    await expect(asked).rejects.toMatchObject({ kind: 'closed' });
    await first.quiet();
    expect(reason).not.toBe('');
    expect(first.netvsc.send(between(first.netvsc, first.netvsc, 46))).toBe(false);
  });

  it('can be recorded', async () => {
    const net = new Switch();
    const blocks: Uint8Array[] = [];
    const tap = new PcapngTap(net.port(), { write: (bytes) => void blocks.push(bytes) }, { now: () => 1n });
    const guest = await guestOn(tap, '02:00:00:00:00:0a');
    guest.netvsc.send(frameOf(BROADCAST, [...guest.netvsc.mac]));
    await guest.quiet();
    expect(blocks).toHaveLength(2);
  });
});
