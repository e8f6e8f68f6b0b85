/** Single-stepping: Intel SDM volume 3, "Single-Step Exception Condition". */

import { describe, expect, it } from 'vitest';
import { Reg, StopReason } from '../../src/index.ts';
import { listing, u32 } from './listing.ts';
import { At, type Mode, ProgramMachine, Selector } from './program-machine.ts';

const TF = 0x100;
const DB = 1;
const BS = 0x4000;
const IRETQ = [0x48, 0xcf];
const IRET = [0xcf];

/** Offsets in the program at which #DB was caught. */
const steps = (machine: ProgramMachine) =>
  machine.caught.filter((one) => one.vector === DB).map((one) => one.rip - machine.start);

/** A machine that single-steps from the program's first instruction on. */
function stepping(mode: Mode, user = false): ProgramMachine {
  const machine = new ProgramMachine({ mode, user });
  machine.set(Reg.RFLAGS, 2 | TF);
  machine.setHandler(DB, machine.isLong ? IRETQ : IRET);
  return machine;
}

describe('single-stepping', () => {
  it.each(['real', 'protected', 'long'] as const)('traps behind each instruction in %s mode', (mode) => {
    const machine = stepping(mode);
    const reason = machine.run(
      listing(`
        90              nop
        b0 01           mov al, 1
        eb 00           jmp +0
        04 02           add al, 2
        cd 80           int 0x80`),
    );
    expect(reason).toBe(StopReason.HALT);
    expect(steps(machine)).toEqual([1, 3, 5, 7]);
    expect(machine.get(Reg.RAX) & 0xff).toBe(3);
    expect(machine.get(Reg.DR6) & BS).toBe(BS);
  });

  it('starts one instruction behind POPF and ends behind the one that clears TF', () => {
    const machine = new ProgramMachine();
    machine.setHandler(DB, IRETQ);
    machine.run(
      listing(`
        68 02 01 00 00  push 0x102
        9d              popfq
        90              nop
        6a 02           push 2
        9d              popfq
        90              nop
        f4              hlt`),
    );
    expect(steps(machine)).toEqual([7, 9, 10]);
  });

  it('traps behind each iteration of a repeated instruction', () => {
    const machine = stepping('long');
    machine.set(Reg.RCX, 3);
    machine.set(Reg.RDI, At.DATA);
    machine.run(
      listing(`
        f3 aa           rep stosb
        cd 80           int 0x80`),
    );
    expect(steps(machine)).toEqual([0, 0, 2]);
    expect(machine.get(Reg.RDI)).toBe(At.DATA + 3);
  });

  it.each([
    [2, At.CODE, 0x10002 | TF],
    [1, At.CODE + 2, 2 | TF],
  ])('pushes RF between iterations and not behind the last: %i left', (left, rip, flags) => {
    const machine = stepping('long');
    machine.setHandler(DB, [0xf4]);
    machine.set(Reg.RCX, left);
    machine.set(Reg.RDI, At.DATA);
    machine.run(listing('f3 aa   rep stosb'));
    expect(machine.stack(3)).toEqual([rip, Selector.CODE, flags]);
  });

  it('waits behind MOV SS and POP SS for the next instruction', () => {
    const machine = stepping('protected');
    machine.run(
      listing(`
        8c d0           mov eax, ss
        8e d0           mov ss, eax
        90              nop
        16              push ss
        17              pop ss
        90              nop
        cd 80           int 0x80`),
    );
    expect(steps(machine)).toEqual([2, 5, 6, 8]);
  });

  it('does not follow software interrupts into their handlers', () => {
    const machine = stepping('long');
    machine.setHandler(0x80, listing('90 48 cf   nop; iretq'));
    machine.setHandler(3, listing('48 cf   iretq'));
    machine.run(
      listing(`
        cd 80           int 0x80
        90              nop
        cc              int3
        90              nop
        90              nop
        cd 81           int 0x81`),
    );
    // IRETQ brings TF back: the trap comes behind the instruction after it.
    expect(steps(machine)).toEqual([3, 5, 6]);
  });

  it('follows an INTO that does nothing', () => {
    const machine = stepping('protected');
    machine.run(listing('ce cd 80   into; int 0x80'));
    expect(steps(machine)).toEqual([1]);
  });

  it('traps behind SYSCALL unless SFMASK holds TF, and behind SYSRET that brings it', () => {
    const machine = stepping('long', true);
    machine.set(Reg.STAR, (BigInt(Selector.USER_DATA - 8) << 48n) | (BigInt(Selector.CODE) << 32n));
    machine.set(Reg.LSTAR, At.DATA);
    machine.set(Reg.SFMASK, TF);
    machine.cpu.memory.set(listing('90 48 0f 07   nop; sysretq'), At.DATA);
    const program = listing(`
      0f 05           syscall
      90              nop
      cd 80           int 0x80`);
    machine.run(program);
    expect(steps(machine)).toEqual([2, 3]);
    const other = stepping('long', true);
    other.set(Reg.STAR, machine.get(Reg.STAR));
    other.set(Reg.LSTAR, At.DATA);
    other.cpu.memory.set(listing('90 cd 80   nop; int 0x80'), At.DATA);
    other.run(program);
    expect(steps(other)).toEqual([At.DATA - At.CODE, At.DATA + 1 - At.CODE]);
  });

  it('comes after the fault of an instruction, not with it', () => {
    const machine = stepping('long');
    machine.setHandler(6, listing('48 83 04 24 02 48 cf   add qword [rsp], 2; iretq'));
    machine.run(listing('0f 0b 90 cd 80   ud2; nop; int 0x80'));
    expect(machine.caught.map((one) => one.vector)).toEqual([6, 1]);
    expect(steps(machine)).toEqual([3]);
  });

  it('wakes from HLT', () => {
    const machine = stepping('long');
    machine.setHandler(DB, listing(`80 64 24 11 fe   and byte [rsp+17], 0xfe\n48 cf   iretq`));
    expect(machine.run(listing('f4 90 f4   hlt; nop; hlt'))).toBe(StopReason.HALT);
    expect(steps(machine)).toEqual([1]);
    expect(machine.get(Reg.RIP)).toBe(At.CODE + 3);
  });
});

