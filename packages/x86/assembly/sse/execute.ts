/** Executes one micro-op of the SSE families. RIP is not looked at; faults find it from the micro-op. */

import { flushLine } from './control';
import { executeConversion } from './conversions';
import { crc32 } from './crc32';
import { executeFloat } from './float';
import { executeMove } from './moves';
import {
  CRC32, FAMILY_CONVERT, FAMILY_FLOAT, FAMILY_GENERAL, FAMILY_INTEGER, FAMILY_MOVE, FAMILY_SHUFFLE,
} from './opcodes';
import { requireSse } from './operands';
import { executePackedInteger } from './packed-integer';
import { executeShuffle } from './shuffles';

export function executeSse(vp: usize, op: usize, handler: u32): void {
  const family = handler >> 8;
  if (family != FAMILY_GENERAL) requireSse(vp);
  switch (family) {
    case FAMILY_MOVE: executeMove(vp, op, handler); break;
    case FAMILY_INTEGER: executePackedInteger(vp, op, handler); break;
    case FAMILY_SHUFFLE: executeShuffle(vp, op, handler); break;
    case FAMILY_CONVERT: executeConversion(vp, op, handler); break;
    case FAMILY_FLOAT: executeFloat(vp, op, handler & 0xff); break;
    case FAMILY_GENERAL:
      if (handler == CRC32) crc32(vp, op);
      else flushLine(vp, op);
      break;
  }
}
