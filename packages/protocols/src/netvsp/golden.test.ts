/** Layouts against net-input-video.md §1.2 (messages), §1.5 (RNDIS, per-packet information), §1.6 to §1.8 (objects), §5 (trace). */

import { describe, expect, it } from 'vitest';
import { describeGolden, hex } from '../../test/golden.ts';
import * as netvsp from './index.ts';

const RNDIS = 'type@0:4 messageBytes@4:4';
const RNDIS_REQUEST = `${RNDIS} requestId@8:4`;
const RNDIS_COMPLETE = `${RNDIS_REQUEST} status@12:4`;
const NDIS = 'objectType@0:1 revision@1:1 objectBytes@2:2';

describeGolden('network structures', netvsp, {
  NvspHeader: '4: type@0:4',
  NvspInit: '12: type@0:4 minProtocolVersion@4:4 maxProtocolVersion@8:4',
  NvspInitComplete: '16: type@0:4 protocolVersion@4:4 maximumMdlChainLength@8:4 status@12:4',
  NvspSendNdisVersion: '12: type@0:4 majorVersion@4:4 minorVersion@8:4',
  NvspSendBuffer: '10: type@0:4 gpadlHandle@4:4 id@8:2',
  NvspSendReceiveBufferComplete:
    '28: type@0:4 status@4:4 sectionCount@8:4 offset@12:4 subAllocationBytes@16:4 subAllocationCount@20:4 endOffset@24:4',
  NvspSendSendBufferComplete: '12: type@0:4 status@4:4 sectionBytes@8:4',
  NvspRevokeBuffer: '6: type@0:4 id@4:2',
  NvspSendRndisPacket: '16: type@0:4 channelType@4:4 sectionIndex@8:4 sectionBytes@12:4',
  NvspSendRndisPacketComplete: '8: type@0:4 status@4:4',
  NvspSendNdisConfig: '20: type@0:4 mtu@4:4 capabilities@12:4 capabilitiesHigh@16:4',
  NvspSendVfAssociation: '12: type@0:4 allocated@4:4 serial@8:4',
  NvspSwitchDataPath: '8: type@0:4 activeDataPath@4:4',
  NvspOidQueryEx: '12: type@0:4 ndisType@4:1 ndisRevision@5:1 ndisSize@6:2 oid@8:4',
  NvspOidQueryExComplete: '12: type@0:4 status@4:4 informationBytes@8:4',
  NvspSubchannelRequest: '12: type@0:4 operation@4:4 subchannelCount@8:4',
  NvspSubchannelComplete: '12: type@0:4 status@4:4 subchannelCount@8:4',
  NvspSendIndirectionTable: '12: type@0:4 count@4:4 tableOffset@8:4',
  RndisHeader: `8: ${RNDIS}`,
  RndisPacket: `44: ${RNDIS} dataOffset@8:4 dataBytes@12:4 oobDataOffset@16:4 oobDataBytes@20:4 oobDataCount@24:4
    perPacketInfoOffset@28:4 perPacketInfoBytes@32:4 vcHandle@36:4`,
  RndisInitialize: `24: ${RNDIS_REQUEST} majorVersion@12:4 minorVersion@16:4 maxTransferBytes@20:4`,
  RndisInitializeComplete: `52: ${RNDIS_COMPLETE} majorVersion@16:4 minorVersion@20:4 deviceFlags@24:4 medium@28:4
    maxPacketsPerTransfer@32:4 maxTransferBytes@36:4 packetAlignment@40:4 addressFamilyListOffset@44:4
    addressFamilyListBytes@48:4`,
  RndisRequest: `12: ${RNDIS_REQUEST}`,
  RndisOidRequest: `28: ${RNDIS_REQUEST} oid@12:4 informationBytes@16:4 informationOffset@20:4 deviceVcHandle@24:4`,
  RndisQueryComplete: `24: ${RNDIS_COMPLETE} informationBytes@16:4 informationOffset@20:4`,
  RndisComplete: `16: ${RNDIS_COMPLETE}`,
  RndisResetComplete: `16: ${RNDIS} status@8:4 addressingReset@12:4`,
  RndisIndicateStatus: `20: ${RNDIS} status@8:4 statusBytes@12:4 statusOffset@16:4`,
  PerPacketInfo: '12: entryBytes@0:4 type@4:4 valueOffset@8:4',
  TransmitChecksum: '4: {ipv4=0,ipv6=1,tcp=2,udp=3,ipHeader=4,transportOffset=25:16}',
  ReceiveChecksum: `4: {tcpFailed=0,udpFailed=1,ipFailed=2,tcpSucceeded=3,udpSucceeded=4,ipSucceeded=5,loopback=6,tcpValueInvalid=7,ipValueInvalid=8}`,
  LargeSendV2: '4: {segmentBytes=19:0,transportOffset=29:20,isV2=30,isIpv6=31}',
  Ieee8021q: '4: {priority=2:0,canonicalFormat=3,vlanId=15:4}',
  PacketId: '4: version@0:1 flags@1:1 packetId@2:2',
  NdisObjectHeader: `4: ${NDIS}`,
  NdisOffload: `156: ${NDIS} ipv4TransmitEncapsulation@4:4 ipv4TransmitChecksum@8:4 ipv4ReceiveEncapsulation@12:4
    ipv4ReceiveChecksum@16:4 ipv6TransmitEncapsulation@20:4 ipv6TransmitChecksum@24:4 ipv6ReceiveEncapsulation@28:4
    ipv6ReceiveChecksum@32:4 largeSendIpv4Encapsulation@80:4 largeSendIpv4MaxBytes@84:4 largeSendIpv4MinSegments@88:4
    largeSendIpv6Encapsulation@92:4 largeSendIpv6MaxBytes@96:4 largeSendIpv6MinSegments@100:4
    largeSendIpv6Options@104:4 flags@108:4 rscIpv4@144:1 rscIpv6@145:1 encapsulationTypes@148:4 encapsulationOptions@152:4`,
  NdisOffloadParameters: `28: ${NDIS} ipv4Checksum@4:1 tcpIpv4Checksum@5:1 udpIpv4Checksum@6:1 tcpIpv6Checksum@7:1
    udpIpv6Checksum@8:1 largeSendV1@9:1 ipsecV1@10:1 largeSendV2Ipv4@11:1 largeSendV2Ipv6@12:1 tcpConnectionIpv4@13:1
    tcpConnectionIpv6@14:1 flags@16:4 ipsecV2@20:1 ipsecV2Ipv4@21:1 rscIpv4@22:1 rscIpv6@23:1 encapsulation@24:1
    encapsulationTypes@25:1`,
  NdisReceiveScaleCapabilities: `18: ${NDIS} capabilities@4:4 interruptMessages@8:4 receiveQueues@12:4 tableEntries@16:2`,
  NdisReceiveScaleParameters: `40: ${NDIS} flags@4:2 baseCpuNumber@6:2 hashInformation@8:4 tableBytes@12:2 tableOffset@16:4
    keyBytes@20:2 keyOffset@24:4`,
  RndisConfigParameter: '20: nameOffset@0:4 nameBytes@4:4 valueType@8:4 valueOffset@12:4 valueBytes@16:4',
});

