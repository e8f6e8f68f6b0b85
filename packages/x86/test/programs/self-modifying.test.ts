/** Code that changes: Intel SDM volume 3, "Self-Modifying Code". A branch or a serialising instruction is not needed here. */

import { describe, expect, it } from 'vitest';
import { Reg, StopReason } from '../../src/index.ts';
import { listing, u32 } from './listing.ts';
import { At, ProgramMachine } from './program-machine.ts';
import { Page } from './tables.ts';

const { P, W, U } = Page;
/** mov al, n at the start of a subroutine. */
const ROUTINE = listing('b0 01   mov al, 1\nc3   ret');

/** A machine with the routine at DATA, which a loop calls twice and changes in between. */
function twice(change: string): ProgramMachine {
  const machine = new ProgramMachine();
  machine.cpu.memory.set(ROUTINE, At.DATA);
  machine.set(Reg.RDI, At.DATA);
  const body = listing(change);
  const call = (at: number) => `e8 ${u32(At.DATA - (At.CODE + at + 5))}`;
  const program = [
    ...listing(`${call(0)}\n88 c3   mov bl, al`),
    ...body,
    ...listing(`${call(7 + body.length)}\nf4   hlt`),
  ];
  expect(machine.run(program)).toBe(StopReason.HALT);
  expect(machine.get(Reg.RBX) & 0xff).toBe(1);
  return machine;
}

const result = (machine: ProgramMachine) => machine.get(Reg.RAX) & 0xff;

describe('code that was executed before', () => {
  it.each([
    ['a byte store', 'c6 47 01 05   mov byte [rdi+1], 5'],
    ['a wide store', '48 c7 07 b0 05 c3 00   mov qword [rdi], 0xc305b0'],
    ['a read-modify-write', '80 47 01 04   add byte [rdi+1], 4'],
    ['a locked exchange', 'b0 05 86 47 01   mov al, 5; xchg [rdi+1], al'],
    ['a string store', 'b0 05 48 ff c7 aa   mov al, 5; inc rdi; stosb'],
    ['a repeated string store', 'b8 b0 05 c3 00 b9 01 00 00 00 f3 ab   rep stosd'],
  ])('is noticed after %s', (_name, change) => {
    expect(result(twice(change))).toBe(5);
  });

  it('is noticed after a push', () => {
    const change = `
      48 89 e5              mov rbp, rsp
      48 8d 67 08           lea rsp, [rdi+8]
      68 b0 05 c3 00        push 0xc305b0
      48 89 ec              mov rsp, rbp`;
    expect(result(twice(change))).toBe(5);
  });

  it('is noticed after a bulk copy over it', () => {
    const machine = new ProgramMachine();
    machine.cpu.memory.set(ROUTINE, At.DATA);
    machine.cpu.memory.fill(0x90, At.DATA + 0x2000, At.DATA + 0x2040);
    machine.cpu.memory.set(listing('b0 07 c3'), At.DATA + 0x2040);
    machine.set(Reg.RSI, At.DATA + 0x2000);
    machine.set(Reg.RDI, At.DATA);
    machine.set(Reg.RCX, 0x43);
    machine.run(
      listing(`
        e8 ${u32(At.DATA - At.CODE - 5)}    call routine
        f3 a4                               rep movsb
        e8 ${u32(At.DATA - At.CODE - 12)}   call routine
        f4                                  hlt`),
    );
    expect(result(machine)).toBe(7);
  });

  it('is noticed through another mapping of its page', () => {
    const machine = new ProgramMachine();
    machine.tables!.map(0x7000_0000, At.DATA, P | W);
    machine.cpu.memory.set(ROUTINE, At.DATA);
    machine.set(Reg.RDI, 0x7000_0000);
    machine.run(
      listing(`
        e8 ${u32(At.DATA - At.CODE - 5)}    call routine
        c6 47 01 09                         mov byte [rdi+1], 9
        e8 ${u32(At.DATA - At.CODE - 14)}   call routine
        f4                                  hlt`),
    );
    expect(result(machine)).toBe(9);
  });

  it('is noticed when a later page table brings other code to its address', () => {
    const machine = new ProgramMachine();
    const at = machine.tables!.entryAt(At.DATA);
    machine.cpu.memory.set(ROUTINE, At.DATA);
    machine.cpu.memory.set(listing('b0 0b c3'), At.DATA + 0x3000);
    machine.set(Reg.RDI, at);
    machine.run(
      listing(`
        e8 ${u32(At.DATA - At.CODE - 5)}            call routine
        c7 07 ${u32(At.DATA + 0x3003)}              mov dword [rdi], DATA + 0x3000 | 3
        0f 01 3c 25 ${u32(At.DATA)}                 invlpg [DATA]
        e8 ${u32(At.DATA - At.CODE - 24)}           call routine
        f4                                          hlt`),
    );
    expect(result(machine)).toBe(11);
  });
});

