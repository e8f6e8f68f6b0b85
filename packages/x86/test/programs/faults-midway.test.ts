/** Faults in the middle of instructions leave nothing half done: Intel SDM volume 3, "Program or Task Restart". */

import { describe, expect, it } from 'vitest';
import { Reg } from '../../src/index.ts';
import { listing, u32 } from './listing.ts';
import { At, ProgramMachine } from './program-machine.ts';
import { Page } from './tables.ts';

const { P, W, U } = Page;
const PF = 14;
const ABSENT = 0n;

/** A machine whose data page is followed by one that is missing. */
function atEdge(mode: 'protected' | 'legacy' | 'long' = 'long', user = true): ProgramMachine {
  const machine = new ProgramMachine({ mode, user });
  machine.tables!.map(At.DATA + 0x1000, At.DATA + 0x1000, ABSENT);
  return machine;
}

/** Makes the missing page present and runs the faulting instruction again. */
function repair(machine: ProgramMachine): void {
  machine.tables!.map(At.DATA + 0x1000, At.DATA + 0x1000, P | W | U);
  machine.cpu.processor.flushTlb();
}

const EDGE = At.DATA + 0x1000;

describe('data that crosses pages', () => {
  it.each([
    ['mov eax, [ebx]', '8b 03', 4],
    ['mov [ebx], eax', '89 03', 6],
    ['add [ebx], eax', '01 03', 6],
    ['xchg [ebx], eax', '87 03', 6],
    ['lock cmpxchg [ebx], ecx', 'f0 0f b1 0b', 6],
  ])('%s faults at the second page and changes nothing', (_name, code, error) => {
    const machine = atEdge();
    machine.write(EDGE - 2, 4, 0x55667788);
    machine.set(Reg.RBX, EDGE - 2);
    machine.set(Reg.RAX, 0x11223344);
    machine.run(listing(code));
    expect(machine.last).toEqual({ vector: PF, error, rip: At.CODE, address: EDGE });
    expect(machine.read(EDGE - 2, 4)).toBe(0x55667788);
    expect(machine.get(Reg.RAX)).toBe(0x11223344);
  });

  it('faults at the first page when both are missing', () => {
    const machine = atEdge();
    machine.tables!.map(At.DATA, At.DATA, ABSENT);
    machine.set(Reg.RBX, EDGE - 2);
    machine.run(listing('89 03   mov [rbx], eax'));
    expect(machine.last).toMatchObject({ address: EDGE - 2, error: 6 });
  });

  it('reads and writes both halves where both pages are there', () => {
    const machine = atEdge();
    machine.tables!.map(EDGE, At.DATA + 0x5000, P | W | U);
    machine.set(Reg.RBX, EDGE - 3);
    machine.set(Reg.RAX, 0x8877665544332211n);
    machine.run(listing('48 89 03   mov [rbx], rax\n48 8b 0b   mov rcx, [rbx]'));
    expect(machine.cpu.registers.qwords[Reg.RCX]).toBe(0x8877665544332211n);
    expect(machine.read(At.DATA + 0x5000, 4)).toBe(0x77665544);
    expect(machine.read(EDGE - 3, 2)).toBe(0x2211);
  });
});

describe('the stack', () => {
  it.each([
    ['push rax', '50', At.DATA + 0x2000, 'long'],
    ['call +0', 'e8 00 00 00 00', At.DATA + 0x2000, 'long'],
    ['pushfq', '9c', At.DATA + 0x2000, 'long'],
    ['enter 32, 3', 'c8 20 00 03', At.DATA + 0x2000, 'long'],
    ['pusha', '60', At.DATA + 0x2010, 'legacy'],
    ['enter 0x20, 4', 'c8 20 00 04', At.DATA + 0x2008, 'legacy'],
  ] as const)('%s into a missing page moves nothing', (_name, code, stack, mode) => {
    const machine = atEdge(mode);
    machine.set(Reg.RSP, stack);
    machine.set(Reg.RBP, At.DATA + 0x800);
    machine.run(listing(code));
    expect(machine.last).toMatchObject({ vector: PF, error: 6, rip: At.CODE });
    expect(machine.last!.address >= EDGE).toBe(true);
    // The frame on the kernel's stack tells the stack pointer: behind error code, EIP, CS, flags.
    expect(machine.stack(5)[4]).toBe(stack);
    expect(machine.get(Reg.RBP)).toBe(At.DATA + 0x800);
  });

  it.each([
    ['pop rax', '58', 'long'],
    ['ret', 'c3', 'long'],
    ['popa', '61', 'legacy'],
    ['leave', '89 e5 c9', 'legacy'],
  ] as const)('%s from a missing page moves nothing', (_name, code, mode) => {
    const machine = atEdge(mode);
    const stack = code === '61' ? EDGE - 8 : EDGE;
    machine.set(Reg.RSP, stack);
    machine.set(Reg.RDI, 0x1234);
    machine.run(listing(code));
    expect(machine.last).toMatchObject({ vector: PF, error: 4, address: EDGE });
    expect(machine.stack(5)[4]).toBe(stack);
    expect(machine.get(Reg.RDI)).toBe(0x1234);
  });

  it('ENTER faults where its frame ends, though nothing is written there', () => {
    const machine = new ProgramMachine({ user: true });
    machine.tables!.map(At.DATA, At.DATA, ABSENT);
    machine.set(Reg.RSP, At.DATA + 0x1800);
    machine.run(listing('c8 00 10 00   enter 0x1000, 0'));
    expect(machine.last).toMatchObject({ vector: PF, error: 6, address: At.DATA + 0x7f8 });
    expect(machine.stack(5)[4]).toBe(At.DATA + 0x1800);
  });

  it('a stack pointer that is not canonical raises #SS', () => {
    const machine = new ProgramMachine();
    machine.set(Reg.RSP, 0x8000_0000_0010n);
    machine.setGate(12, machine.view.getBigUint64(At.IDT + 12 * 16, true) | (1n << 32n));
    machine.run(listing('50   push rax'));
    expect(machine.caught).toMatchObject([{ vector: 12, error: 0 }]);
  });
});

