/** Breakpoints of the debug registers: Intel SDM volume 3, "Debug Registers". */

import { describe, expect, it } from 'vitest';
import { Outcome, Reg, StopReason } from '../../src/index.ts';
import { listing, u16, u32 } from './listing.ts';
import { At, ProgramMachine } from './program-machine.ts';

const DB = 1;
const RF = 0x10000;
/** iretq with RF set in the image, as a debugger goes on from a code breakpoint. */
const RESUME = listing('80 4c 24 12 01   or byte [rsp+18], 1\n48 cf   iretq');
const IRETQ = listing('48 cf   iretq');

/** DR7 with breakpoint `index` enabled: R/W field, length in bytes. */
function control(index: number, kind: 'code' | 'write' | 'port' | 'access', bytes = 1): number {
  const rw = { code: 0, write: 1, port: 2, access: 3 }[kind];
  const length = { 1: 0, 2: 1, 4: 3, 8: 2 }[bytes] ?? 0;
  return 0x400 | (1 << (index * 2)) | (rw << (16 + index * 4)) | (length << (18 + index * 4));
}

const rips = (machine: ProgramMachine) => machine.caught.map((one) => one.rip - machine.start);

describe('code breakpoints', () => {
  const PROGRAM = listing(`
    31 c0           xor eax, eax
    b9 05 00 00 00  mov ecx, 5
    ff c0           inc eax
    e2 fc           loop -4
    f4              hlt`);

  it('fault in front of the instruction, each time it comes, and RF lets it pass', () => {
    const machine = new ProgramMachine();
    machine.set(Reg.DR2, At.CODE + 7);
    machine.set(Reg.DR7, control(2, 'code'));
    machine.setHandler(DB, RESUME);
    expect(machine.run(PROGRAM)).toBe(StopReason.HALT);
    expect(rips(machine)).toEqual([7, 7, 7, 7, 7]);
    expect(machine.get(Reg.RAX)).toBe(5);
    expect(machine.get(Reg.DR6) & 0xf).toBe(4);
    expect(machine.get(Reg.RFLAGS) & RF).toBe(0);
  });

  it('push RF as it is, so that the handler has to set it', () => {
    const machine = new ProgramMachine();
    machine.set(Reg.DR0, At.CODE + 2);
    machine.set(Reg.DR7, control(0, 'code'));
    machine.run(PROGRAM);
    expect(machine.stack(3)[2]! & RF).toBe(0);
    expect(machine.stoppedIn).toBe(DB);
  });

  it('hit in the middle of a page that runs in blocks elsewhere, and not when disabled', () => {
    const machine = new ProgramMachine();
    machine.set(Reg.DR3, At.CODE + 11);
    machine.set(Reg.DR7, control(3, 'code') & ~0xff);
    expect(machine.run(PROGRAM)).toBe(StopReason.HALT);
    expect(machine.caught).toEqual([]);
    machine.set(Reg.DR7, control(3, 'code'));
    machine.run(PROGRAM);
    expect(rips(machine)).toEqual([11]);
  });

  it('do not hit behind MOV SS', () => {
    const machine = new ProgramMachine({ mode: 'protected' });
    machine.set(Reg.DR0, At.CODE + 4);
    machine.set(Reg.DR7, control(0, 'code'));
    machine.run(listing('8c d0   mov eax, ss\n8e d0   mov ss, eax\n90   nop\nf4   hlt'));
    expect(machine.caught).toEqual([]);
  });

  it('come before a page fault of the fetch', () => {
    const machine = new ProgramMachine();
    machine.tables!.map(At.DATA, At.DATA, 0n);
    machine.set(Reg.DR0, At.DATA);
    machine.set(Reg.DR7, control(0, 'code'));
    machine.setHandler(DB, RESUME);
    machine.run(listing(`e9 ${u32(At.DATA - At.CODE - 5)}   jmp DATA`));
    expect(machine.caught.map((one) => one.vector)).toEqual([1, 14]);
  });
});

