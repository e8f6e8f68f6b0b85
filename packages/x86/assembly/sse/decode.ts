/** Finds the handler of an instruction with XMM operands. Intel SDM volume 2, "Opcode Map". */

import {
  OP_CODE16, OP_DST, OP_HANDLER, OP_IS_MEMORY, OP_SRC, opAddressBits, opDigit, opIsMemory, opPrefixes, opReg, opRm,
  opSegment, PREFIX_66, PREFIX_F2, PREFIX_F3, PREFIX_LOCK,
} from '../micro-op';
import {
  XMM_MR, XMM_MR_64, XMM_MR_ALIGNED, XMM_RM, XMM_RM_64, XMM_RM_ALIGNED, XMM_RR, XMM_XOR,
} from '../generated/hot-handlers';
import { MODE_64, MODE_CODE_32, MODE_FLAT, MODE_SINGLE } from '../mode-bits';
import { CS, FS } from '../state';
import { FLAT_MEMORY } from './address';
import {
  AND, ANDN, BLENDPD, BLENDPS, BLENDVPD, BLENDVPS, CLFLUSH, CRC32, CVTDQ2PD, CVTDQ2PS, CVTPD2DQ, CVTPD2PI, CVTPD2PS,
  CVTPI2PD, CVTPI2PS, CVTPS2DQ, CVTPS2PD, CVTPS2PI, CVTSD2SI, CVTSD2SS, CVTSI2SD, CVTSI2SS, CVTSS2SD, CVTSS2SI,
  CVTTPD2DQ, CVTTPD2PI, CVTTPS2DQ, CVTTPS2PI, CVTTSD2SI, CVTTSS2SI, FLOAT, FORM_PD, FORM_PS, FORM_SD, FORM_SS, INSERTPS,
  KIND_ADD, KIND_ADDSUB, KIND_CMP, KIND_COMI, KIND_DIV, KIND_DP, KIND_HADD, KIND_HSUB, KIND_MAX, KIND_MIN, KIND_MUL,
  KIND_RCP, KIND_ROUND, KIND_RSQRT, KIND_SQRT, KIND_SUB, KIND_UCOMI, LDMXCSR, MASKMOVDQU, MOVA_LOAD, MOVA_STORE, MOVD_LOAD,
  MOVD_STORE, MOVDDUP, MOVDQ2Q, MOVHPS_LOAD, MOVHPS_STORE, MOVLPS_LOAD, MOVLPS_STORE, MOVMSKPD, MOVMSKPS, MOVQ2DQ,
  MOVQ_LOAD, MOVQ_STORE, MOVSD_LOAD, MOVSD_STORE, MOVSHDUP, MOVSLDUP, MOVSS_LOAD, MOVSS_STORE, MOVU_LOAD, MOVU_STORE,
  MPSADBW, OR, PABSB, PABSD, PABSW, PACKSSDW, PACKSSWB, PACKUSDW, PACKUSWB, PADDB, PADDD, PADDQ, PADDSB, PADDSW, PADDUSB,
  PADDUSW, PADDW, PALIGNR, PAVGB, PAVGW, PBLENDVB, PBLENDW, PCMPEQB, PCMPEQD, PCMPEQQ, PCMPEQW, PCMPESTRI, PCMPESTRM,
  PCMPGTB, PCMPGTD, PCMPGTQ, PCMPGTW, PCMPISTRI, PCMPISTRM, PEXTRB, PEXTRD, PEXTRW, PEXTRW_REG, PHADDD, PHADDSW, PHADDW,
  PHMINPOSUW, PHSUBD, PHSUBSW, PHSUBW, PINSRB, PINSRD, PINSRW, PMADDUBSW, PMADDWD, PMAXSB, PMAXSD, PMAXSW, PMAXUB, PMAXUD,
  PMAXUW, PMINSB, PMINSD, PMINSW, PMINUB, PMINUD, PMINUW, PMOVMSKB, PMOVXBD, PMOVXBQ, PMOVXBW, PMOVXDQ, PMOVXWD, PMOVXWQ,
  PMULDQ, PMULHRSW, PMULHUW, PMULHW, PMULLD, PMULLW, PMULUDQ, PSADBW, PSHUFB, PSHUFD, PSHUFHW, PSHUFLW, PSIGNB, PSIGND,
  PSIGNW, PSLLD, PSLLQ, PSLLW, PSRAD, PSRAW, PSRLD, PSRLQ, PSRLW, PSUBB, PSUBD, PSUBQ, PSUBSB, PSUBSW, PSUBUSB, PSUBUSW,
  PSUBW, PTEST, PUNPCKHBW, PUNPCKHDQ, PUNPCKHQDQ, PUNPCKHWD, PUNPCKLBW, PUNPCKLDQ, PUNPCKLQDQ, PUNPCKLWD, SHIFT_D,
  SHIFT_Q, SHIFT_W, SHUFPD, SHUFPS, STMXCSR, XOR,
} from './opcodes';

