/** Far JMP, CALL and RET: Intel SDM volume 3, "Call Gates", "Accessing a Code Segment Through a Call Gate". */

import { describe, expect, it } from 'vitest';
import { Reg, Seg } from '../../src/index.ts';
import { listing, u16, u32 } from './listing.ts';
import { At, ProgramMachine, Selector } from './program-machine.ts';
import { descriptor, gate } from './tables.ts';

const { CODE, DATA, USER_CODE, USER_CODE64, USER_DATA, FREE, CODE16, CODE32 } = Selector;
const TARGET: number = At.DATA;
/** A second free descriptor. */
const OTHER = FREE + 8;
const CALL_GATE = 0x8c;
const CALL_GATE16 = 0x84;
const FOR_USERS = 0x60;

const jump = (selector: number, offset = TARGET) => `ea ${u32(offset)} ${u16(selector)}   jmp far`;
const call = (selector: number, offset = TARGET) => `9a ${u32(offset)} ${u16(selector)}   call far`;

interface Setup {
  readonly user?: boolean;
  readonly at?: Record<number, bigint>;
  readonly target?: string;
}

/** Runs 32-bit code with these descriptors; the target halts in handler 0x80 unless told otherwise. */
function run(
  code: string,
  { user = false, at = {}, target = 'cd 80   int 0x80' }: Setup = {},
): ProgramMachine {
  const machine = new ProgramMachine({ mode: 'protected', user });
  for (const [selector, value] of Object.entries(at)) machine.setDescriptor(Number(selector), value);
  machine.cpu.memory.set(listing(target), TARGET);
  machine.run(listing(code));
  return machine;
}

const fault = (machine: ProgramMachine) => [machine.caught[0]?.vector, machine.caught[0]?.error];
const code = (attributes: number) => descriptor(0, 0xfffff, attributes);

describe('direct far transfers', () => {
  it('go to code of the same privilege', () => {
    const machine = run(jump(FREE), { at: { [FREE]: code(0xc09a) } });
    expect(machine.stack(2)).toEqual([TARGET + 2, FREE]);
    expect(machine.read(At.GDT + FREE + 5, 1)).toBe(0x9b);
  });

  it('call and return', () => {
    const machine = run(`${call(FREE)}\ncd 81   int 0x81`, {
      at: { [FREE]: code(0xc09b) },
      target: 'cb   retf',
    });
    expect(machine.stoppedIn).toBe(0x81);
    expect(machine.stack(3).slice(0, 2)).toEqual([At.CODE + 9, CODE]);
  });

  it('release arguments on the way back', () => {
    const machine = run(`6a 01 6a 02   push 1; push 2\n${call(FREE)}\ncd 81   int 0x81`, {
      at: { [FREE]: code(0xc09b) },
      target: 'ca 08 00   retf 8',
    });
    expect(machine.get(Reg.RSP)).toBe(At.KERNEL_STACK - 12);
  });

  it('stay at the caller’s privilege in conforming code', () => {
    const machine = run(jump(FREE), { user: true, at: { [FREE]: code(0xc09f) } });
    expect(machine.stack(2)).toEqual([TARGET + 2, FREE | 3]);
  });

  it.each([
    ['a null selector', jump(0), {}, [13, 0]],
    ['beyond the table', jump(0xf8), {}, [13, 0xf8]],
    ['data', jump(DATA), {}, [13, DATA]],
    ['code that is not present', jump(FREE), { at: { [FREE]: code(0xc01b) } }, [11, FREE]],
    ['more privilege', jump(CODE), { user: true }, [13, CODE]],
    ['less privilege', jump(USER_CODE | 3), {}, [13, USER_CODE]],
    ['conforming code of less privilege', jump(FREE), { at: { [FREE]: code(0xc0ff) } }, [13, FREE]],
    ['an offset beyond the limit', jump(FREE), { at: { [FREE]: descriptor(0, 0xff, 0x409b) } }, [13, 0]],
    ['an interrupt gate', jump(FREE), { at: { [FREE]: gate(CODE, TARGET, 0x8e) } }, [13, FREE]],
  ] as const)('raise for %s', (_name, program, setup, expected) => {
    const machine = run(program, setup);
    expect(fault(machine)).toEqual(expected);
    expect(machine.caught[0]!.rip).toBe(At.CODE);
  });

  it('a far call that faults pushes nothing', () => {
    const machine = run(call(FREE), { at: { [FREE]: descriptor(0, 0xff, 0x409b) } });
    expect(machine.stack(1)).toEqual([0]);
    expect(machine.get(Reg.RSP)).toBe(At.KERNEL_STACK - 16);
  });
});

