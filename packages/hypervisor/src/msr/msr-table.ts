/**
 * Every MSR that the hypervisor answers: number, name, scope, privilege, what a read and a write do. What is not here,
 * or not offered, is #GP unless the parent intercepts MSRs. TLFS, appendix "Synthetic MSRs".
 */

import {
  CRASH_CTL_CAPABILITIES,
  CRASH_PARAMETER_COUNT,
  FeatureEdx,
  Msr,
  SINT_COUNT,
  STIMER_COUNT,
  SYNIC_VERSION,
  sintMsr,
  stimerConfigMsr,
} from '@viridian/protocols/tlfs';
import { Outcome } from '@viridian/x86';
import { ARCHITECTURAL_MSRS } from './architectural-msrs.ts';
import { declareMsr, type MsrDeclaration, type MsrEntry, put, putNumber } from './msr-declaration.ts';
import { X2APIC_MSRS } from './x2apic-msrs.ts';

const { DONE, GENERAL_PROTECTION } = Outcome;

const CRASH_CTL_HIGH = Number(CRASH_CTL_CAPABILITIES >> 32n);
const RESET_BIT = 1;

const PARTITION_MSRS: readonly MsrEntry[] = [
  {
    index: Msr.HV_X64_MSR_GUEST_OS_ID,
    name: 'HV_X64_MSR_GUEST_OS_ID',
    scope: 'partition',
    privilege: 'AccessHypercallMsrs',
    read: ({ msrs }, value) => put(value, msrs.osIdLow, msrs.osIdHigh),
    write: ({ msrs }, low, high) => {
      msrs.setOsId(low, high);
      return DONE;
    },
  },
  {
    index: Msr.HV_X64_MSR_HYPERCALL,
    name: 'HV_X64_MSR_HYPERCALL',
    scope: 'partition',
    privilege: 'AccessHypercallMsrs',
    read: ({ msrs }, value) => put(value, msrs.hypercallPage.low, msrs.hypercallPage.high),
    write: ({ msrs, partition }, low, high) => {
      const canLock = (partition.features & FeatureEdx.HYPERCALL_MSR_LOCK) !== 0;
      return msrs.setHypercall(low, high, canLock) ? DONE : GENERAL_PROTECTION;
    },
  },
  {
    index: Msr.HV_X64_MSR_RESET,
    name: 'HV_X64_MSR_RESET',
    scope: 'partition',
    privilege: 'AccessResetReg',
    read: (_vp, value) => put(value, 0),
    write: (vp, low) => {
      if ((low & RESET_BIT) === 0) return DONE;
      vp.requestPartitionReset();
      return Outcome.SUSPEND;
    },
  },
  {
    index: Msr.HV_X64_MSR_TIME_REF_COUNT,
    name: 'HV_X64_MSR_TIME_REF_COUNT',
    scope: 'partition',
    privilege: 'AccessPartitionReferenceCounter',
    read: ({ reference }, value) => putNumber(value, reference.now()),
  },
  {
    index: Msr.HV_X64_MSR_REFERENCE_TSC,
    name: 'HV_X64_MSR_REFERENCE_TSC',
    scope: 'partition',
    privilege: 'AccessPartitionReferenceTsc',
    read: ({ msrs }, value) => put(value, msrs.referenceTsc.low, msrs.referenceTsc.high),
    write: ({ msrs }, low, high) => {
      msrs.setReferenceTsc(low, high);
      return DONE;
    },
  },
  {
    index: Msr.HV_X64_MSR_TSC_FREQUENCY,
    name: 'HV_X64_MSR_TSC_FREQUENCY',
    scope: 'partition',
    privilege: 'AccessFrequencyRegs',
    features: FeatureEdx.FREQUENCY_REGISTERS,
    read: ({ reference }, value) => putNumber(value, reference.tscHz),
  },
  {
    index: Msr.HV_X64_MSR_APIC_FREQUENCY,
    name: 'HV_X64_MSR_APIC_FREQUENCY',
    scope: 'partition',
    privilege: 'AccessFrequencyRegs',
    features: FeatureEdx.FREQUENCY_REGISTERS,
    read: ({ reference }, value) => putNumber(value, reference.apicHz),
  },
  {
    index: Msr.HV_X64_MSR_TSC_INVARIANT_CONTROL,
    name: 'HV_X64_MSR_TSC_INVARIANT_CONTROL',
    scope: 'partition',
    privilege: 'AccessTscInvariantControls',
    read: ({ msrs }, value) => put(value, msrs.tscInvariant),
    write: ({ msrs }, low, high) => {
      if (high !== 0 || low > 1) return GENERAL_PROTECTION;
      msrs.tscInvariant = low;
      return DONE;
    },
  },
  ...Array.from({ length: CRASH_PARAMETER_COUNT }, (_, parameter) => crashParameter(parameter)),
  {
    index: Msr.HV_X64_MSR_CRASH_CTL,
    name: 'HV_X64_MSR_CRASH_CTL',
    scope: 'partition',
    features: FeatureEdx.CRASH_REGISTERS,
    read: (_vp, value) => put(value, 0, CRASH_CTL_HIGH),
    write: ({ msrs, index }, low, high) => {
      msrs.reportCrash(index, low, high);
      return DONE;
    },
  },
];

