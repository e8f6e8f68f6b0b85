/** The loader's front door: bytes of a kernel in, bytes for memory and registers out. */

import type { BootImage } from './boot-image.ts';
import { isElf } from './elf/elf.ts';
import { loadBzImage, loadVmlinux } from './linux/load-linux.ts';
import { isLinuxImage } from './linux/setup-header.ts';
import { LoadError } from './load-error.ts';
import type { MemoryRange } from './memory-map.ts';

/** What to start, and in what. */
export interface LoadOptions {
  /** A bzImage or an ELF vmlinux. */
  readonly kernel: Uint8Array;
  /** The machine's memory, `pcMemoryMap(bytes)` for a PC. */
  readonly memory: readonly MemoryRange[];
  readonly commandLine?: string;
  readonly initrd?: Uint8Array;
  /** Where the ACPI tables' RSDP is, for a Linux kernel; without it the kernel searches E0000h–FFFFFh. */
  readonly rsdpGpa?: number;
  /** False lets a compressed kernel unpack itself; true unless given. */
  readonly unpack?: boolean;
}

/** Recognises a kernel and loads it. Rejects with {@link LoadError} for whatever cannot be started. */
export async function loadKernel(options: LoadOptions): Promise<BootImage> {
  const { kernel, memory, commandLine = '', initrd, rsdpGpa, unpack = true } = options;
  const linux = { memory, commandLine, initrd, rsdpGpa };
  if (isElf(kernel)) return loadVmlinux(kernel, linux);
  if (isLinuxImage(kernel)) return await loadBzImage(kernel, unpack, linux);
  throw new LoadError(
    'not-a-kernel',
    `the kernel is neither a Linux image (bzImage) nor an ELF file: it is ${describe(kernel)}`,
  );
}

function describe(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'empty';
  const first = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `${bytes.length} bytes that begin with ${first}`;
}
