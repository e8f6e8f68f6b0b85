import { listen } from '@viridian/trace';
import { describe, expect, it } from 'vitest';
import { Machine } from '../../test/vp/machine.ts';

const TSC_ADJUST = 0x3b;
const ONES = 0xffff_ffff_ffff_ffffn;

describe('MSRs that kernels look at', () => {
  it('are there, and most cannot be written', () => {
    const { cpu } = new Machine();
    const values: [msr: number, value: bigint][] = [
      [0x17, 0n],
      [0x1b, 0xfee0_0900n],
      [0x34, 0n],
      [0x3a, 1n],
      [0xce, 0n],
      [0xfe, 0x508n],
      [0x140, 0n],
      [0x179, 0n],
      [0x64e, 0n],
      [0xc001_1029, 0n],
    ];
    for (const [msr, value] of values) {
      expect(cpu.rdmsr(msr)).toBe(value);
      if (msr !== 0xc001_1029) expect(() => cpu.wrmsr(msr, ONES)).toThrow('exception 13');
      expect(cpu.rdmsr(msr)).toBe(value);
    }
    cpu.wrmsr(0x140, 0n);
    cpu.wrmsr(0xc001_1029, ONES);
    expect(cpu.rdmsr(0xc001_1029)).toBe(0n);
  });

  it('raise #GP when unknown, are counted and can be watched', () => {
    const machine = new Machine();
    const { cpu } = machine;
    const seen: unknown[] = [];
    const stop = listen('hypervisor.unknown-msr', ({ values }) => seen.push(values));
    expect(() => cpu.rdmsr(0x777)).toThrow('exception 13');
    expect(() => cpu.wrmsr(0x778, 5n)).toThrow('exception 13');
    // Known, but not with this value.
    expect(() => cpu.wrmsr(0x3a, 5n)).toThrow('exception 13');
    stop();
    expect(machine.vp().counters).toMatchObject({ unknownMsrs: 2, protectionFaults: 3 });
    expect(seen).toHaveLength(2);
  });

  it('read zero and take anything when unknown, where the partition says so', () => {
    const machine = new Machine({ offer: { unknownMsrs: 'zero' } });
    const { cpu } = machine;
    cpu.wrmsr(0x777, ONES);
    expect(cpu.rdmsr(0x777)).toBe(0n);
    expect(machine.vp().counters.unknownMsrs).toBe(2);
    // Those of the hypervisor still say what is offered.
    expect(() => cpu.rdmsr(0x4000_0118)).toThrow('exception 13');
    expect(() => cpu.rdmsr(0x4000_00f1)).toThrow('exception 13');
    expect(() => cpu.wrmsr(0x17, 0n)).toThrow('exception 13');
  });
});

describe('the time-stamp counter', () => {
  it('can be set on one processor, as a change of its adjustment', () => {
    const machine = new Machine({ vps: 2 });
    machine.startOthers();
    const [first, other] = machine.cpus;
    const [, vp] = machine.partition.vps;
    machine.pass(1_000);
    expect(other!.rdmsr(TSC_ADJUST)).toBe(0n);
    const before = first!.rdtsc();
    vp!.timeStamp.set(5n);
    expect([other!.rdtsc(), first!.rdtsc()]).toEqual([5n, before]);
    expect(BigInt.asIntN(64, other!.rdmsr(TSC_ADJUST))).toBe(5n - before);
    other!.wrmsr(TSC_ADJUST, ONES);
    expect(other!.rdtsc()).toBe(before - 1n);
    machine.pass(10);
    expect(other!.rdtsc() - before).toBe(1_999n);
    machine.partition.reset();
    expect(vp!.timeStamp.adjust).toBe(0n);
  });

  it('knows when it will show a value', () => {
    const machine = new Machine();
    const { timeStamp, reference } = machine.vp();
    machine.pass(1_000);
    const now = timeStamp.read();
    expect(timeStamp.timeOf(now + 2_000_000n) - reference.now()).toBeLessThanOrEqual(10_001);
    expect(timeStamp.timeOf(now + 2_000_000n) - reference.now()).toBeGreaterThanOrEqual(10_000);
    timeStamp.adjust = 1_000_000_000n;
    expect(timeStamp.timeOf(now)).toBe(0);
    expect(timeStamp.timeOf(ONES)).toBeGreaterThan(Number.MAX_SAFE_INTEGER / 2);
  });
});
