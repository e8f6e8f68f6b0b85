/** x87 and MMX instructions that fault in memory, and x87 exceptions that wait for the next instruction. */

import { describe, expect, it } from 'vitest';
import { Reg } from '../../src/index.ts';
import { listing, u32 } from '../programs/listing.ts';
import { At, type MachineOptions, ProgramMachine } from '../programs/program-machine.ts';
import { Page } from '../programs/tables.ts';

const { P, W, U } = Page;
const EDGE = At.DATA + 0x1000;
const UD = 6;
const GP = 13;
const PF = 14;
const MF = 16;
const CR0_NE = 0x20n;

/** A machine with eight numbers in its x87 registers, whose data page is followed by one that is missing. */
function atEdge(options: MachineOptions = { user: true }): ProgramMachine {
  const machine = new ProgramMachine(options);
  machine.tables?.map(EDGE, EDGE, 0n);
  const { registers } = machine.cpu;
  for (let i = 0; i < 8; i += 1) registers.x87.set([i + 1, 2, 3, 4, 5, 6, 7, 0x88, 0x10, 0x40], i * 16);
  Object.assign(registers.floatControl, { fcw: 0x37f, fsw: 0x3a21, ftw: 0xbf });
  machine.cpu.memory.fill(0x11, EDGE - 0x100, EDGE);
  return machine;
}

const picture = ({ cpu: { registers, memory } }: ProgramMachine) => ({
  control: { ...registers.floatControl },
  registers: [...registers.x87],
  memory: [...memory.subarray(EDGE - 0x100, EDGE + 0x100)],
});

describe('x87 and MMX operands that reach into a missing page', () => {
  it.each([
    ['fst dword [rbx]', 'd9 13', 2],
    ['fstp dword [rbx]', 'd9 1b', 2],
    ['fstp qword [rbx]', 'dd 1b', 4],
    ['fstp tbyte [rbx]', 'db 3b', 8],
    ['fstp tbyte [rbx], last byte', 'db 3b', 9],
    ['fbstp [rbx]', 'df 33', 5],
    ['fistp word [rbx]', 'df 1b', 1],
    ['fisttp qword [rbx]', 'dd 0b', 4],
    ['fnstcw [rbx]', 'd9 3b', 1],
    ['fnstsw [rbx]', 'dd 3b', 1],
    ['fnstenv [rbx]', 'd9 33', 20],
    ['fnsave [rbx]', 'dd 33', 100],
    ['movq [rbx], mm1', '0f 7f 0b', 4],
    ['movntq [rbx], mm1', '0f e7 0b', 4],
  ])('%s writes nothing and leaves the stack alone', (_name, code, inside) => {
    const machine = atEdge();
    const before = picture(machine);
    machine.set(Reg.RBX, EDGE - inside);
    machine.run(listing(code));
    expect(machine.last).toEqual({ vector: PF, error: 6, rip: At.CODE, address: EDGE });
    expect(picture(machine)).toEqual(before);
  });

  it.each([
    ['fld dword [rbx]', 'd9 03', 2],
    ['fld tbyte [rbx]', 'db 2b', 9],
    ['fadd qword [rbx]', 'dc 03', 4],
    ['fcomp qword [rbx]', 'dc 1b', 4],
    ['fild qword [rbx]', 'df 2b', 4],
    ['fbld [rbx]', 'df 23', 9],
    ['fldcw [rbx]', 'd9 2b', 1],
    ['fldenv [rbx]', 'd9 23', 27],
    ['frstor [rbx]', 'dd 23', 107],
    ['paddb mm1, [rbx]', '0f fc 0b', 4],
    ['punpcklbw mm1, [rbx]', '0f 60 0b', 3],
  ])('%s changes nothing', (_name, code, inside) => {
    const machine = atEdge();
    const before = picture(machine);
    machine.set(Reg.RBX, EDGE - inside);
    machine.run(listing(code));
    expect(machine.last).toEqual({ vector: PF, error: 4, rip: At.CODE, address: EDGE });
    expect(picture(machine)).toEqual(before);
  });

  it('does the store when the page is there the second time', () => {
    const machine = atEdge();
    machine.set(Reg.RBX, EDGE - 4);
    machine.run(listing('db 3b   fstp tbyte [rbx]'));
    machine.tables!.map(EDGE, EDGE, P | W | U);
    machine.cpu.processor.flushTlb();
    machine.enterUserMode();
    machine.run(listing('db 3b   fstp tbyte [rbx]\nf4'));
    expect([...machine.cpu.memory.subarray(EDGE - 4, EDGE + 6)]).toEqual([
      8, 2, 3, 4, 5, 6, 7, 0x88, 0x10, 0x40,
    ]);
    expect(machine.cpu.registers.floatControl).toMatchObject({ fsw: 0x21, ftw: 0x3f });
  });

  it('reads only half a register for the low unpacks', () => {
    const machine = atEdge();
    machine.set(Reg.RBX, EDGE - 4);
    machine.run(listing('0f 60 0b   punpcklbw mm1, [rbx]\nf4'));
    expect(machine.last).toMatchObject({ vector: GP, rip: At.CODE + 3 });
  });
});

