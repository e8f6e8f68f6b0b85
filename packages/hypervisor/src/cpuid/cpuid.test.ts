import { CHILD_PRIVILEGES, FeatureEdx, Hint, InterceptType, Msr, Privilege } from '@viridian/protocols/tlfs';
import { Outcome } from '@viridian/x86';
import { describe, expect, it } from 'vitest';
import { Machine } from '../../test/vp/machine.ts';

describe('CPUID', () => {
  it('gives an ordinary child the leaves that Linux wants', () => {
    const { cpu } = new Machine();
    const leaf = (number: number) => Object.values(cpu.cpuid(number));
    expect(leaf(0x40000000)).toEqual([0x40000006, 0x7263694d, 0x666f736f, 0x76482074]);
    expect(leaf(0x40000001)).toEqual([0x31237648, 0, 0, 0]);
    expect(leaf(0x40000002)[1]).toBeGreaterThan(0);
    expect(leaf(0x40000003)).toEqual([0x00000eff, 0x00000030, 0, 0x00080520]);
    expect(leaf(0x40000004)).toEqual([0x00000e2c, 0xffffffff, 0, 0]);
    expect(leaf(0x40000005)).toEqual([0x40, 0x40, 0, 0]);
    for (const empty of [6, 7, 8, 9, 0xa, 0xc, 0x80, 0x81, 0x82, 0x100, 0xff00, 0xffff]) {
      expect(leaf(0x40000000 + empty)).toEqual([0, 0, 0, 0]);
    }
  });

  it('advertises nothing that is off', () => {
    const machine = new Machine({
      offer: {
        privileges: CHILD_PRIVILEGES & ~Privilege.AccessSynicRegs & ~Privilege.PostMessages,
        features: FeatureEdx.CRASH_REGISTERS,
        hints: Hint.RELAXED_TIMING,
      },
    });
    expect(machine.cpu.cpuid(0x40000003)).toEqual({ eax: 0xefb, ebx: 0x20, ecx: 0, edx: 0x400 });
    expect(machine.cpu.cpuid(0x40000004).eax).toBe(0x20);
  });

  it('shows a stable processor on which a hypervisor runs', () => {
    const machine = new Machine({ vps: 2 });
    machine.startOthers();
    const [bootstrap, other] = machine.cpus;
    const { eax, ebx, ecx, edx } = bootstrap!.cpuid(0);
    const text = new TextDecoder().decode(Uint32Array.of(ebx, edx, ecx));
    expect([eax, text]).toEqual([0x16, 'GenuineIntel']);
    const one = bootstrap!.cpuid(1);
    expect(one.ecx >>> 31).toBe(1);
    expect(one.eax).toBe(0x106ca);
    // Neither x2APIC nor TSC deadline; APIC, TSC and MSR.
    expect(one.ecx & ((1 << 21) | (1 << 24))).toBe(0);
    expect(one.edx & 0x230).toBe(0x230);
    expect([one.ebx >>> 24, other!.cpuid(1).ebx >>> 24]).toEqual([0, 1]);
    expect(bootstrap!.cpuid(6).eax).toBe(4);
    expect(bootstrap!.cpuid(0x80000008).eax & 0xff).toBe(40);
    expect(bootstrap!.cpuid(0x80000001).edx & (1 << 29)).not.toBe(0);
    const brand = [2, 3, 4].flatMap((leaf) => Object.values(bootstrap!.cpuid(0x80000000 + leaf)));
    expect(new TextDecoder().decode(Uint32Array.from(brand))).toMatch(/^Viridian virtual processor\0*$/);
    expect(bootstrap!.cpuid(0x12345678)).toEqual({ eax: 0, ebx: 0, ecx: 0, edx: 0 });
    for (let leaf = 0x40000000; leaf < 0x40000010; leaf += 1) {
      expect(other!.cpuid(leaf)).toEqual(bootstrap!.cpuid(leaf));
    }
  });

  it('asks the parent for leaves that it intercepts', () => {
    const { cpu, partition } = new Machine();
    partition.intercepts.install(InterceptType.X64_CPUID, 4, 0x40000002);
    expect(() => cpu.cpuid(0x40000002)).toThrow('has to wait for the parent');
    expect(partition.counters.cpuidIntercepts).toBe(1);
  });

  it('tells frequencies that agree with the MSRs', () => {
    for (const tscHz of [2_000_000_000, 2_593_904_000, 3_000_003_000, 2_999_999_999]) {
      const { cpu } = new Machine({ tscHz });
      const { eax, ebx, ecx } = cpu.cpuid(0x15);
      expect((ecx * ebx) / eax).toBe(tscHz);
      expect(cpu.rdmsr(Msr.HV_X64_MSR_TSC_FREQUENCY)).toBe(BigInt(tscHz));
      expect(cpu.rdmsr(Msr.HV_X64_MSR_APIC_FREQUENCY)).toBe(BigInt(ecx));
      expect(cpu.cpuid(0x16).eax).toBe(Math.round(tscHz / 1e6));
    }
    // Linux calculates this in 32 bits.
    expect(Object.values(new Machine().cpu.cpuid(0x15))).toEqual([1, 10, 200_000_000, 0]);
    // A clock that 32 bits cannot say is left to be measured.
    expect(new Machine({ tscHz: 5_000_000_003 }).cpu.cpuid(0x15).ecx).toBe(0);
  });

  it('shows one package with a core for each processor', () => {
    const machine = new Machine({ vps: 3 });
    machine.startOthers();
    const [, , last] = machine.cpus;
    expect((last!.cpuid(1).ebx >>> 16) & 0xff).toBe(3);
    expect(last!.cpuid(1).edx & (1 << 28)).not.toBe(0);
    expect(Object.values(last!.cpuid(0xb, 0))).toEqual([0, 1, 0x100, 2]);
    expect(Object.values(last!.cpuid(0xb, 1))).toEqual([2, 3, 0x201, 2]);
    expect(Object.values(last!.cpuid(0xb, 2))).toEqual([0, 0, 2, 2]);
    expect(last!.cpuid(0xb, 0xffff_ffff)).toEqual({ eax: 0, ebx: 0, ecx: 0xff, edx: 2 });
    const sizes = [0, 1, 2, 3].map((subleaf) => {
      const { eax, ebx, ecx } = last!.cpuid(4, subleaf);
      if ((eax & 0x1f) === 0) return 0;
      return ((ebx >>> 22) + 1) * ((ebx & 0xfff) + 1) * (ecx + 1);
    });
    expect(sizes).toEqual([32 << 10, 32 << 10, 1 << 20, 0]);
    expect(Object.values(last!.cpuid(2))).toEqual([0x00ff_0001, 0, 0, 0]);
    expect(Object.values(new Machine().cpu.cpuid(0xb, 1))).toEqual([0, 1, 0x201, 0]);
  });

  it('offers fast strings and a time-stamp counter that can be trusted, once', () => {
    const { cpu } = new Machine();
    expect(cpu.cpuid(7)).toEqual({ eax: 0, ebx: 0x203, ecx: 0, edx: 0x10 });
    expect(cpu.cpuid(7, 1)).toEqual({ eax: 0, ebx: 0, ecx: 0, edx: 0 });
    expect(cpu.cpuid(0x80000007).edx).toBe(0x100);
    expect(cpu.cpuid(0x80000008).eax).toBe(0x3028);
  });

  it('hides the hypervisor from a guest that is not to know', () => {
    const machine = new Machine({ offer: { enlightened: false, x2apic: true } });
    const { cpu } = machine;
    const { ecx } = cpu.cpuid(1);
    expect(ecx >>> 31).toBe(0);
    // TSC deadline and x2APIC.
    expect(ecx & 0x0120_0000).toBe(0x0120_0000);
    for (let leaf = 0x40000000; leaf < 0x40000010; leaf += 1) {
      expect(Object.values(cpu.cpuid(leaf))).toEqual([0, 0, 0, 0]);
    }
    for (const msr of [0x40000000, 0x40000020, 0x40000070, 0x40000105]) {
      expect(() => cpu.rdmsr(msr)).toThrow('exception 13');
      expect(() => cpu.wrmsr(msr, 0n)).toThrow('exception 13');
    }
    expect(machine.vp().exits.hypercall(3)).toBe(Outcome.INVALID_OPCODE);
    expect(machine.vp().counters.hypercalls).toBe(0);
  });
});
