/** IRET and SYSRET at their edges: Intel SDM volume 2, "IRET/IRETD/IRETQ", "SYSRET". */

import { describe, expect, it } from 'vitest';
import { Reg, Seg } from '../../src/index.ts';
import { listing } from './listing.ts';
import { At, type Mode, ProgramMachine, Selector } from './program-machine.ts';
import { descriptor } from './tables.ts';

const { CODE, DATA, USER_CODE, USER_CODE64, USER_DATA, FREE, CODE32 } = Selector;
const TARGET = At.DATA;
const NON_CANONICAL = 0x8000_0000_0000n;

/** Executes IRET from a frame; what runs there is `nop`, so that the state can be looked at. */
function iret(
  mode: Mode,
  frame: readonly (number | bigint)[],
  set?: (machine: ProgramMachine) => void,
): ProgramMachine {
  const machine = new ProgramMachine({ mode });
  const bytes = mode === 'long' ? 8 : 4;
  const top = At.KERNEL_STACK - 0x200;
  frame.forEach((word, i) => {
    machine.write(top + i * bytes, bytes, BigInt.asUintN(64, BigInt(word)));
  });
  machine.set(Reg.RSP, top);
  machine.cpu.memory.set(listing('90 cd 80   nop; int 0x80'), TARGET);
  set?.(machine);
  machine.run(listing(mode === 'long' ? '48 cf   iretq' : 'cf   iretd'));
  return machine;
}

/** The fault of an IRET, which must have changed nothing. */
function fault(machine: ProgramMachine): unknown {
  expect(machine.last?.rip).toBe(At.CODE);
  return [machine.last!.vector, machine.last!.error];
}

describe('IRETQ', () => {
  const user = [TARGET, USER_CODE64 | 3, 0x202, At.USER_STACK, USER_DATA | 3];

  it('goes to users with their stack and flags', () => {
    const machine = iret('long', user);
    expect(machine.stoppedIn).toBe(0x80);
    expect(machine.stack(5)).toEqual([TARGET + 3, USER_CODE64 | 3, 0x202, At.USER_STACK, USER_DATA | 3]);
  });

  it('goes to compatibility mode', () => {
    const machine = iret('long', [TARGET, USER_CODE | 3, 0x202, At.USER_STACK, USER_DATA | 3]);
    expect(machine.stack(2)).toEqual([TARGET + 3, USER_CODE | 3]);
  });

  it('takes SS and RSP without a change of privilege too, and a null SS', () => {
    const machine = iret('long', [TARGET, CODE, 2, At.IST_STACK, 0]);
    expect(machine.stack(5)).toEqual([TARGET + 3, CODE, 2, At.IST_STACK, 0]);
  });

  it.each([
    ['a RIP that is not canonical', [NON_CANONICAL, CODE, 2, 0, DATA], [13, 0]],
    ['a null CS', [TARGET, 3, 2, 0, DATA], [13, 0]],
    ['a CS beyond the table', [TARGET, 0xf8, 2, 0, DATA], [13, 0xf8]],
    ['a CS that is data', [TARGET, DATA, 2, 0, DATA], [13, DATA]],
    ['a CS whose RPL is not its DPL', [TARGET, USER_CODE64, 2, 0, DATA], [13, USER_CODE64]],
    ['a null SS for users', [TARGET, USER_CODE64 | 3, 2, 0, 3], [13, 0]],
    ['a null SS for 32-bit code', [TARGET, CODE32, 2, 0, 0], [13, 0]],
    ['an SS of another privilege', [TARGET, USER_CODE64 | 3, 2, 0, DATA | 3], [13, DATA]],
    ['a 32-bit target beyond 4 GiB', [0x1_0000_0000, CODE32, 2, 0, DATA], [13, 0]],
  ] as const)('raises for %s', (_name, frame, expected) => {
    expect(fault(iret('long', frame))).toEqual(expected);
  });

  it('raises #NP and #SS for segments that are not present, and #GP with NT', () => {
    const absent = (attributes: number) => (machine: ProgramMachine) =>
      machine.setDescriptor(FREE, descriptor(0, 0xfffff, attributes));
    expect(fault(iret('long', [TARGET, FREE, 2, 0, DATA], absent(0xa01b)))).toEqual([11, FREE]);
    expect(fault(iret('long', [TARGET, CODE, 2, 0, FREE], absent(0xc013)))).toEqual([12, FREE]);
    expect(
      fault(iret('long', [TARGET, CODE, 2, 0, DATA], (machine) => machine.set(Reg.RFLAGS, 0x4002))),
    ).toEqual([13, 0]);
  });

  it('raises #GP for code that is 32 and 64 bits wide at once', () => {
    const set = (machine: ProgramMachine) => machine.setDescriptor(FREE, descriptor(0, 0xfffff, 0xe09b));
    expect(fault(iret('long', [TARGET, FREE, 2, 0, DATA], set))).toEqual([13, FREE]);
  });

  it('makes data segments of the system null for users', () => {
    const machine = iret('long', user);
    expect([machine.segment(Seg.DS).selector, machine.segment(Seg.GS).selector]).toEqual([0, 0]);
  });

  it('does not let users have IOPL, VIF or VM from the image by their own IRET', () => {
    const machine = new ProgramMachine({ user: true });
    const frame = [TARGET, USER_CODE64 | 3, 0x3b3202, At.USER_STACK, USER_DATA | 3];
    frame.forEach((word, i) => {
      machine.write(At.USER_STACK - 0x100 + i * 8, 8, word);
    });
    machine.set(Reg.RSP, At.USER_STACK - 0x100);
    machine.cpu.memory.set([0xcd, 0x80], TARGET);
    machine.run(listing('48 cf   iretq'));
    // ID, AC stay; IOPL, IF, VIF, VIP, VM do not come.
    expect(machine.stack(3)[2]).toBe(0x200002);
  });
});

