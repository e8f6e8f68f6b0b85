/** Layouts against net-input-video.md §4.1 (messages) and §5 (trace). */

import { describe, expect, it } from 'vitest';
import { describeGolden, hex } from '../../test/golden.ts';
import * as synthvid from './index.ts';

describeGolden('video messages', synthvid, {
  SynthVidHeader: '8: type@0:4 messageBytes@4:4',
  SynthVidVersionRequest: '4: version@0:4',
  SynthVidVersionResponse: '6: version@0:4 accepted@4:1 maxVideoOutputs@5:1',
  SynthVidVramLocation: '17: userContext@0:8 isVramGpaSpecified@8:1 vramGpa@9:8',
  SynthVidAck: '8: userContext@0:8',
  SynthVidSituationUpdate: `27: userContext@0:8 videoOutputCount@8:1 active@9:1 vramOffset@10:4 depthBits@14:1
    widthPixels@15:4 heightPixels@19:4 pitchBytes@23:4`,
  SynthVidPointerPosition: '10: isVisible@0:1 videoOutput@1:1 x@2:4 y@6:4',
  SynthVidPointerShape: '18: partIndex@0:1 isArgb@1:1 widthPixels@2:4 heightPixels@6:4 hotX@10:4 hotY@14:4',
  SynthVidFeatureChange:
    '4: isDirtNeeded@0:1 isPointerPositionNeeded@1:1 isPointerShapeNeeded@2:1 isSituationNeeded@3:1',
  SynthVidDirt: '2: videoOutput@0:1 rectangleCount@1:1',
  SynthVidRectangle: '16: left@0:4 top@4:4 right@8:4 bottom@12:4',
  SynthVidBiosInfo: '16: stopDeviceSupported@0:4',
  SynthVidResolutionRequest: '1: maximumCount@0:1',
  SynthVidResolutionResponse: '131: edid@0:128 resolutionCount@128:1 defaultIndex@129:1 isStandard@130:1',
  SynthVidResolution: '4: width@0:2 height@2:2',
  SynthVidCapability: '64: lockOnDisconnect@0:4',
});

describe('video images', () => {
  it('versions and a situation as in the trace', () => {
    expect(hex(synthvid.SynthVidVersionRequest.bytes({ version: synthvid.SynthVidVersion.V3_5 }))).toBe(
      '03000500',
    );
    const situation = {
      videoOutputCount: 1,
      active: 1,
      depthBits: 32,
      widthPixels: 1024,
      heightPixels: 768,
      pitchBytes: 4096,
    };
    expect(hex(synthvid.SynthVidSituationUpdate.bytes(situation))).toBe(
      '0000000000000000' + '0101' + '00000000' + '20' + '00040000' + '00030000' + '00100000',
    );
  });

  it('has no number twice', () => {
    const numbers = Object.values(synthvid.SynthVidMessageType);
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});
