/** Numbers and offsets of multiboot (Multiboot Specification 0.6.96, OS image format; Boot information format). */

export const HEADER_MAGIC = 0x1bad_b002;
/** In EAX at the entry. */
export const BOOTLOADER_MAGIC = 0x2bad_b002;
/** The header lies within the first bytes of the file. */
export const HEADER_SEARCH_BYTES = 8192;

/** Flags of the header. Page-aligned modules and memory information (bits 0 and 1) are always given. */
export const HeaderFlag = { VIDEO_MODE: 0x4, UNKNOWN_NEEDS: 0xfff8, ADDRESSES: 0x1_0000 } as const;

/** Flags of the boot information: which fields are valid. */
export const InfoFlag = { MEMORY: 0x1, CMDLINE: 0x4, MODULES: 0x8, MMAP: 0x40, LOADER_NAME: 0x200 } as const;

/** Fields of the boot information. */
export const Info = {
  FLAGS: 0,
  MEM_LOWER: 4,
  MEM_UPPER: 8,
  CMDLINE: 16,
  MODS_COUNT: 20,
  MODS_ADDR: 24,
  MMAP_LENGTH: 44,
  MMAP_ADDR: 48,
  BOOT_LOADER_NAME: 64,
  BYTES: 116,
} as const;

/** An entry of the module list: start, end, string, reserved. */
export const MODULE_BYTES = 16;
/** An entry of the memory map, with the size in front that does not count itself. */
export const MMAP_ENTRY_BYTES = 24;
