/** What can be seen of a guest that ended badly. */

import { SymbolTable } from '@viridian/emulation/loader';
import { Reg } from '@viridian/x86';
import { describe, expect, it } from 'vitest';
import { formatSnapshot, type ProcessorSnapshot } from '../src/index.ts';
import { CODE_GPA, x86Machine } from './support/x86-guest.ts';

/** Runs code to its end and gives what the processors looked like there. */
async function lastOf(code: readonly number[]): Promise<ProcessorSnapshot[]> {
  const machine = await x86Machine(code);
  let seen: ProcessorSnapshot[] = [];
  machine.on('finishing', () => {
    seen = machine.snapshots();
  });
  machine.start();
  await machine.finished;
  expect(machine.snapshots()).toEqual([]);
  return seen;
}

const START = [
  ...[0xbc, 0, 0, 0x30, 0], // 00: mov esp, 300000h
  ...[0x31, 0xed], // 05: xor ebp, ebp
  ...[0xe8, 1, 0, 0, 0], // 07: call outer
  0xf4, // 0c: hlt
  0x55, // 0d: outer: push ebp
  ...[0x89, 0xe5], // 0e: mov ebp, esp
  ...[0xb8, 0x1a, 0, 0x20, 0], // 10: mov eax, 20001ah (a number behind no call)
  0x50, // 15: push eax
  ...[0xe8, 4, 0, 0, 0], // 16: call inner
  0xf4, // 1b: hlt
  ...[0xff, 0xd1, 0x90], // 1c: call ecx; nop
  0x55, // 1f: inner: push ebp
  ...[0x89, 0xe5], // 20: mov ebp, esp
  ...[0x68, 0x3e, 0, 0x20, 0], // 22: push 20003eh, behind the call at 1ch: as if left over
];
const SYMBOLS = new SymbolTable([
  { address: BigInt(CODE_GPA), type: 'T', name: 'start' },
  { address: BigInt(CODE_GPA + 0x0d), type: 't', name: 'outer' },
  { address: BigInt(CODE_GPA + 0x1f), type: 't', name: 'inner' },
  { address: BigInt(CODE_GPA + 0x40), type: 'D', name: 'end' },
]);

describe('a snapshot', () => {
  it('has the chain of callers, and what may be one', async () => {
    const [snapshot] = await lastOf([...START, 0xfa, 0xf4]); // cli; hlt
    expect(snapshot).toMatchObject({ vp: 0, state: 'halted', bits: 32, exceptions: [] });
    expect(snapshot!.registers.qwords[Reg.RSP]).toBe(0x2f_ffe8n);
    expect(snapshot!.stack).toEqual([
      { stackOffset: 0, address: BigInt(CODE_GPA + 0x1e), kind: 'scan' },
      { stackOffset: 8, address: BigInt(CODE_GPA + 0x1b), kind: 'frame' },
      { stackOffset: 20, address: BigInt(CODE_GPA + 0x0c), kind: 'frame' },
    ]);
  });

  it('is printed with names', async () => {
    const [snapshot] = await lastOf([...START, 0x0f, 0x0b]); // ud2
    const lines = formatSnapshot(snapshot!, SYMBOLS).split('\n');
    expect(lines[0]).toMatch(/^processor 0: unrecoverable, 32-bit code, privilege level 0, after \d+ instr/);
    expect(lines).toContain('  eip 00200047 inner+0x8');
    expect(lines).toContain('    #UD at 00200047 inner+0x8');
    expect(lines.slice(lines.indexOf('  code'))).toMatchInlineSnapshot(`
      [
        "  code",
        "     0020003f  55                              push ebp",
        "     00200040  89 e5                           mov ebp,esp",
        "     00200042  68 3e 00 20 00                  push 0x20003e <outer+0x11>",
        "  => 00200047  0f 0b                           ud2",
        "     00200049  00 00                           add BYTE PTR [eax],al",
        "     0020004b  00 00                           add BYTE PTR [eax],al",
        "     0020004d  00 00                           add BYTE PTR [eax],al",
        "     0020004f  00 00                           add BYTE PTR [eax],al",
        "     00200051  00 00                           add BYTE PTR [eax],al",
        "  stack (? is a value that a call may have left there earlier)",
        "    +0000  ? 0020003e outer+0x11",
        "    +0008  0020003b outer+0xe",
        "    +0014  0020002c start+0xc",
      ]
    `);
  });

  it('shows exceptions with error code and address', async () => {
    // A page directory at 100000h that maps the first 4 MiB; then a read of 12345678h.
    const code = [
      ...[0xc7, 0x05, 0, 0, 0x10, 0, 0x83, 0, 0, 0], // mov dword [100000h], 83h
      ...[0xb8, 0, 0, 0x10, 0, 0x0f, 0x22, 0xd8], // mov eax, 100000h; mov cr3, eax
      ...[0x0f, 0x20, 0xe0, 0x83, 0xc8, 0x10, 0x0f, 0x22, 0xe0], // mov eax, cr4; or eax, 10h; mov cr4, eax
      ...[0x0f, 0x20, 0xc0, 0x0d, 0, 0, 0, 0x80, 0x0f, 0x22, 0xc0], // mov eax, cr0; or eax, 80000000h; mov cr0, eax
      ...[0xa1, 0x78, 0x56, 0x34, 0x12], // mov eax, [12345678h]
    ];
    const [snapshot] = await lastOf(code);
    expect(snapshot!.exceptions[0]).toMatchObject({ vector: 14, errorCode: 0, cr2: 0x1234_5678n });
    expect(formatSnapshot(snapshot!)).toContain('    #PF error 0h for 12345678 at 00200046');
  });

  it('says where there is no code', async () => {
    const [snapshot] = await lastOf([0xb8, 0, 0, 0, 0x80, 0xff, 0xe0]); // mov eax, 80000000h; jmp eax
    expect(formatSnapshot(snapshot!)).toContain('there is no memory at this address');
    expect(formatSnapshot(snapshot!)).toContain('no return addresses found');
  });

  it('is taken of each processor', async () => {
    const machine = await x86Machine([0xeb, 0xfe], { processors: 2 });
    machine.start();
    expect(machine.snapshots().map(({ state }) => state)).toEqual(['running', 'wait-for-sipi']);
    machine.kill();
    await machine.finished;
  });
});
