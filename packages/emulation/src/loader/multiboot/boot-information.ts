/** The boot information that a multiboot kernel finds by EBX (Multiboot Specification 0.6.96, Boot information format). */

import { LoadError } from '../load-error.ts';
import { highRamEnd, type MemoryRange, MemoryType } from '../memory-map.ts';
import { Info, InfoFlag, MMAP_ENTRY_BYTES, MODULE_BYTES } from './spec.ts';

const LOADER_NAME = 'Viridian';
const HIGH_START = 0x10_0000;
const KIB = 1024;

/** A module in memory. */
export interface PlacedModule {
  readonly gpa: number;
  readonly byteCount: number;
  readonly commandLine: string;
}

/** What the information tells. */
export interface BootInformation {
  readonly commandLine: string;
  readonly modules: readonly PlacedModule[];
  readonly memory: readonly MemoryRange[];
}

/** The structure and all that it points to, as one block for `gpa` of at most `mostBytes`. */
export function bootInformation(gpa: number, mostBytes: number, contents: BootInformation): Uint8Array {
  const { commandLine, modules, memory } = contents;
  const modulesAt = Info.BYTES;
  const mmapAt = modulesAt + modules.length * MODULE_BYTES;
  const strings = new Strings(mmapAt + memory.length * MMAP_ENTRY_BYTES);
  const cmdlineAt = strings.add(commandLine);
  const nameAt = strings.add(LOADER_NAME);
  const moduleStringsAt = modules.map((module) => strings.add(module.commandLine));
  if (strings.end > mostBytes) {
    throw new LoadError('options', 'the command lines of the kernel and its modules are too long together');
  }
  const block = new Uint8Array(strings.end);
  const view = new DataView(block.buffer);
  const u32 = (at: number, value: number): void => view.setUint32(at, value, true);
  const { MEMORY, CMDLINE, MODULES, MMAP, LOADER_NAME: NAME } = InfoFlag;
  u32(Info.FLAGS, MEMORY | CMDLINE | MODULES | MMAP | NAME);
  u32(Info.MEM_LOWER, lowRamBytes(memory) / KIB);
  u32(Info.MEM_UPPER, Math.max(0, highRamEnd(memory) - HIGH_START) / KIB);
  u32(Info.CMDLINE, gpa + cmdlineAt);
  u32(Info.MODS_COUNT, modules.length);
  u32(Info.MODS_ADDR, gpa + modulesAt);
  u32(Info.MMAP_LENGTH, memory.length * MMAP_ENTRY_BYTES);
  u32(Info.MMAP_ADDR, gpa + mmapAt);
  u32(Info.BOOT_LOADER_NAME, gpa + nameAt);
  modules.forEach((module, index) => {
    const at = modulesAt + index * MODULE_BYTES;
    u32(at, module.gpa);
    u32(at + 4, module.gpa + module.byteCount);
    u32(at + 8, gpa + moduleStringsAt[index]!);
  });
  for (const [index, range] of memory.entries()) writeRange(view, mmapAt + index * MMAP_ENTRY_BYTES, range);
  strings.copyTo(block);
  return block;
}

function lowRamBytes(memory: readonly MemoryRange[]): number {
  return memory.find(({ gpa, type }) => gpa === 0 && type === MemoryType.RAM)?.byteCount ?? 0;
}

function writeRange(view: DataView, at: number, { gpa, byteCount, type }: MemoryRange): void {
  view.setUint32(at, MMAP_ENTRY_BYTES - 4, true);
  view.setUint32(at + 4, gpa >>> 0, true);
  view.setUint32(at + 8, Math.floor(gpa / 2 ** 32), true);
  view.setUint32(at + 12, byteCount >>> 0, true);
  view.setUint32(at + 16, Math.floor(byteCount / 2 ** 32), true);
  view.setUint32(at + 20, type, true);
}

/** Strings with their ends, one behind the other. */
class Strings {
  readonly #parts: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  end: number;

  constructor(start: number) {
    this.end = start;
  }

  add(text: string): number {
    if (text.includes('\0')) throw new LoadError('options', 'a command line has a NUL in it');
    const bytes = new TextEncoder().encode(`${text}\0`);
    const at = this.end;
    this.#parts.push({ at, bytes });
    this.end += bytes.length;
    return at;
  }

  copyTo(block: Uint8Array): void {
    for (const { at, bytes } of this.#parts) block.set(bytes, at);
  }
}
