/** GPADLs that no honest guest makes: ids reused, torn down twice or while open, memory that is not there, wrong counts. */

import { forgetWarnings, recentWarnings } from '@viridian/trace';
import { beforeEach, describe, expect, it } from 'vitest';
import { EchoDevice } from '../echo-device.ts';
import {
  byRelid,
  contact,
  empty,
  gpadlBody,
  gpadlHeader,
  joined,
  openChannel,
  RawGuest,
  range,
  teardown,
} from '../raw-guest.ts';

beforeEach(() => forgetWarnings());

const reasons = (): string[] => [...new Set(recentWarnings().map((warning) => warning.reason))];

async function connected(limits: { gpadlWords?: number; gpadlCount?: number } = {}) {
  const guest = new RawGuest({ limits });
  const device = new EchoDevice();
  const { relid } = guest.host.offer(device);
  await guest.connect();
  return { guest, device, relid };
}

const page = range(4096, 0, [9]);

describe('a GPADL whose words make no sense', () => {
  it.each([
    ['no ranges', 16, 0, page, 'GPADL has no ranges'],
    ['no bytes', 0, 1, page, 'GPADL length is too short for its ranges'],
    ['a length that is no multiple of 8', 20, 1, page, 'GPADL length is not a multiple of 8'],
    ['more ranges than words', 16, 2, page, 'GPADL length is too short for its ranges'],
    ['65535 ranges', 16, 65535, page, 'GPADL length is too short for its ranges'],
    ['an empty range', 16, 1, range(0, 0, [9]), 'GPADL range is empty'],
    ['an offset past the page', 16, 1, range(8, 4096, [9]), 'GPADL range begins past its first page'],
    ['an offset of 32 bits', 16, 1, range(8, 0xffffffff, [9]), 'GPADL range begins past its first page'],
    ['fewer pages than bytes', 16, 1, range(4097, 0, [9]), 'GPADL range has too few pages'],
    ['4 GiB in one page', 16, 1, range(0xffffffff, 0, [9]), 'GPADL range has too few pages'],
    ['more pages than bytes', 24, 1, range(4096, 0, [9, 10]), 'GPADL range count does not match its length'],
    [
      'a second range that is missing',
      32,
      2,
      range(8192, 4095, [9, 10, 11]),
      'GPADL range count does not match its length',
    ],
    ['a page number of 64 bits', 16, 1, range(4096, 0, [2 ** 53]), 'GPADL page number is out of range'],
    ['a page outside memory', 16, 1, range(4096, 0, [512]), 'GPADL range is outside guest memory'],
    ['a page far outside memory', 16, 1, range(4096, 0, [2 ** 40]), 'GPADL range is outside guest memory'],
    [
      'one page of several outside memory',
      40,
      2,
      joined(range(4096, 0, [9]), range(8192, 0, [10, 600])),
      'GPADL range is outside guest memory',
    ],
  ])('is refused: %s', async (_, rangeBytes, rangeCount, data, reason) => {
    const { guest, relid } = await connected();
    expect(await guest.say(gpadlHeader(relid, 7, rangeBytes, rangeCount, data))).toEqual([
      `GPADL_CREATED ${relid} 7 c000000d`,
    ]);
    expect(reasons()).toEqual([reason]);
    expect(guest.host.inspect()).toMatchObject({ gpadls: { count: 0, unfinished: 0, words: 0 } });
    // The id is free again.
    expect(await guest.say(gpadlHeader(relid, 7, 16, 1, page))).toEqual([`GPADL_CREATED ${relid} 7 0`]);
  });
});

describe('ids and bodies', () => {
  it('refuses an id in use and one in progress', async () => {
    const { guest, relid } = await connected();
    expect(await guest.say(gpadlHeader(relid, 7, 16, 1, page), gpadlHeader(relid, 7, 16, 1, page))).toEqual([
      `GPADL_CREATED ${relid} 7 0`,
      `GPADL_CREATED ${relid} 7 c000000d`,
    ]);
    const begun = gpadlHeader(relid, 8, 24, 1, range(8192, 0, [9]));
    expect(await guest.say(begun, begun)).toEqual([`GPADL_CREATED ${relid} 8 c000000d`]);
    expect(reasons()).toEqual(['GPADL id is in use', 'GPADL id is in progress']);
    // The first one goes on.
    expect(await guest.say(gpadlBody(8, range(0, 0, []).fill(0).fill(5, 0, 1)))).toEqual([
      `GPADL_CREATED ${relid} 8 0`,
    ]);
  });

  it('drops bodies without a header, after the end, and without bytes', async () => {
    const { guest, relid } = await connected();
    expect(await guest.say(gpadlBody(1, new Uint8Array(8)))).toEqual([]);
    await guest.say(gpadlHeader(relid, 1, 16, 1, page));
    expect(await guest.say(gpadlBody(1, new Uint8Array(8)))).toEqual([]);
    await guest.say(gpadlHeader(relid, 2, 24, 1, range(8192, 0, [9])));
    expect(await guest.say(gpadlBody(2, new Uint8Array(0)))).toEqual([]);
    expect(reasons()).toEqual(['GPADL body without a header', 'GPADL body is empty']);
  });

  it('cuts what is more than was announced', async () => {
    const { guest, relid } = await connected();
    const surplus = joined(page, new Uint8Array(200).fill(0xff));
    expect(await guest.say(gpadlHeader(relid, 1, 16, 1, surplus))).toEqual([`GPADL_CREATED ${relid} 1 0`]);
  });

  it('bounds the memory of GPADLs, finished or not', async () => {
    const { guest, relid } = await connected({ gpadlWords: 100, gpadlCount: 8 });
    // Announced, never sent.
    expect(await guest.say(gpadlHeader(relid, 1, 800, 1, page))).toEqual([]);
    expect(await guest.say(gpadlHeader(relid, 2, 16, 1, page))).toEqual([
      `GPADL_CREATED ${relid} 2 c000000d`,
    ]);
    await guest.say(teardown(relid, 1));
    for (let id = 10; id < 18; id += 1) {
      expect(await guest.say(gpadlHeader(relid, id, 16, 1, page))).toEqual([
        `GPADL_CREATED ${relid} ${id} 0`,
      ]);
    }
    expect(await guest.say(gpadlHeader(relid, 18, 16, 1, page))).toEqual([
      `GPADL_CREATED ${relid} 18 c000000d`,
    ]);
    expect(reasons()).toEqual(['GPADL memory limit reached', 'GPADL number limit reached']);
    expect(guest.host.inspect()).toMatchObject({ gpadls: { count: 8, words: 16 } });
  });
});

