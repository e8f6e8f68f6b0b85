/** Layouts against hypervisor.md: §2 (MSRs), §3 (calls of a guest), §4.2 (calls of the parent), §5 (SynIC), §6 (pages). */

import { describe, expect, it } from 'vitest';
import { describeGolden, hex } from '../../test/golden.ts';
import * as tlfs from './index.ts';

const OVERLAY = '{enable=0,gpn=63:12}';
const STIMER = '{enable=0,periodic=1,lazy=2,autoEnable=3,apicVector=11:4,direct=12,sint=19:16}';
const GPRS = 'registers@112:128[16]';
const INTERCEPT = 'header@0:40=InterceptMessageHeader';
const SEGMENTS = 'ds@80:16=SegmentRegister ss@96:16=SegmentRegister';
const PARTITION = 'partitionId@0:8';
const SET = 'vpSetFormat@16:8 bankMaskLow@24:4 bankMaskHigh@28:4';
const MEMORY = `${INTERCEPT} cacheType@40:4 instructionByteCount@44:1 accessInfo@45:1{gvaValid=0}
  guestVirtualAddress@48:8 guestPhysicalAddress@56:8 instructionBytes@64:16`;
const ACCESS_GPA = `${PARTITION} vpIndex@8:4 byteCount@12:4 baseGpa@16:8 controlLow@24:4 controlHigh@28:4`;

