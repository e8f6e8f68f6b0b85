/** Bytes to text, one instruction at a time. */

import type { CodeBits } from '../core/code-machine.ts';
import { decode } from './decode.ts';
import { format } from './format.ts';

/** One line of a disassembly. */
export interface DisassembledInstruction {
  /** Length; 1 where no instruction was found. */
  readonly bytes: number;
  /** In Intel's syntax, e.g. `mov eax,DWORD PTR [rbx+0x8]`; `(bad)` where no known instruction begins. */
  readonly text: string;
}

/**
 * Disassembles the instruction at `code[at]`, which lies at `address` (RIP) in a code segment of `bits` bits. Knows what
 * the processor knows: integer and system instructions, x87, MMX, SSE to SSE4.2, and names of some more.
 */
export function disassemble(
  code: Uint8Array,
  bits: CodeBits,
  address: bigint | number = 0,
  at = 0,
): DisassembledInstruction {
  const instruction = decode(code, at, bits);
  if (instruction === undefined) return { bytes: 1, text: '(bad)' };
  return { bytes: instruction.bytes, text: format(instruction, BigInt(address)) };
}
