/** Layouts against vmbus.md §5.2, §5.3 where it states them, else SPC-4 and SBC-3, the clause of each command. */

import { describe, expect, it } from 'vitest';
import { describeGolden, hex } from '../../test/golden.ts';
import * as scsi from './index.ts';

const RW = 'flags@1:1{fua=3,dpo=4,protect=7:5}';
const DBD = 'disableBlockDescriptors=3';
const PAGE = 'page@2:1{pageCode=5:0,pageControl=7:6}';
const SAME = 'flags@1:1{noDataOut=0,unmap=3,anchor=4,protect=7:5}';
const VPD = 'peripheral@0:1{deviceType=4:0,qualifier=7:5} pageCode@1:1 pageLength@2:2';

describeGolden(
  'SCSI structures',
  scsi,
  {
    // Command descriptor blocks.
    Cdb6: '6: opcode@0:1 byte1@1:1 byte2@2:1 byte3@3:1 byte4@4:1 control@5:1',
    ReadWrite6Cdb: '6: opcode@0:1 lbaHigh@1:1{lba=4:0} lbaLow@2:2 transferLength@4:1 control@5:1',
    ReadWrite10Cdb: `10: opcode@0:1 ${RW} lba@2:4 groupNumber@6:1 transferLength@7:2 control@9:1`,
    ReadWrite12Cdb: `12: opcode@0:1 ${RW} lba@2:4 transferLength@6:4 groupNumber@10:1 control@11:1`,
    ReadWrite16Cdb: `16: opcode@0:1 ${RW} lba@2:8 transferLength@10:4 groupNumber@14:1 control@15:1`,
    ReadWriteFlags: '1: {fua=3,dpo=4,protect=7:5}',
    VerifyFlags: '1: {byteCheck=2:1,dpo=4,protect=7:5}',
    InquiryFlags: '1: {enableVitalProductData=0,obsolete=1}',
    InquiryCdb:
      '6: opcode@0:1 flags@1:1{enableVitalProductData=0,obsolete=1} pageCode@2:1 allocationLength@3:2 control@5:1',
    ModePageControl: '1: {pageCode=5:0,pageControl=7:6}',
    ModeSense6Cdb: `6: opcode@0:1 flags@1:1{${DBD}} ${PAGE} subpageCode@3:1 allocationLength@4:1 control@5:1`,
    ModeSense10Cdb: `10: opcode@0:1 flags@1:1{${DBD},longLbaAccepted=4} ${PAGE} subpageCode@3:1 allocationLength@7:2
      control@9:1`,
    RequestSenseCdb: '6: opcode@0:1 flags@1:1{descriptorFormat=0} allocationLength@4:1 control@5:1',
    StartStopUnitCdb: `6: opcode@0:1 flags@1:1{immediate=0} powerConditionModifier@3:1
      action@4:1{start=0,loadEject=1,noFlush=2,powerCondition=7:4} control@5:1`,
    ReadCapacity10Cdb: '10: opcode@0:1 lba@2:4 control@9:1',
    ServiceActionIn16Cdb:
      '16: opcode@0:1 serviceAction@1:1{action=4:0} lba@2:8 allocationLength@10:4 reserved@14:1 control@15:1',
    SynchronizeCache10Cdb:
      '10: opcode@0:1 flags@1:1{immediate=1} lba@2:4 groupNumber@6:1 blockCount@7:2 control@9:1',
    SynchronizeCache16Cdb:
      '16: opcode@0:1 flags@1:1{immediate=1} lba@2:8 blockCount@10:4 groupNumber@14:1 control@15:1',
    WriteSameFlags: '1: {noDataOut=0,unmap=3,anchor=4,protect=7:5}',
    WriteSame10Cdb: `10: opcode@0:1 ${SAME} lba@2:4 groupNumber@6:1 blockCount@7:2 control@9:1`,
    WriteSame16Cdb: `16: opcode@0:1 ${SAME} lba@2:8 blockCount@10:4 groupNumber@14:1 control@15:1`,
    UnmapCdb: '10: opcode@0:1 flags@1:1{anchor=0} groupNumber@6:1 parameterListLength@7:2 control@9:1',
    ReportLunsCdb: '12: opcode@0:1 selectReport@2:1 allocationLength@6:4 control@11:1',
    LogSenseCdb: `10: opcode@0:1 flags@1:1 ${PAGE} subpageCode@3:1 parameterPointer@5:2 allocationLength@7:2 control@9:1`,
    PersistentReserveInCdb: '10: opcode@0:1 serviceAction@1:1{action=4:0} allocationLength@7:2 control@9:1',
    PersistentReserveOutCdb:
      '10: opcode@0:1 serviceAction@1:1{action=4:0} scopeType@2:1{type=3:0,scope=7:4} parameterListLength@5:4 control@9:1',
    // INQUIRY data.
    PeripheralByte: '1: {deviceType=4:0,qualifier=7:5}',
    StandardInquiry: `36: peripheral@0:1{deviceType=4:0,qualifier=7:5} removable@1:1{removable=7} version@2:1
      format@3:1{responseDataFormat=3:0,hierarchicalSupport=4,normalAca=5} additionalLength@4:1
      flags5@5:1{protect=0,thirdPartyCopy=3,targetPortGroups=5:4} flags6@6:1{multiPort=4,enclosureServices=6}
      flags7@7:1{commandQueueing=1} vendor@8:8 product@16:16 revision@32:4`,
    VpdHeader: `4: ${VPD}`,
    DesignatorHeader:
      '4: code@0:1{codeSet=3:0,protocol=7:4} kind@1:1{type=3:0,association=5:4,protocolValid=7} designatorLength@3:1',
    BlockLimitsPage: `64: ${VPD} flags@4:1{writeSameNonZero=0} maxCompareAndWriteBlocks@5:1
      optimalTransferGranularity@6:2 maxTransferBlocks@8:4 optimalTransferBlocks@12:4 maxPrefetchBlocks@16:4
      maxUnmapBlocks@20:4 maxUnmapDescriptors@24:4 optimalUnmapGranularity@28:4 unmapAlignment@32:4
      maxWriteSameBlocks@36:8`,
    BlockCharacteristicsPage: `64: ${VPD} rotationRate@4:2 productType@6:1 formFactor@7:1{nominal=3:0}`,
    LogicalBlockProvisioningPage: `8: ${VPD} thresholdExponent@4:1
      flags@5:1{descriptorPresent=0,anchorSupported=1,readZeros=2,writeSame10Unmap=5,writeSame16Unmap=6,unmap=7}
      provisioning@6:1{type=2:0}`,
    // Parameter data.
    ReadCapacity10Data: '8: lastLba@0:4 blockBytes@4:4',
    ReadCapacity16Data: `32: lastLba@0:8 blockBytes@8:4 protection@12:1{enabled=0,type=3:1}
      exponents@13:1{logicalBlocksPerPhysical=3:0,protectionIntervals=7:4}
      provisioning@14:1{lowestAlignedLbaHigh=5:0,readZeros=6,enabled=7} lowestAlignedLbaLow@15:1`,
    ModeHeader6: '4: dataLength@0:1 mediumType@1:1 deviceSpecific@2:1 blockDescriptorLength@3:1',
    ModeHeader10:
      '8: dataLength@0:2 mediumType@2:1 deviceSpecific@3:1 flags@4:1{longLba=0} blockDescriptorLength@6:2',
    CachingPage: `20: page@0:1{code=5:0,subpageFormat=6,savable=7} pageLength@1:1
      flags@2:1{readCacheDisable=0,multiplicationFactor=1,writeCacheEnable=2} retentionPriority@3:1
      disablePrefetchLength@4:2 minimumPrefetch@6:2 maximumPrefetch@8:2 maximumPrefetchCeiling@10:2 flags2@12:1
      cacheSegments@13:1 cacheSegmentBytes@14:2`,
    ReportLunsHeader: '8: listLength@0:4',
    ReportLunsEntry: '8: lun@0:2',
    UnmapListHeader: '8: dataLength@0:2 descriptorLength@2:2',
    UnmapDescriptor: '16: lba@0:8 blockCount@8:4',
    FixedSense: `18: response@0:1{code=6:0,informationValid=7}
      key@2:1{key=3:0,incorrectLength=5,endOfMedium=6,filemark=7} information@3:4 additionalLength@7:1
      commandSpecific@8:4 asc@12:1 ascq@13:1 fieldReplaceableUnit@14:1`,
  },
  true,
);

