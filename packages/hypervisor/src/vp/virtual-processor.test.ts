import { HvRegister, HvStatus, Msr, PendingInterruption } from '@viridian/protocols/tlfs';
import { formatInspection, InspectTree, listen } from '@viridian/trace';
import { Reg, Seg } from '@viridian/x86';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Machine, recordInterrupts } from '../../test/vp/machine.ts';

const ONES_64 = 0xffff_ffff_ffff_ffffn;

/** All names of the specification with the number of registers in a row. */
const ROWS: readonly (readonly [name: number, count: number])[] = [
  [HvRegister.Rax, 18],
  [HvRegister.Xmm0, 16],
  [HvRegister.FpMmx0, 8],
  [HvRegister.FpControlStatus, 2],
  [HvRegister.Cr0, 6],
  [HvRegister.Dr0, 6],
  [HvRegister.Es, 8],
  [HvRegister.Idtr, 2],
  [HvRegister.Efer, 11],
  [HvRegister.MtrrCap, 2],
  [HvRegister.MtrrPhysBase0, 8],
  [HvRegister.MtrrPhysMask0, 8],
  [HvRegister.MtrrFix64k00000, 11],
  [HvRegister.ExplicitSuspend, 2],
  [HvRegister.PendingInterruption, 2],
];

describe('registers by name', () => {
  it('has every name of the specification and no other', () => {
    const vp = new Machine().vp();
    for (const [first, count] of ROWS) {
      for (let name = first; name < first + count; name += 1)
        expect(typeof vp.getRegister(name)).toBe('bigint');
    }
    for (const name of [
      2, 0x10001, 0x20012, 0x3001a, 0x40006, 0x60008, 0x80018, 0x8007b, 0xa0015, 0xb0008, -1,
    ]) {
      expect(vp.getRegister(name)).toBe(HvStatus.INVALID_PARAMETER);
      expect(vp.setRegister(name, 0n)).toBe(HvStatus.INVALID_PARAMETER);
    }
  });

  it('gives back what was set', () => {
    const machine = new Machine();
    const vp = machine.vp();
    const plain = fc
      .constantFrom(
        [HvRegister.Rax, 16],
        [HvRegister.Dr0, 4],
        [HvRegister.Star, 4],
        [HvRegister.MtrrFix64k00000, 11],
      )
      .chain(([first, count]) => fc.integer({ min: first!, max: first! + count! - 1 }));
    const wide = fc
      .constantFrom([HvRegister.Xmm0, 16], [HvRegister.FpMmx0, 8], [HvRegister.Es, 8])
      .chain(([first, count]) => fc.integer({ min: first!, max: first! + count! - 1 }));
    const cases = fc.oneof(
      fc.tuple(plain, fc.bigInt({ min: 0n, max: ONES_64 })),
      fc.tuple(wide, fc.bigInt({ min: 0n, max: (1n << 128n) - 1n })),
    );
    fc.assert(
      fc.property(cases, ([name, value]) => {
        expect(vp.setRegister(name, value)).toBe(HvStatus.SUCCESS);
        expect(vp.getRegister(name)).toBe(value);
      }),
      { numRuns: 150 },
    );
  });

  it('has the layouts of segments, tables and floating-point control', () => {
    const vp = new Machine().vp();
    const { registers } = vp.processor;
    vp.setRegister(
      HvRegister.Cs,
      (0xa09bn << 112n) | (0x10n << 96n) | (0xfffff000n << 64n) | 0x1234_5678_9abcn,
    );
    expect(registers.segments[Seg.CS]).toEqual({
      base: 0x1234_5678_9abcn,
      limit: 0xfffff000,
      selector: 0x10,
      attributes: 0xa09b,
    });
    vp.setRegister(HvRegister.Gdtr, (0xffff_8000_0000_1000n << 64n) | (0x7fn << 48n) | 0xabcdn);
    expect(registers.gdtr).toEqual({ base: 0xffff_8000_0000_1000n, limit: 0x7f });
    expect(vp.getRegister(HvRegister.Gdtr)).toBe((0xffff_8000_0000_1000n << 64n) | (0x7fn << 48n));
    vp.setRegister(HvRegister.FpControlStatus, 0x37fn | (0x1234n << 16n) | (0xf0n << 32n));
    vp.setRegister(HvRegister.XmmControlStatus, 0x1fa0n << 64n);
    expect(registers.floatControl).toEqual({ fcw: 0x37f, fsw: 0x1234, ftw: 0xf0, mxcsr: 0x1fa0 });
  });

  it('refuses bad values and read-only registers', () => {
    const vp = new Machine().vp();
    expect(vp.setRegister(HvRegister.Rax, 1n << 64n)).toBe(HvStatus.INVALID_REGISTER_VALUE);
    expect(vp.setRegister(HvRegister.Rax, -1n)).toBe(HvStatus.INVALID_REGISTER_VALUE);
    expect(vp.setRegister(HvRegister.ExplicitSuspend, 2n)).toBe(HvStatus.INVALID_REGISTER_VALUE);
    expect(vp.setRegister(HvRegister.Cr8, 16n)).toBe(HvStatus.INVALID_REGISTER_VALUE);
    // Only clearable.
    expect(vp.setRegister(HvRegister.InterceptSuspend, 1n)).toBe(HvStatus.INVALID_REGISTER_VALUE);
    expect(vp.setRegister(HvRegister.InterceptSuspend, 2n)).toBe(HvStatus.INVALID_REGISTER_VALUE);
    expect(vp.setRegister(HvRegister.ApicBase, 0xfee0_0d00n)).toBe(HvStatus.INVALID_REGISTER_VALUE);
    expect(vp.setRegister(HvRegister.InterruptState, 2n)).toBe(HvStatus.INVALID_REGISTER_VALUE);
    for (const name of [HvRegister.Tsc, HvRegister.InitialApicId, HvRegister.MtrrCap, HvRegister.VpIndex]) {
      expect(vp.setRegister(name, 0n)).toBe(HvStatus.INVALID_PARAMETER);
    }
  });

  it('ties CR8, TPR and the local APIC together', () => {
    const machine = new Machine();
    const { cpu } = machine;
    const vp = machine.vp();
    cpu.wrmsr(Msr.HV_X64_MSR_TPR, 0x5fn);
    expect(vp.getRegister(HvRegister.Cr8)).toBe(5n);
    expect(cpu.registers.qwords[Reg.CR8]).toBe(5n);
    vp.setRegister(HvRegister.Cr8, 3n);
    expect(cpu.rdmsr(Msr.HV_X64_MSR_TPR)).toBe(0x30n);
    expect(cpu.memory.read32(0xfee00080)).toBe(0x30);
    // MOV CR8 of the guest itself.
    cpu.registers.qwords[Reg.CR8] = 9n;
    machine.vp().kick();
    machine.executor.runAll();
    expect(vp.apic.taskPriority).toBe(0x90);
  });

  it('injects what the parent makes pending', () => {
    const machine = new Machine();
    const vp = machine.vp();
    const set = (parts: Parameters<typeof PendingInterruption.encode>[0]): HvStatus =>
      vp.setRegister(HvRegister.PendingInterruption, PendingInterruption.encode(parts));
    expect(set({ pending: 0, type: 7, vector: 13 })).toBe(HvStatus.SUCCESS);
    machine.cpu.cpuid(0);
    expect(set({ pending: 1, type: 3, vector: 14, deliverErrorCode: 1, errorCode: 2 })).toBe(
      HvStatus.SUCCESS,
    );
    expect(() => machine.cpu.cpuid(0)).toThrow(expect.objectContaining({ vector: 14, errorCode: 2 }));
    machine.cpu.cpuid(0);
    let nmis = 0;
    machine.cpu.setNmiHandler(() => {
      nmis += 1;
    });
    expect(set({ pending: 1, type: 2, vector: 2 })).toBe(HvStatus.SUCCESS);
    machine.cpu.cpuid(0);
    expect(nmis).toBe(1);
    expect(set({ pending: 1, type: 1, vector: 2 })).toBe(HvStatus.INVALID_REGISTER_VALUE);
    expect(set({ pending: 1, type: 0, vector: 256 })).toBe(HvStatus.INVALID_REGISTER_VALUE);
  });
});

