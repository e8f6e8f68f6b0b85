/** Layouts against net-input-video.md §3 (messages, report descriptor) and §5 (trace). */

import { describe, expect, it } from 'vitest';
import { describeGolden, hex } from '../../test/golden.ts';
import * as synthhid from './index.ts';

const HEADER = 'type@0:4 payloadBytes@4:4';

describeGolden('mouse messages', synthhid, {
  SynthHidHeader: `8: ${HEADER}`,
  SynthHidProtocolRequest: `12: ${HEADER} version@8:4`,
  SynthHidProtocolResponse: `13: ${HEADER} version@8:4 approved@12:1`,
  SynthHidDeviceInfo: `40: ${HEADER} attributesBytes@8:4 vendor@12:2 product@14:2 version@16:2`,
  HidDescriptor: `9: length@0:1 descriptorType@1:1 hidVersion@2:2 countryCode@4:1 descriptorCount@5:1 reportType@6:1
    reportBytes@7:2`,
  SynthHidDeviceInfoAck: `9: ${HEADER} reserved@8:1`,
  SynthHidMouseReport: `15: ${HEADER} report@8:7`,
  MouseReport: '7: buttons@0:1 x@1:2 y@3:2 wheel@5:2',
});

describe('mouse images', () => {
  it('the version exchange as in the trace', () => {
    const { SYNTH_HID_VERSION: version } = synthhid;
    expect(hex(synthhid.SynthHidProtocolRequest.bytes({ type: 0, payloadBytes: 4, version }))).toBe(
      '000000000400000000000200',
    );
    expect(
      hex(synthhid.SynthHidProtocolResponse.bytes({ type: 1, payloadBytes: 5, version, approved: 1 })),
    ).toBe('01000000050000000000020001');
  });

  it('describes its reports in 56 bytes, with the count of buttons in byte 15', () => {
    const { MOUSE_REPORT_DESCRIPTOR: descriptor } = synthhid;
    expect(descriptor.length).toBe(56);
    expect(descriptor[14]).not.toBe(0x25);
    expect(hex(descriptor)).toBe(
      '05010902a1010901a100150025017501950505091901290581029503810305017510950226ff7f' +
        '09300931810295011601800938' +
        '8106c0c0',
    );
  });

  it('a report with the wheel turned towards the user', () => {
    const report = synthhid.MouseReport.bytes({ buttons: 5, x: 1, y: 32767, wheel: -1 });
    expect(hex(report)).toBe('050100ff7fffff');
  });
});
