/** Real mode, and the ways between the modes: Intel SDM volume 3, "Mode Switching". */

import { describe, expect, it } from 'vitest';
import { Reg, Seg, StopReason } from '../../src/index.ts';
import { listing, u16, u32 } from './listing.ts';
import { At, ProgramMachine, Selector } from './program-machine.ts';
import { descriptor, gate, PageTables } from './tables.ts';

const START = At.REAL_CODE;

function real(code: string, set?: (machine: ProgramMachine) => void): ProgramMachine {
  const machine = new ProgramMachine({ mode: 'real' });
  set?.(machine);
  machine.run(listing(code));
  return machine;
}

const low16 = (machine: ProgramMachine, register: number) => machine.get(register) & 0xffff;

describe('real mode programs', () => {
  it('sum an array, with a loop, a call and the stack', () => {
    const machine = real(
      `
      31 c0           xor ax, ax
      be 00 50        mov si, 0x5000
      b9 0a 00        mov cx, 10
      e8 03 00        call +3
      e2 fb           loop -5
      f4              hlt
      03 04           add ax, [si]
      46 46           inc si; inc si
      c3              ret`,
      (made) => {
        for (let i = 0; i < 10; i += 1) made.write(0x5000 + i * 2, 2, i * i);
      },
    );
    expect(low16(machine, Reg.RAX)).toBe(285);
    expect(low16(machine, Reg.RSP)).toBe(0x8000);
  });

  it('take software interrupts through the vector table', () => {
    const machine = real('b4 0e cd 21 f4   mov ah, 0xe; int 0x21; hlt', (made) =>
      made.setHandler(0x21, listing('fe c4 cf   inc ah; iret')),
    );
    expect(low16(machine, Reg.RAX) >> 8).toBe(0xf);
    expect(machine.get(Reg.RIP)).toBe(START + 5);
  });

  it('push flags, CS and IP only, without error codes', () => {
    const machine = real('a1 ff ff   mov ax, [0xffff]');
    expect(machine.last).toMatchObject({ vector: 13, error: 0 });
    expect(machine.stack(3)).toEqual([START, 0, 2]);
    expect(low16(machine, Reg.RSP)).toBe(0x8000 - 6);
  });

  it('have segments of 64 KiB: the stack raises #SS, string instructions go round', () => {
    const machine = real('bc 01 00 50   mov sp, 1; push ax');
    expect(machine.caught[0]!.vector).toBe(12);
    const other = real('bf fe ff b9 04 00 f3 aa f4   mov di, 0xfffe; mov cx, 4; rep stosb; hlt', (made) => {
      made.segment(Seg.ES).base = 0x20000n;
      made.set(Reg.RAX, 0x77);
    });
    expect([other.read(0x2fffe, 2), other.read(0x20000, 2)]).toEqual([0x7777, 0x7777]);
    expect(low16(other, Reg.RDI)).toBe(2);
  });

  it('use 32-bit operands and addresses by prefix', () => {
    const machine = real(`
      66 b8 ${u32(0x12345678)}      mov eax, 0x12345678
      66 c1 c0 10                   rol eax, 16
      67 8d 04 45 ${u32(0x100)}     lea ax, [eax*2+0x100]
      f4                            hlt`);
    expect(machine.get(Reg.RAX)).toBe((0x56780000 | ((0x1234 * 2 + 0x100) & 0xffff)) >>> 0);
  });

  it('raise #DE, #BR, #UD at their vectors', () => {
    expect(real('31 c9 f7 f1   xor cx, cx; div cx').stoppedIn).toBe(0);
    expect(real('62 06 00 50   bound ax, [0x5000]', (made) => made.set(Reg.RAX, 5)).stoppedIn).toBe(5);
    expect(real('0f 0b   ud2').stoppedIn).toBe(6);
  });

  it('far pointers load segments', () => {
    const machine = real('c5 36 00 50   lds si, [0x5000]\nf4   hlt', (made) => {
      made.write(0x5000, 2, 0x1234);
      made.write(0x5002, 2, 0x2000);
    });
    expect([low16(machine, Reg.RSI), machine.segment(Seg.DS).base]).toEqual([0x1234, 0x20000n]);
  });

  it('a vector table that is too short leads to a shutdown', () => {
    const machine = new ProgramMachine({ mode: 'real' });
    machine.cpu.registers.idtr.limit = 0;
    expect(machine.run(listing('cd 21   int 0x21'))).toBe(StopReason.UNRECOVERABLE);
  });
});

/** Where a program in real mode finds its descriptor-table pointer and far pointers. */
const POINTERS = 0x5000;
const CODE32 = 0x08;
const DATA32 = 0x10;
const CODE16 = 0x18;
const DATA16 = 0x20;
const CODE64 = 0x28;

