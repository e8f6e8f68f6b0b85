/** The x87 register stack, its tags and status word, and how exceptions become pending. Intel SDM volume 1, "x87 FPU Execution Environment". */

import { instructionRip, raiseMF, raiseNM } from '../exception';
import { effectiveAddress } from '../memory/segment';
import { OP_CODE16, opIsMemory, opModrm, opSegment } from '../micro-op';
import { segmentAddress } from '../mode';
import {
  CR0, CR0_EM, CR0_NE, CR0_TS, CS, FCS, FCW, FDP, FDS, FIP, FOP, FSW, FTW, SEG_SELECTOR, X87,
} from '../state';

// Status word. The first six are also the mask bits of the control word.
/** Invalid operation. */
export const IE: u32 = 0x01;
/** Denormal operand. */
export const DE: u32 = 0x02;
/** Division by zero. */
export const ZE: u32 = 0x04;
/** Overflow. */
export const OE: u32 = 0x08;
/** Underflow. */
export const UE: u32 = 0x10;
/** Inexact result. */
export const PE: u32 = 0x20;
/** Stack fault: the invalid operation was an empty or an occupied register. */
export const SF: u32 = 0x40;
/** An unmasked exception waits. */
export const ES: u32 = 0x80;
export const C0: u32 = 0x100;
export const C1: u32 = 0x200;
export const C2: u32 = 0x400;
export const C3: u32 = 0x4000;
export const BUSY: u32 = 0x8000;
export const EXCEPTIONS: u32 = 0x3f;
/** Those found before anything is computed: unmasked, they leave operands and stack alone. */
const BEFORE_RESULT: u32 = IE | DE | ZE;

/** The control word after FNINIT: everything masked, 64 bits, to nearest. */
export const CONTROL_INITIAL: u16 = 0x37f;

/** Bits of the control word that exist; bit 6 always reads as one. */
const CONTROL_KNOWN: u32 = 0x1f3f;
const CONTROL_FIXED: u32 = 0x40;

/** A control word without the bits that do not exist. */
export function controlWord(value: u32): u32 {
  return (value & CONTROL_KNOWN) | CONTROL_FIXED;
}

/** The instruction under way: its control word, what it has raised, and C1. */
export class Fpu {
  static control: u32 = 0;
  static raised: u32 = 0;
  static c1: u32 = 0;
}

/** #NM while the unit is emulated or belongs to another task. */
// @ts-ignore: decorator
@inline
export function requireAvailable(vp: usize): void {
  if (load<u32>(vp + CR0) & (CR0_EM | CR0_TS)) raiseNM(vp);
}

/** #MF where an unmasked exception waits. Without CR0.NE it is ignored, as with IGNNE# asserted: no board routes FERR#. */
// @ts-ignore: decorator
@inline
export function requireNoPending(vp: usize): void {
  if (load<u16>(vp + FSW) & ES && load<u32>(vp + CR0) & CR0_NE) raiseMF(vp);
}

/** Starts an instruction that computes. */
// @ts-ignore: decorator
@inline
export function begin(vp: usize): void {
  Fpu.control = load<u16>(vp + FCW);
  Fpu.raised = 0;
  Fpu.c1 = 0;
}

/** Records where the instruction is and what it addresses. */
export function notePointers(vp: usize, op: usize): void {
  store<u64>(vp + FIP, instructionRip(vp));
  store<u16>(vp + FCS, load<u16>(segmentAddress(vp, CS) + SEG_SELECTOR));
  store<u16>(vp + FOP, <u16>(((<u32>load<u16>(op + OP_CODE16) & 7) << 8) | opModrm(op)));
  if (!opIsMemory(op)) return;
  store<u64>(vp + FDP, effectiveAddress(vp, op));
  store<u16>(vp + FDS, load<u16>(segmentAddress(vp, opSegment(op)) + SEG_SELECTOR));
}

/** Makes ES and B follow from the flags and their masks. */
export function updateSummary(vp: usize): void {
  const status = <u32>load<u16>(vp + FSW) & ~(ES | BUSY);
  const pending = status & ~<u32>load<u16>(vp + FCW) & EXCEPTIONS;
  store<u16>(vp + FSW, <u16>(pending ? status | ES | BUSY : status));
}