describeGolden('hypervisor structures', tlfs, {
  // §2, §6.1
  HypercallMsr: '8: {enable=0,locked=1,gpn=63:12}',
  OverlayPageMsr: `8: ${OVERLAY}`,
  ScontrolMsr: '8: {enable=0}',
  SintMsr: '8: {vector=7:0,masked=16,autoEoi=17,polling=18}',
  ResetMsr: '8: {reset=0}',
  StimerConfig: `8: ${STIMER}`,
  StimerConfigLow: `4: ${STIMER}`,
  // §3.1
  HypercallInputValue:
    '8: {code=15:0,fast=16,variableHeaderQwords=26:17,reserved0=30:27,nested=31,repCount=43:32,reserved1=47:44,repStart=59:48,reserved2=63:60}',
  HypercallResultValue: '8: {status=15:0,repsCompleted=43:32}',
  // §3.3
  FlushVirtualAddressInput:
    '24: addressSpace@0:8 flagsLow@8:4 flagsHigh@12:4 processorMaskLow@16:4 processorMaskHigh@20:4',
  FlushVirtualAddressExInput: `32: addressSpace@0:8 flagsLow@8:4 flagsHigh@12:4 ${SET}`,
  GvaRange: '8: {additionalPages=11:0,pageNumber=63:12}',
  SendSyntheticClusterIpiInput:
    '16: vector@0:4 targetVtl@4:1 reserved0@5:1 reserved1@6:1 reserved2@7:1 processorMaskLow@8:4 processorMaskHigh@12:4',
  SendSyntheticClusterIpiExInput: `24: vector@0:4 targetVtl@4:1 reserved0@5:1 reserved1@6:1 reserved2@7:1
    vpSetFormat@8:8 bankMaskLow@16:4 bankMaskHigh@20:4`,
  NotifyLongSpinWaitInput: '8: spinCount@0:4',
  PostMessageInput: '256: connectionId@0:4 reserved@4:4 messageType@8:4 payloadSize@12:4 payload@16:240',
  SignalEventInput: '8: connectionId@0:4 flagNumber@4:2 reserved@6:2',
  RetargetDeviceInterruptInput: `56: ${PARTITION} deviceId@8:8 interruptSource@16:4 msiAddress@24:4 msiData@28:4
    vector@40:4 targetFlags@44:4 maskOrFormatLow@48:4 maskOrFormatHigh@52:4`,
  ExtQueryCapabilitiesOutput: '8: capabilities@0:8',
  MemoryHeatHint: '8: {type=1:0}',
  GpaPageRange2M: '8: {additionalPages=10:0,largePage=11,pageSize=12,pageNumber=63:21}',
  VpSetHeader: '16: format@0:8 bankMaskLow@8:4 bankMaskHigh@12:4',
  VpSetBank: '8: bankLow@0:4 bankHigh@4:4',
  // §4.1, §4.2
  ProximityDomainInfo: '8: domainId@0:4 flags@4:4',
  CreatePartitionInput: `56: flags@0:8 proximity@8:8=ProximityDomainInfo compatibilityVersion@16:4
    disabledProcessorFeatures@24:16 disabledProcessorXsaveFeatures@40:8`,
  CreatePartitionOutput: `8: ${PARTITION}`,
  PartitionIdInput: `8: ${PARTITION}`,
  GetPartitionPropertyInput: `16: ${PARTITION} propertyCode@8:4`,
  GetPartitionPropertyOutput: '8: value@0:8',
  SetPartitionPropertyInput: `24: ${PARTITION} propertyCode@8:4 value@16:8`,
  GetPartitionIdOutput: `8: ${PARTITION}`,
  GetNextChildPartitionInput: '16: parentId@0:8 previousChildId@8:8',
  GetNextChildPartitionOutput: '8: nextChildId@0:8',
  DepositMemoryInput: `8: ${PARTITION}`,
  WithdrawMemoryInput: `16: ${PARTITION} proximity@8:8=ProximityDomainInfo`,
  GpaPageElement: '8: gpn@0:8',
  GetMemoryBalanceInput: `16: ${PARTITION} proximity@8:8=ProximityDomainInfo`,
  GetMemoryBalanceOutput: '16: pagesAvailable@0:8 pagesInUse@8:8',
  MapGpaPagesInput: '24: targetPartitionId@0:8 targetGpnBase@8:8 mapFlags@16:4',
  UnmapGpaPagesInput: '24: targetPartitionId@0:8 targetGpnBase@8:8 unmapFlags@16:4',
  MapSparseGpaPagesInput: '16: targetPartitionId@0:8 mapFlags@8:4',
  SparseGpaPageElement: '16: targetGpn@0:8 sourceGpn@8:8',
  InstallInterceptInput: `24: ${PARTITION} accessType@8:4 interceptType@12:4 interceptParameter@16:8`,
  CreateVpInput: `40: ${PARTITION} vpIndex@8:4 subnodeType@15:1 subnodeId@16:8 proximity@24:8=ProximityDomainInfo
    flags@32:8`,
  DeleteVpInput: `16: ${PARTITION} vpIndex@8:4`,
  VpRegistersInput: `16: ${PARTITION} vpIndex@8:4 inputVtl@12:1`,
  RegisterNameElement: '4: registerName@0:4',
  RegisterAssociation: '32: registerName@0:4 value@16:16=RegisterValue',
  TranslateVirtualAddressInput: `32: ${PARTITION} vpIndex@8:4 controlFlagsLow@16:4 controlFlagsHigh@20:4 gvaPage@24:8`,
  TranslateVirtualAddressOutput: '16: resultCode@0:4 attributes@4:4 gpn@8:8',
  ReadGpaInput: `32: ${ACCESS_GPA}`,
  ReadGpaOutput: '24: resultCode@0:4 data@8:16',
  WriteGpaInput: `48: ${ACCESS_GPA} data@32:16`,
  WriteGpaOutput: '8: resultCode@0:4',
  AssertVirtualInterruptInput: `32: ${PARTITION} interruptType@8:4 flags@12:4 destination@16:8 vector@24:4
    targetVtl@28:1`,
  ClearVirtualInterruptInput: `8: ${PARTITION}`,
  CreatePortInput: `56: portPartitionId@0:8 portId@8:4 targetVtls@12:2 connectionPartitionId@16:8 portInfo@24:24
    proximity@48:8=ProximityDomainInfo`,
  MessagePortInfo: '24: portType@0:4 targetSint@8:4 targetVp@12:4',
  EventPortInfo: '24: portType@0:4 targetSint@8:4 targetVp@12:4 baseFlagNumber@16:2 flagCount@18:2',
  MonitorPortInfo: '24: portType@0:4 monitorPageGpa@8:8',
  DeletePortInput: `16: ${PARTITION} portId@8:4`,
  ConnectPortInput: `72: connectionPartitionId@0:8 connectionId@8:4 connectionVtl@12:1 portPartitionId@16:8 portId@24:4
    connectionType@32:4 monitorPageGpa@40:8 proximity@64:8=ProximityDomainInfo`,
  DisconnectPortInput: `16: ${PARTITION} connectionId@8:4`,
  GetPortPropertyInput: `24: ${PARTITION} portId@8:4 propertyCode@16:4`,
  GetPortPropertyOutput: '8: value@0:8',
  SetPortPropertyInput: `32: ${PARTITION} portId@8:4 propertyCode@16:4 value@24:8`,
  SignalEventDirectInput: `16: ${PARTITION} vpIndex@8:4 targetVtl@12:1 sint@13:1 flagNumber@14:2`,
  SignalEventDirectOutput: '8: newlySignaled@0:1',
  // §4.2, registers
  RegisterValue: '16: low@0:8 high@8:8',
  SegmentAttributes:
    '2: {type=3:0,nonSystem=4,dpl=6:5,present=7,available=12,long=13,default=14,granularity=15}',
  SegmentRegister: '16: base@0:8 limit@8:4 selector@12:2 attributes@14:2',
  TableRegister: '16: limit@6:2 base@8:8',
  ExplicitSuspend: '8: {suspended=0}',
  InterceptSuspend: '8: {suspended=0,tlbFlushInhibit=1}',
  PendingInterruption:
    '8: {pending=0,type=3:1,deliverErrorCode=4,instructionLength=8:5,vector=31:16,errorCode=63:32}',
  InterruptState: '8: {interruptShadow=0,nmiMasked=1}',
  // §5.1
  MessageHeader: '16: messageType@0:4 payloadSize@4:1 flags@5:1 origin@8:8',
  Message: '256: header@0:16=MessageHeader payload@16:240',
  // §5.6
  InterceptInstruction: '1: {length=3:0,cr8=7:4}',
  ExecutionState:
    '2: {cpl=1:0,cr0Pe=2,cr0Am=3,eferLma=4,debugActive=5,interruptionPending=6,interruptShadow=12}',
  InterceptMessageHeader: `40: vpIndex@0:4 instruction@4:1{length=3:0,cr8=7:4} access@5:1
    executionState@6:2{cpl=1:0,cr0Pe=2,cr0Am=3,eferLma=4,debugActive=5,interruptionPending=6,interruptShadow=12}
    cs@8:16=SegmentRegister rip@24:8 rflags@32:8`,
  IoPortAccessInfo: '1: {accessBytes=2:0,string=3,rep=4}',
  IoPortInterceptMessage: `128: ${INTERCEPT} portNumber@40:2 accessInfo@42:1{accessBytes=2:0,string=3,rep=4}
    instructionByteCount@43:1 rax@48:8 instructionBytes@56:16 ds@72:16=SegmentRegister es@88:16=SegmentRegister
    rcx@104:8 rsi@112:8 rdi@120:8`,
  MsrInterceptMessage: `64: ${INTERCEPT} msrNumber@40:4 rdx@48:8 rax@56:8`,
  CpuidInterceptMessage: `104: ${INTERCEPT} rax@40:8 rcx@48:8 rdx@56:8 rbx@64:8 defaultResultRax@72:8
    defaultResultRcx@80:8 defaultResultRdx@88:8 defaultResultRbx@96:8`,
  MemoryAccessInfo: '1: {gvaValid=0}',
  MemoryInterceptMessage: `80: ${MEMORY}`,
  MemoryInterceptMessageLong: `240: ${MEMORY} ${SEGMENTS} ${GPRS}`,
  ExceptionInfo: '1: {errorCodeValid=0}',
  ExceptionInterceptMessage: `240: ${INTERCEPT} exceptionVector@40:2 exceptionInfo@42:1{errorCodeValid=0}
    instructionByteCount@43:1 errorCode@44:4 exceptionParameter@48:8 instructionBytes@64:16 ${SEGMENTS} ${GPRS}`,
  UnrecoverableExceptionMessage: `40: ${INTERCEPT}`,
  ApicEoiMessage: '8: vpIndex@0:4 interruptVector@4:4',
  TimerMessage: '24: timerIndex@0:4 expirationTime@8:8 deliveryTime@16:8',
  // §6.3, §6.4
  ReferenceTscPage: '24: tscSequence@0:4 tscScale@8:8 tscOffset@16:8',
  VpAssistPage: `56: apicAssist@0:4 vtlControl@8:24 nestedEnlightenmentsControl@32:8 enlightenVmEntry@40:1
    currentNestedVmcs@48:8`,
});

