/** Layouts against vmbus.md §1.3 (contact), §1.4 (monitor), §2 (messages), §3 (GPADL), §4 (packets). */

import { describe, expect, it } from 'vitest';
import { describeGolden, hex } from '../../test/golden.ts';
import * as vmbus from './index.ts';

const HEADER = 'type@0:4';
const RESPONSE = 'versionSupported@8:1 connectionState@9:1 versionOrConnectionId@12:4';
const MONITOR_PAGES = 'parentToChildMonitorPageGpa@24:8 childToParentMonitorPageGpa@32:8';
const CONTACT_5 = 'version@8:4 targetVp@12:4 targetSint@16:1 targetVtl@17:1 featureFlags@20:4';

describeGolden('VMBus structures', vmbus, {
  // §2
  ChannelMessageHeader: `8: ${HEADER}`,
  EmptyMessage: `8: ${HEADER}`,
  RelIdMessage: `12: ${HEADER} relId@8:4`,
  OpenChannel: `148: ${HEADER} relId@8:4 openId@12:4 ringGpadl@16:4 targetVp@20:4 downstreamPageOffset@24:4 userData@28:120`,
  // At 148 of the whole message.
  OpenChannelExtension: '8: connectionId@0:4 eventFlag@4:2 flags@6:2',
  OpenChannelResult: `20: ${HEADER} relId@8:4 openId@12:4 status@16:4`,
  GpadlHeader: `20: ${HEADER} relId@8:4 gpadl@12:4 rangeBytes@16:2 rangeCount@18:2`,
  GpadlBody: `16: ${HEADER} messageNumber@8:4 gpadl@12:4`,
  GpadlCreated: `20: ${HEADER} relId@8:4 gpadl@12:4 status@16:4`,
  GpadlTeardown: `16: ${HEADER} relId@8:4 gpadl@12:4`,
  GpadlTorndown: `12: ${HEADER} gpadl@8:4`,
  OpenReservedChannel: `28: ${HEADER} relId@8:4 targetVp@12:4 targetSint@16:4 ringGpadl@20:4 downstreamPageOffset@24:4`,
  CloseReservedChannel: `20: ${HEADER} relId@8:4 targetVp@12:4 targetSint@16:4`,
  CloseReservedChannelResponse: `12: ${HEADER} relId@8:4`,
  TlConnectRequest: `40: ${HEADER} endpointId@8:16 serviceId@24:16`,
  TlConnectRequest52: `56: ${HEADER} endpointId@8:16 serviceId@24:16 siloId@40:16`,
  ModifyChannel: `16: ${HEADER} relId@8:4 targetVp@12:4`,
  TlConnectResult: `44: ${HEADER} endpointId@8:16 serviceId@24:16 status@40:4`,
  ModifyChannelResponse: `16: ${HEADER} relId@8:4 status@12:4`,
  ModifyConnection: `24: ${HEADER} parentToChildMonitorPageGpa@8:8 childToParentMonitorPageGpa@16:8`,
  ModifyConnectionResponse: `9: ${HEADER} connectionState@8:1`,
  // §1.3
  InitiateContact: `40: ${HEADER} version@8:4 targetVp@12:4 interruptPageGpa@16:8 ${MONITOR_PAGES}`,
  InitiateContact5: `40: ${HEADER} ${CONTACT_5} ${MONITOR_PAGES}`,
  InitiateContact6: `56: ${HEADER} ${CONTACT_5} ${MONITOR_PAGES} clientId@40:16`,
  VersionResponse: `16: ${HEADER} ${RESPONSE}`,
  VersionResponse6: `20: ${HEADER} ${RESPONSE} supportedFeatures@16:4`,
  VersionResponse6MonitorPages: `40: ${HEADER} ${RESPONSE} supportedFeatures@16:4 ${MONITOR_PAGES}`,
  // §2.1
  OfferChannel: `196: ${HEADER} interfaceId@8:16 instanceId@24:16 flags@56:2 mmioMegabytes@58:2 userDefined@60:120
    subChannelIndex@180:2 mmioMegabytesOptional@182:2 relId@184:4 monitorId@188:1 monitorAllocated@189:1
    interruptFlags@190:2 connectionId@192:4`,
  // At 60 of the offer: pipe type @60, pipe flags @176; IDE path @62, target @63, flags @68.
  PipeUserData: '120: pipeType@0:4 userData@4:112 pipeFlags@116:4',
  IdeUserData: '120: path@2:1 target@3:1 flags@8:4',
  // §3
  GpaRangeHeader: '8: byteCount@0:4 byteOffset@4:4',
  GpaRangePage: '8: gpn@0:8',
  // §4
  PacketDescriptor: '16: type@0:2 dataOffset8@2:2 length8@4:2 flags@6:2 transactionId@8:8',
  PacketDescriptorHalves:
    '16: type@0:2 dataOffset8@2:2 length8@4:2 flags@6:2 transactionIdLow@8:4 transactionIdHigh@12:4',
  // At 16 of the packet.
  GpaDirectHeader: '8: rangeCount@4:4',
  TransferPageHeader: '8: transferPageSetId@0:2 senderOwnsSet@2:1 rangeCount@4:4',
  TransferPageRange: '8: byteCount@0:4 byteOffset@4:4',
  PipeHeader: '8: packetType@0:4 dataBytes@4:4',
  // §1.4
  MonitorTriggerGroup: '8: pending@0:4 armed@4:4',
  MonitorParameter: '8: connectionId@0:4 flagNumber@4:2',
  MonitorPage: `4096: triggerState@0:4 triggerGroups@8:32[4]=MonitorTriggerGroup nextCheckTime@64:512[128]
    latency@576:256[128] parameters@1088:1024[128]=MonitorParameter`,
});

