/** FNSTENV, FLDENV, FNSAVE and FRSTOR in their layouts by mode and operand size. */

import { describe, expect, it } from 'vitest';
import { Reg, Seg } from '../../src/index.ts';
import { listing, u16, u32 } from '../programs/listing.ts';
import { At, type Mode, ProgramMachine } from '../programs/program-machine.ts';

const OPERAND = 0x5000;
const AREA = 0x6000;

/** Runs FNINIT, FLD1, FST dword [OPERAND] and then `code`, with EBX = AREA. */
function after(mode: Mode, code: string, set: (machine: ProgramMachine) => void = () => {}): ProgramMachine {
  const machine = new ProgramMachine({ mode });
  set(machine);
  machine.set(Reg.RBX, AREA);
  const store = mode === 'real' ? `d9 16 ${u16(OPERAND)}` : `d9 15 ${u32(OPERAND)}`;
  machine.run(listing(`db e3   fninit\nd9 e8   fld1\n${store}   fst dword [operand]\n${code}\nf4`));
  return machine;
}

const words = (machine: ProgramMachine, bytes: 2 | 4, base = 0) =>
  Array.from({ length: 7 }, (_, i) => machine.read(base + AREA + i * bytes, bytes));

/** DS begins at 128 KiB. */
function moveData(machine: ProgramMachine): void {
  Object.assign(machine.segment(Seg.DS), { selector: 0x2000, base: 0x20000n });
}

describe('the x87 environment', () => {
  it('has selectors and the opcode in 32-bit protected mode', () => {
    const machine = after('protected', 'd9 33   fnstenv [ebx]');
    expect(words(machine, 4)).toEqual([
      0xffff037f,
      0xffff3800,
      0xffff3fff,
      At.CODE + 4,
      0x01150008,
      OPERAND,
      0xffff0010,
    ]);
  });

  it('has no opcode in 16-bit protected mode', () => {
    const machine = after('protected', '66 d9 33   fnstenv [ebx]');
    expect(words(machine, 2)).toEqual([0x37f, 0x3800, 0x3fff, (At.CODE + 4) & 0xffff, 8, OPERAND, 0x10]);
  });

  it('has linear addresses in real mode', () => {
    const narrow = after('real', 'd9 37   fnstenv [bx]', moveData);
    expect(words(narrow, 2, 0x20000)).toEqual([
      0x37f,
      0x3800,
      0x3fff,
      At.REAL_CODE + 4,
      0x116,
      OPERAND,
      0x2000,
    ]);
    const wide = after('real', '66 d9 37   fnstenv [bx]', moveData);
    expect(words(wide, 4, 0x20000)).toEqual([
      0xffff037f,
      0xffff3800,
      0xffff3fff,
      0xffff0000 + At.REAL_CODE + 4,
      0x116,
      0xffff0000 + OPERAND,
      0x2000,
    ]);
  });

  it.each<[string, Mode, string, string]>([
    ['32-bit protected', 'protected', 'd9 33', 'd9 23'],
    ['16-bit protected', 'protected', '66 d9 33', '66 d9 23'],
    ['16-bit real', 'real', 'd9 37', 'd9 27'],
    ['32-bit real', 'real', '66 d9 37', '66 d9 27'],
  ])('comes back as it was: %s', (_name, mode, save, load) => {
    const bytes = (machine: ProgramMachine) => [...machine.cpu.memory.subarray(AREA, AREA + 28)];
    const machine = after(mode, save);
    const again = after(mode, `${save}\ndb e3   fninit\n${load}\n${save}`);
    expect(bytes(again)).toEqual(bytes(machine));
    expect(again.cpu.registers.floatControl).toMatchObject({ fsw: 0x3800, ftw: 0x80 });
  });

  it('tells zeros, special numbers and empty registers', () => {
    const machine = new ProgramMachine();
    machine.set(Reg.RBX, AREA);
    const { x87, floatControl } = machine.cpu.registers;
    const numbers = [
      [0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f], // 1
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80], // −0
      [0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x7f], // infinity
      [1, 0, 0, 0, 0, 0, 0, 0, 0, 0], // denormal
      [0, 0, 0, 0, 0, 0, 0, 0x40, 0xff, 0x3f], // unnormal
      [0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0xff], // NaN
      [0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0], // pseudo-denormal
    ];
    numbers.forEach((number, i) => {
      x87.set(number, i * 16);
    });
    Object.assign(floatControl, { fcw: 0x37f, fsw: 0, ftw: 0x7f });
    machine.run(listing('d9 33   fnstenv [rbx]'));
    expect(machine.read(AREA + 8, 2)).toBe(0b11_10_10_10_10_10_01_00);
  });

  it.each<[string, Mode, string, string, number]>([
    ['32-bit', 'protected', 'dd 33', 'dd 23', 28],
    ['16-bit', 'protected', '66 dd 33', '66 dd 23', 14],
    ['real', 'real', 'dd 37', 'dd 27', 14],
  ])('is in front of the registers in stack order: %s FNSAVE', (_name, mode, save, load, head) => {
    const machine = after(mode, `d9 eb   fldpi\n${save}`);
    const at = AREA + head;
    expect([...machine.cpu.memory.subarray(at, at + 10)]).toEqual([
      0x35, 0xc2, 0x68, 0x21, 0xa2, 0xda, 0x0f, 0xc9, 0x00, 0x40,
    ]);
    expect([...machine.cpu.memory.subarray(at + 10, at + 20)]).toEqual([
      0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f,
    ]);
    expect(machine.cpu.registers.floatControl).toMatchObject({ fcw: 0x37f, fsw: 0, ftw: 0 });
    const again = after(mode, `d9 eb   fldpi\n${save}\n${load}`);
    expect(again.cpu.registers.floatControl).toMatchObject({ fcw: 0x37f, fsw: 0x3000, ftw: 0xc0 });
  });

  it('unmasks what it holds with FLDENV', () => {
    const machine = new ProgramMachine();
    machine.set(Reg.RBX, AREA);
    machine.write(AREA, 4, 0x340);
    machine.write(AREA + 4, 4, 0x3820);
    machine.write(AREA + 8, 4, 0xffff);
    machine.run(listing('db e3   fninit\nd9 23   fldenv [rbx]\nf4'));
    expect(machine.cpu.registers.floatControl).toMatchObject({ fcw: 0x340, fsw: 0xb8a0, ftw: 0 });
  });
});