describe('hypervisor images', () => {
  it('event signal in one register, as the fast form has it (§3.3)', () => {
    expect(hex(tlfs.SignalEventInput.bytes({ connectionId: 0x2001, flagNumber: 3 }))).toBe(
      '0120000003000000',
    );
  });

  it('message header: payload size before flags (§5.1)', () => {
    const image = tlfs.MessageHeader.bytes({
      messageType: tlfs.HvMessageType.TIMER_EXPIRED,
      payloadSize: 24,
      flags: tlfs.MESSAGE_FLAG_PENDING,
      origin: 0n,
    });
    expect(hex(image)).toBe('10000080180100000000000000000000');
  });

  it('reference TSC page of a 2 GHz counter with a negative offset (§6.3)', () => {
    const tscScale = (10_000_000n << 64n) / 2_000_000_000n;
    const image = tlfs.ReferenceTscPage.bytes({ tscSequence: 1, tscScale, tscOffset: -5n });
    expect(hex(image)).toBe('0100000000000000ae47e17a14ae4701fbffffffffffffff');
  });

  it('input value of a rep call and the stimer configuration that Linux writes (§3.1, §6.1)', () => {
    const raw = tlfs.HypercallInputValue.encode({
      code: 0x14,
      variableHeaderQwords: 2,
      repCount: 5,
      repStart: 3,
    });
    expect(raw).toBe(0x0003_0005_0004_0014n);
    expect(tlfs.hypercallInputLow(0x14, false, 2)).toBe(0x0004_0014);
    expect(tlfs.hypercallInputHigh(5, 3)).toBe(0x0003_0005);
    expect(tlfs.StimerConfigLow.decode(tlfs.STIMER_CONFIG_LINUX_DIRECT)).toEqual({
      enable: 1,
      periodic: 0,
      lazy: 0,
      autoEnable: 1,
      apicVector: 0xed,
      direct: 1,
      sint: 0,
    });
  });

  it('SINT value that Linux writes without AutoEOI, and the one after reset (§2)', () => {
    expect(tlfs.SintMsr.encode({ vector: 0xf3 })).toBe(0xf3n);
    expect(tlfs.SintMsr.decode(BigInt(tlfs.SINT_RESET))).toEqual({
      vector: 0,
      masked: 1,
      autoEoi: 0,
      polling: 0,
    });
  });
});
