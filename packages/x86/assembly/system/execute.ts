/**
 * Executes one privileged or otherwise system-related instruction from its generic micro-op.
 *
 * On entry RIP holds the next instruction's address and INSTRUCTION_RIP this one's. Afterwards RIP says where to go on;
 * mode, segments and the exit request may have changed, so such a micro-op ends its block.
 */

import { exitToHost, readTscFromHost } from '../environment';
import { raiseGP, raiseUD, VECTOR_BP, VECTOR_DB, VECTOR_OF } from '../exception';
import { getFlags } from '../flags';
import {
  OP_CODE16,
  OP_IMMEDIATE,
  opDigit,
  opImmediate,
  opIsMemory,
  opModrm,
  opPrefixes,
  opSize,
  PREFIX_F2,
  PREFIX_F3,
  PREFIX_LOCK,
} from '../micro-op';
import { cpl } from '../mode';
import { MODE_PROTECTED } from '../mode-bits';
import {
  ACTIVITY,
  ACTIVITY_HALTED,
  CR4,
  CR4_TSD,
  DS,
  ES,
  EXIT_TSC,
  FLAG_OF,
  FS,
  GDTR,
  GS,
  IDTR,
  MODE_WORD,
  RAX,
  RCX,
  RDX,
  RIP,
  SS,
  TSC_AUX,
} from '../state';
import {
  clearTaskSwitched,
  readControlRegister,
  readDebugRegister,
  writeControlRegister,
  writeDebugRegister,
} from './control-registers';
import { linearAddress } from '../memory/segment';
import {
  EXIT_PAUSE,
  EXIT_CPUID,
  EXIT_HYPERCALL,
  exitInstruction,
  flushPage,
  readMemory,
  requestExit,
} from './core-access';
import { in64BitMode, isUser } from './descriptor';
import {
  executeArpl,
  executeGroup6,
  executeLmsw,
  executeLookup,
  loadTable,
  requirePrivilege,
  storeMachineStatus,
  storeTable,
} from './descriptor-tables';
import { farCall, farJump, farReturn } from './far-transfer';
import { clearInterruptFlag, popFlags, pushFlags, setAccessFlag, setInterruptFlag } from './flag-instructions';
import { fxrstor, fxsave } from './fxsave';
import { softwareException } from './events';
import { softwareInterrupt, SOURCE_EXTERNAL, SOURCE_SOFTWARE } from './interrupt';
import { interruptReturn } from './iret';
import { readMsr, writeMsr } from './msr';
import { executePort, executeStringPort } from './port-io';
import { executeBaseAccess, loadFarPointer, moveToSegment, popSegment } from './segment-instructions';
import { swapGs, systemCall, systemEnter, systemExit, systemReturn } from './syscall';

/** Operand size of stack instructions: 64-bit mode has no 32-bit form. */
function stackBytes(vp: usize, op: usize): u32 {
  const bytes = opSize(op);
  return in64BitMode(vp) && bytes != 2 ? 8 : bytes;
}

export function executeSystem(vp: usize, op: usize): void {
  if (opPrefixes(op) & PREFIX_LOCK) raiseUD(vp);
  const code = <u32>load<u16>(op + OP_CODE16);
  if (code < 0x100) executeOneByte(vp, op, code);
  else if (code < 0x200) executeTwoByte(vp, op, code & 0xff);
  else raiseUD(vp);
}

