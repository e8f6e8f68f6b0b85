/**
 * The local APIC's registers by their offset in its page, for whatever reaches them: memory accesses and MSRs.
 * Intel SDM volume 3, "Local APIC Register Address Map". The local vector table and the timer are not part of it.
 */

import { ApicError, type LocalApic } from './local-apic.ts';

/** Offsets in the APIC page. The vector sets are eight registers each, 16 bytes apart. */
export const ApicRegister = {
  ID: 0x20,
  VERSION: 0x30,
  TPR: 0x80,
  PPR: 0xa0,
  EOI: 0xb0,
  LDR: 0xd0,
  DFR: 0xe0,
  SVR: 0xf0,
  ISR: 0x100,
  TMR: 0x180,
  IRR: 0x200,
  ESR: 0x280,
  ICR_LOW: 0x300,
  ICR_HIGH: 0x310,
} as const;

/** An integrated APIC (0x14) that says it has no local vector table entry beyond the first. */
const VERSION = 0x14;

/** Value of a register; 0 for write-only ones. An offset without register also sets the error status. */
export function readApicRegister(apic: LocalApic, offset: number): number {
  switch (offset) {
    case ApicRegister.ID:
      return (apic.id << 24) >>> 0;
    case ApicRegister.VERSION:
      return VERSION;
    case ApicRegister.TPR:
      return apic.taskPriority;
    case ApicRegister.PPR:
      return apic.processorPriority;
    case ApicRegister.EOI:
      return 0;
    case ApicRegister.LDR:
      return apic.ldr;
    case ApicRegister.DFR:
      return apic.dfr;
    case ApicRegister.SVR:
      return apic.svr;
    case ApicRegister.ESR:
      return apic.esr;
    case ApicRegister.ICR_LOW:
      return apic.icrLow;
    case ApicRegister.ICR_HIGH:
      return apic.icrHigh;
    default:
      return readVectorSet(apic, offset);
  }
}

function readVectorSet(apic: LocalApic, offset: number): number {
  if ((offset & 0xf) === 0 && offset >= ApicRegister.ISR && offset < ApicRegister.ESR) {
    const word = (offset >> 4) & 7;
    if (offset < ApicRegister.TMR) return apic.isr.words[word]!;
    return offset < ApicRegister.IRR ? apic.tmr.words[word]! : apic.irr.words[word]!;
  }
  apic.errors |= ApicError.ILLEGAL_REGISTER;
  return 0;
}

/** Writes a register. Writes to read-only ones do nothing; an offset without register sets the error status. */
export function writeApicRegister(apic: LocalApic, offset: number, value: number): void {
  switch (offset) {
    case ApicRegister.TPR:
      apic.taskPriority = value & 0xff;
      break;
    case ApicRegister.EOI:
      apic.eoi();
      break;
    case ApicRegister.LDR:
      apic.ldr = (value & 0xff00_0000) >>> 0;
      break;
    case ApicRegister.DFR:
      apic.dfr = (value | 0x0fff_ffff) >>> 0;
      break;
    case ApicRegister.SVR:
      apic.setSpurious(value);
      break;
    case ApicRegister.ESR:
      apic.esr = apic.errors;
      apic.errors = 0;
      break;
    case ApicRegister.ICR_LOW:
      apic.writeIcr(value, apic.icrHigh);
      break;
    case ApicRegister.ICR_HIGH:
      apic.icrHigh = (value & 0xff00_0000) >>> 0;
      break;
    case ApicRegister.ID:
    case ApicRegister.VERSION:
    case ApicRegister.PPR:
      break;
    default:
      if (offset < ApicRegister.ISR || offset >= ApicRegister.ESR || (offset & 0xf) !== 0) {
        apic.errors |= ApicError.ILLEGAL_REGISTER;
      }
  }
}
