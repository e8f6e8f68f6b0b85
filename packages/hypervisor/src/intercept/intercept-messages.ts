/**
 * Intercept messages: what stopped a VP, and enough of its registers to finish the instruction, posted to SINT0 of
 * the parent's VP 0. TLFS, "Intercepts", message formats.
 */

import {
  ApicEoiMessage,
  CACHE_TYPE_WRITE_BACK,
  CpuidInterceptMessage,
  ExceptionInterceptMessage,
  ExecutionState,
  HV_MESSAGE_MAX_PAYLOAD_BYTES,
  HvMessageType,
  HvStatus,
  InterceptAccess,
  InterceptInstruction,
  InterceptMessageHeader,
  IoPortAccessInfo,
  IoPortInterceptMessage,
  MemoryAccessInfo,
  MemoryInterceptMessageLong,
  MsrInterceptMessage,
  UnrecoverableExceptionMessage,
} from '@viridian/protocols/tlfs';
import { tracePoint, warning } from '@viridian/trace';
import { nameOf } from '@viridian/wire';
import {
  AccessKind,
  EFER_LMA,
  type MemoryAccess,
  PAGE_BYTES,
  type PortAccess,
  Reg,
  type RegisterFile,
  Seg,
  type Segment,
} from '@viridian/x86';
import type { Partition } from '../partition/partition.ts';
import type { VirtualProcessor } from '../vp/virtual-processor.ts';

/** Where the messages go: SINT0 of the parent's first VP. */
const INTERCEPT_SINT = 0;
const INTERCEPT_VP = 0;

const CR0_PE = 1 << 0;
const CR0_AM = 1 << 18;
const DR7_ENABLES = 0xff;
const GENERAL_REGISTERS = 16;
const MOST_INSTRUCTION_BYTES = 16;
const PAGE_FAULT = 14;
const DEBUG = 1;

const traceIntercept = tracePoint('hypervisor.intercept', ['vp', 'kind', 'rip', 'detail']);
const lostIntercept = warning('hypervisor.intercept-lost');

// The layouts, as shifts: these words are put together without an object for their parts.
const STATE = ExecutionState.layout;
const PORT_INFO = IoPortAccessInfo.layout;

/** Builds and posts the messages of one partition; the buffer is reused, a message is copied when it is posted. */
export class InterceptMessages {
  readonly #partition: Partition;
  readonly #payload = new Uint8Array(HV_MESSAGE_MAX_PAYLOAD_BYTES);
  readonly #view = new DataView(this.#payload.buffer);
  readonly #port = IoPortInterceptMessage.on(this.#view);
  readonly #msr = MsrInterceptMessage.on(this.#view);
  readonly #cpuid = CpuidInterceptMessage.on(this.#view);
  readonly #memory = MemoryInterceptMessageLong.on(this.#view);
  readonly #exception = ExceptionInterceptMessage.on(this.#view);
  readonly #eoi = ApicEoiMessage.on(this.#view);
  readonly #header = InterceptMessageHeader.on(this.#view);

  constructor(partition: Partition) {
    this.#partition = partition;
  }