/**
 * Turns the micro-op of an instruction from the two- and three-byte maps into one of `executeSse`, with OP_DST and
 * OP_SRC as the XMM registers' byte offsets. Leaves all others alone, and forms that do not exist.
 */
export function decodeSse(op: usize, mode: u32): void {
  const prefixes = opPrefixes(op);
  if (prefixes & PREFIX_LOCK) return;
  const code = <u32>load<u16>(op + OP_CODE16);
  const form = prefixes & PREFIX_F3 ? FORM_SS : prefixes & PREFIX_F2 ? FORM_SD : prefixes & PREFIX_66 ? FORM_PD : FORM_PS;
  const memory = opIsMemory(op);
  let handler: u32 = 0;
  if (code >= 0x300) {
    if (form == FORM_PD) handler = handlerOf3A(code & 0xff, memory);
  } else if (code >= 0x200) {
    if (form == FORM_PD) handler = handlerOf38(code & 0xff, memory);
    else if (form == FORM_SD && (code & 0xfe) == 0xf0) handler = CRC32;
  } else if (code < 0x150) handler = handlerOfMoves(code & 0xff, form, memory);
  else if (code < 0x160) handler = handlerOfFloat(code & 0xff, form, memory);
  else if (form == FORM_PD) handler = handlerOf66(op, code & 0xff, memory);
  else handler = handlerOfRest(code & 0xff, form, memory, opDigit(op));
  if (handler == 0) return;
  const flat = !memory || isFlat(op, mode);
  const hot = flat && !(mode & MODE_SINGLE) ? hotHandlerOf(handler, memory) : 0;
  if (memory && flat) store<u8>(op + OP_IS_MEMORY, FLAT_MEMORY);
  store<u16>(op + OP_HANDLER, <u16>(hot != 0 ? hot : handler));
  store<u8>(op + OP_DST, <u8>(opReg(op) << 4));
  store<u8>(op + OP_SRC, <u8>(opRm(op) << 4));
}

/** The case of the hot loop for a frequent instruction with registers or flat memory; 0 for others. */
function hotHandlerOf(handler: u32, memory: bool): u32 {
  switch (handler) {
    case MOVU_LOAD: return memory ? XMM_RM : XMM_RR;
    case MOVA_LOAD: return memory ? XMM_RM_ALIGNED : XMM_RR;
    case MOVU_STORE: return memory ? XMM_MR : 0;
    case MOVA_STORE: return memory ? XMM_MR_ALIGNED : 0;
    case MOVSD_LOAD: case MOVQ_LOAD: return memory ? XMM_RM_64 : 0;
    case MOVSD_STORE: case MOVQ_STORE: case MOVLPS_STORE: return memory ? XMM_MR_64 : 0;
    case XOR: return memory ? 0 : XMM_XOR;
  }
  return 0;
}

/** Whether the memory operand's linear address is base + index + displacement, cut to the address size of the mode. */
function isFlat(op: usize, mode: u32): bool {
  if (opSegment(op) >= FS) return false;
  if (mode & MODE_64) return opAddressBits(op) == 64;
  if (opSegment(op) == CS) return false; // not for writing
  return (mode & (MODE_FLAT | MODE_CODE_32)) == (MODE_FLAT | MODE_CODE_32) && opAddressBits(op) == 32;
}

