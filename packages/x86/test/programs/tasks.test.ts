/** Task switches: Intel SDM volume 3, "Task Management". */

import { describe, expect, it } from 'vitest';
import { Reg, Seg, StopReason } from '../../src/index.ts';
import { listing, u16 } from './listing.ts';
import { At, type Mode, ProgramMachine, Selector } from './program-machine.ts';
import { descriptor, gate, Page } from './tables.ts';

const { CODE, DATA, USER_CODE, USER_DATA, TASK, FREE } = Selector;
const GATE = FREE + 8;
const NT = 0x4000;
const BUSY = 2;
const TARGET = At.DATA;
const STACK = At.IST_STACK;

/** Offsets in a 32-bit TSS. */
const Tss = {
  LINK: 0,
  ESP0: 4,
  CR3: 0x1c,
  EIP: 0x20,
  EFLAGS: 0x24,
  EAX: 0x28,
  ESP: 0x38,
  ES: 0x48,
  LDT: 0x60,
  TRAP: 0x64,
} as const;

interface Task {
  readonly cs?: number;
  readonly data?: number;
  readonly flags?: number;
  readonly type?: number;
}

/** A machine with a second task at FREE, which starts at TARGET; a task gate to it at GATE. */
function withTask(
  { cs = CODE, data = DATA, flags = 2, type = 0x89 }: Task = {},
  mode: Mode = 'protected',
): ProgramMachine {
  const machine = new ProgramMachine({ mode });
  machine.setDescriptor(FREE, descriptor(At.OTHER_TSS, 0x67, type));
  machine.setDescriptor(GATE, gate(FREE, 0, 0xe5));
  const put = (offset: number, value: number) => machine.write(At.OTHER_TSS + offset, 4, value);
  put(Tss.EIP, TARGET);
  put(Tss.EFLAGS, flags);
  put(Tss.EAX, 0x1111);
  put(Tss.ESP, STACK);
  [data, cs, data, data, 0, 0].forEach((selector, i) => {
    put(Tss.ES + i * 4, selector);
  });
  put(Tss.CR3, machine.tables?.root ?? 0);
  machine.set(Reg.RAX, 0x2222);
  machine.cpu.memory.set([0xf4], TARGET);
  return machine;
}

const typeOf = (machine: ProgramMachine, selector: number) => machine.read(At.GDT + selector + 5, 1) & 0x1f;
const jump = (selector: number) => listing(`ea 00 00 00 00 ${u16(selector)}   jmp far`);
const call = (selector: number) =>
  listing(`9a 00 00 00 00 ${u16(selector)}   call far\nb3 01 f4   mov bl, 1; hlt`);

