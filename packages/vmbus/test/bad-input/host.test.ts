/** What a broken host sends to the guest end: dropped with a reason, or the end of the channel or the bus. */

import { OfferChannel } from '@viridian/protocols/vmbus';
import { forgetWarnings, recentWarnings } from '@viridian/trace';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { VmbusGuest } from '../../src/guest/index.ts';
import { RingMemory } from '../../src/ring/index.ts';
import { EchoDevice, EchoDriver } from '../echo-device.ts';
import { InProcessMachine, makeBus } from '../in-process.ts';

beforeEach(() => forgetWarnings());

const reasons = (): string[] => [...new Set(recentWarnings().map((warning) => warning.reason))];

async function connected() {
  const bus = makeBus();
  bus.host.offer(new EchoDevice());
  await bus.guest.connect();
  const [offer] = await bus.guest.requestOffers();
  let failed: string | undefined;
  bus.guest.onFailed = (reason) => {
    failed = reason;
  };
  return { ...bus, offer: offer!, failed: () => failed };
}

function words(type: number, ...values: number[]): Uint8Array {
  const message = new Uint8Array(8 + values.length * 4);
  const view = new DataView(message.buffer);
  view.setUint32(0, type, true);
  values.forEach((value, i) => {
    view.setUint32(8 + i * 4, value, true);
  });
  return message;
}

describe('messages of the host', () => {
  it.each([
    ['three bytes', new Uint8Array(3), 'host message is shorter than its header'],
    ['a short offer', words(1, 1, 2), 'host message is too short'],
    ['a short result', words(6, 1), 'host message is too short'],
    ['a message of the guest', words(3), 'host message is one of the guest'],
    ['relid 0', OfferChannel.bytes({ type: 1 }), 'offer has an impossible relid'],
    ['relid 2048', OfferChannel.bytes({ type: 1, relId: 2048 }), 'offer has an impossible relid'],
    [
      'monitor 200',
      OfferChannel.bytes({ type: 1, relId: 9, monitorAllocated: 1, monitorId: 200 }),
      'offer has an impossible monitor',
    ],
  ])('end the bus: %s', async (_, message, reason) => {
    const { guest, offer, failed } = await connected();
    const driver = new EchoDriver(await guest.open(offer, { ringPages: 3 }));
    const waiting = guest.establishGpadl(offer, [{ byteOffset: 0, byteCount: 4096, gpns: [1] }]);
    guest.dispatchMessage(1, message, message.length);
    expect(failed()).toBe(reason);
    expect(driver.closed).toBe(reason);
    await expect(waiting).rejects.toMatchObject({ kind: 'failed' });
    await expect(guest.requestOffers()).rejects.toThrow('the bus is failed');
    // Nothing is heard any more.
    guest.dispatchMessage(1, words(4), 8);
    expect(reasons()).toEqual([reason]);
  });

  it.each([
    ['an unknown type', words(40), 'host message nobody waits for'],
    ['a result nobody asked for', words(6, 1, 1, 0), 'host message nobody waits for'],
    ['a GPADL answer nobody asked for', words(10, 1, 1, 0), 'host message nobody waits for'],
    [
      'an offer of a relid in use',
      OfferChannel.bytes({ type: 1, relId: 1 }),
      'offer of a relid that is in use',
    ],
    [
      'an instance again',
      OfferChannel.bytes({ type: 1, relId: 8, instanceId: '11111111-2222-3333-4444-555555555555' }),
      'offer of an instance that is here already',
    ],
    [
      'a sub-channel of nothing',
      OfferChannel.bytes({ type: 1, relId: 8, subChannelIndex: 1 }),
      'offer of a sub-channel without a primary',
    ],
    ['a rescind of nothing', words(2, 77), 'rescind of an unknown channel'],
    ['a rescind of relid 2³²−1', words(2, 0xffffffff), 'rescind of an unknown channel'],
  ])('are dropped: %s', async (_, message, reason) => {
    const { guest, offer, failed } = await connected();
    guest.dispatchMessage(1, message, message.length);
    expect(reasons()).toEqual([reason]);
    expect(failed()).toBeUndefined();
    expect(await new EchoDriver(await guest.open(offer, { ringPages: 3 })).ask('on')).toBe('on');
  });

  it('of other types in the slot are not the bus’s', async () => {
    const { guest, failed } = await connected();
    guest.dispatchMessage(0x80000010, new Uint8Array(3), 3);
    expect([failed(), reasons()]).toEqual([undefined, []]);
  });

  it('may be any bytes', () => {
    fc.assert(
      fc.property(fc.nat(31), fc.uint8Array({ maxLength: 232 }), (type, rest) => {
        const machine = new InProcessMachine();
        const guest = new VmbusGuest({
          transport: machine.guestTransport,
          memory: machine.memory,
          clock: machine.clock,
        });
        const message = new Uint8Array(4 + rest.length);
        message[0] = type;
        message.set(rest, 4);
        guest.dispatchMessage(1, message, message.length);
        guest.dispatchMessage(1, message, 240);
      }),
      { numRuns: 300 },
    );
  });
});

describe('rings of the host', () => {
  it('with impossible indices end the channel, which can be opened anew', async () => {
    const { guest, offer, machine } = await connected();
    const before = new Set(machine.allocated);
    const channel = await guest.open(offer, { ringPages: 3 });
    const driver = new EchoDriver(channel);
    const ring = [...machine.allocated].find((pages) => !before.has(pages))!.pages;
    new RingMemory({ buffer: ring.buffer, offsets: ring.offsets.slice(3) }).storeWriteIndex(5);
    machine.hostTransport.signal(offer.relid, 0);
    await machine.quiet();
    expect(driver.closed).toBe('write index out of range');
    await channel.close();
    expect(await new EchoDriver(await guest.open(offer, { ringPages: 3 })).ask('on')).toBe('on');
  });

  it('may not refer to guest memory', async () => {
    const { guest, offer, machine } = await connected();
    const before = new Set(machine.allocated);
    const driver = new EchoDriver(await guest.open(offer, { ringPages: 3 }));
    const ring = [...machine.allocated].find((pages) => !before.has(pages))!.pages;
    const inbound = new RingMemory({ buffer: ring.buffer, offsets: ring.offsets.slice(3) });
    const words = [0x00050009, 0x00010005, 1, 0, 0, 1, 4096, 0, 1, 0, 0, 0];
    words.forEach((word, i) => {
      inbound.words[inbound.wordAt(0) + i] = word;
    });
    inbound.storeWriteIndex(48);
    machine.hostTransport.signal(offer.relid, 0);
    await machine.quiet();
    expect(driver.closed).toBe('the parent sent a GPA direct packet');
  });

  it('and flags of channels that do not exist are ignored', async () => {
    const { guest } = await connected();
    const flags = new Int32Array(new SharedArrayBuffer(256)).fill(-1);
    guest.dispatchEvents(flags, 0);
    expect([...flags].every((word) => word === 0)).toBe(true);
  });
});
