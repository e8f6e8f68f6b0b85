/** Layouts against vmbus.md §7. */

import { describe, expect, it } from 'vitest';
import { describeGolden, hex } from '../../test/golden.ts';
import * as balloon from './index.ts';

const HEADER = 'type@0:2 messageBytes@2:2 transactionId@4:4';

describeGolden('memory messages', balloon, {
  BalloonHeader: `8: ${HEADER}`,
  BalloonPageRange: '8: {firstPage=39:0,pageCount=63:40}',
  BalloonVersionRequest: `16: ${HEADER} version@8:4 isLastAttempt@12:4`,
  BalloonAcceptance: `16: ${HEADER} isAccepted@8:4`,
  BalloonCapabilities: `32: ${HEADER} capabilities@8:8{balloon=0,hotAdd=1,hotAddAlignment=5:2} minimumPages@16:8
    maximumPage@24:8`,
  BalloonStatus: `48: ${HEADER} availablePages@8:8 committedPages@16:8 pageFilePages@24:8 zeroFreePages@32:8
    pageFileWrites@40:4 ioDifference@44:4`,
  BalloonRequest: `16: ${HEADER} pageCount@8:4`,
  BalloonResponse: `16: ${HEADER} ranges@12:4{more=0,rangeCount=31:1}`,
  UnballoonRequest: `16: ${HEADER} more@8:4 rangeCount@12:4`,
  UnballoonResponse: `8: ${HEADER}`,
});

describe('memory images', () => {
  it('capabilities as Linux reports them: balloon, hot-add, 128 MiB', () => {
    const image = balloon.BalloonCapabilities.bytes({
      type: balloon.BalloonMessageType.CAPABILITIES_REPORT,
      messageBytes: 32,
      transactionId: 2,
      capabilities: { balloon: 1, hotAdd: 1, hotAddAlignment: 7 },
      maximumPage: 0xffff_ffff_ffff_ffffn,
    });
    expect(hex(image)).toBe(
      '0300200002000000' + '1f00000000000000' + '0000000000000000' + 'ffffffffffffffff',
    );
  });

  it('a range of 512 pages at 0x12345', () => {
    expect(balloon.BalloonPageRange.encode({ firstPage: 0x12345, pageCount: 512 })).toBe(
      0x0002_0000_0001_2345n,
    );
  });

  it('a full message', () => {
    const bytes = balloon.BalloonResponse.size + balloon.BALLOON_MOST_RANGES * balloon.BalloonPageRange.size;
    expect(bytes).toBe(balloon.BALLOON_MESSAGE_BYTES);
  });
});
