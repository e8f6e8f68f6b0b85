/**
 * The registers with which a machine without firmware starts: 64-bit mode, flat segments, interrupts off, as a loader
 * leaves them. Intel SDM volume 3, "Initializing IA-32e Mode".
 */

import type { BootImage, EntryState, SegmentState, TableState } from '@viridian/emulation/loader';
import type { RegisterSetting } from '@viridian/hypervisor/parent';
import { HvRegister, SegmentAttributes } from '@viridian/protocols/tlfs';

const CR0_PE_MP_ET_NE_PG = 0x8000_0033n;
const CR4_PAE = 0x20n;
const EFER_LME_LMA_NXE = 0xd00n;
const RFLAGS_FIXED = 0x2n;

const CODE = SegmentAttributes.encode({ type: 0xb, nonSystem: 1, present: 1, long: 1, granularity: 1 });
const DATA = SegmentAttributes.encode({ type: 0x3, nonSystem: 1, present: 1, default: 1, granularity: 1 });

const DATA_SEGMENTS = [HvRegister.Ds, HvRegister.Es, HvRegister.Ss, HvRegister.Fs, HvRegister.Gs];

/** Where a program starts. */
export interface BootState {
  readonly rip: number;
  /** Physical address of the page tables; 0 for a processor that runs a program and has none. */
  readonly cr3?: number;
  readonly rsp?: number;
}

/** The state of the first virtual processor, in the order in which it has to be set. */
export function bootRegisters(boot: BootState | BootImage): RegisterSetting[] {
  return 'entry' in boot ? entryRegisters(boot.entry) : programRegisters(boot);
}

/** A loader's state, register by register. */
function entryRegisters(entry: EntryState): RegisterSetting[] {
  const { general, cs, data, tr, ldtr, gdtr, idtr } = entry;
  const segment = (name: number, state: SegmentState): RegisterSetting => ({
    name,
    low: BigInt(state.base),
    high: BigInt(state.limit) | (BigInt(state.selector) << 32n) | (BigInt(state.attributes) << 48n),
  });
  const table = (name: number, { base, limit }: TableState): RegisterSetting => ({
    name,
    // The limit is in the last two bytes of the first half.
    low: BigInt(limit) << 48n,
    high: BigInt(base),
  });
  const value = (name: number, low: number): RegisterSetting => ({ name, low: BigInt(low) });
  return [
    value(HvRegister.Cr3, entry.cr3),
    value(HvRegister.Cr4, entry.cr4),
    value(HvRegister.Efer, entry.efer),
    value(HvRegister.Cr0, entry.cr0),
    table(HvRegister.Gdtr, gdtr),
    table(HvRegister.Idtr, idtr),
    segment(HvRegister.Cs, cs),
    ...DATA_SEGMENTS.map((name) => segment(name, data)),
    segment(HvRegister.Tr, tr),
    segment(HvRegister.Ldtr, ldtr),
    value(HvRegister.Rax, general.rax),
    value(HvRegister.Rbx, general.rbx),
    value(HvRegister.Rsi, general.rsi),
    value(HvRegister.Rflags, entry.rflags),
    value(HvRegister.Rip, entry.rip),
  ];
}

function programRegisters({ rip, cr3 = 0, rsp = 0 }: BootState): RegisterSetting[] {
  const data = { low: 0n, high: segmentHigh(0x10, DATA) };
  return [
    { name: HvRegister.Cr3, low: BigInt(cr3) },
    { name: HvRegister.Cr4, low: CR4_PAE },
    { name: HvRegister.Efer, low: EFER_LME_LMA_NXE },
    { name: HvRegister.Cr0, low: CR0_PE_MP_ET_NE_PG },
    { name: HvRegister.Cs, low: 0n, high: segmentHigh(0x8, CODE) },
    ...DATA_SEGMENTS.map((name) => ({
      name,
      ...data,
    })),
    { name: HvRegister.Rsp, low: BigInt(rsp) },
    { name: HvRegister.Rflags, low: RFLAGS_FIXED },
    { name: HvRegister.Rip, low: BigInt(rip) },
  ];
}

/** High half of a segment's value: limit, selector, attributes. */
function segmentHigh(selector: number, attributes: number): bigint {
  return 0xffff_ffffn | (BigInt(selector) << 32n) | (BigInt(attributes) << 48n);
}