describe('teardown', () => {
  it('of what is unknown, torn down already, or of another channel, is answered and logged', async () => {
    const { guest, relid } = await connected();
    const second = guest.host.offer(new EchoDevice('22222222-2222-3333-4444-555555555555'));
    await guest.say(gpadlHeader(relid, 7, 16, 1, page));
    expect(await guest.say(teardown(second.relid, 7))).toEqual(['GPADL_TORNDOWN 7']);
    expect(await guest.say(teardown(relid, 7), teardown(relid, 7))).toEqual([
      'GPADL_TORNDOWN 7',
      'GPADL_TORNDOWN 7',
    ]);
    expect(await guest.say(teardown(99, 7))).toEqual(['GPADL_TORNDOWN 7']);
    expect(reasons()).toEqual(['teardown of an unknown GPADL', 'message names an unknown channel']);
  });

  it('of one in progress ends it', async () => {
    const { guest, relid } = await connected();
    await guest.say(gpadlHeader(relid, 7, 24, 1, range(8192, 0, [9])));
    expect(await guest.say(teardown(relid, 7))).toEqual(['GPADL_TORNDOWN 7']);
    expect(await guest.say(gpadlBody(7, new Uint8Array(8)))).toEqual([]);
    expect(reasons()).toEqual(['GPADL body without a header']);
  });

  it('of an open ring ends the channel first', async () => {
    const { guest, device, relid } = await connected();
    const { gpadl, out } = await guest.open(relid);
    expect(await guest.say(teardown(relid, gpadl))).toEqual([`GPADL_TORNDOWN ${gpadl}`]);
    expect(device.log).toEqual([
      'open 0',
      'channel gone: ring GPADL torn down while open',
      'closed 0: ring GPADL torn down while open',
    ]);
    // The memory is the guest's again: nothing looks at it any more.
    out.storeWriteIndex(12345);
    await guest.signal(relid);
    expect(reasons()).toEqual(['ring GPADL torn down while open']);
    await guest.say(byRelid('CLOSE_CHANNEL', relid));
    await guest.open(relid);
  });

  it('waits for a device that is slow to let go', async () => {
    const { guest, device, relid } = await connected();
    const stopped = Promise.withResolvers<void>();
    device.closed = () => stopped.promise;
    const { gpadl } = await guest.open(relid);
    expect(await guest.say(byRelid('CLOSE_CHANNEL', relid), teardown(relid, gpadl))).toEqual([]);
    expect(await guest.say(teardown(relid, gpadl))).toEqual([]);
    expect(reasons()).toEqual(['GPADL torn down twice']);
    stopped.resolve();
    await guest.machine.quiet();
    expect(guest.machine.toGuest.length).toBeGreaterThan(0);
    expect(await guest.say()).toEqual([]);
    expect(guest.host.inspect()).toMatchObject({ gpadls: { count: 0 } });
  });

  it('makes an open with that GPADL fail', async () => {
    const { guest, relid } = await connected();
    const { gpns } = guest.machine.allocatePages(6);
    const open = openChannel({ relId: relid, openId: 3, ringGpadl: 50, downstreamPageOffset: 3 });
    await guest.say(gpadlHeader(relid, 50, 56, 1, range(6 * 4096, 0, gpns)), teardown(relid, 50));
    expect(await guest.say(open)).toEqual([`OPEN_CHANNEL_RESULT ${relid} 3 c000000d`]);
  });

  it.each([
    ['part of a page', range(5 * 4096 + 8, 0, [1, 2, 3, 4, 5, 6])],
    ['an offset', range(5 * 4096, 8, [1, 2, 3, 4, 5, 6])],
  ])('a ring GPADL with %s cannot be opened', async (_, data) => {
    const { guest, relid } = await connected();
    await guest.say(gpadlHeader(relid, 50, 56, 1, data));
    const open = openChannel({ relId: relid, openId: 3, ringGpadl: 50, downstreamPageOffset: 3 });
    expect(await guest.say(open)).toEqual([`OPEN_CHANNEL_RESULT ${relid} 3 c000000d`]);
    expect(reasons()).toEqual(['ring GPADL is not whole pages of memory']);
  });

  it('is not owed after a reset; the ids are free', async () => {
    const { guest, relid } = await connected();
    await guest.say(gpadlHeader(relid, 7, 16, 1, page), gpadlHeader(relid, 8, 24, 1, range(8192, 0, [9])));
    await guest.host.reset();
    expect(guest.host.inspect()).toMatchObject({ gpadls: { count: 0, unfinished: 0, words: 0 } });
    await guest.say(contact(0x50003), empty('REQUEST_OFFERS'));
    expect(await guest.say(gpadlHeader(relid, 8, 16, 1, page))).toEqual([`GPADL_CREATED ${relid} 8 0`]);
  });
});
