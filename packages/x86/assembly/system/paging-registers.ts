/** CR0, CR3, CR4 and EFER: what may be written, and the changes of mode that follow. Intel SDM volume 3, "Control Registers". */

import { raiseGP } from '../exception';
import { updateMode } from '../mode';
import { MODE_64 } from '../mode-bits';
import {
  CR0,
  CR0_CD,
  CR0_ET,
  CR0_NW,
  CR0_PE,
  CR0_PG,
  CR0_WP,
  CR3,
  CR4,
  CR4_DE,
  CR4_FSGSBASE,
  CR4_OSFXSR,
  CR4_OSXMMEXCPT,
  CR4_PAE,
  CR4_PCE,
  CR4_PGE,
  CR4_PSE,
  CR4_SMAP,
  CR4_SMEP,
  CR4_TSD,
  CR4_MCE,
  CS,
  EFER,
  EFER_LMA,
  EFER_LME,
  EFER_NXE,
  EFER_SCE,
  MODE_WORD,
  PDPTE,
  SEG_ATTRIBUTES,
  TR,
} from '../state';
import { segmentAddress } from '../mode';
import { flushAll, flushNonGlobal, readPhysical64 } from './core-access';
import { attributesIn, isNull, selectorOf, TYPE_TSS16_BUSY } from './descriptor';

/** PE, MP, EM, TS, ET, NE, WP, AM, NW, CD, PG. */
const CR0_KNOWN: u64 = 0xe005003f;
const CR4_KNOWN: u32 =
  CR4_TSD |
  CR4_DE |
  CR4_PSE |
  CR4_PAE |
  CR4_MCE |
  CR4_PGE |
  CR4_PCE |
  CR4_OSFXSR |
  CR4_OSXMMEXCPT |
  CR4_FSGSBASE |
  CR4_SMEP |
  CR4_SMAP;
const EFER_KNOWN: u64 = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;
/** Physical addresses have 40 bits (CPUID 80000008h). */
const PHYSICAL_HIGH: u64 = 0xffffff0000000000;

/** MOV CR0. */
export function writeCr0(vp: usize, value: u64): void {
  if (value >> 32) raiseGP(vp, 0);
  const bits = (<u32>value & <u32>CR0_KNOWN) | CR0_ET;
  if (bits & CR0_PG && !(bits & CR0_PE)) raiseGP(vp, 0);
  if (bits & CR0_NW && !(bits & CR0_CD)) raiseGP(vp, 0);
  const old = load<u32>(vp + CR0);
  const pagingOn = (bits & CR0_PG) != 0 && !(old & CR0_PG);
  const pagingOff = !(bits & CR0_PG) && (old & CR0_PG) != 0;
  const efer = load<u64>(vp + EFER);
  if (pagingOff && load<u32>(vp + MODE_WORD) & MODE_64) raiseGP(vp, 0);
  if (pagingOn && efer & EFER_LME) enterLongMode(vp, efer);
  else if (bits & CR0_PG && load<u32>(vp + CR4) & CR4_PAE && !(efer & EFER_LMA)) {
    if (pagingOn || (old ^ bits) & (CR0_CD | CR0_NW)) loadPdptesForced(vp, load<u64>(vp + CR3));
  }
  if (pagingOff) store<u64>(vp + EFER, efer & ~(<u64>EFER_LMA));
  store<u64>(vp + CR0, bits);
  if ((old ^ bits) & (CR0_PG | CR0_PE | CR0_WP)) flushAll(vp);
  updateMode(vp);
}

/** CR0.PG is being set with EFER.LME: needs PAE, a 32-bit code segment (L = 0) and no 16-bit TSS. */
function enterLongMode(vp: usize, efer: u64): void {
  const codeIsLong = (load<u16>(segmentAddress(vp, CS) + SEG_ATTRIBUTES) & 0x2000) != 0;
  // A 16-bit TSS would be refused too if software had loaded one; the null TR of the reset state is not.
  const task16 = !isNull(selectorOf(vp, TR)) && (attributesIn(vp, TR) & 0x1f) == TYPE_TSS16_BUSY;
  if (!(load<u32>(vp + CR4) & CR4_PAE) || codeIsLong || task16) raiseGP(vp, 0);
  store<u64>(vp + EFER, efer | EFER_LMA);
}

