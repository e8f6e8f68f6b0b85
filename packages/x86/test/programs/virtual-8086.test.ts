/** Virtual-8086 mode: Intel SDM volume 3, "8086 Emulation". VME is not offered. */

import { describe, expect, it } from 'vitest';
import { Outcome, Reg, Seg } from '../../src/index.ts';
import { listing } from './listing.ts';
import { At, type MachineOptions, ProgramMachine, Selector } from './program-machine.ts';
import { gate } from './tables.ts';

const VM = 0x20000;
const IOPL = 0x3000;
/** Segments of the 8086 program: code, data and stack. */
const SEGMENT = { CS: At.DATA >> 4, DS: 0x2100, ES: 0x2200, SS: 0x2300, FS: 0x2400, GS: 0x2500 } as const;

/** Enters virtual-8086 mode by IRETD, as systems do, and runs 16-bit code at the data page. */
function virtual(
  code: string,
  flags = VM | IOPL | 2,
  options: MachineOptions = {},
  set?: (m: ProgramMachine) => void,
) {
  const machine = new ProgramMachine({ mode: 'protected', ...options });
  const frame = [0, SEGMENT.CS, flags, 0x800, SEGMENT.SS, SEGMENT.ES, SEGMENT.DS, SEGMENT.FS, SEGMENT.GS];
  const top = At.KERNEL_STACK - frame.length * 4;
  frame.forEach((word, i) => {
    machine.write(top + i * 4, 4, word);
  });
  machine.set(Reg.RSP, top);
  machine.cpu.memory.set(listing(code), At.DATA);
  for (let vector = 0x40; vector < 0x50; vector += 1) {
    machine.setGate(vector, gate(Selector.CODE, At.HANDLERS + vector * 16, 0xee));
  }
  set?.(machine);
  machine.run(listing('cf   iretd'));
  return machine;
}

const fault = (machine: ProgramMachine) =>
  machine.caught.map(({ vector, error, rip }) => [vector, error, rip]);

