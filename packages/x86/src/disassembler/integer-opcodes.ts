/** Opcodes of integer and system instructions. Intel SDM volume 2, "Opcode Map"; the notation is in `opcode-table.ts`. */

const CONDITIONS = ['o', 'no', 'b', 'ae', 'e', 'ne', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g'];
const ALU = ['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp'];
const SHIFTS = ['rol', 'ror', 'rcl', 'rcr', 'shl', 'shr', 'shl', 'sar'];

const hex = (value: number) => value.toString(16).padStart(2, '0');

/** The rows that follow from a list of names. */
function regularRows(): string[] {
  const rows: string[] = [];
  ALU.forEach((name, at) => {
    ['Eb,Gb', 'Ev,Gv', 'Gb,Eb', 'Gv,Ev', 'al,Ib', 'A,Iz'].forEach((operands, form) => {
      rows.push(`${hex(at * 8 + form)} ${name} ${operands}`);
    });
    rows.push(`80/${at} ${name} Eb,Ib`, `81/${at} ${name} Ev,Iz`, `82/${at} ${name} Eb,Ib i64`);
    rows.push(`83/${at} ${name} Ev,Is`);
  });
  SHIFTS.forEach((name, at) => {
    rows.push(`c0/${at} ${name} Eb,Ib`, `c1/${at} ${name} Ev,Ib`, `d0/${at} ${name} Eb,1`);
    rows.push(`d1/${at} ${name} Ev,1`, `d2/${at} ${name} Eb,cl`, `d3/${at} ${name} Ev,cl`);
  });
  CONDITIONS.forEach((name, at) => {
    rows.push(`7${at.toString(16)} j${name} Jb f64`, `0f8${at.toString(16)} j${name} Jz f64`);
    rows.push(`0f4${at.toString(16)} cmov${name} Gv,Ev`, `0f9${at.toString(16)} set${name} Eb`);
  });
  return rows;
}

const ONE_BYTE = `
06 push es i64|07 pop es i64|0e push cs i64|16 push ss i64|17 pop ss i64|1e push ds i64|1f pop ds i64
27 daa - i64|2f das - i64|37 aaa - i64|3f aas - i64
40+ inc Zv i64|48+ dec Zv i64|50+ push Zv d64|58+ pop Zv d64
60 pushaw/pusha - i64|61 popaw/popa - i64|62:m bound Gv,Ma i64|63 arpl Ew,Gw i64|63 movsxd Gv,Ed o64
68 push Iz d64|69 imul Gv,Ev,Iz|6a push Is d64|6b imul Gv,Ev,Is
6c ins Yb,dx|6d ins Yz,dx|6e outs dx,Xb|6f outs dx,Xz
84 test Eb,Gb|85 test Ev,Gv|86 xchg Eb,Gb|87 xchg Ev,Gv
88 mov Eb,Gb|89 mov Ev,Gv|8a mov Gb,Eb|8b mov Gv,Ev|8c:m mov Mw,S|8c:r mov Rv,S|8d:m lea Gv,M|8e:m mov S,Mw|8e:r mov S,Rv
8f/0 pop Ev d64
90 nop|f390 pause|91+ xchg Zv,A|98 cbw/cwde/cdqe|99 cwd/cdq/cqo|9a call Ap i64|9b fwait
9c pushfw/pushf - d64|9d popfw/popf - d64|9e sahf|9f lahf
a0 mov al,Ob|a1 mov A,Ov|a2 mov Ob,al|a3 mov Ov,A
a4 movs Yb,Xb|a5 movs Yv,Xv|a6 cmps Xb,Yb|a7 cmps Xv,Yv|a8 test al,Ib|a9 test A,Iz
aa stos Yb,al|ab stos Yv,A|ac lods al,Xb|ad lods A,Xv|ae scas al,Yb|af scas A,Yv
b0+ mov Zb,Ib|b8+ mov Zv,Iv
c2 ret Iw f64|c3 ret - f64|c4:m les Gv,Mp i64|c5:m lds Gv,Mp i64|c6/0 mov Eb,Ib|c7/0 mov Ev,Iz
c8 enter Iw,Ib d64|c9 leave - d64|ca retf Iw|cb retf|cc int3|cd int Ib|ce into - i64|cf iretw/iret/iretq
d4 aam Ib i64|d5 aad Ib i64|d6 salc - i64|d7 xlat Xl
e0 loopne Jb f64|e1 loope Jb f64|e2 loop Jb f64|e3 jcxz/jecxz/jrcxz Jb f64
e4 in al,Ib|e5 in Az,Ib|e6 out Ib,al|e7 out Ib,Az|ec in al,dx|ed in Az,dx|ee out dx,al|ef out dx,Az
e8 call Jz f64|e9 jmp Jz f64|ea jmp Ap i64|eb jmp Jb f64
f1 int1|f4 hlt|f5 cmc|f8 clc|f9 stc|fa cli|fb sti|fc cld|fd std
f6/0 test Eb,Ib|f6/1 test Eb,Ib|f6/2 not Eb|f6/3 neg Eb|f6/4 mul Eb|f6/5 imul Eb|f6/6 div Eb|f6/7 idiv Eb
f7/0 test Ev,Iz|f7/1 test Ev,Iz|f7/2 not Ev|f7/3 neg Ev|f7/4 mul Ev|f7/5 imul Ev|f7/6 div Ev|f7/7 idiv Ev
fe/0 inc Eb|fe/1 dec Eb|ff/0 inc Ev|ff/1 dec Ev|ff/2 call Ev f64|ff/3m call Mp|ff/4 jmp Ev f64|ff/5m jmp Mp|ff/6 push Ev d64`;

const TWO_BYTE = `
0f00/0m sldt Mw|0f00/0r sldt Rv|0f00/1m str Mw|0f00/1r str Rv|0f00/2 lldt Ew|0f00/3 ltr Ew|0f00/4 verr Ew|0f00/5 verw Ew
0f01/0m sgdt Ms|0f01/1m sidt Ms|0f01/2m lgdt Ms|0f01/3m lidt Ms|0f01/4m smsw Mw|0f01/4r smsw Rv|0f01/6 lmsw Ew|0f01/7m invlpg Mb
0f01=c1 vmcall|0f01=c8 monitor|0f01=c9 mwait|0f01=ca clac|0f01=cb stac|0f01=d0 xgetbv|0f01=d1 xsetbv|0f01=d9 vmmcall
0f01=f8 swapgs - o64|0f01=f9 rdtscp
0f02:m lar Gv,Mw|0f02:r lar Gv,Rv|0f03:m lsl Gv,Mw|0f03:r lsl Gv,Rv
0f05 syscall - o64|0f06 clts|0f07 sysretd//sysretq - o64|0f08 invd|0f09 wbinvd|0f0b ud2
0f0d/0m prefetch Mb|0f0d/1m prefetchw Mb|0f0d nop Ev
0f18/0m prefetchnta Mb|0f18/1m prefetcht0 Mb|0f18/2m prefetcht1 Mb|0f18/3m prefetcht2 Mb
0f18 nop Ev|0f19 nop Ev|0f1a nop Ev|0f1b nop Ev|0f1c nop Ev|0f1d nop Ev|0f1e nop Ev|0f1f nop Ev
f30f1e=fa endbr64|f30f1e=fb endbr32
0f20 mov Rm,C|0f21 mov Rm,D|0f22 mov C,Rm|0f23 mov D,Rm
0f30 wrmsr|0f31 rdtsc|0f32 rdmsr|0f33 rdpmc|0f34 sysenter|0f35 sysexitd//sysexitq
0fa0 push fs d64|0fa1 pop fs d64|0fa2 cpuid|0fa3 bt Ev,Gv|0fa4 shld Ev,Gv,Ib|0fa5 shld Ev,Gv,cl
0fa8 push gs d64|0fa9 pop gs d64|0faa rsm|0fab bts Ev,Gv|0fac shrd Ev,Gv,Ib|0fad shrd Ev,Gv,cl
0fae/0m fxsave/fxsave/fxsave64 Mf|0fae/1m fxrstor/fxrstor/fxrstor64 Mf|0fae/2m ldmxcsr Md|0fae/3m stmxcsr Md
0fae/4m xsave/xsave/xsave64 Mf|0fae/5m xrstor/xrstor/xrstor64 Mf|0fae/6m xsaveopt/xsaveopt/xsaveopt64 Mf|0fae/7m clflush Mb
660fae/7m clflushopt Mb|np0fae=e8 lfence|np0fae=f0 mfence|np0fae=f8 sfence
f30fae/0r rdfsbase Ry o64|f30fae/1r rdgsbase Ry o64|f30fae/2r wrfsbase Ry o64|f30fae/3r wrgsbase Ry o64
0faf imul Gv,Ev|0fb0 cmpxchg Eb,Gb|0fb1 cmpxchg Ev,Gv|0fb2:m lss Gv,Mp|0fb3 btr Ev,Gv|0fb4:m lfs Gv,Mp|0fb5:m lgs Gv,Mp
0fb6 movzx Gv,Eb|0fb7 movzx Gv,Ew|f30fb8 popcnt Gv,Ev|0fb9 ud1 Gv,Ev|0fff ud0 Gv,Ev
0fba/4 bt Ev,Ib|0fba/5 bts Ev,Ib|0fba/6 btr Ev,Ib|0fba/7 btc Ev,Ib|0fbb btc Ev,Gv
0fbc bsf Gv,Ev|f30fbc tzcnt Gv,Ev|0fbd bsr Gv,Ev|f30fbd lzcnt Gv,Ev|0fbe movsx Gv,Eb|0fbf movsx Gv,Ew
0fc0 xadd Eb,Gb|0fc1 xadd Ev,Gv|np0fc3:m movnti My,Gy|0fc7/1m cmpxchg8b/cmpxchg8b/cmpxchg16b Mx|0fc8+ bswap Zv
0fc7/6r rdrand Rv|0fc7/7r rdseed Rv
0f38f0:m movbe Gv,Mv|0f38f1:m movbe Mv,Gv|f20f38f0 crc32 Gy,Eb|f20f38f1 crc32 Gy,Ev`;

/** Rows of the opcode table. */
export const INTEGER_OPCODES: readonly string[] = [
  ...regularRows(),
  ...`${ONE_BYTE}${TWO_BYTE}`.trim().split(/[|\n]/),
];