/** A machine in real mode with a GDT for all modes, its pointer at POINTERS. */
function withTables(): ProgramMachine {
  const machine = new ProgramMachine({ mode: 'real' });
  machine.setDescriptor(CODE32, descriptor(0, 0xfffff, 0xc09b));
  machine.setDescriptor(DATA32, descriptor(0, 0xfffff, 0xc093));
  machine.setDescriptor(CODE16, descriptor(0, 0xffff, 0x009b));
  machine.setDescriptor(DATA16, descriptor(0, 0xffff, 0x0093));
  machine.setDescriptor(CODE64, descriptor(0, 0xfffff, 0xa09b));
  machine.write(POINTERS, 2, 0x2f);
  machine.write(POINTERS + 2, 4, At.GDT);
  return machine;
}

const ENTER_PROTECTED = `
  0f 01 16 ${u16(POINTERS)}     lgdt [POINTERS]
  0f 20 c0                      mov eax, cr0
  0c 01                         or al, 1
  0f 22 c0                      mov cr0, eax`;

describe('unreal mode', () => {
  it('keeps limits of protected mode, so that 4 GiB are in reach', () => {
    const machine = withTables();
    machine.write(0x30_0000, 1, 0x5a);
    machine.run(
      listing(`${ENTER_PROTECTED}
        bb ${u16(DATA32)}             mov bx, DATA32
        8e db                         mov ds, bx
        24 fe                         and al, 0xfe
        0f 22 c0                      mov cr0, eax
        31 db                         xor bx, bx
        8e db                         mov ds, bx
        66 be ${u32(0x30_0000)}       mov esi, 0x300000
        67 8a 06                      mov al, [esi]
        f4                            hlt`),
    );
    expect(machine.caught).toEqual([]);
    expect(low16(machine, Reg.RAX) & 0xff).toBe(0x5a);
    expect(machine.segment(Seg.DS)).toMatchObject({ selector: 0, base: 0n, limit: 0xffffffff });
  });

  it('makes a segment usable again that protected mode left null', () => {
    const machine = withTables();
    machine.write(0x20010, 1, 0x33);
    machine.run(
      listing(`${ENTER_PROTECTED}
        31 db                         xor bx, bx
        8e c3                         mov es, bx
        24 fe                         and al, 0xfe
        0f 22 c0                      mov cr0, eax
        bb 00 20                      mov bx, 0x2000
        8e c3                         mov es, bx
        26 a0 10 00                   mov al, es:[0x10]
        f4                            hlt`),
    );
    expect(machine.caught).toEqual([]);
    expect(low16(machine, Reg.RAX) & 0xff).toBe(0x33);
  });
});