describe('call gates', () => {
  it('call more privilege on its stack, with copied parameters, and return', () => {
    const machine = run(
      `68 11 11 00 00 68 22 22 00 00   push 0x1111; push 0x2222\n${call(FREE, 0)}\ncd 80   int 0x80`,
      {
        user: true,
        at: { [FREE]: gate(CODE, TARGET, CALL_GATE | FOR_USERS, 2) },
        target: `
        8b 44 24 08     mov eax, [esp+8]
        8b 5c 24 0c     mov ebx, [esp+12]
        8b 4c 24 14     mov ecx, [esp+20]
        89 e2           mov edx, esp
        ca 08 00        retf 8`,
      },
    );
    expect(machine.stoppedIn).toBe(0x80);
    expect([machine.get(Reg.RAX), machine.get(Reg.RBX), machine.get(Reg.RCX)]).toEqual([
      0x2222,
      0x1111,
      USER_DATA | 3,
    ]);
    expect(machine.get(Reg.RDX)).toBe(At.KERNEL_STACK - 24);
    // Back with the parameters released on the user's stack too.
    expect(machine.stack(5)).toEqual([At.CODE + 19, USER_CODE | 3, 2, At.USER_STACK, USER_DATA | 3]);
  });

  it('call the same privilege on the same stack', () => {
    const machine = run(`${call(FREE, 0x999)}\nf4   hlt`, {
      at: { [FREE]: gate(CODE, TARGET, CALL_GATE) },
      target: '89 e0 cb   mov eax, esp; retf',
    });
    expect(machine.get(Reg.RAX)).toBe(At.KERNEL_STACK - 8);
  });

  it('of 16 bits push 16-bit words', () => {
    const machine = new ProgramMachine({ mode: 'protected' });
    machine.setDescriptor(FREE, gate(CODE16, 0x8800, CALL_GATE16));
    machine.cpu.memory.set(listing('89 e0 f4   mov ax, sp; hlt'), 0x8800);
    machine.run(listing(call(FREE, 0)));
    expect(machine.get(Reg.RAX) & 0xffff).toBe(At.KERNEL_STACK - 4);
    expect(machine.read(At.KERNEL_STACK - 4, 2)).toBe((At.CODE + 7) & 0xffff);
    expect(machine.read(At.KERNEL_STACK - 2, 2)).toBe(CODE);
  });

  it('lead to conforming code without a change of privilege', () => {
    const machine = run(call(FREE, 0), {
      user: true,
      at: { [FREE]: gate(OTHER, TARGET, CALL_GATE | FOR_USERS), [OTHER]: code(0xc09f) },
    });
    expect(machine.stack(5).slice(1, 2)).toEqual([OTHER | 3]);
  });

  it.each([
    [
      'a gate of more privilege',
      call(FREE),
      { user: true, at: { [FREE]: gate(CODE, TARGET, CALL_GATE) } },
      [13, FREE],
    ],
    ['a gate not present', call(FREE), { at: { [FREE]: gate(CODE, TARGET, CALL_GATE & ~0x80) } }, [11, FREE]],
    ['a gate to nothing', call(FREE), { at: { [FREE]: gate(0, TARGET, CALL_GATE) } }, [13, 0]],
    ['a gate to data', call(FREE), { at: { [FREE]: gate(DATA, TARGET, CALL_GATE) } }, [13, DATA]],
    [
      'a gate to less privilege',
      call(FREE),
      { at: { [FREE]: gate(USER_CODE, TARGET, CALL_GATE) } },
      [13, USER_CODE],
    ],
    [
      'a jump to more privilege',
      jump(FREE),
      { user: true, at: { [FREE]: gate(CODE, TARGET, CALL_GATE | FOR_USERS) } },
      [13, CODE],
    ],
    [
      'code that is not present',
      call(FREE),
      { at: { [FREE]: gate(OTHER, TARGET, CALL_GATE), [OTHER]: code(0xc01b) } },
      [11, OTHER],
    ],
  ] as const)('raise for %s', (_name, program, setup, expected) => {
    expect(fault(run(program, setup))).toEqual(expected);
  });

  it('raise #TS for the inner stack', () => {
    const gates = { [FREE]: gate(CODE, TARGET, CALL_GATE | FOR_USERS) };
    const withStack = (selector: number) => {
      const machine = new ProgramMachine({ mode: 'protected', user: true });
      machine.setDescriptor(FREE, gates[FREE]!);
      machine.setDescriptor(OTHER, descriptor(0, 0xfffff, 0xc013));
      machine.write(At.TSS + 8, 4, selector);
      machine.setHandler(10, [0xf4]);
      // #TS itself is handled by a gate to conforming code, which needs no inner stack.
      machine.setDescriptor(FREE + 16, code(0xc09f));
      for (const vector of [10, 12])
        machine.setGate(vector, gate(FREE + 16, At.HANDLERS + vector * 16, 0x8e));
      machine.run(listing(call(FREE)));
      return fault(machine);
    };
    expect(withStack(0)).toEqual([10, 0]);
    expect(withStack(USER_DATA | 3)).toEqual([10, USER_DATA]);
    expect(withStack(CODE)).toEqual([10, CODE]);
    expect(withStack(0xf8)).toEqual([10, 0xf8]);
    expect(withStack(OTHER)).toEqual([12, OTHER]);
  });
});

