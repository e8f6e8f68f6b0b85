import { BothProcessors, operandAt, type FloatState } from './both-processors.ts';
import { Random, state, realOperand, extendedOperand, decimalOperand, type CaseOptions } from './float-cases.ts';
const both = BothProcessors.create()!;
const count = Number(process.argv[3] ?? 300);
const filter = new RegExp(process.argv[2] ?? '.');
const list: [string, number[], CaseOptions, number?][] = [];
const ar = ['FADD','FMUL','FCOM','FCOMP','FSUB','FSUBR','FDIV','FDIVR'];
ar.forEach((n,d)=>{
  list.push([n+' m32',[0xd8,...operandAt(d)],{operand:realOperand(32)}]);
  list.push([n+' m64',[0xdc,...operandAt(d)],{operand:realOperand(64)}]);
  list.push([n+' m32i',[0xda,...operandAt(d)],{}]);
  list.push([n+' m16i',[0xde,...operandAt(d)],{}]);
  list.push([n+' st,st1',[0xd8,0xc1+d*8],{}]);
  list.push([n+' st0,st',[0xd8,0xc0+d*8],{}]);
  list.push([n+' st2,st',[0xdc,0xc2+d*8],{}]);
  if (d!=3) list.push([n+'P st1,st',[0xde,0xc1+d*8],{}]);
});
list.push(['FCOMPP',[0xde,0xd9],{}]);
const ls: [string, number, number, CaseOptions][] = [['FLD m32',0xd9,0,{operand:realOperand(32)}],['FST m32',0xd9,2,{}],['FSTP m32',0xd9,3,{}],['FILD m32',0xdb,0,{}],['FISTTP m32',0xdb,1,{}],['FIST m32',0xdb,2,{}],['FISTP m32',0xdb,3,{}],['FLD m80',0xdb,5,{operand:extendedOperand}],['FSTP m80',0xdb,7,{}],['FLD m64',0xdd,0,{operand:realOperand(64)}],['FISTTP m64',0xdd,1,{}],['FST m64',0xdd,2,{}],['FSTP m64',0xdd,3,{}],['FILD m16',0xdf,0,{}],['FISTTP m16',0xdf,1,{}],['FIST m16',0xdf,2,{}],['FISTP m16',0xdf,3,{}],['FBLD',0xdf,4,{operand:decimalOperand}],['FILD m64',0xdf,5,{}],['FBSTP',0xdf,6,{}],['FISTP m64',0xdf,7,{}]];
for (const [n,e,d,o] of ls) list.push([n,[e,...operandAt(d)],o]);
const reg: [string,number,number][] = [['FLD st0',0xd9,0xc0],['FLD st3',0xd9,0xc3],['FXCH',0xd9,0xca],['FNOP',0xd9,0xd0],['FSTP1',0xd9,0xda],['FCHS',0xd9,0xe0],['FABS',0xd9,0xe1],['FTST',0xd9,0xe4],['FXAM',0xd9,0xe5],
['FLD1',0xd9,0xe8],['FLDL2T',0xd9,0xe9],['FLDL2E',0xd9,0xea],['FLDPI',0xd9,0xeb],['FLDLG2',0xd9,0xec],['FLDLN2',0xd9,0xed],['FLDZ',0xd9,0xee],['FXTRACT',0xd9,0xf4],['FPREM1',0xd9,0xf5],['FDECSTP',0xd9,0xf6],['FINCSTP',0xd9,0xf7],['FPREM',0xd9,0xf8],['FSQRT',0xd9,0xfa],['FRNDINT',0xd9,0xfc],['FSCALE',0xd9,0xfd],
['FCMOVB',0xda,0xc1],['FCMOVE',0xda,0xc9],['FCMOVBE',0xda,0xd1],['FCMOVU',0xda,0xd9],['FUCOMPP',0xda,0xe9],['FCMOVNB',0xdb,0xc1],['FCMOVNE',0xdb,0xca],['FCMOVNBE',0xdb,0xd1],['FCMOVNU',0xdb,0xd9],['FUCOMI',0xdb,0xe9],['FCOMI',0xdb,0xf1],['FCLEX',0xdb,0xe2],['FINIT',0xdb,0xe3],['FENI',0xdb,0xe0],
['FCOM2',0xdc,0xd1],['FCOMP3',0xdc,0xd9],['FFREE',0xdd,0xc1],['FXCH4',0xdd,0xc9],['FST',0xdd,0xd2],['FSTP',0xdd,0xda],['FSTP0',0xdd,0xd8],['FUCOM',0xdd,0xe1],['FUCOMP',0xdd,0xe9],['FCOMP5',0xde,0xd1],['FFREEP',0xdf,0xc1],['FXCH7',0xdf,0xc9],['FSTP8',0xdf,0xd1],['FSTP9',0xdf,0xd9],['FNSTSW AX',0xdf,0xe0],['FUCOMIP',0xdf,0xe9],['FCOMIP',0xdf,0xf1]];
for (const [n,a,b] of reg) list.push([n,[a,b],{}]);
const show = (s: FloatState, n=3) => `cw=${s.control.toString(16)} sw=${s.status.toString(16)} tags=${s.tags.toString(16)} ${s.registers.slice(0,n).map(([e,m])=>e.toString(16)+':'+m.toString(16).padStart(16,'0')).join(' ')} mem=${Buffer.from(s.operand.subarray(0,10)).toString('hex')} fl=${s.flags.toString(16)}`;
const canon = (s: FloatState, m: number) => JSON.stringify({...s,status:s.status&~m,operand:[...s.operand],rax:s.rax.toString(),registers:s.registers.map(([e,m])=>[e,m.toString()])});
let seed=0;
for (const [name,code,options,mask=0] of list) {
  seed++;
  if (!filter.test(name)) continue;
  const random = new Random(seed*7919);
  const states = Array.from({length:count},()=>state(random,options));
  let r; try { r = both.run(code,states); } catch (e) { console.log(name, String(e)); continue; }
  let bad=0;
  states.forEach((s,i)=>{
    if (canon(r.host[i]!,mask)!==canon(r.core[i]!,mask)) { if (bad++<Number(process.argv[4]??2)) console.log(`${name}\n  in   ${show(s)}\n  host ${show(r.host[i]!)}\n  core ${show(r.core[i]!)}`); }
  });
  if (bad) console.log(`== ${name}: ${bad} of ${count}`);
}
both.dispose();