describe('repeated string instructions', () => {
  it('stop at the element that faults, and go on from there', () => {
    const machine = atEdge();
    machine.set(Reg.RDI, EDGE - 10);
    machine.set(Reg.RCX, 25);
    machine.set(Reg.RAX, 0xab);
    const program = listing('f3 aa   rep stosb\ncd 80   int 0x80');
    machine.run(program);
    expect(machine.last).toEqual({ vector: PF, error: 6, rip: At.CODE, address: EDGE });
    expect([machine.get(Reg.RCX), machine.get(Reg.RDI)]).toEqual([15, EDGE]);
    repair(machine);
    machine.enterUserMode();
    machine.run(program);
    expect(machine.stoppedIn).toBe(0x80);
    expect([machine.get(Reg.RCX), machine.get(Reg.RDI)]).toEqual([0, EDGE + 15]);
    expect([...machine.cpu.memory.subarray(EDGE - 10, EDGE + 16)]).toEqual([...Array(25).fill(0xab), 0]);
  });

  it('an element over the edge changes nothing', () => {
    const machine = atEdge();
    machine.set(Reg.RSI, At.DATA);
    machine.set(Reg.RDI, EDGE - 10);
    machine.set(Reg.RCX, 4);
    machine.cpu.memory.fill(0x5a, At.DATA, At.DATA + 32);
    machine.run(listing('f3 48 a5   rep movsq'));
    expect([machine.get(Reg.RCX), machine.get(Reg.RSI), machine.get(Reg.RDI)]).toEqual([
      3,
      At.DATA + 8,
      EDGE - 2,
    ]);
    expect(machine.read(EDGE - 2, 2)).toBe(0);
  });

  it('a comparison keeps the flags of the last whole element', () => {
    const machine = atEdge();
    machine.set(Reg.RSI, At.DATA);
    machine.set(Reg.RDI, EDGE - 4);
    machine.set(Reg.RCX, 10);
    machine.run(listing('f3 a6   repe cmpsb'));
    expect(machine.get(Reg.RCX)).toBe(6);
    expect(machine.stack(4)[3]! & 0x40).toBe(0x40);
  });

  it('backwards into a missing page', () => {
    const machine = new ProgramMachine({ user: true });
    machine.tables!.map(At.DATA, At.DATA, ABSENT);
    machine.set(Reg.RDI, At.DATA + 0x1004);
    machine.set(Reg.RCX, 8);
    machine.run(listing('fd   std\nf3 ab   rep stosd'));
    expect(machine.last).toMatchObject({ vector: PF, error: 6, rip: At.CODE + 1, address: At.DATA + 0xffc });
    expect([machine.get(Reg.RCX), machine.get(Reg.RDI)]).toEqual([6, At.DATA + 0xffc]);
  });
});

describe('instructions that cross pages', () => {
  /** mov eax, 0x44332211 from two bytes before the edge. */
  const PROGRAM = listing(`b8 ${u32(0x44332211)}   mov eax, 0x44332211\ncd 80   int 0x80`);

  it('fault at the second page, with RIP at their start', () => {
    const machine = atEdge();
    machine.run(PROGRAM, EDGE - 2);
    expect(machine.last).toEqual({ vector: PF, error: 0x14, rip: EDGE - 2, address: EDGE });
    expect(machine.get(Reg.RAX)).toBe(0);
    repair(machine);
    machine.enterUserMode();
    machine.run(PROGRAM, EDGE - 2);
    expect(machine.get(Reg.RAX)).toBe(0x44332211);
  });

  it('are the bytes of both pages, wherever those lie', () => {
    const machine = atEdge();
    machine.tables!.map(EDGE, At.DATA + 0x8000, P | U);
    machine.cpu.memory.set(PROGRAM.slice(2), At.DATA + 0x8000);
    machine.run(PROGRAM.slice(0, 2), EDGE - 2);
    expect(machine.get(Reg.RAX)).toBe(0x44332211);
    machine.enterUserMode();
    machine.tables!.map(EDGE, At.DATA + 0x9000, P | U);
    machine.cpu.memory.set([0, 0, 0, 0xcd, 0x80], At.DATA + 0x9000);
    machine.run(PROGRAM.slice(0, 2), EDGE - 2);
    expect(machine.get(Reg.RAX)).toBe(0x11);
  });

  it('do not need the second page when they end in front of it', () => {
    const machine = atEdge();
    machine.run(listing('90 90   nop; nop'), EDGE - 2);
    expect(machine.last).toMatchObject({ vector: PF, error: 0x14, rip: EDGE, address: EDGE });
  });

  it('are no longer than 15 bytes', () => {
    const machine = new ProgramMachine();
    machine.run(listing('66 66 66 66 66 66 66 66 66 66 66 66 66 66 90'));
    expect(machine.last?.vector).not.toBe(13);
    machine.run(listing('66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90'));
    expect(machine.last).toMatchObject({ vector: 13, error: 0, rip: At.CODE });
  });
});
