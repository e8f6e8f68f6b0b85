import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bench, Wire } from '../../test/support/wires.ts';
import { Pit8254 } from './pit-8254.ts';

const MS = 1_000_000;

function timer() {
  const bench = new Bench();
  const irq = new Wire();
  const pit = new Pit8254(irq, bench, bench);
  bench.fire = () => pit.timerFired();
  const out = (offset: number, value: number) => pit.counters.writePort(offset, 1, value);
  const portB = (value: number) => pit.systemPortB.writePort(0, 1, value);
  return { bench, irq, pit, out, portB, read: (offset: number) => pit.counters.readPort(offset, 1) };
}

describe('Pit8254 as Linux uses it', () => {
  it('ticks 250 times a second in mode 2, and stops', () => {
    const { bench, irq, out } = timer();
    out(3, 0x34);
    out(0, 0xa5);
    out(0, 0x12);
    bench.pass(1000 * MS);
    expect(irq.rises).toBeGreaterThanOrEqual(249);
    expect(irq.rises).toBeLessThanOrEqual(251);
    out(3, 0x30);
    out(0, 0);
    out(0, 0);
    const { rises } = irq;
    expect(irq.level).toBe(false);
    bench.pass(54 * MS);
    expect(irq.rises).toBe(rises);
    bench.pass(1000 * MS); // mode 0 ends once, and for good
    expect(irq.rises).toBe(rises + 1);
    expect(bench.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('calibrates with the third counter and system port B', () => {
    const { bench, pit, out, portB, read } = timer();
    portB(0x01);
    out(3, 0xb0);
    out(2, 0xff);
    out(2, 0xff);
    expect([read(2), read(2)]).toEqual([0xff, 0xff]);
    bench.pass(10 * MS);
    const count = read(2) | (read(2) << 8);
    expect(0xffff - count).toBe(11_931);
    expect(pit.systemPortB.readPort(0, 1) & 0x21).toBe(0x01);
    bench.pass(45 * MS);
    expect(pit.systemPortB.readPort(0, 1) & 0x21).toBe(0x21);
  });

  it('latches a count until it is read', () => {
    const { bench, out, read } = timer();
    out(3, 0x34);
    out(0, 0x00);
    out(0, 0x10);
    bench.pass(1 * MS);
    out(3, 0x00);
    bench.pass(1 * MS);
    out(3, 0x00);
    expect(read(0) | (read(0) << 8)).toBe(0x1000 - 1193);
    expect(read(0) | (read(0) << 8)).toBe(0x1000 - 2386);
  });

  it('reads back status and count', () => {
    const { out, read } = timer();
    out(3, 0x36);
    out(3, 0xe2);
    expect(read(0)).toBe(0xf6); // out high, nothing loaded, both bytes, mode 3
    out(0, 0x10);
    out(0, 0x00);
    out(3, 0xc2);
    expect(read(0)).toBe(0xb6);
    expect([read(0), read(0)]).toEqual([0x10, 0x00]);
  });
});

describe('Pit8254 modes', () => {
  it('holds mode 0 while the gate is closed', () => {
    const { bench, pit, out, portB, read } = timer();
    out(3, 0xb0);
    out(2, 0x00);
    out(2, 0x80);
    bench.pass(5 * MS);
    expect(read(2) | (read(2) << 8)).toBe(0x8000);
    portB(1);
    bench.pass(10 * MS);
    portB(0);
    bench.pass(10 * MS);
    expect(0x8000 - (read(2) | (read(2) << 8))).toBe(11_932);
    expect(pit.systemPortB.readPort(0, 1) & 0x20).toBe(0);
  });

  it('fires mode 1 by a rising gate', () => {
    const { bench, pit, out, portB } = timer();
    const level = () => (pit.systemPortB.readPort(0, 1) & 0x20) !== 0;
    out(3, 0xb2);
    out(2, 0xff);
    out(2, 0x0f);
    expect(level()).toBe(true);
    portB(1);
    expect(level()).toBe(false);
    bench.pass(4 * MS);
    expect(level()).toBe(true);
  });

  it('counts in BCD', () => {
    const { bench, out, read } = timer();
    out(3, 0x35);
    out(0, 0x00);
    out(0, 0x00);
    bench.pass(1 * MS);
    expect(read(0) | (read(0) << 8)).toBe(0x8807);
  });
});

describe('Pit8254 under nonsense', () => {
  const step = fc.record({ kind: fc.nat(3), offset: fc.nat(3), value: fc.nat(255), ns: fc.nat(100 * MS) });

  it('answers bytes, and a restored copy answers the same', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.array(step, { maxLength: 40 }), (before, after) => {
        const run = (on: ReturnType<typeof timer>, steps: typeof before) =>
          steps.map(({ kind, offset, value, ns }) => {
            if (kind === 0) on.out(offset, value);
            if (kind === 1) on.portB(value);
            if (kind === 2) on.bench.now += ns; // late: nobody called the timer
            if (kind === 2) on.pit.timerFired();
            return kind === 3 ? on.read(offset) : on.pit.systemPortB.readPort(0, 1);
          });
        const one = timer();
        const two = timer();
        for (const answer of run(one, before)) expect(answer & ~0xff).toBe(0);
        two.bench.now = one.bench.now;
        two.pit.restore(one.pit.save());
        expect(two.pit.save()).toEqual(one.pit.save());
        expect(two.irq.level).toBe(one.irq.level);
        expect(two.bench.deadline).toBe(one.bench.deadline);
        expect(run(two, after)).toEqual(run(one, after));
      }),
      { numRuns: 150 },
    );
  });
});
