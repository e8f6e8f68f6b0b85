import { describe, expect, it } from 'vitest';
import { CodeMachine, Outcome, Reg, StopReason } from '../../src/index.ts';

const HLT = 0xf4;

function run(code: number[], set: (machine: CodeMachine) => void = () => {}, bits: 16 | 32 | 64 = 64) {
  const machine = new CodeMachine({ bits, memoryBytes: 1 << 20 });
  set(machine);
  const reason = machine.run([...code, HLT]);
  return { machine, reason, q: machine.registers.qwords };
}

describe('integer instructions', () => {
  it('moves, adds and halts', () => {
    // mov eax, 5; add rax, 7
    const { reason, q } = run([0xb8, 5, 0, 0, 0, 0x48, 0x83, 0xc0, 7]);
    expect(reason).toBe(StopReason.HALT);
    expect(q[Reg.RAX]).toBe(12n);
    expect(q[Reg.RIP]).toBe(0x1000n + 10n);
  });

  it('loops with a branch back', () => {
    // mov ecx, 1000; xor eax, eax; L: add rax, rcx; dec ecx; jnz L
    const { q } = run([0xb9, 0xe8, 3, 0, 0, 0x31, 0xc0, 0x48, 0x01, 0xc8, 0xff, 0xc9, 0x75, 0xf9]);
    expect(q[Reg.RAX]).toBe(500500n);
  });

  it('calls, returns, pushes and pops', () => {
    // call +2; jmp +3; mov al, 7; ret; push 9; pop rbx
    const { q } = run([0xe8, 2, 0, 0, 0, 0xeb, 3, 0xb0, 7, 0xc3, 0x6a, 9, 0x5b]);
    expect(q[Reg.RAX]! & 0xffn).toBe(7n);
    expect(q[Reg.RBX]).toBe(9n);
    expect(q[Reg.RSP]).toBe(0x8000n);
  });

  it('multiplies and divides 128-bit values', () => {
    // mul rcx; div rbx
    const { q } = run([0x48, 0xf7, 0xe1, 0x48, 0xf7, 0xf3], ({ registers: { qwords } }) => {
      qwords[Reg.RAX] = 0x123456789abcdef0n;
      qwords[Reg.RCX] = 0xfedcba9876543210n;
      qwords[Reg.RBX] = 0xfedcba9876543211n;
    });
    const product = 0x123456789abcdef0n * 0xfedcba9876543210n;
    expect(q[Reg.RAX]).toBe(product / 0xfedcba9876543211n);
    expect(q[Reg.RDX]).toBe(product % 0xfedcba9876543211n);
  });

  it('copies and fills by string instructions', () => {
    // cld; rep movsb
    const { machine, q } = run([0xfc, 0xf3, 0xa4], ({ registers: { qwords }, memory }) => {
      for (let i = 0; i < 5000; i += 1) memory[0x10000 + i] = i * 7;
      qwords[Reg.RSI] = 0x10000n;
      qwords[Reg.RDI] = 0x20ff0n;
      qwords[Reg.RCX] = 5000n;
    });
    expect(q[Reg.RCX]).toBe(0n);
    expect([...machine.memory.subarray(0x20ff0, 0x20ff0 + 5000)]).toEqual([
      ...machine.memory.subarray(0x10000, 0x10000 + 5000),
    ]);
  });

  it('runs code that it has just written', () => {
    // mov byte [rip+1], 0x2a; mov al, 1
    const { q } = run([0xc6, 0x05, 1, 0, 0, 0, 0x2a, 0xb0, 1]);
    expect(q[Reg.RAX]! & 0xffn).toBe(0x2an);
  });

  it('works in 16-bit and 32-bit mode', () => {
    // mov ax, 0x1234; shl ax, 4
    expect(run([0xb8, 0x34, 0x12, 0xc1, 0xe0, 4], () => {}, 16).q[Reg.RAX]).toBe(0x2340n);
    // inc eax; push eax; pop edx
    expect(run([0x40, 0x50, 0x5a], () => {}, 32).q[Reg.RDX]).toBe(1n);
  });

  it('shuts down on an exception without handlers', () => {
    expect(run([0x0f, 0x0b]).reason).toBe(StopReason.UNRECOVERABLE);
  });

  it('hands ports to the hypervisor, with RIP at the instruction', () => {
    let rip = 0n;
    const machine = new CodeMachine({
      memoryBytes: 1 << 20,
      handler: {
        port: (access) => {
          rip = machine.registers.qwords[Reg.RIP]!;
          access.value = 0x5a;
          return Outcome.DONE;
        },
      },
    });
    // nop; in al, 0x60
    machine.run([0x90, 0xe4, 0x60, HLT]);
    expect(rip).toBe(0x1001n);
    expect(machine.registers.qwords[Reg.RAX]).toBe(0x5an);
    expect(machine.registers.qwords[Reg.RIP]).toBe(0x1004n);
  });
});