// @ts-ignore: decorator
@inline
function pick(form: u32, ps: u32, pd: u32, ss: u32, sd: u32): u32 {
  return form == FORM_PS ? ps : form == FORM_PD ? pd : form == FORM_SS ? ss : sd;
}

// @ts-ignore: decorator
@inline
function float(kind: u32, form: u32): u32 {
  return FLOAT + kind * 4 + form;
}

/** 0F 10–4F. */
function handlerOfMoves(opcode: u32, form: u32, memory: bool): u32 {
  switch (opcode) {
    case 0x10: return pick(form, MOVU_LOAD, MOVU_LOAD, MOVSS_LOAD, MOVSD_LOAD);
    case 0x11: return pick(form, MOVU_STORE, MOVU_STORE, MOVSS_STORE, MOVSD_STORE);
    case 0x12: return pick(form, MOVLPS_LOAD, memory ? MOVLPS_LOAD : 0, MOVSLDUP, MOVDDUP);
    case 0x13: return memory ? pick(form, MOVLPS_STORE, MOVLPS_STORE, 0, 0) : 0;
    case 0x14: return pick(form, PUNPCKLDQ, PUNPCKLQDQ, 0, 0);
    case 0x15: return pick(form, PUNPCKHDQ, PUNPCKHQDQ, 0, 0);
    case 0x16: return pick(form, MOVHPS_LOAD, memory ? MOVHPS_LOAD : 0, MOVSHDUP, 0);
    case 0x17: return memory ? pick(form, MOVHPS_STORE, MOVHPS_STORE, 0, 0) : 0;
    case 0x28: return pick(form, MOVA_LOAD, MOVA_LOAD, 0, 0);
    case 0x29: return pick(form, MOVA_STORE, MOVA_STORE, 0, 0);
    case 0x2a: return pick(form, CVTPI2PS, CVTPI2PD, CVTSI2SS, CVTSI2SD);
    case 0x2b: return memory ? pick(form, MOVA_STORE, MOVA_STORE, 0, 0) : 0;
    case 0x2c: return pick(form, CVTTPS2PI, CVTTPD2PI, CVTTSS2SI, CVTTSD2SI);
    case 0x2d: return pick(form, CVTPS2PI, CVTPD2PI, CVTSS2SI, CVTSD2SI);
    case 0x2e: return form < FORM_SS ? float(KIND_UCOMI, form) : 0;
    case 0x2f: return form < FORM_SS ? float(KIND_COMI, form) : 0;
  }
  return 0;
}

/** 0F 50–5F. */
function handlerOfFloat(opcode: u32, form: u32, memory: bool): u32 {
  switch (opcode) {
    case 0x50: return memory ? 0 : pick(form, MOVMSKPS, MOVMSKPD, 0, 0);
    case 0x51: return float(KIND_SQRT, form);
    case 0x52: return form & 1 ? 0 : float(KIND_RSQRT, form);
    case 0x53: return form & 1 ? 0 : float(KIND_RCP, form);
    case 0x54: return pick(form, AND, AND, 0, 0);
    case 0x55: return pick(form, ANDN, ANDN, 0, 0);
    case 0x56: return pick(form, OR, OR, 0, 0);
    case 0x57: return pick(form, XOR, XOR, 0, 0);
    case 0x58: return float(KIND_ADD, form);
    case 0x59: return float(KIND_MUL, form);
    case 0x5a: return pick(form, CVTPS2PD, CVTPD2PS, CVTSS2SD, CVTSD2SS);
    case 0x5b: return pick(form, CVTDQ2PS, CVTPS2DQ, CVTTPS2DQ, 0);
    case 0x5c: return float(KIND_SUB, form);
    case 0x5d: return float(KIND_MIN, form);
    case 0x5e: return float(KIND_DIV, form);
    default: return float(KIND_MAX, form);
  }
}

