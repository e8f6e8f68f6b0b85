import {
  CHILD_PRIVILEGES,
  CrashControl,
  FeatureEdx,
  HvRegister,
  HvStatus,
  HypercallMsr,
  InterceptAccessMask,
  InterceptType,
  Msr,
  Privilege,
  type PrivilegeName,
} from '@viridian/protocols/tlfs';
import { describe, expect, it } from 'vitest';
import { Machine, overlayAt } from '../../test/vp/machine.ts';
import type { CrashInfo } from '../index.ts';
import { MSR_TABLE } from './msr-table.ts';

const GP = 'exception 13';
const PAGE = 7;
const OS_ID = 0x8100_0000_0006_0000n;

/** What each MSR is behind, and what it reads after reset (undefined: cannot be read, or changes). */
const EXPECTED: readonly (readonly [number, PrivilegeName | undefined, bigint | undefined, boolean])[] = [
  [Msr.HV_X64_MSR_GUEST_OS_ID, 'AccessHypercallMsrs', 0n, true],
  [Msr.HV_X64_MSR_HYPERCALL, 'AccessHypercallMsrs', 0n, true],
  [Msr.HV_X64_MSR_VP_INDEX, 'AccessVpIndex', 0n, false],
  [Msr.HV_X64_MSR_RESET, 'AccessResetReg', 0n, true],
  [Msr.HV_X64_MSR_VP_RUNTIME, 'AccessVpRunTimeReg', 0n, false],
  [Msr.HV_X64_MSR_TIME_REF_COUNT, 'AccessPartitionReferenceCounter', 0n, false],
  [Msr.HV_X64_MSR_REFERENCE_TSC, 'AccessPartitionReferenceTsc', 0n, true],
  [Msr.HV_X64_MSR_TSC_FREQUENCY, 'AccessFrequencyRegs', 2_000_000_000n, false],
  [Msr.HV_X64_MSR_APIC_FREQUENCY, 'AccessFrequencyRegs', 200_000_000n, false],
  [Msr.HV_X64_MSR_EOI, 'AccessIntrCtrlRegs', undefined, true],
  [Msr.HV_X64_MSR_ICR, 'AccessIntrCtrlRegs', 0n, true],
  [Msr.HV_X64_MSR_TPR, 'AccessIntrCtrlRegs', 0n, true],
  [Msr.HV_X64_MSR_VP_ASSIST_PAGE, 'AccessIntrCtrlRegs', 0n, true],
  [Msr.HV_X64_MSR_SCONTROL, 'AccessSynicRegs', 0n, true],
  [Msr.HV_X64_MSR_SVERSION, 'AccessSynicRegs', 1n, false],
  [Msr.HV_X64_MSR_SIEFP, 'AccessSynicRegs', 0n, true],
  [Msr.HV_X64_MSR_SIMP, 'AccessSynicRegs', 0n, true],
  [Msr.HV_X64_MSR_EOM, 'AccessSynicRegs', 0n, true],
  [Msr.HV_X64_MSR_SINT0, 'AccessSynicRegs', 0x10000n, false],
  [Msr.HV_X64_MSR_SINT15, 'AccessSynicRegs', 0x10000n, false],
  [Msr.HV_X64_MSR_STIMER0_CONFIG, 'AccessSyntheticTimerRegs', 0n, true],
  [Msr.HV_X64_MSR_STIMER3_COUNT, 'AccessSyntheticTimerRegs', 0n, true],
  [Msr.HV_X64_MSR_CRASH_P0, undefined, 0n, true],
  [Msr.HV_X64_MSR_CRASH_P4, undefined, 0n, true],
  [Msr.HV_X64_MSR_CRASH_CTL, undefined, 0xc000_0000_0000_0000n, true],
];

