import { describe, expect, it } from 'vitest';
import * as tlfs from './index.ts';

const { HYPERCALLS, HypercallCode } = tlfs;
const calls = Object.values(HYPERCALLS);

describe('hypercall table', () => {
  it('declares every code once', () => {
    expect(calls.map((call) => call.code).sort()).toEqual(Object.values(HypercallCode).sort());
    for (const call of calls) {
      expect(HYPERCALLS[call.code]).toBe(call);
      expect(HypercallCode[call.name]).toBe(call.code);
    }
  });

  it('keeps blocks aligned and inside a page', () => {
    for (const call of calls) {
      expect(call.inputBytes % 8, call.name).toBe(0);
      expect(call.outputBytes % 8, call.name).toBe(0);
      expect(call.inputBytes + call.inputElementBytes).toBeLessThanOrEqual(4096);
      if (!call.rep) expect(call.inputElementBytes + call.outputElementBytes).toBe(0);
    }
  });

  it('allows the fast form only where the input fits two registers', () => {
    for (const call of calls) if (call.fast) expect(call.inputBytes, call.name).toBeLessThanOrEqual(16);
  });

  // hypervisor.md §3.3 and §4.2: counts that the page size leaves.
  it.each([
    ['HvCallFlushVirtualAddressList', 509, 'input'],
    ['HvCallDepositMemory', 511, 'input'],
    ['HvCallWithdrawMemory', 512, 'output'],
    ['HvCallMapGpaPages', 509, 'input'],
    ['HvCallMapSparseGpaPages', 255, 'input'],
    ['HvCallGetVpRegisters', 256, 'output'],
    ['HvCallSetVpRegisters', 127, 'input'],
  ] as const)('%s takes at most %i reps', (name, most, side) => {
    const call = HYPERCALLS[HypercallCode[name]]!;
    const room = side === 'input' ? 4096 - call.inputBytes : 4096;
    expect(Math.floor(room / (side === 'input' ? call.inputElementBytes : call.outputElementBytes))).toBe(
      most,
    );
  });

  it.each([
    ['HvCallFlushVirtualAddressSpace', { rep: false, variableHeader: false, fast: false, inputBytes: 24 }],
    ['HvCallFlushVirtualAddressListEx', { rep: true, variableHeader: true, fast: false, inputBytes: 32 }],
    ['HvCallSendSyntheticClusterIpi', { rep: false, fast: true, inputBytes: 16, privilege: null }],
    ['HvCallSendSyntheticClusterIpiEx', { variableHeader: true, fast: false, inputBytes: 24 }],
    ['HvCallPostMessage', { fast: false, inputBytes: 256, privilege: 'PostMessages' }],
    ['HvCallSignalEvent', { fast: true, inputBytes: 8, privilege: 'SignalEvents' }],
    ['HvCallUnmapGpaPages', { rep: true, inputBytes: 24, inputElementBytes: 0 }],
    ['HvCallGetPartitionId', { inputBytes: 0, outputBytes: 8, privilege: 'AccessPartitionId' }],
    ['HvCallCreatePort', { inputBytes: 56, privilege: 'CreatePort' }],
    ['HvCallConnectPort', { inputBytes: 72, privilege: 'ConnectPort' }],
    ['HvExtCallMemoryHeatHint', { rep: true, inputBytes: 8, privilege: 'EnableExtendedHypercalls' }],
  ] as const)('%s is declared as the reference says', (name, shape) => {
    expect(HYPERCALLS[HypercallCode[name]]).toMatchObject(shape);
  });
});

