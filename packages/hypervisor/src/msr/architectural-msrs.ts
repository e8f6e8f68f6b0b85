/**
 * The architectural MSRs that are the hypervisor's, not the processor's: the place of the local APIC, the time-stamp
 * counter, the memory types, which are stored and told back, and what kernels look at on their way. Intel SDM volume 4.
 */

import { Outcome } from '@viridian/x86';
import { isBase, isDefType, isFixed, isMask, MTRR_CAP, type MtrrState } from '../vp/mtrr-state.ts';
import { type MsrEntry, type MsrWrite, put, putWide, wide } from './msr-declaration.ts';

const { DONE, GENERAL_PROTECTION } = Outcome;

const IA32_TIME_STAMP_COUNTER = 0x10;
const IA32_APIC_BASE = 0x1b;
const IA32_TSC_ADJUST = 0x3b;
const IA32_MTRRCAP = 0xfe;
const IA32_MTRR_PHYSBASE0 = 0x200;
const IA32_MTRR_DEF_TYPE = 0x2ff;
/** Fixed ranges in the order of their registers. */
const FIXED_MTRRS = [0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f] as const;

/** An MSR that is one place of the stored memory types. */
function mtrr(
  index: number,
  name: string,
  place: (mtrrs: MtrrState) => [store: Uint32Array, at: number],
  accepts: (low: number, high: number) => boolean,
): MsrEntry {
  return {
    index,
    name,
    scope: 'vp',
    read: ({ mtrrs }, value) => {
      const [store, at] = place(mtrrs);
      return put(value, store[at]!, store[at + 1]!);
    },
    write: ({ mtrrs }, low, high) => {
      if (!accepts(low, high)) return GENERAL_PROTECTION;
      const [store, at] = place(mtrrs);
      store[at] = low;
      store[at + 1] = high;
      return DONE;
    },
  };
}

/** An MSR without anything behind it. Without `write` it is read-only. */
function fixed(index: number, name: string, low: number, write?: MsrWrite): MsrEntry {
  const read = (_vp: unknown, value: { low: number; high: number }) => put(value, low);
  return { index, name, scope: 'vp', read, ...(write === undefined ? {} : { write }) };
}

/** There is nothing to switch on. */
const zeroOnly: MsrWrite = (_vp, low, high) => ((low | high) === 0 ? DONE : GENERAL_PROTECTION);
const ignored: MsrWrite = () => DONE;

/** What Linux reads on its way, not always in a way that survives #GP, and where zero is the answer of a plain machine. */
const PROBED: readonly MsrEntry[] = [
  fixed(0x17, 'IA32_PLATFORM_ID', 0),
  fixed(0x34, 'MSR_SMI_COUNT', 0),
  // Locked, with everything off, as firmware leaves it.
  fixed(0x3a, 'IA32_FEATURE_CONTROL', 1),
  fixed(0xce, 'MSR_PLATFORM_INFO', 0),
  fixed(0x140, 'MSR_MISC_FEATURES_ENABLES', 0, zeroOnly),
  fixed(0x179, 'IA32_MCG_CAP', 0),
  fixed(0x64e, 'MSR_PPERF', 0),
  // Of the other vendor; kernels touch it without asking whose processor this is.
  fixed(0xc001_1029, 'MSR_DE_CFG', 0, ignored),
];

/** Declared like the synthetic ones; no privilege switches them off. */
export const ARCHITECTURAL_MSRS: readonly MsrEntry[] = [
  {
    index: IA32_TIME_STAMP_COUNTER,
    name: 'IA32_TIME_STAMP_COUNTER',
    scope: 'vp',
    read: ({ timeStamp }, value) => putWide(value, timeStamp.read()),
    write: (vp, low, high) => {
      vp.timeStamp.set(wide(low, high));
      vp.apic.timer.timeStampChanged();
      return DONE;
    },
  },
  {
    index: IA32_TSC_ADJUST,
    name: 'IA32_TSC_ADJUST',
    scope: 'vp',
    read: ({ timeStamp }, value) => putWide(value, timeStamp.adjust),
    write: (vp, low, high) => {
      vp.timeStamp.adjust = wide(low, high);
      vp.apic.timer.timeStampChanged();
      return DONE;
    },
  },
  {
    index: IA32_APIC_BASE,
    name: 'IA32_APIC_BASE',
    scope: 'vp',
    read: ({ apicBase }, value) => put(value, apicBase.low, apicBase.high),
    write: ({ apicBase, partition }, low, high) =>
      apicBase.set(low, high, partition.x2apic) ? DONE : GENERAL_PROTECTION,
  },
  fixed(IA32_MTRRCAP, 'IA32_MTRRCAP', MTRR_CAP),
  mtrr(IA32_MTRR_DEF_TYPE, 'IA32_MTRR_DEF_TYPE', (mtrrs) => [mtrrs.defType, 0], isDefType),
  ...Array.from({ length: MTRR_CAP & 0xff }, (_, range) => [
    mtrr(
      IA32_MTRR_PHYSBASE0 + 2 * range,
      `IA32_MTRR_PHYSBASE${range}`,
      (mtrrs) => [mtrrs.bases, 2 * range],
      isBase,
    ),
    mtrr(
      IA32_MTRR_PHYSBASE0 + 2 * range + 1,
      `IA32_MTRR_PHYSMASK${range}`,
      (mtrrs) => [mtrrs.masks, 2 * range],
      isMask,
    ),
  ]).flat(),
  ...FIXED_MTRRS.map((index, range) =>
    mtrr(index, `IA32_MTRR_FIX${index.toString(16)}`, (mtrrs) => [mtrrs.fixed, 2 * range], isFixed),
  ),
  ...PROBED,
];
