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

type End = 'writer' | 'reader';

/** Runs the traffic; throws when something is lost, changed, out of order, or stands still. */
class Run {
  signals = 0;
  readonly #traffic: Traffic;
  readonly #writer: RingWriter;
  readonly #reader: RingReader;
  readonly #payload = new Uint8Array(4096);
  readonly #packet = new IncomingPacket(8192);
  readonly #running = { writer: false, reader: false };
  readonly #asleep = { writer: false, reader: false };
  /** A signal came while the end was in the middle of an operation: it is heard at its end. */
  readonly #latched = { writer: false, reader: false };
  #turn = 0;
  #written = 0;
  #committed = 0;
  #received = 0;
  #blockedBytes = 0;

  constructor(traffic: Traffic) {
    this.#traffic = traffic;
    const pages = freshPages(traffic.dataPages + 1, traffic.order);
    const writerMemory = SteppingRingMemory.over(pages, () => this.#between('reader'));
    const readerMemory = SteppingRingMemory.over(pages, () => this.#between('writer'));
    this.#running.writer = true;
    this.#running.reader = true;
    writerMemory.storeWriteIndex(traffic.start);
    writerMemory.storeReadIndex(traffic.start);
    this.#writer = new RingWriter(writerMemory);
    this.#reader = new RingReader(readerMemory);
    this.#running.writer = false;
    this.#running.reader = false;
  }

  all(): this {
    const { packets } = this.#traffic;
    for (let steps = 0; this.#received < packets.length; steps += 1) {
      if (steps > 100_000) throw new Error('no progress');
      const first: End = this.#choose() % 2 === 0 ? 'writer' : 'reader';
      const who = this.#asleep[first] ? otherEnd(first) : first;
      if (this.#asleep[who]) throw new Error(`standstill after ${this.#received} of ${packets.length}`);
      this.#act(who);
    }
    return this;
  }

  #choose(): number {
    const { choices } = this.#traffic;
    this.#turn += 1;
    return choices[this.#turn % choices.length]! + (this.#turn % 3);
  }

  /** One end is about to touch a control word: perhaps the other one acts first. */
  #between(other: End): void {
    if (this.#running[other] || this.#choose() % 3 === 0) return;
    for (let i = this.#choose() % 4; i > 0 && !this.#asleep[other]; i -= 1) this.#act(other);
  }

  #act(who: End): void {
    this.#running[who] = true;
    if (who === 'writer') this.#write();
    else this.#read();
    this.#running[who] = false;
    if (this.#latched[who]) this.#asleep[who] = false;
    this.#latched[who] = false;
  }

  #signal(to: End): void {
    this.signals += 1;
    if (this.#running[to]) this.#latched[to] = true;
    else this.#asleep[to] = false;
  }

  #write(): void {
    if (this.#blockedBytes > 0) {
      // Woken: as RingChannel does, look whether the packet fits now.
      this.#asleep.writer = this.#writer.hasRoom(this.#blockedBytes) !== RingStatus.DONE;
      if (!this.#asleep.writer) this.#blockedBytes = 0;
      return;
    }
    const done = this.#written === this.#traffic.packets.length;
    if (this.#committed < this.#written && (done || this.#choose() % 4 === 0)) {
      this.#commit();
      return;
    }
    if (done) {
      this.#asleep.writer = true;
      return;
    }
    const { length, kind } = this.#traffic.packets[this.#written]!;
    const status = this.#put(length, kind);
    if (status === RingStatus.DONE) {
      this.#written += 1;
      return;
    }
    if (status !== RingStatus.FULL) throw new Error(this.#writer.corruption);
    this.#blockedBytes = (kind === 0 ? 48 : 16) + ((length + 7) & ~7) + 8;
    this.#asleep.writer = true;
    this.#commit();
  }

  #put(length: number, kind: number): RingStatus {
    const id = this.#written;
    fill(this.#payload, id, length);
    return kind === 0
      ? this.#writer.writeGpaDirect(id, 1, this.#payload, length, [id, 2 ** 40 + id], 2, 5, 5000)
      : this.#writer.writePlain(6, kind & 1, id, 1, this.#payload, length);
  }

  #commit(): void {
    this.#committed = this.#written;
    if (this.#writer.commit()) this.#signal('reader');
  }

  #read(): void {
    const status = this.#reader.next(this.#packet);
    if (status === RingStatus.CORRUPT) throw new Error(this.#reader.corruption);
    if (status === RingStatus.DONE) {
      this.#check();
      this.#received += 1;
      if (this.#choose() % 5 === 0) this.#publish();
      return;
    }
    this.#publish();
    const sleep = this.#reader.sleep();
    if (sleep === RingStatus.CORRUPT) throw new Error(this.#reader.corruption);
    this.#asleep.reader = sleep === RingStatus.EMPTY;
  }

  #publish(): void {
    if (this.#reader.publish()) this.#signal('writer');
  }

  #check(): void {
    const packet = this.#packet;
    const id = this.#received;
    const { length, kind } = this.#traffic.packets[id]!;
    if (packet.idLow !== id || packet.idHigh !== 1) throw new Error('lost or out of order');
    if (packet.type !== (kind === 0 ? 9 : 6)) throw new Error('changed type');
    const expected = new Uint8Array(length);
    fill(expected, id, length);
    for (let i = 0; i < length; i += 1) {
      if (packet.bytes[packet.payloadOffset + i] !== expected[i]) throw new Error('changed payload');
    }
    if (kind === 0 && packet.gpns[1] !== 2 ** 40 + id) throw new Error('changed page number');
  }
}

function otherEnd(end: End): End {
  return end === 'writer' ? 'reader' : 'writer';
}

function fill(payload: Uint8Array, id: number, length: number): void {
  for (let i = 0; i < length; i += 1) payload[i] = (id * 31 + i * 7) & 0xff;
}

/** Whether some traffic stands still or is damaged. */
function someFailure(): boolean {
  const check = fc.property(traffic, (given) => {
    new Run(given).all();
  });
  return fc.check(check, { numRuns: 400, endOnFailure: true }).failed;
}

describe('two ends of a ring', () => {
  it('lose, reorder and change nothing and always wake each other', () => {
    fc.assert(
      fc.property(traffic, (given) => {
        new Run(given).all();
      }),
      { numRuns: 500 },
    );
  });

  it('would stand still if the reader did not look again before it sleeps', () => {
    const { sleep } = RingReader.prototype;
    RingReader.prototype.sleep = function (this: RingReader) {
      this.memory.masked = false;
      return RingStatus.EMPTY;
    };
    try {
      expect(someFailure()).toBe(true);
    } finally {
      RingReader.prototype.sleep = sleep;
    }
  });

  it('would stand still if the reader did not wake a blocked sender', () => {
    const { publish } = RingReader.prototype;
    RingReader.prototype.publish = function (this: RingReader) {
      publish.call(this);
      return false;
    };
    try {
      expect(someFailure()).toBe(true);
    } finally {
      RingReader.prototype.publish = publish;
    }
  });

  it('need few signals when packets come in batches', () => {
    const packets = Array.from({ length: 60 }, () => ({ length: 48, kind: 1 }));
    const choices = [1, 3, 5, 7, 9, 2];
    const { signals } = new Run({ dataPages: 3, order: 'contiguous', start: 0, packets, choices }).all();
    expect(signals).toBeLessThan(packets.length);
  });
});