describe('IRETD', () => {
  it('stays at its privilege without a stack from the frame', () => {
    const machine = iret('protected', [TARGET, CODE, 0x202]);
    expect(machine.stack(3)).toEqual([TARGET + 3, CODE, 0x202]);
    expect(machine.get(Reg.RSP)).toBe(At.KERNEL_STACK - 0x200);
  });

  it('goes to users with the stack of the frame', () => {
    const machine = iret('protected', [TARGET, USER_CODE | 3, 0x202, At.USER_STACK, USER_DATA | 3]);
    expect(machine.stack(5)).toEqual([TARGET + 3, USER_CODE | 3, 0x202, At.USER_STACK, USER_DATA | 3]);
  });

  it('keeps the upper half of ESP on the way to a 16-bit stack', () => {
    const set = (machine: ProgramMachine) => {
      machine.setDescriptor(FREE, descriptor(At.USER_STACK - 0x1000, 0xffff, 0x00f3));
      machine.set(Reg.RSP, At.KERNEL_STACK - 0x200);
    };
    const machine = iret('protected', [TARGET, USER_CODE | 3, 0x202, 0x1234_1000, FREE | 3], set);
    // Only SP was loaded.
    expect(machine.stack(5)[3]! & 0xffff).toBe(0x1000);
    expect(machine.stack(5)[3]! >>> 16).toBe(0);
  });

  it('raises #GP for a return to more privilege', () => {
    const machine = new ProgramMachine({ mode: 'protected', user: true });
    [TARGET, CODE, 2].forEach((word, i) => {
      machine.write(At.USER_STACK - 0x100 + i * 4, 4, word);
    });
    machine.set(Reg.RSP, At.USER_STACK - 0x100);
    machine.run(listing('cf   iretd'));
    expect(fault(machine)).toEqual([13, CODE]);
  });

  it('raises #GP for a target beyond the segment', () => {
    const set = (machine: ProgramMachine) => machine.setDescriptor(FREE, descriptor(0, 0xff, 0x409b));
    expect(fault(iret('protected', [0x100, FREE, 2], set))).toEqual([13, 0]);
  });

  it('faults at the frame when its page is missing', () => {
    const machine = iret('pae', [TARGET, CODE, 2], (made) => {
      made.tables!.map(At.USER_STACK, 0, 0n);
      made.set(Reg.RSP, At.USER_STACK);
    });
    // The delivery of the fault needs the stack as well.
    expect(machine.caught[0]).toMatchObject({ vector: 14, error: 0, address: At.USER_STACK, rip: At.CODE });
  });
});