const VP_MSRS: readonly MsrEntry[] = [
  {
    index: Msr.HV_X64_MSR_VP_INDEX,
    name: 'HV_X64_MSR_VP_INDEX',
    scope: 'vp',
    privilege: 'AccessVpIndex',
    read: ({ index }, value) => put(value, index),
  },
  {
    index: Msr.HV_X64_MSR_VP_RUNTIME,
    name: 'HV_X64_MSR_VP_RUNTIME',
    scope: 'vp',
    privilege: 'AccessVpRunTimeReg',
    read: (vp, value) => putNumber(value, vp.runtime),
  },
  {
    index: Msr.HV_X64_MSR_EOI,
    name: 'HV_X64_MSR_EOI',
    scope: 'vp',
    privilege: 'AccessIntrCtrlRegs',
    write: ({ apic }) => {
      apic.eoi();
      return DONE;
    },
  },
  {
    index: Msr.HV_X64_MSR_ICR,
    name: 'HV_X64_MSR_ICR',
    scope: 'vp',
    privilege: 'AccessIntrCtrlRegs',
    read: ({ apic }, value) => put(value, apic.icrLow, apic.icrHigh),
    write: ({ apic }, low, high) => {
      apic.writeIcr(low, high);
      return DONE;
    },
  },
  {
    index: Msr.HV_X64_MSR_TPR,
    name: 'HV_X64_MSR_TPR',
    scope: 'vp',
    privilege: 'AccessIntrCtrlRegs',
    read: ({ apic }, value) => put(value, apic.taskPriority),
    write: ({ apic }, low) => {
      apic.taskPriority = low & 0xff;
      return DONE;
    },
  },
  {
    index: Msr.HV_X64_MSR_VP_ASSIST_PAGE,
    name: 'HV_X64_MSR_VP_ASSIST_PAGE',
    scope: 'vp',
    privilege: 'AccessIntrCtrlRegs',
    read: ({ assist }, value) => put(value, assist.low, assist.high),
    write: (vp, low, high) => {
      vp.setAssistPage(low, high);
      return DONE;
    },
  },
  {
    index: Msr.HV_X64_MSR_SCONTROL,
    name: 'HV_X64_MSR_SCONTROL',
    scope: 'vp',
    privilege: 'AccessSynicRegs',
    read: ({ synic: { registers } }, value) => put(value, registers.scontrolLow, registers.scontrolHigh),
    write: ({ synic }, low, high) => {
      synic.registers.setScontrol(low, high);
      return DONE;
    },
  },
  {
    index: Msr.HV_X64_MSR_SVERSION,
    name: 'HV_X64_MSR_SVERSION',
    scope: 'vp',
    privilege: 'AccessSynicRegs',
    read: (_vp, value) => put(value, SYNIC_VERSION),
  },
  {
    index: Msr.HV_X64_MSR_SIEFP,
    name: 'HV_X64_MSR_SIEFP',
    scope: 'vp',
    privilege: 'AccessSynicRegs',
    read: ({ synic: { registers } }, value) => put(value, registers.siefp.low, registers.siefp.high),
    write: ({ synic }, low, high) => {
      synic.registers.setSiefp(low, high);
      return DONE;
    },
  },
  {
    index: Msr.HV_X64_MSR_SIMP,
    name: 'HV_X64_MSR_SIMP',
    scope: 'vp',
    privilege: 'AccessSynicRegs',
    read: ({ synic: { registers } }, value) => put(value, registers.simp.low, registers.simp.high),
    write: ({ synic }, low, high) => {
      synic.registers.setSimp(low, high);
      return DONE;
    },
  },
  {
    index: Msr.HV_X64_MSR_EOM,
    name: 'HV_X64_MSR_EOM',
    scope: 'vp',
    privilege: 'AccessSynicRegs',
    read: (_vp, value) => put(value, 0),
    write: ({ synic }) => {
      synic.rescan();
      return DONE;
    },
  },
  ...Array.from({ length: SINT_COUNT }, (_, sint) => sintDeclaration(sint)),
  ...Array.from({ length: STIMER_COUNT }, (_, timer) => [timerConfig(timer), timerCount(timer)]).flat(),
  {
    index: Msr.HV_X64_MSR_GUEST_IDLE,
    name: 'HV_X64_MSR_GUEST_IDLE',
    scope: 'vp',
    privilege: 'AccessGuestIdleReg',
    features: FeatureEdx.GUEST_IDLE_STATE,
    read: (vp, value) => {
      put(value, 0);
      return vp.idle() ? Outcome.SUSPEND : DONE;
    },
  },
];