describe('hypercall values', () => {
  it('composes and takes apart both halves', () => {
    const low = tlfs.hypercallInputLow(0x15, true, 1023);
    const high = tlfs.hypercallInputHigh(0xfff, 0xfff);
    expect([tlfs.inputCode(low), tlfs.inputIsFast(low), tlfs.inputVariableQwords(low)]).toEqual([
      0x15,
      true,
      1023,
    ]);
    expect([tlfs.inputRepCount(high), tlfs.inputRepStart(high)]).toEqual([0xfff, 0xfff]);
    expect(tlfs.inputHasReservedBits(low, high)).toBe(false);
    for (const bit of [27, 30, 31]) expect(tlfs.inputHasReservedBits(1 << bit, 0)).toBe(true);
    for (const bit of [12, 15, 28, 31]) expect(tlfs.inputHasReservedBits(0, 1 << bit)).toBe(true);
    expect([tlfs.resultStatus(0x5), tlfs.resultRepsCompleted(0x7)]).toEqual([5, 7]);
  });
});

describe('privileges', () => {
  it('names the bits of the mask that a child gets', () => {
    const names = tlfs.privilegeNames(tlfs.CHILD_PRIVILEGES);
    expect(tlfs.privilegeMask(...names)).toBe(0x0000_0030_0000_0effn);
    expect(names).toContain('AccessPartitionReferenceTsc');
    expect(names).not.toContain('CpuManagement');
    expect(names).not.toContain('AccessStatsReg');
    expect(tlfs.hasPrivilege(tlfs.CHILD_PRIVILEGES, 'SignalEvents')).toBe(true);
    expect(tlfs.Privilege.CpuManagement).toBe(1n << 44n);
  });
});

describe('CPUID', () => {
  it('spells its signatures', () => {
    const text = (...words: number[]) =>
      words
        .map((word) => String.fromCharCode(...[0, 8, 16, 24].map((shift) => (word >>> shift) & 0xff)))
        .join('');
    const { ebx, ecx, edx } = tlfs.VENDOR_SIGNATURE;
    expect(text(ebx, ecx, edx)).toBe('Microsoft Hv');
    expect(text(tlfs.INTERFACE_SIGNATURE)).toBe('Hv#1');
    expect(text(tlfs.VIRT_STACK_SIGNATURE)).toBe('VS#1');
  });

  it('composes the values that the reference advertises', () => {
    const { FeatureEdx, Hint } = tlfs;
    const { FREQUENCY_REGISTERS, CRASH_REGISTERS, DIRECT_SYNTHETIC_TIMERS, GUEST_IDLE_STATE } = FeatureEdx;
    expect(FREQUENCY_REGISTERS | CRASH_REGISTERS | DIRECT_SYNTHETIC_TIMERS | GUEST_IDLE_STATE).toBe(0x80520);
    expect(Hint.APIC_MSRS | Hint.RELAXED_TIMING | Hint.DEPRECATE_AUTO_EOI).toBe(0x228);
    expect(0x228 | Hint.REMOTE_TLB_FLUSH | Hint.CLUSTER_IPI | Hint.EX_PROCESSOR_MASKS).toBe(0xe2c);
  });
});

describe('number tables', () => {
  it.each(
    Object.entries({
      CpuidLeaf: tlfs.CpuidLeaf,
      FeatureEdx: tlfs.FeatureEdx,
      Hint: tlfs.Hint,
      PrivilegeBit: tlfs.PrivilegeBit,
      Msr: tlfs.Msr,
      HvStatus: tlfs.HvStatus,
      HypercallCode,
      HvRegister: tlfs.HvRegister,
      HvMessageType: tlfs.HvMessageType,
      PartitionProperty: tlfs.PartitionProperty,
      TranslateGvaResult: tlfs.TranslateGvaResult,
    }),
  )('%s has no number twice', (_, table) => {
    const numbers = Object.values(table);
    expect(new Set<number>(numbers).size).toBe(numbers.length);
  });

  it('finds the registers of one SINT and one timer', () => {
    expect(tlfs.sintMsr(2)).toBe(tlfs.Msr.HV_X64_MSR_SINT2);
    expect(tlfs.stimerConfigMsr(3)).toBe(tlfs.Msr.HV_X64_MSR_STIMER3_CONFIG);
    expect(tlfs.sintSlot(2)).toBe(0x200);
  });
});