describe('VMBus images', () => {
  it('descriptor of a storvsc initialisation packet: in-band, 64 bytes, id 2^64 - 3 (§10 step 6)', () => {
    const image = vmbus.PacketDescriptor.bytes({
      type: vmbus.PacketType.DATA_INBAND,
      dataOffset8: vmbus.PLAIN_DATA_OFFSET8,
      length8: (16 + 64) / 8,
      flags: vmbus.PACKET_FLAG_COMPLETION_REQUESTED,
      transactionId: 2n ** 64n - 3n,
    });
    expect(hex(image)).toBe('060002000a000100fdffffffffffffff');
  });

  it('InitiateContact 5.3 for VP 0, SINT 2, two monitor pages (§10 step 2)', () => {
    const image = vmbus.InitiateContact5.bytes({
      type: vmbus.ChannelMessageType.INITIATE_CONTACT,
      version: vmbus.VmbusVersion.V5_3,
      targetSint: vmbus.VMBUS_SINT,
      parentToChildMonitorPageGpa: 0x1_2345_6000,
      childToParentMonitorPageGpa: 0x7000,
    });
    expect(hex(image)).toBe(
      [
        '0e00000000000000',
        '0300050000000000',
        '0200000000000000',
        '0060452301000000',
        '0070000000000000',
      ].join(''),
    );
  });

  it('GpadlHeader of a 64-page ring: 520 range bytes, one range of 262144 bytes (§10 step 4)', () => {
    const head = vmbus.GpadlHeader.bytes({
      type: vmbus.ChannelMessageType.GPADL_HEADER,
      relId: 2,
      gpadl: vmbus.LINUX_FIRST_GPADL,
      rangeBytes: 520,
      rangeCount: 1,
    });
    expect(hex(head)).toBe('080000000000000002000000101e0e0008020100');
    expect(hex(vmbus.GpaRangeHeader.bytes({ byteCount: 262144 }))).toBe('0000040000000000');
    expect(vmbus.rangePages(262144, 0)).toBe(64);
    // 26 page numbers fit the first message: 20 + 8 + 208 bytes; bodies of 28 and 10: 240 and 96 bytes.
    expect(vmbus.GpadlHeader.size + 8 + (vmbus.GPADL_HEADER_QWORDS - 1) * 8).toBe(236);
    expect(vmbus.GpadlBody.size + vmbus.GPADL_BODY_QWORDS * 8).toBe(240);
    expect(vmbus.GpadlBody.size + 10 * 8).toBe(96);
  });

  it('VersionResponse that names connection 1', () => {
    const image = vmbus.VersionResponse.bytes({
      type: vmbus.ChannelMessageType.VERSION_RESPONSE,
      versionSupported: 1,
      versionOrConnectionId: 1,
    });
    expect(hex(image)).toBe('0f000000000000000100000001000000');
  });
});

describe('GUIDs', () => {
  // vmbus.md, first table, column "wire bytes".
  it.each([
    ['SCSI', 'd96361baa104294db60572e2ffb1dc7f'],
    ['IDE', '32264132cb86a2449b5c50d1417354f5'],
    ['FIBRE_CHANNEL', '4acc9b2f6900f34ab76b6fd0be528cda'],
    ['SHUTDOWN', '31600b0e13523449818b38d90ced39db'],
    ['TIME_SYNC', '30e62795aed07b49adcee80ab0175caf'],
    ['HEARTBEAT', '394f16571591784eab55382f3bd5422d'],
    ['KVP', 'e7f4a0a9455a964db8278a841e8c03e6'],
    ['VSS', '292efa3523ea364296ae3a6ebacba440'],
    ['FILE_COPY', 'e34bd134e4dec8419ae76b174977c192'],
    ['DYNAMIC_MEMORY', 'dc7450528589e2468057a307dc18a502'],
    ['VPCI', '1df6c444444400449d52802e27ede19f'],
    ['NETWORK', '635161f83edfc546913ff2d2f965ed0e'],
    ['VIDEO', '02780ada77e3ac4a8e770558eb1073f8'],
    ['KEYBOARD', '6dad12f9172bea48bd65f927a61c7684'],
    ['MOUSE', '9eb6a8cf4a5bc04cb98b8ba1a1f3f95a'],
    ['HV_SOCK_TEMPLATE', '00000000cbfae611bd5864006a7986d3'],
  ] as const)('%s has the wire bytes of the reference', (name, wire) => {
    expect(hex(vmbus.InterfaceWire[name])).toBe(wire);
  });

  it('covers every class', () => {
    expect(Object.keys(vmbus.InterfaceWire)).toHaveLength(16);
    expect(new Set(Object.values(vmbus.InterfaceId)).size).toBe(16);
  });

  it('names a drive in the IDE instance id', () => {
    expect(vmbus.ideInstanceId(1, 0)).toBe('00000001-0000-8899-0000-000000000000');
  });
});
