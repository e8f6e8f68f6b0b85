/** Executable ELF files and what of them goes to memory (System V ABI, ELF Header and Program Header). */

import type { Placement, ZeroedRange } from '../boot-image.ts';
import { FileView } from '../file-view.ts';
import { hex, LoadError } from '../load-error.ts';
import { HEADER32, HEADER64, type HeaderLayout, Machine, PT_LOAD } from './spec.ts';

/** An executable as the loader needs it. */
export interface ElfImage {
  /** Width of the file's addresses; multiboot kernels put 64-bit code into 32-bit files. */
  readonly bits: 32 | 64;
  /** One of {@link Machine}: 'i386' or 'x86-64'. */
  readonly machine: 'i386' | 'x86-64';
  readonly entry: number;
  readonly placements: readonly Placement[];
  readonly zeroed: readonly ZeroedRange[];
  /** End of the highest segment in memory. */
  readonly end: number;
}

const MAX_ADDRESS = 2 ** 32;
/** More segments than any kernel has; a bound for files that are nonsense. */
const MAX_SEGMENTS = 256;

/** Whether a file begins as ELF does. */
export function isElf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/**
 * Reads an executable, by physical addresses. Throws {@link LoadError}; whether it fits the machine is for the caller
 * to check.
 */
export function readElf(bytes: Uint8Array, subject = 'the kernel'): ElfImage {
  const file = new FileView(bytes, subject);
  if (!isElf(bytes)) throw new LoadError('not-a-kernel', `${subject} is not an ELF file`);
  const layout = checkIdentification(file);
  const machine = checkMachine(file);
  if (file.u16(16, 'the type of the ELF file') !== 2) {
    throw new LoadError(
      'not-a-kernel',
      `${subject} is an ELF file, but not an executable with fixed addresses`,
    );
  }
  const segments = readSegments(file, layout);
  const entry = layout.word(file, layout.entry);
  const placements: Placement[] = [];
  const zeroed: ZeroedRange[] = [];
  for (const { gpa, fileOffset, fileBytes, memoryBytes } of segments) {
    if (fileBytes > 0) placements.push({ gpa, bytes: file.slice(fileOffset, fileBytes, 'a segment') });
    if (memoryBytes > fileBytes) zeroed.push({ gpa: gpa + fileBytes, byteCount: memoryBytes - fileBytes });
  }
  const end = Math.max(...segments.map(({ gpa, memoryBytes }) => gpa + memoryBytes));
  return { bits: layout.bits, machine, entry, placements, zeroed, end };
}

function checkIdentification(file: FileView): HeaderLayout {
  const fileClass = file.u8(4, 'the ELF class');
  if (file.u8(5, 'the ELF byte order') !== 1) {
    throw new LoadError('wrong-architecture', `${file.subject} is for a big-endian processor`);
  }
  if (fileClass !== 1 && fileClass !== 2) {
    throw new LoadError('corrupt', `${file.subject} has no ELF class that exists: ${fileClass}`);
  }
  return fileClass === 2 ? HEADER64 : HEADER32;
}

function checkMachine(file: FileView): 'i386' | 'x86-64' {
  const machine = file.u16(18, "the ELF file's machine");
  if (machine === Machine.X86_64) return 'x86-64';
  if (machine === Machine.I386) return 'i386';
  const names: Record<number, string> = Machine.OTHERS;
  throw new LoadError(
    'wrong-architecture',
    `${file.subject} is for ${names[machine] ?? `ELF machine ${machine}`}, not for an x86 processor`,
  );
}

interface Segment {
  readonly gpa: number;
  readonly fileOffset: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
}

function readSegments(file: FileView, layout: HeaderLayout): Segment[] {
  const tableAt = layout.word(file, layout.tableOffset);
  const entryBytes = file.u16(layout.tableEntryBytes, 'the size of a program header');
  const count = file.u16(layout.tableCount, 'the number of program headers');
  if (entryBytes < layout.segment.bytes || count > MAX_SEGMENTS) {
    throw new LoadError(
      'corrupt',
      `${file.subject} has program headers that cannot be: ${count} of ${entryBytes} bytes`,
    );
  }
  const segments: Segment[] = [];
  for (let index = 0; index < count; index += 1) {
    const at = tableAt + index * entryBytes;
    if (file.u32(at, 'a program header') !== PT_LOAD) continue;
    const segment = readSegment(file, layout, at);
    if (segment.memoryBytes > 0) segments.push(segment);
  }
  if (segments.length === 0) throw new LoadError('not-a-kernel', `${file.subject} has no segment to load`);
  return segments;
}

function readSegment(file: FileView, layout: HeaderLayout, at: number): Segment {
  const { segment } = layout;
  const gpa = layout.word(file, at + segment.physicalAddress);
  const fileOffset = layout.word(file, at + segment.fileOffset);
  const fileBytes = layout.word(file, at + segment.fileBytes);
  const memoryBytes = layout.word(file, at + segment.memoryBytes);
  if (memoryBytes < fileBytes) {
    throw new LoadError(
      'corrupt',
      `${file.subject} has a segment at ${hex(gpa)} that is larger in the file than in memory`,
    );
  }
  if (gpa + memoryBytes > MAX_ADDRESS) {
    throw new LoadError(
      'does-not-fit',
      `${file.subject} has a segment at ${hex(gpa)}, beyond the first 4 GiB`,
    );
  }
  return { gpa, fileOffset, fileBytes, memoryBytes };
}