describe('SCSI images', () => {
  it('WRITE(16) with FUA beyond 32 bits', () => {
    const cdb = scsi.ReadWrite16Cdb.bytes({
      opcode: scsi.ScsiOpcode.WRITE_16,
      flags: { fua: 1 },
      lba: 0x1_2345_6789,
      transferLength: 0x10000,
    });
    expect(hex(cdb)).toBe('8a080000000123456789000100000000');
  });

  it('sense of an unknown opcode: key 5, 20/00 (vmbus.md §5.2)', () => {
    const sense = scsi.FixedSense.bytes({
      response: { code: scsi.SENSE_FIXED_CURRENT },
      key: { key: scsi.SenseKey.ILLEGAL_REQUEST },
      additionalLength: scsi.FIXED_SENSE_ADDITIONAL_LENGTH,
      asc: scsi.AdditionalSense.INVALID_COMMAND_OPERATION_CODE >> 8,
      ascq: scsi.AdditionalSense.INVALID_COMMAND_OPERATION_CODE & 0xff,
    });
    expect(hex(sense)).toBe('70000500000000' + '0a' + '00000000' + '2000' + '00000000');
    expect(sense.length).toBe(scsi.FIXED_SENSE_BYTES);
  });

  it('INQUIRY data of a Hyper-V disk: bytes 8 to 35 (vmbus.md §5.3)', () => {
    const data = scsi.StandardInquiry.bytes({
      version: scsi.INQUIRY_VERSION_SPC3,
      format: { responseDataFormat: 2 },
      additionalLength: 31,
      flags7: { commandQueueing: 1 },
      vendor: 'Msft',
      product: 'Virtual Disk',
      revision: '1.0',
    });
    expect(String.fromCharCode(...data.subarray(8))).toBe('Msft    Virtual Disk    1.0 ');
    expect(hex(data.subarray(0, 8))).toBe('000005021f000002');
    expect(scsi.PeripheralByte.encode({ qualifier: 3, deviceType: 0x1f })).toBe(scsi.PERIPHERAL_ABSENT);
  });

  it('capacity of a thin disk of 4 KiB sectors in 512-byte blocks', () => {
    const data = scsi.ReadCapacity16Data.bytes({
      lastLba: 0x1f_ffff,
      blockBytes: 512,
      exponents: { logicalBlocksPerPhysical: 3 },
      provisioning: { enabled: 1 },
    });
    expect(hex(data)).toBe(`00000000001fffff0000020000038000${'00'.repeat(16)}`);
  });

  it('write cache bit: page byte 2 bit 2; write protect and FUA: header byte 2 bits 7 and 4 (vmbus.md §5.3)', () => {
    const page = scsi.CachingPage.bytes({
      page: { code: 8 },
      pageLength: 18,
      flags: { writeCacheEnable: 1 },
    });
    expect(hex(page.subarray(0, 3))).toBe('081204');
    expect(scsi.ModeDeviceSpecific).toEqual({ DPO_FUA: 0x10, WRITE_PROTECT: 0x80 });
  });

  it('caps a block address that no disk can have', () => {
    const cdb = scsi.ReadWrite16Cdb.bytes({ opcode: scsi.ScsiOpcode.READ_16 }).fill(0xff, 2, 10);
    expect(scsi.ReadWrite16Cdb.read(new DataView(cdb.buffer)).lba).toBe(2 ** 53);
  });
});

describe('SCSI tables', () => {
  it('knows the length of each CDB', () => {
    const { ScsiOpcode, cdbBytes } = scsi;
    const lengths = [ScsiOpcode.INQUIRY, ScsiOpcode.READ_10, ScsiOpcode.PERSISTENT_RESERVE_IN].map(cdbBytes);
    expect(lengths).toEqual([6, 10, 10]);
    expect([ScsiOpcode.REPORT_LUNS, ScsiOpcode.READ_16].map(cdbBytes)).toEqual([12, 16]);
    expect([0x60, 0x7f, 0xc0, 0xff].map(cdbBytes)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it.each(
    Object.entries({
      ScsiOpcode: scsi.ScsiOpcode,
      ScsiStatus: scsi.ScsiStatus,
      SenseKey: scsi.SenseKey,
      AdditionalSense: scsi.AdditionalSense,
      VpdPage: scsi.VpdPage,
      ModePage: scsi.ModePage,
    }),
  )('%s has no number twice', (_, table) => {
    const numbers = Object.values(table);
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});
