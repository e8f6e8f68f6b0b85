/** Hosts that ask nonsense of a guest's integration services and balloon: a status, or the end of the channel; never more. */

import { BalloonPageRange } from '@viridian/protocols/balloon';
import { IC_HEADER_BYTES, IcMessage, IcNegotiate } from '@viridian/protocols/ic';
import { IncomingPacket, RingChannel } from '@viridian/vmbus/ring';
import { BalloonDriver, type BalloonRange } from '@viridian/vsc/balloon';
import {
  type KeyValuePools,
  serveBackup,
  serveFileCopy,
  serveHeartbeat,
  serveKeyValues,
  serveShutdown,
  serveTimeSync,
} from '@viridian/vsc/integration';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pages } from '../support/raw-host.ts';

/** The guest's channel, and a host that is only bytes. */
function rawHost(ringPages = 5) {
  const memory = new Pages();
  const [toHost, toGuest] = [memory.allocatePages(ringPages).pages, memory.allocatePages(ringPages).pages];
  let ended: string | undefined;
  const guest: RingChannel = new RingChannel({
    ...{ memory, where: 'test/guest', side: 'guest', outbound: toHost, inbound: toGuest },
    signal: () => {},
    broken: (reason) => {
      ended = reason;
      guest.end(reason);
    },
  });
  const host: RingChannel = new RingChannel({
    ...{ memory, where: 'test/host', side: 'host', outbound: toGuest, inbound: toHost },
    signal: () => guest.interrupt(),
    broken: () => {},
  });
  guest.start();
  host.start();
  const packet = new IncomingPacket(16384);
  /** Sends a message; gives what came back, oldest first. */
  const ask = async (message: Uint8Array): Promise<Uint8Array[]> => {
    host.sendInBand(1, 0, message, message.length, false);
    host.endSend();
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    const answers: Uint8Array[] = [];
    while (host.receive(packet)) {
      answers.push(packet.bytes.slice(packet.payloadOffset, packet.payloadOffset + packet.payloadBytes));
    }
    host.endReceive();
    return answers;
  };
  return { guest, ask, ended: () => ended };
}

function message(messageType: number, payload: Uint8Array, pipeBytes = 20 + payload.length): Uint8Array {
  const bytes = new Uint8Array(IC_HEADER_BYTES + payload.length);
  IcMessage.write(new DataView(bytes.buffer), 0, { pipeType: 1, pipeBytes, messageType, flags: 3 });
  bytes.set(payload, IC_HEADER_BYTES);
  return bytes;
}

/** Counts, then one version of each kind. */
function negotiation(
  counts: readonly [number, number],
  ...versions: readonly [number, number][]
): Uint8Array {
  const payload = new Uint8Array(8 + versions.length * 4);
  const view = new DataView(payload.buffer);
  IcNegotiate.write(view, 0, { frameworkCount: counts[0], messageCount: counts[1] });
  versions.forEach(([major, minor], index) => {
    view.setUint32(8 + index * 4, major | (minor << 16), true);
  });
  return payload;
}

const statusOf = (answer: Uint8Array | undefined) =>
  answer === undefined ? undefined : new DataView(answer.buffer).getUint32(20, true);

const SERVICES: readonly [
  name: string,
  type: number,
  version: readonly [number, number],
  serve: (channel: RingChannel) => void,
][] = [
  ['heartbeat', 1, [3, 0], (channel) => serveHeartbeat(channel)],
  ['key-values', 2, [4, 0], (channel) => serveKeyValues(channel, pools())],
  ['shutdown', 3, [3, 2], (channel) => serveShutdown(channel, () => true)],
  ['time', 4, [4, 0], (channel) => serveTimeSync(channel, () => {})],
  ['backup', 5, [5, 0], (channel) => serveBackup(channel, { freeze: () => {}, thaw: () => {} })],
  ['file copy', 7, [1, 1], (channel) => serveFileCopy(channel, () => 0x8000_4005)],
];

function pools(): KeyValuePools {
  return { host: new Map(), guest: new Map(), facts: new Map() };
}

