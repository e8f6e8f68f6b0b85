/** The header by which a kernel asks for multiboot (Multiboot Specification 0.6.96, OS image format). */

import { FileView } from '../file-view.ts';
import { LoadError } from '../load-error.ts';
import { HEADER_MAGIC, HEADER_SEARCH_BYTES, HeaderFlag } from './spec.ts';

/** A kernel that says itself where it goes, instead of by ELF headers. */
export interface FlatLayout {
  /** Where in the file loading begins. */
  readonly fileOffset: number;
  readonly loadGpa: number;
  readonly fileBytes: number;
  /** Bytes in memory, from `loadGpa`; zeros behind what the file has. */
  readonly memoryBytes: number;
  readonly entry: number;
}

/** What the header asks for. */
export interface MultibootHeader {
  /** Undefined for an ELF file that is loaded by its program headers. */
  readonly flat: FlatLayout | undefined;
}

/**
 * Finds and reads the header; undefined for a file without. Throws {@link LoadError} for one that asks for what nobody
 * gives, or contradicts itself.
 */
export function readMultibootHeader(bytes: Uint8Array): MultibootHeader | undefined {
  const file = new FileView(bytes, 'the multiboot kernel');
  const at = findHeader(file);
  if (at === undefined) return undefined;
  const flags = file.u32(at + 4, 'the header');
  if ((flags & HeaderFlag.UNKNOWN_NEEDS) !== 0) {
    throw new LoadError(
      'unsupported',
      `the multiboot kernel needs what is not known here: flags ${flags.toString(16)}h`,
    );
  }
  if ((flags & HeaderFlag.VIDEO_MODE) !== 0) {
    throw new LoadError(
      'unsupported',
      'the multiboot kernel needs a video mode to be set, which there is not',
    );
  }
  return { flat: (flags & HeaderFlag.ADDRESSES) === 0 ? undefined : readAddresses(file, at) };
}

function findHeader(file: FileView): number | undefined {
  const end = Math.min(file.length, HEADER_SEARCH_BYTES) - 12;
  for (let at = 0; at <= end; at += 4) {
    if (file.u32(at, 'the header') !== HEADER_MAGIC) continue;
    const sum = HEADER_MAGIC + file.u32(at + 4, 'the header') + file.u32(at + 8, 'the header');
    if (sum % 2 ** 32 === 0) return at;
  }
  return undefined;
}

function readAddresses(file: FileView, at: number): FlatLayout {
  const field = (index: number): number => file.u32(at + 12 + index * 4, "the header's addresses");
  const [headerAddr, loadAddr, loadEndAddr, bssEndAddr, entry] = [
    field(0),
    field(1),
    field(2),
    field(3),
    field(4),
  ];
  const fileOffset = at - (headerAddr - loadAddr);
  // 0 stands for the rest of the file, and for no zeros behind it.
  const fileBytes = loadEndAddr === 0 ? file.length - fileOffset : loadEndAddr - loadAddr;
  const memoryBytes = bssEndAddr === 0 ? fileBytes : bssEndAddr - loadAddr;
  if (headerAddr < loadAddr || fileOffset < 0 || fileBytes <= 0 || memoryBytes < fileBytes) {
    throw new LoadError('corrupt', "the multiboot kernel's addresses contradict one another");
  }
  return { fileOffset, loadGpa: loadAddr, fileBytes, memoryBytes, entry };
}
