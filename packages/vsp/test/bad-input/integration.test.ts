/** A guest that answers integration services with nonsense: the channel ends with a reason, or the request fails; no more. */

import { IcMessage, KvpEnumerate, KvpIpInfo } from '@viridian/protocols/ic';
import { warning } from '@viridian/trace';
import type { GuestChannel } from '@viridian/vmbus/guest';
import { IncomingPacket } from '@viridian/vmbus/ring';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { integrationMachine } from '../support/integration.ts';

type Mangle = (message: Uint8Array) => Uint8Array | undefined;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

const put8 =
  (at: number, value: number): Mangle =>
  (message) => {
    message[at] = value;
    return message;
  };

const put32 =
  (at: number, value: number): Mangle =>
  (message) => {
    viewOf(message).setUint32(at, value, true);
    return message;
  };

const both =
  (first: Mangle, second: Mangle): Mangle =>
  (message) =>
    second(first(message) ?? message);

const ANSWER = 5;

/** Answers the n-th message (0 is the negotiation) by `mangles[n]`, and further ones by the last. */
function answering(channel: GuestChannel, mangles: readonly Mangle[]): void {
  const packet = new IncomingPacket(16384);
  let count = 0;
  channel.onReceive = () => {
    while (channel.receive(packet)) {
      const { bytes, payloadOffset, payloadBytes, idLow, idHigh } = packet;
      const message = bytes.slice(payloadOffset, payloadOffset + payloadBytes);
      message[25] = ANSWER;
      const answer = mangles[Math.min(count, mangles.length - 1)]!(message);
      count += 1;
      if (answer !== undefined) channel.sendInBand(idLow, idHigh, answer, answer.length, false);
    }
    channel.endSend();
    channel.endReceive();
  };
}

/** The first version of each kind, as any guest may choose. */
const agree: Mangle = (message) => {
  const view = viewOf(message);
  const frameworks = view.getUint16(28, true);
  view.setUint32(40, view.getUint32(36 + frameworks * 4, true), true);
  view.setUint32(28, 0x1_0001, true);
  return message;
};

const HEADER: readonly [name: string, mangle: Mangle, reason: string][] = [
  ['empty', () => new Uint8Array(), 'message shorter than its header'],
  ['24 bytes', (message) => message.slice(0, 24), 'message shorter than its header'],
  ['pipe type 2', put32(0, 2), 'not a data message'],
  ['pipe length 0', put32(4, 0), 'pipe length leaves no header'],
  ['pipe length 19', put32(4, 19), 'pipe length leaves no header'],
  [
    'pipe length past the end',
    (message) => put32(4, message.length + 1)(message),
    'pipe length beyond the packet',
  ],
  ['pipe length that wraps around', put32(4, 0xffff_ffff), 'pipe length beyond the packet'],
  ['no answer flag', put8(25, 3), 'not an answer'],
];

const NEGOTIATION: readonly [name: string, mangle: Mangle, reason: string][] = [
  ['another type', put8(12, 3), 'not the answer to a negotiation'],
  ['no room for counts', put32(4, 24), 'negotiation cut short'],
  ['no room for versions', both(put32(28, 0x1_0001), put32(4, 34)), 'negotiation cut short'],
  ['the question itself', (message) => message, 'more than one version chosen'],
  ['a version that nobody offered', both(agree, put8(36, 9)), 'chose a version that was not offered'],
];

describe('negotiation', () => {
  it.each([...HEADER, ...NEGOTIATION])('%s', async (_, mangle, reason) => {
    const { services, open, quiet } = await integrationMachine();
    const channel = await open('shutdown');
    answering(channel, [mangle]);
    await quiet();
    expect(services.shutdown.inspect()).toMatchObject({ state: 'closed', version: '' });
    expect(warning('vmbus.device').countOf(reason) + warning('vmbus.protocol').countOf(reason)).toBe(1);
    await expect(services.shutdown.ask()).rejects.toMatchObject({ kind: 'not-ready' });
  });

  it('nothing in common leaves the service alone', async () => {
    const { services, open, quiet } = await integrationMachine();
    const channel = await open('backup');
    answering(channel, [put32(28, 0)]);
    await quiet();
    expect(services.backup.inspect()).toMatchObject({ state: 'refused' });
    expect(channel.open).toBe(true);
    await expect(services.backup.freeze()).rejects.toMatchObject({ kind: 'not-ready' });
  });
});