function crashParameter(parameter: number): MsrEntry {
  return {
    index: Msr.HV_X64_MSR_CRASH_P0 + parameter,
    name: `HV_X64_MSR_CRASH_P${parameter}`,
    scope: 'partition',
    features: FeatureEdx.CRASH_REGISTERS,
    read: ({ msrs }, value) => put(value, msrs.crashLow[parameter]!, msrs.crashHigh[parameter]!),
    write: ({ msrs }, low, high) => {
      msrs.crashLow[parameter] = low;
      msrs.crashHigh[parameter] = high;
      return DONE;
    },
  };
}

function sintDeclaration(sint: number): MsrEntry {
  return {
    index: sintMsr(sint),
    name: `HV_X64_MSR_SINT${sint}`,
    scope: 'vp',
    privilege: 'AccessSynicRegs',
    read: ({ synic: { registers } }, value) =>
      put(value, registers.sintLow[sint]!, registers.sintHigh[sint]!),
    write: ({ synic }, low, high) => (synic.registers.setSint(sint, low, high) ? DONE : GENERAL_PROTECTION),
  };
}

function timerConfig(index: number): MsrEntry {
  return {
    index: stimerConfigMsr(index),
    name: `HV_X64_MSR_STIMER${index}_CONFIG`,
    scope: 'vp',
    privilege: 'AccessSyntheticTimerRegs',
    read: ({ timers }, value) => {
      const timer = timers.timer(index);
      return put(value, timer.configLow, timer.configHigh);
    },
    write: ({ timers }, low, high) => {
      timers.timer(index).writeConfig(low, high);
      return DONE;
    },
  };
}

function timerCount(index: number): MsrEntry {
  return {
    index: stimerConfigMsr(index) + 1,
    name: `HV_X64_MSR_STIMER${index}_COUNT`,
    scope: 'vp',
    privilege: 'AccessSyntheticTimerRegs',
    read: ({ timers }, value) => {
      const timer = timers.timer(index);
      return put(value, timer.countLow, timer.countHigh);
    },
    write: ({ timers }, low, high) => {
      timers.timer(index).writeCount(low, high);
      return DONE;
    },
  };
}

/** All MSRs by index. */
export const MSR_TABLE: ReadonlyMap<number, MsrDeclaration> = new Map(
  [...PARTITION_MSRS, ...VP_MSRS, ...ARCHITECTURAL_MSRS, ...X2APIC_MSRS].map((entry) => [
    entry.index,
    declareMsr(entry),
  ]),
);