/** LMSW: PE, MP, EM, TS; PE can only be set. */
export function loadMachineStatus(vp: usize, value: u32): void {
  const old = load<u32>(vp + CR0);
  writeCr0(vp, (old & ~(<u32>0xe)) | (value & 0xf));
}

/** MOV CR3. Bit 63 would keep translations with PCID; it is reserved here. */
export function writeCr3(vp: usize, value: u64): void {
  if (load<u64>(vp + EFER) & EFER_LMA) {
    if (value & PHYSICAL_HIGH) raiseGP(vp, 0);
  } else value &= 0xffffffff;
  loadPdptes(vp, value);
  store<u64>(vp + CR3, value);
  flushNonGlobal(vp);
}

/** MOV CR4. */
export function writeCr4(vp: usize, value: u64): void {
  if (value & ~(<u64>CR4_KNOWN)) raiseGP(vp, 0);
  const bits = <u32>value;
  const old = load<u32>(vp + CR4);
  const efer = load<u64>(vp + EFER);
  const long = (efer & EFER_LMA) != 0;
  if (long && !(bits & CR4_PAE)) raiseGP(vp, 0);
  const paging = (load<u32>(vp + CR0) & CR0_PG) != 0;
  const changed = old ^ bits;
  if (paging && !long && bits & CR4_PAE && changed & (CR4_PAE | CR4_PSE | CR4_PGE)) {
    loadPdptesForced(vp, load<u64>(vp + CR3));
  }
  store<u64>(vp + CR4, bits);
  if (changed & (CR4_PAE | CR4_PSE | CR4_PGE | CR4_SMEP | CR4_SMAP)) flushAll(vp);
  updateMode(vp);
}

/** WRMSR of EFER: LMA is kept, LME cannot change while paging is on. */
export function writeEfer(vp: usize, value: u64): void {
  if (value & ~EFER_KNOWN) raiseGP(vp, 0);
  const old = load<u64>(vp + EFER);
  if ((old ^ value) & EFER_LME && load<u32>(vp + CR0) & CR0_PG) raiseGP(vp, 0);
  store<u64>(vp + EFER, (value & ~(<u64>EFER_LMA)) | (old & EFER_LMA));
  if ((old ^ value) & EFER_NXE) flushAll(vp);
  updateMode(vp);
}

/** Loads the four PDPTEs when PAE paging is on outside of IA-32e mode; #GP(0) for reserved bits in a present one. */
export function loadPdptes(vp: usize, cr3: u64): void {
  const pae = (load<u32>(vp + CR4) & CR4_PAE) != 0 && (load<u32>(vp + CR0) & CR0_PG) != 0;
  if (pae && !(load<u64>(vp + EFER) & EFER_LMA)) loadPdptesForced(vp, cr3);
}

/** Takes over CR0, CR3, CR4 and EFER that the hypervisor wrote: PDPTEs are loaded unchecked, translations forgotten. */
export function pagingChanged(vp: usize): void {
  for (let i: usize = 0; i < 4; i++) {
    store<u64>(vp + PDPTE + (i << 3), readPhysical64(vp, (load<u64>(vp + CR3) & 0xffffffe0) + (i << 3)));
  }
  flushAll(vp);
  updateMode(vp);
}

function loadPdptesForced(vp: usize, cr3: u64): void {
  const table = cr3 & 0xffffffe0;
  const reserved: u64 = PHYSICAL_HIGH | 0x1e6;
  const scratch = vp + 2048;
  for (let i: usize = 0; i < 4; i++) {
    const entry = readPhysical64(vp, table + (i << 3));
    if (entry & 1 && entry & reserved) raiseGP(vp, 0);
    store<u64>(scratch + (i << 3), entry);
  }
  memory.copy(vp + PDPTE, scratch, 32);
}
