/**
 * The architectural MSRs that are the hypervisor's, not the processor's: the place of the local APIC and the memory
 * types, which are stored and told back. Intel SDM volume 4.
 */

import { Outcome } from '@viridian/x86';
import { MTRR_CAP, type MtrrState } from '../vp/mtrr-state.ts';
import { type MsrEntry, put } from './msr-declaration.ts';

const { DONE, GENERAL_PROTECTION } = Outcome;

const IA32_APIC_BASE = 0x1b;
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
      const [store, at] = place(mtrrs);
      store[at] = low;
      store[at + 1] = high;
      return DONE;
    },
  };
}

/** Declared like the synthetic ones; no privilege switches them off. */
export const ARCHITECTURAL_MSRS: readonly MsrEntry[] = [
  {
    index: IA32_APIC_BASE,
    name: 'IA32_APIC_BASE',
    scope: 'vp',
    read: ({ apicBase }, value) => put(value, apicBase.low, apicBase.high),
    write: ({ apicBase }, low, high) => (apicBase.set(low, high) ? DONE : GENERAL_PROTECTION),
  },
  {
    index: IA32_MTRRCAP,
    name: 'IA32_MTRRCAP',
    scope: 'vp',
    read: (_vp, value) => put(value, MTRR_CAP),
  },
  mtrr(IA32_MTRR_DEF_TYPE, 'IA32_MTRR_DEF_TYPE', (mtrrs) => [mtrrs.defType, 0]),
  ...Array.from({ length: MTRR_CAP & 0xff }, (_, range) => [
    mtrr(IA32_MTRR_PHYSBASE0 + 2 * range, `IA32_MTRR_PHYSBASE${range}`, (mtrrs) => [mtrrs.bases, 2 * range]),
    mtrr(IA32_MTRR_PHYSBASE0 + 2 * range + 1, `IA32_MTRR_PHYSMASK${range}`, (mtrrs) => [
      mtrrs.masks,
      2 * range,
    ]),
  ]).flat(),
  ...FIXED_MTRRS.map((index, range) =>
    mtrr(index, `IA32_MTRR_FIX${index.toString(16)}`, (mtrrs) => [mtrrs.fixed, 2 * range]),
  ),
];
