/** MSRs, selectors looked up, port strings, start-up: Intel SDM volumes 2 and 3. */

import { describe, expect, it } from 'vitest';
import { Outcome, Reg, Seg, StopReason } from '../../src/index.ts';
import { listing, u32 } from './listing.ts';
import { At, ProgramMachine, Selector } from './program-machine.ts';
import { descriptor } from './tables.ts';

const { CODE, DATA, USER_CODE, USER_CODE64, USER_DATA, FREE } = Selector;
const ZF = 0x40;

describe('MSRs', () => {
  const write = (index: number, low: number, high = 0) => `
    b9 ${u32(index)}    mov ecx, index
    b8 ${u32(low)}      mov eax, low
    ba ${u32(high)}     mov edx, high
    0f 30               wrmsr`;

  it('of the core are written and read; SWAPGS exchanges two of them', () => {
    const machine = new ProgramMachine();
    machine.run(
      listing(`
        ${write(0xc0000101, 0x1000, 0xffff8000)}
        0f 01 f8            swapgs
        b9 ${u32(0xc0000102)}   mov ecx, KERNEL_GS_BASE
        0f 32               rdmsr
        f4                  hlt`),
    );
    expect([machine.get(Reg.RDX), machine.get(Reg.RAX)]).toEqual([0xffff8000, 0x1000]);
    expect(machine.segment(Seg.GS).base).toBe(0n);
  });

  it.each([
    ['GS base that is not canonical', 0xc0000101, 0, 0x8000],
    ['LSTAR that is not canonical', 0xc0000082, 0, 0x8000],
    ['EFER with unknown bits', 0xc0000080, 0x2],
    ['EFER without LME while paging', 0xc0000080, 0x801],
    ['PAT of an unknown type', 0x277, 2],
    ['SFMASK of more than 32 bits', 0xc0000084, 0, 1],
  ])('refuse a %s', (_name, index, low, high = 0) => {
    const machine = new ProgramMachine();
    machine.run(listing(write(index, low, high)));
    expect(machine.last).toMatchObject({ vector: 13, error: 0, rip: At.CODE + 15 });
  });

  it('of others exit, with RIP at the instruction', () => {
    const seen: number[] = [];
    const machine = new ProgramMachine({
      handler: {
        readMsr: () => {
          seen.push(machine.get(Reg.RIP), machine.get(Reg.RCX));
          machine.set(Reg.RAX, 0xfee00900);
          return Outcome.DONE;
        },
      },
    });
    machine.run(listing('b9 1b 00 00 00 0f 32 f4   mov ecx, APIC_BASE; rdmsr; hlt'));
    expect(seen).toEqual([At.CODE + 5, 0x1b]);
    expect(machine.get(Reg.RAX)).toBe(0xfee00900);
  });

  it('EFER keeps LMA whatever is written', () => {
    const machine = new ProgramMachine();
    machine.run(listing(`${write(0xc0000080, 0x901)}\nf4   hlt`));
    expect(machine.get(Reg.EFER)).toBe(0xd01);
  });
});

describe('selectors looked up', () => {
  function look(code: string, selector: number, user = true): ProgramMachine {
    const machine = new ProgramMachine({ mode: 'protected', user });
    machine.setDescriptor(FREE, descriptor(0, 0x10, 0x82));
    machine.set(Reg.RAX, selector);
    machine.set(Reg.RCX, 0x5555);
    machine.run(listing(`${code}\ncd 80   int 0x80`));
    return machine;
  }
  const found = (machine: ProgramMachine) => (machine.stack(3)[2]! & ZF) !== 0;

  it('LAR and LSL tell attributes and limit', () => {
    const rights = look('0f 02 c8   lar ecx, eax', USER_DATA | 3);
    expect([rights.get(Reg.RCX), found(rights)]).toEqual([0xc0f300, true]);
    const limit = look('0f 03 c8   lsl ecx, eax', USER_DATA | 3);
    expect([limit.get(Reg.RCX), found(limit)]).toEqual([0xffffffff, true]);
    const word = look('66 0f 03 c8   lsl cx, ax', USER_DATA | 3);
    expect(word.get(Reg.RCX)).toBe(0xffff);
  });

  it.each([
    ['more privilege', DATA],
    ['a null selector', 0],
    ['beyond the table', 0xf8],
  ])('nothing of %s', (_name, selector) => {
    for (const code of ['0f 02 c8   lar', '0f 03 c8   lsl', '0f 00 e0   verr', '0f 00 e8   verw']) {
      const machine = look(code, selector);
      expect(found(machine)).toBe(false);
      expect(machine.get(Reg.RCX)).toBe(0x5555);
    }
  });

  it('VERR and VERW tell what can be read and written', () => {
    expect(found(look('0f 00 e0   verr ax', USER_CODE | 3))).toBe(true);
    expect(found(look('0f 00 e8   verw ax', USER_CODE | 3))).toBe(false);
    expect(found(look('0f 00 e8   verw ax', USER_DATA | 3))).toBe(true);
    expect(found(look('0f 00 e0   verr ax', FREE, false))).toBe(false);
    expect(found(look('0f 02 c8   lar ecx, eax', FREE, false))).toBe(true);
  });

  it('ARPL raises an RPL to another', () => {
    const machine = new ProgramMachine({ mode: 'protected' });
    machine.set(Reg.RAX, 0x41);
    machine.set(Reg.RBX, 3);
    machine.run(listing('63 d8   arpl ax, bx\nf4   hlt'));
    expect(machine.get(Reg.RAX)).toBe(0x43);
    expect(machine.get(Reg.RFLAGS) & ZF).toBe(ZF);
  });
});