describe('a jump to a task', () => {
  it.each([
    ['by its TSS', FREE],
    ['by a gate', GATE],
  ])('saves the old one and loads the new one, %s', (_name, selector) => {
    const machine = withTask();
    expect(machine.run(jump(selector))).toBe(StopReason.HALT);
    expect([machine.get(Reg.RIP), machine.get(Reg.RAX), machine.get(Reg.RSP)]).toEqual([
      TARGET + 1,
      0x1111,
      STACK,
    ]);
    expect(machine.segment(Seg.TR).selector).toBe(FREE);
    expect(machine.read(At.TSS + Tss.EIP, 4)).toBe(At.CODE + 7);
    expect(machine.read(At.TSS + Tss.EAX, 4)).toBe(0x2222);
    expect(machine.read(At.TSS + Tss.ES + 4, 2)).toBe(CODE);
    expect([typeOf(machine, TASK), typeOf(machine, FREE)]).toEqual([9, 9 | BUSY]);
    expect(machine.get(Reg.RFLAGS) & NT).toBe(0);
    // TS tells the system that the floating-point registers are another task's.
    expect(machine.get(Reg.CR0) & 8).toBe(8);
  });

  it('loads LDTR and CR3', () => {
    const machine = withTask({}, 'legacy');
    machine.setDescriptor(GATE, descriptor(At.DATA + 0x800, 0xf, 0x82));
    machine.write(At.OTHER_TSS + Tss.LDT, 2, GATE);
    const other = machine.tables!.root + 0x40000;
    machine.cpu.memory.copyWithin(other, machine.tables!.root, machine.tables!.root + 0x1000);
    machine.write(At.OTHER_TSS + Tss.CR3, 4, other);
    machine.run(jump(FREE));
    expect(machine.get(Reg.CR3)).toBe(other);
    expect(machine.segment(Seg.LDTR)).toMatchObject({ selector: GATE, base: BigInt(At.DATA + 0x800) });
  });

  it('clears the local enables of DR7', () => {
    const machine = withTask();
    machine.set(Reg.DR0, TARGET);
    machine.set(Reg.DR7, 0x401);
    machine.run(jump(FREE));
    expect(machine.caught).toEqual([]);
    expect(machine.get(Reg.DR7)).toBe(0x400);
  });

  it('traps when the new TSS says so', () => {
    const machine = withTask();
    machine.write(At.OTHER_TSS + Tss.TRAP, 2, 1);
    machine.run(jump(FREE));
    expect(machine.last).toMatchObject({ vector: 1, rip: TARGET });
    expect(machine.get(Reg.DR6) & 0x8000).toBe(0x8000);
  });

  it('reads a 16-bit TSS', () => {
    const machine = withTask();
    machine.setDescriptor(FREE, descriptor(At.OTHER_TSS, 0x2b, 0x81));
    machine.cpu.memory.fill(0, At.OTHER_TSS, At.OTHER_TSS + 0x68);
    [0x8800, 2, 0x7777, 0, 0, 0, 0x9000, 0, 0, 0, DATA, CODE, DATA, DATA, 0].forEach((word, i) => {
      machine.write(At.OTHER_TSS + 0x0e + i * 2, 2, word);
    });
    machine.cpu.memory.set([0xf4], 0x8800);
    machine.run(jump(FREE));
    expect([machine.get(Reg.RIP), machine.get(Reg.RAX), machine.get(Reg.RSP)]).toEqual([
      0x8801, 0x7777, 0x9000,
    ]);
    expect(typeOf(machine, FREE)).toBe(1 | BUSY);
  });
});

describe('a nested task', () => {
  it('is called, links back, and returns by IRET', () => {
    const machine = withTask();
    machine.cpu.memory.set(listing('83 c0 01 cf   add eax, 1; iretd'), TARGET);
    expect(machine.run(call(FREE))).toBe(StopReason.HALT);
    expect(machine.read(At.OTHER_TSS + Tss.LINK, 2)).toBe(TASK);
    expect([machine.get(Reg.RAX), machine.get(Reg.RBX) & 0xff]).toEqual([0x2222, 1]);
    expect([typeOf(machine, TASK), typeOf(machine, FREE)]).toEqual([9 | BUSY, 9]);
    // The task goes on behind its IRET the next time, with NT clear in its image.
    expect(machine.read(At.OTHER_TSS + Tss.EIP, 4)).toBe(TARGET + 4);
    expect(machine.read(At.OTHER_TSS + Tss.EAX, 4)).toBe(0x1112);
    expect(machine.read(At.OTHER_TSS + Tss.EFLAGS, 4) & NT).toBe(0);
  });

  it('keeps both tasks busy while it runs, with NT set', () => {
    const machine = withTask();
    machine.run(call(FREE));
    expect([typeOf(machine, TASK), typeOf(machine, FREE)]).toEqual([9 | BUSY, 9 | BUSY]);
    expect(machine.get(Reg.RFLAGS) & NT).toBe(NT);
  });

  it('handles an exception with its error code on its stack', () => {
    const machine = withTask();
    machine.setGate(13, gate(FREE, 0, 0x85));
    machine.run(listing('b8 f8 07 00 00 8e d8   mov ds, 0x7f8'));
    expect([machine.get(Reg.RIP), machine.get(Reg.RSP), machine.read(STACK - 4, 4)]).toEqual([
      TARGET + 1,
      STACK - 4,
      0x7f8,
    ]);
    expect(machine.read(At.TSS + Tss.EIP, 4)).toBe(At.CODE + 5);
  });

  it('handles an external interrupt and goes back', () => {
    const machine = withTask();
    machine.setGate(0x30, gate(FREE, 0, 0x85));
    machine.set(Reg.RFLAGS, 0x202);
    machine.cpu.memory.set([0xcf], TARGET);
    machine.interrupt(0x30);
    machine.run(listing('b3 05 f4   mov bl, 5; hlt'));
    expect([machine.get(Reg.RIP), machine.get(Reg.RBX) & 0xff]).toEqual([At.CODE + 3, 5]);
  });
});

