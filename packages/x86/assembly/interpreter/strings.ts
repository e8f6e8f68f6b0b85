/** MOVS, CMPS, STOS, LODS, SCAS with their repeat prefixes: restartable element by element, bulk where plain. */

import { readSized, writeSized } from '../memory/access';
import { segmentLinear } from '../memory/segment';
import { TAG_READ, TAG_WRITE, TLB_ADDEND, tlbEntry } from '../memory/tlb';
import { opAddressBits, opPrefixes, opSegment, opSize, PREFIX_F2, PREFIX_F3 } from '../micro-op';
import { ES, EXIT_REQUEST, FLAG_DF, RAX, RCX, RDI, RFLAGS, RSI, TLB_CURRENT } from '../state';
import { zero } from '../flags';
import { alu } from './arithmetic';
import { loadSlot, storeSlot } from './operands';
import { mostElements, repeatLater } from './repeat';

function storeAddress(vp: usize, slot: usize, bits: u32, value: u64): void {
  storeSlot(vp, slot, bits >> 3, value & (<u64>-1 >> (64 - bits)));
}

/** Executes A4–A7, AA–AF. With elements left, RIP is put back to the instruction. */
export function executeString(vp: usize, op: usize, opcode: u32): void {
  const repeat = opPrefixes(op) & (PREFIX_F2 | PREFIX_F3);
  const bits = opAddressBits(op);
  const size = opSize(op);
  const kind = opcode & 0xfe;
  if (repeat == 0) {
    element(vp, op, kind, size, bits);
    return;
  }
  const compares = kind == 0xa6 || kind == 0xae;
  let left = mostElements();
  let count = loadSlot(vp, RCX, bits >> 3);
  if (count == 0) {
    if (bits == 32) storeAddress(vp, RCX, bits, 0);
    return;
  }
  while (count != 0) {
    let done: u64 = 0;
    if (!compares && kind != 0xac && !(load<u32>(vp + RFLAGS) & FLAG_DF)) done = bulk(vp, op, kind, size, bits, count);
    if (done == 0) {
      element(vp, op, kind, size, bits);
      done = 1;
    }
    count -= done;
    storeAddress(vp, RCX, bits, count);
    if (compares && (zero(vp) != 0) != (repeat == PREFIX_F3)) return;
    if (done >= left || atomic.load<i32>(vp + EXIT_REQUEST) != 0) break;
    left -= done;
  }
  if (count != 0) repeatLater(vp);
}

/** As many elements as lie within the pages of both operands, when the TLB has them: 0 if none. */
function bulk(vp: usize, op: usize, kind: u32, size: u32, bits: u32, count: u64): u64 {
  if (count < 4) return 0;
  const to = loadSlot(vp, RDI, bits >> 3);
  let room = <u64>(4096 - (<u32>to & 0xfff));
  let from: u64 = 0;
  if (kind == 0xa4) {
    from = loadSlot(vp, RSI, bits >> 3);
    room = min<u64>(room, 4096 - (from & 0xfff));
  }
  const elements = min<u64>(count, room / size);
  if (elements < 4) return 0;
  const bytes = <u32>elements * size;
  const tlb = <usize>load<u32>(vp + TLB_CURRENT);
  const target = segmentLinear(vp, ES, to, bytes, true);
  const entry = tlbEntry(tlb, target);
  if (load<u64>(entry + TAG_WRITE) != (target & ~(<u64>0xfff)) || (target & 0xfff) + bytes > 4096) return 0;
  const host = <usize>(<u32>target + load<u32>(entry + TLB_ADDEND));
  if (kind == 0xa4) {
    const source = segmentLinear(vp, opSegment(op), from, bytes, false);
    const other = tlbEntry(tlb, source);
    if (load<u64>(other + TAG_READ) != (source & ~(<u64>0xfff)) || (source & 0xfff) + bytes > 4096) return 0;
    const at = <usize>(<u32>source + load<u32>(other + TLB_ADDEND));
    // A forward copy onto itself repeats a pattern, which a bulk copy would not.
    if (host - at < bytes && host != at) return 0;
    memory.copy(host, at, bytes);
    storeAddress(vp, RSI, bits, from + bytes);
  } else if (size == 1) memory.fill(host, load<u8>(vp + RAX), bytes);
  else fill(host, load<u64>(vp + RAX), size, bytes);
  storeAddress(vp, RDI, bits, to + bytes);
  return elements;
}

function fill(host: usize, value: u64, size: u32, bytes: u32): void {
  if (value == 0) {
    memory.fill(host, 0, bytes);
    return;
  }
  for (let i: u32 = 0; i < bytes; i += size) {
    if (size == 2) store<u16>(host + i, <u16>value);
    else if (size == 4) store<u32>(host + i, <u32>value);
    else store<u64>(host + i, value);
  }
}

function element(vp: usize, op: usize, kind: u32, size: u32, bits: u32): void {
  const step: u64 = load<u32>(vp + RFLAGS) & FLAG_DF ? 0 - <u64>size : size;
  const si = loadSlot(vp, RSI, bits >> 3);
  const di = loadSlot(vp, RDI, bits >> 3);
  switch (kind) {
    case 0xa4: {
      const value = readSized(vp, segmentLinear(vp, opSegment(op), si, size, false), size);
      writeSized(vp, segmentLinear(vp, ES, di, size, true), size, value);
      break;
    }
    case 0xa6: {
      const a = readSized(vp, segmentLinear(vp, opSegment(op), si, size, false), size);
      alu(vp, 7, a, readSized(vp, segmentLinear(vp, ES, di, size, false), size), size);
      break;
    }
    case 0xaa:
      writeSized(vp, segmentLinear(vp, ES, di, size, true), size, loadSlot(vp, RAX, size));
      break;
    case 0xac:
      storeSlot(vp, RAX, size, readSized(vp, segmentLinear(vp, opSegment(op), si, size, false), size));
      break;
    default:
      alu(vp, 7, loadSlot(vp, RAX, size), readSized(vp, segmentLinear(vp, ES, di, size, false), size), size);
  }
  if (kind != 0xaa && kind != 0xae) storeAddress(vp, RSI, bits, si + step);
  if (kind != 0xac) storeAddress(vp, RDI, bits, di + step);
}
