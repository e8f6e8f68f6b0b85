// Made by scripts/generate-hot.mjs.

/** The frequent instructions, one case each. */

import { isLasting } from '../blocks/find';
import { jumpTarget, modeKey } from '../blocks/jump-cache';
import { raiseGP } from '../exception';
import { HANDLER_NEXT_BLOCK } from '../decoder/handlers';
import { CC_ADD, CC_LOGIC, CC_SUB, setLazy } from '../flags';
import { countEntry, LEASE } from '../jit/regions';
import { read, writable, write, writeSized } from '../memory/access';
import {
  OP_BASE, OP_BYTES, OP_COUNT, OP_DISPLACEMENT, OP_DST, OP_HANDLER, OP_IMMEDIATE, OP_INDEX, OP_LENGTH, OP_LINK,
  OP_LINK_NEXT, OP_OFFSET,
  OP_SCALE, OP_SEGMENT, OP_SRC,
} from '../micro-op';
import { MODE_64, MODE_CODE_32, MODE_FLAT } from '../mode-bits';
import {
  ADDRESS_MASK, BREAKPOINTS_ARMED, CURRENT_OP, MODE_WORD, RCX, RIP, RIP_BASE, RSP, SEGMENTS, XMM,
} from '../state';
import { executeSse } from '../sse/execute';
import { read128, requireSse, write128 } from '../sse/operands';
import { alu, decrement, increment, multiply, multiplyWide, shift } from './arithmetic';
import { checkTarget } from './control';
import { executeInteger } from './integer';
import { readUpdate } from './operands';
import { count, isBelow } from './progress';
import { quickCondition } from './quick-condition';
import { isRepeating } from './repeat';

/** The branch that {@link hot} ended with when it gave 0, if a link may be stored in it. */
export let branched: usize = 0;

/** No key of the jump cache. */
const NO_KEY: u32 = 0xffffffff;

/**
 * Executes micro-ops from `op` on, from block to block as far as the jump cache knows the way. Gives a system
 * instruction or a stale micro-op; or 0 with RIP set, behind a branch that leads elsewhere or a portion of a repeated
 * string instruction.
 */
