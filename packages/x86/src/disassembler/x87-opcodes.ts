/** Opcodes of x87 instructions. Intel SDM volume 2, "Escape Opcode Instructions"; the notation is in `opcode-table.ts`. */

const ARITHMETIC = ['fadd', 'fmul', 'fcom', 'fcomp', 'fsub', 'fsubr', 'fdiv', 'fdivr'];

/** The eight operations, in their forms with memory and with two registers. */
function arithmeticRows(): string[] {
  const rows: string[] = [];
  ARITHMETIC.forEach((name, digit) => {
    const integer = `fi${name.slice(1)}`;
    rows.push(`d8/${digit}m ${name} Md`, `dc/${digit}m ${name} Mq`);
    rows.push(`da/${digit}m ${integer} Md`, `de/${digit}m ${integer} Mw`);
    if (digit === 2 || digit === 3) {
      rows.push(`d8/${digit}r ${name} F`);
      return;
    }
    // With ST(i) as destination, the reversed operations change places.
    const other = ARITHMETIC[digit < 4 ? digit : digit ^ 1]!;
    rows.push(`d8/${digit}r ${name} st,F`, `dc/${digit}r ${other} F,st`, `de/${digit}r ${other}p F,st`);
  });
  return rows;
}

const OTHERS = `
d9/0m fld Md|d9/2m fst Md|d9/3m fstp Md|d9/4m fldenv M|d9/5m fldcw Mw|d9/6m fnstenv M|d9/7m fnstcw Mw
d9/0r fld F|d9/1r fxch F|d9=d0 fnop|d9=e0 fchs|d9=e1 fabs|d9=e4 ftst|d9=e5 fxam
d9=e8 fld1|d9=e9 fldl2t|d9=ea fldl2e|d9=eb fldpi|d9=ec fldlg2|d9=ed fldln2|d9=ee fldz
d9=f0 f2xm1|d9=f1 fyl2x|d9=f2 fptan|d9=f3 fpatan|d9=f4 fxtract|d9=f5 fprem1|d9=f6 fdecstp|d9=f7 fincstp
d9=f8 fprem|d9=f9 fyl2xp1|d9=fa fsqrt|d9=fb fsincos|d9=fc frndint|d9=fd fscale|d9=fe fsin|d9=ff fcos
da/0r fcmovb st,F|da/1r fcmove st,F|da/2r fcmovbe st,F|da/3r fcmovu st,F|da=e9 fucompp
db/0m fild Md|db/1m fisttp Md|db/2m fist Md|db/3m fistp Md|db/5m fld Mt|db/7m fstp Mt
db/0r fcmovnb st,F|db/1r fcmovne st,F|db/2r fcmovnbe st,F|db/3r fcmovnu st,F
db=e2 fnclex|db=e3 fninit|db/5r fucomi st,F|db/6r fcomi st,F
dd/0m fld Mq|dd/1m fisttp Mq|dd/2m fst Mq|dd/3m fstp Mq|dd/4m frstor M|dd/6m fnsave M|dd/7m fnstsw Mw
dd/0r ffree F|dd/2r fst F|dd/3r fstp F|dd/4r fucom F|dd/5r fucomp F
de=d9 fcompp
df/0m fild Mw|df/1m fisttp Mw|df/2m fist Mw|df/3m fistp Mw|df/4m fbld Mt|df/5m fild Mq|df/6m fbstp Mt|df/7m fistp Mq
df=e0 fnstsw ax|df/5r fucomip st,F|df/6r fcomip st,F`;

/** Rows of the opcode table. */
export const X87_OPCODES: readonly string[] = [...arithmeticRows(), ...OTHERS.trim().split(/[|\n]/)];
