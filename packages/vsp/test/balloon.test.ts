/** Ballooning with both real ends, the real bus between them; and guests that break its rules. */

import { BalloonCapabilities, BalloonPageRange, BalloonStatus } from '@viridian/protocols/balloon';
import { forgetWarnings, warning } from '@viridian/trace';
import { IncomingPacket } from '@viridian/vmbus/ring';
import { BalloonDriver, type BalloonRange } from '@viridian/vsc/balloon';
import { Balloon, type PageRange } from '@viridian/vsp/balloon';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeBus } from './support/bus.ts';
import { ManualClock } from './support/manual-clock.ts';

const PAGES = 1024;
const MIB = 2 ** 20;

/** The guest's memory as the host sees it: a page is the guest's or is not. */
class TestMemory {
  readonly pageCount = PAGES;
  readonly gone = new Set<number>();

  isRam({ firstGpn, pageCount }: PageRange): boolean {
    return firstGpn + pageCount <= PAGES;
  }

  take(ranges: readonly PageRange[]): void {
    for (const gpn of each(ranges)) {
      if (this.gone.has(gpn)) throw new Error(`page ${gpn} taken twice`);
      this.gone.add(gpn);
    }
  }

  give(ranges: readonly PageRange[]): void {
    for (const gpn of each(ranges)) if (!this.gone.delete(gpn)) throw new Error(`page ${gpn} was not taken`);
  }
}

function* each(ranges: readonly PageRange[]): Generator<number> {
  for (const { firstGpn, pageCount } of ranges) for (let i = 0; i < pageCount; i += 1) yield firstGpn + i;
}

async function balloonMachine() {
  forgetWarnings();
  const { host, guest, quiet } = makeBus();
  const clock = new ManualClock();
  const memory = new TestMemory();
  const balloon = new Balloon({ instanceId: '1eccfd72-4b41-45ef-b73a-4a6e44c12924', memory, clock });
  host.offer(balloon);
  await guest.connect();
  const [offer] = await guest.requestOffers();
  const open = () => guest.open(offer!, { ringPages: 5 });
  const advance = (seconds: number) => clock.advance(seconds, quiet);
  return { balloon, memory, open, quiet, advance, clock };
}

/** A guest that keeps `floor` pages and gives runs of up to `longest`. */
function guestPages(floor: number, longest: number) {
  const free = new Set(Array.from({ length: PAGES }, (_, gpn) => gpn));
  return {
    free,
    takeOut(mostPages: number): BalloonRange | undefined {
      const spare = free.size - floor;
      if (spare <= 0) return undefined;
      const [firstGpn] = free;
      let pageCount = 0;
      const most = Math.min(mostPages, longest, spare);
      while (pageCount < most && free.delete(firstGpn! + pageCount)) pageCount += 1;
      return { firstGpn: firstGpn!, pageCount };
    },
    putBack(range: BalloonRange): void {
      for (const gpn of each([range])) {
        if (free.has(gpn)) throw new Error(`page ${gpn} came back twice`);
        free.add(gpn);
      }
    },
  };
}

