import { Msr } from '@viridian/protocols/tlfs';
import { describe, expect, it } from 'vitest';
import { Machine, recordInterrupts } from '../../test/vp/machine.ts';

const SELF = 1n << 18n;
const ALL = 2n << 18n;
const OTHERS = 3n << 18n;
const LOGICAL = 1n << 11n;
const ASSERT = 1n << 14n;
const LEVEL = 1n << 15n;
const to = (destination: number): bigint => BigInt(destination) << 56n;

/** Three processors that record what they take. */
function three() {
  const machine = new Machine({ vps: 3 });
  machine.startOthers();
  const taken = machine.cpus.map((cpu) => recordInterrupts(cpu, [0x40, 0x41]));
  for (const cpu of machine.cpus) cpu.sti();
  const icr = (value: bigint): void => {
    machine.cpu.wrmsr(Msr.HV_X64_MSR_ICR, value);
    machine.executor.runAll();
  };
  return { machine, taken, icr };
}

describe('IPIs', () => {
  it('starts other processors by INIT and SIPI, at vector << 12, once', () => {
    const machine = new Machine({ vps: 3 });
    expect(machine.cpus).toHaveLength(1);
    expect(machine.vp(1).waitsForSipi).toBe(true);
    machine.startOthers();
    expect(machine.rips.slice(1)).toEqual([0x8000, 0x8000]);
    const [, first] = machine.cpus;
    machine.cpu.wrmsr(Msr.HV_X64_MSR_ICR, to(1) | 0x4609n);
    machine.executor.runAll();
    expect(machine.cpus[1]).toBe(first);
    expect(machine.programs).toBe(1);
  });

  it('starts a processor over by another INIT', () => {
    const { machine, icr } = three();
    const [, dead] = machine.cpus;
    icr(to(1) | ASSERT | 0x500n);
    expect(() => dead!.rdtsc()).toThrow('no longer runs');
    // De-assertion does nothing.
    icr(to(2) | LEVEL | 0x500n);
    expect(machine.vp(2).waitsForSipi).toBe(false);
    icr(to(1) | ASSERT | 0x6a0n);
    expect(machine.rips[1]).toBe(0xa0000);
    expect(machine.cpus[1]).not.toBe(dead);
  });

  it('waits for the parent even after SIPI', () => {
    const machine = new Machine({ vps: 2 });
    machine.vp(1).explicitSuspend = true;
    machine.startOthers();
    expect(machine.cpus).toHaveLength(1);
    machine.vp(1).explicitSuspend = false;
    machine.executor.runAll();
    expect(machine.rips[1]).toBe(0x8000);
  });

  it('goes to one, some, all, all others or the sender itself', () => {
    const { machine, taken, icr } = three();
    icr(to(1) | 0x40n);
    expect(taken).toEqual([[], [0x40], []]);
    icr(ALL | 0x40n);
    expect(taken).toEqual([[0x40], [0x40, 0x40], [0x40]]);
    icr(OTHERS | 0x41n);
    expect(taken).toEqual([[0x40], [0x40, 0x40, 0x41], [0x40, 0x41]]);
    icr(SELF | 0x41n);
    expect(taken[0]).toEqual([0x40, 0x41]);
    icr(to(0xff) | 0x40n);
    expect(taken.map((list) => list.length)).toEqual([3, 4, 3]);
    for (const cpu of machine.cpus) cpu.memory.write32(0xfee000d0, 1 << (24 + cpu.index));
    icr(to(0b110) | LOGICAL | 0x41n);
    expect(taken.map((list) => list.length)).toEqual([3, 5, 4]);
    expect(machine.vp(0).counters.ipisSent).toBeGreaterThan(5);
  });

  it('chooses the processor with the lowest priority', () => {
    const { machine, taken, icr } = three();
    machine.cpus[0]!.wrmsr(Msr.HV_X64_MSR_TPR, 0x30n);
    machine.cpus[1]!.wrmsr(Msr.HV_X64_MSR_TPR, 0x20n);
    machine.vp(2).apic.setSpurious(0xff);
    icr(ALL | 0x140n);
    expect(taken).toEqual([[], [0x40], []]);
  });

  it('notes a vector that cannot be sent', () => {
    const { machine, taken, icr } = three();
    icr(ALL | 0x0fn);
    machine.cpu.memory.write32(0xfee00280, 0);
    expect(machine.cpu.memory.read32(0xfee00280)).toBe(0x20);
    expect(taken).toEqual([[], [], []]);
  });

  it('delivers an NMI with interrupts disabled, and reads back what was written', () => {
    const { machine, icr } = three();
    let nmis = 0;
    machine.cpus[1]!.cli();
    machine.cpus[1]!.setNmiHandler(() => {
      nmis += 1;
    });
    icr(to(1) | 0x400n);
    expect([nmis, machine.vp(1).counters.nmis]).toEqual([1, 1]);
    expect(machine.cpus[1]!.interruptsEnabled).toBe(false);
    expect(machine.cpu.rdmsr(Msr.HV_X64_MSR_ICR)).toBe(to(1) | 0x400n);
  });
});

describe('interrupts of the board', () => {
  it('tell the parent of their end when they were level-triggered', () => {
    const { machine, taken } = three();
    const { counters } = machine.partition;
    machine.vp(1).apic.fixed(0x40, true);
    machine.vp(1).apic.fixed(0x41);
    machine.executor.runAll();
    expect(taken[1]).toEqual([0x41, 0x40]);
    expect(counters.apicEoiIntercepts).toBe(1);
  });

  it('come by the ExtInt line with the local APIC disabled', () => {
    const machine = new Machine();
    const { apic } = machine.vp();
    machine.cpu.memory.write32(0xfee000f0, 0xff);
    const taken = recordInterrupts(machine.cpu, [0x08], false);
    machine.cpu.sti();
    expect(apic.assertExtInt(8)).toBe(true);
    machine.executor.runAll();
    expect([taken, apic.assertExtInt(8), apic.clearExtInt()]).toEqual([[8], false, true]);
  });
});
