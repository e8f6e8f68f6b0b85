/** The instructions that are compared with the host, as a table. Intel SDM volume 2, "Opcode Map". */

/** What operands hold: single or double precision, integers, text with zero bytes; or MXCSR in memory. */
export type OperandKind = 'f32' | 'f64' | 'int' | 'text' | 'mxcsr';

/** One instruction with one form of operands, without its immediate. */
export interface Form {
  readonly name: string;
  /** Bytes up to ModRM. */
  readonly code: readonly number[];
  readonly kind: OperandKind;
  readonly hasImmediate: boolean;
  /** Results are approximations: compared with a tolerance. */
  readonly approximate: boolean;
}

/**
 * `prefix map opcode kind options name…`. Options: i immediate, r registers only, m memory only, u memory may be unaligned,
 * w REX.W too, a approximate, /n opcode extension; `-` for none. Several names are consecutive opcodes.
 */
const TABLE = `
np 0f 10 f32 u movups store-movups
66 0f 10 f64 u movupd store-movupd
f3 0f 10 f32 u movss store-movss
f2 0f 10 f64 u movsd store-movsd
np 0f 12 f32 u movlps-movhlps
np 0f 13 f32 um store-movlps
66 0f 12 f64 um movlpd store-movlpd
f3 0f 12 f32 - movsldup
f2 0f 12 f64 u movddup
np 0f 14 f32 - unpcklps unpckhps
66 0f 14 f64 - unpcklpd unpckhpd
np 0f 16 f32 u movhps-movlhps
np 0f 17 f32 um store-movhps
66 0f 16 f64 um movhpd store-movhpd
f3 0f 16 f32 - movshdup
np 0f 28 f32 - movaps store-movaps
66 0f 28 f64 - movapd store-movapd
np 0f 2a int u cvtpi2ps
66 0f 2a int u cvtpi2pd
f3 0f 2a int uw cvtsi2ss
f2 0f 2a int uw cvtsi2sd
np 0f 2b f32 m movntps
66 0f 2b f64 m movntpd
np 0f 2c f32 u cvttps2pi cvtps2pi
66 0f 2c f64 - cvttpd2pi cvtpd2pi
f3 0f 2c f32 uw cvttss2si cvtss2si
f2 0f 2c f64 uw cvttsd2si cvtsd2si
np 0f 2e f32 u ucomiss comiss
66 0f 2e f64 u ucomisd comisd
np 0f 50 f32 r movmskps
66 0f 50 f64 r movmskpd
np 0f 51 f32 - sqrtps
66 0f 51 f64 - sqrtpd
f3 0f 51 f32 u sqrtss
f2 0f 51 f64 u sqrtsd
np 0f 52 f32 a rsqrtps rcpps
f3 0f 52 f32 ua rsqrtss rcpss
np 0f 54 f32 - andps andnps orps xorps addps mulps cvtps2pd
66 0f 54 f64 - andpd andnpd orpd xorpd addpd mulpd cvtpd2ps
f3 0f 58 f32 u addss mulss cvtss2sd
f2 0f 58 f64 u addsd mulsd cvtsd2ss
np 0f 5b int - cvtdq2ps
66 0f 5b f32 - cvtps2dq
f3 0f 5b f32 - cvttps2dq
np 0f 5c f32 - subps minps divps maxps
66 0f 5c f64 - subpd minpd divpd maxpd
f3 0f 5c f32 u subss minss divss maxss
f2 0f 5c f64 u subsd minsd divsd maxsd
66 0f 60 int - punpcklbw punpcklwd punpckldq packsswb pcmpgtb pcmpgtw pcmpgtd packuswb
66 0f 68 int - punpckhbw punpckhwd punpckhdq packssdw punpcklqdq punpckhqdq
66 0f 6e int uw movd
66 0f 6f int - movdqa
f3 0f 6f int u movdqu
66 0f 70 int i pshufd
f3 0f 70 int i pshufhw
f2 0f 70 int i pshuflw
66 0f 71 int ir/2 psrlw psrld psrlq
66 0f 71 int ir/4 psraw psrad
66 0f 71 int ir/6 psllw pslld psllq
66 0f 73 int ir/3 psrldq
66 0f 73 int ir/7 pslldq
66 0f 74 int - pcmpeqb pcmpeqw pcmpeqd
66 0f 7c f64 - haddpd hsubpd
f2 0f 7c f32 - haddps hsubps
66 0f 7e int uw store-movd
f3 0f 7e int u movq
66 0f 7f int - store-movdqa
f3 0f 7f int u store-movdqu
np 0f ae mxcsr um/2 ldmxcsr
np 0f ae mxcsr um/3 stmxcsr
np 0f c2 f32 i cmpps
66 0f c2 f64 i cmppd
f3 0f c2 f32 ui cmpss
f2 0f c2 f64 ui cmpsd
66 0f c4 int ui pinsrw
66 0f c5 int ir pextrw-register
np 0f c6 f32 i shufps
66 0f c6 f64 i shufpd
66 0f d0 f64 - addsubpd
f2 0f d0 f32 - addsubps
66 0f d1 int - psrlw psrld psrlq paddq pmullw
66 0f d6 int u store-movq
f3 0f d6 int r movq2dq
f2 0f d6 int r movdq2q
66 0f d7 int r pmovmskb
66 0f d8 int - psubusb psubusw pminub pand paddusb paddusw pmaxub pandn
66 0f e0 int - pavgb psraw psrad pavgw pmulhuw pmulhw
66 0f e6 f64 - cvttpd2dq
f3 0f e6 int u cvtdq2pd
f2 0f e6 f64 - cvtpd2dq
66 0f e7 int m movntdq
66 0f e8 int - psubsb psubsw pminsw por paddsb paddsw pmaxsw pxor
f2 0f f0 int um lddqu
66 0f f1 int - psllw pslld psllq pmuludq pmaddwd psadbw
66 0f f7 int r maskmovdqu
66 0f f8 int - psubb psubw psubd psubq paddb paddw paddd
66 38 00 int - pshufb phaddw phaddd phaddsw pmaddubsw phsubw phsubd phsubsw psignb psignw psignd pmulhrsw
66 38 10 int - pblendvb
66 38 14 int - blendvps blendvpd
66 38 17 int - ptest
66 38 1c int - pabsb pabsw pabsd
66 38 20 int u pmovsxbw pmovsxbd pmovsxbq pmovsxwd pmovsxwq pmovsxdq
66 38 28 int - pmuldq pcmpeqq
66 38 2a int m movntdqa
66 38 2b int - packusdw
66 38 30 int u pmovzxbw pmovzxbd pmovzxbq pmovzxwd pmovzxwq pmovzxdq
66 38 37 int - pcmpgtq pminsb pminsd pminuw pminud pmaxsb pmaxsd pmaxuw pmaxud pmulld phminposuw
f2 38 f0 int uw crc32b crc32d
66 3a 08 f32 i roundps
66 3a 09 f64 i roundpd
66 3a 0a f32 ui roundss
66 3a 0b f64 ui roundsd
66 3a 0c int i blendps blendpd pblendw palignr
66 3a 14 int uiw pextrb pextrw pextrd extractps
66 3a 20 int uiw pinsrb insertps pinsrd
66 3a 40 f32 i dpps
66 3a 41 f64 i dppd
66 3a 42 int i mpsadbw
66 3a 60 text uiw pcmpestrm pcmpestri
66 3a 62 text ui pcmpistrm pcmpistri
`;