function executeOneByte(vp: usize, op: usize, opcode: u32): void {
  switch (opcode) {
    case 0x07:
      popSegment(vp, ES, opSize(op));
      break;
    case 0x17:
      popSegment(vp, SS, opSize(op));
      break;
    case 0x1f:
      popSegment(vp, DS, opSize(op));
      break;
    case 0x63:
      executeArpl(vp, op);
      break;
    case 0x6c:
    case 0x6d:
    case 0x6e:
    case 0x6f:
      executeStringPort(vp, op, opSize(op));
      break;
    case 0x8e:
      moveToSegment(vp, op);
      break;
    case 0x90:
      // PAUSE: who spins may give its turn to the one that it waits for.
      exitToHost(vp, EXIT_PAUSE);
      break;
    case 0x9a:
      farCall(vp, load<u16>(op + OP_IMMEDIATE + 4), load<u32>(op + OP_IMMEDIATE), opSize(op));
      break;
    case 0x9c:
      pushFlags(vp, stackBytes(vp, op));
      break;
    case 0x9d:
      popFlags(vp, stackBytes(vp, op));
      break;
    case 0xc4:
      loadFarPointer(vp, op, ES);
      break;
    case 0xc5:
      loadFarPointer(vp, op, DS);
      break;
    case 0xca:
      farReturn(vp, opSize(op), <u32>opImmediate(op) & 0xffff);
      break;
    case 0xcb:
      farReturn(vp, opSize(op), 0);
      break;
    case 0xcc:
      softwareException(vp, VECTOR_BP, SOURCE_SOFTWARE);
      break;
    case 0xcd:
      softwareInterrupt(vp, <u32>opImmediate(op) & 0xff);
      break;
    case 0xce:
      if (getFlags(vp) & FLAG_OF) softwareException(vp, VECTOR_OF, SOURCE_SOFTWARE);
      break;
    case 0xcf:
      interruptReturn(vp, opSize(op));
      break;
    case 0xea:
      farJump(vp, load<u16>(op + OP_IMMEDIATE + 4), load<u32>(op + OP_IMMEDIATE));
      break;
    case 0xf1:
      softwareException(vp, VECTOR_DB, SOURCE_EXTERNAL);
      break;
    case 0xf4:
      requirePrivilege(vp);
      store<u32>(vp + ACTIVITY, ACTIVITY_HALTED);
      requestExit(vp);
      break;
    case 0xfa:
      clearInterruptFlag(vp);
      break;
    case 0xfb:
      setInterruptFlag(vp);
      break;
    case 0xff:
      executeFarIndirect(vp, op);
      break;
    default:
      if ((opcode & 0xf4) == 0xe4) executePort(vp, op, opSize(op));
      else raiseUD(vp);
  }
}

/** FF /3 and /5: CALL and JMP through a far pointer in memory. */
function executeFarIndirect(vp: usize, op: usize): void {
  if (!opIsMemory(op)) raiseUD(vp);
  const digit = opDigit(op);
  if (digit != 3 && digit != 5) raiseUD(vp);
  const bytes = opSize(op);
  const from = linearAddress(vp, op, bytes + 2, false);
  const offset = readMemory(vp, from, bytes, isUser(vp));
  const selector = <u32>readMemory(vp, from + bytes, 2, isUser(vp));
  if (digit == 3) farCall(vp, selector, offset, bytes);
  else farJump(vp, selector, offset);
}

function executeTwoByte(vp: usize, op: usize, opcode: u32): void {
  switch (opcode) {
    case 0x00:
      executeGroup6(vp, op);
      break;
    case 0x01:
      executeGroup7(vp, op);
      break;
    case 0x02:
      executeLookup(vp, op, false);
      break;
    case 0x03:
      executeLookup(vp, op, true);
      break;
    case 0x05:
      systemCall(vp);
      break;
    case 0x06:
      clearTaskSwitched(vp);
      break;
    case 0x07:
      systemReturn(vp, opSize(op));
      break;
    case 0x08:
    case 0x09:
      // Caches are not modelled.
      requirePrivilege(vp);
      break;
    case 0x20:
      readControlRegister(vp, op);
      break;
    case 0x21:
      readDebugRegister(vp, op);
      break;
    case 0x22:
      writeControlRegister(vp, op);
      break;
    case 0x23:
      writeDebugRegister(vp, op);
      break;
    case 0x30:
      writeMsr(vp, op);
      break;
    case 0x31:
      readTimeStamp(vp, false);
      break;
    case 0x32:
      readMsr(vp, op);
      break;
    case 0x33:
      // No performance counter exists.
      raiseGP(vp, 0);
      break;
    case 0x34:
      systemEnter(vp);
      break;
    case 0x35:
      systemExit(vp, opSize(op));
      break;
    case 0xa1:
      popSegment(vp, FS, stackBytes(vp, op));
      break;
    case 0xa2:
      exitInstruction(vp, op, EXIT_CPUID);
      break;
    case 0xa9:
      popSegment(vp, GS, stackBytes(vp, op));
      break;
    case 0xae:
      executeGroup15(vp, op);
      break;
    case 0xb2:
      loadFarPointer(vp, op, SS);
      break;
    case 0xb4:
      loadFarPointer(vp, op, FS);
      break;
    case 0xb5:
      loadFarPointer(vp, op, GS);
      break;
    default:
      // RSM outside of system-management mode, UD0, UD1, UD2 and what nobody defined.
      raiseUD(vp);
  }
}

