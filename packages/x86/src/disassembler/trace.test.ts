import { describe, expect, it } from 'vitest';
import {
  CodeMachine,
  formatTraceLine,
  Reg,
  StopReason,
  type TraceLine,
  traceInstructions,
} from '../index.ts';

/** Traces code from address 0x1000 on. */
function trace(code: readonly number[], count: number, bits: 16 | 32 | 64 = 64) {
  const machine = new CodeMachine({ bits, memoryBytes: 1 << 20 });
  machine.memory.set(code, 0x1000);
  machine.registers.qwords[Reg.RIP] = 0x1000n;
  const lines: TraceLine[] = [];
  const reason = traceInstructions(machine.processor, count, {
    read: (gpa, bytes) => machine.memory.subarray(gpa, gpa + bytes),
    line: (line) => lines.push(line),
  });
  return { lines, reason };
}

describe('traceInstructions', () => {
  it('reports every instruction with what it changed', () => {
    // mov eax, 5; L: add rax, rax; dec eax; jnz L; hlt
    const { lines, reason } = trace([0xb8, 5, 0, 0, 0, 0x48, 0x01, 0xc0, 0xff, 0xc8, 0x75, 0xf9, 0xf4], 6);
    expect(reason).toBe(StopReason.BUDGET);
    expect(lines.map(({ text }) => text)).toEqual([
      'mov eax,0x5',
      'add rax,rax',
      'dec eax',
      'jne 0x1005',
      'add rax,rax',
      'dec eax',
    ]);
    expect(lines[0]!.changes).toEqual(['rax=0x5']);
    expect(lines[1]!.changes).toEqual(['rax=0xa', 'rflags=0x6']);
    expect(lines[2]!.changes).toEqual(['rax=0x9']);
    expect(lines[3]!.changes).toEqual([]);
  });

  it('stops where the processor stops', () => {
    const { lines, reason } = trace([0x90, 0xf4, 0x90], 10);
    expect(reason).toBe(StopReason.HALT);
    expect(lines.map(({ text }) => text)).toEqual(['nop', 'hlt']);
  });

  it('follows the bits of the code segment', () => {
    expect(trace([0x66, 0x40], 1, 32).lines[0]!.text).toBe('inc ax');
    expect(trace([0x66, 0x40], 1, 16).lines[0]!.text).toBe('inc eax');
  });

  it('shows the handler when an interrupt comes in front of an instruction', () => {
    const machine = new CodeMachine({ bits: 16, memoryBytes: 1 << 20 });
    machine.memory.set([0x40, 0x43, 0xf4], 0x1000); // inc ax; inc bx; hlt
    machine.memory.set([0x41, 0xcf], 0x2000); // inc cx; iret
    machine.memory.set([0x00, 0x20, 0, 0], 3 * 4);
    Object.assign(machine.registers.idtr, { base: 0n, limit: 0x3ff });
    machine.registers.qwords[Reg.RIP] = 0x1000n;
    machine.registers.qwords[Reg.RSP] = 0x8000n;
    const lines: TraceLine[] = [];
    traceInstructions(machine.processor, 4, {
      read: (gpa, bytes) => machine.memory.subarray(gpa, gpa + bytes),
      line: (line) => {
        if (lines.push(line) === 1) machine.processor.injectException(3, undefined);
      },
    });
    expect(lines.map(({ number, text, afterInterrupt }) => [number, text, afterInterrupt])).toEqual([
      [0, 'inc ax', false],
      [1, 'inc cx', true],
      [2, 'iret', false],
      [3, 'inc bx', false],
    ]);
  });

  it('writes a line', () => {
    const { lines } = trace([0x31, 0xc9], 1, 32);
    expect(formatTraceLine(lines[0]!)).toBe(
      '00001000  31 c9                           xor ecx,ecx                               rflags=0x46',
    );
  });
});