/** 0F 60–FF with the prefix 66. */
function handlerOf66(op: usize, opcode: u32, memory: bool): u32 {
  switch (opcode) {
    case 0x60: return PUNPCKLBW;
    case 0x61: return PUNPCKLWD;
    case 0x62: return PUNPCKLDQ;
    case 0x63: return PACKSSWB;
    case 0x64: return PCMPGTB;
    case 0x65: return PCMPGTW;
    case 0x66: return PCMPGTD;
    case 0x67: return PACKUSWB;
    case 0x68: return PUNPCKHBW;
    case 0x69: return PUNPCKHWD;
    case 0x6a: return PUNPCKHDQ;
    case 0x6b: return PACKSSDW;
    case 0x6c: return PUNPCKLQDQ;
    case 0x6d: return PUNPCKHQDQ;
    case 0x6e: return MOVD_LOAD;
    case 0x6f: return MOVA_LOAD;
    case 0x70: return PSHUFD;
    case 0x71: case 0x72: case 0x73: return memory ? 0 : handlerOfShift(opcode, opDigit(op));
    case 0x74: return PCMPEQB;
    case 0x75: return PCMPEQW;
    case 0x76: return PCMPEQD;
    case 0x7c: return float(KIND_HADD, FORM_PD);
    case 0x7d: return float(KIND_HSUB, FORM_PD);
    case 0x7e: return MOVD_STORE;
    case 0x7f: return MOVA_STORE;
    case 0xc2: return float(KIND_CMP, FORM_PD);
    case 0xc4: return PINSRW;
    case 0xc5: return memory ? 0 : PEXTRW_REG;
    case 0xc6: return SHUFPD;
    case 0xd0: return float(KIND_ADDSUB, FORM_PD);
    case 0xd1: return PSRLW;
    case 0xd2: return PSRLD;
    case 0xd3: return PSRLQ;
    case 0xd4: return PADDQ;
    case 0xd5: return PMULLW;
    case 0xd6: return MOVQ_STORE;
    case 0xd7: return memory ? 0 : PMOVMSKB;
    case 0xd8: return PSUBUSB;
    case 0xd9: return PSUBUSW;
    case 0xda: return PMINUB;
    case 0xdb: return AND;
    case 0xdc: return PADDUSB;
    case 0xdd: return PADDUSW;
    case 0xde: return PMAXUB;
    case 0xdf: return ANDN;
    case 0xe0: return PAVGB;
    case 0xe1: return PSRAW;
    case 0xe2: return PSRAD;
    case 0xe3: return PAVGW;
    case 0xe4: return PMULHUW;
    case 0xe5: return PMULHW;
    case 0xe6: return CVTTPD2DQ;
    case 0xe7: return memory ? MOVA_STORE : 0;
    case 0xe8: return PSUBSB;
    case 0xe9: return PSUBSW;
    case 0xea: return PMINSW;
    case 0xeb: return OR;
    case 0xec: return PADDSB;
    case 0xed: return PADDSW;
    case 0xee: return PMAXSW;
    case 0xef: return XOR;
    case 0xf1: return PSLLW;
    case 0xf2: return PSLLD;
    case 0xf3: return PSLLQ;
    case 0xf4: return PMULUDQ;
    case 0xf5: return PMADDWD;
    case 0xf6: return PSADBW;
    case 0xf7: return memory ? 0 : MASKMOVDQU;
    case 0xf8: return PSUBB;
    case 0xf9: return PSUBW;
    case 0xfa: return PSUBD;
    case 0xfb: return PSUBQ;
    case 0xfc: return PADDB;
    case 0xfd: return PADDW;
    case 0xfe: return PADDD;
  }
  return 0;
}

/** 66 0F 71–73: /2 right, /4 arithmetic right, /6 left, /3 and /7 of 73 by bytes. */
function handlerOfShift(opcode: u32, digit: u32): u32 {
  if (opcode == 0x73) return (digit & 2) != 0 ? SHIFT_Q : 0;
  if (digit != 2 && digit != 4 && digit != 6) return 0;
  return opcode == 0x71 ? SHIFT_W : SHIFT_D;
}