describe('call gates of 64-bit mode', () => {
  function longGate(target: number, set?: (machine: ProgramMachine) => void, user = true): ProgramMachine {
    const machine = new ProgramMachine({ user });
    machine.setDescriptor(FREE, gate(CODE, target, CALL_GATE | FOR_USERS));
    machine.setDescriptor(OTHER, 0n);
    machine.cpu.memory.set(listing('cd 80   int 0x80'), TARGET);
    machine.write(At.DATA + 0x800, 8, 0);
    machine.write(At.DATA + 0x804, 2, FREE);
    machine.set(Reg.RBX, At.DATA + 0x800);
    set?.(machine);
    machine.run(listing('ff 1b   call far [rbx]\ncd 80   int 0x80'));
    return machine;
  }

  it('push 64-bit words on the stack of the TSS, with a null SS', () => {
    const machine = longGate(TARGET);
    expect(machine.stoppedIn).toBe(0x80);
    const frame = [0, 8, 16, 24].map((offset) => machine.read(At.KERNEL_STACK - 32 + offset, 8));
    expect(frame).toEqual([At.CODE + 2, USER_CODE64 | 3, At.USER_STACK, USER_DATA | 3]);
    expect(machine.segment(Seg.SS).selector).toBe(0);
  });

  it('return by RETF with REX.W', () => {
    const machine = longGate(TARGET, (made) => made.cpu.memory.set(listing('48 cb   retfq'), TARGET));
    expect(machine.stoppedIn).toBe(0x80);
    expect(machine.stack(5)).toEqual([At.CODE + 4, USER_CODE64 | 3, 2, At.USER_STACK, USER_DATA | 3]);
  });

  it('lead to 64-bit code only', () => {
    expect(fault(longGate(TARGET, (made) => made.setDescriptor(FREE, gate(CODE32, TARGET, 0xec))))).toEqual([
      13,
      CODE32,
    ]);
    expect(fault(longGate(TARGET, (made) => made.setDescriptor(FREE, gate(CODE, TARGET, 0xe4))))).toEqual([
      13,
      FREE,
    ]);
    // The second half has to be of type zero.
    expect(fault(longGate(TARGET, (made) => made.setDescriptor(OTHER, 1n << 40n)))).toEqual([13, FREE]);
    expect(fault(longGate(TARGET, (made) => made.setDescriptor(OTHER, 0x8000n)))).toEqual([13, 0]);
  });

  it('a TSS cannot be jumped to', () => {
    const machine = longGate(TARGET, (made) =>
      made.setDescriptor(FREE, descriptor(At.OTHER_TSS, 0x67, 0xe9)),
    );
    expect(fault(machine)).toEqual([13, FREE]);
  });
});

describe('changes of mode by far transfers', () => {
  it('64-bit to compatibility mode and back', () => {
    const machine = new ProgramMachine();
    machine.write(At.DATA + 0x800, 4, TARGET);
    machine.write(At.DATA + 0x804, 2, CODE32);
    machine.set(Reg.RBX, At.DATA + 0x800);
    machine.set(Reg.RAX, 0x1_0000_0005n);
    // In compatibility mode 48 is DEC EAX; 40 is INC EAX.
    machine.cpu.memory.set(listing(`48   dec eax\n${jump(CODE, At.DATA + 0x100)}`), TARGET);
    machine.cpu.memory.set(listing('48 ff c0 f4   inc rax; hlt'), At.DATA + 0x100);
    machine.run(listing('ff 2b   jmp far [rbx]'));
    expect(machine.get(Reg.RAX)).toBe(5);
    expect(machine.segment(Seg.CS).selector).toBe(CODE);
  });

  it('32-bit to 16-bit code and back, with the stack as it is', () => {
    const machine = new ProgramMachine({ mode: 'protected' });
    machine.cpu.memory.set(
      listing(`
        b8 34 12                        mov ax, 0x1234
        50                              push ax
        66 ea ${u32(TARGET)} ${u16(CODE)}   jmp far dword TARGET`),
      0x8800,
    );
    machine.cpu.memory.set(listing('f4   hlt'), TARGET);
    machine.run(listing(jump(CODE16, 0x8800)));
    expect(machine.get(Reg.RSP)).toBe(At.KERNEL_STACK - 2);
    expect(machine.read(At.KERNEL_STACK - 2, 2)).toBe(0x1234);
    expect(machine.segment(Seg.CS).selector).toBe(CODE);
  });
});
