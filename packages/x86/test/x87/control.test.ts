import { describe, expect, it } from 'vitest';
import { CodeMachine, Reg, StopReason } from '../../src/index.ts';

const HLT = 0xf4;
const DATA = 0x4000;
const GDT = 0x3000;
const IDT = 0x2000;
const HANDLER = 0x5000;

/** A 64-bit machine whose handlers of #UD, #NM and #MF leave the vector in RBX and RIP in RDX, and halt. */
function machine(): CodeMachine {
  const made = new CodeMachine({ memoryBytes: 1 << 20 });
  const { memory, registers } = made;
  const view = new DataView(memory.buffer, memory.byteOffset);
  view.setBigUint64(GDT + 8, 0x00af9b000000ffffn, true);
  view.setBigUint64(GDT + 16, 0x00cf93000000ffffn, true);
  for (const vector of [6, 7, 16]) {
    const handler = HANDLER + vector * 16;
    view.setBigUint64(IDT + vector * 16, BigInt(handler) | (8n << 16n) | (0x8e00n << 32n), true);
    // mov ebx, vector; pop rdx; hlt
    memory.set([0xbb, vector, 0, 0, 0, 0x5a, HLT], handler);
  }
  Object.assign(registers.gdtr, { base: BigInt(GDT), limit: 0x17 });
  Object.assign(registers.idtr, { base: BigInt(IDT), limit: 0xfff });
  registers.qwords[Reg.RDI] = BigInt(DATA);
  return made;
}

const word = ({ memory }: CodeMachine, at: number) => memory[at]! | (memory[at + 1]! << 8);

describe('x87 control', () => {
  it('initializes, and shows control and status word', () => {
    const made = machine();
    made.registers.floatControl.fsw = 0x7fff;
    // fninit; fnstcw [rdi]; fnstsw [rdi+2]; fnstsw ax
    expect(made.run([0xdb, 0xe3, 0xd9, 0x3f, 0xdd, 0x7f, 2, 0xdf, 0xe0, HLT])).toBe(StopReason.HALT);
    expect(word(made, DATA)).toBe(0x37f);
    expect(word(made, DATA + 2)).toBe(0);
    expect(made.registers.qwords[Reg.RAX]! & 0xffffn).toBe(0n);
    expect(made.registers.floatControl.ftw).toBe(0);
  });

  it('keeps the bits of the control word that exist', () => {
    const made = machine();
    made.memory.set([0xff, 0xff], DATA);
    // fninit; fldcw [rdi]; fnstcw [rdi]
    made.run([0xdb, 0xe3, 0xd9, 0x2f, 0xd9, 0x3f, HLT]);
    expect(word(made, DATA)).toBe(0x1f7f);
  });

  it.each([
    ['FNINIT under CR0.EM', [0xdb, 0xe3], 0x4n, 7n],
    ['FNSTCW under CR0.TS', [0xd9, 0x3f], 0x8n, 7n],
    ['FWAIT under CR0.TS and MP', [0x9b], 0xan, 7n],
    ['EMMS under CR0.EM', [0x0f, 0x77], 0x4n, 6n],
    ['EMMS under CR0.TS', [0x0f, 0x77], 0x8n, 7n],
    ['FWAIT under CR0.TS alone', [0x9b], 0x8n, 0n],
  ])('%s', (_name, code, cr0, vector) => {
    const made = machine();
    made.registers.floatControl.fsw = 0;
    made.registers.qwords[Reg.CR0]! |= cr0;
    expect(made.run([...code, HLT])).toBe(StopReason.HALT);
    expect(made.registers.qwords[Reg.RBX]).toBe(vector);
    if (vector) expect(made.registers.qwords[Reg.RDX]).toBe(0x1000n);
  });

  it('raises #MF at the next instruction that waits for what FLDCW unmasked', () => {
    const made = machine();
    const { registers } = made;
    registers.floatControl.fsw = 0x01;
    made.memory.set([0x7e, 0x03], DATA);
    // fldcw [rdi]; fnstsw ax; fwait
    made.run([0xd9, 0x2f, 0xdf, 0xe0, 0x9b, HLT]);
    expect(registers.qwords[Reg.RAX]! & 0xffffn).toBe(0x8081n);
    expect(registers.qwords[Reg.RBX]).toBe(16n);
    expect(registers.qwords[Reg.RDX]).toBe(0x1004n);
    // fnclex; fwait
    registers.qwords[Reg.RBX] = 0n;
    expect(made.run([0xdb, 0xe2, 0x9b, HLT])).toBe(StopReason.HALT);
    expect(registers.qwords[Reg.RBX]).toBe(0n);
    expect(registers.floatControl.fsw).toBe(0);
  });

  it('stores the environment, masks exceptions, and loads it again', () => {
    const made = machine();
    const { memory, registers } = made;
    Object.assign(registers.floatControl, { fcw: 0x340, fsw: 0x3801, ftw: 0x81 });
    registers.x87.set([1, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f], 0);
    // fnstenv [rdi]
    made.run([0xd9, 0x37, HLT]);
    const view = new DataView(memory.buffer, memory.byteOffset + DATA);
    expect([0, 4, 8].map((at) => view.getUint32(at, true))).toEqual([0xffff0340, 0xffff3801, 0xffff7ffc]);
    expect(registers.floatControl.fcw).toBe(0x37f);
    // fldenv [rdi]
    made.run([0xd9, 0x27, HLT]);
    expect(registers.floatControl).toMatchObject({ fcw: 0x340, fsw: 0xb881, ftw: 0x81 });
  });

  it('saves and restores everything', () => {
    const made = machine();
    const { registers } = made;
    registers.x87.forEach((_, i) => {
      registers.x87[i] = i % 16 < 10 ? i + 1 : 0;
    });
    const before = registers.x87.slice();
    Object.assign(registers.floatControl, { fcw: 0x37f, fsw: 0x2841, ftw: 0x3c });
    // fnsave [rdi]; fldcw [rdi]
    made.run([0xdd, 0x37, HLT]);
    expect(registers.floatControl).toMatchObject({ fcw: 0x37f, fsw: 0, ftw: 0 });
    expect([...made.memory.subarray(DATA + 28, DATA + 38)]).toEqual([
      ...before.subarray(5 * 16, 5 * 16 + 10),
    ]);
    registers.x87.fill(0);
    made.run([0xdd, 0x27, HLT]);
    expect(registers.floatControl).toMatchObject({ fcw: 0x37f, fsw: 0x2841, ftw: 0x3c });
    expect([...registers.x87]).toEqual([...before]);
  });
});
