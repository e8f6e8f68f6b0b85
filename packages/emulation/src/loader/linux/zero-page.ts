/** The zero page, by which a Linux kernel learns of memory, initrd and command line (Linux, "Zero Page"). */

import type { Placement } from '../boot-image.ts';
import type { MemoryRange } from '../memory-map.ts';
import { Field, HDRS, HEADER_START, LOADER_UNDEFINED, ZeroPage } from './spec.ts';

/** What the page tells. */
export interface ZeroPageContents {
  /** The kernel's own header; one is made up for a kernel that comes without. */
  readonly header: Uint8Array | undefined;
  /** Where the kernel was loaded. */
  readonly loadGpa: number;
  readonly cmdlineGpa: number;
  readonly initrd: Placement | undefined;
  /** RSDP of the ACPI tables; without it the kernel searches below 1 MiB. */
  readonly rsdpGpa: number | undefined;
  readonly memory: readonly MemoryRange[];
}

const MADE_UP_VERSION = 0x020f;
const MADE_UP_CMDLINE_BYTES = 2047;
const LOADED_HIGH = 1;

/** The page's 4096 bytes. */
export function zeroPage(contents: ZeroPageContents): Uint8Array {
  const page = new Uint8Array(ZeroPage.BYTES);
  const view = new DataView(page.buffer);
  if (contents.header === undefined) makeUpHeader(page, view);
  else page.set(contents.header, HEADER_START);
  page[Field.TYPE_OF_LOADER] = LOADER_UNDEFINED;
  view.setUint32(Field.CODE32_START, contents.loadGpa, true);
  view.setUint32(Field.RAMDISK_IMAGE, contents.initrd?.gpa ?? 0, true);
  view.setUint32(Field.RAMDISK_SIZE, contents.initrd?.bytes.length ?? 0, true);
  view.setUint32(Field.CMD_LINE_PTR, contents.cmdlineGpa, true);
  // No text mode is announced at offset 0: firmware that could have set one does not exist.
  u64(view, ZeroPage.ACPI_RSDP_ADDR, contents.rsdpGpa ?? 0);
  const ranges = contents.memory.slice(0, ZeroPage.E820_MAX);
  page[ZeroPage.E820_ENTRIES] = ranges.length;
  ranges.forEach(({ gpa, byteCount, type }, index) => {
    const at = ZeroPage.E820_TABLE + index * ZeroPage.E820_ENTRY_BYTES;
    u64(view, at, gpa);
    u64(view, at + 8, byteCount);
    view.setUint32(at + 16, type, true);
  });
  return page;
}

/** A bare vmlinux says nothing of itself: tell it what a loader of today would. */
function makeUpHeader(page: Uint8Array, view: DataView): void {
  view.setUint16(Field.BOOT_FLAG, 0xaa55, true);
  page.set(HDRS, Field.HEADER);
  view.setUint16(Field.VERSION, MADE_UP_VERSION, true);
  page[Field.LOADFLAGS] = LOADED_HIGH;
  view.setUint32(Field.CMDLINE_SIZE, MADE_UP_CMDLINE_BYTES, true);
}

function u64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}