describe('a host that breaks the frame', () => {
  const CASES: readonly [name: string, bytes: Uint8Array, reason: string][] = [
    ['nothing', new Uint8Array(), 'message shorter than its header'],
    ['24 bytes', new Uint8Array(24), 'message shorter than its header'],
    ['pipe type 0', new Uint8Array(32), 'not a data message'],
    ['pipe length 19', message(0, new Uint8Array(8), 19), 'pipe length does not fit the packet'],
    ['pipe length beyond', message(0, new Uint8Array(4), 25), 'pipe length does not fit the packet'],
    [
      'greatest pipe length',
      message(0, new Uint8Array(8), 0xffff_ffff),
      'pipe length does not fit the packet',
    ],
    ['no counts', message(0, new Uint8Array(0)), 'negotiation cut short'],
    ['101 versions', message(0, negotiation([101, 1])), 'too many versions'],
    ['65535 versions', message(0, negotiation([1, 65535])), 'too many versions'],
    ['fewer versions than counted', message(0, negotiation([1, 2], [3, 0])), 'negotiation cut short'],
  ];

  it.each(CASES)('%s', async (_, bytes, reason) => {
    const { guest, ask, ended } = rawHost();
    serveHeartbeat(guest);
    expect(await ask(bytes)).toEqual([]);
    expect(ended()).toBe(reason);
  });

  it.each(SERVICES)(
    '%s: requests too early, of another kind, empty, or of any bytes',
    async (_, type, version, serve) => {
      const { guest, ask, ended } = rawHost();
      serve(guest);
      const early = await ask(message(type, new Uint8Array(64)));
      expect(statusOf(early[0])).toBe(0x8000_4005);
      const [none] = await ask(message(0, negotiation([1, 1], [9, 9], [...version])));
      expect(IcNegotiate.read(new DataView(none!.buffer, 28)).frameworkCount).toBe(0);
      const [agreed] = await ask(message(0, negotiation([1, 1], [3, 0], [...version])));
      expect(IcNegotiate.read(new DataView(agreed!.buffer, 28)).messageCount).toBe(1);
      expect(statusOf((await ask(message(99, new Uint8Array(8))))[0])).toBe(0x8000_4005);
      expect(statusOf((await ask(message(type, new Uint8Array(0))))[0])).not.toBe(0);
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 2700 }), fc.nat(7), async (payload, operation) => {
          if (payload.length > 0) payload[0] = operation;
          const answers = await ask(message(type, payload));
          expect(answers.length).toBe(1);
          expect(answers[0]![25]).toBe(5);
        }),
        { numRuns: 60 },
      );
      expect(ended()).toBeUndefined();
    },
  );
});

describe('a host that wants what it cannot have', () => {
  function balloonGuest() {
    const raw = rawHost();
    let next = 0;
    const back: BalloonRange[] = [];
    const pages = {
      takeOut: (mostPages: number) => {
        if (next >= 64) return undefined;
        const pageCount = Math.min(mostPages, 8);
        next += 8;
        return { firstGpn: next, pageCount };
      },
      putBack: (range: BalloonRange) => void back.push(range),
    };
    const driver = new BalloonDriver(raw.guest, pages);
    return { ...raw, driver, back };
  }

  function words(type: number, ...rest: number[]): Uint8Array {
    const view = new DataView(new ArrayBuffer(8 + rest.length * 4));
    view.setUint16(0, type, true);
    view.setUint16(2, view.byteLength, true);
    rest.forEach((word, index) => {
      view.setUint32(8 + index * 4, word >>> 0, true);
    });
    return new Uint8Array(view.buffer);
  }

  function unballoon(firstPage: number, pageCount: number): Uint8Array {
    const bytes = new Uint8Array(24);
    bytes.set(words(8, 0, 1));
    bytes[2] = bytes.length;
    new DataView(bytes.buffer).setBigUint64(16, BalloonPageRange.encode({ firstPage, pageCount }), true);
    return bytes;
  }

  async function ready() {
    const machine = balloonGuest();
    await machine.ask(words(2, 1, 0));
    await machine.ask(words(4, 1, 0));
    expect(machine.driver.state).toBe('ready');
    await machine.ask(words(6, 32, 0));
    expect(machine.driver.ballooned).toBe(32);
    return machine;
  }

  it('no version suits it: the driver tries all three and rests', async () => {
    const { ask, driver, ended } = balloonGuest();
    for (let version = 0; version < 3; version += 1) await ask(words(2, 0, 0));
    expect([driver.state, ended()]).toEqual(['refused', undefined]);
    await ask(words(2, 1, 0));
    expect(ended()).toBe('answer in the wrong state');
  });

  it.each([
    ['pages before the capabilities', words(6, 1, 0), 'balloon request before the capabilities'],
    ['capabilities before the version', words(4, 1, 0), 'answer in the wrong state'],
    ['an answer cut short', words(2, 1), 'answer cut short'],
    ['two bytes', new Uint8Array(2), 'message length leaves no header'],
  ] as const)('%s', async (_, bytes, reason) => {
    const { ask, ended } = balloonGuest();
    await ask(bytes);
    expect(ended()).toBe(reason);
  });

  it('gets parts of runs, and several runs in one, but no page that it never had', async () => {
    const { ask, driver, back, ended } = await ready();
    await ask(unballoon(10, 3));
    await ask(unballoon(13, 11));
    expect(driver.ballooned).toBe(18);
    expect(back).toEqual([
      { firstGpn: 10, pageCount: 3 },
      { firstGpn: 13, pageCount: 11 },
    ]);
    await ask(unballoon(10, 1));
    expect(ended()).toBe('pages that the host never had');
  });

  it.each([
    ['a count beyond the message', words(8, 0, 3, 8, 0), 'more ranges than the message holds'],
    ['the greatest count', words(8, 0, 0xffff_ffff), 'more ranges than the message holds'],
    ['a run past what it has', unballoon(32, 2 ** 24 - 1), 'pages that the host never had'],
    ['the end of the address space', unballoon(2 ** 40 - 1, 2 ** 24 - 1), 'pages that the host never had'],
  ] as const)('%s', async (_, bytes, reason) => {
    const { ask, ended, back } = await ready();
    await ask(bytes);
    expect(ended()).toBe(reason);
    expect(back).toEqual([]);
  });
});
