/** A GPADL as header and bodies. VMBus, GPADL messages. */

import {
  ChannelMessageType,
  GPADL_BODY_QWORDS,
  GPADL_HEADER_QWORDS,
  GpadlBody,
  GpadlHeader,
} from '@viridian/protocols/vmbus';
import { PAGE_BYTES } from '../ring/guest-memory.ts';
import type { GpadlRangeInput } from './guest-types.ts';

const MOST_RANGE_BYTES = 0xffff & ~7;
const TWO_TO_32 = 2 ** 32;

/** The messages, in order. Throws RangeError for ranges that cannot be told, e.g. more than about 8,190 pages. */
export function gpadlMessages(
  relid: number,
  gpadl: number,
  ranges: readonly GpadlRangeInput[],
): Uint8Array[] {
  const data = rangeData(ranges);
  const messages: Uint8Array[] = [];
  const inHeader = Math.min(data.length, GPADL_HEADER_QWORDS * 8);
  const head = GpadlHeader.bytes({
    type: ChannelMessageType.GPADL_HEADER,
    relId: relid,
    gpadl,
    rangeBytes: data.length,
    rangeCount: ranges.length,
  });
  messages.push(joined(head, data.subarray(0, inHeader)));
  for (let at = inHeader; at < data.length; at += GPADL_BODY_QWORDS * 8) {
    const body = GpadlBody.bytes({ type: ChannelMessageType.GPADL_BODY, gpadl });
    messages.push(joined(body, data.subarray(at, at + GPADL_BODY_QWORDS * 8)));
  }
  return messages;
}

function joined(head: Uint8Array, data: Uint8Array): Uint8Array {
  const message = new Uint8Array(head.length + data.length);
  message.set(head);
  message.set(data, head.length);
  return message;
}

function rangeData(ranges: readonly GpadlRangeInput[]): Uint8Array {
  const words = ranges.reduce((sum, range) => sum + 1 + range.gpns.length, 0);
  if (ranges.length === 0 || words * 8 > MOST_RANGE_BYTES) {
    throw new RangeError(`a GPADL of ${ranges.length} ranges and ${words} words cannot be told`);
  }
  const data = new Uint8Array(words * 8);
  const view = new DataView(data.buffer);
  let at = 0;
  for (const { byteCount, byteOffset, gpns } of ranges) {
    if (
      byteOffset >= PAGE_BYTES ||
      byteCount <= 0 ||
      gpns.length !== Math.ceil((byteOffset + byteCount) / PAGE_BYTES)
    ) {
      throw new RangeError(
        `a range of ${byteCount} bytes from ${byteOffset} does not take ${gpns.length} pages`,
      );
    }
    view.setUint32(at, byteCount, true);
    view.setUint32(at + 4, byteOffset, true);
    at += 8;
    for (const gpn of gpns) {
      view.setUint32(at, gpn % TWO_TO_32, true);
      view.setUint32(at + 4, Math.floor(gpn / TWO_TO_32), true);
      at += 8;
    }
  }
  return data;
}
