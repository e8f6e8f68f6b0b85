/**
 * The local APIC's registers by their offset in its page, for whatever reaches them: memory accesses, and the MSRs of
 * x2APIC mode. Intel SDM volume 3, "Local APIC Register Address Map".
 */

import { ApicError, type LocalApic } from './local-apic.ts';
import { LVT_ENTRIES, LvtEntry } from './local-vector-table.ts';

/** Offsets in the APIC page. The vector sets are eight registers each, 16 bytes apart. */
export const ApicRegister = {
  ID: 0x20,
  VERSION: 0x30,
  TPR: 0x80,
  /** Arbitration priority and remote read: there on processors of old, zero here. */
  APR: 0x90,
  PPR: 0xa0,
  EOI: 0xb0,
  RRD: 0xc0,
  LDR: 0xd0,
  DFR: 0xe0,
  SVR: 0xf0,
  ISR: 0x100,
  TMR: 0x180,
  IRR: 0x200,
  ESR: 0x280,
  ICR_LOW: 0x300,
  ICR_HIGH: 0x310,
  /** Six entries, 16 bytes apart, in the order of {@link LvtEntry}. */
  LVT: 0x320,
  INITIAL_COUNT: 0x380,
  CURRENT_COUNT: 0x390,
  DIVIDE: 0x3e0,
} as const;

const LVT_END = ApicRegister.LVT + 16 * LVT_ENTRIES;

/** An integrated APIC with six entries in its local vector table; it cannot keep an EOI from the I/O APICs. */
const VERSION = 0x14 | ((LVT_ENTRIES - 1) << 16);

/** Entry of the local vector table at an offset, -1 for another register. */
export function lvtEntryAt(offset: number): LvtEntry | -1 {
  if (offset < ApicRegister.LVT || offset >= LVT_END || (offset & 0xf) !== 0) return -1;
  return ((offset - ApicRegister.LVT) >> 4) as LvtEntry;
}

/** Value of a register; 0 for write-only ones. An offset without register also sets the error status. */
export function readApicRegister(apic: LocalApic, offset: number): number {
  switch (offset) {
    case ApicRegister.ID:
      return apic.isX2apic ? apic.id : (apic.id << 24) >>> 0;
    case ApicRegister.VERSION:
      return VERSION;
    case ApicRegister.TPR:
      return apic.taskPriority;
    case ApicRegister.PPR:
      return apic.processorPriority;
    case ApicRegister.APR:
    case ApicRegister.EOI:
    case ApicRegister.RRD:
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
    case ApicRegister.INITIAL_COUNT:
      return apic.timer.initial;
    case ApicRegister.CURRENT_COUNT:
      return apic.timer.current;
    case ApicRegister.DIVIDE:
      return apic.timer.divide;
    default:
      return readRow(apic, offset);
  }
}

/** The registers that come in rows: vector sets and the local vector table. */
function readRow(apic: LocalApic, offset: number): number {
  const entry = lvtEntryAt(offset);
  if (entry >= 0) return apic.lvt.read(entry as LvtEntry);
  if ((offset & 0xf) === 0 && offset >= ApicRegister.ISR && offset < ApicRegister.ESR) {
    const word = (offset >> 4) & 7;
    if (offset < ApicRegister.TMR) return apic.isr.words[word]!;
    return offset < ApicRegister.IRR ? apic.tmr.words[word]! : apic.irr.words[word]!;
  }
  apic.raiseError(ApicError.ILLEGAL_REGISTER);
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
    case ApicRegister.INITIAL_COUNT:
      apic.timer.initial = value;
      break;
    case ApicRegister.DIVIDE:
      apic.timer.divide = value;
      break;
    case ApicRegister.ID:
    case ApicRegister.VERSION:
    case ApicRegister.APR:
    case ApicRegister.PPR:
    case ApicRegister.RRD:
    case ApicRegister.CURRENT_COUNT:
      break;
    default:
      writeRow(apic, offset, value);
  }
}

function writeRow(apic: LocalApic, offset: number, value: number): void {
  const entry = lvtEntryAt(offset);
  if (entry >= 0) {
    apic.lvt.write(entry as LvtEntry, value);
    if (entry === LvtEntry.TIMER) apic.timer.setEntry(value);
  } else if (offset < ApicRegister.ISR || offset >= ApicRegister.ESR || (offset & 0xf) !== 0) {
    apic.raiseError(ApicError.ILLEGAL_REGISTER);
  }
}