describe('data breakpoints', () => {
  function watch(kind: 'write' | 'access', bytes: number, address: number): ProgramMachine {
    const machine = new ProgramMachine();
    machine.set(Reg.DR1, address);
    machine.set(Reg.DR7, control(1, kind, bytes));
    machine.setHandler(DB, IRETQ);
    machine.set(Reg.RBX, At.DATA);
    return machine;
  }

  const PROGRAM = listing(`
    8b 03           mov eax, [rbx]
    89 03           mov [rbx], eax
    83 43 04 01     add dword [rbx+4], 1
    c6 43 09 01     mov byte [rbx+9], 1
    f4              hlt`);

  it('trap behind writes', () => {
    const machine = watch('write', 4, At.DATA);
    machine.run(PROGRAM);
    expect(rips(machine)).toEqual([4]);
    expect(machine.get(Reg.DR6) & 0xf).toBe(2);
  });

  it('trap behind reads and writes', () => {
    const machine = watch('access', 4, At.DATA);
    machine.run(PROGRAM);
    expect(rips(machine)).toEqual([2, 4]);
  });

  it('cover their length, aligned down', () => {
    const machine = watch('write', 8, At.DATA + 0xb);
    machine.run(PROGRAM);
    expect(rips(machine)).toEqual([12]);
    const below = watch('write', 8, At.DATA + 0x10);
    below.run(PROGRAM);
    expect(below.caught).toEqual([]);
  });

  it('trap behind the iteration that hits', () => {
    const machine = watch('write', 1, At.DATA + 2);
    machine.set(Reg.RDI, At.DATA);
    machine.set(Reg.RCX, 5);
    machine.run(listing('f3 aa   rep stosb\nf4   hlt'));
    expect(rips(machine)).toEqual([0]);
    expect(machine.get(Reg.RCX)).toBe(0);
  });

  it('are dropped with the instruction that faults', () => {
    const machine = watch('write', 1, At.DATA + 0xfff);
    machine.tables!.map(At.DATA + 0x1000, 0, 0n);
    machine.run(listing(`c7 83 ${u32(0xffd)} 00 00 00 00   mov dword [rbx+0xffd], 0`));
    expect(machine.caught.map((one) => one.vector)).toEqual([14]);
  });

  it('wait behind POP SS, and then follow a software interrupt into its handler', () => {
    const machine = new ProgramMachine({ mode: 'protected' });
    machine.set(Reg.DR0, At.KERNEL_STACK - 4);
    machine.set(Reg.DR7, control(0, 'access', 4));
    machine.setHandler(DB, [0xcf]);
    machine.run(listing('16   push ss\n17   pop ss\ncc   int3'));
    expect(machine.caught.map((one) => [one.vector, one.rip])).toEqual([
      [1, At.CODE + 1],
      [3, At.CODE + 2],
      [1, At.HANDLERS + 3 * 16],
    ]);
  });
});

describe('port breakpoints', () => {
  it('trap behind the access with CR4.DE', () => {
    const machine = new ProgramMachine({ handler: { port: () => Outcome.DONE } });
    machine.setHandler(DB, IRETQ);
    machine.set(Reg.CR4, machine.get(Reg.CR4) | 8);
    machine.set(Reg.DR0, 0x3f8);
    machine.set(Reg.DR7, control(0, 'port', 4));
    machine.run(
      listing(`
        66 ba ${u16(0x3fb)}     mov dx, 0x3fb
        ec              in al, dx
        66 ba ${u16(0x3fc)}     mov dx, 0x3fc
        ee              out dx, al
        f4              hlt`),
    );
    expect(rips(machine)).toEqual([5]);
  });
});

describe('debug registers', () => {
  it('general detect catches any MOV of a debug register', () => {
    const machine = new ProgramMachine();
    machine.set(Reg.DR7, 0x2400);
    machine.run(listing('0f 21 f0   mov rax, dr6'));
    expect(machine.stoppedIn).toBe(DB);
    expect(machine.stack(1)).toEqual([At.CODE]);
    expect(machine.get(Reg.DR6) & 0x2000).toBe(0x2000);
    expect(machine.get(Reg.DR7)).toBe(0x400);
  });

  it('DR4 and DR5 are DR6 and DR7 unless CR4.DE is set', () => {
    const machine = new ProgramMachine();
    machine.run(listing('0f 21 e0   mov rax, dr4\n0f 21 eb   mov rbx, dr5\nf4   hlt'));
    expect([machine.get(Reg.RAX), machine.get(Reg.RBX)]).toEqual([0xffff0ff0, 0x400]);
    machine.set(Reg.CR4, machine.get(Reg.CR4) | 8);
    machine.run(listing('0f 21 e0   mov rax, dr4'));
    expect(machine.last?.vector).toBe(6);
  });

  it('raise #GP for the upper half of DR6 and DR7, and to users', () => {
    const machine = new ProgramMachine();
    machine.set(Reg.RAX, 0x1_0000_0000);
    machine.run(listing('0f 23 f8   mov dr7, rax'));
    expect(machine.last).toMatchObject({ vector: 13, error: 0 });
    const user = new ProgramMachine({ user: true });
    user.run(listing('0f 21 c0   mov rax, dr0'));
    expect(user.last).toMatchObject({ vector: 13, error: 0 });
  });
});