describe('synthetic MSRs', () => {
  it.each(EXPECTED)('0x%s reads and writes as the specification says', (msr, _privilege, value, writable) => {
    const { cpu } = new Machine();
    if (value === undefined) expect(() => cpu.rdmsr(msr)).toThrow(GP);
    else expect(cpu.rdmsr(msr)).toBe(value);
    // 0 is a value that every writable one but an unmasked SINT takes.
    if (writable) cpu.wrmsr(msr, 0n);
    else expect(() => cpu.wrmsr(msr, 0n)).toThrow(GP);
  });

  it.each(EXPECTED.filter(([, privilege]) => privilege !== undefined))(
    '0x%s is #GP without its privilege %s',
    (msr, privilege) => {
      const privileges = CHILD_PRIVILEGES & ~Privilege[privilege!];
      const { cpu, vp } = quiet(new Machine({ offer: { privileges } }));
      expect(() => cpu.rdmsr(msr)).toThrow(GP);
      expect(() => cpu.wrmsr(msr, 0x10000n)).toThrow(GP);
      expect(vp.counters.protectionFaults).toBe(2);
    },
  );

  it('needs the feature too where there is one', () => {
    const { cpu } = new Machine({ offer: { features: 0 } });
    for (const msr of [
      Msr.HV_X64_MSR_TSC_FREQUENCY,
      Msr.HV_X64_MSR_APIC_FREQUENCY,
      Msr.HV_X64_MSR_GUEST_IDLE,
      Msr.HV_X64_MSR_CRASH_P2,
      Msr.HV_X64_MSR_CRASH_CTL,
    ]) {
      expect(() => cpu.rdmsr(msr)).toThrow(GP);
    }
  });

  it('knows nothing else, however near', () => {
    const { cpu } = new Machine({ offer: { privileges: 0xffff_ffff_ffff_ffffn, features: -1 } });
    const near = [0x40000004, 0x40000024, 0x40000074, 0x40000085, 0x400000a0, 0x400000b8, 0x40000109];
    for (const msr of [...near, 0x4000ffff, 0x3fffffff, 0xffffffff, 0x12345678]) {
      expect(MSR_TABLE.has(msr)).toBe(false);
      expect(() => cpu.rdmsr(msr)).toThrow(GP);
      expect(() => cpu.wrmsr(msr, 1n)).toThrow(GP);
    }
  });

  it('goes to the parent instead of #GP where MSRs are intercepted, once offered to itself', () => {
    const { cpu, partition, vp } = quiet(new Machine({ offer: { privileges: 0n } }));
    partition.intercepts.install(InterceptType.X64_MSR, InterceptAccessMask.READ, 0);
    // The parent of this machine has no processor: nobody finishes the instruction.
    expect(() => cpu.rdmsr(Msr.HV_X64_MSR_SIMP)).toThrow('has to wait for the parent');
    expect(vp.interceptSuspend).toBe(true);
    vp.interceptSuspend = false;
    expect(() => cpu.wrmsr(Msr.HV_X64_MSR_SIMP, 0n)).toThrow(GP);
    partition.configure({ privileges: CHILD_PRIVILEGES });
    expect(cpu.rdmsr(Msr.HV_X64_MSR_SIMP)).toBe(0n);
    // A value that is refused is #GP at the hardware, so it is the parent's too.
    partition.intercepts.install(InterceptType.X64_MSR, InterceptAccessMask.WRITE, 0);
    expect(() => cpu.wrmsr(Msr.HV_X64_MSR_SINT0, 1n)).toThrow('has to wait for the parent');
  });

  it('says which processor it is', () => {
    const machine = new Machine({ vps: 3 });
    machine.startOthers();
    expect(machine.cpus.map((cpu) => cpu.rdmsr(Msr.HV_X64_MSR_VP_INDEX))).toEqual([0n, 1n, 2n]);
  });
});

