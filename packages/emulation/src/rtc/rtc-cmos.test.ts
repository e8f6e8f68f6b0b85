import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bench, Wire } from '../../test/support/wires.ts';
import { RtcCmos } from './rtc-cmos.ts';

const SECOND = 1_000_000_000;
const START = Date.UTC(2026, 10, 23, 23, 59, 58) / 1000;

function clock() {
  const bench = new Bench();
  const irq = new Wire();
  const rtc = new RtcCmos(irq, bench, bench, START);
  bench.fire = () => rtc.timerFired();
  const read = (index: number) => {
    rtc.writePort(0, 1, index);
    return rtc.readPort(1);
  };
  const write = (index: number, value: number) => {
    rtc.writePort(0, 1, index);
    rtc.writePort(1, 1, value);
  };
  return { bench, irq, rtc, read, write, time: () => [0x32, 9, 8, 7, 4, 2, 0].map(read) };
}

describe('RtcCmos as Linux uses it', () => {
  it('tells the time in BCD, and goes on', () => {
    const { bench, time, read } = clock();
    expect(time()).toEqual([0x20, 0x26, 0x11, 0x23, 0x23, 0x59, 0x58]);
    expect([read(0x0a), read(0x0b), read(0x0d)]).toEqual([0x26, 0x02, 0x80]);
    bench.pass(2 * SECOND);
    expect(time()).toEqual([0x20, 0x26, 0x11, 0x24, 0x00, 0x00, 0x00]);
    expect(read(6)).toBe(3); // Tuesday
  });

  it('says when an update is near', () => {
    const { bench, read } = clock();
    bench.pass(SECOND - 100_000);
    expect(read(0x0a)).toBe(0xa6);
    bench.pass(100_000);
    expect(read(0x0a)).toBe(0x26);
  });

  it('takes a new time while SET holds the registers', () => {
    const { bench, time, write } = clock();
    write(0x0b, 0x82);
    bench.pass(5 * SECOND);
    expect(time().at(-1)).toBe(0x58);
    for (const [index, value] of [
      [0x32, 0x19],
      [9, 0x99],
      [8, 0x12],
      [7, 0x31],
      [4, 0x23],
      [2, 0x59],
      [0, 0x59],
    ] as const)
      write(index, value);
    write(0x0b, 0x02);
    bench.pass(SECOND);
    expect(time()).toEqual([0x20, 0x00, 0x01, 0x01, 0, 0, 0]);
  });

  it('counts in binary and in 12 hours too', () => {
    const { read, write } = clock();
    write(0x0b, 0x04);
    expect([read(4), read(2), read(9)]).toEqual([0x8b, 59, 26]);
  });
});

describe('RtcCmos interrupts', () => {
  it('sounds the alarm at its second', () => {
    const { bench, irq, read, write } = clock();
    for (const index of [1, 3, 5]) write(index, 0);
    write(0x0b, 0x22);
    bench.pass(1.5 * SECOND);
    expect(irq.level).toBe(false);
    bench.pass(SECOND);
    expect(irq.level).toBe(true);
    expect(read(0x0c) & 0xa0).toBe(0xa0);
    expect(irq.level).toBe(false);
    expect(read(0x0c)).toBe(0);
  });

  it('ticks each second, and periodically, once per reading of C', () => {
    const { bench, irq, read, write } = clock();
    write(0x0b, 0x12);
    bench.pass(3 * SECOND);
    expect(irq.rises).toBe(1);
    expect(read(0x0c) & 0x90).toBe(0x90);
    write(0x0b, 0x42);
    read(0x0c);
    bench.pass(SECOND / 1024 + 1);
    expect(irq.rises).toBe(2);
    expect(read(0x0c) & 0xc0).toBe(0xc0);
  });
});

describe('RtcCmos memory and nonsense', () => {
  it('keeps both banks, and the clock to itself', () => {
    const { rtc, read, write } = clock();
    write(0x8f, 0x0a);
    expect(read(0x0f)).toBe(0x0a);
    rtc.writePort(2, 1, 5);
    rtc.writePort(3, 1, 0x77);
    expect([rtc.readPort(3), read(5), rtc.readPort(0)]).toEqual([0x77, 0, 0xff]);
    rtc.setByte(0x10, 0x121);
    expect(read(0x10)).toBe(0x21);
    for (const index of [0, 0x0d, 0x32, 128]) expect(() => rtc.setByte(index, 1)).toThrow(RangeError);
  });

  const step = fc.record({
    kind: fc.nat(2),
    index: fc.oneof(fc.nat(0x0d), fc.nat(255)),
    value: fc.nat(255),
    ns: fc.nat(3 * SECOND),
  });

  it('answers bytes, and a restored copy answers the same', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.array(step, { maxLength: 40 }), (before, after) => {
        const run = (on: ReturnType<typeof clock>, steps: typeof before) =>
          steps.map(({ kind, index, value, ns }) => {
            if (kind === 0) on.write(index, value);
            if (kind === 1) on.bench.now += ns;
            if (kind === 1) on.rtc.timerFired();
            return on.read(index);
          });
        const one = clock();
        const two = clock();
        for (const answer of run(one, before)) expect(answer & ~0xff).toBe(0);
        two.bench.now = one.bench.now;
        two.rtc.restore(one.rtc.save());
        expect(two.rtc.save()).toEqual(one.rtc.save());
        expect(two.irq.level).toBe(one.irq.level);
        expect(run(two, after)).toEqual(run(one, after));
      }),
      { numRuns: 100 },
    );
  });
});
