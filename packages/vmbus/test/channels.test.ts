/** Life of channels with both ends there: sub-channels, rescinds, slow devices, monitors, retries, references. */

import { VmbusVersion } from '@viridian/protocols/vmbus';
import { forgetWarnings, listen, recentWarnings } from '@viridian/trace';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ChannelOffer, GuestChannel } from '../src/guest/index.ts';
import type { HostChannel } from '../src/host/index.ts';
import { IncomingPacket } from '../src/ring/index.ts';
import { EchoDevice, EchoDriver } from './echo-device.ts';
import { type Bus, makeBus } from './in-process.ts';

beforeEach(() => forgetWarnings());

const reasons = (): string[] => [...new Set(recentWarnings().map((warning) => warning.reason))];

interface Opened extends Bus {
  readonly device: EchoDevice;
  readonly offer: ChannelOffer;
  readonly channel: GuestChannel;
  readonly driver: EchoDriver;
}

async function opened(
  settings: Parameters<typeof makeBus>[0] = {},
  device = new EchoDevice(),
): Promise<Opened> {
  const bus = makeBus(settings);
  bus.host.offer(device);
  await bus.guest.connect();
  const [offer] = await bus.guest.requestOffers();
  const channel = await bus.guest.open(offer!, { ringPages: 4, targetVp: 1 });
  return { ...bus, device, offer: offer!, channel, driver: new EchoDriver(channel) };
}

describe('sub-channels', () => {
  it('are routed to their primary, opened on other processors and do I/O', async () => {
    const { guest, device, offer, machine, driver } = await opened();
    const subs: ChannelOffer[] = [];
    guest.onSubchannel = (sub) => subs.push(sub);
    expect(device.channel!.offerSubchannels(2)).toBe(2);
    expect(device.channel!.offerSubchannels(5)).toBe(1); // of three at most
    await machine.quiet();
    expect(subs.map((sub) => sub.subchannelIndex)).toEqual([1, 2, 3]);
    expect(subs.every((sub) => sub.primary === offer && sub.instanceId === offer.instanceId)).toBe(true);
    const drivers = [];
    for (const [i, sub] of subs.entries()) {
      drivers.push(new EchoDriver(await guest.open(sub, { ringPages: 3, targetVp: i + 1 })));
    }
    const answers = await Promise.all([driver, ...drivers].map((one, i) => one.ask(`on ${i}`)));
    expect(answers).toEqual(['on 0', 'on 1', 'on 2', 'on 3']);
    expect(device.channels.get(2)!.offerSubchannels(1)).toBe(0);
  });

  it('go when the primary is closed and come anew when it is open again', async () => {
    const { guest, device, offer, machine, channel } = await opened();
    const subs: ChannelOffer[] = [];
    guest.onSubchannel = (sub) => subs.push(sub);
    device.channel!.offerSubchannels(2);
    await machine.quiet();
    const sub = await guest.open(subs[0]!, { ringPages: 3 });
    await sub.close();
    await channel.close();
    await machine.quiet();
    expect(subs.map((one) => one.present)).toEqual([false, false]);
    await guest.open(offer, { ringPages: 4 });
    expect(device.channel!.offerSubchannels(2)).toBe(2);
    await machine.quiet();
    expect(subs.slice(2).map((one) => [one.subchannelIndex, one.present])).toEqual([
      [1, true],
      [2, true],
    ]);
  });

  it('do not exist before 2.4', async () => {
    const { device } = await opened({ host: { versions: { newest: VmbusVersion.V1_1 } } });
    expect(device.channel!.offerSubchannels(1)).toBe(0);
  });
});

