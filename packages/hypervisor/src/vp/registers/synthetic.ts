/**
 * Synthetic MSRs under their register names: each goes to the declaration of its MSR, so that a value means the same
 * by either way. A parent may read and set them whatever the partition is offered. TLFS, "Virtual Processor Management".
 */

import { CRASH_PARAMETER_COUNT, HvRegister, Msr, SINT_COUNT, STIMER_COUNT } from '@viridian/protocols/tlfs';
import { Outcome } from '@viridian/x86';
import { MSR_TABLE } from '../../msr/msr-table.ts';
import { highHalf, lowHalf, type NamedRegister, unsigned64, type VpRegister } from './register.ts';

function msrRegister(index: number): VpRegister {
  const { read, write } = MSR_TABLE.get(index)!;
  return {
    bits: 64,
    ...(read === undefined
      ? {}
      : {
          get: (vp) => {
            const value = { low: 0, high: 0 };
            read(vp, value);
            return unsigned64(value.low, value.high);
          },
        }),
    ...(write === undefined
      ? {}
      : {
          set: (vp, value) => write(vp, lowHalf(value), highHalf(value)) !== Outcome.GENERAL_PROTECTION,
        }),
  };
}

function row(firstName: number, firstMsr: number, count: number): NamedRegister[] {
  return Array.from(
    { length: count },
    (_, index) => [firstName + index, msrRegister(firstMsr + index)] as const,
  );
}

/** Registers 9xxxx, Axxxx, Bxxxx and the crash registers. */
export const SYNTHETIC_REGISTERS: readonly NamedRegister[] = [
  [HvRegister.VpRuntime, msrRegister(Msr.HV_X64_MSR_VP_RUNTIME)],
  [HvRegister.Hypercall, msrRegister(Msr.HV_X64_MSR_HYPERCALL)],
  [HvRegister.GuestOsId, msrRegister(Msr.HV_X64_MSR_GUEST_OS_ID)],
  [HvRegister.VpIndex, msrRegister(Msr.HV_X64_MSR_VP_INDEX)],
  [HvRegister.TimeRefCount, msrRegister(Msr.HV_X64_MSR_TIME_REF_COUNT)],
  [HvRegister.Eoi, msrRegister(Msr.HV_X64_MSR_EOI)],
  [HvRegister.Icr, msrRegister(Msr.HV_X64_MSR_ICR)],
  [HvRegister.Tpr, msrRegister(Msr.HV_X64_MSR_TPR)],
  [HvRegister.VpAssistPage, msrRegister(Msr.HV_X64_MSR_VP_ASSIST_PAGE)],
  [HvRegister.ReferenceTsc, msrRegister(Msr.HV_X64_MSR_REFERENCE_TSC)],
  ...row(HvRegister.Sint0, Msr.HV_X64_MSR_SINT0, SINT_COUNT),
  ...row(HvRegister.Scontrol, Msr.HV_X64_MSR_SCONTROL, 5),
  ...row(HvRegister.Stimer0Config, Msr.HV_X64_MSR_STIMER0_CONFIG, 2 * STIMER_COUNT),
  ...row(HvRegister.CrashP0, Msr.HV_X64_MSR_CRASH_P0, CRASH_PARAMETER_COUNT + 1),
];
