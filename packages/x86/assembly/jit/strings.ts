/** MOVS and STOS: by a function of the core while their operands are plain, by the interpreter's handler else. */

import { OP_CODE16, opAddressBits, opPrefixes, opSegment, opSize, PREFIX_F2, PREFIX_F3, PREFIX_LOCK } from '../micro-op';
import { FS } from '../state';
import { byte, call, const32, const64, ELSE, get, I64_ADD, I64_SHL, set } from './emit';
import { setKnownFlags } from './conditions';
import { IMPORT_STRING } from './imports';
import { REGISTERS, VP } from './locals';
import { log2 } from './operands';
import { forgetPending } from './pending';
import { STRING_STORES } from './string-runtime';
import { close, LABEL_OTHER, open } from './structure';
import { handle, is64 } from './translate';

const RAX: u32 = REGISTERS;
const RCX: u32 = REGISTERS + 1;
const RSI: u32 = REGISTERS + 6;
const RDI: u32 = REGISTERS + 7;

function count(repeats: bool): void {
  if (repeats) get(RCX);
  else const64(1);
}

/** Adds what was written to an index. */
function advance(index: u32, repeats: bool, size: u32): void {
  get(index);
  count(repeats);
  if (size != 0) {
    const64(size);
    byte(I64_SHL);
  }
  byte(I64_ADD);
  set(index);
}

/** False for other instructions, and for operands that are not plain. */
export function moveString(op: usize): bool {
  const code = <u32>load<u16>(op + OP_CODE16);
  if ((code & ~1) != 0xa4 && (code & ~1) != 0xaa) return false;
  if (!is64() || opAddressBits(op) != 64 || opSegment(op) >= FS || opPrefixes(op) & (PREFIX_F2 | PREFIX_LOCK)) return false;
  const size = log2(opSize(op));
  const repeats = (opPrefixes(op) & PREFIX_F3) != 0;
  const stores = code >= 0xaa;
  get(VP);
  get(RDI);
  get(stores ? RAX : RSI);
  count(repeats);
  const32(size | (stores ? STRING_STORES : 0));
  call(IMPORT_STRING);
  open(0x04, LABEL_OTHER);
  advance(RDI, repeats, size);
  if (!stores) advance(RSI, repeats, size);
  if (repeats) {
    const64(0);
    set(RCX);
  }
  byte(ELSE);
  handle(op);
  close();
  // What the handler has settled is not on the other way.
  setKnownFlags(-1);
  forgetPending();
  return true;
}
