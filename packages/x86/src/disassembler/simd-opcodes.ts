/** Opcodes of MMX and SSE to SSE4.2. Intel SDM volume 2, "Opcode Map"; the notation is in `opcode-table.ts`. */

/** Names that exist on MMX registers without prefix and on XMM registers with 66h, all with two operands. */
const BOTH = `
60 punpcklbw|61 punpcklwd|62 punpckldq|63 packsswb|64 pcmpgtb|65 pcmpgtw|66 pcmpgtd|67 packuswb
68 punpckhbw|69 punpckhwd|6a punpckhdq|6b packssdw|74 pcmpeqb|75 pcmpeqw|76 pcmpeqd
d1 psrlw|d2 psrld|d3 psrlq|d4 paddq|d5 pmullw|d8 psubusb|d9 psubusw|da pminub|db pand|dc paddusb|dd paddusw|de pmaxub|df pandn
e0 pavgb|e1 psraw|e2 psrad|e3 pavgw|e4 pmulhuw|e5 pmulhw|e8 psubsb|e9 psubsw|ea pminsw|eb por|ec paddsb|ed paddsw|ee pmaxsw|ef pxor
f1 psllw|f2 pslld|f3 psllq|f4 pmuludq|f5 pmaddwd|f6 psadbw|f8 psubb|f9 psubw|fa psubd|fb psubq|fc paddb|fd paddw|fe paddd
3800 pshufb|3801 phaddw|3802 phaddd|3803 phaddsw|3804 pmaddubsw|3805 phsubw|3806 phsubd|3807 phsubsw
3808 psignb|3809 psignw|380a psignd|380b pmulhrsw|381c pabsb|381d pabsw|381e pabsd`;

/** Packed single, packed double, scalar single, scalar double. */
const FLOAT = '51 sqrt|58 add|59 mul|5c sub|5d min|5e div|5f max';

/** With 66h on XMM registers only: two operands. */
const XMM_ONLY = `
6c punpcklqdq|6d punpckhqdq|3828 pmuldq|3829 pcmpeqq|382b packusdw|3837 pcmpgtq|3838 pminsb|3839 pminsd|383a pminuw|383b pminud
383c pmaxsb|383d pmaxsd|383e pmaxuw|383f pmaxud|3840 pmulld|3841 phminposuw|3817 ptest`;

function regularRows(): string[] {
  const rows: string[] = [];
  const each = (list: string, row: (opcode: string, name: string) => string[]) => {
    for (const item of list.trim().split(/[|\n]/)) {
      const [opcode, name] = item.split(' ');
      rows.push(...row(opcode!, name!));
    }
  };
  each(BOTH, (opcode, name) => {
    const narrow = name.startsWith('punpckl') ? 'Qd' : 'Qq';
    return [`np0f${opcode} ${name} P,${narrow}`, `660f${opcode} ${name} V,Wo`];
  });
  each(XMM_ONLY, (opcode, name) => [`660f${opcode} ${name} V,Wo`]);
  each(FLOAT, (opcode, name) => [
    `np0f${opcode} ${name}ps V,Wo`,
    `660f${opcode} ${name}pd V,Wo`,
    `f30f${opcode} ${name}ss V,Wd`,
    `f20f${opcode} ${name}sd V,Wq`,
  ]);
  ['w', 'd', 'q'].forEach((size, at) => {
    for (const [digit, name] of [
      [2, 'psrl'],
      [4, 'psra'],
      [6, 'psll'],
    ] as const) {
      if (size === 'q' && digit === 4) continue;
      rows.push(
        `np0f7${at + 1}/${digit}r ${name}${size} N,Ib`,
        `660f7${at + 1}/${digit}r ${name}${size} U,Ib`,
      );
    }
  });
  ['bw', 'bd', 'bq', 'wd', 'wq', 'dq'].forEach((sizes, at) => {
    const memory = ['Wq', 'Wd', 'Ww', 'Wq', 'Wd', 'Wq'][at];
    rows.push(`660f382${at} pmovsx${sizes} V,${memory}`, `660f383${at} pmovzx${sizes} V,${memory}`);
  });
  return rows;
}