  /** I/O port; all methods tell whether the parent could be told. */
  port(vp: VirtualProcessor, access: PortAccess): boolean {
    const { qwords, segments } = vp.processor.registers;
    this.#begin(vp, access.instructionBytes, access.isWrite ? InterceptAccess.WRITE : InterceptAccess.READ);
    const message = this.#port;
    message.portNumber = access.port;
    this.#view.setUint8(
      IoPortInterceptMessage.offsets.accessInfo,
      (access.size << PORT_INFO.accessBytes[0]) |
        ((access.isString ? 1 : 0) << PORT_INFO.string[0]) |
        ((access.hasRepeatPrefix ? 1 : 0) << PORT_INFO.rep[0]),
    );
    message.rax = qwords[Reg.RAX]!;
    if (access.isString) {
      message.instructionByteCount = this.#fetch(vp, IoPortInterceptMessage.offsets.instructionBytes);
      this.#segment(IoPortInterceptMessage.offsets.ds, segments[Seg.DS]!);
      this.#segment(IoPortInterceptMessage.offsets.es, segments[Seg.ES]!);
      message.rcx = qwords[Reg.RCX]!;
      message.rsi = qwords[Reg.RSI]!;
      message.rdi = qwords[Reg.RDI]!;
    }
    return this.#post(vp, HvMessageType.X64_IO_PORT_INTERCEPT, IoPortInterceptMessage.size, access.port);
  }

  msr(vp: VirtualProcessor, isWrite: boolean, instructionBytes: number): boolean {
    const { qwords, dwords } = vp.processor.registers;
    this.#begin(vp, instructionBytes, isWrite ? InterceptAccess.WRITE : InterceptAccess.READ);
    this.#msr.msrNumber = dwords[Reg.RCX * 2]!;
    this.#msr.rdx = qwords[Reg.RDX]!;
    this.#msr.rax = qwords[Reg.RAX]!;
    return this.#post(vp, HvMessageType.X64_MSR_INTERCEPT, MsrInterceptMessage.size, dwords[Reg.RCX * 2]!);
  }

  cpuid(
    vp: VirtualProcessor,
    instructionBytes: number,
    eax: number,
    ebx: number,
    ecx: number,
    edx: number,
  ): boolean {
    const { qwords, dwords } = vp.processor.registers;
    this.#begin(vp, instructionBytes, InterceptAccess.EXECUTE);
    const message = this.#cpuid;
    message.rax = qwords[Reg.RAX]!;
    message.rcx = qwords[Reg.RCX]!;
    message.rdx = qwords[Reg.RDX]!;
    message.rbx = qwords[Reg.RBX]!;
    message.defaultResultRax = BigInt(eax >>> 0);
    message.defaultResultRcx = BigInt(ecx >>> 0);
    message.defaultResultRdx = BigInt(edx >>> 0);
    message.defaultResultRbx = BigInt(ebx >>> 0);
    return this.#post(
      vp,
      HvMessageType.X64_CPUID_INTERCEPT,
      CpuidInterceptMessage.size,
      dwords[Reg.RAX * 2]!,
    );
  }

  /** Unmapped page or access violation, in the long form that spares the parent reading the registers. */
  memory(vp: VirtualProcessor, access: MemoryAccess): boolean {
    this.#begin(vp, access.instructionBytes, access.kind);
    const message = this.#memory;
    message.cacheType = CACHE_TYPE_WRITE_BACK;
    // A failed fetch cannot be fetched again: its bytes are what the parent is asked for.
    message.instructionByteCount =
      access.kind === AccessKind.EXECUTE
        ? 0
        : this.#fetch(vp, MemoryInterceptMessageLong.offsets.instructionBytes);
    this.#view.setUint8(
      MemoryInterceptMessageLong.offsets.accessInfo,
      (access.gvaValid ? 1 : 0) << MemoryAccessInfo.layout.gvaValid[0],
    );
    message.guestVirtualAddress = access.gva;
    message.guestPhysicalAddress = BigInt(access.gpa);
    this.#registers(vp, MemoryInterceptMessageLong.offsets);
    const mapped = this.#partition.gpa.systemPage(Math.floor(access.gpa / PAGE_BYTES)) >= 0;
    return this.#post(
      vp,
      mapped ? HvMessageType.GPA_INTERCEPT : HvMessageType.UNMAPPED_GPA,
      MemoryInterceptMessageLong.size,
      access.gpa,
    );
  }

  exception(vp: VirtualProcessor, vector: number, errorCode: number, hasErrorCode: boolean): boolean {
    const { qwords } = vp.processor.registers;
    this.#begin(vp, 0, InterceptAccess.EXECUTE);
    const message = this.#exception;
    message.exceptionVector = vector;
    this.#view.setUint8(ExceptionInterceptMessage.offsets.exceptionInfo, hasErrorCode ? 1 : 0);
    message.instructionByteCount = this.#fetch(vp, ExceptionInterceptMessage.offsets.instructionBytes);
    message.errorCode = hasErrorCode ? errorCode >>> 0 : 0;
    message.exceptionParameter =
      vector === PAGE_FAULT ? qwords[Reg.CR2]! : vector === DEBUG ? qwords[Reg.DR6]! : 0n;
    this.#registers(vp, ExceptionInterceptMessage.offsets);
    return this.#post(vp, HvMessageType.X64_EXCEPTION_INTERCEPT, ExceptionInterceptMessage.size, vector);
  }

  unrecoverable(vp: VirtualProcessor): boolean {
    this.#begin(vp, 0, InterceptAccess.EXECUTE);
    return this.#post(vp, HvMessageType.UNRECOVERABLE_EXCEPTION, UnrecoverableExceptionMessage.size, 0);
  }

  apicEoi(vp: VirtualProcessor, vector: number): boolean {
    this.#eoi.vpIndex = vp.index;
    this.#eoi.interruptVector = vector;
    return this.#post(vp, HvMessageType.X64_APIC_EOI, ApicEoiMessage.size, vector);
  }

  /** Zeroes the buffer and writes the header. */
  #begin(vp: VirtualProcessor, instructionBytes: number, access: number): void {
    const { registers } = vp.processor;
    this.#payload.fill(0);
    const header = this.#header;
    header.vpIndex = vp.index;
    const cr8 = registers.dwords[Reg.CR8 * 2]! & 0xf;
    this.#view.setUint8(
      InterceptMessageHeader.offsets.instruction,
      (instructionBytes & 0xf) | (cr8 << InterceptInstruction.layout.cr8[0]),
    );
    header.access = access;
    this.#view.setUint16(InterceptMessageHeader.offsets.executionState, executionState(vp), true);
    this.#segment(InterceptMessageHeader.offsets.cs, registers.segments[Seg.CS]!);
    header.rip = registers.qwords[Reg.RIP]!;
    header.rflags = registers.qwords[Reg.RFLAGS]!;
  }

  #segment(at: number, segment: Segment): void {
    this.#view.setBigUint64(at, segment.base, true);
    this.#view.setUint32(at + 8, segment.limit, true);
    this.#view.setUint16(at + 12, segment.selector, true);
    this.#view.setUint16(at + 14, segment.attributes, true);
  }

  #registers(vp: VirtualProcessor, at: { ds: number; ss: number; registers: number }): void {
    const { qwords, segments } = vp.processor.registers;
    this.#segment(at.ds, segments[Seg.DS]!);
    this.#segment(at.ss, segments[Seg.SS]!);
    for (let i = 0; i < GENERAL_REGISTERS; i++)
      this.#view.setBigUint64(at.registers + i * 8, qwords[i]!, true);
  }

  /** Copies the bytes at RIP, up to the end of their page, to `at`; gives their number, 0 when they cannot be read. */
  #fetch(vp: VirtualProcessor, at: number): number {
    const { processor } = vp;
    const { registers } = processor;
    const linear = linearRip(registers);
    const found = processor.translate(linear, AccessKind.EXECUTE, registers.cpl !== 3, false);
    if (found.code !== 0) return 0;
    const count = Math.min(MOST_INSTRUCTION_BYTES, PAGE_BYTES - (found.gpa % PAGE_BYTES));
    return this.#partition.gpa.read(found.gpa, this.#payload.subarray(at, at + count)) ? count : 0;
  }

  #post(vp: VirtualProcessor, type: number, sizeBytes: number, detail: number): boolean {
    if (traceIntercept.on) {
      const rip = vp.processor.registers.qwords[Reg.RIP]!;
      traceIntercept.emit(this.#partition.where, vp.index, nameOf(HvMessageType, type), rip, detail);
    }
    const target = this.#partition.parent?.vps[INTERCEPT_VP];
    const status =
      target === undefined
        ? HvStatus.INVALID_VP_INDEX
        : target.synic.postMessage(INTERCEPT_SINT, type, this.#partition.id, this.#payload, sizeBytes);
    if (status === HvStatus.SUCCESS) return true;
    lostIntercept.report(this.#partition.where, 'the parent cannot take an intercept message', {
      vp: vp.index,
      type,
      status,
    });
    return false;
  }
}

function linearRip(registers: RegisterFile): bigint {
  const rip = registers.qwords[Reg.RIP]!;
  return registers.is64Bit ? rip : BigInt.asUintN(32, registers.segments[Seg.CS]!.base + rip);
}

/** HV_X64_VP_EXECUTION_STATE of a stopped VP. */
function executionState(vp: VirtualProcessor): number {
  const { registers, interruptShadow } = vp.processor;
  const cr0 = registers.dwords[Reg.CR0 * 2]!;
  const bit = (on: boolean, [shift]: readonly [number, number]): number => (on ? 1 << shift : 0);
  return (
    registers.cpl |
    bit((cr0 & CR0_PE) !== 0, STATE.cr0Pe) |
    bit((cr0 & CR0_AM) !== 0, STATE.cr0Am) |
    bit((registers.dwords[Reg.EFER * 2]! & EFER_LMA) !== 0, STATE.eferLma) |
    bit((registers.dwords[Reg.DR7 * 2]! & DR7_ENABLES) !== 0, STATE.debugActive) |
    bit(interruptShadow, STATE.interruptShadow)
  );
}
