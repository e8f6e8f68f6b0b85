import { CHILD_PRIVILEGES, FeatureEdx, Hint, InterceptType, Privilege } from '@viridian/protocols/tlfs';
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
    expect([eax, text]).toEqual([7, 'GenuineIntel']);
    const one = bootstrap!.cpuid(1);
    expect(one.ecx >>> 31).toBe(1);
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
});