const PREFIXES: Record<string, number[]> = { np: [], 66: [0x66], f3: [0xf3], f2: [0xf2] };
const MAPS: Record<string, number[]> = { '0f': [0x0f], 38: [0x0f, 0x38], '3a': [0x0f, 0x3a] };
/** ModRM: registers 1 and 2, 1 twice (9 with REX.R or .B), 1 and [rsi], 1 and [rsi + displacement]. */
const REG_RM = 0xca;
const REG_REG = 0xc9;
const REG_MEMORY = 0x0e;
const DISPLACED = 0x4e;

function operandForms(options: string, digit: number | undefined): { rex: number; tail: number[] }[] {
  const reg = digit === undefined ? 0 : (digit - 1) << 3;
  const register = [
    { rex: 0, tail: [REG_RM + reg] },
    { rex: 0x44, tail: [REG_RM + reg] },
    { rex: 0x41, tail: [REG_REG + reg] },
    { rex: 0, tail: [REG_REG + reg] },
  ];
  const memory = [{ rex: 0, tail: [REG_MEMORY + reg] }];
  // [rsi + 3]: refused where operands must be aligned.
  memory.push({ rex: 0, tail: [DISPLACED + reg, 3] });
  if (options.includes('r')) return register;
  if (options.includes('m')) return memory;
  return [...register, ...memory];
}

function formsOf(line: string): Form[] {
  const [prefix, map, opcode, kind, options, ...names] = line.split(' ') as [
    string,
    string,
    string,
    OperandKind,
    string,
  ];
  const digit = /\/(\d)/.exec(options)?.[1];
  const forms: Form[] = [];
  names.forEach((name: string, index) => {
    for (const { rex, tail } of operandForms(options, digit === undefined ? undefined : Number(digit))) {
      for (const wide of options.includes('w') ? [0, 0x48] : [0]) {
        const code = [...PREFIXES[prefix]!, ...(rex | wide ? [0x40 | rex | wide] : []), ...MAPS[map]!];
        code.push(Number.parseInt(opcode, 16) + index, ...tail);
        forms.push({
          name,
          code,
          kind,
          hasImmediate: options.includes('i'),
          approximate: options.includes('a'),
        });
      }
    }
  });
  return forms;
}

export const FORMS: readonly Form[] = TABLE.trim().split('\n').flatMap(formsOf);
