/** The mode pages of a disk: caching, control, informational exceptions. SPC-4, Mode Parameters; SBC-3, Caching Mode Page. */

import { CachingPage, ModePage } from '@viridian/protocols/scsi';
import { bits, pad, struct, u8 } from '@viridian/wire';
import type { ScsiDisk } from './scsi-disk.ts';

/** Page control field of MODE SENSE: which values of a page are wanted. */
export const PageControl = { CURRENT: 0, CHANGEABLE: 1, DEFAULT: 2, SAVED: 3 } as const;

/** Byte 0 of a page, and a page of which nothing is set but some bits of the first bytes. SPC-4, Mode Page Format. */
export const ModePageCode = bits(u8, { code: [0, 6], subpageFormat: [6, 1], savable: [7, 1] });

/** SPC-4, Control Mode Page. `queueAlgorithm` 1: the unit may reorder commands as it likes. */
const ControlPage = struct('Control mode page', 12, {
  page: ModePageCode,
  pageLength: u8,
  flags2: u8,
  queueing: bits(u8, { queueErrorManagement: [1, 2], queueAlgorithm: [4, 4] }),
  rest: pad(8),
});

/** SPC-4, Informational Exceptions Control Mode Page. */
const InformationalExceptionsPage = struct('Informational exceptions control mode page', 12, {
  page: ModePageCode,
  pageLength: u8,
  flags: bits(u8, { disableExceptions: [3, 1] }),
  rest: pad(9),
});

const INFORMATIONAL_EXCEPTIONS = 0x1c;
/** SBC-3, Caching Mode Page, byte 12: no read-ahead by the unit. */
const DISABLE_READ_AHEAD = 0x20;
/** A page's length field does not count the two bytes up to itself. */
const UNCOUNTED_BYTES = 2;

/** Codes of the pages that a disk has, in ascending order. */
export const MODE_PAGES: readonly number[] = [ModePage.CACHING, ModePage.CONTROL, INFORMATIONAL_EXCEPTIONS];

/** One page with its header; for CHANGEABLE the mask of the bits that MODE SELECT may change. Undefined for an unknown code. */
export function modePage(disk: ScsiDisk, code: number, control: number): Uint8Array | undefined {
  // Nothing but the write cache can be changed.
  const isMask = control === PageControl.CHANGEABLE;
  const page = { code };
  switch (code) {
    case ModePage.CACHING: {
      const isOn = isMask || (control === PageControl.DEFAULT ? disk.defaultWriteCache : disk.writeCache);
      return CachingPage.bytes({
        page,
        pageLength: CachingPage.size - UNCOUNTED_BYTES,
        flags: { writeCacheEnable: isOn ? 1 : 0 },
        flags2: isMask ? 0 : DISABLE_READ_AHEAD,
      });
    }
    case ModePage.CONTROL:
      return ControlPage.bytes({
        page,
        pageLength: ControlPage.size - UNCOUNTED_BYTES,
        queueing: { queueAlgorithm: isMask ? 0 : 1 },
      });
    case INFORMATIONAL_EXCEPTIONS:
      return InformationalExceptionsPage.bytes({
        page,
        pageLength: InformationalExceptionsPage.size - UNCOUNTED_BYTES,
        flags: { disableExceptions: isMask ? 0 : 1 },
      });
    default:
      return undefined;
  }
}
