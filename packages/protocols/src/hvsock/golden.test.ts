/** Layout and numbers against vmbus.md §8. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeGolden, hex } from '../../test/golden.ts';
import { PipeUserData } from '../vmbus/index.ts';
import * as hvsock from './index.ts';

describeGolden('sockets', hvsock, {
  HvsockUserData: '120: pipeType@0:4 direction@4:1 isForContainer@5:1 version@6:4 siloId@10:16',
});

describe('sockets', () => {
  it('put their part of the offer behind the pipe type', () => {
    expect(hvsock.HVSOCK_OFFER_FLAGS).toBe(0x2011);
    expect(PipeUserData.offsets.userData).toBe(hvsock.HvsockUserData.offsets.direction);
    const { HOST_CONNECTS } = hvsock.HvsockDirection;
    expect(hex(hvsock.HvsockUserData.bytes({ direction: HOST_CONNECTS }).subarray(0, 8))).toBe(
      '0000000001000000',
    );
  });

  it('know services by port', () => {
    expect(hvsock.serviceIdOfPort(0x1234)).toBe('00001234-facb-11e6-bd58-64006a7986d3');
    expect(hvsock.portOfServiceId('00001234-FACB-11e6-bd58-64006a7986d3')).toBe(0x1234);
    expect(hvsock.portOfServiceId('00001234-facb-11e6-bd58-64006a7986d4')).toBeUndefined();
    fc.assert(
      fc.property(fc.nat({ max: 0xffff_ffff }), (port) => {
        expect(hvsock.portOfServiceId(hvsock.serviceIdOfPort(port))).toBe(port);
      }),
    );
  });
});
