// Made by scripts/generate-hot.mjs.

/** The frequent instructions, one case each. */

import { CC_ADD, CC_LOGIC, CC_SUB, setLazy } from '../flags';
import { read, writable, write, writeSized } from '../memory/access';
import {
  OP_BASE, OP_BYTES, OP_COUNT, OP_DISPLACEMENT, OP_DST, OP_HANDLER, OP_IMMEDIATE, OP_INDEX, OP_LENGTH, OP_LINK, OP_OFFSET,
  OP_SCALE, OP_SRC,
} from '../micro-op';
import { ADDRESS_MASK, CURRENT_OP, RIP, RIP_BASE, RSP, XMM } from '../state';
import { raiseGP } from '../exception';
import { executeSse } from '../sse/execute';
import { HANDLER_SSE } from '../sse/opcodes';
import { read128, requireSse, write128 } from '../sse/operands';
import { multiply, shift } from './arithmetic';
import { checkTarget } from './control';
import { readUpdate } from './operands';
import { count, isBelow } from './progress';
import { quickCondition } from './quick-condition';

/** The branch that {@link hot} ended with when it gave 0, if a link may be stored in it. */
export let branched: usize = 0;

/** Executes frequent micro-ops and those of SSE from `op` on. Gives the first that is none, or 0 with RIP set after a branch. */
export function hot(vp: usize, op: usize, limit: i32): usize {
  const mask = load<u64>(vp + ADDRESS_MASK);
  while (true) {
    store<u32>(vp + CURRENT_OP, <u32>op);
    const handler = <u32>load<u16>(op + OP_HANDLER);
    switch (handler) {
      case 16: { // ADD_RR_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a + b) & 0xffffffff;
        setLazy(vp, CC_ADD | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 17: { // ADD_RI_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a + b) & 0xffffffff;
        setLazy(vp, CC_ADD | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 18: { // ADD_RM_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a + b) & 0xffffffff;
        setLazy(vp, CC_ADD | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 19: { // ADD_MR_32
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a + b) & 0xffffffff;
        setLazy(vp, CC_ADD | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        break;
      }
      case 20: { // ADD_MI_32
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a + b) & 0xffffffff;
        setLazy(vp, CC_ADD | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        break;
      }
      case 21: { // OR_RR_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a | b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 22: { // OR_RI_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a | b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 23: { // OR_RM_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a | b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 24: { // OR_MR_32
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a | b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        break;
      }
      case 25: { // OR_MI_32
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a | b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        break;
      }
      case 26: { // AND_RR_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a & b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 27: { // AND_RI_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a & b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 28: { // AND_RM_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a & b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 29: { // AND_MR_32
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a & b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        break;
      }
      case 30: { // AND_MI_32
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a & b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        break;
      }
      case 31: { // SUB_RR_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 32: { // SUB_RI_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 33: { // SUB_RM_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 34: { // SUB_MR_32
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        break;
      }
      case 35: { // SUB_MI_32
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        break;
      }
      case 36: { // XOR_RR_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a ^ b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 37: { // XOR_RI_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a ^ b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 38: { // XOR_RM_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a ^ b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 39: { // XOR_MR_32
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a ^ b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        break;
      }
      case 40: { // XOR_MI_32
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u32>(vp, at);
        const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a ^ b) & 0xffffffff;
        setLazy(vp, CC_LOGIC | 2, res, b);
        if (host) store<u32>(host, <u32>res);
        else writeSized(vp, at, 4, res);
        break;
      }
      case 41: { // CMP_RR_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        break;
      }
      case 42: { // CMP_RI_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        break;
      }
      case 43: { // CMP_RM_32
        const a = <u64>load<u32>(vp + load<u8>(op + OP_DST));
        const b = read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        break;
      }
      case 44: { // CMP_MR_32
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u32>(vp, at);
        const b = <u64>load<u32>(vp + load<u8>(op + OP_SRC));
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        break;
      }
      case 45: { // CMP_MI_32
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u32>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE) & 0xffffffff;
        const res = (a - b) & 0xffffffff;
        setLazy(vp, CC_SUB | 2, res, b);
        break;
      }
      case 46: { // TEST_RR_32
        setLazy(vp, CC_LOGIC | 2, <u64>load<u32>(vp + load<u8>(op + OP_DST)) & <u64>load<u32>(vp + load<u8>(op + OP_SRC)), 0);
        break;
      }
      case 47: { // MOV_RR_32
        store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        break;
      }
      case 48: { // MOV_RI_32
        store<u64>(vp + load<u8>(op + OP_DST), load<u64>(op + OP_IMMEDIATE) & 0xffffffff);
        break;
      }
      case 49: { // MOV_RM_32
        store<u64>(vp + load<u8>(op + OP_DST), read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask));
        break;
      }
      case 50: { // MOV_MR_32
        write<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask, <u64>load<u32>(vp + load<u8>(op + OP_SRC)));
        break;
      }
      case 51: { // MOV_MI_32
        write<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask, load<u64>(op + OP_IMMEDIATE) & 0xffffffff);
        break;
      }
      case 52: { // LEA_32
        store<u64>(vp + load<u8>(op + OP_DST), (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask & 0xffffffff);
        break;
      }
      case 53: { // MOVZX_RM8_32
        store<u64>(vp + load<u8>(op + OP_DST), read<u8>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask));
        break;
      }
      case 54: { // MOVZX_RR8_32
        store<u64>(vp + load<u8>(op + OP_DST), load<u8>(vp + load<u8>(op + OP_SRC)));
        break;
      }
      case 55: { // MOVZX_RM16_32
        store<u64>(vp + load<u8>(op + OP_DST), read<u16>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask));
        break;
      }
      case 56: { // SHL_RI_32
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 4, <u64>load<u32>(vp + load<u8>(op + OP_DST)), load<u8>(op + OP_IMMEDIATE), 4));
        break;
      }
      case 57: { // SHR_RI_32
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 5, <u64>load<u32>(vp + load<u8>(op + OP_DST)), load<u8>(op + OP_IMMEDIATE), 4));
        break;
      }
      case 58: { // SAR_RI_32
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 7, <u64>load<u32>(vp + load<u8>(op + OP_DST)), load<u8>(op + OP_IMMEDIATE), 4));
        break;
      }
      case 59: { // IMUL_RR_32
        store<u64>(vp + load<u8>(op + OP_DST), multiply(vp, <u64>load<u32>(vp + load<u8>(op + OP_DST)), <u64>load<u32>(vp + load<u8>(op + OP_SRC)), 4));
        break;
      }
      case 60: { // ADD_RR_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a + b);
        setLazy(vp, CC_ADD | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 61: { // ADD_RI_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a + b);
        setLazy(vp, CC_ADD | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 62: { // ADD_RM_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a + b);
        setLazy(vp, CC_ADD | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 63: { // ADD_MR_64
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a + b);
        setLazy(vp, CC_ADD | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        break;
      }
      case 64: { // ADD_MI_64
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a + b);
        setLazy(vp, CC_ADD | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        break;
      }
      case 65: { // OR_RR_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a | b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 66: { // OR_RI_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a | b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 67: { // OR_RM_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a | b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 68: { // OR_MR_64
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a | b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        break;
      }
      case 69: { // OR_MI_64
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a | b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        break;
      }
      case 70: { // AND_RR_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a & b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 71: { // AND_RI_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a & b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 72: { // AND_RM_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a & b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 73: { // AND_MR_64
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a & b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        break;
      }
      case 74: { // AND_MI_64
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a & b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        break;
      }
      case 75: { // SUB_RR_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 76: { // SUB_RI_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 77: { // SUB_RM_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 78: { // SUB_MR_64
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        break;
      }
      case 79: { // SUB_MI_64
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        break;
      }
      case 80: { // XOR_RR_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a ^ b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 81: { // XOR_RI_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a ^ b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 82: { // XOR_RM_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a ^ b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        store<u64>(vp + load<u8>(op + OP_DST), res);
        break;
      }
      case 83: { // XOR_MR_64
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a ^ b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        break;
      }
      case 84: { // XOR_MI_64
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const host = writable<u64>(vp, at);
        const a = host ? <u64>load<u64>(host) : readUpdate(vp, at, 8);
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a ^ b);
        setLazy(vp, CC_LOGIC | 3, res, b);
        if (host) store<u64>(host, <u64>res);
        else writeSized(vp, at, 8, res);
        break;
      }
      case 85: { // CMP_RR_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        break;
      }
      case 86: { // CMP_RI_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        break;
      }
      case 87: { // CMP_RM_64
        const a = <u64>load<u64>(vp + load<u8>(op + OP_DST));
        const b = read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        break;
      }
      case 88: { // CMP_MR_64
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u64>(vp, at);
        const b = <u64>load<u64>(vp + load<u8>(op + OP_SRC));
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        break;
      }
      case 89: { // CMP_MI_64
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        const a = read<u64>(vp, at);
        const b = load<u64>(op + OP_IMMEDIATE);
        const res = (a - b);
        setLazy(vp, CC_SUB | 3, res, b);
        break;
      }
      case 90: { // TEST_RR_64
        setLazy(vp, CC_LOGIC | 3, <u64>load<u64>(vp + load<u8>(op + OP_DST)) & <u64>load<u64>(vp + load<u8>(op + OP_SRC)), 0);
        break;
      }
      case 91: { // MOV_RR_64
        store<u64>(vp + load<u8>(op + OP_DST), <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        break;
      }
      case 92: { // MOV_RI_64
        store<u64>(vp + load<u8>(op + OP_DST), load<u64>(op + OP_IMMEDIATE));
        break;
      }
      case 93: { // MOV_RM_64
        store<u64>(vp + load<u8>(op + OP_DST), read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask));
        break;
      }
      case 94: { // MOV_MR_64
        write<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask, <u64>load<u64>(vp + load<u8>(op + OP_SRC)));
        break;
      }
      case 95: { // MOV_MI_64
        write<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask, load<u64>(op + OP_IMMEDIATE));
        break;
      }
      case 96: { // LEA_64
        store<u64>(vp + load<u8>(op + OP_DST), (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask);
        break;
      }
      case 97: { // MOVZX_RM8_64
        store<u64>(vp + load<u8>(op + OP_DST), read<u8>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask));
        break;
      }
      case 98: { // MOVZX_RR8_64
        store<u64>(vp + load<u8>(op + OP_DST), load<u8>(vp + load<u8>(op + OP_SRC)));
        break;
      }
      case 99: { // MOVZX_RM16_64
        store<u64>(vp + load<u8>(op + OP_DST), read<u16>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask));
        break;
      }
      case 100: { // SHL_RI_64
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 4, <u64>load<u64>(vp + load<u8>(op + OP_DST)), load<u8>(op + OP_IMMEDIATE), 8));
        break;
      }
      case 101: { // SHR_RI_64
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 5, <u64>load<u64>(vp + load<u8>(op + OP_DST)), load<u8>(op + OP_IMMEDIATE), 8));
        break;
      }
      case 102: { // SAR_RI_64
        store<u64>(vp + load<u8>(op + OP_DST), shift(vp, 7, <u64>load<u64>(vp + load<u8>(op + OP_DST)), load<u8>(op + OP_IMMEDIATE), 8));
        break;
      }
      case 103: { // IMUL_RR_64
        store<u64>(vp + load<u8>(op + OP_DST), multiply(vp, <u64>load<u64>(vp + load<u8>(op + OP_DST)), <u64>load<u64>(vp + load<u8>(op + OP_SRC)), 8));
        break;
      }
      case 104: { // MOVSXD_RR
        store<u64>(vp + load<u8>(op + OP_DST), <u64>(<i64>load<i32>(vp + load<u8>(op + OP_SRC))));
        break;
      }
      case 105: { // MOVSXD_RM
        store<u64>(vp + load<u8>(op + OP_DST), <u64>(<i64>(<i32>read<u32>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask))));
        break;
      }
      case 106: { // MOV_MR_8
        write<u8>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask, load<u8>(vp + load<u8>(op + OP_SRC)));
        break;
      }
      case 107: { // NOP
        
        break;
      }
      case 108: { // PUSH_64
        const at = load<u64>(vp + RSP) - 8;
        write<u64>(vp, at, load<u64>(vp + load<u8>(op + OP_DST)));
        store<u64>(vp + RSP, at);
        break;
      }
      case 109: { // POP_64
        const at = load<u64>(vp + RSP);
        const popped = read<u64>(vp, at);
        store<u64>(vp + RSP, at + 8);
        store<u64>(vp + load<u8>(op + OP_DST), popped);
        break;
      }
      case 110: { // XMM_RR
        requireSse(vp);
        v128.store(vp + XMM + load<u8>(op + OP_DST), v128.load(vp + XMM + load<u8>(op + OP_SRC)));
        break;
      }
      case 111: { // XMM_XOR
        requireSse(vp);
        v128.store(vp + XMM + load<u8>(op + OP_DST), v128.xor(v128.load(vp + XMM + load<u8>(op + OP_DST)), v128.load(vp + XMM + load<u8>(op + OP_SRC))));
        break;
      }
      case 112: { // XMM_RM
        requireSse(vp);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        v128.store(vp + XMM + load<u8>(op + OP_DST), read128(vp, at));
        break;
      }
      case 113: { // XMM_MR
        requireSse(vp);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        write128(vp, at, v128.load(vp + XMM + load<u8>(op + OP_DST)));
        break;
      }
      case 114: { // XMM_RM_ALIGNED
        requireSse(vp);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        if (at & 15) raiseGP(vp, 0);
        v128.store(vp + XMM + load<u8>(op + OP_DST), read128(vp, at));
        break;
      }
      case 115: { // XMM_MR_ALIGNED
        requireSse(vp);
        const at = (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask;
        if (at & 15) raiseGP(vp, 0);
        write128(vp, at, v128.load(vp + XMM + load<u8>(op + OP_DST)));
        break;
      }
      case 116: { // XMM_RM_64
        requireSse(vp);
        v128.store(vp + XMM + load<u8>(op + OP_DST), i64x2.replace_lane(i64x2.splat(0), 0, <i64>read<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask)));
        break;
      }
      case 117: { // XMM_MR_64
        requireSse(vp);
        write<u64>(vp, (load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask, load<u64>(vp + XMM + load<u8>(op + OP_DST)));
        break;
      }
      case 118: { // JMP
        const link = load<u32>(op + OP_LINK);
        if (link != 0 && isBelow(limit)) {
          count(load<u8>(op + OP_COUNT));
          op = link;
          continue;
        }
        const target = (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH) + load<u64>(op + OP_IMMEDIATE)) & mask;
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        store<u64>(vp + RIP, target);
        branched = op;
        return 0;
        
      }
      case 119: { // JCC_0
        if (!quickCondition(vp, 0)) break;
        const link = load<u32>(op + OP_LINK);
        if (link != 0 && isBelow(limit)) {
          count(load<u8>(op + OP_COUNT));
          op = link;
          continue;
        }
        const target = (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH) + load<u64>(op + OP_IMMEDIATE)) & mask;
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        store<u64>(vp + RIP, target);
        branched = op;
        return 0;
        
      }
      case 120: { // JCC_1
        if (!quickCondition(vp, 1)) break;
        const link = load<u32>(op + OP_LINK);
        if (link != 0 && isBelow(limit)) {
          count(load<u8>(op + OP_COUNT));
          op = link;
          continue;
        }
        const target = (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH) + load<u64>(op + OP_IMMEDIATE)) & mask;
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        store<u64>(vp + RIP, target);
        branched = op;
        return 0;
        
      }
      case 121: { // JCC_2
        if (!quickCondition(vp, 2)) break;
        const link = load<u32>(op + OP_LINK);
        if (link != 0 && isBelow(limit)) {
          count(load<u8>(op + OP_COUNT));
          op = link;
          continue;
        }
        const target = (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH) + load<u64>(op + OP_IMMEDIATE)) & mask;
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        store<u64>(vp + RIP, target);
        branched = op;
        return 0;
        
      }
      case 122: { // JCC_3
        if (!quickCondition(vp, 3)) break;
        const link = load<u32>(op + OP_LINK);
        if (link != 0 && isBelow(limit)) {
          count(load<u8>(op + OP_COUNT));
          op = link;
          continue;
        }
        const target = (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH) + load<u64>(op + OP_IMMEDIATE)) & mask;
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        store<u64>(vp + RIP, target);
        branched = op;
        return 0;
        
      }
      case 123: { // JCC_4
        if (!quickCondition(vp, 4)) break;
        const link = load<u32>(op + OP_LINK);
        if (link != 0 && isBelow(limit)) {
          count(load<u8>(op + OP_COUNT));
          op = link;
          continue;
        }
        const target = (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH) + load<u64>(op + OP_IMMEDIATE)) & mask;
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        store<u64>(vp + RIP, target);
        branched = op;
        return 0;
        
      }
      case 124: { // JCC_5
        if (!quickCondition(vp, 5)) break;
        const link = load<u32>(op + OP_LINK);
        if (link != 0 && isBelow(limit)) {
          count(load<u8>(op + OP_COUNT));
          op = link;
          continue;
        }
        const target = (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH) + load<u64>(op + OP_IMMEDIATE)) & mask;
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        store<u64>(vp + RIP, target);
        branched = op;
        return 0;
        
      }
      case 125: { // JCC_6
        if (!quickCondition(vp, 6)) break;
        const link = load<u32>(op + OP_LINK);
        if (link != 0 && isBelow(limit)) {
          count(load<u8>(op + OP_COUNT));
          op = link;
          continue;
        }
        const target = (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH) + load<u64>(op + OP_IMMEDIATE)) & mask;
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        store<u64>(vp + RIP, target);
        branched = op;
        return 0;
        
      }
      case 126: { // JCC_7
        if (!quickCondition(vp, 7)) break;
        const link = load<u32>(op + OP_LINK);
        if (link != 0 && isBelow(limit)) {
          count(load<u8>(op + OP_COUNT));
          op = link;
          continue;
        }
        const target = (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH) + load<u64>(op + OP_IMMEDIATE)) & mask;
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        store<u64>(vp + RIP, target);
        branched = op;
        return 0;
        
      }
      case 127: { // JCC_8
        if (!quickCondition(vp, 8)) break;
        const link = load<u32>(op + OP_LINK);
        if (link != 0 && isBelow(limit)) {
          count(load<u8>(op + OP_COUNT));
          op = link;
          continue;
        }
        const target = (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH) + load<u64>(op + OP_IMMEDIATE)) & mask;
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        store<u64>(vp + RIP, target);
        branched = op;
        return 0;
        
      }
      case 128: { // JCC_9
        if (!quickCondition(vp, 9)) break;
        const link = load<u32>(op + OP_LINK);
        if (link != 0 && isBelow(limit)) {
          count(load<u8>(op + OP_COUNT));
          op = link;
          continue;
        }
        const target = (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH) + load<u64>(op + OP_IMMEDIATE)) & mask;
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        store<u64>(vp + RIP, target);
        branched = op;
        return 0;
        
      }
      case 129: { // JCC_10
        if (!quickCondition(vp, 10)) break;
        const link = load<u32>(op + OP_LINK);
        if (link != 0 && isBelow(limit)) {
          count(load<u8>(op + OP_COUNT));
          op = link;
          continue;
        }
        const target = (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH) + load<u64>(op + OP_IMMEDIATE)) & mask;
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        store<u64>(vp + RIP, target);
        branched = op;
        return 0;
        
      }
      case 130: { // JCC_11
        if (!quickCondition(vp, 11)) break;
        const link = load<u32>(op + OP_LINK);
        if (link != 0 && isBelow(limit)) {
          count(load<u8>(op + OP_COUNT));
          op = link;
          continue;
        }
        const target = (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH) + load<u64>(op + OP_IMMEDIATE)) & mask;
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        store<u64>(vp + RIP, target);
        branched = op;
        return 0;
        
      }
      case 131: { // JCC_12
        if (!quickCondition(vp, 12)) break;
        const link = load<u32>(op + OP_LINK);
        if (link != 0 && isBelow(limit)) {
          count(load<u8>(op + OP_COUNT));
          op = link;
          continue;
        }
        const target = (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH) + load<u64>(op + OP_IMMEDIATE)) & mask;
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        store<u64>(vp + RIP, target);
        branched = op;
        return 0;
        
      }
      case 132: { // JCC_13
        if (!quickCondition(vp, 13)) break;
        const link = load<u32>(op + OP_LINK);
        if (link != 0 && isBelow(limit)) {
          count(load<u8>(op + OP_COUNT));
          op = link;
          continue;
        }
        const target = (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH) + load<u64>(op + OP_IMMEDIATE)) & mask;
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        store<u64>(vp + RIP, target);
        branched = op;
        return 0;
        
      }
      case 133: { // JCC_14
        if (!quickCondition(vp, 14)) break;
        const link = load<u32>(op + OP_LINK);
        if (link != 0 && isBelow(limit)) {
          count(load<u8>(op + OP_COUNT));
          op = link;
          continue;
        }
        const target = (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH) + load<u64>(op + OP_IMMEDIATE)) & mask;
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        store<u64>(vp + RIP, target);
        branched = op;
        return 0;
        
      }
      case 134: { // JCC_15
        if (!quickCondition(vp, 15)) break;
        const link = load<u32>(op + OP_LINK);
        if (link != 0 && isBelow(limit)) {
          count(load<u8>(op + OP_COUNT));
          op = link;
          continue;
        }
        const target = (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH) + load<u64>(op + OP_IMMEDIATE)) & mask;
        checkTarget(vp, target);
        count(load<u8>(op + OP_COUNT));
        store<u64>(vp + RIP, target);
        branched = op;
        return 0;
        
      }
      case 135: { // CALL_64
        const link = load<u32>(op + OP_LINK);
        if (link != 0 && isBelow(limit)) {
          const next = load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH);
          const at = load<u64>(vp + RSP) - 8;
          write<u64>(vp, at, next);
          store<u64>(vp + RSP, at);
          count(load<u8>(op + OP_COUNT));
          op = link;
          continue;
        }
        const target = (load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH) + load<u64>(op + OP_IMMEDIATE)) & mask;
        checkTarget(vp, target);
        const next = load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH);
        const at = load<u64>(vp + RSP) - 8;
        write<u64>(vp, at, next);
        store<u64>(vp + RSP, at);
        count(load<u8>(op + OP_COUNT));
        store<u64>(vp + RIP, target);
        branched = op;
        return 0;
        
      }
      case 136: { // RET_64
        const at = load<u64>(vp + RSP);
        const target = read<u64>(vp, at);
        checkTarget(vp, target);
        store<u64>(vp + RSP, at + 8);
        store<u64>(vp + RIP, target);
        count(load<u8>(op + OP_COUNT));
        branched = 0;
        return 0;
        
      }
      default:
        if (handler < HANDLER_SSE) return op;
        executeSse(vp, op, handler);
    }
    op += OP_BYTES;
  }
}
