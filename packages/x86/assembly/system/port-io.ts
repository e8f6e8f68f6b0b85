/** IN, OUT, INS, OUTS with the I/O permission bitmap. Intel SDM volume 1, "Input/Output". */

import { raiseGP } from '../exception';
import { getFlags } from '../flags';
import { opAddressBits, opImmediate, opOpcode, opPrefixes, opSegment, PREFIX_F2, PREFIX_F3 } from '../micro-op';
import { cpl, segmentAddress } from '../mode';
import { MODE_PROTECTED, MODE_V86 } from '../mode-bits';
import {
  ES,
  EXIT_ACCESS,
  EXIT_DATA,
  EXIT_FLAGS,
  EXIT_PORT,
  EXIT_REQUEST,
  EXIT_SIZE,
  FLAG_DF,
  FLAG_IOPL,
  MODE_WORD,
  PENDING_DEBUG,
  RAX,
  RCX,
  RDI,
  RDX,
  RFLAGS,
  RSI,
  SEG_BASE,
  TR,
} from '../state';
import { mostElements, repeatLater } from '../interpreter/repeat';
import { segmentLinear } from '../memory/segment';
import { notePortAccess } from './breakpoints';
import {
  EXIT_FLAG_REPEAT,
  EXIT_FLAG_STRING,
  EXIT_PORT_IO,
  exitInstruction,
  probeWrite,
  readMemory,
  readSystem,
  writeMemory,
} from './core-access';
import { attributesIn, isUser, limitIn } from './descriptor';
import { writeRegister } from './operand';

/** Raises #GP(0) unless IOPL or the bitmap of a 32-bit TSS allows the ports. */
function checkPermission(vp: usize, port: u32, bytes: u32): void {
  const mode = load<u32>(vp + MODE_WORD);
  if (!(mode & (MODE_PROTECTED | MODE_V86))) return;
  if (!(mode & MODE_V86) && cpl(vp) <= (getFlags(vp) & FLAG_IOPL) >> 12) return;
  const limit = limitIn(vp, TR);
  const attributes = attributesIn(vp, TR);
  if (!(attributes & 0x80) || (attributes & 0x1d) != 9 || limit < 0x67) raiseGP(vp, 0);
  const base = load<u64>(segmentAddress(vp, TR) + SEG_BASE);
  const at = <u32>readSystem(vp, base + 0x66, 2) + (port >> 3);
  // The processor reads two bytes always, so the map ends with a byte of ones.
  if (at + 1 > limit) raiseGP(vp, 0);
  const bits = <u32>readSystem(vp, base + at, 2) >> (port & 7);
  if (bits & ((1 << bytes) - 1)) raiseGP(vp, 0);
}

function exitPort(vp: usize, op: usize, port: u32, bytes: u32, write: bool, flags: u32): void {
  store<u32>(vp + EXIT_PORT, port);
  store<u32>(vp + EXIT_SIZE, bytes);
  store<u32>(vp + EXIT_ACCESS, write ? 1 : 0);
  store<u32>(vp + EXIT_FLAGS, flags);
  exitInstruction(vp, op, EXIT_PORT_IO);
  notePortAccess(vp, port, bytes);
}

/** E4–E7, EC–EF. Bit 0 of the opcode: not a byte; bit 1: OUT; bit 3: port in DX. */
export function executePort(vp: usize, op: usize, operandBytes: u32): void {
  const opcode = opOpcode(op);
  const bytes: u32 = opcode & 1 ? (operandBytes == 2 ? 2 : 4) : 1;
  const port = opcode & 8 ? <u32>load<u16>(vp + RDX) : <u32>opImmediate(op) & 0xff;
  const write = (opcode & 2) != 0;
  checkPermission(vp, port, bytes);
  store<u64>(vp + EXIT_DATA, write ? load<u32>(vp + RAX) & (<u32>-1 >> (32 - 8 * bytes)) : 0);
  exitPort(vp, op, port, bytes, write, 0);
  if (!write) writeRegister(vp, 0, bytes, load<u32>(vp + EXIT_DATA));
}

/** A register of the address size, added to: upper parts as the size says. */
function advance(vp: usize, register: usize, bits: u32, by: i64): void {
  const value = load<u64>(vp + register) + <u64>by;
  if (bits == 16) store<u16>(vp + register, <u16>value);
  else store<u64>(vp + register, bits == 32 ? value & 0xffffffff : value);
}

/** 6C–6F: INS and OUTS, with REP. Each element is complete before the next; registers move with it. */
export function executeStringPort(vp: usize, op: usize, operandBytes: u32): void {
  const opcode = opOpcode(op);
  const bytes: u32 = opcode & 1 ? (operandBytes == 2 ? 2 : 4) : 1;
  const bits = opAddressBits(op);
  const mask: u64 = <u64>-1 >> (64 - bits);
  const repeat = (opPrefixes(op) & (PREFIX_F2 | PREFIX_F3)) != 0;
  const write = (opcode & 2) != 0;
  const port = <u32>load<u16>(vp + RDX);
  checkPermission(vp, port, bytes);
  const step: i64 = load<u32>(vp + RFLAGS) & FLAG_DF ? -(<i64>bytes) : bytes;
  const flags = EXIT_FLAG_STRING | (repeat ? EXIT_FLAG_REPEAT : 0);
  let done: u64 = 0;
  while (!repeat || (load<u64>(vp + RCX) & mask) != 0) {
    const pointer = write ? RSI : RDI;
    const segment = write ? opSegment(op) : ES;
    const linear = segmentLinear(vp, segment, load<u64>(vp + pointer) & mask, bytes, !write);
    if (write) store<u64>(vp + EXIT_DATA, readMemory(vp, linear, bytes, isUser(vp)));
    else {
      // A port must not be read for a value that has no place to go.
      probeWrite(vp, linear, bytes, isUser(vp));
      store<u64>(vp + EXIT_DATA, 0);
    }
    exitPort(vp, op, port, bytes, write, flags);
    if (!write) writeMemory(vp, linear, bytes, isUser(vp), load<u64>(vp + EXIT_DATA));
    advance(vp, pointer, bits, step);
    if (!repeat) return;
    advance(vp, RCX, bits, -1);
    done += 1;
    const pause = done >= mostElements() || atomic.load<i32>(vp + EXIT_REQUEST) != 0 || load<u32>(vp + PENDING_DEBUG) != 0;
    if (pause && (load<u64>(vp + RCX) & mask) != 0) {
      repeatLater(vp);
      return;
    }
  }
}
