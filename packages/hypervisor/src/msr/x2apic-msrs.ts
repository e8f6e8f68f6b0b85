/**
 * The registers of the local APIC as MSRs 0x800 to 0x83F, which exist in x2APIC mode alone. Unlike the page they refuse
 * reserved bits. Intel SDM volume 3, "x2APIC Register Address Space", and IA32_TSC_DEADLINE.
 */

import { Outcome } from '@viridian/x86';
import { ApicRegister, lvtEntryAt, readApicRegister, writeApicRegister } from '../apic/apic-registers.ts';
import type { LvtEntry } from '../apic/local-vector-table.ts';
import { type MsrEntry, type MsrRead, type MsrWrite, put, putWide, wide } from './msr-declaration.ts';

const { DONE, GENERAL_PROTECTION } = Outcome;

const FIRST = 0x800;
const IA32_TSC_DEADLINE = 0x6e0;
const SELF_IPI = 0x83f;
const ICR_SHORTHAND_SELF = 1 << 18;
/** ICR: vector, delivery mode, destination mode, level, trigger, shorthand. The delivery status is gone. */
const ICR_KNOWN = 0xc_cfff;

/** Bits that a write may have, by offset; the vector table has masks of its own. */
const WRITABLE: ReadonlyMap<number, number> = new Map([
  [ApicRegister.TPR, 0xff],
  [ApicRegister.EOI, 0],
  [ApicRegister.SVR, 0x1ff],
  [ApicRegister.ESR, 0],
  [ApicRegister.INITIAL_COUNT, 0xffff_ffff],
  [ApicRegister.DIVIDE, 0xb],
]);

const READ_ONLY: readonly number[] = [
  ApicRegister.ID,
  ApicRegister.VERSION,
  ApicRegister.PPR,
  ApicRegister.LDR,
  ApicRegister.CURRENT_COUNT,
  ...Array.from({ length: 24 }, (_, register) => ApicRegister.ISR + 16 * register),
];

const LVT_OFFSETS = Array.from({ length: 6 }, (_, entry) => ApicRegister.LVT + 16 * entry);

function read(offset: number): MsrRead {
  return ({ apic }, value) =>
    apic.isX2apic ? put(value, readApicRegister(apic, offset)) : GENERAL_PROTECTION;
}

function write(offset: number): MsrWrite {
  const writable = WRITABLE.get(offset) ?? 0;
  const entry = lvtEntryAt(offset);
  return ({ apic }, low, high) => {
    if (!apic.isX2apic || high !== 0) return GENERAL_PROTECTION;
    const accepted = entry >= 0 ? apic.lvt.accepts(entry as LvtEntry, low) : (low & ~writable) === 0;
    if (!accepted) return GENERAL_PROTECTION;
    writeApicRegister(apic, offset, low);
    return DONE;
  };
}

function register(offset: number, isReadable: boolean, isWritable: boolean): MsrEntry {
  const index = FIRST + (offset >> 4);
  return {
    index,
    name: `IA32_X2APIC_${index.toString(16)}`,
    scope: 'vp',
    ...(isReadable ? { read: read(offset) } : {}),
    ...(isWritable ? { write: write(offset) } : {}),
  };
}

/** x2APIC mode's registers, and the deadline of the timer. */
export const X2APIC_MSRS: readonly MsrEntry[] = [
  ...READ_ONLY.map((offset) => register(offset, true, false)),
  ...[...WRITABLE.keys()].map((offset) => register(offset, offset !== ApicRegister.EOI, true)),
  ...LVT_OFFSETS.map((offset) => register(offset, true, true)),
  {
    index: FIRST + (ApicRegister.ICR_LOW >> 4),
    name: 'IA32_X2APIC_ICR',
    scope: 'vp',
    read: ({ apic }, value) => (apic.isX2apic ? put(value, apic.icrLow, apic.icrHigh) : GENERAL_PROTECTION),
    write: ({ apic }, low, high) => {
      if (!apic.isX2apic || (low & ~ICR_KNOWN) !== 0) return GENERAL_PROTECTION;
      apic.writeIcr(low, high);
      return DONE;
    },
  },
  {
    index: SELF_IPI,
    name: 'IA32_X2APIC_SELF_IPI',
    scope: 'vp',
    write: (vp, low, high) => {
      if (!vp.apic.isX2apic || high !== 0 || low > 0xff) return GENERAL_PROTECTION;
      vp.sendIpi(low | ICR_SHORTHAND_SELF, 0);
      return DONE;
    },
  },
  {
    index: IA32_TSC_DEADLINE,
    name: 'IA32_TSC_DEADLINE',
    scope: 'vp',
    read: ({ apic }, value) => putWide(value, apic.timer.deadline),
    write: ({ apic }, low, high) => {
      apic.timer.deadline = wide(low, high);
      return DONE;
    },
  },
];