export function hot(vp: usize, op: usize, limit: i32): usize {
  const mask = load<u64>(vp + ADDRESS_MASK);
  const word = load<u32>(vp + MODE_WORD);
  // Elsewhere linear addresses are no RIPs, or somebody watches where RIP goes.
  const flat = (word & MODE_64) != 0 || (word & (MODE_FLAT | MODE_CODE_32)) == (MODE_FLAT | MODE_CODE_32);
  const key = flat && load<u32>(vp + BREAKPOINTS_ARMED) == 0 ? modeKey(word) : NO_KEY;
  const ripMask: u64 = word & MODE_64 ? -1 : 0xffffffff;
  let target: u64 = 0;
  let from: usize = 0;
  while (true) {
    const handler = <u32>load<u16>(op + OP_HANDLER);
    switch (handler) {
      case 0: { // HANDLER_INTEGER
        const next = (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH)) & ripMask;
        store<u64>(vp + RIP, next);
        store<u32>(vp + CURRENT_OP, <u32>op);
        executeInteger(vp, op);
        target = load<u64>(vp + RIP);
        if (target == next) {
          op += OP_BYTES;
          continue;
        }
        count(load<u8>(op + OP_COUNT));
        branched = 0;
        if (isRepeating()) return 0;
        from = 0;
        break;
      }
      case 1: // HANDLER_SYSTEM
      case 2: // HANDLER_STALE
        return op;
      case 3: // HANDLER_NEXT_BLOCK
        from = op;
        break;
      case 16: { // ADD_RR_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a + b) & 0xffffffff;
        setLazy(vp, CC_ADD | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 17: { // ADD_RI_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a + b) & 0xffffffff;
        setLazy(vp, CC_ADD | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 18: { // ADD_RM_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a + b) & 0xffffffff;
        setLazy(vp, CC_ADD | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 19: { // ADD_MR_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a + b) & 0xffffffff;
        setLazy(vp, CC_ADD | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        op += OP_BYTES;
        continue;
      }
      case 20: { // ADD_MI_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a + b) & 0xffffffff;
        setLazy(vp, CC_ADD | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        op += OP_BYTES;
        continue;
      }
      case 21: { // OR_RR_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a | b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 22: { // OR_RI_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a | b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 23: { // OR_RM_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a | b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 24: { // OR_MR_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a | b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        op += OP_BYTES;
        continue;
      }
      case 25: { // OR_MI_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a | b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        op += OP_BYTES;
        continue;
      }
      case 26: { // AND_RR_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a & b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 27: { // AND_RI_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a & b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 28: { // AND_RM_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a & b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 29: { // AND_MR_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a & b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        op += OP_BYTES;
        continue;
      }
      case 30: { // AND_MI_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a & b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        op += OP_BYTES;
        continue;
      }
      case 31: { // SUB_RR_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 32: { // SUB_RI_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 33: { // SUB_RM_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 34: { // SUB_MR_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        op += OP_BYTES;
        continue;
      }
      case 35: { // SUB_MI_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        op += OP_BYTES;
        continue;
      }
      case 36: { // XOR_RR_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a ^ b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 37: { // XOR_RI_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a ^ b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 38: { // XOR_RM_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a ^ b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 39: { // XOR_MR_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a ^ b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        op += OP_BYTES;
        continue;
      }
      case 40: { // XOR_MI_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a ^ b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        op += OP_BYTES;
        continue;
      }
      case 41: { // CMP_RR_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        op += OP_BYTES;
        continue;
      }
      case 42: { // CMP_RI_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        op += OP_BYTES;
        continue;
      }
      case 43: { // CMP_RM_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        op += OP_BYTES;
        continue;
      }
      case 44: { // CMP_MR_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u32>(vp, at);
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        op += OP_BYTES;
        continue;
      }
      case 45: { // CMP_MI_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u32>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        op += OP_BYTES;
        continue;
      }
      case 46: { // TEST_RR_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_LOGIC | 2, a & b, 0);
        op += OP_BYTES;
        continue;
      }
      case 47: { // TEST_RI_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, a & b, 0);
        op += OP_BYTES;
        continue;
      }
      case 48: { // TEST_MR_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u32>(vp, at);
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_LOGIC | 2, a & b, 0);
        op += OP_BYTES;
        continue;
      }
      case 49: { // TEST_MI_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u32>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, a & b, 0);
        op += OP_BYTES;
        continue;
      }
      case 50: { // ADD_RR_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a + b);
        setLazy(vp, CC_ADD | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 51: { // ADD_RI_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a + b);
        setLazy(vp, CC_ADD | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 52: { // ADD_RM_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a + b);
        setLazy(vp, CC_ADD | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 53: { // ADD_MR_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a + b);
        setLazy(vp, CC_ADD | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        op += OP_BYTES;
        continue;
      }
      case 54: { // ADD_MI_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a + b);
        setLazy(vp, CC_ADD | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        op += OP_BYTES;
        continue;
      }
      case 55: { // OR_RR_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a | b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 56: { // OR_RI_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a | b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 57: { // OR_RM_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a | b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 58: { // OR_MR_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a | b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        op += OP_BYTES;
        continue;
      }
      case 59: { // OR_MI_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a | b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        op += OP_BYTES;
        continue;
      }
      case 60: { // AND_RR_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a & b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 61: { // AND_RI_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a & b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 62: { // AND_RM_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a & b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 63: { // AND_MR_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a & b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        op += OP_BYTES;
        continue;
      }
      case 64: { // AND_MI_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a & b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        op += OP_BYTES;
        continue;
      }
      case 65: { // SUB_RR_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 66: { // SUB_RI_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 67: { // SUB_RM_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 68: { // SUB_MR_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        op += OP_BYTES;
        continue;
      }
      case 69: { // SUB_MI_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        op += OP_BYTES;
        continue;
      }
      case 70: { // XOR_RR_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a ^ b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 71: { // XOR_RI_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a ^ b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 72: { // XOR_RM_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a ^ b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 73: { // XOR_MR_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a ^ b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        op += OP_BYTES;
        continue;
      }
      case 74: { // XOR_MI_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a ^ b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        op += OP_BYTES;
        continue;
      }
      case 75: { // CMP_RR_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        op += OP_BYTES;
        continue;
      }
      case 76: { // CMP_RI_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        op += OP_BYTES;
        continue;
      }
      case 77: { // CMP_RM_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        op += OP_BYTES;
        continue;
      }
      case 78: { // CMP_MR_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u64>(vp, at);
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        op += OP_BYTES;
        continue;
      }
      case 79: { // CMP_MI_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u64>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        op += OP_BYTES;
        continue;
      }
      case 80: { // TEST_RR_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_LOGIC | 3, a & b, 0);
        op += OP_BYTES;
        continue;
      }
      case 81: { // TEST_RI_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        setLazy(vp, CC_LOGIC | 3, a & b, 0);
        op += OP_BYTES;
        continue;
      }
      case 82: { // TEST_MR_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u64>(vp, at);
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_LOGIC | 3, a & b, 0);
        op += OP_BYTES;
        continue;
      }
      case 83: { // TEST_MI_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u64>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE);
        setLazy(vp, CC_LOGIC | 3, a & b, 0);
        op += OP_BYTES;
        continue;
      }
      case 84: { // ADD_RR_8
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        const res = (a + b) & 0xff;
        setLazy(vp, CC_ADD | 0, res, b);
        store<u8>(vp + load<u8>(op + OP_DST), <u8>(res));
        op += OP_BYTES;
        continue;
      }
      case 85: { // ADD_RI_8
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = (a + b) & 0xff;
        setLazy(vp, CC_ADD | 0, res, b);
        store<u8>(vp + load<u8>(op + OP_DST), <u8>(res));
        op += OP_BYTES;
        continue;
      }
      case 86: { // ADD_RM_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = read<u8>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a + b) & 0xff;
        setLazy(vp, CC_ADD | 0, res, b);
        store<u8>(vp + load<u8>(op + OP_DST), <u8>(res));
        op += OP_BYTES;
        continue;
      }
      case 87: { // ADD_MR_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u8>(vp, at);
        const a = host ? <u64>load<u8>(host) : readUpdate(vp, at, 1);
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        const res = (a + b) & 0xff;
        setLazy(vp, CC_ADD | 0, res, b);
        if (host) store<u8>(host, <u8>res);
        else writeSized(vp, at, 1, res);
        op += OP_BYTES;
        continue;
      }
      case 88: { // ADD_MI_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u8>(vp, at);
        const a = host ? <u64>load<u8>(host) : readUpdate(vp, at, 1);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = (a + b) & 0xff;
        setLazy(vp, CC_ADD | 0, res, b);
        if (host) store<u8>(host, <u8>res);
        else writeSized(vp, at, 1, res);
        op += OP_BYTES;
        continue;
      }
      case 89: { // OR_RR_8
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        const res = (a | b) & 0xff;
        setLazy(vp, CC_LOGIC | 0, res, b);
        store<u8>(vp + load<u8>(op + OP_DST), <u8>(res));
        op += OP_BYTES;
        continue;
      }
      case 90: { // OR_RI_8
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = (a | b) & 0xff;
        setLazy(vp, CC_LOGIC | 0, res, b);
        store<u8>(vp + load<u8>(op + OP_DST), <u8>(res));
        op += OP_BYTES;
        continue;
      }
      case 91: { // OR_RM_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = read<u8>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a | b) & 0xff;
        setLazy(vp, CC_LOGIC | 0, res, b);
        store<u8>(vp + load<u8>(op + OP_DST), <u8>(res));
        op += OP_BYTES;
        continue;
      }
      case 92: { // OR_MR_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u8>(vp, at);
        const a = host ? <u64>load<u8>(host) : readUpdate(vp, at, 1);
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        const res = (a | b) & 0xff;
        setLazy(vp, CC_LOGIC | 0, res, b);
        if (host) store<u8>(host, <u8>res);
        else writeSized(vp, at, 1, res);
        op += OP_BYTES;
        continue;
      }
      case 93: { // OR_MI_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u8>(vp, at);
        const a = host ? <u64>load<u8>(host) : readUpdate(vp, at, 1);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = (a | b) & 0xff;
        setLazy(vp, CC_LOGIC | 0, res, b);
        if (host) store<u8>(host, <u8>res);
        else writeSized(vp, at, 1, res);
        op += OP_BYTES;
        continue;
      }
      case 94: { // AND_RR_8
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        const res = (a & b) & 0xff;
        setLazy(vp, CC_LOGIC | 0, res, b);
        store<u8>(vp + load<u8>(op + OP_DST), <u8>(res));
        op += OP_BYTES;
        continue;
      }
      case 95: { // AND_RI_8
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = (a & b) & 0xff;
        setLazy(vp, CC_LOGIC | 0, res, b);
        store<u8>(vp + load<u8>(op + OP_DST), <u8>(res));
        op += OP_BYTES;
        continue;
      }
      case 96: { // AND_RM_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = read<u8>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a & b) & 0xff;
        setLazy(vp, CC_LOGIC | 0, res, b);
        store<u8>(vp + load<u8>(op + OP_DST), <u8>(res));
        op += OP_BYTES;
        continue;
      }
      case 97: { // AND_MR_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u8>(vp, at);
        const a = host ? <u64>load<u8>(host) : readUpdate(vp, at, 1);
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        const res = (a & b) & 0xff;
        setLazy(vp, CC_LOGIC | 0, res, b);
        if (host) store<u8>(host, <u8>res);
        else writeSized(vp, at, 1, res);
        op += OP_BYTES;
        continue;
      }
      case 98: { // AND_MI_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u8>(vp, at);
        const a = host ? <u64>load<u8>(host) : readUpdate(vp, at, 1);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = (a & b) & 0xff;
        setLazy(vp, CC_LOGIC | 0, res, b);
        if (host) store<u8>(host, <u8>res);
        else writeSized(vp, at, 1, res);
        op += OP_BYTES;
        continue;
      }
      case 99: { // SUB_RR_8
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        const res = (a - b) & 0xff;
        setLazy(vp, CC_SUB | 0, res, b);
        store<u8>(vp + load<u8>(op + OP_DST), <u8>(res));
        op += OP_BYTES;
        continue;
      }
      case 100: { // SUB_RI_8
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = (a - b) & 0xff;
        setLazy(vp, CC_SUB | 0, res, b);
        store<u8>(vp + load<u8>(op + OP_DST), <u8>(res));
        op += OP_BYTES;
        continue;
      }
      case 101: { // SUB_RM_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = read<u8>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a - b) & 0xff;
        setLazy(vp, CC_SUB | 0, res, b);
        store<u8>(vp + load<u8>(op + OP_DST), <u8>(res));
        op += OP_BYTES;
        continue;
      }
      case 102: { // SUB_MR_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u8>(vp, at);
        const a = host ? <u64>load<u8>(host) : readUpdate(vp, at, 1);
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        const res = (a - b) & 0xff;
        setLazy(vp, CC_SUB | 0, res, b);
        if (host) store<u8>(host, <u8>res);
        else writeSized(vp, at, 1, res);
        op += OP_BYTES;
        continue;
      }
      case 103: { // SUB_MI_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u8>(vp, at);
        const a = host ? <u64>load<u8>(host) : readUpdate(vp, at, 1);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = (a - b) & 0xff;
        setLazy(vp, CC_SUB | 0, res, b);
        if (host) store<u8>(host, <u8>res);
        else writeSized(vp, at, 1, res);
        op += OP_BYTES;
        continue;
      }
      case 104: { // XOR_RR_8
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        const res = (a ^ b) & 0xff;
        setLazy(vp, CC_LOGIC | 0, res, b);
        store<u8>(vp + load<u8>(op + OP_DST), <u8>(res));
        op += OP_BYTES;
        continue;
      }
      case 105: { // XOR_RI_8
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = (a ^ b) & 0xff;
        setLazy(vp, CC_LOGIC | 0, res, b);
        store<u8>(vp + load<u8>(op + OP_DST), <u8>(res));
        op += OP_BYTES;
        continue;
      }
      case 106: { // XOR_RM_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = read<u8>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a ^ b) & 0xff;
        setLazy(vp, CC_LOGIC | 0, res, b);
        store<u8>(vp + load<u8>(op + OP_DST), <u8>(res));
        op += OP_BYTES;
        continue;
      }
      case 107: { // XOR_MR_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u8>(vp, at);
        const a = host ? <u64>load<u8>(host) : readUpdate(vp, at, 1);
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        const res = (a ^ b) & 0xff;
        setLazy(vp, CC_LOGIC | 0, res, b);
        if (host) store<u8>(host, <u8>res);
        else writeSized(vp, at, 1, res);
        op += OP_BYTES;
        continue;
      }
      case 108: { // XOR_MI_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u8>(vp, at);
        const a = host ? <u64>load<u8>(host) : readUpdate(vp, at, 1);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = (a ^ b) & 0xff;
        setLazy(vp, CC_LOGIC | 0, res, b);
        if (host) store<u8>(host, <u8>res);
        else writeSized(vp, at, 1, res);
        op += OP_BYTES;
        continue;
      }
      case 109: { // CMP_RR_8
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        const res = (a - b) & 0xff;
        setLazy(vp, CC_SUB | 0, res, b);
        op += OP_BYTES;
        continue;
      }
      case 110: { // CMP_RI_8
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = (a - b) & 0xff;
        setLazy(vp, CC_SUB | 0, res, b);
        op += OP_BYTES;
        continue;
      }
      case 111: { // CMP_RM_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = read<u8>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a - b) & 0xff;
        setLazy(vp, CC_SUB | 0, res, b);
        op += OP_BYTES;
        continue;
      }
      case 112: { // CMP_MR_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u8>(vp, at);
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        const res = (a - b) & 0xff;
        setLazy(vp, CC_SUB | 0, res, b);
        op += OP_BYTES;
        continue;
      }
      case 113: { // CMP_MI_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u8>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = (a - b) & 0xff;
        setLazy(vp, CC_SUB | 0, res, b);
        op += OP_BYTES;
        continue;
      }
      case 114: { // TEST_RR_8
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_LOGIC | 0, a & b, 0);
        op += OP_BYTES;
        continue;
      }
      case 115: { // TEST_RI_8
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        setLazy(vp, CC_LOGIC | 0, a & b, 0);
        op += OP_BYTES;
        continue;
      }
      case 116: { // TEST_MR_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u8>(vp, at);
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_LOGIC | 0, a & b, 0);
        op += OP_BYTES;
        continue;
      }
      case 117: { // TEST_MI_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u8>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        setLazy(vp, CC_LOGIC | 0, a & b, 0);
        op += OP_BYTES;
        continue;
      }
      case 118: { // ADC_RR_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        store<u64>(vp + load<u8>(op + OP_DST), alu(vp, 2, a, b, 4));
        op += OP_BYTES;
        continue;
      }
      case 119: { // ADC_RI_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        store<u64>(vp + load<u8>(op + OP_DST), alu(vp, 2, a, b, 4));
        op += OP_BYTES;
        continue;
      }
      case 120: { // SBB_RR_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        store<u64>(vp + load<u8>(op + OP_DST), alu(vp, 3, a, b, 4));
        op += OP_BYTES;
        continue;
      }
      case 121: { // SBB_RI_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        store<u64>(vp + load<u8>(op + OP_DST), alu(vp, 3, a, b, 4));
        op += OP_BYTES;
        continue;
      }
      case 122: { // INC_R_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const res = increment(vp, a, 4);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 123: { // INC_M_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const res = increment(vp, a, 4);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        op += OP_BYTES;
        continue;
      }
      case 124: { // DEC_R_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const res = decrement(vp, a, 4);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 125: { // DEC_M_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const res = decrement(vp, a, 4);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        op += OP_BYTES;
        continue;
      }
      case 126: { // ADC_RR_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        store<u64>(vp + load<u8>(op + OP_DST), alu(vp, 2, a, b, 8));
        op += OP_BYTES;
        continue;
      }
      case 127: { // ADC_RI_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        store<u64>(vp + load<u8>(op + OP_DST), alu(vp, 2, a, b, 8));
        op += OP_BYTES;
        continue;
      }
      case 128: { // SBB_RR_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        store<u64>(vp + load<u8>(op + OP_DST), alu(vp, 3, a, b, 8));
        op += OP_BYTES;
        continue;
      }
      case 129: { // SBB_RI_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        store<u64>(vp + load<u8>(op + OP_DST), alu(vp, 3, a, b, 8));
        op += OP_BYTES;
        continue;
      }
      case 130: { // INC_R_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const res = increment(vp, a, 8);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 131: { // INC_M_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const res = increment(vp, a, 8);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        op += OP_BYTES;
        continue;
      }
      case 132: { // DEC_R_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const res = decrement(vp, a, 8);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 133: { // DEC_M_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const res = decrement(vp, a, 8);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        op += OP_BYTES;
        continue;
      }
      case 134: { // ADD_RS_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT)) + load<u64>(vp + SEGMENTS + (<usize>(load<u8>(op + OP_SEGMENT) & 7) << 4)));
        const res = (a + b) & 0xffffffff;
        setLazy(vp, CC_ADD | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 135: { // OR_RS_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT)) + load<u64>(vp + SEGMENTS + (<usize>(load<u8>(op + OP_SEGMENT) & 7) << 4)));
        const res = (a | b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 136: { // AND_RS_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT)) + load<u64>(vp + SEGMENTS + (<usize>(load<u8>(op + OP_SEGMENT) & 7) << 4)));
        const res = (a & b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 137: { // SUB_RS_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT)) + load<u64>(vp + SEGMENTS + (<usize>(load<u8>(op + OP_SEGMENT) & 7) << 4)));
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 138: { // XOR_RS_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT)) + load<u64>(vp + SEGMENTS + (<usize>(load<u8>(op + OP_SEGMENT) & 7) << 4)));
        const res = (a ^ b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 139: { // CMP_RS_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT)) + load<u64>(vp + SEGMENTS + (<usize>(load<u8>(op + OP_SEGMENT) & 7) << 4)));
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        op += OP_BYTES;
        continue;
      }
      case 140: { // ADD_RS_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT)) + load<u64>(vp + SEGMENTS + (<usize>(load<u8>(op + OP_SEGMENT) & 7) << 4)));
        const res = (a + b);
        setLazy(vp, CC_ADD | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 141: { // OR_RS_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT)) + load<u64>(vp + SEGMENTS + (<usize>(load<u8>(op + OP_SEGMENT) & 7) << 4)));
        const res = (a | b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 142: { // AND_RS_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT)) + load<u64>(vp + SEGMENTS + (<usize>(load<u8>(op + OP_SEGMENT) & 7) << 4)));
        const res = (a & b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 143: { // SUB_RS_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT)) + load<u64>(vp + SEGMENTS + (<usize>(load<u8>(op + OP_SEGMENT) & 7) << 4)));
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 144: { // XOR_RS_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT)) + load<u64>(vp + SEGMENTS + (<usize>(load<u8>(op + OP_SEGMENT) & 7) << 4)));
        const res = (a ^ b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        op += OP_BYTES;
        continue;
      }
      case 145: { // CMP_RS_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT)) + load<u64>(vp + SEGMENTS + (<usize>(load<u8>(op + OP_SEGMENT) & 7) << 4)));
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        op += OP_BYTES;
        continue;
      }
      case 146: { // INC_S_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT)) + load<u64>(vp + SEGMENTS + (<usize>(load<u8>(op + OP_SEGMENT) & 7) << 4));
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const res = increment(vp, a, 4);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        op += OP_BYTES;
        continue;
      }
      case 147: { // DEC_S_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT)) + load<u64>(vp + SEGMENTS + (<usize>(load<u8>(op + OP_SEGMENT) & 7) << 4));
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const res = decrement(vp, a, 4);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        op += OP_BYTES;
        continue;
      }
      case 148: { // MOV_RR_32
        store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 149: { // MOV_RI_32
        store<u64>(vp + load<u8>(op + OP_DST), load<u64>(op + OP_IMMEDIATE) & 0xffffffff);
        op += OP_BYTES;
        continue;
      }
      case 150: { // MOV_RM_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        store<u64>(vp + load<u8>(op + OP_DST), read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask));
        op += OP_BYTES;
        continue;
      }
      case 151: { // MOV_MR_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        write<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask, <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 152: { // MOV_MI_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        write<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask, load<u64>(op + OP_IMMEDIATE) & 0xffffffff);
        op += OP_BYTES;
        continue;
      }
      case 153: { // MOV_RB_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        store<u64>(vp + load<u8>(op + OP_DST), read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask));
        op += OP_BYTES;
        continue;
      }
      case 154: { // MOV_BR_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        write<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask, <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 155: { // MOV_RR_64
        store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 156: { // MOV_RI_64
        store<u64>(vp + load<u8>(op + OP_DST), load<u64>(op + OP_IMMEDIATE));
        op += OP_BYTES;
        continue;
      }
      case 157: { // MOV_RM_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        store<u64>(vp + load<u8>(op + OP_DST), read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask));
        op += OP_BYTES;
        continue;
      }
      case 158: { // MOV_MR_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        write<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask, <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 159: { // MOV_MI_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        write<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask, load<u64>(op + OP_IMMEDIATE));
        op += OP_BYTES;
        continue;
      }
      case 160: { // MOV_RB_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        store<u64>(vp + load<u8>(op + OP_DST), read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask));
        op += OP_BYTES;
        continue;
      }
      case 161: { // MOV_BR_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        write<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask, <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 162: { // MOV_RR_8
        store<u8>(vp + load<u8>(op + OP_DST), <u8>(<u64>load<u8>(vp + load<u8>(op + OP_SRC))));
        op += OP_BYTES;
        continue;
      }
      case 163: { // MOV_RI_8
        store<u8>(vp + load<u8>(op + OP_DST), <u8>(load<u64>(op + OP_IMMEDIATE) & 0xff));
        op += OP_BYTES;
        continue;
      }
      case 164: { // MOV_RM_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        store<u8>(vp + load<u8>(op + OP_DST), <u8>(read<u8>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask)));
        op += OP_BYTES;
        continue;
      }
      case 165: { // MOV_MR_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        write<u8>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask, <u64>load<u8>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 166: { // MOV_MI_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        write<u8>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask, load<u64>(op + OP_IMMEDIATE) & 0xff);
        op += OP_BYTES;
        continue;
      }
      case 167: { // MOV_RB_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        store<u8>(vp + load<u8>(op + OP_DST), <u8>(read<u8>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask)));
        op += OP_BYTES;
        continue;
      }
      case 168: { // MOV_BR_8
        store<u32>(vp + CURRENT_OP, <u32>op);
        write<u8>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask, <u64>load<u8>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 169: { // MOV_RS_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        store<u64>(vp + load<u8>(op + OP_DST), read<u32>(vp, load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT)) + load<u64>(vp + SEGMENTS + (<usize>(load<u8>(op + OP_SEGMENT) & 7) << 4))));
        op += OP_BYTES;
        continue;
      }
      case 170: { // LEA_32
        store<u64>(vp + load<u8>(op + OP_DST), (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask & 0xffffffff);
        op += OP_BYTES;
        continue;
      }
      case 171: { // MOVZX_RR8
        store<u64>(vp + load<u8>(op + OP_DST), load<u8>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 172: { // MOVZX_RM8
        store<u32>(vp + CURRENT_OP, <u32>op);
        store<u64>(vp + load<u8>(op + OP_DST), read<u8>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask));
        op += OP_BYTES;
        continue;
      }
      case 173: { // MOVSX_RR8_32
        store<u64>(vp + load<u8>(op + OP_DST), <u64>(<i64>load<i8>(vp + load<u8>(op + OP_SRC))) & 0xffffffff);
        op += OP_BYTES;
        continue;
      }
      case 174: { // MOVSX_RM8_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        store<u64>(vp + load<u8>(op + OP_DST), <u64>(<i64>(<i8>read<u8>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask))) & 0xffffffff);
        op += OP_BYTES;
        continue;
      }
      case 175: { // MOVZX_RR16
        store<u64>(vp + load<u8>(op + OP_DST), load<u16>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 176: { // MOVZX_RM16
        store<u32>(vp + CURRENT_OP, <u32>op);
        store<u64>(vp + load<u8>(op + OP_DST), read<u16>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask));
        op += OP_BYTES;
        continue;
      }
      case 177: { // MOVSX_RR16_32
        store<u64>(vp + load<u8>(op + OP_DST), <u64>(<i64>load<i16>(vp + load<u8>(op + OP_SRC))) & 0xffffffff);
        op += OP_BYTES;
        continue;
      }
      case 178: { // MOVSX_RM16_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        store<u64>(vp + load<u8>(op + OP_DST), <u64>(<i64>(<i16>read<u16>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask))) & 0xffffffff);
        op += OP_BYTES;
        continue;
      }
      case 179: { // CMOV_32_0
        if (quickCondition(vp, 0)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        else store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 180: { // CMOV_32_1
        if (quickCondition(vp, 1)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        else store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 181: { // CMOV_32_2
        if (quickCondition(vp, 2)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        else store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 182: { // CMOV_32_3
        if (quickCondition(vp, 3)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        else store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 183: { // CMOV_32_4
        if (quickCondition(vp, 4)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        else store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 184: { // CMOV_32_5
        if (quickCondition(vp, 5)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        else store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 185: { // CMOV_32_6
        if (quickCondition(vp, 6)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        else store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 186: { // CMOV_32_7
        if (quickCondition(vp, 7)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        else store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 187: { // CMOV_32_8
        if (quickCondition(vp, 8)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        else store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 188: { // CMOV_32_9
        if (quickCondition(vp, 9)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        else store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 189: { // CMOV_32_10
        if (quickCondition(vp, 10)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        else store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 190: { // CMOV_32_11
        if (quickCondition(vp, 11)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        else store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 191: { // CMOV_32_12
        if (quickCondition(vp, 12)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        else store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 192: { // CMOV_32_13
        if (quickCondition(vp, 13)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        else store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 193: { // CMOV_32_14
        if (quickCondition(vp, 14)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        else store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 194: { // CMOV_32_15
        if (quickCondition(vp, 15)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        else store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 195: { // MOV_RS_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        store<u64>(vp + load<u8>(op + OP_DST), read<u64>(vp, load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT)) + load<u64>(vp + SEGMENTS + (<usize>(load<u8>(op + OP_SEGMENT) & 7) << 4))));
        op += OP_BYTES;
        continue;
      }
      case 196: { // LEA_64
        store<u64>(vp + load<u8>(op + OP_DST), (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        op += OP_BYTES;
        continue;
      }
      case 197: { // MOVSX_RR8_64
        store<u64>(vp + load<u8>(op + OP_DST), <u64>(<i64>load<i8>(vp + load<u8>(op + OP_SRC))));
        op += OP_BYTES;
        continue;
      }
      case 198: { // MOVSX_RM8_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        store<u64>(vp + load<u8>(op + OP_DST), <u64>(<i64>(<i8>read<u8>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask))));
        op += OP_BYTES;
        continue;
      }
      case 199: { // MOVSX_RR16_64
        store<u64>(vp + load<u8>(op + OP_DST), <u64>(<i64>load<i16>(vp + load<u8>(op + OP_SRC))));
        op += OP_BYTES;
        continue;
      }
      case 200: { // MOVSX_RM16_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        store<u64>(vp + load<u8>(op + OP_DST), <u64>(<i64>(<i16>read<u16>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask))));
        op += OP_BYTES;
        continue;
      }
      case 201: { // CMOV_64_0
        if (quickCondition(vp, 0)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 202: { // CMOV_64_1
        if (quickCondition(vp, 1)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 203: { // CMOV_64_2
        if (quickCondition(vp, 2)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 204: { // CMOV_64_3
        if (quickCondition(vp, 3)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 205: { // CMOV_64_4
        if (quickCondition(vp, 4)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 206: { // CMOV_64_5
        if (quickCondition(vp, 5)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 207: { // CMOV_64_6
        if (quickCondition(vp, 6)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 208: { // CMOV_64_7
        if (quickCondition(vp, 7)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 209: { // CMOV_64_8
        if (quickCondition(vp, 8)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 210: { // CMOV_64_9
        if (quickCondition(vp, 9)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 211: { // CMOV_64_10
        if (quickCondition(vp, 10)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 212: { // CMOV_64_11
        if (quickCondition(vp, 11)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 213: { // CMOV_64_12
        if (quickCondition(vp, 12)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 214: { // CMOV_64_13
        if (quickCondition(vp, 13)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 215: { // CMOV_64_14
        if (quickCondition(vp, 14)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 216: { // CMOV_64_15
        if (quickCondition(vp, 15)) store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 217: { // SET_0
        store<u8>(vp + load<u8>(op + OP_SRC), quickCondition(vp, 0) ? 1 : 0);
        op += OP_BYTES;
        continue;
      }
      case 218: { // SET_1
        store<u8>(vp + load<u8>(op + OP_SRC), quickCondition(vp, 1) ? 1 : 0);
        op += OP_BYTES;
        continue;
      }
      case 219: { // SET_2
        store<u8>(vp + load<u8>(op + OP_SRC), quickCondition(vp, 2) ? 1 : 0);
        op += OP_BYTES;
        continue;
      }
      case 220: { // SET_3
        store<u8>(vp + load<u8>(op + OP_SRC), quickCondition(vp, 3) ? 1 : 0);
        op += OP_BYTES;
        continue;
      }
      case 221: { // SET_4
        store<u8>(vp + load<u8>(op + OP_SRC), quickCondition(vp, 4) ? 1 : 0);
        op += OP_BYTES;
        continue;
      }
      case 222: { // SET_5
        store<u8>(vp + load<u8>(op + OP_SRC), quickCondition(vp, 5) ? 1 : 0);
        op += OP_BYTES;
        continue;
      }
      case 223: { // SET_6
        store<u8>(vp + load<u8>(op + OP_SRC), quickCondition(vp, 6) ? 1 : 0);
        op += OP_BYTES;
        continue;
      }
      case 224: { // SET_7
        store<u8>(vp + load<u8>(op + OP_SRC), quickCondition(vp, 7) ? 1 : 0);
        op += OP_BYTES;
        continue;
      }
      case 225: { // SET_8
        store<u8>(vp + load<u8>(op + OP_SRC), quickCondition(vp, 8) ? 1 : 0);
        op += OP_BYTES;
        continue;
      }
      case 226: { // SET_9
        store<u8>(vp + load<u8>(op + OP_SRC), quickCondition(vp, 9) ? 1 : 0);
        op += OP_BYTES;
        continue;
      }
      case 227: { // SET_10
        store<u8>(vp + load<u8>(op + OP_SRC), quickCondition(vp, 10) ? 1 : 0);
        op += OP_BYTES;
        continue;
      }
      case 228: { // SET_11
        store<u8>(vp + load<u8>(op + OP_SRC), quickCondition(vp, 11) ? 1 : 0);
        op += OP_BYTES;
        continue;
      }
      case 229: { // SET_12
        store<u8>(vp + load<u8>(op + OP_SRC), quickCondition(vp, 12) ? 1 : 0);
        op += OP_BYTES;
        continue;
      }
      case 230: { // SET_13
        store<u8>(vp + load<u8>(op + OP_SRC), quickCondition(vp, 13) ? 1 : 0);
        op += OP_BYTES;
        continue;
      }
      case 231: { // SET_14
        store<u8>(vp + load<u8>(op + OP_SRC), quickCondition(vp, 14) ? 1 : 0);
        op += OP_BYTES;
        continue;
      }
      case 232: { // SET_15
        store<u8>(vp + load<u8>(op + OP_SRC), quickCondition(vp, 15) ? 1 : 0);
        op += OP_BYTES;
        continue;
      }
      case 233: { // MOVSXD_RR
        store<u64>(vp + load<u8>(op + OP_DST), <u64>(<i64>load<i32>(vp + load<u8>(op + OP_SRC))));
        op += OP_BYTES;
        continue;
      }
      case 234: { // MOVSXD_RM
        store<u32>(vp + CURRENT_OP, <u32>op);
        store<u64>(vp + load<u8>(op + OP_DST), <u64>(<i64>(<i32>read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask))));
        op += OP_BYTES;
        continue;
      }
      case 235: { // NOP
        op += OP_BYTES;
        continue;
      }
      case 236: { // ROL_RI_32
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 0, <u64>load<u32>(vp + load<u8>(op + OP_DST)), load<u8>(op + OP_IMMEDIATE), 4));
        op += OP_BYTES;
        continue;
      }
      case 237: { // ROL_RC_32
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 0, <u64>load<u32>(vp + load<u8>(op + OP_DST)), load<u8>(vp + RCX), 4));
        op += OP_BYTES;
        continue;
      }
      case 238: { // ROR_RI_32
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 1, <u64>load<u32>(vp + load<u8>(op + OP_DST)), load<u8>(op + OP_IMMEDIATE), 4));
        op += OP_BYTES;
        continue;
      }
      case 239: { // ROR_RC_32
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 1, <u64>load<u32>(vp + load<u8>(op + OP_DST)), load<u8>(vp + RCX), 4));
        op += OP_BYTES;
        continue;
      }
      case 240: { // SHL_RI_32
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 4, <u64>load<u32>(vp + load<u8>(op + OP_DST)), load<u8>(op + OP_IMMEDIATE), 4));
        op += OP_BYTES;
        continue;
      }
      case 241: { // SHL_RC_32
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 4, <u64>load<u32>(vp + load<u8>(op + OP_DST)), load<u8>(vp + RCX), 4));
        op += OP_BYTES;
        continue;
      }
      case 242: { // SHR_RI_32
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 5, <u64>load<u32>(vp + load<u8>(op + OP_DST)), load<u8>(op + OP_IMMEDIATE), 4));
        op += OP_BYTES;
        continue;
      }
      case 243: { // SHR_RC_32
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 5, <u64>load<u32>(vp + load<u8>(op + OP_DST)), load<u8>(vp + RCX), 4));
        op += OP_BYTES;
        continue;
      }
      case 244: { // SAR_RI_32
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 7, <u64>load<u32>(vp + load<u8>(op + OP_DST)), load<u8>(op + OP_IMMEDIATE), 4));
        op += OP_BYTES;
        continue;
      }
      case 245: { // SAR_RC_32
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 7, <u64>load<u32>(vp + load<u8>(op + OP_DST)), load<u8>(vp + RCX), 4));
        op += OP_BYTES;
        continue;
      }
      case 246: { // IMUL_RR_32
        store<u64>(vp + load<u8>(op + OP_DST), multiply(vp, <u64>load<u32>(vp + load<u8>(op + OP_DST)), <u64>load<u32>(vp + load<u8>(op + OP_SRC)), 4));
        op += OP_BYTES;
        continue;
      }
      case 247: { // IMUL_RRI_32
        store<u64>(vp + load<u8>(op + OP_DST), multiply(vp, <u64>load<u32>(vp + load<u8>(op + OP_SRC)), load<u64>(op + OP_IMMEDIATE) & 0xffffffff, 4));
        op += OP_BYTES;
        continue;
      }
      case 248: { // NOT_R_32
        store<u64>(vp + load<u8>(op + OP_DST), ~<u64>load<u32>(vp + load<u8>(op + OP_DST)) & 0xffffffff);
        op += OP_BYTES;
        continue;
      }
      case 249: { // NEG_R_32
        store<u64>(vp + load<u8>(op + OP_DST), alu(vp, 5, 0, <u64>load<u32>(vp + load<u8>(op + OP_DST)), 4));
        op += OP_BYTES;
        continue;
      }
      case 250: { // MUL_R_32
        multiplyWide(vp, <u64>load<u32>(vp + load<u8>(op + OP_DST)), 4, false);
        op += OP_BYTES;
        continue;
      }
      case 251: { // IMUL_R_32
        multiplyWide(vp, <u64>load<u32>(vp + load<u8>(op + OP_DST)), 4, true);
        op += OP_BYTES;
        continue;
      }
      case 252: { // ROL_RI_64
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 0, <u64>load<u64>(vp + load<u8>(op + OP_DST)), load<u8>(op + OP_IMMEDIATE), 8));
        op += OP_BYTES;
        continue;
      }
      case 253: { // ROL_RC_64
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 0, <u64>load<u64>(vp + load<u8>(op + OP_DST)), load<u8>(vp + RCX), 8));
        op += OP_BYTES;
        continue;
      }
      case 254: { // ROR_RI_64
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 1, <u64>load<u64>(vp + load<u8>(op + OP_DST)), load<u8>(op + OP_IMMEDIATE), 8));
        op += OP_BYTES;
        continue;
      }
      case 255: { // ROR_RC_64
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 1, <u64>load<u64>(vp + load<u8>(op + OP_DST)), load<u8>(vp + RCX), 8));
        op += OP_BYTES;
        continue;
      }
      case 256: { // SHL_RI_64
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 4, <u64>load<u64>(vp + load<u8>(op + OP_DST)), load<u8>(op + OP_IMMEDIATE), 8));
        op += OP_BYTES;
        continue;
      }
      case 257: { // SHL_RC_64
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 4, <u64>load<u64>(vp + load<u8>(op + OP_DST)), load<u8>(vp + RCX), 8));
        op += OP_BYTES;
        continue;
      }
      case 258: { // SHR_RI_64
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 5, <u64>load<u64>(vp + load<u8>(op + OP_DST)), load<u8>(op + OP_IMMEDIATE), 8));
        op += OP_BYTES;
        continue;
      }
      case 259: { // SHR_RC_64
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 5, <u64>load<u64>(vp + load<u8>(op + OP_DST)), load<u8>(vp + RCX), 8));
        op += OP_BYTES;
        continue;
      }
      case 260: { // SAR_RI_64
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 7, <u64>load<u64>(vp + load<u8>(op + OP_DST)), load<u8>(op + OP_IMMEDIATE), 8));
        op += OP_BYTES;
        continue;
      }
      case 261: { // SAR_RC_64
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 7, <u64>load<u64>(vp + load<u8>(op + OP_DST)), load<u8>(vp + RCX), 8));
        op += OP_BYTES;
        continue;
      }
      case 262: { // IMUL_RR_64
        store<u64>(vp + load<u8>(op + OP_DST), multiply(vp, <u64>load<u64>(vp + load<u8>(op + OP_DST)), <u64>load<u64>(vp + load<u8>(op + OP_SRC)), 8));
        op += OP_BYTES;
        continue;
      }
      case 263: { // IMUL_RRI_64
        store<u64>(vp + load<u8>(op + OP_DST), multiply(vp, <u64>load<u64>(vp + load<u8>(op + OP_SRC)), load<u64>(op + OP_IMMEDIATE), 8));
        op += OP_BYTES;
        continue;
      }
      case 264: { // NOT_R_64
        store<u64>(vp + load<u8>(op + OP_DST), ~<u64>load<u64>(vp + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 265: { // NEG_R_64
        store<u64>(vp + load<u8>(op + OP_DST), alu(vp, 5, 0, <u64>load<u64>(vp + load<u8>(op + OP_DST)), 8));
        op += OP_BYTES;
        continue;
      }
      case 266: { // MUL_R_64
        multiplyWide(vp, <u64>load<u64>(vp + load<u8>(op + OP_DST)), 8, false);
        op += OP_BYTES;
        continue;
      }
      case 267: { // IMUL_R_64
        multiplyWide(vp, <u64>load<u64>(vp + load<u8>(op + OP_DST)), 8, true);
        op += OP_BYTES;
        continue;
      }
      case 268: { // PUSH_R_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + RSP) - 8) & mask;
        write<u64>(vp, at, <u64>load<u64>(vp + load<u8>(op + OP_DST)));
        store<u64>(vp + RSP, at);
        op += OP_BYTES;
        continue;
      }
      case 269: { // PUSH_I_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + RSP) - 8) & mask;
        write<u64>(vp, at, load<u64>(op + OP_IMMEDIATE));
        store<u64>(vp + RSP, at);
        op += OP_BYTES;
        continue;
      }
      case 270: { // POP_R_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = load<u64>(vp + RSP) & mask;
        const popped = read<u64>(vp, at);
        store<u64>(vp + RSP, (at + 8) & mask);
        store<u64>(vp + load<u8>(op + OP_DST), popped);
        op += OP_BYTES;
        continue;
      }
      case 271: { // PUSH_R_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + RSP) - 4) & mask;
        write<u32>(vp, at, <u64>load<u32>(vp + load<u8>(op + OP_DST)));
        store<u64>(vp + RSP, at);
        op += OP_BYTES;
        continue;
      }
      case 272: { // PUSH_I_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + RSP) - 4) & mask;
        write<u32>(vp, at, load<u64>(op + OP_IMMEDIATE));
        store<u64>(vp + RSP, at);
        op += OP_BYTES;
        continue;
      }
      case 273: { // POP_R_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = load<u64>(vp + RSP) & mask;
        const popped = read<u32>(vp, at);
        store<u64>(vp + RSP, (at + 4) & mask);
        store<u64>(vp + load<u8>(op + OP_DST), popped);
        op += OP_BYTES;
        continue;
      }
      case 274: { // XMM_RR
        store<u32>(vp + CURRENT_OP, <u32>op);
        requireSse(vp);
        v128.store(vp + XMM + load<u8>(op + OP_DST), v128.load(vp + XMM + load<u8>(op + OP_SRC)));
        op += OP_BYTES;
        continue;
      }
      case 275: { // XMM_XOR
        store<u32>(vp + CURRENT_OP, <u32>op);
        requireSse(vp);
        v128.store(vp + XMM + load<u8>(op + OP_DST), v128.xor(v128.load(vp + XMM + load<u8>(op + OP_DST)), v128.load(vp + XMM + load<u8>(op + OP_SRC))));
        op += OP_BYTES;
        continue;
      }
      case 276: { // XMM_RM
        store<u32>(vp + CURRENT_OP, <u32>op);
        requireSse(vp);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        v128.store(vp + XMM + load<u8>(op + OP_DST), read128(vp, at));
        op += OP_BYTES;
        continue;
      }
      case 277: { // XMM_MR
        store<u32>(vp + CURRENT_OP, <u32>op);
        requireSse(vp);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        write128(vp, at, v128.load(vp + XMM + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 278: { // XMM_RM_ALIGNED
        store<u32>(vp + CURRENT_OP, <u32>op);
        requireSse(vp);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        if (at & 15) raiseGP(vp, 0);
        v128.store(vp + XMM + load<u8>(op + OP_DST), read128(vp, at));
        op += OP_BYTES;
        continue;
      }
      case 279: { // XMM_MR_ALIGNED
        store<u32>(vp + CURRENT_OP, <u32>op);
        requireSse(vp);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        if (at & 15) raiseGP(vp, 0);
        write128(vp, at, v128.load(vp + XMM + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 280: { // XMM_RM_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        requireSse(vp);
        v128.store(vp + XMM + load<u8>(op + OP_DST), i64x2.replace_lane(i64x2.splat(0), 0, <i64>read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask)));
        op += OP_BYTES;
        continue;
      }
      case 281: { // XMM_MR_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        requireSse(vp);
        write<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask, load<u64>(vp + XMM + load<u8>(op + OP_DST)));
        op += OP_BYTES;
        continue;
      }
      case 282: { // JMP
        from = op;
        break;
      }
      case 283: { // JCC_0
        from = quickCondition(vp, 0) ? op : op + OP_BYTES;
        break;
      }
      case 284: { // JCC_1
        from = quickCondition(vp, 1) ? op : op + OP_BYTES;
        break;
      }
      case 285: { // JCC_2
        from = quickCondition(vp, 2) ? op : op + OP_BYTES;
        break;
      }
      case 286: { // JCC_3
        from = quickCondition(vp, 3) ? op : op + OP_BYTES;
        break;
      }
      case 287: { // JCC_4
        from = quickCondition(vp, 4) ? op : op + OP_BYTES;
        break;
      }
      case 288: { // JCC_5
        from = quickCondition(vp, 5) ? op : op + OP_BYTES;
        break;
      }
      case 289: { // JCC_6
        from = quickCondition(vp, 6) ? op : op + OP_BYTES;
        break;
      }
      case 290: { // JCC_7
        from = quickCondition(vp, 7) ? op : op + OP_BYTES;
        break;
      }
      case 291: { // JCC_8
        from = quickCondition(vp, 8) ? op : op + OP_BYTES;
        break;
      }
      case 292: { // JCC_9
        from = quickCondition(vp, 9) ? op : op + OP_BYTES;
        break;
      }
      case 293: { // JCC_10
        from = quickCondition(vp, 10) ? op : op + OP_BYTES;
        break;
      }
      case 294: { // JCC_11
        from = quickCondition(vp, 11) ? op : op + OP_BYTES;
        break;
      }
      case 295: { // JCC_12
        from = quickCondition(vp, 12) ? op : op + OP_BYTES;
        break;
      }
      case 296: { // JCC_13
        from = quickCondition(vp, 13) ? op : op + OP_BYTES;
        break;
      }
      case 297: { // JCC_14
        from = quickCondition(vp, 14) ? op : op + OP_BYTES;
        break;
      }
      case 298: { // JCC_15
        from = quickCondition(vp, 15) ? op : op + OP_BYTES;
        break;
      }
      case 299: { // CALL_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        if (load<u32>(op + OP_LINK) == 0) checkTarget(vp, ((load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH)) + load<u64>(op + OP_IMMEDIATE)) & mask);
        const at = (load<u64>(vp + RSP) - 8) & mask;
        write<u64>(vp, at, (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH)) & mask);
        store<u64>(vp + RSP, at);
        from = op;
        break;
      }
      case 300: { // RET_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = load<u64>(vp + RSP) & mask;
        target = read<u64>(vp, at);
        checkTarget(vp, target);
        store<u64>(vp + RSP, (at + 8) & mask);
        count(load<u8>(op + OP_COUNT));
        from = 0;
        break;
      }
      case 301: { // JMP_R_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        target = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        from = 0;
        break;
      }
      case 302: { // CALL_R_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        target = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        checkTarget(vp, target);
        const at = (load<u64>(vp + RSP) - 8) & mask;
        write<u64>(vp, at, (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH)) & mask);
        store<u64>(vp + RSP, at);
        count(load<u8>(op + OP_COUNT));
        from = 0;
        break;
      }
      case 303: { // JMP_M_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        target = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        from = 0;
        break;
      }
      case 304: { // CALL_M_64
        store<u32>(vp + CURRENT_OP, <u32>op);
        target = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        checkTarget(vp, target);
        const at = (load<u64>(vp + RSP) - 8) & mask;
        write<u64>(vp, at, (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH)) & mask);
        store<u64>(vp + RSP, at);
        count(load<u8>(op + OP_COUNT));
        from = 0;
        break;
      }
      case 305: { // CALL_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        if (load<u32>(op + OP_LINK) == 0) checkTarget(vp, ((load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH)) + load<u64>(op + OP_IMMEDIATE)) & mask);
        const at = (load<u64>(vp + RSP) - 4) & mask;
        write<u32>(vp, at, (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH)) & mask);
        store<u64>(vp + RSP, at);
        from = op;
        break;
      }
      case 306: { // RET_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = load<u64>(vp + RSP) & mask;
        target = read<u32>(vp, at);
        checkTarget(vp, target);
        store<u64>(vp + RSP, (at + 4) & mask);
        count(load<u8>(op + OP_COUNT));
        from = 0;
        break;
      }
      case 307: { // JMP_R_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        target = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        from = 0;
        break;
      }
      case 308: { // CALL_R_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        target = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        checkTarget(vp, target);
        const at = (load<u64>(vp + RSP) - 4) & mask;
        write<u32>(vp, at, (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH)) & mask);
        store<u64>(vp + RSP, at);
        count(load<u8>(op + OP_COUNT));
        from = 0;
        break;
      }
      case 309: { // JMP_M_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        target = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        from = 0;
        break;
      }
      case 310: { // CALL_M_32
        store<u32>(vp + CURRENT_OP, <u32>op);
        target = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        checkTarget(vp, target);
        const at = (load<u64>(vp + RSP) - 4) & mask;
        write<u32>(vp, at, (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH)) & mask);
        store<u64>(vp + RSP, at);
        count(load<u8>(op + OP_COUNT));
        from = 0;
        break;
      }
      case 311: { // CMP_RR_32_J2
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a < b ? op : op + OP_BYTES;
        break;
      }
      case 312: { // CMP_RR_32_J3
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a >= b ? op : op + OP_BYTES;
        break;
      }
      case 313: { // CMP_RR_32_J4
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a == b ? op : op + OP_BYTES;
        break;
      }
      case 314: { // CMP_RR_32_J5
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a != b ? op : op + OP_BYTES;
        break;
      }
      case 315: { // CMP_RR_32_J6
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a <= b ? op : op + OP_BYTES;
        break;
      }
      case 316: { // CMP_RR_32_J7
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a > b ? op : op + OP_BYTES;
        break;
      }
      case 317: { // CMP_RR_32_J12
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = <i32>a < <i32>b ? op : op + OP_BYTES;
        break;
      }
      case 318: { // CMP_RR_32_J13
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = <i32>a >= <i32>b ? op : op + OP_BYTES;
        break;
      }
      case 319: { // CMP_RR_32_J14
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = <i32>a <= <i32>b ? op : op + OP_BYTES;
        break;
      }
      case 320: { // CMP_RR_32_J15
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = <i32>a > <i32>b ? op : op + OP_BYTES;
        break;
      }
      case 321: { // CMP_RI_32_J2
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a < b ? op : op + OP_BYTES;
        break;
      }
      case 322: { // CMP_RI_32_J3
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a >= b ? op : op + OP_BYTES;
        break;
      }
      case 323: { // CMP_RI_32_J4
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a == b ? op : op + OP_BYTES;
        break;
      }
      case 324: { // CMP_RI_32_J5
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a != b ? op : op + OP_BYTES;
        break;
      }
      case 325: { // CMP_RI_32_J6
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a <= b ? op : op + OP_BYTES;
        break;
      }
      case 326: { // CMP_RI_32_J7
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a > b ? op : op + OP_BYTES;
        break;
      }
      case 327: { // CMP_RI_32_J12
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = <i32>a < <i32>b ? op : op + OP_BYTES;
        break;
      }
      case 328: { // CMP_RI_32_J13
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = <i32>a >= <i32>b ? op : op + OP_BYTES;
        break;
      }
      case 329: { // CMP_RI_32_J14
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = <i32>a <= <i32>b ? op : op + OP_BYTES;
        break;
      }
      case 330: { // CMP_RI_32_J15
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = <i32>a > <i32>b ? op : op + OP_BYTES;
        break;
      }
      case 331: { // CMP_RM_32_J2
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a < b ? op : op + OP_BYTES;
        break;
      }
      case 332: { // CMP_RM_32_J3
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a >= b ? op : op + OP_BYTES;
        break;
      }
      case 333: { // CMP_RM_32_J4
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a == b ? op : op + OP_BYTES;
        break;
      }
      case 334: { // CMP_RM_32_J5
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a != b ? op : op + OP_BYTES;
        break;
      }
      case 335: { // CMP_RM_32_J6
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a <= b ? op : op + OP_BYTES;
        break;
      }
      case 336: { // CMP_RM_32_J7
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a > b ? op : op + OP_BYTES;
        break;
      }
      case 337: { // CMP_MR_32_J2
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u32>(vp, at);
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a < b ? op : op + OP_BYTES;
        break;
      }
      case 338: { // CMP_MR_32_J3
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u32>(vp, at);
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a >= b ? op : op + OP_BYTES;
        break;
      }
      case 339: { // CMP_MR_32_J4
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u32>(vp, at);
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a == b ? op : op + OP_BYTES;
        break;
      }
      case 340: { // CMP_MR_32_J5
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u32>(vp, at);
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a != b ? op : op + OP_BYTES;
        break;
      }
      case 341: { // CMP_MR_32_J6
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u32>(vp, at);
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a <= b ? op : op + OP_BYTES;
        break;
      }
      case 342: { // CMP_MR_32_J7
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u32>(vp, at);
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a > b ? op : op + OP_BYTES;
        break;
      }
      case 343: { // CMP_MI_32_J2
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u32>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a < b ? op : op + OP_BYTES;
        break;
      }
      case 344: { // CMP_MI_32_J3
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u32>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a >= b ? op : op + OP_BYTES;
        break;
      }
      case 345: { // CMP_MI_32_J4
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u32>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a == b ? op : op + OP_BYTES;
        break;
      }
      case 346: { // CMP_MI_32_J5
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u32>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a != b ? op : op + OP_BYTES;
        break;
      }
      case 347: { // CMP_MI_32_J6
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u32>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a <= b ? op : op + OP_BYTES;
        break;
      }
      case 348: { // CMP_MI_32_J7
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u32>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, (a - b) & 0xffffffff, b);
        op += OP_BYTES;
        from = a > b ? op : op + OP_BYTES;
        break;
      }
      case 349: { // TEST_RR_32_J4
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = a & b;
        setLazy(vp, CC_LOGIC | 2, res, 0);
        op += OP_BYTES;
        from = res == 0 ? op : op + OP_BYTES;
        break;
      }
      case 350: { // TEST_RR_32_J5
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = a & b;
        setLazy(vp, CC_LOGIC | 2, res, 0);
        op += OP_BYTES;
        from = res != 0 ? op : op + OP_BYTES;
        break;
      }
      case 351: { // TEST_RR_32_J8
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = a & b;
        setLazy(vp, CC_LOGIC | 2, res, 0);
        const negative = <i32>res;
        op += OP_BYTES;
        from = negative < 0 ? op : op + OP_BYTES;
        break;
      }
      case 352: { // TEST_RR_32_J9
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = a & b;
        setLazy(vp, CC_LOGIC | 2, res, 0);
        const negative = <i32>res;
        op += OP_BYTES;
        from = negative >= 0 ? op : op + OP_BYTES;
        break;
      }
      case 353: { // TEST_RR_32_J14
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = a & b;
        setLazy(vp, CC_LOGIC | 2, res, 0);
        const negative = <i32>res;
        op += OP_BYTES;
        from = negative <= 0 ? op : op + OP_BYTES;
        break;
      }
      case 354: { // TEST_RR_32_J15
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = a & b;
        setLazy(vp, CC_LOGIC | 2, res, 0);
        const negative = <i32>res;
        op += OP_BYTES;
        from = negative > 0 ? op : op + OP_BYTES;
        break;
      }
      case 355: { // TEST_RI_32_J4
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = a & b;
        setLazy(vp, CC_LOGIC | 2, res, 0);
        op += OP_BYTES;
        from = res == 0 ? op : op + OP_BYTES;
        break;
      }
      case 356: { // TEST_RI_32_J5
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = a & b;
        setLazy(vp, CC_LOGIC | 2, res, 0);
        op += OP_BYTES;
        from = res != 0 ? op : op + OP_BYTES;
        break;
      }
      case 357: { // CMP_RR_64_J2
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a < b ? op : op + OP_BYTES;
        break;
      }
      case 358: { // CMP_RR_64_J3
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a >= b ? op : op + OP_BYTES;
        break;
      }
      case 359: { // CMP_RR_64_J4
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a == b ? op : op + OP_BYTES;
        break;
      }
      case 360: { // CMP_RR_64_J5
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a != b ? op : op + OP_BYTES;
        break;
      }
      case 361: { // CMP_RR_64_J6
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a <= b ? op : op + OP_BYTES;
        break;
      }
      case 362: { // CMP_RR_64_J7
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a > b ? op : op + OP_BYTES;
        break;
      }
      case 363: { // CMP_RR_64_J12
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = <i64>a < <i64>b ? op : op + OP_BYTES;
        break;
      }
      case 364: { // CMP_RR_64_J13
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = <i64>a >= <i64>b ? op : op + OP_BYTES;
        break;
      }
      case 365: { // CMP_RR_64_J14
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = <i64>a <= <i64>b ? op : op + OP_BYTES;
        break;
      }
      case 366: { // CMP_RR_64_J15
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = <i64>a > <i64>b ? op : op + OP_BYTES;
        break;
      }
      case 367: { // CMP_RI_64_J2
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a < b ? op : op + OP_BYTES;
        break;
      }
      case 368: { // CMP_RI_64_J3
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a >= b ? op : op + OP_BYTES;
        break;
      }
      case 369: { // CMP_RI_64_J4
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a == b ? op : op + OP_BYTES;
        break;
      }
      case 370: { // CMP_RI_64_J5
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a != b ? op : op + OP_BYTES;
        break;
      }
      case 371: { // CMP_RI_64_J6
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a <= b ? op : op + OP_BYTES;
        break;
      }
      case 372: { // CMP_RI_64_J7
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a > b ? op : op + OP_BYTES;
        break;
      }
      case 373: { // CMP_RI_64_J12
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = <i64>a < <i64>b ? op : op + OP_BYTES;
        break;
      }
      case 374: { // CMP_RI_64_J13
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = <i64>a >= <i64>b ? op : op + OP_BYTES;
        break;
      }
      case 375: { // CMP_RI_64_J14
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = <i64>a <= <i64>b ? op : op + OP_BYTES;
        break;
      }
      case 376: { // CMP_RI_64_J15
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = <i64>a > <i64>b ? op : op + OP_BYTES;
        break;
      }
      case 377: { // CMP_RM_64_J2
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a < b ? op : op + OP_BYTES;
        break;
      }
      case 378: { // CMP_RM_64_J3
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a >= b ? op : op + OP_BYTES;
        break;
      }
      case 379: { // CMP_RM_64_J4
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a == b ? op : op + OP_BYTES;
        break;
      }
      case 380: { // CMP_RM_64_J5
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a != b ? op : op + OP_BYTES;
        break;
      }
      case 381: { // CMP_RM_64_J6
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a <= b ? op : op + OP_BYTES;
        break;
      }
      case 382: { // CMP_RM_64_J7
        store<u32>(vp + CURRENT_OP, <u32>op);
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a > b ? op : op + OP_BYTES;
        break;
      }
      case 383: { // CMP_MR_64_J2
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u64>(vp, at);
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a < b ? op : op + OP_BYTES;
        break;
      }
      case 384: { // CMP_MR_64_J3
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u64>(vp, at);
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a >= b ? op : op + OP_BYTES;
        break;
      }
      case 385: { // CMP_MR_64_J4
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u64>(vp, at);
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a == b ? op : op + OP_BYTES;
        break;
      }
      case 386: { // CMP_MR_64_J5
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u64>(vp, at);
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a != b ? op : op + OP_BYTES;
        break;
      }
      case 387: { // CMP_MR_64_J6
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u64>(vp, at);
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a <= b ? op : op + OP_BYTES;
        break;
      }
      case 388: { // CMP_MR_64_J7
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u64>(vp, at);
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a > b ? op : op + OP_BYTES;
        break;
      }
      case 389: { // CMP_MI_64_J2
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u64>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a < b ? op : op + OP_BYTES;
        break;
      }
      case 390: { // CMP_MI_64_J3
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u64>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a >= b ? op : op + OP_BYTES;
        break;
      }
      case 391: { // CMP_MI_64_J4
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u64>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a == b ? op : op + OP_BYTES;
        break;
      }
      case 392: { // CMP_MI_64_J5
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u64>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a != b ? op : op + OP_BYTES;
        break;
      }
      case 393: { // CMP_MI_64_J6
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u64>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a <= b ? op : op + OP_BYTES;
        break;
      }
      case 394: { // CMP_MI_64_J7
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u64>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE);
        setLazy(vp, CC_SUB | 3, (a - b), b);
        op += OP_BYTES;
        from = a > b ? op : op + OP_BYTES;
        break;
      }
      case 395: { // TEST_RR_64_J4
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = a & b;
        setLazy(vp, CC_LOGIC | 3, res, 0);
        op += OP_BYTES;
        from = res == 0 ? op : op + OP_BYTES;
        break;
      }
      case 396: { // TEST_RR_64_J5
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = a & b;
        setLazy(vp, CC_LOGIC | 3, res, 0);
        op += OP_BYTES;
        from = res != 0 ? op : op + OP_BYTES;
        break;
      }
      case 397: { // TEST_RR_64_J8
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = a & b;
        setLazy(vp, CC_LOGIC | 3, res, 0);
        const negative = <i64>res;
        op += OP_BYTES;
        from = negative < 0 ? op : op + OP_BYTES;
        break;
      }
      case 398: { // TEST_RR_64_J9
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = a & b;
        setLazy(vp, CC_LOGIC | 3, res, 0);
        const negative = <i64>res;
        op += OP_BYTES;
        from = negative >= 0 ? op : op + OP_BYTES;
        break;
      }
      case 399: { // TEST_RR_64_J14
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = a & b;
        setLazy(vp, CC_LOGIC | 3, res, 0);
        const negative = <i64>res;
        op += OP_BYTES;
        from = negative <= 0 ? op : op + OP_BYTES;
        break;
      }
      case 400: { // TEST_RR_64_J15
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = a & b;
        setLazy(vp, CC_LOGIC | 3, res, 0);
        const negative = <i64>res;
        op += OP_BYTES;
        from = negative > 0 ? op : op + OP_BYTES;
        break;
      }
      case 401: { // TEST_RI_64_J4
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = a & b;
        setLazy(vp, CC_LOGIC | 3, res, 0);
        op += OP_BYTES;
        from = res == 0 ? op : op + OP_BYTES;
        break;
      }
      case 402: { // TEST_RI_64_J5
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = a & b;
        setLazy(vp, CC_LOGIC | 3, res, 0);
        op += OP_BYTES;
        from = res != 0 ? op : op + OP_BYTES;
        break;
      }
      case 403: { // CMP_RR_8_J2
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 0, (a - b) & 0xff, b);
        op += OP_BYTES;
        from = a < b ? op : op + OP_BYTES;
        break;
      }
      case 404: { // CMP_RR_8_J3
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 0, (a - b) & 0xff, b);
        op += OP_BYTES;
        from = a >= b ? op : op + OP_BYTES;
        break;
      }
      case 405: { // CMP_RR_8_J4
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 0, (a - b) & 0xff, b);
        op += OP_BYTES;
        from = a == b ? op : op + OP_BYTES;
        break;
      }
      case 406: { // CMP_RR_8_J5
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 0, (a - b) & 0xff, b);
        op += OP_BYTES;
        from = a != b ? op : op + OP_BYTES;
        break;
      }
      case 407: { // CMP_RR_8_J6
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 0, (a - b) & 0xff, b);
        op += OP_BYTES;
        from = a <= b ? op : op + OP_BYTES;
        break;
      }
      case 408: { // CMP_RR_8_J7
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        setLazy(vp, CC_SUB | 0, (a - b) & 0xff, b);
        op += OP_BYTES;
        from = a > b ? op : op + OP_BYTES;
        break;
      }
      case 409: { // CMP_RI_8_J2
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        setLazy(vp, CC_SUB | 0, (a - b) & 0xff, b);
        op += OP_BYTES;
        from = a < b ? op : op + OP_BYTES;
        break;
      }
      case 410: { // CMP_RI_8_J3
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        setLazy(vp, CC_SUB | 0, (a - b) & 0xff, b);
        op += OP_BYTES;
        from = a >= b ? op : op + OP_BYTES;
        break;
      }
      case 411: { // CMP_RI_8_J4
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        setLazy(vp, CC_SUB | 0, (a - b) & 0xff, b);
        op += OP_BYTES;
        from = a == b ? op : op + OP_BYTES;
        break;
      }
      case 412: { // CMP_RI_8_J5
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        setLazy(vp, CC_SUB | 0, (a - b) & 0xff, b);
        op += OP_BYTES;
        from = a != b ? op : op + OP_BYTES;
        break;
      }
      case 413: { // CMP_RI_8_J6
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        setLazy(vp, CC_SUB | 0, (a - b) & 0xff, b);
        op += OP_BYTES;
        from = a <= b ? op : op + OP_BYTES;
        break;
      }
      case 414: { // CMP_RI_8_J7
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        setLazy(vp, CC_SUB | 0, (a - b) & 0xff, b);
        op += OP_BYTES;
        from = a > b ? op : op + OP_BYTES;
        break;
      }
      case 415: { // CMP_MI_8_J2
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u8>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        setLazy(vp, CC_SUB | 0, (a - b) & 0xff, b);
        op += OP_BYTES;
        from = a < b ? op : op + OP_BYTES;
        break;
      }
      case 416: { // CMP_MI_8_J3
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u8>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        setLazy(vp, CC_SUB | 0, (a - b) & 0xff, b);
        op += OP_BYTES;
        from = a >= b ? op : op + OP_BYTES;
        break;
      }
      case 417: { // CMP_MI_8_J4
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u8>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        setLazy(vp, CC_SUB | 0, (a - b) & 0xff, b);
        op += OP_BYTES;
        from = a == b ? op : op + OP_BYTES;
        break;
      }
      case 418: { // CMP_MI_8_J5
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u8>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        setLazy(vp, CC_SUB | 0, (a - b) & 0xff, b);
        op += OP_BYTES;
        from = a != b ? op : op + OP_BYTES;
        break;
      }
      case 419: { // CMP_MI_8_J6
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u8>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        setLazy(vp, CC_SUB | 0, (a - b) & 0xff, b);
        op += OP_BYTES;
        from = a <= b ? op : op + OP_BYTES;
        break;
      }
      case 420: { // CMP_MI_8_J7
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u8>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        setLazy(vp, CC_SUB | 0, (a - b) & 0xff, b);
        op += OP_BYTES;
        from = a > b ? op : op + OP_BYTES;
        break;
      }
      case 421: { // TEST_RR_8_J4
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        const res = a & b;
        setLazy(vp, CC_LOGIC | 0, res, 0);
        op += OP_BYTES;
        from = res == 0 ? op : op + OP_BYTES;
        break;
      }
      case 422: { // TEST_RR_8_J5
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        const res = a & b;
        setLazy(vp, CC_LOGIC | 0, res, 0);
        op += OP_BYTES;
        from = res != 0 ? op : op + OP_BYTES;
        break;
      }
      case 423: { // TEST_RR_8_J8
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        const res = a & b;
        setLazy(vp, CC_LOGIC | 0, res, 0);
        const negative = <i8>res;
        op += OP_BYTES;
        from = negative < 0 ? op : op + OP_BYTES;
        break;
      }
      case 424: { // TEST_RR_8_J9
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u8>(vp + load<u8>(op + OP_SRC));
        const res = a & b;
        setLazy(vp, CC_LOGIC | 0, res, 0);
        const negative = <i8>res;
        op += OP_BYTES;
        from = negative >= 0 ? op : op + OP_BYTES;
        break;
      }
      case 425: { // TEST_RI_8_J4
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = a & b;
        setLazy(vp, CC_LOGIC | 0, res, 0);
        op += OP_BYTES;
        from = res == 0 ? op : op + OP_BYTES;
        break;
      }
      case 426: { // TEST_RI_8_J5
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = a & b;
        setLazy(vp, CC_LOGIC | 0, res, 0);
        op += OP_BYTES;
        from = res != 0 ? op : op + OP_BYTES;
        break;
      }
      case 427: { // TEST_RI_8_J8
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = a & b;
        setLazy(vp, CC_LOGIC | 0, res, 0);
        const negative = <i8>res;
        op += OP_BYTES;
        from = negative < 0 ? op : op + OP_BYTES;
        break;
      }
      case 428: { // TEST_RI_8_J9
        const a = <u64>load<u8>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = a & b;
        setLazy(vp, CC_LOGIC | 0, res, 0);
        const negative = <i8>res;
        op += OP_BYTES;
        from = negative >= 0 ? op : op + OP_BYTES;
        break;
      }
      case 429: { // TEST_MI_8_J4
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u8>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = a & b;
        setLazy(vp, CC_LOGIC | 0, res, 0);
        op += OP_BYTES;
        from = res == 0 ? op : op + OP_BYTES;
        break;
      }
      case 430: { // TEST_MI_8_J5
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u8>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = a & b;
        setLazy(vp, CC_LOGIC | 0, res, 0);
        op += OP_BYTES;
        from = res != 0 ? op : op + OP_BYTES;
        break;
      }
      case 431: { // TEST_MI_8_J8
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u8>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = a & b;
        setLazy(vp, CC_LOGIC | 0, res, 0);
        const negative = <i8>res;
        op += OP_BYTES;
        from = negative < 0 ? op : op + OP_BYTES;
        break;
      }
      case 432: { // TEST_MI_8_J9
        store<u32>(vp + CURRENT_OP, <u32>op);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u8>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xff;
        const res = a & b;
        setLazy(vp, CC_LOGIC | 0, res, 0);
        const negative = <i8>res;
        op += OP_BYTES;
        from = negative >= 0 ? op : op + OP_BYTES;
        break;
      }
      default:
        store<u32>(vp + CURRENT_OP, <u32>op);
        executeSse(vp, op, handler);
        op += OP_BYTES;
        continue;
    }
    if (from != 0) {
      const link = load<u32>(from + OP_LINK);
      const lease = load<u32>(from + OP_LINK_NEXT);
      if (link != 0 && lease != 0 && isBelow(limit)) {
        store<u32>(from + OP_LINK_NEXT, lease - 1);
        count(load<u8>(from + OP_COUNT));
        op = link;
        continue;
      }
      target = (load<u64>(vp + RIP_BASE) + load<u16>(from + OP_OFFSET) + load<u8>(from + OP_LENGTH) + load<u64>(from + OP_IMMEDIATE)) & ripMask;
      if (load<u16>(from + OP_HANDLER) != HANDLER_NEXT_BLOCK) {
        store<u32>(vp + CURRENT_OP, <u32>from);
        checkTarget(vp, target);
      }
      count(load<u8>(from + OP_COUNT));
    }
    const found = jumpTarget(vp, target, key);
    // A link that was worn out stands for as many entries as it allowed.
    const linked = from != 0 && load<u32>(from + OP_LINK) != 0;
    if (found == 0 || !isBelow(limit) || countEntry(found, linked)) {
      store<u64>(vp + RIP, target);
      branched = from;
      return 0;
    }
    const base = target & ~(<u64>0xfff);
    if (from != 0 && base == load<u64>(vp + RIP_BASE) && isLasting(from)) {
      store<u32>(from + OP_LINK, <u32>found);
      store<u32>(from + OP_LINK_NEXT, LEASE);
    }
    store<u64>(vp + RIP_BASE, base);
    op = found;
  }
}
