/** Control and status: FNINIT, FNCLEX, FLDCW, FNSTCW, FNSTSW, FWAIT. Intel SDM volume 1, "x87 FPU Control Instructions". */

import { raiseNM } from '../exception';
import { linearAddress } from '../memory/segment';
import { readSized, writeSized } from '../memory/access';
import { CR0, CR0_MP, CR0_TS, FCS, FCW, FDP, FDS, FIP, FOP, FSW, FTW, RAX } from '../state';
import { BUSY, CONTROL_INITIAL, controlWord, ES, EXCEPTIONS, requireNoPending, SF, updateSummary } from './registers';

/** FNINIT. The registers keep their contents, marked empty. */
export function initialize(vp: usize): void {
  store<u16>(vp + FCW, CONTROL_INITIAL);
  store<u16>(vp + FSW, 0);
  store<u16>(vp + FTW, 0);
  store<u16>(vp + FOP, 0);
  store<u64>(vp + FIP, 0);
  store<u64>(vp + FDP, 0);
  store<u16>(vp + FCS, 0);
  store<u16>(vp + FDS, 0);
}

/** Sets the control word; what it unmasks becomes pending. */
export function setControl(vp: usize, value: u32): void {
  store<u16>(vp + FCW, <u16>controlWord(value));
  updateSummary(vp);
}

export function clearExceptions(vp: usize): void {
  store<u16>(vp + FSW, <u16>(<u32>load<u16>(vp + FSW) & ~(EXCEPTIONS | SF | ES | BUSY)));
}

export function loadControl(vp: usize, op: usize): void {
  setControl(vp, <u32>readSized(vp, linearAddress(vp, op, 2, false), 2));
}

export function storeControl(vp: usize, op: usize): void {
  writeSized(vp, linearAddress(vp, op, 2, true), 2, load<u16>(vp + FCW));
}

export function storeStatus(vp: usize, op: usize): void {
  writeSized(vp, linearAddress(vp, op, 2, true), 2, load<u16>(vp + FSW));
}

/** FNSTSW AX. */
export function storeStatusInAx(vp: usize): void {
  store<u16>(vp + RAX, load<u16>(vp + FSW));
}

/** FWAIT: emulation does not matter to it, and a task switch only with CR0.MP. */
export function wait(vp: usize): void {
  if ((load<u32>(vp + CR0) & (CR0_MP | CR0_TS)) == (CR0_MP | CR0_TS)) raiseNM(vp);
  requireNoPending(vp);
}
