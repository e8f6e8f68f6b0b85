/** Loading a multiboot kernel with its modules (Multiboot Specification 0.6.96, Machine state). */

import type { BootImage, Placement, ZeroedRange } from '../boot-image.ts';
import { readElf } from '../elf/elf.ts';
import { entryState32, flatGdt } from '../entry-state.ts';
import { FileView } from '../file-view.ts';
import { LoadError } from '../load-error.ts';
import { checkRanges, type MemoryRange, namedRanges } from '../memory-map.ts';
import { bootInformation, type PlacedModule } from './boot-information.ts';
import type { FlatLayout, MultibootHeader } from './multiboot-header.ts';
import { BOOTLOADER_MAGIC } from './spec.ts';

/** A file that goes to memory beside the kernel. */
export interface BootModule {
  readonly bytes: Uint8Array;
  /** What the module is told; by custom its name comes first. */
  readonly commandLine: string;
}

/** What a multiboot kernel is started with. */
export interface MultibootOptions {
  readonly memory: readonly MemoryRange[];
  /** By custom the kernel's name comes first. */
  readonly commandLine: string;
  readonly modules: readonly BootModule[];
}

/** The kernel itself is at 1 MiB or above, the loader's structures below. */
const Layout = { GDT: 0x8000, INFORMATION: 0x1_0000, INFORMATION_BYTES: 0x4_0000 } as const;
const PAGE_BYTES = 4096;

/** Loads a kernel whose header was found. Throws {@link LoadError}. */
export function loadMultiboot(
  kernel: Uint8Array,
  header: MultibootHeader,
  options: MultibootOptions,
): BootImage {
  const { memory, commandLine } = options;
  const image =
    header.flat === undefined ? readElf(kernel, 'the multiboot kernel') : placeFlat(kernel, header.flat);
  checkRanges(memory, namedRanges('the kernel', image.placements, image.zeroed));
  const modules = placeModules(image.end, options.modules);
  const information = bootInformation(Layout.INFORMATION, Layout.INFORMATION_BYTES, {
    commandLine,
    memory,
    modules: modules.map(({ gpa, bytes }, index): PlacedModule => {
      return { gpa, byteCount: bytes.length, commandLine: options.modules[index]!.commandLine };
    }),
  });
  const structures: Placement[] = [flatGdt(Layout.GDT, 32), { gpa: Layout.INFORMATION, bytes: information }];
  checkRanges(memory, [
    ...namedRanges("the loader's tables", structures),
    ...namedRanges('the kernel', image.placements, image.zeroed),
    ...modules.flatMap((module, index) => namedRanges(`module ${index}`, [module])),
  ]);
  return {
    protocol: 'multiboot',
    placements: [...structures, ...image.placements, ...modules],
    zeroed: image.zeroed,
    entry: entryState32(image.entry, Layout.GDT, { rax: BOOTLOADER_MAGIC, rbx: Layout.INFORMATION }),
  };
}

interface KernelImage {
  readonly entry: number;
  readonly placements: readonly Placement[];
  readonly zeroed: readonly ZeroedRange[];
  readonly end: number;
}

function placeFlat(kernel: Uint8Array, flat: FlatLayout): KernelImage {
  const { loadGpa, fileOffset, fileBytes, memoryBytes, entry } = flat;
  const bytes = new FileView(kernel, 'the multiboot kernel').slice(fileOffset, fileBytes, 'the image');
  const end = loadGpa + memoryBytes;
  if (entry < loadGpa || entry >= end) {
    throw new LoadError('corrupt', 'the multiboot kernel begins outside of itself');
  }
  const zeroed =
    memoryBytes > fileBytes ? [{ gpa: loadGpa + fileBytes, byteCount: memoryBytes - fileBytes }] : [];
  return { entry, placements: [{ gpa: loadGpa, bytes }], zeroed, end };
}

/** In whole pages behind the kernel. */
function placeModules(kernelEnd: number, modules: readonly BootModule[]): Placement[] {
  let gpa = kernelEnd;
  return modules.map(({ bytes }) => {
    gpa = Math.ceil(gpa / PAGE_BYTES) * PAGE_BYTES;
    const placement = { gpa, bytes };
    gpa += bytes.length;
    return placement;
  });
}