describe('answers', () => {
  const OTHERS: readonly [name: string, mangle: Mangle, reason: string][] = [
    ['another type', put8(12, 1), 'answer of another type'],
    [
      'another transaction',
      (message) => put8(24, message[24]! + 1)(message),
      'answer of another transaction',
    ],
  ];

  it.each([...HEADER, ...OTHERS])('%s ends the channel', async (_, mangle, reason) => {
    const { services, open, quiet } = await integrationMachine();
    answering(await open('shutdown'), [agree, mangle]);
    await services.shutdown.whenReady();
    await expect(services.shutdown.ask()).rejects.toMatchObject({ kind: 'closed' });
    await quiet();
    expect(warning('vmbus.device').countOf(reason) + warning('vmbus.protocol').countOf(reason)).toBe(1);
  });

  it('to no request are dropped', async () => {
    const { services, open, quiet } = await integrationMachine();
    const channel = await open('shutdown');
    answering(channel, [agree, (message) => message]);
    await services.shutdown.whenReady();
    const stray = IcMessage.bytes({ pipeType: 1, pipeBytes: 20, messageType: 3, flags: ANSWER });
    for (const [low, high] of [
      [0, 0],
      [1, 1],
      [99, 0],
    ]) {
      channel.sendInBand(low!, high!, stray, stray.length, false);
    }
    channel.endSend();
    await quiet();
    await services.shutdown.ask();
    expect(services.shutdown.inspect()).toMatchObject({ counters: { strayAnswers: 3, answers: 1 } });
  });

  it('that never come hold up no more than 64 requests, and end with the channel', async () => {
    const { services, open, quiet } = await integrationMachine();
    const channel = await open('shutdown');
    answering(channel, [agree, () => undefined]);
    await services.shutdown.whenReady();
    const asked = Array.from({ length: 100 }, () => services.shutdown.ask().catch((error) => error.kind));
    await quiet();
    expect(services.shutdown.inspect()).toMatchObject({ outstanding: 65 });
    await channel.close();
    const kinds = await Promise.all(asked);
    expect(kinds.filter((kind) => kind === 'busy')).toHaveLength(35);
    expect(kinds.filter((kind) => kind === 'closed')).toHaveLength(65);
  });

  it('of any bytes fail the request or end the channel', async () => {
    const header = fc.uint8Array({ minLength: 0, maxLength: 64 });
    await fc.assert(
      fc.asyncProperty(header, fc.nat(27), fc.nat(255), async (bytes, at, value) => {
        const { services, open, quiet } = await integrationMachine();
        const mangle: Mangle = (message) => {
          if (bytes.length < 28) message[at] = value;
          return bytes.length < 28 ? message : bytes;
        };
        answering(await open('keyValues'), [agree, mangle]);
        await services.keyValues.whenReady();
        const got = services.keyValues.get('key').catch((error) => error.name);
        await quiet();
        await Promise.race([got, quiet()]);
        expect(['negotiating', 'ready', 'closed']).toContain(
          (services.keyValues.inspect() as { state: string }).state,
        );
      }),
      { numRuns: 40 },
    );
  });
});

describe('key-value answers', () => {
  const PAYLOAD = 28;
  const enumerate = KvpEnumerate.offsets;
  const u32 = (at: number, value: number) => put32(PAYLOAD + at, value);
  const CASES: readonly [name: string, mangle: Mangle][] = [
    ['a key of 513 bytes', u32(enumerate.keyBytes, 513)],
    ['a key of an odd size', u32(enumerate.keyBytes, 3)],
    ['a key of 2^32 - 1 bytes', u32(enumerate.keyBytes, 0xffff_ffff)],
    ['a value of 2049 bytes', u32(enumerate.valueBytes, 2049)],
    ['a value of an unknown type', u32(enumerate.valueType, 77)],
    ['a payload that ends early', put32(4, 20 + 100)],
    ['no payload', put32(4, 20)],
  ];

  it.each(CASES)('%s', async (_, mangle) => {
    const { services, open } = await integrationMachine();
    const string = both(u32(enumerate.valueType, 1), mangle);
    answering(await open('keyValues'), [agree, string]);
    await services.keyValues.whenReady();
    await expect(services.keyValues.entries()).rejects.toMatchObject({ kind: 'malformed' });
    expect(services.keyValues.isReady).toBe(true);
  });

  it('a list without end is not followed for ever', async () => {
    const { services, open } = await integrationMachine();
    answering(await open('keyValues'), [agree, u32(enumerate.valueType, 4)]);
    await services.keyValues.whenReady();
    expect(await services.keyValues.entries()).toEqual(new Map([['', '0']]));
    expect(services.keyValues.inspect()).toMatchObject({ counters: { answers: 4096 } });
  });

  it('addresses, whole and cut short', async () => {
    const { services, open } = await integrationMachine();
    const info = KvpIpInfo.bytes({
      family: 3,
      dhcpEnabled: 1,
      addresses: '10.0.0.2;fe80::1',
      gateways: '10.0.0.1',
    });
    const whole: Mangle = (message) => {
      message.set(info, PAYLOAD);
      return message;
    };
    answering(await open('keyValues'), [agree, whole, put32(4, 20 + 7427)]);
    await services.keyValues.whenReady();
    expect(await services.keyValues.addresses('00:15:5d:00:00:01')).toEqual({
      dhcp: true,
      ipv4: true,
      ipv6: true,
      addresses: ['10.0.0.2', 'fe80::1'],
      subnets: [],
      gateways: ['10.0.0.1'],
      dnsServers: [],
    });
    await expect(services.keyValues.addresses('x')).rejects.toMatchObject({ kind: 'malformed' });
  });
});
