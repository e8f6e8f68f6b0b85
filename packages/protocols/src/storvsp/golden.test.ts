/** Layouts against vmbus.md §5, table "vstor packet", and §5.2 (SRB). */

import { describe, expect, it } from 'vitest';
import { describeGolden, hex } from '../../test/golden.ts';
import * as storvsp from './index.ts';

const HEADER = 'operation@0:4 flags@4:4 status@8:4';
// Offsets in the whole packet; the payload forms begin at 12.
const SRB = `length@12:2 srbStatus@14:1 scsiStatus@15:1 portNumber@16:1 pathId@17:1 targetId@18:1 lun@19:1 cdbLength@20:1
  senseLength@21:1 dataIn@22:1 properties@23:1 dataTransferLength@24:4 cdbOrSense@28:20`;
const SRB_WIN8 = 'queueTag@50:1 queueAction@51:1 srbFlags@52:4 timeoutSeconds@56:4 queueSortKey@60:4';
const inPayload = (text: string) => text.replace(/@(\d+):/g, (_, at) => `@${Number(at) - 12}:`);

describeGolden('storage packets', storvsp, {
  VstorPacketHeader: `12: ${HEADER}`,
  VstorPacket: `64: ${HEADER} payload@12:52`,
  VstorSrbPacket: `64: ${HEADER} ${SRB} ${SRB_WIN8}`,
  VmscsiRequest: `52: ${inPayload(`${SRB} ${SRB_WIN8}`)}`,
  VmscsiRequestWin7: `36: ${inPayload(SRB)}`,
  VmstorageProtocolVersion: `4: ${inPayload('majorMinor@12:2 build@14:2')}`,
  VmstorageChannelProperties: `24: ${inPayload('maxSubChannels@16:2 flags@20:4 maxTransferBytes@24:4')}`,
  VmstorageSubChannels: `2: ${inPayload('subChannelCount@12:2')}`,
  VmfcHbaData: `36: ${inPayload(
    'primaryActive@12:1 primaryPortName@16:8 primaryNodeName@24:8 secondaryPortName@32:8 secondaryNodeName@40:8',
  )}`,
});

describe('storage images', () => {
  it('READ(10) of 8 blocks from block 0x1234 on LUN 1, as Linux sends it', () => {
    const image = storvsp.VstorSrbPacket.bytes({
      operation: storvsp.VstorOperation.EXECUTE_SRB,
      flags: storvsp.VSTOR_FLAG_REQUEST_COMPLETION,
      length: storvsp.SRB_BYTES,
      lun: 1,
      cdbLength: 10,
      senseLength: storvsp.SRB_SENSE_BYTES,
      dataIn: storvsp.SrbDataIn.READ,
      dataTransferLength: 4096,
      cdbOrSense: Uint8Array.of(0x28, 0, 0, 0, 0x12, 0x34, 0, 0, 8, 0),
      srbFlags: storvsp.SrbFlag.DISABLE_SYNCH_TRANSFER | storvsp.SrbFlag.DATA_IN,
      timeoutSeconds: storvsp.SRB_DEFAULT_TIMEOUT_SECONDS,
    });
    expect(hex(image)).toBe(
      [
        '030000000100000000000000',
        '340000000000000' + '10a140100' + '00100000',
        '28000000123400000800000000000000' + '00000000',
        '00000000' + '48000000' + '3c000000' + '00000000',
      ].join(''),
    );
  });

  it('versions and properties', () => {
    const { StorvspVersion, vstorPacketBytes } = storvsp;
    expect(hex(storvsp.VmstorageProtocolVersion.bytes({ majorMinor: StorvspVersion.WIN10 }))).toBe(
      '02060000',
    );
    expect(
      hex(
        storvsp.VmstorageChannelProperties.bytes({ maxSubChannels: 1, flags: 1, maxTransferBytes: 0x40000 }),
      ),
    ).toBe('0000000001000000' + '0100000000000400' + '0000000000000000');
    expect(Object.values(StorvspVersion).map(vstorPacketBytes)).toEqual([48, 48, 64, 64, 64]);
    expect(storvsp.LINUX_STORVSC_VERSIONS).toEqual([0x602, 0x600, 0x501]);
  });
});

describe('storage tables', () => {
  it('sizes agree with the structures', () => {
    expect(storvsp.VmscsiRequest.size).toBe(storvsp.SRB_BYTES);
    expect(storvsp.VmscsiRequestWin7.size).toBe(storvsp.SRB_BYTES_WIN7);
    expect(storvsp.VstorSrbPacket.size).toBe(storvsp.VSTOR_PACKET_BYTES);
    expect(storvsp.VSTOR_PAYLOAD_OFFSET + storvsp.SRB_BYTES_WIN7).toBe(storvsp.VSTOR_PACKET_BYTES_WIN7);
    expect(storvsp.VstorPacketHeader.size).toBe(storvsp.VSTOR_PAYLOAD_OFFSET);
  });

  it.each(
    Object.entries({
      VstorOperation: storvsp.VstorOperation,
      SrbStatus: storvsp.SrbStatus,
      SrbFlag: storvsp.SrbFlag,
      StorvspVersion: storvsp.StorvspVersion,
    }),
  )('%s has no number twice', (_, table) => {
    const numbers = Object.values(table);
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});