describe('offers', () => {
  it('refuse a second instance, bad GUIDs and more relids than there are flags', () => {
    const { host } = makeBus();
    host.offer(new EchoDevice('AAAAAAAA-0000-0000-0000-000000000000'));
    expect(() => host.offer(new EchoDevice('aaaaaaaa-0000-0000-0000-000000000000'))).toThrow(
      'on the bus already',
    );
    expect(() => host.offer(new EchoDevice('no guid'))).toThrow('is no GUID');
    for (let i = 2; i <= 2047; i += 1) {
      host.offer(new EchoDevice(`00000000-0000-0000-0000-${String(i).padStart(12, '0')}`));
    }
    expect(() => host.offer(new EchoDevice())).toThrow('no relid is left');
  });

  it('arrive all, in order, although the guest has 16 message buffers', async () => {
    const { host, guest, machine } = makeBus();
    for (let i = 1; i <= 100; i += 1) {
      host.offer(new EchoDevice(`00000000-0000-0000-0000-${String(i).padStart(12, '0')}`));
    }
    await guest.connect();
    const all = guest.requestOffers();
    for (let i = 0; i < 20; i += 1) {
      await machine.quiet();
      machine.clock.advance(10_000);
    }
    expect((await all).map((offer) => offer.relid)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(host.inspect()).toMatchObject({ messagesWaiting: 0, messagesPosted: 102 });
  });

  it('are told again to whoever asks later', async () => {
    const { host, guest, machine } = makeBus();
    host.offer(new EchoDevice());
    await guest.connect();
    expect(await guest.requestOffers()).toHaveLength(1);
    host.offer(new EchoDevice('22222222-2222-3333-4444-555555555555'));
    await machine.quiet();
    expect((await guest.requestOffers()).map((offer) => offer.relid)).toEqual([1, 2]);
  });

  it('made later are heard at once; rescinded ones are forgotten', async () => {
    const { host, guest, machine } = makeBus();
    const heard: string[] = [];
    guest.onOffer = (offer) => heard.push(`+${offer.relid}`);
    guest.onRescind = (offer) => {
      heard.push(`-${offer.relid}`);
      guest.release(offer);
    };
    await guest.connect();
    await guest.requestOffers();
    const one = host.offer(new EchoDevice());
    const two = host.offer(new EchoDevice('22222222-2222-3333-4444-555555555555'));
    await machine.quiet();
    one.rescind();
    one.rescind();
    await machine.quiet();
    host.offer(new EchoDevice('33333333-2222-3333-4444-555555555555'));
    await machine.quiet();
    expect(heard).toEqual(['+1', '+2', '-1', '+1']);
    expect(two.relid).toBe(2);
    expect(reasons()).toEqual([]);
  });

  it('are held back as long as the guest keeps the rescinded twin', async () => {
    const { host, guest, machine } = makeBus();
    const heard: ChannelOffer[] = [];
    const gone: ChannelOffer[] = [];
    guest.onOffer = (offer) => heard.push(offer);
    guest.onRescind = (offer) => gone.push(offer);
    const first = host.offer(new EchoDevice());
    await guest.connect();
    await guest.requestOffers();
    first.rescind();
    host.offer(new EchoDevice());
    await machine.quiet();
    expect(heard).toHaveLength(1);
    guest.release(gone[0]!);
    await machine.quiet();
    expect(heard.map((offer) => offer.relid)).toEqual([1, 2]);
  });
});

describe('devices', () => {
  it('may take their time to open and to close, and Close needs no waiting', async () => {
    const device = new EchoDevice();
    const { guest, host, machine } = makeBus();
    const opens: ((status: number) => void)[] = [];
    const stops: (() => void)[] = [];
    const { open } = device;
    device.open = (channel, request) => {
      open.call(device, channel, request);
      return new Promise((resolve) => opens.push(resolve));
    };
    device.closed = () => new Promise<void>((resolve) => stops.push(resolve));
    host.offer(device);
    await guest.connect();
    const [offer] = await guest.requestOffers();
    const first = guest.open(offer!, { ringPages: 3 });
    await machine.quiet();
    opens.shift()!(0);
    const channel = await first;
    expect(await new EchoDriver(channel).ask('slow')).toBe('slow');
    const closed = channel.close();
    await machine.quiet();
    expect(host.inspect()).toMatchObject({ channel: { 1: { state: 'closing, then closed' } } });
    stops.shift()!();
    await closed;
    // Refused: the guest hears the device's own status.
    const second = guest.open(offer!, { ringPages: 3 });
    await machine.quiet();
    opens.shift()!(0xc000009a);
    await expect(second).rejects.toMatchObject({ kind: 'refused', status: 0xc000009a });
    // Reset in the middle of an opening: the device is stopped once it has answered.
    void guest.open(offer!, { ringPages: 3 }).catch(() => undefined);
    await machine.quiet();
    let settled = false;
    const reset = host.reset().then(() => {
      settled = true;
    });
    await machine.quiet();
    expect(settled).toBe(false);
    opens.shift()!(0);
    await machine.quiet();
    stops.shift()!();
    await reset;
    expect(host.inspect()).toMatchObject({ channel: { 1: { state: 'unannounced' } } });
  });

  it('that throw or fail lose their own channel only', async () => {
    const { guest, host, device, driver, machine } = await opened();
    const broken = new EchoDevice('22222222-2222-3333-4444-555555555555');
    broken.open = () => {
      throw new Error('bug');
    };
    const rejecting = new EchoDevice('33333333-2222-3333-4444-555555555555');
    rejecting.open = () => Promise.reject(new Error('no medium'));
    const later: ChannelOffer[] = [];
    guest.onOffer = (offer) => later.push(offer);
    host.offer(broken);
    host.offer(rejecting);
    await machine.quiet();
    for (const offer of later) {
      await expect(guest.open(offer, { ringPages: 3 })).rejects.toMatchObject({ status: 0xc0000001 });
    }
    expect(await driver.ask('still here')).toBe('still here');
    device.channel!.onReceive = () => {
      throw new Error('bug');
    };
    void driver.ask('boom');
    await machine.quiet();
    expect(device.log.at(-1)).toBe('closed 0: device threw');
    expect(reasons()).toEqual(['device failed', 'device threw']);
    await driver.channel.close();
  });

  it('may end a channel whose protocol was broken; the guest can open it anew', async () => {
    const { guest, device, offer, channel, machine } = await opened();
    device.channel!.fail('packet makes no sense');
    await machine.quiet();
    expect(device.log.slice(1)).toEqual([
      'channel gone: packet makes no sense',
      'closed 0: packet makes no sense',
    ]);
    await channel.close();
    expect(await new EchoDriver(await guest.open(offer, { ringPages: 4 })).ask('again')).toBe('again');
  });
});

describe('flow', () => {
  it('survives rings that are full in both directions, and never forgets a sender', async () => {
    const sizes = fc.array(fc.oneof(fc.nat(60), fc.nat(4000)), { minLength: 1, maxLength: 120 });
    const versions = fc.constantFrom(VmbusVersion.V0_13, VmbusVersion.V5_3);
    await fc.assert(
      fc.asyncProperty(
        sizes,
        versions,
        fc.boolean(),
        fc.integer({ min: 1, max: 9 }),
        async (lengths, newest, scattered, batch) => {
          const { channel, machine } = await opened({ scattered, host: { versions: { newest } } });
          const packet = new IncomingPacket(8192);
          const payload = new Uint8Array(4096);
          const answered: number[] = [];
          let next = 0;
          const send = (): void => {
            for (let inBatch = 0; next < lengths.length; inBatch += 1) {
              payload.fill(next & 0xff);
              if (!channel.sendInBand(next + 1, 7, payload, lengths[next]!, true)) break;
              next += 1;
              if (inBatch % batch === 0) channel.endSend();
            }
            channel.endSend();
          };
          channel.onWritable = send;
          channel.onReceive = () => {
            while (channel.receive(packet)) {
              const id = packet.idLow - 1;
              expect(packet.payloadBytes).toBe((lengths[id]! + 7) & ~7);
              if (lengths[id]! > 0)
                expect(packet.bytes[packet.payloadOffset + lengths[id]! - 1]).toBe(id & 0xff);
              answered.push(id);
            }
            channel.endReceive();
          };
          send();
          await machine.quiet();
          expect(answered).toEqual(lengths.map((_, i) => i));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps to the longest packet that the guest reads', async () => {
    const { device } = await opened();
    const bytes = new Uint8Array(5000);
    expect(() => device.channel!.sendInBand(0, 0, bytes, 4081, false)).toThrow('the other end reads 4096');
    expect(device.channel!.sendInBand(0, 0, bytes, 4080, false)).toBe(true);
    expect(() => device.channel!.sendGpaDirect(1, 0, bytes, 8, [1], 1, 0, 8)).toThrow('only the child');
  });

  it('tells when the guest has taken everything', async () => {
    const { device, channel, driver, machine } = await opened();
    channel.onReceive = undefined;
    device.channel!.sendInBand(0, 0, new TextEncoder().encode('event'), 5, false);
    device.channel!.endSend();
    await machine.quiet();
    expect(device.channel!.outboundEmpty).toBe(false);
    const again = new EchoDriver(driver.channel);
    await machine.quiet();
    expect(again.unsolicited).toEqual(['event']);
    expect(device.channel!.outboundEmpty).toBe(true);
  });

  it('hands packets with references to guest memory over, one range or many', async () => {
    const { device, channel, machine } = await opened({ scattered: true });
    const seen: { gpns: number[]; text: string }[] = [];
    const packet = new IncomingPacket(4096);
    const host = device.channel!;
    host.onReceive = () => {
      while (host.receive(packet)) {
        const views: Uint8Array[] = [];
        host.memory.gather(
          packet.gpns,
          packet.rangeFirstGpn(0),
          packet.rangeByteOffset(0),
          packet.rangeByteCount(0),
          views,
        );
        const text = views.map((view) => new TextDecoder().decode(view.slice())).join('');
        seen.push({ gpns: [...packet.gpns.subarray(0, packet.gpnCount)], text });
      }
      host.endReceive();
    };
    const { gpns, pages } = machine.allocatePages(2);
    const text = 'over two pages';
    const bytes = new TextEncoder().encode(text);
    new Uint8Array(machine.buffer).set(bytes.subarray(0, 6), pages.offsets[0]! + 4090);
    new Uint8Array(machine.buffer).set(bytes.subarray(6), pages.offsets[1]!);
    channel.sendGpaDirect(1, 0, new Uint8Array(8), 8, gpns, 2, 4090, bytes.length);
    channel.endSend();
    await machine.quiet();
    expect(seen).toEqual([{ gpns: [...gpns], text }]);
  });
});

describe('signals', () => {
  it('go to the new processor from the acknowledgement on', async () => {
    const { channel, driver, machine, device } = await opened();
    await driver.ask('a');
    expect(new Set(machine.flagsSet.map(({ vp }) => vp))).toEqual(new Set([1]));
    await Promise.all([channel.retarget(2), channel.retarget(3)]);
    expect([channel.targetVp, device.channel!.targetVp]).toEqual([3, 3]);
    machine.flagsSet.length = 0;
    await driver.ask('b');
    expect(new Set(machine.flagsSet.map(({ vp }) => vp))).toEqual(new Set([3]));
    await expect(channel.retarget(9)).rejects.toMatchObject({ kind: 'refused', status: 0xc000000d });
    const old = await opened({ host: { versions: { newest: VmbusVersion.V4_0 } } });
    await expect(old.channel.retarget(1)).rejects.toThrow('cannot retarget');
  });

  it('are never given to a channel opened for no processor', async () => {
    const { guest, machine, offer, channel } = await opened();
    await channel.close();
    machine.flagsSet.length = 0;
    const silent = await guest.open(offer, { ringPages: 3, targetVp: 0xffffffff });
    silent.sendInBand(1, 0, new Uint8Array(8), 8, true);
    silent.endSend();
    await machine.quiet();
    expect(machine.flagsSet).toEqual([]);
    expect(silent.receive(new IncomingPacket(4096))).toBe(true);
  });

  it('through the monitor page cost no hypercall, and polling ends with the channel', async () => {
    const device = new EchoDevice(undefined, { monitor: { latency: 1000 } });
    const { channel, driver, machine, offer, host } = await opened({}, device);
    expect(offer.monitorId).toBe(0);
    const before = machine.hypercalls.signalEvent;
    const answer = driver.ask('quietly');
    await machine.quiet();
    expect(device.channel!.counters.packetsReceived).toBe(0);
    machine.clock.advance(1000);
    expect(await answer).toBe('quietly');
    expect(machine.hypercalls.signalEvent).toBe(before);
    expect(host.inspect()).toMatchObject({ monitor: { signals: 1 } });
    await channel.close();
    expect(machine.clock.pending).toBe(0);
    // A guest that gives no pages is offered no monitor.
    const without = await opened(
      { guest: { monitorPages: false } },
      new EchoDevice(undefined, { monitor: { latency: 1000 } }),
    );
    expect(without.offer.monitorId).toBeUndefined();
    expect(await without.driver.ask('by hypercall')).toBe('by hypercall');
  });
});

describe('messages', () => {
  it('are posted again while the hypervisor has no buffers', async () => {
    const { guest, machine } = makeBus();
    machine.postStatuses.push(0x13, 0x0b, 0x13);
    const connected = guest.connect();
    for (let i = 0; i < 8; i += 1) {
      await machine.quiet();
      machine.clock.advance(1000);
    }
    expect(await connected).toBe(VmbusVersion.V5_3);
    expect(guest.inspect()).toMatchObject({ messageRetries: 3 });
  });

  it('to a connection that is not there mean the next version; other failures are final', async () => {
    const { guest, machine } = makeBus();
    machine.postStatuses.push(0x12, 0x12);
    expect(await guest.connect()).toBe(VmbusVersion.V5_1);
    const other = makeBus();
    other.machine.postStatuses.push(0x05);
    await expect(other.guest.connect()).rejects.toMatchObject({ kind: 'failed', status: 5 });
  });

  it('packets and channels can be watched', async () => {
    const seen: string[] = [];
    using _ = listen('vmbus.*', (event) => {
      const { direction, type, step } = event.values;
      seen.push([event.point.slice(6), direction ?? step, type ?? ''].join(' ').trim());
    });
    const { driver, channel } = await opened();
    await driver.ask('x');
    await channel.close();
    expect(seen).toContain('message sent 14');
    expect(seen).toContain('message received 14');
    expect(seen).toContain('channel open');
    expect(seen.filter((line) => line.startsWith('packet'))).toEqual([
      'packet sent 6',
      'packet received 6',
      'packet sent 11',
      'packet received 11',
    ]);
  });
});

describe('GPADLs', () => {
  it('of any shape arrive as they were lent and are given back', async () => {
    const { guest, device, offer, host } = await opened({ pages: 3000 });
    const shape = fc.record({
      byteOffset: fc.nat(4095),
      pages: fc.integer({ min: 1, max: 200 }),
      less: fc.nat(4094),
      first: fc.integer({ min: 1, max: 2500 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(shape, { minLength: 1, maxLength: 12 }), async (shapes) => {
        const ranges = shapes.map(({ byteOffset, pages, less, first }) => {
          const longest = pages * 4096 - byteOffset;
          const shortest = Math.max(1, (pages - 1) * 4096 - byteOffset + 1);
          const byteCount = Math.max(shortest, longest - less);
          return { byteOffset, byteCount, gpns: Array.from({ length: pages }, (_, i) => first + i * 2) };
        });
        const id = await guest.establishGpadl(offer, ranges);
        const arrived = (device.channel as HostChannel).gpadl(id)!;
        expect(arrived.map((range) => ({ ...range, gpns: [...range.gpns] }))).toEqual(ranges);
        await guest.teardownGpadl(offer, id);
        expect((device.channel as HostChannel).gpadl(id)).toBeUndefined();
      }),
      { numRuns: 60 },
    );
    expect(host.inspect()).toMatchObject({ gpadls: { count: 1, unfinished: 0 } });
  });

  it('are torn down in any order, and the device is asked first', async () => {
    const { guest, device, offer } = await opened();
    const released: number[] = [];
    Object.assign(device, {
      releaseGpadl: async (_: HostChannel, id: number) => {
        await Promise.resolve();
        released.push(id);
      },
    });
    const ids = [];
    for (let i = 0; i < 5; i += 1) {
      ids.push(await guest.establishGpadl(offer, [{ byteOffset: 0, byteCount: 4096, gpns: [i + 1] }]));
    }
    expect(device.channel!.gpadlPages(ids[2]!)!.offsets).toEqual([3 * 4096]);
    const order = [ids[3]!, ids[0]!, ids[4]!, ids[1]!, ids[2]!];
    for (const id of order) await guest.teardownGpadl(offer, id);
    expect(released).toEqual(order);
  });

  it('are refused by the host with a status, and never split wrongly', async () => {
    const { guest, offer } = await opened();
    await expect(
      guest.establishGpadl(offer, [{ byteOffset: 0, byteCount: 4096, gpns: [99999] }]),
    ).rejects.toMatchObject({ kind: 'refused', status: 0xc000000d });
    await expect(guest.establishGpadl(offer, [])).rejects.toThrow('cannot be told');
    await expect(
      guest.establishGpadl(offer, [{ byteOffset: 0, byteCount: 4097, gpns: [1] }]),
    ).rejects.toThrow('does not take 1 pages');
  });
});
