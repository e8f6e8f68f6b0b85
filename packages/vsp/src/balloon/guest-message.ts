/** What a guest says on its memory channel, checked. Dynamic Memory Protocol. */

import {
  BalloonCapabilities,
  BalloonHeader,
  BalloonMessageType,
  BalloonPageRange,
  BalloonResponse,
  BalloonStatus,
  BalloonVersionRequest,
} from '@viridian/protocols/balloon';
import type { PageRange } from './page-ranges.ts';

/** A message of the guest. */
export type GuestMessage =
  | { readonly kind: 'version'; readonly version: number }
  | { readonly kind: 'capabilities'; readonly canBalloon: boolean }
  | { readonly kind: 'status'; readonly availablePages: bigint; readonly committedPages: bigint }
  | { readonly kind: 'balloon'; readonly ranges: readonly PageRange[]; readonly more: boolean }
  | { readonly kind: 'unballoon' }
  | { readonly kind: 'hot-add' };

/** Looks at a private copy of a packet's payload. A fixed text says what is wrong. */
export function parseGuestMessage(bytes: Uint8Array): GuestMessage | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!BalloonHeader.fits(view)) return 'message shorter than its header';
  const { type, messageBytes } = BalloonHeader.read(view);
  if (messageBytes < BalloonHeader.size) return 'message length leaves no header';
  if (messageBytes > bytes.length) return 'message length beyond the packet';
  const body = new DataView(bytes.buffer, bytes.byteOffset, messageBytes);
  switch (type) {
    case BalloonMessageType.VERSION_REQUEST:
      if (!BalloonVersionRequest.fits(body)) return 'version request cut short';
      return { kind: 'version', version: BalloonVersionRequest.read(body).version };
    case BalloonMessageType.CAPABILITIES_REPORT:
      if (!BalloonCapabilities.fits(body)) return 'capabilities cut short';
      return {
        kind: 'capabilities',
        canBalloon: BalloonCapabilities.read(body).capabilities.balloon === 1,
      };
    case BalloonMessageType.STATUS_REPORT: {
      if (!BalloonStatus.fits(body)) return 'status cut short';
      const { availablePages, committedPages } = BalloonStatus.read(body);
      return { kind: 'status', availablePages, committedPages };
    }
    case BalloonMessageType.BALLOON_RESPONSE:
      return parseRanges(body);
    case BalloonMessageType.UNBALLOON_RESPONSE:
      return { kind: 'unballoon' };
    case BalloonMessageType.HOT_ADD_RESPONSE:
      return { kind: 'hot-add' };
    default:
      return 'message of an unknown type';
  }
}

function parseRanges(body: DataView): GuestMessage | string {
  if (!BalloonResponse.fits(body)) return 'balloon response cut short';
  const { more, rangeCount } = BalloonResponse.read(body).ranges;
  if (rangeCount > (body.byteLength - BalloonResponse.size) / BalloonPageRange.size) {
    return 'more ranges than the message holds';
  }
  const ranges = Array.from({ length: rangeCount }, (_, index) => {
    const at = BalloonResponse.size + index * BalloonPageRange.size;
    const { firstPage, pageCount } = BalloonPageRange.decode(body.getBigUint64(at, true));
    return { firstGpn: firstPage, pageCount };
  });
  return { kind: 'balloon', ranges, more: more === 1 };
}
