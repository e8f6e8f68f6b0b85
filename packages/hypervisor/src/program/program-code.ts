/**
 * The machine code of a program that has none: each instruction that a program can execute, once, in a page at the top of
 * guest-physical memory, out of everybody's way. So RIP means something while an intercept is handled, and a parent
 * that decodes the instruction behind it finds one (Intel SDM volume 2).
 */

import { bankOffset, type MachineMemory, PAGE_BYTES } from '@viridian/x86';
import { GpaAccess, type GpaSpace } from '../partition/gpa-space.ts';

/** The instructions; those with an operand size come in a row from the smallest on. */
export const Instruction = {
  CPUID: 0,
  RDMSR: 1,
  WRMSR: 2,
  VMCALL: 3,
  /** IN and OUT with the port in DX: 1, 2, 4 bytes. */
  IN: 4,
  OUT: 7,
  /** MOV between RAX and the memory at [RDI]: 1, 2, 4, 8 bytes. */
  LOAD: 10,
  STORE: 14,
} as const;

/** Encoding and name of each instruction. */
const CODE: readonly (readonly [name: string, ...bytes: number[]])[] = [
  ['CPUID', 0x0f, 0xa2],
  ['RDMSR', 0x0f, 0x32],
  ['WRMSR', 0x0f, 0x30],
  ['VMCALL', 0x0f, 0x01, 0xc1],
  ['IN AL, DX', 0xec],
  ['IN AX, DX', 0x66, 0xed],
  ['IN EAX, DX', 0xed],
  ['OUT DX, AL', 0xee],
  ['OUT DX, AX', 0x66, 0xef],
  ['OUT DX, EAX', 0xef],
  ['MOV AL, [RDI]', 0x8a, 0x07],
  ['MOV AX, [RDI]', 0x66, 0x8b, 0x07],
  ['MOV EAX, [RDI]', 0x8b, 0x07],
  ['MOV RAX, [RDI]', 0x48, 0x8b, 0x07],
  ['MOV [RDI], AL', 0x88, 0x07],
  ['MOV [RDI], AX', 0x66, 0x89, 0x07],
  ['MOV [RDI], EAX', 0x89, 0x07],
  ['MOV [RDI], RAX', 0x48, 0x89, 0x07],
];

const SPACING_BYTES = 16;
/** Behind the code of the hypercall page, which is the same system page. */
const FIRST_OFFSET = 0x100;

const LENGTHS = CODE.map((code) => code.length - 1);

/** Bytes of an instruction. */
export function instructionBytes(instruction: number): number {
  return LENGTHS[instruction]!;
}

/** Assembly text of an instruction. */
export function instructionName(instruction: number): string {
  return CODE[instruction]![0];
}

/** Offset of an instruction from the first one. */
export function instructionOffset(instruction: number): number {
  return instruction * SPACING_BYTES;
}

/** Writes the instructions into a system page of the partition and shows it to the partition; gives their address. */
export function showProgramCode(memory: MachineMemory, gpa: GpaSpace, systemPage: number): number {
  const offset = bankOffset(systemPage) + FIRST_OFFSET;
  const { bytes } = memory.bankOf(systemPage)!;
  CODE.forEach(([, ...code], instruction) => {
    bytes.set(code, offset + instructionOffset(instruction));
  });
  const gpn = gpa.pageCount - 1;
  if (gpa.systemPage(gpn) !== systemPage) gpa.setOverlay(gpn, systemPage, GpaAccess.READ | GpaAccess.EXECUTE);
  return gpn * PAGE_BYTES + FIRST_OFFSET;
}
