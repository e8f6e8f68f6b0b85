import { expect, it } from 'vitest';
import { CodeMachine, Reg } from '../../src/index.ts';

it('notices code that was replaced behind its back, after a flush', () => {
  const machine = new CodeMachine({ memoryBytes: 1 << 20 });
  const { qwords } = machine.registers;
  // mov al, n; hlt
  machine.run([0xb0, 1, 0xf4]);
  expect(qwords[Reg.RAX]).toBe(1n);
  machine.run([0xb0, 2, 0xf4]);
  expect(qwords[Reg.RAX]).toBe(2n);
});

it('notices it behind a link from code that is as it was', () => {
  const machine = new CodeMachine({ bits: 64, memoryBytes: 1 << 20 });
  const { qwords } = machine.registers;
  // mov ecx, 9; L: dec ecx; jz E; nop; jmp L; E: jmp F; F: mov al, n; hlt
  const code = [0xb9, 9, 0, 0, 0, 0xff, 0xc9, 0x74, 3, 0x90, 0xeb, 0xf9, 0xeb, 0];
  for (const n of [1, 2, 2, 3]) {
    machine.run([...code, 0xb0, n, 0xf4]);
    expect(qwords[Reg.RAX]! & 0xffn).toBe(BigInt(n));
  }
  // The block in the middle of the loop: inc edx instead of nop, nop.
  machine.run([0xb9, 9, 0, 0, 0, 0xff, 0xc9, 0x74, 4, 0x66, 0x90, 0xeb, 0xf8, 0xeb, 0, 0xb0, 4, 0xf4]);
  qwords[Reg.RDX] = 0n;
  machine.run([0xb9, 9, 0, 0, 0, 0xff, 0xc9, 0x74, 4, 0xff, 0xc2, 0xeb, 0xf8, 0xeb, 0, 0xb0, 5, 0xf4]);
  expect([qwords[Reg.RAX]! & 0xffn, qwords[Reg.RDX]]).toEqual([5n, 8n]);
});
