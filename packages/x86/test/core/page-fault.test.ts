import { describe, expect, it } from 'vitest';
import { CodeMachine, Reg, StopReason } from '../../src/index.ts';

const IDT = 0x2000;
const GDT = 0x3000;
const HANDLER = 0x5000;
const PAGE_FAULT = 14;

/** A 64-bit machine whose page-fault handler leaves the error code in RBX and CR2 in RDX, and halts. */
function machine(): CodeMachine {
  const made = new CodeMachine({ memoryBytes: 4 << 20 });
  const { memory, registers } = made;
  const view = new DataView(memory.buffer, memory.byteOffset);
  view.setBigUint64(GDT + 8, 0x00af9b000000ffffn, true);
  view.setBigUint64(GDT + 16, 0x00cf93000000ffffn, true);
  view.setBigUint64(IDT + PAGE_FAULT * 16, BigInt(HANDLER) | (8n << 16n) | (0x8e00n << 32n), true);
  Object.assign(registers.gdtr, { base: BigInt(GDT), limit: 0x17 });
  Object.assign(registers.idtr, { base: BigInt(IDT), limit: 0xfff });
  // pop rbx; mov rdx, cr2; hlt
  memory.set([0x5b, 0x0f, 0x20, 0xd2, 0xf4], HANDLER);
  return made;
}

describe('page faults in 64-bit mode', () => {
  it.each([
    // mov al, [rsi]; mov [rsi], al; jmp rsi
    ['read', [0x8a, 0x06], 0n],
    ['write', [0x88, 0x06], 2n],
    ['fetch', [0xff, 0xe6], 0x10n],
  ])('tells a %s of a page that is not present', (_name, code, errorCode) => {
    const made = machine();
    const { registers } = made;
    registers.qwords[Reg.RSI] = 0x1_0000_2345n;
    expect(made.run([...code, 0xf4])).toBe(StopReason.HALT);
    expect(registers.qwords[Reg.RBX]).toBe(errorCode);
    expect(registers.qwords[Reg.RDX]).toBe(0x1_0000_2345n);
  });
});
