import { describe, expect, it } from 'vitest';
import { CodeMachine, Outcome, Reg, StopReason } from '../../src/index.ts';

const FLAGS = 0x8d5n;
const CARRY = 1n;

describe('RDRAND', () => {
  it('always has a number, sets CF and clears the other flags', () => {
    const machine = new CodeMachine({ handler: { random: () => 0x1122_3344_5566_7788n } });
    const { qwords } = machine.registers;
    qwords[Reg.RBX] = qwords[Reg.RCX] = 0xffff_ffff_ffff_ffffn;
    qwords[Reg.RFLAGS] = 2n | FLAGS;
    // rdrand rax; rdrand ebx; rdrand cx; hlt
    machine.run([0x48, 0x0f, 0xc7, 0xf0, 0x0f, 0xc7, 0xf3, 0x66, 0x0f, 0xc7, 0xf1, 0xf4]);
    expect(qwords[Reg.RAX]).toBe(0x1122_3344_5566_7788n);
    expect(qwords[Reg.RBX]).toBe(0x5566_7788n);
    expect(qwords[Reg.RCX]).toBe(0xffff_ffff_ffff_7788n);
    expect(qwords[Reg.RFLAGS]! & FLAGS).toBe(CARRY);
  });

  it('takes the numbers of the host by default', () => {
    const machine = new CodeMachine();
    const code = [0x48, 0x0f, 0xc7, 0xf0, 0xf4];
    const seen = new Set<bigint>();
    for (let turn = 0; turn < 8; turn += 1) {
      machine.run(code);
      seen.add(machine.registers.qwords[Reg.RAX]!);
    }
    expect(seen.size).toBe(8);
  });

  it('is #UD with F2 or F3', () => {
    const machine = new CodeMachine();
    expect(machine.run([0xf3, 0x0f, 0xc7, 0xf0])).toBe(StopReason.UNRECOVERABLE);
  });
});

describe('PAUSE', () => {
  it('ends the turn behind it when the handler yields', () => {
    let pauses = 0;
    const machine = new CodeMachine({
      handler: {
        pause: () => {
          pauses += 1;
          return pauses === 3 ? Outcome.YIELD : Outcome.DONE;
        },
      },
    });
    // pause; jmp -4
    expect(machine.run([0xf3, 0x90, 0xeb, 0xfc])).toBe(StopReason.REQUESTED);
    expect(pauses).toBe(3);
  });
});

describe('MOV to CR8', () => {
  it('lets the hypervisor look at the priority at once', () => {
    const seen: bigint[] = [];
    const machine = new CodeMachine({
      handler: {
        taskPriorityChanged: () => {
          seen.push(machine.registers.qwords[Reg.CR8]!);
        },
      },
    });
    machine.registers.qwords[Reg.RAX] = 7n;
    // mov cr8, rax; hlt
    machine.run([0x44, 0x0f, 0x22, 0xc0, 0xf4]);
    expect(seen[0]).toBe(7n);
  });
});