/** Puts what was raised and C1 into the status word. False where operands and stack must stay as they are. */
export function settle(vp: usize): bool {
  return settleKeeping(vp, C1);
}

/** The same for instructions that leave C1 alone (`clearing` 0) but for stack faults. */
export function settleKeeping(vp: usize, clearing: u32): bool {
  const before = Fpu.raised & ~Fpu.control & BEFORE_RESULT;
  if (before) {
    Fpu.raised &= BEFORE_RESULT | SF;
    if (!(Fpu.raised & SF)) Fpu.c1 = 0;
  }
  const raised = Fpu.raised;
  if (raised & SF) clearing = C1;
  let status = (<u32>load<u16>(vp + FSW) & ~clearing) | raised | (Fpu.c1 ? C1 : 0);
  if (raised & ~Fpu.control & EXCEPTIONS) status |= ES | BUSY;
  store<u16>(vp + FSW, <u16>status);
  return before == 0;
}

/** True when an exception in `which` was raised and is not masked. */
// @ts-ignore: decorator
@inline
export function isUnmasked(which: u32): bool {
  return (Fpu.raised & ~Fpu.control & which) != 0;
}

/** Replaces C3, C2, C0, and C1 where it is part of `mask`. */
// @ts-ignore: decorator
@inline
export function setCondition(vp: usize, mask: u32, bits: u32): void {
  store<u16>(vp + FSW, <u16>((<u32>load<u16>(vp + FSW) & ~mask) | bits));
}

/** True when an exception in `which` is masked. */
// @ts-ignore: decorator
@inline
export function isMasked(which: u32): bool {
  return (Fpu.control & which) != 0;
}

// @ts-ignore: decorator
@inline
export function top(vp: usize): u32 {
  return (<u32>load<u16>(vp + FSW) >> 11) & 7;
}

// @ts-ignore: decorator
@inline
export function setTop(vp: usize, value: u32): void {
  store<u16>(vp + FSW, <u16>((<u32>load<u16>(vp + FSW) & ~0x3800) | ((value & 7) << 11)));
}

/** Significand of ST(i). */
// @ts-ignore: decorator
@inline
export function significandOf(vp: usize, i: u32): u64 {
  return load<u64>(vp + X87 + <usize>(((top(vp) + i) & 7) << 4));
}

/** Sign and exponent of ST(i). */
// @ts-ignore: decorator
@inline
export function signExponentOf(vp: usize, i: u32): u32 {
  return load<u16>(vp + X87 + <usize>(((top(vp) + i) & 7) << 4) + 8);
}

// @ts-ignore: decorator
@inline
export function isEmpty(vp: usize, i: u32): bool {
  return ((<u32>load<u8>(vp + FTW) >> ((top(vp) + i) & 7)) & 1) == 0;
}

/** Marks ST(i) empty. */
export function free(vp: usize, i: u32): void {
  store<u8>(vp + FTW, <u8>(<u32>load<u8>(vp + FTW) & ~(1 << ((top(vp) + i) & 7))));
}

/** Sets ST(i) and its tag. */
export function writeSt(vp: usize, i: u32, signExponent: u32, significand: u64): void {
  const register = (top(vp) + i) & 7;
  const at = vp + X87 + <usize>(register << 4);
  store<u64>(at, significand);
  store<u16>(at + 8, <u16>signExponent);
  store<u8>(vp + FTW, <u8>(<u32>load<u8>(vp + FTW) | (1 << register)));
}

/** Removes the top of the stack. */
export function pop(vp: usize): void {
  free(vp, 0);
  setTop(vp, top(vp) + 1);
}

/** Puts a value on the stack. */
export function push(vp: usize, signExponent: u32, significand: u64): void {
  setTop(vp, top(vp) - 1);
  writeSt(vp, 0, signExponent, significand);
}

/** An operand register is empty. */
export function stackUnderflow(): void {
  Fpu.raised |= IE | SF;
  Fpu.c1 = 0;
}

/** The register to push into is not empty. */
export function stackOverflow(): void {
  Fpu.raised |= IE | SF;
  Fpu.c1 = 1;
}