describe('code that changes what comes next', () => {
  it('the next instruction', () => {
    const machine = new ProgramMachine();
    machine.run(
      listing(`
        c6 05 01 00 00 00 2a    mov byte [rip+1], 0x2a
        b0 01                   mov al, 1
        f4                      hlt`),
    );
    expect(result(machine)).toBe(0x2a);
  });

  it('the next instruction, by a repeated string instruction in front of it', () => {
    const machine = new ProgramMachine();
    machine.set(Reg.RDI, At.CODE + 3);
    machine.set(Reg.RCX, 1);
    machine.set(Reg.RAX, 0x33);
    machine.run(listing('f3 aa   rep stosb\nb3 01   mov bl, 1\nf4   hlt'));
    expect(machine.get(Reg.RBX)).toBe(0x33);
  });

  it('a loop that counts in its own immediate', () => {
    const machine = new ProgramMachine();
    machine.set(Reg.RCX, 300);
    machine.run(
      listing(`
        66 b8 00 00                     mov ax, 0
        66 ff 05 f7 ff ff ff            inc word [rip-9]
        e2 f3                           loop -13
        f4                              hlt`),
    );
    expect(machine.get(Reg.RAX)).toBe(299);
  });

  it('a whole block ahead in the same page', () => {
    const machine = new ProgramMachine();
    // Writes b3 44 (mov bl, 0x44) over two NOPs that follow a jump.
    machine.run(
      listing(`
        66 c7 05 03 00 00 00 b3 44      mov word [rip+3], 0x44b3
        eb 01                           jmp +1
        90                              nop
        90 90                           nop; nop
        f4                              hlt`),
    );
    expect(machine.get(Reg.RBX)).toBe(0x44);
  });

  it('a tight loop that rewrites itself until it ends', () => {
    const machine = new ProgramMachine();
    // The jump back (eb fe style) becomes a NOP pair after 200 rounds.
    machine.run(
      listing(`
        b9 c8 00 00 00                  mov ecx, 200
        ff c9                           dec ecx
        75 09                           jnz +9
        66 c7 05 00 00 00 00 90 90      mov word [rip+0], 0x9090
        eb f1                           jmp -15
        f4                              hlt`),
    );
    expect(machine.get(Reg.RCX)).toBe(0);
    expect(machine.get(Reg.RIP)).toBe(At.CODE + 21);
  });
});

describe('code and data in one page', () => {
  it('runs on while data beside it is written', () => {
    const machine = new ProgramMachine({ user: true });
    machine.tables!.map(At.CODE, At.CODE, P | W | U);
    machine.set(Reg.RBX, At.CODE + 0x800);
    machine.set(Reg.RCX, 1000);
    machine.run(
      listing(`
        ff 03                           inc dword [rbx]
        e2 fc                           loop -4
        cd 80                           int 0x80`),
    );
    expect(machine.read(At.CODE + 0x800, 4)).toBe(1000);
  });

  it('an instruction over two pages is noticed in both', () => {
    const machine = new ProgramMachine();
    const edge = At.DATA + 0x1000;
    machine.cpu.memory.set(listing('b8 01 00 00 00 c3   mov eax, 1; ret'), edge - 2);
    machine.set(Reg.RDI, edge);
    const call = (at: number) => `e8 ${u32(edge - 2 - (At.CODE + at + 5))}`;
    machine.run(
      listing(`
        ${call(0)}                      call routine
        c6 07 02                        mov byte [rdi], 2
        ${call(8)}                      call routine
        89 c3                           mov ebx, eax
        c6 47 ff 07                     mov byte [rdi-1], 7
        ${call(19)}                     call routine
        f4                              hlt`),
    );
    expect(machine.get(Reg.RBX)).toBe(0x201);
    expect(machine.get(Reg.RAX)).toBe(0x207);
  });
});
