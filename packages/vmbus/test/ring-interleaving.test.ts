/**
 * Both ends of a ring, run against each other at every atomic access: whenever one end is about to touch a control
 * word, the other may do whole operations first. An end that sleeps is woken by a signal alone, so a signal that is
 * missing shows as a standstill.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IncomingPacket, RingReader, RingStatus, RingWriter } from '../src/ring/index.ts';
import { freshPages } from './ring-pages.ts';
import { SteppingRingMemory } from './stepping-ring.ts';

interface Traffic {
  readonly dataPages: number;
  readonly order: 'contiguous' | 'scattered' | 'backwards';
  readonly start: number;
  /** Payload length and kind of each packet. */
  readonly packets: readonly { readonly length: number; readonly kind: number }[];
  /** Scheduling decisions, used again and again. */
  readonly choices: readonly number[];
}

const traffic: fc.Arbitrary<Traffic> = fc.record({
  dataPages: fc.integer({ min: 1, max: 3 }),
  order: fc.constantFrom('contiguous', 'scattered', 'backwards'),
  start: fc.integer({ min: 0, max: 511 }).map((n) => n * 8),
  packets: fc.array(
    fc.record({
      length: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 3900 })),
      kind: fc.nat(3),
    }),
    { minLength: 1, maxLength: 60 },
  ),
  choices: fc.array(fc.nat(255), { minLength: 16, maxLength: 200 }),
});

function fill(payload: Uint8Array, id: number, length: number): void {
  for (let i = 0; i < length; i += 1) payload[i] = (id * 31 + i * 7) & 0xff;
}

/** Runs the traffic; throws when something is lost, changed, out of order, or stands still. */
function run({ dataPages, order, start, packets, choices }: Traffic): { signals: number } {
  const pages = freshPages(dataPages + 1, order);
  let turn = 0;
  const choose = (): number => choices[turn++ % choices.length]! + (turn % 3);
  const running = { writer: false, reader: false };
  const asleep = { writer: false, reader: false };
  let signals = 0;

  const before = (other: 'writer' | 'reader') => (): void => {
    if (running[other] || asleep[other] || choose() % 3 === 0) return;
    for (let i = choose() % 4; i > 0 && !asleep[other]; i -= 1) act(other);
  };
  const writerMemory = SteppingRingMemory.over(pages, () => undefined);
  writerMemory.storeWriteIndex(start);
  writerMemory.storeReadIndex(start);
  const readerMemory = SteppingRingMemory.over(pages, () => undefined);
  const writer = new RingWriter(writerMemory);
  const reader = new RingReader(readerMemory);
  writerMemory.between = before('reader');
  readerMemory.between = before('writer');

  const payload = new Uint8Array(4096);
  const expected = new Uint8Array(4096);
  const packet = new IncomingPacket(8192);
  let written = 0;
  let committed = 0;
  let received = 0;
  let blocked = 0;

  const commit = (): void => {
    committed = written;
    if (!writer.commit()) return;
    signals += 1;
    asleep.reader = false;
  };
  const write = (): void => {
    if (blocked > 0) {
      // Woken: as RingChannel does, look whether the packet fits now.
      if (writer.hasRoom(blocked) !== RingStatus.DONE) {
        asleep.writer = true;
        return;
      }
      blocked = 0;
    }
    if (written === packets.length || (written > committed && choose() % 4 === 0)) {
      if (committed < written) commit();
      else asleep.writer = true;
      return;
    }
    const { length, kind } = packets[written]!;
    fill(payload, written, length);
    // A sleeper must be asleep before it can be woken, so say so first and take it back.
    const status =
      kind === 0
        ? writer.writeGpaDirect(written, 1, payload, length, [written, 2 ** 40 + written], 2, 5, 5000)
        : writer.writePlain(6, kind & 1, written, 1, payload, length);
    if (status === RingStatus.DONE) {
      written += 1;
      return;
    }
    if (status !== RingStatus.FULL) throw new Error(writer.corruption);
    blocked = (kind === 0 ? 48 : 16) + ((length + 7) & ~7) + 8;
    asleep.writer = !wokenMeanwhile;
    commit();
  };
  const read = (): void => {
    const status = reader.next(packet);
    if (status === RingStatus.CORRUPT) throw new Error(reader.corruption);
    if (status === RingStatus.DONE) {
      const { length, kind } = packets[received]!;
      if (packet.idLow !== received || packet.idHigh !== 1) throw new Error('lost or out of order');
      if (packet.type !== (kind === 0 ? 9 : 6)) throw new Error('changed type');
      fill(expected, received, length);
      for (let i = 0; i < length; i += 1) {
        if (packet.bytes[packet.payloadOffset + i] !== expected[i]) throw new Error('changed payload');
      }
      if (kind === 0 && packet.gpns[1] !== 2 ** 40 + received) throw new Error('changed page number');
      received += 1;
      if (choose() % 5 === 0) publish();
      return;
    }
    publish();
    wokenReader = false;
    const sleep = reader.sleep();
    if (sleep === RingStatus.CORRUPT) throw new Error(reader.corruption);
    if (sleep === RingStatus.EMPTY && !wokenReader) asleep.reader = true;
  };
  const publish = (): void => {
    if (!reader.publish()) return;
    signals += 1;
    asleep.writer = false;
    wokenMeanwhile = true;
  };
  let wokenMeanwhile = false;
  let wokenReader = false;

  function act(who: 'writer' | 'reader'): void {
    running[who] = true;
    if (who === 'writer') {
      wokenMeanwhile = false;
      const signalled = signals;
      write();
      if (signals !== signalled) wokenReader = true;
    } else {
      read();
    }
    running[who] = false;
  }

  for (let steps = 0; received < packets.length; steps += 1) {
    if (steps > 100_000) throw new Error('no progress');
    const first = choose() % 2 === 0 ? 'writer' : 'reader';
    const who = asleep[first] ? (first === 'writer' ? 'reader' : 'writer') : first;
    if (asleep[who])
      throw new Error(`standstill after ${received} of ${packets.length}: a signal is missing`);
    act(who);
  }
  return { signals };
}

describe('two ends of a ring', () => {
  it('lose, reorder and change nothing and always wake each other', () => {
    fc.assert(
      fc.property(traffic, (given) => {
        run(given);
      }),
      { numRuns: 400 },
    );
  });

  it('would stand still if the reader did not look again before it sleeps', () => {
    const { sleep } = RingReader.prototype;
    RingReader.prototype.sleep = function (this: RingReader) {
      this.memory.masked = false;
      return RingStatus.EMPTY;
    };
    try {
      const result = fc.check(
        fc.property(traffic, (given) => {
          run(given);
        }),
        { numRuns: 400, endOnFailure: true },
      );
      expect(result.failed).toBe(true);
    } finally {
      RingReader.prototype.sleep = sleep;
    }
  });

  it('need few signals when packets come in batches', () => {
    const packets = Array.from({ length: 60 }, () => ({ length: 48, kind: 1 }));
    const { signals } = run({
      dataPages: 3,
      order: 'contiguous',
      start: 0,
      packets,
      choices: [1, 3, 5, 7, 9, 2],
    });
    expect(signals).toBeLessThan(packets.length);
  });
});
