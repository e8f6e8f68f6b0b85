/** CPUID leaves that tell frequencies, so that guests need not measure them. Intel SDM volume 2, CPUID. */

import type { ReferenceCounter } from '../timer/reference-counter.ts';
import { type CpuidRegisters, setLeaf } from './cpuid.ts';

const HZ_PER_MHZ = 1_000_000;
const BUS_MHZ = 100;
const MAX_32 = 0xffff_ffff;

/** Leaf 15h: TSC frequency = ECX · EBX / EAX, where ECX is also the input clock of the local APIC's timer. */
export function timeStampLeaf(reference: ReferenceCounter, result: CpuidRegisters): void {
  const { apicHz, tscHz } = reference;
  // A clock that does not fit is not told: the guest measures.
  if (apicHz <= MAX_32) setLeaf(result, 1, tscHz / apicHz, apicHz, 0);
}

/** Leaf 16h: base, highest and bus frequency in MHz. */
export function frequencyLeaf(reference: ReferenceCounter, result: CpuidRegisters): void {
  const mhz = Math.min(Math.round(reference.tscHz / HZ_PER_MHZ), 0xffff);
  setLeaf(result, mhz, mhz, BUS_MHZ, 0);
}
