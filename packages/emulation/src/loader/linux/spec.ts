/** Offsets of the setup header and of the zero page (Linux, "The Linux/x86 Boot Protocol"; "Zero Page"). */

/** First byte of the header, in the file as in the zero page. */
export const HEADER_START = 0x1f1;
/** The zero page has no room for a longer one. */
export const HEADER_END = 0x290;
export const SECTOR_BYTES = 512;
/** "HdrS". */
export const HDRS: readonly number[] = [0x48, 0x64, 0x72, 0x53];
/** xloadflags: there is a 64-bit entry. */
export const XLF_KERNEL_64 = 0x01;
/** type_of_loader of a loader without a number of its own; with 0 the kernel ignores the initrd. */
export const LOADER_UNDEFINED = 0xff;

/** Fields of the header. */
export const Field = {
  SETUP_SECTS: 0x1f1,
  SYSSIZE: 0x1f4,
  BOOT_FLAG: 0x1fe,
  JUMP_OFFSET: 0x201,
  HEADER: 0x202,
  VERSION: 0x206,
  TYPE_OF_LOADER: 0x210,
  LOADFLAGS: 0x211,
  CODE32_START: 0x214,
  RAMDISK_IMAGE: 0x218,
  RAMDISK_SIZE: 0x21c,
  CMD_LINE_PTR: 0x228,
  INITRD_ADDR_MAX: 0x22c,
  KERNEL_ALIGNMENT: 0x230,
  XLOADFLAGS: 0x236,
  CMDLINE_SIZE: 0x238,
  PAYLOAD_OFFSET: 0x248,
  PAYLOAD_LENGTH: 0x24c,
  PREF_ADDRESS: 0x258,
  INIT_SIZE: 0x260,
} as const;

/** Fields of the zero page outside the header. */
export const ZeroPage = {
  BYTES: 4096,
  ACPI_RSDP_ADDR: 0x070,
  E820_ENTRIES: 0x1e8,
  E820_TABLE: 0x2d0,
  E820_ENTRY_BYTES: 20,
  E820_MAX: 128,
} as const;