describe('the hypercall page', () => {
  const enable = (gpn: number): bigint => HypercallMsr.encode({ enable: 1, gpn });

  it('stays off, without #GP, until the guest says who it is', () => {
    const { cpu } = new Machine();
    cpu.wrmsr(Msr.HV_X64_MSR_HYPERCALL, enable(PAGE));
    expect(cpu.rdmsr(Msr.HV_X64_MSR_HYPERCALL)).toBe(enable(PAGE) & ~1n);
    cpu.wrmsr(Msr.HV_X64_MSR_GUEST_OS_ID, OS_ID);
    expect(cpu.rdmsr(Msr.HV_X64_MSR_GUEST_OS_ID)).toBe(OS_ID);
    cpu.wrmsr(Msr.HV_X64_MSR_HYPERCALL, enable(PAGE));
    expect(cpu.rdmsr(Msr.HV_X64_MSR_HYPERCALL)).toBe(enable(PAGE));
  });

  it('holds VMCALL and RET, hides RAM, cannot be written, and uncovers RAM when it moves', () => {
    const { cpu } = new Machine();
    cpu.memory.write32(PAGE * 4096, 0x1234);
    cpu.wrmsr(Msr.HV_X64_MSR_GUEST_OS_ID, OS_ID);
    cpu.wrmsr(Msr.HV_X64_MSR_HYPERCALL, enable(PAGE));
    expect([...cpu.memory.view(PAGE * 4096, 6)]).toEqual([0x0f, 0x01, 0xc1, 0xc3, 0xcc, 0xcc]);
    expect(() => cpu.memory.write8(PAGE * 4096, 0)).toThrow(GP);
    cpu.wrmsr(Msr.HV_X64_MSR_HYPERCALL, enable(PAGE + 1));
    expect(cpu.memory.read32(PAGE * 4096)).toBe(0x1234);
    expect(cpu.memory.read32((PAGE + 1) * 4096)).toBe(0xc3c1_010f);
  });

  it('goes with the identity', () => {
    const { cpu } = new Machine();
    cpu.wrmsr(Msr.HV_X64_MSR_GUEST_OS_ID, OS_ID);
    cpu.wrmsr(Msr.HV_X64_MSR_HYPERCALL, enable(PAGE));
    cpu.wrmsr(Msr.HV_X64_MSR_GUEST_OS_ID, 0n);
    expect(cpu.rdmsr(Msr.HV_X64_MSR_HYPERCALL)).toBe(enable(PAGE) & ~1n);
    expect(cpu.memory.read32(PAGE * 4096)).toBe(0);
  });

  it('cannot lie beyond the address space', () => {
    const { cpu } = new Machine();
    cpu.wrmsr(Msr.HV_X64_MSR_GUEST_OS_ID, OS_ID);
    expect(() => cpu.wrmsr(Msr.HV_X64_MSR_HYPERCALL, enable(2 ** 28))).toThrow(GP);
    expect(cpu.rdmsr(Msr.HV_X64_MSR_HYPERCALL)).toBe(0n);
  });

  it('can be locked where that is offered, until reset', () => {
    const machine = new Machine({ offer: { features: FeatureEdx.HYPERCALL_MSR_LOCK } });
    const locked = HypercallMsr.encode({ enable: 1, locked: 1, gpn: PAGE });
    machine.cpu.wrmsr(Msr.HV_X64_MSR_GUEST_OS_ID, OS_ID);
    machine.cpu.wrmsr(Msr.HV_X64_MSR_HYPERCALL, locked);
    expect(() => machine.cpu.wrmsr(Msr.HV_X64_MSR_HYPERCALL, 0n)).toThrow(GP);
    expect(machine.cpu.rdmsr(Msr.HV_X64_MSR_HYPERCALL)).toBe(locked);
    machine.partition.reset();
    machine.executor.runAll();
    machine.cpu.wrmsr(Msr.HV_X64_MSR_HYPERCALL, 0n);
    const { cpu } = new Machine();
    cpu.wrmsr(Msr.HV_X64_MSR_GUEST_OS_ID, OS_ID);
    cpu.wrmsr(Msr.HV_X64_MSR_HYPERCALL, locked);
    cpu.wrmsr(Msr.HV_X64_MSR_HYPERCALL, 0n);
  });
});

describe('the VP assist page', () => {
  it('appears with its first word zero, before the guest has an identity', () => {
    const { cpu } = new Machine();
    cpu.wrmsr(Msr.HV_X64_MSR_VP_ASSIST_PAGE, overlayAt(PAGE));
    cpu.memory.write32(PAGE * 4096, 1);
    cpu.memory.write32(PAGE * 4096 + 40, 5);
    cpu.wrmsr(Msr.HV_X64_MSR_VP_ASSIST_PAGE, 0n);
    expect(cpu.memory.read32(PAGE * 4096)).toBe(0);
    cpu.wrmsr(Msr.HV_X64_MSR_VP_ASSIST_PAGE, overlayAt(PAGE));
    expect(cpu.memory.read32(PAGE * 4096)).toBe(0);
    expect(cpu.rdmsr(Msr.HV_X64_MSR_VP_ASSIST_PAGE)).toBe(overlayAt(PAGE));
  });

  it('never says that no EOI is required', () => {
    const machine = new Machine();
    const { cpu } = machine;
    cpu.wrmsr(Msr.HV_X64_MSR_VP_ASSIST_PAGE, overlayAt(PAGE));
    let seen = -1;
    cpu.setInterruptHandler(0x50, () => {
      seen = cpu.memory.read32(PAGE * 4096);
      cpu.wrmsr(Msr.HV_X64_MSR_EOI, 0n);
    });
    cpu.sti();
    machine.vp().apic.fixed(0x50);
    machine.executor.runAll();
    expect(seen).toBe(0);
    expect(machine.vp().counters.eois).toBe(1);
  });
});

