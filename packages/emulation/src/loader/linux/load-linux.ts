/**
 * Loading a Linux kernel: its own entry or that of the vmlinux inside, initrd, command line, zero page.
 *
 * Linux, "The Linux/x86 Boot Protocol", 32-bit and 64-bit Boot Protocol.
 */

import type { BootImage, Placement, ZeroedRange } from '../boot-image.ts';
import { readElf } from '../elf/elf.ts';
import { entryState32, entryState64, flatGdt, identityTables } from '../entry-state.ts';
import { FileView } from '../file-view.ts';
import { hex, LoadError, mib } from '../load-error.ts';
import { checkRanges, highRamEnd, type MemoryRange, namedRanges } from '../memory-map.ts';
import { unpackPayload } from '../unpack/unpack.ts';
import { readSetupHeader, type SetupHeader } from './setup-header.ts';
import { zeroPage } from './zero-page.ts';

/** Where the loader's own structures go; a kernel is above 1 MiB. */
const Layout = { GDT: 0x8000, ZERO_PAGE: 0x1_0000, CMDLINE: 0x2_0000, PAGE_TABLES: 0x3_0000 } as const;

const ENTRY_64_OFFSET = 0x200;
const PAGE_BYTES = 4096;
/** Initrds of kernels without a header end here at most, as today's headers say. */
const DEFAULT_INITRD_MAX = 0x7fff_ffff;
const DEFAULT_CMDLINE_BYTES = 2047;

/** What a Linux is started with. */
export interface LinuxOptions {
  readonly memory: readonly MemoryRange[];
  readonly commandLine: string;
  readonly initrd: Uint8Array | undefined;
  readonly rsdpGpa: number | undefined;
}

/** A kernel in memory, before what is put beside it. */
interface PlacedKernel {
  readonly header: SetupHeader | undefined;
  readonly bits: 32 | 64;
  readonly entry: number;
  readonly loadGpa: number;
  readonly placements: readonly Placement[];
  readonly zeroed: readonly ZeroedRange[];
  /** Memory that the kernel itself will use at its start, whatever is in it. */
  readonly workspace: readonly ZeroedRange[];
  /** First byte that the kernel leaves free. */
  readonly end: number;
}

/** Loads a bzImage; `unpack` has the host unpack it, else the kernel does it itself. Throws {@link LoadError}. */
export async function loadBzImage(
  kernel: Uint8Array,
  unpack: boolean,
  options: LinuxOptions,
): Promise<BootImage> {
  const header = readSetupHeader(kernel);
  const file = new FileView(kernel, 'the kernel');
  if (!unpack) return assemble(placeWhole(file, header), options);
  const vmlinux = await unpackPayload(payloadOf(file, header));
  return assemble(placeVmlinux(vmlinux, header), options);
}

/** The vmlinux in a bzImage, e.g. to read its symbols. Rejects with {@link LoadError}. */
export async function unpackKernel(kernel: Uint8Array): Promise<Uint8Array> {
  return await unpackPayload(payloadOf(new FileView(kernel, 'the kernel'), readSetupHeader(kernel)));
}

/** Loads a vmlinux. Throws {@link LoadError}. */
export function loadVmlinux(vmlinux: Uint8Array, options: LinuxOptions): BootImage {
  return assemble(placeVmlinux(vmlinux, undefined), options);
}

/** The packed kernel in a bzImage, with its size at the end. */
function payloadOf(file: FileView, header: SetupHeader): Uint8Array {
  if (header.payload === undefined) {
    throw new LoadError(
      'unsupported',
      'the kernel does not tell where its payload is: start it with --no-unpack',
    );
  }
  const { offset, byteCount } = header.payload;
  return file.slice(header.protectedModeOffset + offset, byteCount, 'the packed kernel');
}

function placeVmlinux(vmlinux: Uint8Array, header: SetupHeader | undefined): PlacedKernel {
  const elf = readElf(vmlinux, header === undefined ? 'the kernel' : 'the unpacked kernel');
  return {
    header,
    bits: elf.machine === 'x86-64' ? 64 : 32,
    entry: elf.entry,
    loadGpa: elf.placements[0]?.gpa ?? elf.entry,
    placements: elf.placements,
    zeroed: elf.zeroed,
    workspace: [],
    end: elf.end,
  };
}