/** 0F 60–FF without a prefix, with F3 or F2. */
function handlerOfRest(opcode: u32, form: u32, memory: bool, digit: u32): u32 {
  switch (opcode) {
    case 0x6f: return pick(form, 0, 0, MOVU_LOAD, 0);
    case 0x70: return pick(form, 0, 0, PSHUFHW, PSHUFLW);
    case 0x7c: return form == FORM_SD ? float(KIND_HADD, FORM_PS) : 0;
    case 0x7d: return form == FORM_SD ? float(KIND_HSUB, FORM_PS) : 0;
    case 0x7e: return pick(form, 0, 0, MOVQ_LOAD, 0);
    case 0x7f: return pick(form, 0, 0, MOVU_STORE, 0);
    case 0xae:
      if (form != FORM_PS || !memory) return 0;
      return digit == 2 ? LDMXCSR : digit == 3 ? STMXCSR : digit == 7 ? CLFLUSH : 0;
    case 0xc2: return float(KIND_CMP, form);
    case 0xc6: return form == FORM_PS ? SHUFPS : 0;
    case 0xd0: return form == FORM_SD ? float(KIND_ADDSUB, FORM_PS) : 0;
    case 0xd6: return memory ? 0 : pick(form, 0, 0, MOVQ2DQ, MOVDQ2Q);
    case 0xe6: return pick(form, 0, 0, CVTDQ2PD, CVTPD2DQ);
    case 0xf0: return memory && form == FORM_SD ? MOVU_LOAD : 0;
  }
  return 0;
}

/** 66 0F 38. */
function handlerOf38(opcode: u32, memory: bool): u32 {
  switch (opcode) {
    case 0x00: return PSHUFB;
    case 0x01: return PHADDW;
    case 0x02: return PHADDD;
    case 0x03: return PHADDSW;
    case 0x04: return PMADDUBSW;
    case 0x05: return PHSUBW;
    case 0x06: return PHSUBD;
    case 0x07: return PHSUBSW;
    case 0x08: return PSIGNB;
    case 0x09: return PSIGNW;
    case 0x0a: return PSIGND;
    case 0x0b: return PMULHRSW;
    case 0x10: return PBLENDVB;
    case 0x14: return BLENDVPS;
    case 0x15: return BLENDVPD;
    case 0x17: return PTEST;
    case 0x1c: return PABSB;
    case 0x1d: return PABSW;
    case 0x1e: return PABSD;
    case 0x20: case 0x30: return PMOVXBW;
    case 0x21: case 0x31: return PMOVXBD;
    case 0x22: case 0x32: return PMOVXBQ;
    case 0x23: case 0x33: return PMOVXWD;
    case 0x24: case 0x34: return PMOVXWQ;
    case 0x25: case 0x35: return PMOVXDQ;
    case 0x28: return PMULDQ;
    case 0x29: return PCMPEQQ;
    case 0x2a: return memory ? MOVA_LOAD : 0;
    case 0x2b: return PACKUSDW;
    case 0x37: return PCMPGTQ;
    case 0x38: return PMINSB;
    case 0x39: return PMINSD;
    case 0x3a: return PMINUW;
    case 0x3b: return PMINUD;
    case 0x3c: return PMAXSB;
    case 0x3d: return PMAXSD;
    case 0x3e: return PMAXUW;
    case 0x3f: return PMAXUD;
    case 0x40: return PMULLD;
    case 0x41: return PHMINPOSUW;
  }
  return 0;
}

/** 66 0F 3A. */
function handlerOf3A(opcode: u32, memory: bool): u32 {
  switch (opcode) {
    case 0x08: case 0x09: case 0x0a: case 0x0b: return float(KIND_ROUND, opcode & 3);
    case 0x0c: return BLENDPS;
    case 0x0d: return BLENDPD;
    case 0x0e: return PBLENDW;
    case 0x0f: return PALIGNR;
    case 0x14: return PEXTRB;
    case 0x15: return PEXTRW;
    case 0x16: case 0x17: return PEXTRD;
    case 0x20: return PINSRB;
    case 0x21: return INSERTPS;
    case 0x22: return PINSRD;
    case 0x40: return float(KIND_DP, FORM_PS);
    case 0x41: return float(KIND_DP, FORM_PD);
    case 0x42: return MPSADBW;
    case 0x60: return PCMPESTRM;
    case 0x61: return PCMPESTRI;
    case 0x62: return PCMPISTRM;
    case 0x63: return PCMPISTRI;
  }
  return 0;
}
