/** Instructions that begin in one page and end in another: many of them by turns, and either part replaced in between. */

import { describe, expect, it } from 'vitest';
import { Reg } from '../../src/index.ts';
import { listing, u32 } from './listing.ts';
import { ProgramMachine } from './program-machine.ts';
import { Page } from './tables.ts';

const { P, W } = Page;
/** End of the first page with a routine at its edge; one follows in each page. */
const EDGES = 0x200000;
const COUNT = 150;

/** INC EDX; ADD EAX, imm32; RET: four bytes in front of each edge, four behind it. */
function routines(machine: ProgramMachine): void {
  for (let i = 0; i < COUNT; i++) {
    machine.cpu.memory.set(listing(`ff c2 05 ${u32(1 + i * 0x100)} c3`), EDGES + i * 0x1000 - 4);
  }
}

const ALL = (COUNT * (COUNT - 1)) / 2;

/** Calls all routines in order, R8 times. */
const CALLER = listing(`
  31 c0                        xor eax, eax
  bb ${u32(EDGES - 4)}         again: mov ebx, EDGES - 4
  b9 ${u32(COUNT)}             mov ecx, COUNT
  ff d3                        next: call rbx
  48 81 c3 00 10 00 00         add rbx, 0x1000
  ff c9                        dec ecx
  75 f3                        jnz next
  41 ff c8                     dec r8d
  75 e4                        jnz again
  f4                           hlt`);

function sum(machine: ProgramMachine, rounds: number): number {
  machine.set(Reg.R8, rounds);
  machine.run(CALLER);
  return machine.get(Reg.RAX);
}

describe('instructions at the edges of pages', () => {
  it('come by turns', () => {
    const machine = new ProgramMachine();
    routines(machine);
    expect(sum(machine, 4)).toBe(4 * (COUNT + ALL * 0x100));
  });

  it('are noticed to change in either part', () => {
    const machine = new ProgramMachine();
    routines(machine);
    sum(machine, 2);
    const edge = EDGES + 70 * 0x1000;
    machine.set(Reg.RDI, edge);
    machine.run(listing('c6 47 02 01 f4   mov byte [rdi+2], 1; hlt')); // + 0x1000000
    expect(sum(machine, 1)).toBe(COUNT + ALL * 0x100 + 0x1000000);
    machine.set(Reg.RDI, edge);
    machine.run(listing('c6 47 ff 03 f4   mov byte [rdi-1], 3; hlt')); // imm 1 becomes 3
    expect(sum(machine, 1)).toBe(COUNT + 2 + ALL * 0x100 + 0x1000000);
  });

  it('are noticed when their end lies elsewhere', () => {
    const machine = new ProgramMachine();
    routines(machine);
    sum(machine, 2);
    const edge = EDGES + 30 * 0x1000;
    // The routine at the next edge stays the same, the end of this one comes from the copy.
    machine.cpu.memory.copyWithin(0x100000 + 0x80000, edge, edge + 0x1000);
    machine.cpu.memory[0x180002] = 1;
    machine.set(Reg.RDI, machine.tables!.entryAt(edge));
    machine.run(
      listing(`
        c7 07 ${u32(0x180000 | Number(P | W))}   mov dword [rdi], 0x180000 | 3
        0f 01 3c 25 ${u32(edge)}                 invlpg [edge]
        f4                                       hlt`),
    );
    expect(sum(machine, 1)).toBe(COUNT + ALL * 0x100 + 0x1000000);
    machine.set(Reg.RDI, machine.tables!.entryAt(edge));
    machine.run(
      listing(`
        c7 07 ${u32(edge | Number(P | W))}   mov dword [rdi], edge | 3
        0f 20 d8                             mov rax, cr3
        0f 22 d8                             mov cr3, rax
        f4                                   hlt`),
    );
    expect(sum(machine, 1)).toBe(COUNT + ALL * 0x100);
  });

  it('fault where their end is missing', () => {
    const machine = new ProgramMachine();
    routines(machine);
    sum(machine, 1);
    const edge = EDGES + 10 * 0x1000;
    machine.tables!.map(edge, edge, 0n);
    machine.set(Reg.RCX, edge);
    machine.run(listing('0f 01 39 f4   invlpg [rcx]; hlt'));
    machine.set(Reg.R8, 1);
    machine.run(CALLER);
    expect(machine.last).toMatchObject({ vector: 14, rip: edge - 2, address: edge });
    expect(machine.caught.length).toBe(1);
  });
});