describe('virtual processors', () => {
  it('starts suspended, and takes no turn while suspended', () => {
    const machine = new Machine();
    const { cpu } = machine;
    const vp = machine.vp();
    const taken = recordInterrupts(cpu, [0x40]);
    cpu.sti();
    expect(vp.setRegister(HvRegister.ExplicitSuspend, 1n)).toBe(HvStatus.SUCCESS);
    vp.apic.fixed(0x40);
    machine.executor.runAll();
    expect([taken.length, vp.isRunnable, vp.getRegister(HvRegister.ExplicitSuspend)]).toEqual([0, false, 1n]);
    vp.setRegister(HvRegister.ExplicitSuspend, 0n);
    machine.executor.runAll();
    expect(taken).toEqual([0x40]);
    machine.partition.suspended = true;
    vp.apic.fixed(0x40);
    machine.executor.runAll();
    expect(taken).toHaveLength(1);
    machine.partition.suspended = false;
    machine.executor.runAll();
    expect(taken).toHaveLength(2);
  });

  it('gets one turn for any number of kicks', () => {
    const machine = new Machine();
    const vp = machine.vp();
    const before = vp.counters.slices;
    for (let kick = 0; kick < 5; kick += 1) vp.kick();
    expect(machine.executor.pending).toBe(1);
    machine.executor.runAll();
    expect(vp.counters.slices - before).toBe(1);
  });

  it('leaves nothing behind when it is deleted', () => {
    const machine = new Machine({ vps: 2 });
    machine.startOthers();
    const [first, other] = machine.cpus;
    machine.openSynic(other!, 2, { vector: 0xf3 });
    other!.wrmsr(Msr.HV_X64_MSR_STIMER0_CONFIG, 0x1edbn);
    other!.wrmsr(Msr.HV_X64_MSR_STIMER0_COUNT, 1_000n);
    const vp = machine.vp(1);
    machine.partition.deleteVp(1);
    expect(machine.clock.waiting).toBe(0);
    expect(machine.partition.gpa.isOverlay(6)).toBe(false);
    expect(() => other!.hlt()).toThrow('no longer runs');
    expect(machine.partition.pool.available).toBe(3);
    vp.kick();
    vp.init();
    vp.startUp(1);
    vp.nmi();
    expect(machine.executor.pending).toBe(0);
    first!.cpuid(0);
  });

  it('moves the local APIC page by APIC_BASE, whose other bits are #GP', () => {
    const { cpu } = new Machine();
    expect(cpu.rdmsr(0x1b)).toBe(0xfee0_0900n);
    cpu.wrmsr(0x1b, 0xfed0_0800n);
    expect(cpu.rdmsr(0x1b)).toBe(0xfed0_0900n);
    expect(cpu.memory.read32(0xfed00030)).toBe(0x5_0014);
    expect(cpu.memory.read32(0xfed000f0)).toBe(0x1ff);
    // Registers are doublewords, 16 bytes apart.
    expect([cpu.memory.read8(0xfed000f0), cpu.memory.read32(0xfed000f4)]).toEqual([0, 0]);
    cpu.memory.write16(0xfed000f0, 0);
    expect(cpu.memory.read32(0xfed000f0)).toBe(0x1ff);
    for (const bad of [0xfee0_0c00n, 0xfee0_0801n, 1n << 40n]) {
      expect(() => cpu.wrmsr(0x1b, bad)).toThrow('exception 13');
    }
  });

  it('keeps memory types for who asks', () => {
    const machine = new Machine();
    machine.cpu.wrmsr(0x2ff, 0xc06n);
    machine.cpu.wrmsr(0x20f, 0xf_ffff_f800n);
    machine.cpu.wrmsr(0x26f, 0x0606_0505_0404_0100n);
    expect(machine.cpu.rdmsr(0xfe)).toBe(0x508n);
    expect(machine.vp().getRegister(HvRegister.MtrrDefType)).toBe(0xc06n);
    expect(machine.vp().getRegister(HvRegister.MtrrPhysMask0 + 7)).toBe(0xf_ffff_f800n);
    expect(machine.cpu.rdmsr(0x26f)).toBe(0x0606_0505_0404_0100n);
    expect(() => machine.cpu.rdmsr(0x210)).toThrow('exception 13');
  });

  it('starts with memory types as firmware leaves them, and refuses what is none', () => {
    const { cpu } = new Machine();
    expect([cpu.rdmsr(0x2ff), cpu.rdmsr(0x250), cpu.rdmsr(0x259)]).toEqual([
      0xc06n,
      0x0606_0606_0606_0606n,
      0n,
    ]);
    const bad: [msr: number, value: bigint][] = [
      [0x2ff, 0xc02n],
      [0x2ff, 0x1c06n],
      [0x2ff, 1n << 32n],
      [0x200, 0x102n],
      [0x200, 1n << 40n],
      [0x201, 0x400n],
      [0x201, 1n << 40n],
      [0x250, 0x0606_0606_0606_0607n],
      [0x250, 0x0206_0606_0606_0606n],
      [0xfe, 0n],
    ];
    for (const [msr, value] of bad) expect(() => cpu.wrmsr(msr, value)).toThrow('exception 13');
  });

  it('shows what it does to listeners and inspectors', () => {
    const machine = new Machine();
    const events: string[] = [];
    const stop = listen('hypervisor.msr, hypervisor.cpuid, hypervisor.interrupt', ({ point }) =>
      events.push(point),
    );
    const { cpu } = machine;
    recordInterrupts(cpu, [0x40]);
    cpu.sti();
    cpu.cpuid(1);
    machine.vp().apic.fixed(0x40);
    machine.executor.runAll();
    stop();
    expect(events).toEqual(['hypervisor.cpuid', 'hypervisor.interrupt', 'hypervisor.msr']);
    const tree = new InspectTree();
    tree.add('vp', machine.vp());
    tree.add('msrs', machine.partition.msrState);
    const text = formatInspection(tree.query('vp')!);
    expect(text).toContain('interrupts: 1');
    expect(text).toContain('explicitSuspend: false');
    expect(tree.format('msrs')).toContain('guestOsId: 0x0');
  });
});
