import { describe, expect, it } from 'vitest';
import { disassemble } from './disassemble.ts';

const text = (hex: string, bits: 16 | 32 | 64 = 64, address = 0x1000) =>
  disassemble(
    Uint8Array.from(hex.split(' '), (byte) => Number.parseInt(byte, 16)),
    bits,
    address,
  ).text;

describe('disassemble', () => {
  it('names operands of all sizes', () => {
    expect(text('88 e0')).toBe('mov al,ah');
    expect(text('40 88 e0')).toBe('mov al,spl');
    expect(text('66 01 d8')).toBe('add ax,bx');
    expect(text('4d 01 c1')).toBe('add r9,r8');
    expect(text('01 d8', 16)).toBe('add ax,bx');
    expect(text('66 01 d8', 16)).toBe('add eax,ebx');
  });

  it('writes memory operands of all address sizes', () => {
    expect(text('8b 44 8b f8')).toBe('mov eax,DWORD PTR [rbx+rcx*4-0x8]');
    expect(text('67 8b 03')).toBe('mov eax,DWORD PTR [ebx]');
    expect(text('48 8b 05 10 00 00 00')).toBe('mov rax,QWORD PTR [rip+0x10]');
    expect(text('64 48 8b 04 25 28 00 00 00')).toBe('mov rax,QWORD PTR fs:0x28');
    expect(text('8b 42 04', 16)).toBe('mov ax,WORD PTR [bp+si+0x4]');
    expect(text('2e 8b 1e 34 12', 16)).toBe('mov bx,WORD PTR cs:0x1234');
  });

  it('shows branch targets as addresses', () => {
    expect(text('eb fe')).toBe('jmp 0x1000');
    expect(text('e8 00 01 00 00')).toBe('call 0x1105');
    expect(text('eb 80', 16, 0x10)).toBe('jmp 0xff92');
  });

  it('tells what a prefix makes of an opcode', () => {
    expect(text('f3 48 ab')).toBe('rep stos QWORD PTR es:[rdi],rax');
    expect(text('0f 10 c1')).toBe('movups xmm0,xmm1');
    expect(text('66 0f 10 c1')).toBe('movupd xmm0,xmm1');
    expect(text('f2 0f c2 c1 01')).toBe('cmpltsd xmm0,xmm1');
    expect(text('f3 90')).toBe('pause');
    expect(text('41 90')).toBe('xchg r8d,eax');
  });

  it('knows what a mode lacks', () => {
    expect(text('27')).toBe('(bad)');
    expect(text('27', 32)).toBe('daa');
    expect(text('48 40', 32)).toBe('dec eax');
  });

  it('writes x87 instructions', () => {
    expect(text('d8 c1')).toBe('fadd st,st(1)');
    expect(text('de e9')).toBe('fsubp st(1),st');
    expect(text('db 28')).toBe('fld TBYTE PTR [rax]');
  });

  it('gives up at the end of the bytes and after 15 of them', () => {
    expect(disassemble(Uint8Array.of(0xe8, 1, 2), 64)).toEqual({ bytes: 1, text: '(bad)' });
    expect(disassemble(new Uint8Array(0), 64)).toEqual({ bytes: 1, text: '(bad)' });
    expect(disassemble(new Uint8Array(20).fill(0x66), 64)).toEqual({ bytes: 1, text: '(bad)' });
  });
});