describe('virtual-8086 mode', () => {
  it('is left through the inner stack, with all segments on it', () => {
    const machine = virtual('cd 40   int 0x40');
    expect(machine.stoppedIn).toBe(0x40);
    expect(machine.stack(9)).toEqual([
      2,
      SEGMENT.CS,
      VM | IOPL | 2,
      0x800,
      SEGMENT.SS,
      SEGMENT.ES,
      SEGMENT.DS,
      SEGMENT.FS,
      SEGMENT.GS,
    ]);
    expect([Seg.DS, Seg.ES, Seg.FS, Seg.GS].map((segment) => machine.segment(segment).selector)).toEqual([
      0, 0, 0, 0,
    ]);
    expect(machine.get(Reg.RFLAGS) & VM).toBe(0);
  });

  it('addresses as an 8086 does, with limits of 64 KiB', () => {
    const machine = virtual(
      `
      b8 00 30        mov ax, 0x3000
      8e d8           mov ds, ax
      a0 34 12        mov al, [0x1234]
      bb ff ff        mov bx, 0xffff
      8b 07           mov ax, [bx]`,
      VM | 2,
      {},
      (made) => made.write(0x31234, 1, 0x5a),
    );
    expect(machine.get(Reg.RAX) & 0xff).toBe(0x5a);
    expect(fault(machine)).toEqual([[13, 0, 11]]);
  });

  it('pushes and pops on its own stack', () => {
    const machine = virtual('68 34 12 59 cd 40   push 0x1234; pop cx; int 0x40');
    expect(machine.get(Reg.RCX)).toBe(0x1234);
    expect(machine.read(SEGMENT.SS * 16 + 0x7fe, 2)).toBe(0x1234);
  });

  it('makes far calls without descriptors', () => {
    const machine = virtual('9a 10 00 10 20 cd 40   call 0x2010:0x10', VM | IOPL | 2, {}, (made) =>
      made.cpu.memory.set(listing('41 cb   inc cx; retf'), 0x20110),
    );
    expect(machine.stoppedIn).toBe(0x40);
    expect(machine.get(Reg.RCX)).toBe(1);
  });

  it.each([
    ['cli', 'fa'],
    ['sti', 'fb'],
    ['pushf', '9c'],
    ['popf', '9d'],
    ['int 0x40', 'cd 40'],
    ['iret', 'cf'],
  ])('%s needs IOPL 3', (_name, code) => {
    expect(fault(virtual(code, VM | 2))[0]).toEqual([13, 0, 0]);
    const allowed = virtual(`${code}\ncd 40`, VM | IOPL | 2);
    expect(allowed.caught.filter(({ rip }) => rip === 0)).toEqual([]);
  });

  it('INT3 and INTO do not need it', () => {
    const machine = virtual('cc   int3', VM | 2);
    expect(machine.stoppedIn).toBe(3);
  });

  it('IN and OUT go by the map of the TSS, whatever IOPL says', () => {
    const handler = { port: () => Outcome.DONE };
    const set = (machine: ProgramMachine) => {
      machine.segment(Seg.TR).limit = 0x67 + 0x11;
      machine.write(At.TSS + 0x66, 2, 0x68);
      machine.cpu.memory.fill(0, At.TSS + 0x68, At.TSS + 0x68 + 0x10);
      machine.write(At.TSS + 0x68 + 8, 1, 2); // port 0x41
    };
    expect(fault(virtual('e4 40 cd 40   in al, 0x40', VM | IOPL | 2, { handler }, set))).toEqual([]);
    expect(fault(virtual('e4 41 cd 40   in al, 0x41', VM | IOPL | 2, { handler }, set))[0]).toEqual([
      13, 0, 0,
    ]);
  });

  it.each([
    ['hlt', 'f4', 13, 0],
    ['mov eax, cr0', '0f 20 c0', 13, 0],
    ['lgdt', '0f 01 16 00 00', 13, 0],
    ['lar', '0f 02 c0', 6, undefined],
    ['sldt', '0f 00 c0', 6, undefined],
    ['arpl', '63 c0', 6, undefined],
  ] as const)('%s raises', (_name, code, vector, error) => {
    expect(fault(virtual(code))[0]).toEqual([vector, error, 0]);
  });

  it('keeps IOPL and VM whatever POPF and IRET bring', () => {
    const machine = virtual('6a 00 9d cd 40   push 0; popf; int 0x40');
    expect(machine.stack(3)[2]).toBe(VM | IOPL | 2);
    const other = virtual('6a 00 68 00 20 68 0a 00 cf 90 cd 40   iret to +10');
    expect(other.stack(3)[2]! & (VM | IOPL)).toBe(VM | IOPL);
  });

  it('an interrupt that leads to another privilege than 0 raises #GP', () => {
    const machine = virtual('cd 41   int 0x41', VM | IOPL | 2, {}, (made) =>
      made.setGate(0x41, gate(Selector.USER_CODE, At.HANDLERS, 0xee)),
    );
    expect(fault(machine)[0]).toEqual([13, Selector.USER_CODE, 0]);
  });

  it('takes external interrupts into the system', () => {
    const machine = virtual('fb 90 90   sti; nop; nop', VM | IOPL | 2, {}, (made) => made.interrupt(0x45));
    expect(machine.stoppedIn).toBe(0x45);
    expect(machine.stack(1)).toEqual([2]);
  });

  it('is not entered by a user’s IRET, nor from IA-32e mode', () => {
    const machine = new ProgramMachine({ mode: 'compatibility' });
    [At.DATA, Selector.CODE32, VM | 2].forEach((word, i) => {
      machine.write(At.KERNEL_STACK - 0x100 + i * 4, 4, word);
    });
    machine.set(Reg.RSP, At.KERNEL_STACK - 0x100);
    machine.cpu.memory.set([0xf4], At.DATA);
    machine.run(listing('cf   iretd'));
    expect(machine.get(Reg.RIP)).toBe(At.DATA + 1);
    expect(machine.get(Reg.RFLAGS) & VM).toBe(0);
  });
});