describe('faults of task switches', () => {
  const fault = (machine: ProgramMachine) => {
    const { vector, error, rip } = machine.caught[0]!;
    return [vector, error, rip === At.CODE ? 'old' : rip === TARGET ? 'new' : rip];
  };

  it.each([
    ['a busy task', { type: 0x8b }, FREE, [13, FREE, 'old']],
    ['a TSS not present', { type: 0x09 }, FREE, [11, FREE, 'old']],
    ['an LDT', { type: 0x82 }, GATE, [13, FREE, 'old']],
    ['a null code segment', { cs: 0 }, FREE, [10, 0, 'new']],
    ['data for code', { cs: DATA }, FREE, [10, DATA, 'new']],
    ['code of another privilege', { cs: USER_CODE }, FREE, [10, USER_CODE, 'new']],
    ['a stack of another privilege', { data: USER_DATA | 3 }, FREE, [10, USER_DATA, 'new']],
    ['a null stack', { data: 0 }, FREE, [10, 0, 'new']],
  ] as const)('%s', (_name, task, selector, expected) => {
    const machine = withTask(task);
    // The handlers' stack is whatever the fault leaves: the faults themselves are what counts.
    machine.run(jump(selector));
    expect(fault(machine)).toEqual(expected);
  });

  it('a TSS that is too short', () => {
    const machine = withTask();
    machine.setDescriptor(FREE, descriptor(At.OTHER_TSS, 0x66, 0x89));
    machine.run(jump(FREE));
    expect(fault(machine)).toEqual([10, FREE, 'old']);
  });

  it('a page of the new TSS that is missing: nothing has changed', () => {
    const machine = withTask({}, 'legacy');
    machine.tables!.map(At.OTHER_TSS, 0, 0n);
    machine.run(jump(FREE));
    expect(machine.caught[0]).toMatchObject({ vector: 14, error: 0, rip: At.CODE, address: At.OTHER_TSS });
    expect([typeOf(machine, TASK), typeOf(machine, FREE)]).toEqual([9 | BUSY, 9]);
    expect(machine.tables!.read(machine.tables!.entryAt(At.TSS)) & Page.P).toBe(Page.P);
  });

  it('an IRET with NT whose link is no busy task', () => {
    const machine = withTask();
    machine.set(Reg.RFLAGS, NT | 2);
    machine.write(At.TSS + Tss.LINK, 2, FREE);
    machine.run(listing('cf   iretd'));
    expect(fault(machine)).toEqual([10, FREE, 'old']);
  });

  it('a gate of more privilege', () => {
    const machine = withTask();
    machine.enterUserMode();
    machine.setDescriptor(GATE, gate(FREE, 0, 0x85));
    machine.run(jump(GATE));
    expect(fault(machine)).toEqual([13, GATE, 'old']);
  });

  it('users may pass a gate that allows it', () => {
    const machine = withTask();
    machine.enterUserMode();
    machine.run(jump(GATE));
    expect(machine.get(Reg.RIP)).toBe(TARGET + 1);
    expect(machine.read(At.TSS + Tss.ES + 4, 2)).toBe(USER_CODE | 3);
  });
});

describe('a task in virtual-8086 mode', () => {
  it('is entered through the flags of its TSS', () => {
    const machine = withTask({ flags: 0x20002 });
    const put = (offset: number, value: number) => machine.write(At.OTHER_TSS + offset, 4, value);
    put(Tss.ESP0, At.KERNEL_STACK);
    put(Tss.ESP0 + 4, DATA);
    put(Tss.EIP, 0x10);
    put(Tss.ESP, 0x100);
    [0x2000, 0x2000, 0x2100, 0x2200, 0, 0].forEach((segment, i) => {
      put(Tss.ES + i * 4, segment);
    });
    machine.cpu.memory.set(listing('8c d8 cc   mov ax, ds; int3'), 0x20010);
    machine.run(jump(FREE));
    expect(machine.last).toMatchObject({ vector: 3, rip: 0x12 });
    expect(machine.get(Reg.RAX) & 0xffff).toBe(0x2200);
  });
});