describe('the crash MSRs', () => {
  function crashing() {
    const machine = new Machine();
    const crashes: CrashInfo[] = [];
    machine.hypervisor.observe(machine.partition.id, { crash: (info) => crashes.push(info) });
    const report = (parameters: readonly bigint[], control: bigint): void => {
      parameters.forEach((value, index) => {
        machine.cpu.wrmsr(Msr.HV_X64_MSR_CRASH_P0 + index, value);
      });
      machine.cpu.wrmsr(Msr.HV_X64_MSR_CRASH_CTL, control);
    };
    return { machine, crashes, report };
  }
  const { CRASH_MESSAGE, CRASH_NOTIFY } = CrashControl;

  it('tell the host the parameters, and the text where there is one', () => {
    const { machine, crashes, report } = crashing();
    machine.cpu.memory.view(0x3ffe, 4).set([0x62, 0x6f, 0x6f, 0x6d]);
    report([0n, 0n, 0n, 0x3ffen, 4n], CRASH_NOTIFY | CRASH_MESSAGE);
    report([1n, OS_ID, 0xffff_ffff_8100_0000n, 4n, 5n], CRASH_NOTIFY);
    expect(crashes).toEqual([
      {
        vpIndex: 0,
        parameters: [0n, 0n, 0n, 0x3ffen, 4n],
        control: CRASH_NOTIFY | CRASH_MESSAGE,
        message: Uint8Array.of(0x62, 0x6f, 0x6f, 0x6d),
      },
      { vpIndex: 0, parameters: [1n, OS_ID, 0xffff_ffff_8100_0000n, 4n, 5n], control: CRASH_NOTIFY },
    ]);
    expect(machine.cpu.rdmsr(Msr.HV_X64_MSR_CRASH_CTL)).toBe(CRASH_NOTIFY | CRASH_MESSAGE);
    expect(machine.cpu.rdmsr(Msr.HV_X64_MSR_CRASH_P2)).toBe(0xffff_ffff_8100_0000n);
  });

  it('read no text from nowhere, and no more than 4096 bytes', () => {
    const { crashes, report } = crashing();
    const both = CRASH_NOTIFY | CRASH_MESSAGE;
    report([0n, 0n, 0n, 0x4000_0000n, 16n], both);
    report([0n, 0n, 0n, 0xffff_ffff_ffff_ffffn, 16n], both);
    report([0n, 0n, 0n, 0x1000n, 0n], both);
    report([0n, 0n, 0n, 0x1000n, 0xffff_ffff_ffffn], both);
    report([0n, 0n, 0n, 0x1000n, 16n], CRASH_MESSAGE);
    expect(crashes.map(({ message }) => message?.length)).toEqual([undefined, undefined, undefined, 4096]);
  });
});

describe('reset', () => {
  it('stops the program at once, and starts another with everything as at first', () => {
    const machine = new Machine({ vps: 2 });
    machine.startOthers();
    const [first, second] = machine.cpus;
    let resets = 0;
    machine.hypervisor.observe(machine.partition.id, { reset: () => (resets += 1) });
    first!.wrmsr(Msr.HV_X64_MSR_GUEST_OS_ID, OS_ID);
    first!.wrmsr(Msr.HV_X64_MSR_HYPERCALL, overlayAt(PAGE));
    machine.openSynic(first!, 2, { vector: 0xf3 });
    first!.wrmsr(Msr.HV_X64_MSR_REFERENCE_TSC, overlayAt(9));
    first!.wrmsr(Msr.HV_X64_MSR_VP_ASSIST_PAGE, overlayAt(10));
    first!.wrmsr(Msr.HV_X64_MSR_RESET, 0n);
    expect(() => first!.wrmsr(Msr.HV_X64_MSR_RESET, 1n)).toThrow('no longer runs');
    expect(() => second!.rdtsc()).toThrow('no longer runs');
    expect(resets).toBe(0);
    machine.executor.runAll();
    expect([resets, machine.programs, machine.rips[0]]).toEqual([1, 2, 0xfff0]);
    expect(machine.cpu).not.toBe(first);
    expect(() => first!.memory.read8(0)).toThrow('no longer runs');
    for (const [msr, , value] of EXPECTED) {
      if (value === undefined || msr === Msr.HV_X64_MSR_TIME_REF_COUNT) continue;
      expect(machine.cpu.rdmsr(msr)).toBe(value);
    }
    for (const gpn of [2, 3, PAGE, 9, 10]) expect(machine.partition.gpa.isOverlay(gpn)).toBe(false);
    expect(machine.vp(1).waitsForSipi).toBe(true);
    machine.startOthers();
    expect(machine.cpus[1]).not.toBe(second);
  });
});

