import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bench, Wire } from '../../test/support/wires.ts';
import type { Width } from '../bus/ports.ts';
import { AcpiPm } from './acpi-pm.ts';
import { Pm1, Reg } from './spec.ts';

function machine() {
  const bench = new Bench();
  const sci = new Wire();
  const ended: string[] = [];
  const power = { off: () => void ended.push('off'), reset: () => void ended.push('reset') };
  const pm = new AcpiPm(sci, power, bench, bench);
  bench.fire = () => pm.timerFired();
  return { bench, sci, ended, pm };
}

describe('AcpiPm as Linux uses it', () => {
  it('counts 24 bits at 3.579545 MHz', () => {
    const { bench, pm } = machine();
    bench.pass(1_000_000_000);
    expect(pm.readPort(Reg.PM_TMR, 4)).toBe(3_579_545);
    bench.pass(4_000_000_000);
    expect(pm.readPort(Reg.PM_TMR, 4)).toBe((5 * 3_579_545) % 0x100_0000);
    pm.writePort(Reg.PM_TMR, 4, 0);
    expect(pm.readPort(Reg.PM_TMR, 2)).toBe((5 * 3_579_545) & 0xffff);
  });

  it('is in ACPI mode, and turns off at S5', () => {
    const { pm, ended } = machine();
    expect(pm.readPort(Reg.PM1_CNT, 2)).toBe(1);
    pm.writePort(Reg.PM1_CNT, 2, 0x0001);
    expect(ended).toEqual([]);
    pm.writePort(Reg.PM1_CNT, 2, 0x2001);
    expect(ended).toEqual(['off']);
    expect(pm.readPort(Reg.PM1_CNT, 2)).toBe(1);
  });

  it('wakes at once from a sleep that it does not have', () => {
    const { pm, ended } = machine();
    pm.writePort(Reg.PM1_CNT, 2, 0x2c01);
    expect(ended).toEqual([]);
    expect(pm.readPort(Reg.PM1_STS, 2)).toBe(Pm1.WAK);
  });

  it('resets through CF9h, on the rising bit', () => {
    const { pm, ended } = machine();
    pm.resetControl.writePort(0, 1, 0x02);
    expect(ended).toEqual([]);
    expect(pm.resetControl.readPort(0, 1)).toBe(2);
    pm.resetControl.writePort(0, 1, 0x06);
    expect(ended).toEqual(['reset']);
  });

  it('tells of the power button until the guest has cleared it', () => {
    const { pm, sci } = machine();
    pm.pressPowerButton();
    expect(sci.level).toBe(false);
    pm.writePort(Reg.PM1_EN, 2, Pm1.PWRBTN);
    expect(sci.level).toBe(true);
    pm.writePort(Reg.PM1_STS, 2, Pm1.TMR);
    expect(sci.level).toBe(true);
    pm.writePort(Reg.PM1_STS, 2, Pm1.PWRBTN);
    expect(sci.level).toBe(false);
  });

  it('tells of half turns of the timer when asked', () => {
    const { bench, pm, sci } = machine();
    pm.writePort(Reg.PM1_EN, 2, Pm1.TMR);
    bench.pass(2_343_400_000);
    expect(sci.level).toBe(false);
    bench.pass(100_000);
    expect(sci.level).toBe(true);
    pm.writePort(Reg.PM1_STS, 2, 0xffff);
    expect(sci.level).toBe(false);
    bench.pass(2_343_600_000);
    expect(sci.rises).toBe(2);
  });
});

describe('AcpiPm under nonsense', () => {
  const step = fc.record({
    kind: fc.nat(3),
    offset: fc.nat(13),
    width: fc.constantFrom<Width>(1, 2, 4),
    value: fc.nat(0xffff_ffff),
  });

  it('answers within its width, and a restored copy answers the same', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.array(step, { maxLength: 40 }), (before, after) => {
        const run = (on: ReturnType<typeof machine>, steps: typeof before) =>
          steps.map(({ kind, offset, width, value }) => {
            if (kind === 0) on.pm.writePort(offset, width, value);
            if (kind === 1) on.bench.pass(value);
            if (kind === 2) on.pm.pressPowerButton();
            return on.pm.readPort(offset, width);
          });
        const one = machine();
        const two = machine();
        for (const answer of run(one, before)) expect(answer).toBeLessThanOrEqual(0xffff_ffff);
        two.bench.now = one.bench.now;
        two.pm.restore(one.pm.save());
        expect(two.pm.save()).toEqual(one.pm.save());
        expect(two.sci.level).toBe(one.sci.level);
        expect(run(two, after)).toEqual(run(one, after));
      }),
      { numRuns: 100 },
    );
  });
});
