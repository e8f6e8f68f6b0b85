import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Wire } from '../../test/support/wires.ts';
import { Pic8259Pair } from './pic-8259-pair.ts';

function board() {
  const intr = new Wire();
  const pic = new Pic8259Pair(intr);
  const out = (block: 'first' | 'second' | 'edgeLevel', offset: number, value: number) =>
    pic[block].writePort(offset, 1, value);
  return { pic, intr, out };
}

/** As Linux does it, then unmasked. */
function initialized(icw4 = 0x01) {
  const made = board();
  for (const [block, base, wiring] of [
    ['first', 0x30, 0x04],
    ['second', 0x38, 0x02],
  ] as const) {
    made.out(block, 0, 0x11);
    made.out(block, 1, base);
    made.out(block, 1, wiring);
    made.out(block, 1, icw4);
    made.out(block, 1, 0x00);
  }
  return made;
}

const pulse = (pic: Pic8259Pair, irq: number) => {
  pic.line(irq).set(true);
  pic.line(irq).set(false);
};

describe('Pic8259Pair', () => {
  it('keeps the mask readable, as the probe of Linux wants', () => {
    const { pic, out } = board();
    out('second', 1, 0xff);
    out('first', 1, 0xfb);
    expect(pic.first.readPort(1, 1)).toBe(0xfb);
  });

  it('gives vectors by priority and nests until EOI', () => {
    const { pic, intr, out } = initialized();
    pulse(pic, 4);
    pulse(pic, 1);
    expect(intr.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x31);
    expect(intr.level).toBe(false);
    out('first', 0, 0x20);
    expect(pic.acknowledge()).toBe(0x34);
    pulse(pic, 0);
    expect(pic.acknowledge()).toBe(0x30);
    out('first', 0, 0x0b);
    expect(pic.first.readPort(0, 1)).toBe(0x11);
    out('first', 0, 0x64); // specific EOI of 4
    expect(pic.first.readPort(0, 1)).toBe(0x01);
  });

  it('leads the second chip through input 2', () => {
    const { pic, intr, out } = initialized();
    pulse(pic, 12);
    pulse(pic, 8);
    expect(pic.acknowledge()).toBe(0x38);
    expect(intr.level).toBe(false);
    out('second', 0, 0x20);
    out('first', 0, 0x20);
    expect(intr.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x3c);
  });

  it('needs no EOI with automatic EOI', () => {
    const { pic } = initialized(0x03);
    pulse(pic, 10);
    pulse(pic, 11);
    expect([pic.acknowledge(), pic.acknowledge()]).toEqual([0x3a, 0x3b]);
    expect(pic.save().chips.map((chip) => chip.isr)).toEqual([0, 0]);
  });

  it('follows levels where ELCR says so, and gives the spurious vector when they go away', () => {
    const { pic, intr, out } = initialized();
    out('edgeLevel', 1, 0xff);
    expect(pic.edgeLevel.readPort(1, 1)).toBe(0xde);
    const line = pic.line(11);
    line.set(true);
    expect(pic.acknowledge()).toBe(0x3b);
    out('second', 0, 0x20);
    out('first', 0, 0x20);
    expect(intr.level).toBe(true); // still high
    line.set(false);
    expect(intr.level).toBe(false);
    expect(pic.acknowledge()).toBe(0x37);
    expect(pic.save().chips[0].isr).toBe(0);
  });

  it('can be polled', () => {
    const { pic, out, intr } = initialized();
    pulse(pic, 3);
    out('first', 0, 0x0c);
    expect(pic.first.readPort(0, 1)).toBe(0x83);
    expect(intr.level).toBe(false);
  });

  it('knows 15 inputs', () => {
    const { pic } = board();
    for (const irq of [-1, 2, 16, 1.5]) expect(() => pic.line(irq)).toThrow(RangeError);
  });
});

describe('Pic8259Pair under nonsense', () => {
  const step = fc.record({
    kind: fc.nat(3),
    block: fc.constantFrom('first' as const, 'second' as const, 'edgeLevel' as const),
    offset: fc.nat(3),
    value: fc.nat(255),
    irq: fc.constantFrom(0, 1, 3, 4, 7, 8, 9, 12, 15),
  });

  it('answers bytes, and a restored copy answers the same', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.array(step, { maxLength: 60 }), (before, after) => {
        const run = (on: ReturnType<typeof board>, steps: typeof before) =>
          steps.map(({ kind, block, offset, value, irq }) => {
            if (kind === 0) on.out(block, offset, value);
            if (kind === 1) on.pic.line(irq).set((value & 1) !== 0);
            if (kind === 2) return on.pic[block].readPort(offset, 1);
            return kind === 3 ? on.pic.acknowledge() : Number(on.intr.level);
          });
        const one = initialized();
        const two = board();
        for (const answer of run(one, before)) expect(answer & ~0xff).toBe(0);
        two.pic.restore(one.pic.save());
        expect(two.pic.save()).toEqual(one.pic.save());
        expect(two.intr.level).toBe(one.intr.level);
        expect(run(two, after)).toEqual(run(one, after));
      }),
      { numRuns: 150 },
    );
  });
});