describe('system segments of 64-bit mode', () => {
  it('have 16-byte descriptors', () => {
    const machine = new ProgramMachine();
    machine.setDescriptor(FREE, descriptor(At.OTHER_TSS, 0x67, 0x89));
    machine.setDescriptor(FREE + 8, 0xffff8000n);
    machine.set(Reg.RAX, FREE);
    machine.run(listing('0f 00 d8   ltr ax\nf4   hlt'));
    expect(machine.segment(Seg.TR).base).toBe(0xffff800000030000n);
    machine.run(listing('0f 00 d8   ltr ax'));
    expect(machine.last).toMatchObject({ vector: 13, error: FREE });
  });
});

describe('interrupt frames of 64-bit mode', () => {
  it('are aligned to 16 bytes and keep the stack without a change of privilege', () => {
    const machine = new ProgramMachine();
    machine.set(Reg.RSP, 0x7ff9);
    machine.run(listing('cd 80   int 0x80'));
    expect(machine.get(Reg.RSP)).toBe(0x7ff0 - 40);
    expect(machine.stack(5)).toEqual([At.CODE + 2, CODE, 2, 0x7ff9, DATA]);
  });

  it('lie on an IST stack whatever the privilege', () => {
    for (const user of [false, true]) {
      const machine = new ProgramMachine({ user });
      machine.setGate(0x80, machine.view.getBigUint64(At.IDT + 0x80 * 16, true) | (1n << 32n));
      machine.run(listing('cd 80   int 0x80'));
      expect(machine.get(Reg.RSP)).toBe(At.IST_STACK - 40);
      expect(machine.stack(2)[1]).toBe(user ? USER_CODE64 | 3 : CODE);
    }
  });

  it('gates of other kinds, absent ones and those beyond the table raise', () => {
    const fault = (set: (machine: ProgramMachine) => void) => {
      const machine = new ProgramMachine({ user: true });
      set(machine);
      machine.run(listing('cd 80   int 0x80'));
      return [machine.caught[0]?.vector, machine.caught[0]?.error];
    };
    const attributes = (value: number) => (machine: ProgramMachine) =>
      machine.write(At.IDT + 0x80 * 16 + 5, 1, value);
    expect(fault(attributes(0x6e))).toEqual([11, 0x402]);
    expect(fault(attributes(0xe5))).toEqual([13, 0x402]);
    expect(fault(attributes(0x8e))).toEqual([13, 0x402]);
    expect(fault((machine) => Object.assign(machine.cpu.registers.idtr, { limit: 0x7ff }))).toEqual([
      13, 0x402,
    ]);
    // A stack pointer of the TSS that is not canonical; #SS has its own stack.
    expect(
      fault((machine) => {
        machine.write(At.TSS + 4, 8, 0x8000_0000_0000n);
        machine.setGate(12, machine.view.getBigUint64(At.IDT + 12 * 16, true) | (1n << 32n));
      }),
    ).toEqual([12, 0]);
  });
});

describe('port strings', () => {
  it('move element by element, and none that has no place to go', () => {
    let reads = 0;
    const machine = new ProgramMachine({
      handler: {
        port: (access) => {
          reads += 1;
          access.value = 0xab00 + reads;
          return Outcome.DONE;
        },
      },
    });
    machine.tables!.map(At.DATA + 0x1000, 0, 0n);
    machine.set(Reg.RCX, 5);
    machine.set(Reg.RDI, At.DATA + 0xffa);
    machine.run(listing('66 f3 6d   rep insw'));
    expect(machine.last).toMatchObject({ vector: 14, error: 2, address: At.DATA + 0x1000 });
    expect([reads, machine.get(Reg.RCX), machine.get(Reg.RDI)]).toEqual([3, 2, At.DATA + 0x1000]);
    expect(machine.read(At.DATA + 0xffa, 4)).toBe(0xab02ab01);
  });

  it('write backwards with DF', () => {
    const written: number[] = [];
    const machine = new ProgramMachine({
      handler: {
        port: (access) => {
          written.push(access.value);
          return Outcome.DONE;
        },
      },
    });
    machine.write(At.DATA, 8, 0x0102030405060708n);
    machine.set(Reg.RSI, At.DATA + 3);
    machine.set(Reg.RCX, 3);
    machine.run(listing('fd f3 6e f4   std; rep outsb; hlt'));
    expect(written).toEqual([5, 6, 7]);
  });
});

describe('an application processor', () => {
  it('waits for SIPI after INIT, and starts in real mode at its vector', () => {
    const machine = new ProgramMachine();
    const { processor } = machine.cpu;
    processor.init();
    machine.cpu.memory.set(listing('8c c8 f4   mov ax, cs; hlt'), 0x9000);
    expect(processor.run(1)).toBe(StopReason.HALT);
    processor.startUp(9);
    processor.startUp(0x20);
    expect(processor.run(5)).toBe(StopReason.HALT);
    expect([machine.get(Reg.RAX) & 0xffff, machine.get(Reg.RIP)]).toEqual([0x900, 3]);
    expect(machine.segment(Seg.CS).base).toBe(0x9000n);
  });
});
