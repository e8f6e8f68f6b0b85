import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IoApic } from './io-apic.ts';

function apic() {
  const messages: [destination: number, logical: boolean, mode: number, vector: number, level: boolean][] =
    [];
  const chip = new IoApic({ deliver: (...message) => void messages.push(message) });
  const write = (index: number, value: number) => {
    chip.write(0, index);
    chip.write(0x10, value);
  };
  const read = (index: number) => {
    chip.write(0, index);
    return chip.read(0x10);
  };
  return { chip, messages, read, write };
}

describe('IoApic', () => {
  it('is one of version 20h with 24 masked pins', () => {
    const { chip, read, write } = apic();
    expect(read(1)).toBe(0x0017_0020);
    write(0, 0x0200_0000);
    expect([read(0), read(2), chip.read(0)]).toEqual([0x0200_0000, 0x0200_0000, 2]);
    for (let pin = 0; pin < 24; pin += 1) expect(read(0x10 + 2 * pin)).toBe(0x1_0000);
    expect([read(0x40), read(0xff), chip.read(0x20)]).toEqual([0, 0, 0]);
  });

  it('sends each edge once, and loses masked ones', () => {
    const { chip, messages, write } = apic();
    const line = chip.line(4);
    line.set(true);
    line.set(false);
    write(0x19, 0x0300_0000);
    write(0x18, 0x0000_0834);
    expect(messages).toEqual([]);
    line.set(true);
    line.set(true);
    line.set(false);
    expect(messages).toEqual([[3, true, 0, 0x34, false]]);
  });

  it('repeats a level after each end of interrupt while it is high', () => {
    const { chip, messages, read, write } = apic();
    const line = chip.line(11);
    line.set(true);
    write(0x26, 0x0000_8055);
    expect(messages).toEqual([[0, false, 0, 0x55, true]]);
    expect(read(0x26)).toBe(0xc055);
    chip.endOfInterrupt(0x54);
    expect(messages.length).toBe(1);
    chip.endOfInterrupt(0x55);
    expect(messages.length).toBe(2);
    line.set(false);
    chip.write(0x40, 0x55);
    expect(messages.length).toBe(2);
    expect(read(0x26)).toBe(0x8055);
  });

  it('forgets a level in service when the entry becomes an edge', () => {
    const { chip, read, write } = apic();
    chip.line(9).set(true);
    write(0x22, 0x8030);
    write(0x22, 0x1_0030);
    write(0x22, 0x1_8030);
    expect(read(0x22)).toBe(0x1_8030);
  });

  it('has no other pins', () => {
    for (const pin of [-1, 24, 0.5]) expect(() => apic().chip.line(pin)).toThrow(RangeError);
  });
});

describe('IoApic under nonsense', () => {
  const step = fc.record({
    kind: fc.nat(3),
    at: fc.oneof(fc.nat(0x3f), fc.nat(0xff)),
    value: fc.nat(0xffff_ffff),
    pin: fc.nat(23),
  });

  it('answers 32 bits, and a restored copy answers the same', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), fc.array(step, { maxLength: 50 }), (before, after) => {
        const run = (on: ReturnType<typeof apic>, steps: typeof before) =>
          steps.map(({ kind, at, value, pin }) => {
            if (kind === 0) on.write(at, value);
            if (kind === 1) on.chip.line(pin).set((value & 1) !== 0);
            if (kind === 2) on.chip.write(at & ~3, value);
            return on.read(at);
          });
        const one = apic();
        const two = apic();
        for (const answer of run(one, before)) expect(answer).toBe(answer >>> 0);
        two.chip.restore(one.chip.save());
        expect(two.chip.save()).toEqual(one.chip.save());
        expect(two.messages).toEqual([]);
        one.messages.length = 0;
        expect(run(two, after)).toEqual(run(one, after));
        expect(two.messages).toEqual(one.messages);
      }),
      { numRuns: 100 },
    );
  });
});
