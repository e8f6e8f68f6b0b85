/** The loader's front door: bytes of a kernel in, bytes for memory and registers out. */

import type { BootImage } from './boot-image.ts';
import { isElf } from './elf/elf.ts';
import { loadBzImage, loadVmlinux } from './linux/load-linux.ts';
import { isLinuxImage } from './linux/setup-header.ts';
import { LoadError } from './load-error.ts';
import type { MemoryRange } from './memory-map.ts';
import { type BootModule, loadMultiboot } from './multiboot/load-multiboot.ts';
import { readMultibootHeader } from './multiboot/multiboot-header.ts';

/** What to start, and in what. */
export interface LoadOptions {
  /** A bzImage, an ELF vmlinux, or a multiboot kernel. */
  readonly kernel: Uint8Array;
  /** The machine's memory, `pcMemoryMap(bytes)` for a PC. */
  readonly memory: readonly MemoryRange[];
  readonly commandLine?: string;
  /** For Linux the initial RAM disk; a multiboot kernel gets it as its first module. */
  readonly initrd?: Uint8Array;
  /** Further modules of a multiboot kernel; Linux takes none. */
  readonly modules?: readonly BootModule[];
  /** The kernel's name: multiboot kernels expect it in front of their command line. */
  readonly kernelName?: string;
  /** Where the ACPI tables' RSDP is, for a Linux kernel; without it the kernel searches E0000h–FFFFFh. */
  readonly rsdpGpa?: number;
  /** False lets a compressed kernel unpack itself; true unless given. */
  readonly unpack?: boolean;
}

/** Recognises a kernel and loads it. Rejects with {@link LoadError} for whatever cannot be started. */
export async function loadKernel(options: LoadOptions): Promise<BootImage> {
  const { kernel } = options;
  if (isLinuxImage(kernel)) return await loadBzImage(kernel, options.unpack ?? true, linuxOptions(options));
  const multiboot = readMultibootHeader(kernel);
  if (multiboot !== undefined && (isElf(kernel) || multiboot.flat !== undefined)) {
    return loadMultiboot(kernel, multiboot, multibootOptions(options));
  }
  if (isElf(kernel)) return loadVmlinux(kernel, linuxOptions(options));
  throw new LoadError(
    'not-a-kernel',
    `the kernel is no Linux image (bzImage), ELF file or multiboot kernel: it is ${describe(kernel)}`,
  );
}

function linuxOptions({ memory, commandLine = '', initrd, modules, rsdpGpa }: LoadOptions) {
  if (modules !== undefined && modules.length > 0) {
    throw new LoadError('options', 'modules are for multiboot kernels: a Linux kernel takes an initrd only');
  }
  return { memory, commandLine, initrd, rsdpGpa };
}

function multibootOptions({ memory, commandLine = '', initrd, modules = [], kernelName }: LoadOptions) {
  const first = initrd === undefined ? [] : [{ bytes: initrd, commandLine: 'initrd' }];
  return {
    memory,
    commandLine: kernelName === undefined ? commandLine : `${kernelName} ${commandLine}`.trimEnd(),
    modules: [...first, ...modules],
  };
}

function describe(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'empty';
  const first = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `${bytes.length} bytes that begin with ${first}`;
}