describe('network images', () => {
  const { NvspMessageType, NvspVersion, RndisMessageType } = netvsp;

  it('the handshake of Linux with version 6.1', () => {
    const version = NvspVersion.V6_1;
    expect(
      hex(
        netvsp.NvspInit.bytes({
          type: NvspMessageType.INIT,
          minProtocolVersion: version,
          maxProtocolVersion: version,
        }),
      ),
    ).toBe('010000000100060001000600');
    const type = NvspMessageType.NVSP_MSG2_TYPE_SEND_NDIS_CONFIG;
    expect(hex(netvsp.NvspSendNdisConfig.bytes({ type, mtu: 1514, capabilities: 0xac }))).toBe(
      '7d000000ea05000000000000ac00000000000000',
    );
    const complete = NvspMessageType.NVSP_MSG1_TYPE_SEND_RECV_BUF_COMPLETE;
    expect(
      hex(
        netvsp.NvspSendReceiveBufferComplete.bytes({
          type: complete,
          status: netvsp.NvspStatus.SUCCESS,
          sectionCount: 1,
          subAllocationBytes: 1728,
          subAllocationCount: 9709,
          endOffset: 16_777_152,
        }),
      ),
    ).toBe('66000000010000000100000000000000c0060000ed250000c0ffff00');
  });

  it('RNDIS INITIALIZE, and the filter that Linux sets', () => {
    const type = RndisMessageType.RNDIS_INITIALIZE_MSG;
    expect(
      hex(
        netvsp.RndisInitialize.bytes({
          type,
          messageBytes: 24,
          requestId: 1,
          majorVersion: 1,
          maxTransferBytes: 0x4000,
        }),
      ),
    ).toBe('020000001800000001000000010000000000000000400000');
    const filter = netvsp.RndisOidRequest.bytes({
      type: RndisMessageType.RNDIS_SET_MSG,
      messageBytes: 32,
      requestId: 9,
      oid: netvsp.Oid.OID_GEN_CURRENT_PACKET_FILTER,
      informationBytes: 4,
      informationOffset: 20,
    });
    expect(hex(filter)).toBe('0500000020000000090000000e010100040000001400000000000000');
  });

  it('words of per-packet information', () => {
    expect(netvsp.TransmitChecksum.encode({ ipv4: 1, tcp: 1, transportOffset: 34 })).toBe(0x22_0005);
    expect(netvsp.LargeSendV2.encode({ segmentBytes: 1448, transportOffset: 34, isV2: 1 })).toBe(0x4220_05a8);
    expect(netvsp.Ieee8021q.encode({ priority: 5, vlanId: 100 })).toBe(0x645);
  });
});

describe('network tables', () => {
  it('follow the version', () => {
    const versions = Object.values(netvsp.NvspVersion);
    expect(versions.map(netvsp.nvspMessageBytes)).toEqual([28, 28, 28, 28, 28, 40]);
    expect(versions.map((version) => netvsp.linuxNdisVersion(version).minor)).toEqual([1, 1, 1, 30, 30, 30]);
    expect(netvsp.LINUX_NETVSC_VERSIONS).toEqual(versions.toReversed());
  });

  it.each(
    Object.entries({
      NvspMessageType: netvsp.NvspMessageType,
      NvspStatus: netvsp.NvspStatus,
      NvspVersion: netvsp.NvspVersion,
      RndisMessageType: netvsp.RndisMessageType,
      RndisStatus: netvsp.RndisStatus,
      Oid: netvsp.Oid,
      PerPacketInfoType: netvsp.PerPacketInfoType,
    }),
  )('%s has no number twice', (_, table) => {
    const numbers = Object.values(table);
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});