const OTHERS = `
np0f10 movups V,Wo|660f10 movupd V,Wo|f30f10 movss V,Wd|f20f10 movsd V,Wq
np0f11 movups Wo,V|660f11 movupd Wo,V|f30f11 movss Wd,V|f20f11 movsd Wq,V
np0f12:m movlps V,Mq|np0f12:r movhlps V,U|660f12:m movlpd V,Mq|f30f12 movsldup V,Wo|f20f12 movddup V,Wq
np0f13:m movlps Mq,V|660f13:m movlpd Mq,V
np0f14 unpcklps V,Wo|660f14 unpcklpd V,Wo|np0f15 unpckhps V,Wo|660f15 unpckhpd V,Wo
np0f16:m movhps V,Mq|np0f16:r movlhps V,U|660f16:m movhpd V,Mq|f30f16 movshdup V,Wo
np0f17:m movhps Mq,V|660f17:m movhpd Mq,V
np0f28 movaps V,Wo|660f28 movapd V,Wo|np0f29 movaps Wo,V|660f29 movapd Wo,V
np0f2a cvtpi2ps V,Qq|660f2a cvtpi2pd V,Qq|f30f2a cvtsi2ss V,Ey|f20f2a cvtsi2sd V,Ey
np0f2b:m movntps Mo,V|660f2b:m movntpd Mo,V
np0f2c cvttps2pi P,Wq|660f2c cvttpd2pi P,Wo|f30f2c cvttss2si Gy,Wd|f20f2c cvttsd2si Gy,Wq
np0f2d cvtps2pi P,Wq|660f2d cvtpd2pi P,Wo|f30f2d cvtss2si Gy,Wd|f20f2d cvtsd2si Gy,Wq
np0f2e ucomiss V,Wd|660f2e ucomisd V,Wq|np0f2f comiss V,Wd|660f2f comisd V,Wq
np0f50:r movmskps Gd,U|660f50:r movmskpd Gd,U
np0f52 rsqrtps V,Wo|f30f52 rsqrtss V,Wd|np0f53 rcpps V,Wo|f30f53 rcpss V,Wd
np0f54 andps V,Wo|660f54 andpd V,Wo|np0f55 andnps V,Wo|660f55 andnpd V,Wo
np0f56 orps V,Wo|660f56 orpd V,Wo|np0f57 xorps V,Wo|660f57 xorpd V,Wo
np0f5a cvtps2pd V,Wq|660f5a cvtpd2ps V,Wo|f30f5a cvtss2sd V,Wd|f20f5a cvtsd2ss V,Wq
np0f5b cvtdq2ps V,Wo|660f5b cvtps2dq V,Wo|f30f5b cvttps2dq V,Wo
np0f6e movd/movd/movq P,Ey|660f6e movd/movd/movq V,Ey|np0f7e movd/movd/movq Ey,P|660f7e movd/movd/movq Ey,V
np0f6f movq P,Qq|660f6f movdqa V,Wo|f30f6f movdqu V,Wo|np0f7f movq Qq,P|660f7f movdqa Wo,V|f30f7f movdqu Wo,V
np0f70 pshufw P,Qq,Ib|660f70 pshufd V,Wo,Ib|f30f70 pshufhw V,Wo,Ib|f20f70 pshuflw V,Wo,Ib
660f73/3r psrldq U,Ib|660f73/7r pslldq U,Ib|np0f77 emms
660f7c haddpd V,Wo|f20f7c haddps V,Wo|660f7d hsubpd V,Wo|f20f7d hsubps V,Wo
f30f7e movq V,Wq|660fd6 movq Wq,V|f30fd6:r movq2dq V,N|f20fd6:r movdq2q P,U
np0fc2 cmpps V,Wo,Ic|660fc2 cmppd V,Wo,Ic|f30fc2 cmpss V,Wd,Ic|f20fc2 cmpsd V,Wq,Ic
np0fc4:m pinsrw P,Mw,Ib|np0fc4:r pinsrw P,Rd,Ib|660fc4:m pinsrw V,Mw,Ib|660fc4:r pinsrw V,Rd,Ib
np0fc5:r pextrw Gd,N,Ib|660fc5:r pextrw Gd,U,Ib|np0fc6 shufps V,Wo,Ib|660fc6 shufpd V,Wo,Ib
660fd0 addsubpd V,Wo|f20fd0 addsubps V,Wo|np0fd7:r pmovmskb Gd,N|660fd7:r pmovmskb Gd,U
660fe6 cvttpd2dq V,Wo|f30fe6 cvtdq2pd V,Wq|f20fe6 cvtpd2dq V,Wo
np0fe7:m movntq Mq,P|660fe7:m movntdq Mo,V|f20ff0:m lddqu V,Mo|np0ff7:r maskmovq P,N|660ff7:r maskmovdqu V,U
660f3810 pblendvb V,Wo,xmm0|660f3814 blendvps V,Wo,xmm0|660f3815 blendvpd V,Wo,xmm0|660f382a:m movntdqa V,Mo
660f3a08 roundps V,Wo,Ib|660f3a09 roundpd V,Wo,Ib|660f3a0a roundss V,Wd,Ib|660f3a0b roundsd V,Wq,Ib
660f3a0c blendps V,Wo,Ib|660f3a0d blendpd V,Wo,Ib|660f3a0e pblendw V,Wo,Ib|np0f3a0f palignr P,Qq,Ib|660f3a0f palignr V,Wo,Ib
660f3a14:m pextrb Mb,V,Ib|660f3a14:r pextrb Rd,V,Ib|660f3a15:m pextrw Mw,V,Ib|660f3a15:r pextrw Rd,V,Ib
660f3a16 pextrd/pextrd/pextrq Ey,V,Ib|660f3a17 extractps Ed,V,Ib
660f3a20:m pinsrb V,Mb,Ib|660f3a20:r pinsrb V,Rd,Ib|660f3a21 insertps V,Wd,Ib|660f3a22 pinsrd/pinsrd/pinsrq V,Ey,Ib
660f3a40 dpps V,Wo,Ib|660f3a41 dppd V,Wo,Ib|660f3a42 mpsadbw V,Wo,Ib
660f3a60 pcmpestrm V,Wo,Ib|660f3a61 pcmpestri V,Wo,Ib|660f3a62 pcmpistrm V,Wo,Ib|660f3a63 pcmpistri V,Wo,Ib`;

/** Rows of the opcode table. */
export const SIMD_OPCODES: readonly string[] = [...regularRows(), ...OTHERS.trim().split(/[|\n]/)];
