/** The header in front of a Linux kernel (Linux, "The Linux/x86 Boot Protocol", The Real-Mode Kernel Header). */

import { FileView } from '../file-view.ts';
import { LoadError } from '../load-error.ts';
import { Field, HDRS, HEADER_END, HEADER_START, SECTOR_BYTES, XLF_KERNEL_64 } from './spec.ts';

/** The fields that decide how a kernel is loaded. */
export interface SetupHeader {
  /** Version of the boot protocol, e.g. 020Fh. */
  readonly version: number;
  /** The header's bytes from 1F1h on, for the zero page. */
  readonly bytes: Uint8Array;
  /** Where the protected-mode part begins in the file. */
  readonly protectedModeOffset: number;
  /** How long it is; a signature may follow. */
  readonly protectedModeBytes: number;
  /** The kernel can be entered in 64-bit mode, at 200h from its start. */
  readonly has64BitEntry: boolean;
  /** Highest address that a byte of the initrd may have. */
  readonly initrdAddrMax: number;
  /** Most bytes of the command line, without its end. */
  readonly cmdlineBytes: number;
  /** Where the kernel would like to be. */
  readonly prefAddress: number;
  /** Memory that it needs from there on while it unpacks itself. */
  readonly initBytes: number;
  /** The packed kernel within the protected-mode part; undefined when the header does not say. */
  readonly payload: { readonly offset: number; readonly byteCount: number } | undefined;
}

/** Version 2.08: the payload's place is told. */
const TELLS_PAYLOAD = 0x0208;
/** Version 2.10: preferred address and memory needed are told. */
const TELLS_ADDRESS = 0x020a;
/** Version 2.12: 64-bit entry is told. */
const TELLS_64_BIT = 0x020c;
const OLD_CMDLINE_BYTES = 255;
const OLD_ADDRESS = 0x10_0000;
const PARAGRAPH_BYTES = 16;

/** Whether a file carries a Linux kernel's magic. */
export function isLinuxImage(bytes: Uint8Array): boolean {
  return HDRS.every((byte, index) => bytes[Field.HEADER + index] === byte);
}

/**
 * Reads the header. Throws {@link LoadError}: not a kernel, too old (before version 2.06, where the command line's length
 * was told first), truncated.
 */
export function readSetupHeader(bytes: Uint8Array): SetupHeader {
  const file = new FileView(bytes, 'the kernel');
  if (!isLinuxImage(bytes) || file.u16(Field.BOOT_FLAG, 'the boot flag') !== 0xaa55) {
    throw new LoadError('not-a-kernel', 'the kernel has no header of a Linux image (bzImage)');
  }
  const version = file.u16(Field.VERSION, 'the protocol version');
  if (version < 0x0206) {
    const text = `${version >> 8}.${String(version & 0xff).padStart(2, '0')}`;
    throw new LoadError('unsupported', `the kernel speaks boot protocol ${text}, older than 2.06`);
  }
  if ((file.u8(Field.LOADFLAGS, 'the load flags') & 1) === 0) {
    throw new LoadError('unsupported', 'the kernel is a zImage, which loads below 1 MiB');
  }
  const end = Math.min(Field.HEADER + file.u8(Field.JUMP_OFFSET, 'the jump'), HEADER_END);
  const header = file.slice(HEADER_START, end - HEADER_START, 'the header');
  const u32 = (at: number): number => (at + 4 <= end ? file.u32(at, 'the header') : 0);
  const sectors = file.u8(Field.SETUP_SECTS, 'the header') || 4;
  const tellsAddress = version >= TELLS_ADDRESS;
  return {
    version,
    bytes: header,
    protectedModeOffset: (sectors + 1) * SECTOR_BYTES,
    protectedModeBytes: u32(Field.SYSSIZE) * PARAGRAPH_BYTES,
    has64BitEntry:
      version >= TELLS_64_BIT && (file.u16(Field.XLOADFLAGS, 'the header') & XLF_KERNEL_64) !== 0,
    initrdAddrMax: u32(Field.INITRD_ADDR_MAX),
    cmdlineBytes: u32(Field.CMDLINE_SIZE) || OLD_CMDLINE_BYTES,
    prefAddress: tellsAddress ? u32(Field.PREF_ADDRESS) + u32(Field.PREF_ADDRESS + 4) * 2 ** 32 : OLD_ADDRESS,
    initBytes: tellsAddress ? u32(Field.INIT_SIZE) : 0,
    payload:
      version >= TELLS_PAYLOAD && u32(Field.PAYLOAD_LENGTH) > 0
        ? { offset: u32(Field.PAYLOAD_OFFSET), byteCount: u32(Field.PAYLOAD_LENGTH) }
        : undefined,
  };
}
