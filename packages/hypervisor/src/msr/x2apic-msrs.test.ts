import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Machine, recordInterrupts } from '../../test/vp/machine.ts';

const APIC_BASE = 0x1b;
const X2APIC = 0xfee0_0c00n;
const ENABLED = 0xfee0_0800n;
const SVR = 0x80f;
const ICR = 0x830;
const ICR_ALL = 2n << 18n;

/** Processors whose APICs are in x2APIC mode and on. */
function switched(vps = 1) {
  const machine = new Machine({ vps, offer: { x2apic: true } });
  if (vps > 1) machine.startOthers();
  for (const cpu of machine.cpus) {
    cpu.wrmsr(APIC_BASE, X2APIC);
    cpu.wrmsr(SVR, 0x1ffn);
    cpu.sti();
  }
  return machine;
}

describe('x2APIC mode', () => {
  it('is only there where it is offered', () => {
    const { cpu } = new Machine();
    expect(() => cpu.wrmsr(APIC_BASE, X2APIC)).toThrow('exception 13');
    expect(() => cpu.rdmsr(0x802)).toThrow('exception 13');
    expect((new Machine({ offer: { x2apic: true } }).cpu.cpuid(1).ecx >>> 21) & 1).toBe(1);
  });

  it('is entered from xAPIC mode and left by disabling', () => {
    const machine = new Machine({ offer: { x2apic: true } });
    const { cpu } = machine;
    expect(() => cpu.rdmsr(0x802)).toThrow('exception 13');
    expect(() => cpu.wrmsr(APIC_BASE, 0xfee0_0400n)).toThrow('exception 13');
    cpu.wrmsr(APIC_BASE, X2APIC);
    expect(cpu.rdmsr(APIC_BASE)).toBe(X2APIC | 0x100n);
    expect(cpu.rdmsr(0x803)).toBe(0x5_0014n);
    // The page is gone.
    expect(machine.vp().apicBase.gpn).toBe(-1);
    expect(() => cpu.wrmsr(APIC_BASE, ENABLED)).toThrow('exception 13');
    cpu.wrmsr(APIC_BASE, 0xfee0_0000n);
    expect(() => cpu.rdmsr(0x803)).toThrow('exception 13');
    expect(() => cpu.wrmsr(APIC_BASE, X2APIC)).toThrow('exception 13');
    cpu.wrmsr(APIC_BASE, ENABLED);
    expect(cpu.memory.read32(0xfee0_0030)).toBe(0x5_0014);
    // Switched off means forgotten.
    expect(cpu.memory.read32(0xfee0_00f0)).toBe(0xff);
  });

  it('has ids of 32 bits and sends by one register', () => {
    const machine = switched(3);
    const taken = machine.cpus.map((cpu) => recordInterrupts(cpu, [0x40, 0x41]));
    const [first, , last] = machine.cpus;
    expect([last!.rdmsr(0x802), last!.rdmsr(0x80d)]).toEqual([2n, 4n]);
    first!.wrmsr(ICR, (2n << 32n) | 0x40n);
    // Logical: cluster 0, members 0 and 1.
    first!.wrmsr(ICR, (3n << 32n) | 0x841n);
    first!.wrmsr(ICR, (0xffff_ffffn << 32n) | 0x40n);
    first!.wrmsr(ICR, ICR_ALL | 0x41n);
    first!.wrmsr(ICR, (0x1_0001n << 32n) | 0x841n);
    machine.executor.runAll();
    expect(taken[2]!.filter((vector) => vector === 0x40).length).toBeGreaterThan(0);
    expect(machine.vp(1).counters.interrupts).toBeGreaterThanOrEqual(2);
    expect(first!.rdmsr(ICR)).toBe((0x1_0001n << 32n) | 0x841n);
    first!.wrmsr(0x83f, 0x41n);
    machine.executor.runAll();
    expect(taken[0]!.at(-1)).toBe(0x41);
  });

  it('has the same timer, priorities and end of interrupt', () => {
    const machine = switched();
    const { cpu } = machine;
    const taken: number[] = [];
    cpu.setInterruptHandler(0xec, () => {
      taken.push(Number(cpu.rdmsr(0x817)));
      cpu.wrmsr(0x80b, 0n);
    });
    cpu.wrmsr(0x83e, 0xbn);
    cpu.wrmsr(0x832, 0xecn);
    cpu.wrmsr(0x838, 20_000n);
    machine.pass(1_010);
    expect(taken).toEqual([1 << 12]);
    expect([cpu.rdmsr(0x839), cpu.rdmsr(0x817)]).toEqual([0n, 0n]);
    cpu.wrmsr(0x808, 0x20n);
    expect([cpu.rdmsr(0x808), cpu.rdmsr(0x80a)]).toEqual([0x20n, 0x20n]);
  });

  it('refuses reserved bits, read-only and missing registers', () => {
    const { cpu } = switched();
    const bad: [msr: number, value: bigint][] = [
      [0x802, 0n],
      [0x803, 0n],
      [0x808, 0x100n],
      [0x80a, 0n],
      [0x80b, 1n],
      [0x80d, 0n],
      [SVR, 0x1000n],
      [0x810, 0n],
      [0x828, 1n],
      [ICR, 0x10_0000n],
      [0x832, 0x8_00ecn],
      [0x837, 0x200_00fen],
      [0x838, 1n << 32n],
      [0x839, 0n],
      [0x83e, 4n],
      [0x83f, 0x100n],
    ];
    for (const [msr, value] of bad) expect(() => cpu.wrmsr(msr, value)).toThrow('exception 13');
    for (const msr of [0x800, 0x809, 0x80b, 0x80c, 0x80e, 0x82f, 0x831, 0x83a, 0x83f, 0x840, 0xbff]) {
      expect(() => cpu.rdmsr(msr)).toThrow('exception 13');
    }
  });

  it('survives any write', () => {
    const msr = fc.integer({ min: 0x800, max: 0x83f });
    const value = fc.oneof(fc.nat(0xffff), fc.nat(0xffff_ffff));
    fc.assert(
      fc.property(fc.array(fc.tuple(msr, value), { maxLength: 40 }), (writes) => {
        const machine = switched();
        const { cpu } = machine;
        cpu.cli();
        for (const [index, low] of writes) {
          try {
            cpu.wrmsr(index, BigInt(low));
          } catch (error) {
            expect(error).toMatchObject({ vector: 13 });
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});