describe('ballooning', () => {
  it('follows its target down and up, page by page or in large runs', async () => {
    const targets = fc.array(fc.nat(PAGES), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        targets,
        fc.nat(PAGES / 2),
        fc.constantFrom(1, 7, 512),
        async (pages, floor, longest) => {
          const { balloon, memory, open, quiet } = await balloonMachine();
          const guest = guestPages(floor, longest);
          const driver = new BalloonDriver(await open(), guest);
          await quiet();
          expect([driver.state, driver.version]).toEqual(['ready', 0x20000]);
          for (const wanted of pages) {
            const reached = await balloon.setTarget(wanted * 4096);
            expect(reached).toBe(balloon.memoryBytes);
            expect(reached / 4096).toBe(Math.max(wanted, Math.min(floor, PAGES)));
            expect(memory.gone.size).toBe(PAGES - reached / 4096);
            expect(driver.ballooned).toBe(memory.gone.size);
            expect([...memory.gone].some((gpn) => guest.free.has(gpn))).toBe(false);
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  it('asks again for what the guest could not give, and hears how it is off', async () => {
    const { balloon, open, quiet, advance } = await balloonMachine();
    const guest = guestPages(800, 512);
    const driver = new BalloonDriver(await open(), guest);
    const heard: number[] = [];
    balloon.onStatus = ({ committedBytes }) => heard.push(committedBytes);
    await quiet();
    expect(await balloon.setTarget(MIB)).toBe(800 * 4096);
    for (let page = PAGES; page < PAGES + 100; page += 1) guest.free.add(page - PAGES);
    driver.report(500, 700);
    await quiet();
    expect(balloon.memoryBytes).toBe(800 * 4096);
    await advance(11);
    driver.report(500, 701);
    await quiet();
    expect(heard).toEqual([700 * 4096, 701 * 4096]);
    expect(balloon.inspect()).toMatchObject({
      state: 'ready',
      status: { availableBytes: 500 * 4096 },
      counters: { statusReports: 2 },
    });
  });

  it('gives all back when the driver goes, and takes it again from the next', async () => {
    const { balloon, memory, open, quiet } = await balloonMachine();
    expect(await balloon.setTarget(3 * MIB)).toBe(4 * MIB);
    for (let round = 0; round < 2; round += 1) {
      const channel = await open();
      new BalloonDriver(channel, guestPages(0, 512));
      await quiet();
      expect([memory.gone.size, balloon.isReady]).toEqual([256, true]);
      await channel.close();
      await quiet();
      expect([memory.gone.size, balloon.isReady, balloon.memoryBytes]).toEqual([0, false, 4 * MIB]);
    }
    expect(() => balloon.setTarget(5 * MIB)).toThrow(RangeError);
    expect(() => balloon.setTarget(Number.NaN)).toThrow(RangeError);
  });
});

/** A guest that is only bytes. */
async function rawGuest() {
  const machine = await balloonMachine();
  const channel = await machine.open();
  const packet = new IncomingPacket(8192);
  const received: number[] = [];
  channel.onReceive = () => {
    while (channel.receive(packet)) received.push(packet.view.getUint16(packet.payloadOffset, true));
    channel.endReceive();
  };
  let ended = '';
  channel.onClosed = (reason) => {
    ended = reason;
  };
  const put = async (bytes: Uint8Array) => {
    channel.sendInBand(0, 0, bytes, bytes.length, false);
    channel.endSend();
    await machine.quiet();
  };
  const initialize = async () => {
    await put(words(1, 16, 0x20000, 0));
    await put(BalloonCapabilities.bytes({ type: 3, messageBytes: 32, capabilities: { balloon: 1 } }));
  };
  return { ...machine, channel, received, put, initialize, ended: () => ended };
}

/** Type and length, a transaction, then words. */
function words(type: number, messageBytes: number, ...rest: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 + rest.length * 4));
  view.setUint16(0, type, true);
  view.setUint16(2, messageBytes, true);
  rest.forEach((word, index) => {
    view.setUint32(8 + index * 4, word, true);
  });
  return new Uint8Array(view.buffer);
}

function response(more: number, ...ranges: readonly (readonly [firstPage: number, pageCount: number])[]) {
  const bytes = new Uint8Array(16 + ranges.length * 8);
  bytes.set(words(7, bytes.length, 0, ((ranges.length << 1) | more) >>> 0));
  ranges.forEach(([firstPage, pageCount], index) => {
    const word = BalloonPageRange.encode({ firstPage, pageCount });
    new DataView(bytes.buffer).setBigUint64(16 + index * 8, word, true);
  });
  return bytes;
}

const deviceWarned = (reason: string) =>
  warning('vmbus.device').countOf(reason) + warning('vmbus.protocol').countOf(reason);

describe('a guest that breaks the rules', () => {
  const EARLY: readonly [name: string, bytes: Uint8Array, reason: string][] = [
    ['nothing', new Uint8Array(), 'message shorter than its header'],
    ['length 0', words(1, 0, 0x20000, 0), 'message length leaves no header'],
    ['length 7', words(1, 7, 0x20000, 0), 'message length leaves no header'],
    ['length beyond the packet', words(1, 24, 0x20000, 0), 'message length beyond the packet'],
    ['length 65535', words(1, 65535, 0x20000, 0), 'message length beyond the packet'],
    ['version cut short', words(1, 12, 0x20000, 0), 'version request cut short'],
    ['type 13', words(13, 8), 'message of an unknown type'],
    ['a request of the host', words(6, 16, 1, 0), 'message of an unknown type'],
    [
      'capabilities before the version',
      BalloonCapabilities.bytes({ type: 3, messageBytes: 32 }),
      'capabilities in the wrong state',
    ],
    [
      'status before the version',
      BalloonStatus.bytes({ type: 5, messageBytes: 48 }),
      'status in the wrong state',
    ],
    ['pages before the version', response(0, [1, 1]), 'pages that nobody asked for'],
    ['thanks for nothing', words(9, 8), 'thanks for no pages'],
    ['hot-add', words(11, 16, 0, 1), 'answer to no hot-add'],
  ];

  it.each(EARLY)('%s', async (_, bytes, reason) => {
    const { put, balloon } = await rawGuest();
    await put(bytes);
    expect(deviceWarned(reason)).toBe(1);
    expect(balloon.inspect()).toMatchObject({ state: 'closed' });
  });

  it('unknown versions are refused until one is known', async () => {
    const { put, received, balloon } = await rawGuest();
    for (const version of [0, 0x30000, 0xffff_ffff]) await put(words(1, 16, version, 0));
    expect(balloon.inspect()).toMatchObject({ state: 'version' });
    await put(words(1, 16, 3, 1));
    expect(received).toEqual([2, 2, 2, 2]);
    await put(BalloonCapabilities.bytes({ type: 3, messageBytes: 32 }));
    expect(balloon.inspect()).toMatchObject({ state: 'unable' });
    expect(await balloon.setTarget(MIB)).toBe(4 * MIB);
  });

  const RESPONSES: readonly [name: string, bytes: Uint8Array, reason: string][] = [
    ['more pages than asked for', response(0, [0, 769]), 'more pages than were asked for'],
    ['the same page twice', response(0, [5, 2], [6, 1]), 'a page that was given up before'],
    ['no pages', response(0, [5, 0]), 'a range of no pages'],
    ['past the end', response(0, [PAGES - 1, 2]), 'a range that is not memory'],
    ['far past the end', response(0, [2 ** 40 - 1, 1]), 'a range that is not memory'],
    ['a count beyond the message', words(7, 24, 0, 4, 0, 0), 'more ranges than the message holds'],
    ['the greatest count', words(7, 24, 0, 0xffff_ffff, 0, 0), 'more ranges than the message holds'],
    ['cut short', words(7, 12, 0), 'balloon response cut short'],
    ['a second version', words(1, 16, 0x20000, 0), 'version request in the wrong state'],
    ['thanks instead of pages', words(9, 8), 'thanks for no pages'],
  ];

  it.each(RESPONSES)('%s', async (_, bytes, reason) => {
    const { put, initialize, balloon, memory } = await rawGuest();
    await initialize();
    const reached = balloon.setTarget(MIB);
    await put(bytes);
    expect(deviceWarned(reason)).toBe(1);
    expect(await reached).toBe(4 * MIB);
    expect(memory.gone.size).toBe(0);
  });

  it('silence keeps nobody waiting, and is broken at any time', async () => {
    const { put, initialize, balloon, advance, quiet, clock } = await rawGuest();
    await initialize();
    const reached = balloon.setTarget(MIB);
    await quiet();
    await advance(31);
    expect(await reached).toBe(4 * MIB);
    expect(balloon.inspect()).toMatchObject({ operation: 'balloon', counters: { timeouts: 1 } });
    await put(response(1, [0, 100]));
    await put(response(0));
    expect(balloon.memoryBytes).toBe(4 * MIB - 100 * 4096);
    const all = balloon.setTarget(4 * MIB);
    await quiet();
    await put(words(9, 8));
    expect([await all, clock.waiting]).toEqual([4 * MIB, 0]);
  });

  it('any bytes end the channel or do nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 }), async (messages) => {
        const { put, initialize, balloon, memory } = await rawGuest();
        await initialize();
        void balloon.setTarget(0);
        for (const bytes of messages) {
          if (bytes.length > 3) bytes.set([bytes[0]! % 14, 0, bytes.length, 0]);
          await put(bytes);
        }
        expect(balloon.memoryBytes).toBe((PAGES - memory.gone.size) * 4096);
      }),
      { numRuns: 60 },
    );
  });
});
