import { CR0_PE, EFER_LMA, Reg, RegisterFile, SEGMENT_L, Seg } from '@viridian/x86';
import { describe, expect, it } from 'vitest';
import { RegisterPairs } from './fast-registers.ts';

function registers(is64Bit: boolean): RegisterFile {
  const file = new RegisterFile();
  file.dwords[Reg.CR0 * 2] = CR0_PE;
  if (is64Bit) {
    file.dwords[Reg.EFER * 2] = EFER_LMA;
    file.segments[Seg.CS]!.attributes |= SEGMENT_L;
  }
  return file;
}

describe('hypercall registers', () => {
  it('are RCX, RDX, R8 and RAX in 64-bit mode', () => {
    const file = registers(true);
    file.qwords[Reg.RCX] = 0x1111111122222222n;
    file.qwords[Reg.RDX] = 0x3333333344444444n;
    file.qwords[Reg.R8] = 0x5555555566666666n;
    file.qwords[Reg.RAX] = ~0n & 0xffffffffffffffffn;
    const pairs = new RegisterPairs();
    pairs.attach(file);
    expect([pairs.controlHigh, pairs.controlLow]).toEqual([0x11111111, 0x22222222]);
    expect([pairs.inputHigh, pairs.inputLow]).toEqual([0x33333333, 0x44444444]);
    expect([pairs.outputHigh, pairs.outputLow]).toEqual([0x55555555, 0x66666666]);
    pairs.setResult(5, 3);
    expect(file.qwords[Reg.RAX]).toBe(0x3_0000_0005n);
    expect(file.qwords[Reg.RDX]).toBe(0x3333333344444444n);
  });

  it('are EDX:EAX, EBX:ECX and EDI:ESI elsewhere', () => {
    const file = registers(false);
    const set = { [Reg.RDX]: 1n, [Reg.RAX]: 2n, [Reg.RBX]: 3n, [Reg.RCX]: 4n, [Reg.RDI]: 5n, [Reg.RSI]: 6n };
    for (const [register, value] of Object.entries(set)) file.qwords[Number(register)] = value;
    const pairs = new RegisterPairs();
    pairs.attach(file);
    expect([pairs.controlHigh, pairs.controlLow, pairs.inputHigh, pairs.inputLow]).toEqual([1, 2, 3, 4]);
    expect([pairs.outputHigh, pairs.outputLow]).toEqual([5, 6]);
    pairs.setResult(6, 2);
    expect([file.qwords[Reg.RDX], file.qwords[Reg.RAX]]).toEqual([2n, 6n]);
    expect([file.qwords[Reg.RBX], file.qwords[Reg.RCX], file.qwords[Reg.RDI], file.qwords[Reg.RSI]]).toEqual([
      3n,
      4n,
      5n,
      6n,
    ]);
  });

  it('carry 112 bytes with XMM0 to XMM5, output from the next whole pair on', () => {
    const file = registers(true);
    file.qwords[Reg.RDX] = 0x0706050403020100n;
    file.qwords[Reg.R8] = 0x0f0e0d0c0b0a0908n;
    for (let i = 0; i < 96; i++) file.xmm[i] = 16 + i;
    const pairs = new RegisterPairs();
    pairs.attach(file);
    const input = new Uint8Array(112);
    pairs.load(input, 112);
    expect([...input]).toEqual(Array.from({ length: 112 }, (_, i) => i));
    expect([pairs.usedBy(0), pairs.usedBy(1), pairs.usedBy(16), pairs.usedBy(17)]).toEqual([0, 16, 16, 32]);
    const output = Uint8Array.from({ length: 20 }, (_, i) => 0xe0 + i);
    pairs.store(output, 20, 32);
    expect([...file.xmm.subarray(16, 36)]).toEqual([...output]);
    expect(file.xmm[36]).toBe(52);
    pairs.store(output, 16, 0);
    expect([file.qwords[Reg.RDX], file.qwords[Reg.R8]]).toEqual([0xe7e6e5e4e3e2e1e0n, 0xefeeedecebeae9e8n]);
  });
});
