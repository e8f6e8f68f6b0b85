/** AAA, AAS, AAM, AAD, DAA, DAS. Intel SDM volume 2. */

import { raiseDE } from '../exception';
import { adjust, carry, FLAG_SZP, setArithmeticFlags, szp } from '../flags';
import { FLAG_AF, FLAG_CF, RAX } from '../state';

export function daaOrDas(vp: usize, subtract: bool): void {
  const before = <u32>load<u8>(vp + RAX);
  const hadCarry = carry(vp) != 0;
  let al = before;
  let flags: u32 = 0;
  if ((before & 15) > 9 || adjust(vp)) {
    al = subtract ? al - 6 : al + 6;
    flags |= FLAG_AF;
    if (hadCarry || al > 0xff) flags |= FLAG_CF;
  }
  if (before > 0x99 || hadCarry) {
    al = subtract ? al - 0x60 : al + 0x60;
    flags |= FLAG_CF;
  } else if (!subtract) flags &= ~FLAG_CF;
  store<u8>(vp + RAX, <u8>al);
  setArithmeticFlags(vp, flags | (szp(al & 0xff, 7) & FLAG_SZP));
}

export function aaaOrAas(vp: usize, subtract: bool): void {
  const ax = <u32>load<u16>(vp + RAX);
  const apply = (ax & 15) > 9 || adjust(vp) != 0;
  const after = apply ? (subtract ? ax - 0x106 : ax + 0x106) : ax;
  store<u16>(vp + RAX, <u16>(after & 0xff0f));
  setArithmeticFlags(vp, (apply ? FLAG_AF | FLAG_CF : 0) | (szp(after & 15, 7) & FLAG_SZP));
}

export function aam(vp: usize, base: u32): void {
  if (base == 0) raiseDE(vp);
  const al = <u32>load<u8>(vp + RAX);
  store<u16>(vp + RAX, <u16>(((al / base) << 8) | (al % base)));
  setArithmeticFlags(vp, szp(al % base, 7) & FLAG_SZP);
}

export function aad(vp: usize, base: u32): void {
  const al = (<u32>load<u8>(vp + RAX) + <u32>load<u8>(vp + RAX + 1) * base) & 0xff;
  store<u16>(vp + RAX, <u16>al);
  setArithmeticFlags(vp, szp(al, 7) & FLAG_SZP);
}
