/** Executes one micro-op of the SSE families. RIP is not looked at; faults find it from the micro-op. */

import { executeConversion } from './conversions';
import { executeFloat } from './float';
import { executePackedInteger } from './packed-integer';
import { executeShuffle } from './shuffles';
import { executeMove } from './moves';
import {
  CLFLUSH, CRC32, FAMILY_CONVERT, FAMILY_FLOAT, FAMILY_INTEGER, FAMILY_MOVE, FAMILY_SHUFFLE,
} from './opcodes';
import { crc32 } from './crc32';
import { flushLine } from './control';
import { requireSse } from './operands';

export function executeSse(vp: usize, op: usize, handler: u32): void {
  // These two are for general registers and for caches: they run with SSE switched off.
  if (handler == CRC32) {
    crc32(vp, op);
    return;
  }
  if (handler == CLFLUSH) {
    flushLine(vp, op);
    return;
  }
  requireSse(vp);
  switch (handler >> 8) {
    case FAMILY_MOVE: executeMove(vp, op, handler); break;
    case FAMILY_INTEGER: executePackedInteger(vp, op, handler); break;
    case FAMILY_SHUFFLE: executeShuffle(vp, op, handler); break;
    case FAMILY_CONVERT: executeConversion(vp, op, handler); break;
    case FAMILY_FLOAT: executeFloat(vp, op, handler & 0xff); break;
  }
}