describe('GUEST_IDLE', () => {
  it('returns at once while an interrupt is pending, and sleeps until one is, with interrupts disabled', async () => {
    const machine = new Machine();
    const { cpu } = machine;
    const vp = machine.vp();
    vp.apic.fixed(0x60);
    expect(cpu.rdmsr(Msr.HV_X64_MSR_GUEST_IDLE)).toBe(0n);
    expect(() => cpu.wrmsr(Msr.HV_X64_MSR_GUEST_IDLE, 0n)).toThrow(GP);
    cpu.setInterruptHandler(0x60, () => cpu.wrmsr(Msr.HV_X64_MSR_EOI, 0n));
    cpu.sti();
    cpu.cli();
    expect(() => cpu.rdmsr(Msr.HV_X64_MSR_GUEST_IDLE)).toThrow('has to wait');
    let woken = false;
    const idle = cpu.rdmsrAsync(Msr.HV_X64_MSR_GUEST_IDLE).then((value) => {
      woken = true;
      return value;
    });
    machine.pass(1_000);
    await Promise.resolve();
    expect([woken, vp.isRunnable]).toEqual([false, false]);
    vp.apic.fixed(0x60);
    machine.executor.runAll();
    expect(await idle).toBe(0n);
    expect(vp.apic.hasDeliverable).toBe(true);
  });
});

describe('MSRs under their register names', () => {
  it('are the same values, whatever the partition is offered', () => {
    const machine = new Machine({ offer: { privileges: 0n } });
    const vp = machine.vp();
    expect(vp.setRegister(HvRegister.GuestOsId, OS_ID)).toBe(HvStatus.SUCCESS);
    expect(vp.getRegister(HvRegister.GuestOsId)).toBe(OS_ID);
    expect(vp.setRegister(HvRegister.Sint0 + 3, 5n)).toBe(HvStatus.INVALID_REGISTER_VALUE);
    expect(vp.setRegister(HvRegister.Sint0 + 3, 0x55n)).toBe(HvStatus.SUCCESS);
    expect(vp.getRegister(HvRegister.Sint0 + 3)).toBe(0x55n);
    expect(vp.setRegister(HvRegister.Simp, overlayAt(4))).toBe(HvStatus.SUCCESS);
    expect(machine.partition.gpa.isOverlay(4)).toBe(true);
    expect(vp.getRegister(HvRegister.Sversion)).toBe(1n);
    expect(vp.setRegister(HvRegister.Sversion, 1n)).toBe(HvStatus.INVALID_PARAMETER);
    expect(vp.getRegister(HvRegister.Eoi)).toBe(HvStatus.INVALID_PARAMETER);
    expect(vp.getRegister(HvRegister.CrashCtl)).toBe(0xc000_0000_0000_0000n);
  });
});

function quiet(machine: Machine) {
  return { cpu: machine.cpu, vp: machine.vp(), partition: machine.partition };
}

describe('HV_X64_MSR_TSC_INVARIANT_CONTROL', () => {
  it('is there with its privilege alone, and has one bit', () => {
    const msr = Msr.HV_X64_MSR_TSC_INVARIANT_CONTROL;
    expect(() => new Machine().cpu.wrmsr(msr, 1n)).toThrow(GP);
    const privileges = CHILD_PRIVILEGES | Privilege.AccessTscInvariantControls;
    const { cpu } = new Machine({ offer: { privileges } });
    expect(cpu.cpuid(0x4000_0003).eax & 0x8000).toBe(0x8000);
    cpu.wrmsr(msr, 1n);
    expect(cpu.rdmsr(msr)).toBe(1n);
    expect(() => cpu.wrmsr(msr, 2n)).toThrow(GP);
    expect(() => cpu.wrmsr(msr, 1n << 32n)).toThrow(GP);
  });
});
