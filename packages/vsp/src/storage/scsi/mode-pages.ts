/** The mode pages of a disk: caching, control, informational exceptions. SPC-4, Mode Parameters; SBC-3, Caching Mode Page. */

import type { ScsiDisk } from './scsi-disk.ts';

/** Page control field of MODE SENSE. */
export const PageControl = { CURRENT: 0, CHANGEABLE: 1, DEFAULT: 2, SAVED: 3 } as const;

/** Code that asks for every page. */
export const ALL_PAGES = 0x3f;

/** Subpage that asks for a page with all its subpages; there are none. */
export const ALL_SUBPAGES = 0xff;

/** Code of the caching page, and the bit in its byte 2 that switches the write cache. */
export const CACHING_PAGE = 0x08;
export const WCE = 0x04;

const DISABLE_READ_AHEAD = 0x20;
const CONTROL_PAGE = 0x0a;
/** Byte 3 of the control page: the unit may reorder commands as it likes. */
const UNRESTRICTED_REORDERING = 0x10;
const INFORMATIONAL_EXCEPTIONS_PAGE = 0x1c;
/** Byte 2 of that page: no failure predictions. */
const DEXCPT = 0x08;

/** Codes of the pages that a disk has, in ascending order. */
export const MODE_PAGES: readonly number[] = [CACHING_PAGE, CONTROL_PAGE, INFORMATIONAL_EXCEPTIONS_PAGE];

/** One page with its header; for CHANGEABLE the mask of the bits that MODE SELECT may change. Undefined for an unknown code. */
export function modePage(disk: ScsiDisk, code: number, control: number): Uint8Array | undefined {
  const isMask = control === PageControl.CHANGEABLE;
  const writeCache = control === PageControl.DEFAULT || disk.writeCache;
  switch (code) {
    case CACHING_PAGE: {
      const page = emptyPage(code, 0x12);
      page[2] = isMask || writeCache ? WCE : 0;
      page[12] = isMask ? 0 : DISABLE_READ_AHEAD;
      return page;
    }
    case CONTROL_PAGE: {
      const page = emptyPage(code, 0x0a);
      page[3] = isMask ? 0 : UNRESTRICTED_REORDERING;
      return page;
    }
    case INFORMATIONAL_EXCEPTIONS_PAGE: {
      const page = emptyPage(code, 0x0a);
      page[2] = isMask ? 0 : DEXCPT;
      return page;
    }
    default:
      return undefined;
  }
}

function emptyPage(code: number, lengthBytes: number): Uint8Array {
  const page = new Uint8Array(2 + lengthBytes);
  page[0] = code;
  page[1] = lengthBytes;
  return page;
}