describe('SYSRET', () => {
  function sysret(
    code: string,
    rcx: number | bigint,
    set?: (machine: ProgramMachine) => void,
  ): ProgramMachine {
    const machine = new ProgramMachine();
    machine.set(Reg.STAR, (BigInt(USER_CODE) << 48n) | (BigInt(CODE) << 32n));
    machine.set(Reg.RCX, rcx);
    machine.set(Reg.R11, 0xffff_ffff);
    machine.cpu.memory.set([0xcd, 0x80], TARGET);
    set?.(machine);
    machine.run(listing(code));
    return machine;
  }

  it('goes to 64-bit users, with the flags of R11 but RF and VM, at RSP as it is', () => {
    const machine = sysret('48 0f 07   sysretq', TARGET);
    // TF was among the flags: the trap comes right behind SYSRET.
    expect(machine.last).toMatchObject({ vector: 1, rip: TARGET });
    expect(machine.stack(5)).toEqual([TARGET, USER_CODE64 | 3, 0x3c7fd7, At.KERNEL_STACK, USER_DATA | 3]);
  });

  it('goes to compatibility mode with 32 bits of RCX', () => {
    const machine = sysret('0f 07   sysretl', 0x7777_0000_0000n + BigInt(TARGET), (made) =>
      made.set(Reg.R11, 2),
    );
    expect(machine.stack(2)).toEqual([TARGET + 2, USER_CODE | 3]);
  });

  it('raises #GP for a target that is not canonical, still in the system', () => {
    const machine = sysret('48 0f 07   sysretq', NON_CANONICAL);
    expect(fault(machine)).toEqual([13, 0]);
    expect(machine.stack(3)[2]).toBe(CODE);
  });

  it('raises #UD without EFER.SCE', () => {
    const machine = sysret('48 0f 07   sysretq', TARGET, (made) =>
      made.set(Reg.EFER, made.get(Reg.EFER) & ~1),
    );
    expect(fault(machine)).toEqual([6, undefined]);
  });
});

describe('SYSENTER and SYSEXIT', () => {
  it.each(['protected', 'long'] as const)('go to the system and back in %s mode', (mode) => {
    const machine = new ProgramMachine({ mode, user: true });
    machine.set(Reg.SYSENTER_CS, CODE);
    machine.set(Reg.SYSENTER_EIP, TARGET);
    machine.set(Reg.SYSENTER_ESP, At.KERNEL_STACK);
    machine.set(Reg.RDX, At.CODE + 4);
    machine.set(Reg.RCX, At.USER_STACK - 0x80);
    machine.cpu.memory.set(listing(mode === 'long' ? '48 0f 35   sysexitq' : '0f 35   sysexit'), TARGET);
    // SYSEXIT goes by offsets from SYSENTER_CS: 16 and 24, or 32 and 40 for 64-bit code.
    machine.run(listing('0f 34   sysenter\n90 90 cd 80   int 0x80'));
    expect(machine.stoppedIn).toBe(0x80);
    const [rip, cs] = machine.stack(2);
    expect([rip, cs]).toEqual([At.CODE + 6, (mode === 'long' ? CODE + 32 : CODE + 16) | 3]);
  });

  it('SYSENTER raises #GP without a selector', () => {
    const machine = new ProgramMachine({ mode: 'protected', user: true });
    machine.run(listing('0f 34   sysenter'));
    expect(fault(machine)).toEqual([13, 0]);
  });
});
