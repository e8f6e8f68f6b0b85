import { Msr, ReferenceTscPage } from '@viridian/protocols/tlfs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Machine, overlayAt } from '../../test/vp/machine.ts';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { ReferenceCounter, TimeHold } from './reference-counter.ts';

const PAGE = 5;

/** What the vDSO of a guest does. */
function pageTime(machine: Machine): bigint {
  const bytes = machine.cpu.memory.view(PAGE * 4096, 4096);
  const { tscSequence, tscScale, tscOffset } = ReferenceTscPage.read(
    new DataView(bytes.buffer, bytes.byteOffset),
    0,
  );
  expect(tscSequence).not.toBe(0);
  expect(tscSequence).not.toBe(0xffff_ffff);
  return ((machine.cpu.rdtsc() * tscScale) >> 64n) + tscOffset;
}

describe('the reference counter', () => {
  it('starts at 0 and counts 100 ns, but only while a processor may run', () => {
    const machine = new Machine();
    const { cpu } = machine;
    const now = (): bigint => cpu.rdmsr(Msr.HV_X64_MSR_TIME_REF_COUNT);
    expect(now()).toBe(0n);
    machine.pass(1_000_000);
    expect(now()).toBe(999_999n);
    machine.vp().explicitSuspend = true;
    machine.pass(5_000_000);
    expect(now()).toBe(999_999n);
    machine.vp().explicitSuspend = false;
    machine.pass(10);
    expect(now()).toBe(1_000_009n);
    expect(() => cpu.wrmsr(Msr.HV_X64_MSR_TIME_REF_COUNT, 0n)).toThrow('exception 13');
  });

  it('goes on while one of several processors may run', () => {
    const machine = new Machine({ vps: 2 });
    const { reference } = machine.vp();
    machine.vp(0).explicitSuspend = true;
    machine.pass(1_000);
    const before = reference.now();
    expect(before).toBeGreaterThan(990);
    machine.vp(1).explicitSuspend = true;
    machine.pass(1_000);
    expect(reference.now()).toBe(before);
    machine.partition.deleteVp(0);
    machine.vp(1).explicitSuspend = false;
    machine.pass(1_000);
    expect(reference.now()).toBe(before + 1_000);
  });

  it('ticks the time-stamp counter at the frequency that it tells', () => {
    const machine = new Machine({ tscHz: 2_593_904_000 });
    const { cpu } = machine;
    const before = cpu.rdtsc();
    machine.pass(10_000_000);
    expect(cpu.rdtsc() - before).toBe(2_593_904_000n);
    expect(cpu.rdmsr(0x10)).toBe(cpu.rdtsc());
    expect(cpu.rdmsr(Msr.HV_X64_MSR_TSC_FREQUENCY)).toBe(2_593_904_000n);
    expect(cpu.rdmsr(Msr.HV_X64_MSR_APIC_FREQUENCY)).toBe(162_119_000n);
    expect(() => cpu.wrmsr(Msr.HV_X64_MSR_TSC_FREQUENCY, 1n)).toThrow('exception 13');
  });

  it('refuses frequencies for which the page has no scale', () => {
    const clock = new VirtualClock();
    for (const hz of [10_000_000, 0, -1, 2.5e9 + 0.5, Number.NaN]) {
      expect(() => new ReferenceCounter(clock, hz)).toThrow(RangeError);
    }
  });

  it('stands still for each of two reasons', () => {
    const clock = new VirtualClock();
    const counter = new ReferenceCounter(clock, 2_000_000_000);
    counter.setHold(TimeHold.SUSPENDED, false);
    counter.setHold(TimeHold.FROZEN, true);
    clock.advanceBy(1_000);
    counter.setHold(TimeHold.SUSPENDED, true);
    counter.setHold(TimeHold.FROZEN, false);
    clock.advanceBy(1_000);
    expect([counter.now(), counter.isHeld]).toEqual([0, true]);
    let expired = 0;
    counter.schedule(50, () => {
      expired = counter.now();
    });
    clock.advanceBy(1_000);
    expect(expired).toBe(0);
    counter.setHold(TimeHold.SUSPENDED, false);
    clock.advanceBy(100);
    expect(expired).toBe(50);
  });
});

describe('the reference TSC page', () => {
  it('is right from the first write of its MSR, before the guest has an identity', () => {
    const machine = new Machine();
    const { cpu } = machine;
    machine.pass(777);
    cpu.memory.write32(PAGE * 4096, 0xffff);
    cpu.wrmsr(Msr.HV_X64_MSR_REFERENCE_TSC, overlayAt(PAGE) | 0x8een);
    expect(cpu.rdmsr(Msr.HV_X64_MSR_REFERENCE_TSC)).toBe(overlayAt(PAGE) | 0x8een);
    const page = cpu.memory.view(PAGE * 4096, 4096);
    expect(page.subarray(24).every((byte) => byte === 0)).toBe(true);
    const { tscSequence, tscScale, tscOffset } = ReferenceTscPage.read(
      new DataView(page.buffer, page.byteOffset),
      0,
    );
    expect([tscSequence, tscScale, tscOffset]).toEqual([1, (10_000_000n << 64n) / 2_000_000_000n, 0n]);
    expect(() => cpu.memory.write32(PAGE * 4096, 0)).toThrow('exception 13');
    cpu.wrmsr(Msr.HV_X64_MSR_REFERENCE_TSC, 0n);
    expect(cpu.memory.read32(PAGE * 4096)).toBe(0xffff);
  });

  it('changes its sequence when time is set', () => {
    const machine = new Machine();
    machine.cpu.wrmsr(Msr.HV_X64_MSR_REFERENCE_TSC, overlayAt(PAGE));
    machine.pass(1_000);
    machine.vp().reference.setTime(5_000_000);
    expect(machine.cpu.memory.read32(PAGE * 4096)).toBe(2);
    expect(pageTime(machine)).toBe(5_000_000n);
    expect(machine.cpu.rdmsr(Msr.HV_X64_MSR_TIME_REF_COUNT)).toBe(5_000_000n);
  });

  it('and the MSR, read in any order at any frequency, never run backwards', () => {
    const step = fc.record({ wait: fc.integer({ min: 0, max: 30_000_000 }), page: fc.boolean() });
    const hz = fc.integer({ min: 10_001, max: 5_000_000 }).map((khz) => khz * 1_000);
    fc.assert(
      fc.property(hz, fc.array(step, { maxLength: 40 }), (tscHz, steps) => {
        const machine = new Machine({ tscHz });
        machine.cpu.wrmsr(Msr.HV_X64_MSR_REFERENCE_TSC, overlayAt(PAGE));
        let last = -1n;
        let passed = 0;
        for (const { wait, page } of steps) {
          machine.clock.advanceBy(wait);
          passed += wait;
          const time = page ? pageTime(machine) : machine.cpu.rdmsr(Msr.HV_X64_MSR_TIME_REF_COUNT);
          expect(time).toBeGreaterThanOrEqual(last);
          expect(passed - Number(time)).toBeLessThanOrEqual(2);
          expect(Number(time)).toBeLessThanOrEqual(passed);
          last = time;
        }
      }),
      { numRuns: 40 },
    );
  });
});