/** 0F AE: FXSAVE, FXRSTOR and the FS/GS base instructions; the rest of the group belongs elsewhere. */
function executeGroup15(vp: usize, op: usize): void {
  const digit = opDigit(op);
  const prefixes = opPrefixes(op);
  if (!opIsMemory(op)) {
    if (prefixes & PREFIX_F3 && digit < 4) executeBaseAccess(vp, op);
    else raiseUD(vp);
  } else if (prefixes & (PREFIX_F2 | PREFIX_F3)) raiseUD(vp);
  else if (digit == 0) fxsave(vp, op);
  else if (digit == 1) fxrstor(vp, op);
  else raiseUD(vp);
}

/** 0F 01 with memory: SGDT, SIDT, LGDT, LIDT, SMSW, LMSW, INVLPG. */
function executeGroup7(vp: usize, op: usize): void {
  const digit = opDigit(op);
  if (digit == 4) storeMachineStatus(vp, op);
  else if (digit == 6) executeLmsw(vp, op);
  else if (!opIsMemory(op)) executeGroup7Register(vp, opModrm(op), op);
  else if (digit == 0) storeTable(vp, op, GDTR);
  else if (digit == 1) storeTable(vp, op, IDTR);
  else if (digit == 2) loadTable(vp, op, GDTR);
  else if (digit == 3) loadTable(vp, op, IDTR);
  else if (digit == 7) {
    requirePrivilege(vp);
    flushPage(vp, linearAddress(vp, op, 1, false));
  } else raiseUD(vp);
}

/** 0F 01 with a register form: VMCALL, VMMCALL, CLAC, STAC, SWAPGS, RDTSCP. MONITOR, MWAIT, XGETBV are not offered. */
function executeGroup7Register(vp: usize, modrm: u32, op: usize): void {
  switch (modrm) {
    case 0xc1: // VMCALL
    case 0xd9: // VMMCALL
      exitInstruction(vp, op, EXIT_HYPERCALL);
      break;
    case 0xca:
    case 0xcb:
      setAccessFlag(vp, op, modrm == 0xcb);
      break;
    case 0xf8:
      swapGs(vp);
      break;
    case 0xf9:
      readTimeStamp(vp, true);
      break;
    default:
      raiseUD(vp);
  }
}

/** RDTSC and RDTSCP. */
function readTimeStamp(vp: usize, withProcessor: bool): void {
  const restricted = load<u32>(vp + MODE_WORD) & MODE_PROTECTED ? cpl(vp) != 0 : cpl(vp) == 3;
  if (restricted && load<u32>(vp + CR4) & CR4_TSD) raiseGP(vp, 0);
  readTscFromHost(vp);
  store<u64>(vp + RAX, load<u32>(vp + EXIT_TSC));
  store<u64>(vp + RDX, load<u32>(vp + EXIT_TSC + 4));
  if (withProcessor) store<u64>(vp + RCX, load<u32>(vp + TSC_AUX));
}
