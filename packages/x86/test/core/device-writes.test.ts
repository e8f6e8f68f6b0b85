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
