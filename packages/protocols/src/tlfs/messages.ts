/** Payloads of the hypervisor's own messages. TLFS, "Intercepts", message formats; timers from "Timers". */

import { array, bits, bytes, pad, struct, u8, u16, u32, u64 } from '@viridian/wire';
import { SegmentRegister } from './registers.ts';

/** `access` of an intercept message. TLFS 2.0 has masks 1, 2, 4; later texts and this project 0, 1, 2. */
export const InterceptAccess = { READ: 0, WRITE: 1, EXECUTE: 2 } as const;

/** First byte behind the VP index. */
export const InterceptInstruction = bits(u8, { length: [0, 4], cr8: [4, 4] });

/** HV_X64_VP_EXECUTION_STATE. */
export const ExecutionState = bits(u16, {
  cpl: [0, 2],
  cr0Pe: [2, 1],
  cr0Am: [3, 1],
  eferLma: [4, 1],
  debugActive: [5, 1],
  interruptionPending: [6, 1],
  interruptShadow: [12, 1],
});

/** HV_X64_INTERCEPT_MESSAGE_HEADER. */
export const InterceptMessageHeader = struct('HV_X64_INTERCEPT_MESSAGE_HEADER', 40, {
  vpIndex: u32,
  instruction: InterceptInstruction,
  access: u8,
  executionState: ExecutionState,
  cs: SegmentRegister,
  rip: u64,
  rflags: u64,
});

/** HV_X64_IO_PORT_ACCESS_INFO. `accessBytes` is 1, 2 or 4. */
export const IoPortAccessInfo = bits(u8, { accessBytes: [0, 3], string: [3, 1], rep: [4, 1] });

/** HV_X64_IO_PORT_INTERCEPT_MESSAGE. Everything from `instructionBytes` on counts for string forms only. */
export const IoPortInterceptMessage = struct('HV_X64_IO_PORT_INTERCEPT_MESSAGE', 128, {
  header: InterceptMessageHeader,
  portNumber: u16,
  accessInfo: IoPortAccessInfo,
  instructionByteCount: u8,
  reserved: pad(4),
  rax: u64,
  instructionBytes: bytes(16),
  ds: SegmentRegister,
  es: SegmentRegister,
  rcx: u64,
  rsi: u64,
  rdi: u64,
});

/** HV_X64_MSR_INTERCEPT_MESSAGE. */
export const MsrInterceptMessage = struct('HV_X64_MSR_INTERCEPT_MESSAGE', 64, {
  header: InterceptMessageHeader,
  msrNumber: u32,
  reserved: pad(4),
  rdx: u64,
  rax: u64,
});

/** HV_X64_CPUID_INTERCEPT_MESSAGE: the inputs, and what the hypervisor itself would answer. */
export const CpuidInterceptMessage = struct('HV_X64_CPUID_INTERCEPT_MESSAGE', 104, {
  header: InterceptMessageHeader,
  rax: u64,
  rcx: u64,
  rdx: u64,
  rbx: u64,
  defaultResultRax: u64,
  defaultResultRcx: u64,
  defaultResultRdx: u64,
  defaultResultRbx: u64,
});

/** HV_X64_MEMORY_ACCESS_INFO. */
export const MemoryAccessInfo = bits(u8, { gvaValid: [0, 1] });

/** HV_CACHE_TYPE: write-back. */
export const CACHE_TYPE_WRITE_BACK = 6;

/** HV_X64_MEMORY_INTERCEPT_MESSAGE, the short form of current editions. */
export const MemoryInterceptMessage = struct('HV_X64_MEMORY_INTERCEPT_MESSAGE', 80, {
  header: InterceptMessageHeader,
  cacheType: u32,
  instructionByteCount: u8,
  accessInfo: MemoryAccessInfo,
  reserved: pad(2),
  guestVirtualAddress: u64,
  guestPhysicalAddress: u64,
  instructionBytes: bytes(16),
});

/** The long form of TLFS 2.0 that also carries segments and registers (RAX RCX RDX RBX RSP RBP RSI RDI R8..R15). */
export const MemoryInterceptMessageLong = struct('HV_X64_MEMORY_INTERCEPT_MESSAGE (TLFS 2.0)', 240, {
  header: InterceptMessageHeader,
  cacheType: u32,
  instructionByteCount: u8,
  accessInfo: MemoryAccessInfo,
  reserved: pad(2),
  guestVirtualAddress: u64,
  guestPhysicalAddress: u64,
  instructionBytes: bytes(16),
  ds: SegmentRegister,
  ss: SegmentRegister,
  registers: array(u64, 16),
});

/** HV_X64_EXCEPTION_INFO. */
export const ExceptionInfo = bits(u8, { errorCodeValid: [0, 1] });

/** HV_X64_EXCEPTION_INTERCEPT_MESSAGE. `exceptionParameter` is CR2 for #PF, DR6 for #DB. */
export const ExceptionInterceptMessage = struct('HV_X64_EXCEPTION_INTERCEPT_MESSAGE', 240, {
  header: InterceptMessageHeader,
  exceptionVector: u16,
  exceptionInfo: ExceptionInfo,
  instructionByteCount: u8,
  errorCode: u32,
  exceptionParameter: u64,
  reserved: pad(8),
  instructionBytes: bytes(16),
  ds: SegmentRegister,
  ss: SegmentRegister,
  registers: array(u64, 16),
});

/** HV_X64_UNRECOVERABLE_EXCEPTION_MESSAGE: a triple fault. */
export const UnrecoverableExceptionMessage = struct('HV_X64_UNRECOVERABLE_EXCEPTION_MESSAGE', 40, {
  header: InterceptMessageHeader,
});

/** HV_X64_APIC_EOI_MESSAGE: a level-triggered interrupt was ended. No intercept header. */
export const ApicEoiMessage = struct('HV_X64_APIC_EOI_MESSAGE', 8, { vpIndex: u32, interruptVector: u32 });

/** HV_TIMER_MESSAGE_PAYLOAD. Times are reference time in 100 ns. */
export const TimerMessage = struct('HV_TIMER_MESSAGE_PAYLOAD', 24, {
  timerIndex: u32,
  reserved: pad(4),
  expirationTime: u64,
  deliveryTime: u64,
});