/** The protected-mode part as it is, at the address that it prefers, so that it need not move itself. */
function placeWhole(file: FileView, header: SetupHeader): PlacedKernel {
  const loadGpa = header.prefAddress;
  const { protectedModeOffset, protectedModeBytes } = header;
  const bytes = file.slice(protectedModeOffset, protectedModeBytes, 'the protected-mode kernel');
  const end = loadGpa + Math.max(bytes.length, header.initBytes);
  return {
    header,
    bits: header.has64BitEntry ? 64 : 32,
    entry: loadGpa + (header.has64BitEntry ? ENTRY_64_OFFSET : 0),
    loadGpa,
    placements: [{ gpa: loadGpa, bytes }],
    zeroed: [],
    workspace: [{ gpa: loadGpa + bytes.length, byteCount: end - loadGpa - bytes.length }],
    end,
  };
}

function assemble(kernel: PlacedKernel, options: LinuxOptions): BootImage {
  const { header, bits } = kernel;
  const kernelRanges = namedRanges('the kernel', kernel.placements, [...kernel.zeroed, ...kernel.workspace]);
  checkRanges(options.memory, kernelRanges);
  const cmdline: Placement = {
    gpa: Layout.CMDLINE,
    bytes: commandLineBytes(options.commandLine, header?.cmdlineBytes ?? DEFAULT_CMDLINE_BYTES),
  };
  const initrd = placeInitrd(kernel, options);
  const page = zeroPage({
    header: header?.bytes,
    loadGpa: kernel.loadGpa,
    cmdlineGpa: cmdline.gpa,
    initrd,
    rsdpGpa: options.rsdpGpa,
    memory: options.memory,
  });
  const structures: Placement[] = [
    flatGdt(Layout.GDT, bits),
    { gpa: Layout.ZERO_PAGE, bytes: page },
    cmdline,
    ...(bits === 64 ? [identityTables(Layout.PAGE_TABLES)] : []),
  ];
  const placements = [...structures, ...kernel.placements, ...(initrd === undefined ? [] : [initrd])];
  checkRanges(options.memory, [
    ...namedRanges("the loader's tables", structures),
    ...kernelRanges,
    ...namedRanges('the initrd', initrd === undefined ? [] : [initrd]),
  ]);
  const general = { rsi: Layout.ZERO_PAGE };
  return {
    protocol: bits === 64 ? 'linux-64' : 'linux-32',
    placements,
    zeroed: kernel.zeroed,
    entry:
      bits === 64
        ? entryState64(kernel.entry, Layout.GDT, Layout.PAGE_TABLES, general)
        : entryState32(kernel.entry, Layout.GDT, general),
  };
}

function commandLineBytes(text: string, mostBytes: number): Uint8Array {
  const bytes = new TextEncoder().encode(`${text}\0`);
  const room = Math.min(mostBytes, Layout.PAGE_TABLES - Layout.CMDLINE - 1);
  if (text.includes('\0')) throw new LoadError('options', 'the command line has a NUL in it');
  if (bytes.length - 1 > room) {
    throw new LoadError(
      'options',
      `the command line has ${bytes.length - 1} bytes, this kernel takes ${room}`,
    );
  }
  return bytes;
}

/** At the top of the memory that the kernel can reach at its start, in whole pages. */
function placeInitrd(kernel: PlacedKernel, options: LinuxOptions): Placement | undefined {
  const { initrd: bytes } = options;
  if (bytes === undefined || bytes.length === 0) return undefined;
  const addressMax = kernel.header?.initrdAddrMax || DEFAULT_INITRD_MAX;
  const top = Math.min(highRamEnd(options.memory), addressMax + 1);
  const gpa = Math.floor((top - bytes.length) / PAGE_BYTES) * PAGE_BYTES;
  if (gpa < kernel.end) {
    const needed = kernel.end + Math.ceil(bytes.length / PAGE_BYTES + 1) * PAGE_BYTES;
    throw new LoadError(
      'does-not-fit',
      `the initrd of ${mib(bytes.length)} does not fit: the kernel takes memory up to ${hex(kernel.end)}, usable memory ` +
        `ends at ${hex(top)}; the two need ${mib(needed)}`,
    );
  }
  return { gpa, bytes };
}