describe('unmasked x87 exceptions', () => {
  // fninit; fldcw [rbx]; fld1; fldz; fdivp st1, st0
  const divideByZero = listing('db e3\nd9 2b\nd9 e8\nd9 ee\nde f9');

  function divided(following: string, set: (machine: ProgramMachine) => void = () => {}): ProgramMachine {
    const machine = new ProgramMachine();
    machine.cpu.registers.qwords[Reg.CR0]! |= CR0_NE;
    machine.write(At.DATA, 2, 0x37b);
    machine.set(Reg.RBX, At.DATA);
    set(machine);
    machine.run([...divideByZero, ...listing(following)]);
    return machine;
  }

  it('leave operands and stack as they are, and wait', () => {
    const machine = divided('df e0   fnstsw ax\nf4');
    expect(machine.caught).toEqual([]);
    expect(machine.get(Reg.RAX) & 0xffff).toBe(0xb084);
    expect(machine.cpu.registers.floatControl).toMatchObject({ fsw: 0xb084, ftw: 0xc0 });
    expect(machine.cpu.registers.x87[7 * 16 + 9]).toBe(0x3f);
    expect(machine.cpu.registers.x87[6 * 16 + 9]).toBe(0);
  });

  it.each([
    ['fwait', '9b', 0],
    ['fld1', 'd9 e8', 0],
    ['fnop', 'd9 d0', 0],
    ['fldcw [rbx]', 'd9 2b', 0],
    ['a store', 'd9 1b', 0],
    ['paddb mm1, mm2', '0f fc ca', 0],
    ['emms', '0f 77', 0],
    ['fwait after instructions that do not wait', 'db e0\ndf e0\nd9 7b 10\n9b', 7],
  ])('raise #MF at %s', (_name, code, offset) => {
    const machine = divided(`${code}\nf4`);
    expect(machine.caught).toMatchObject([{ vector: MF, rip: At.CODE + 10 + offset }]);
    expect(machine.cpu.registers.floatControl).toMatchObject({ fsw: 0xb084 });
  });

  it('do not interrupt anybody without CR0.NE: no board routes FERR#', () => {
    const machine = divided('d9 e8   fld1\nf4', (made) => {
      made.cpu.registers.qwords[Reg.CR0]! &= ~CR0_NE;
    });
    expect(machine.caught).toEqual([]);
    expect(machine.cpu.registers.floatControl).toMatchObject({ fsw: 0xa884, ftw: 0xe0 });
  });

  it('are told by FNSTENV with the instruction that raised them, and cleared by FNCLEX', () => {
    const machine = divided('d9 73 10   fnstenv [rbx+16]\n9b   fwait\ndb e2   fnclex\nf4');
    expect(machine.caught).toEqual([]);
    expect(machine.read(At.DATA + 16 + 12, 4)).toBe(At.CODE + 8);
    expect(machine.read(At.DATA + 16 + 18, 2)).toBe(0x6f9);
    expect(machine.cpu.registers.floatControl).toMatchObject({ fcw: 0x37f, fsw: 0x3000 });
  });
});

describe('encodings without an instruction', () => {
  it.each([
    'd9 d1',
    'd9 e2',
    'd9 ef',
    'd9 0b',
    'da e0',
    'db 23',
    'db e5',
    'db f8',
    'dd f0',
    'de d8',
    'df e1',
    'df f8',
  ])('%s raises #UD', (code) => {
    const machine = new ProgramMachine();
    machine.set(Reg.RBX, At.DATA);
    machine.run(listing(`${code}\nf4`));
    expect(machine.last).toMatchObject({ vector: UD, rip: At.CODE });
  });

  it('refuses LOCK', () => {
    const machine = new ProgramMachine();
    machine.run(listing(`f0 d9 05 ${u32(0)}   lock fld dword [rip]`));
    expect(machine.last).toMatchObject({ vector: UD });
  });
});