describe('INT1', () => {
  it('raises #DB whatever the gate says, with RIP behind it', () => {
    const machine = new ProgramMachine({ user: true });
    machine.run(listing('f1   int1'));
    expect(machine.stoppedIn).toBe(DB);
    expect(machine.stack(1)).toEqual([At.CODE + 1]);
    expect(machine.get(Reg.DR6)).toBe(0xffff0ff0);
  });
});

describe('CALL, RET and JMP', () => {
  const NON_CANONICAL = 0x8000_0000_0000n;

  it.each([
    ['jmp rax', 'ff e0'],
    ['call rax', 'ff d0'],
    ['ret', '50 c3'],
  ])('%s raises #GP at the branch for a target that is not canonical', (_name, code) => {
    const machine = new ProgramMachine();
    machine.set(Reg.RAX, NON_CANONICAL);
    machine.run(listing(code));
    expect(machine.last).toMatchObject({
      vector: 13,
      error: 0,
      rip: At.CODE + (code.startsWith('50') ? 1 : 0),
    });
  });

  it('a relative branch over the end of the canonical half raises #GP at the branch', () => {
    const machine = new ProgramMachine();
    const page = 0x7fff_ffff_f000n;
    machine.tables!.map(page, At.CODE, 7n);
    machine.cpu.memory.set(listing(`e9 ${u32(0x1000)}   jmp +0x1000`), At.CODE);
    machine.set(Reg.RIP, page);
    machine.resume();
    expect(machine.last).toMatchObject({ vector: 13, error: 0, rip: Number(page) });
  });

  it('running over that end raises #GP behind it', () => {
    const machine = new ProgramMachine();
    const page = 0x7fff_ffff_f000n;
    machine.tables!.map(page, At.CODE, 7n);
    machine.cpu.memory[At.CODE + 0xfff] = 0x90;
    machine.set(Reg.RIP, page + 0xfffn);
    machine.resume();
    expect(machine.last).toMatchObject({ vector: 13, error: 0, rip: Number(page) + 0x1000 });
  });
});
