/** Layouts against net-input-video.md §2 (messages) and §5 (trace). */

import { describe, expect, it } from 'vitest';
import { describeGolden, hex } from '../../test/golden.ts';
import * as synthkbd from './index.ts';

describeGolden('keyboard messages', synthkbd, {
  SynthKbdHeader: '4: type@0:4',
  SynthKbdProtocolRequest: '8: type@0:4 version@4:4',
  SynthKbdProtocolResponse: '8: type@0:4 status@4:4',
  SynthKbdKeystroke: '12: type@0:4 makeCode@4:2 info@8:4',
  SynthKbdLedIndicators: '8: type@0:4 leds@4:2',
});

describe('keyboard images', () => {
  it('the opening, and A down and up, as in the trace', () => {
    const { SynthKbdMessageType: Type, SynthKbdKeystroke, KeystrokeInfo } = synthkbd;
    const request = { type: Type.PROTOCOL_REQUEST, version: synthkbd.SYNTH_KBD_VERSION };
    expect(hex(synthkbd.SynthKbdProtocolRequest.bytes(request))).toBe('0100000000000100');
    const response = { type: Type.PROTOCOL_RESPONSE, status: synthkbd.SYNTH_KBD_ACCEPTED };
    expect(hex(synthkbd.SynthKbdProtocolResponse.bytes(response))).toBe('0200000001000000');
    const key = { type: Type.EVENT, makeCode: 0x1e };
    expect(hex(SynthKbdKeystroke.bytes(key))).toBe('030000001e00000000000000');
    expect(hex(SynthKbdKeystroke.bytes({ ...key, info: KeystrokeInfo.IS_BREAK }))).toBe(
      '030000001e00000002000000',
    );
  });
});