describe('from real mode to 64-bit mode and back', () => {
  /** Real → protected 32 → long compatibility → 64-bit code at DATA; CR3 in EBP. */
  const TO_LONG = `${ENTER_PROTECTED}
    66 ea ${u32(START + 0x20)} ${u16(CODE32)}   jmp dword CODE32:next`;
  const PROTECTED_PART = `
    b8 ${u32(DATA32)}             mov eax, DATA32
    8e d8                         mov ds, eax
    8e d0                         mov ss, eax
    8e c0                         mov es, eax
    b8 ${u32(0x20)}               mov eax, CR4.PAE
    0f 22 e0                      mov cr4, eax
    0f 22 dd                      mov cr3, ebp
    b9 ${u32(0xc0000080)}         mov ecx, EFER
    b8 ${u32(0x100)}              mov eax, LME
    31 d2                         xor edx, edx
    0f 30                         wrmsr
    0f 20 c0                      mov eax, cr0
    0d ${u32(0x80000000)}         or eax, PG
    0f 22 c0                      mov cr0, eax
    ea ${u32(At.DATA)} ${u16(CODE64)}   jmp CODE64:DATA`;

  function toLong(longPart: string): ProgramMachine {
    const machine = withTables();
    const tables = new PageTables(machine.view, 'long', At.PAGE_TABLES);
    tables.identity(0, 0x400, 7n);
    machine.set(Reg.RBP, tables.root);
    machine.cpu.memory.set(listing(PROTECTED_PART), START + 0x20);
    machine.cpu.memory.set(listing(longPart), At.DATA);
    machine.run(listing(TO_LONG));
    return machine;
  }

  it('each step takes effect at once', () => {
    const machine = toLong(`
      48 b8 ef cd ab 89 67 45 23 01   mov rax, 0x123456789abcdef
      41 89 c0                        mov r8d, eax
      f4                              hlt`);
    expect(machine.caught).toEqual([]);
    expect(machine.cpu.registers.qwords[Reg.RAX]).toBe(0x123456789abcdefn);
    expect(machine.get(Reg.R8)).toBe(0x89abcdef);
    expect(machine.get(Reg.EFER) & 0x500).toBe(0x500);
  });

  it('64-bit code cannot turn paging or PAE off, nor change LME', () => {
    const fault = (code: string) => {
      const machine = toLong(`0f 20 c0 0f ba f0 1f   mov rax, cr0; btr eax, 31\n${code}`);
      return [machine.caught[0]?.vector, machine.caught[0]?.error];
    };
    expect(fault('0f 22 c0   mov cr0, rax')).toEqual([13, 0]);
    expect(fault('31 c0 0f 22 e0   xor eax, eax; mov cr4, rax')).toEqual([13, 0]);
    expect(fault('31 c0 31 d2 b9 80 00 00 c0 0f 30   wrmsr EFER, 0')).toEqual([13, 0]);
    expect(fault('48 c1 e0 20 0f 22 c0   mov cr0, rax << 32')).toEqual([13, 0]);
    expect(fault(`b8 00 00 00 20 0f 22 c0   mov cr0, NW alone`)).toEqual([13, 0]);
  });

  it('goes all the way back', () => {
    const back = 0x6000;
    const machine = withTables();
    const tables = new PageTables(machine.view, 'long', At.PAGE_TABLES);
    tables.identity(0, 0x400, 7n);
    machine.set(Reg.RBP, tables.root);
    machine.write(0x5010, 4, back);
    machine.write(0x5014, 2, CODE32);
    machine.cpu.memory.set(listing(PROTECTED_PART), START + 0x20);
    machine.cpu.memory.set(listing(`ff 2c 25 ${u32(0x5010)}   jmp far [0x5010]`), At.DATA);
    machine.cpu.memory.set(
      listing(`
        0f 20 c0                      mov eax, cr0
        25 ${u32(0x7fffffff)}         and eax, ~PG
        0f 22 c0                      mov cr0, eax
        ea ${u32(back + 0x20)} ${u16(CODE16)}   jmp CODE16:next`),
      back,
    );
    machine.cpu.memory.set(
      listing(`
        bb ${u16(DATA16)}             mov bx, DATA16
        8e db 8e d3 8e c3             mov ds, bx; mov ss, bx; mov es, bx
        0f 20 c0 24 fe 0f 22 c0       mov eax, cr0; and al, 0xfe; mov cr0, eax
        ea ${u16(back + 0x40)} 00 00  jmp 0:next`),
      back + 0x20,
    );
    machine.cpu.memory.set(listing('31 db 8e db 8e d3 bc 00 80 cd 21 f4   …; int 0x21; hlt'), back + 0x40);
    machine.setHandler(0x21, listing('b8 99 00 cf   mov ax, 0x99; iret'));
    expect(machine.run(listing(TO_LONG))).toBe(StopReason.HALT);
    expect(machine.caught).toEqual([]);
    expect([low16(machine, Reg.RAX), machine.get(Reg.RIP)]).toEqual([0x99, back + 0x4c]);
    expect(machine.get(Reg.EFER) & 0x400).toBe(0);
  });
});

describe('PAE', () => {
  it('takes the four top entries with CR3, and checks them', () => {
    const machine = new ProgramMachine({ mode: 'protected' });
    const tables = new PageTables(machine.view, 'pae', At.PAGE_TABLES);
    tables.identity(0, 0x400, 3n);
    const pdpt = tables.root;
    machine.set(Reg.RBX, pdpt);
    machine.run(
      listing(`
        b8 ${u32(0x20)}         mov eax, CR4.PAE
        0f 22 e0                mov cr4, eax
        0f 22 db                mov cr3, ebx
        0f 20 c0                mov eax, cr0
        0d ${u32(0x80000000)}   or eax, PG
        0f 22 c0                mov cr0, eax
        8b 13                   mov edx, [ebx]
        c7 03 00 00 00 00       mov dword [ebx], 0
        8b 0b                   mov ecx, [ebx]
        0f 22 db                mov cr3, ebx`),
    );
    // Clearing an entry in memory does nothing until CR3 is written; then the next fetch faults, and all that follows.
    expect(machine.get(Reg.RDX) & 1).toBe(1);
    expect(machine.get(Reg.RCX)).toBe(0);
    expect(machine.caught[0]).toMatchObject({ vector: 14 });
  });

  it('raises #GP for reserved bits in a present top entry, and keeps CR3', () => {
    const machine = new ProgramMachine({ mode: 'pae' });
    const other = machine.tables!.root + 0x8_0000;
    machine.write(other, 8, 0x1n | 0x2n);
    machine.set(Reg.RAX, other);
    machine.run(listing('0f 22 d8   mov cr3, eax'));
    expect(machine.last).toMatchObject({ vector: 13, error: 0, rip: At.CODE });
    expect(machine.get(Reg.CR3)).toBe(machine.tables!.root);
  });
});

describe('gates of 16 bits', () => {
  it('push 16-bit words', () => {
    const machine = new ProgramMachine({ mode: 'protected' });
    machine.setGate(0x50, gate(Selector.CODE16, At.HANDLERS + 0x500, 0x86));
    machine.run(listing('cd 50   int 0x50'));
    expect(machine.get(Reg.RSP)).toBe(At.KERNEL_STACK - 6);
    expect(machine.stack(3, 2)).toEqual([(At.CODE + 2) & 0xffff, Selector.CODE, 2]);
  });
});
