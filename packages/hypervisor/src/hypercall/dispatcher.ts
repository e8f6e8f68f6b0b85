/**
 * From a VMCALL to a result: who may call, what the input value says, where the blocks lie, which handler answers.
 * TLFS, "Hypercall Interface".
 */

import {
  FeatureEdx,
  HvStatus,
  HYPERCALL_BLOCK_ALIGNMENT,
  type HypercallDeclaration,
  inputCode,
  inputHasReservedBits,
  inputIsFast,
  inputRepCount,
  inputRepStart,
  inputVariableQwords,
} from '@viridian/protocols/tlfs';
import { tracePoint, warning } from '@viridian/trace';
import { nameOf } from '@viridian/wire';
import { Outcome, PAGE_BYTES } from '@viridian/x86';
import type { VirtualProcessor } from '../vp/virtual-processor.ts';
import { blockGpa, copyInput, copyOutput, isReachable } from './blocks.ts';
import type { CallContext } from './call-context.ts';
import { RegisterPairs } from './fast-registers.ts';
import { findHypercall } from './hypercall-table.ts';

const traceHypercall = tracePoint('hypervisor.hypercall', [
  'vp',
  'code',
  'fast',
  'repStart',
  'reps',
  'status',
]);

/** Calls that no well-meaning guest makes; a full queue or a missing connection is everyday life. */
const badHypercall = warning('hypervisor.bad-hypercall');
const BAD: readonly HvStatus[] = [
  HvStatus.INVALID_HYPERCALL_CODE,
  HvStatus.INVALID_HYPERCALL_INPUT,
  HvStatus.INVALID_ALIGNMENT,
  HvStatus.INVALID_PARAMETER,
  HvStatus.ACCESS_DENIED,
];

const QWORD = 8;

/** Answers the hypercall in the registers of `vp`. The processor moves RIP past the instruction on DONE. */
export function dispatch(vp: VirtualProcessor): Outcome {
  const { registers } = vp.processor;
  const { partition } = vp;
  if (!registers.isProtected || registers.cpl !== 0) return reject(vp, 'not in protected mode at CPL 0');
  pairs.attach(registers);
  const low = pairs.controlLow;
  const high = pairs.controlHigh;
  const call = partition.callContext(vp);
  call.repsDone = 0;
  call.retry = false;
  const status = answer(call, low, high);
  if (status === UNDEFINED_OPCODE) return reject(vp, 'more fast input than registers offered');
  if (call.retry) return Outcome.SUSPEND;
  const reps = call.repsDone;
  // A handler may have run code that attached the pairs to other registers.
  pairs.attach(registers);
  pairs.setResult(status, reps);
  const code = inputCode(low);
  partition.hypercalls.count(code, status, reps - call.repStart);
  if (BAD.includes(status)) badHypercall.report(vp.where, nameOf(HvStatus, status), { code, reps });
  if (traceHypercall.on) {
    const fast = inputIsFast(low) ? 1 : 0;
    traceHypercall.emit(partition.where, vp.index, code, fast, call.repStart, reps, status);
  }
  return Outcome.DONE;
}

function reject(vp: VirtualProcessor, reason: string): Outcome {
  vp.partition.hypercalls.rejected += 1;
  badHypercall.report(vp.where, reason);
  return Outcome.INVALID_OPCODE;
}

/** Not a status: the call needs register forms that this caller has not been offered. */
const UNDEFINED_OPCODE = -1;
type Answer = HvStatus | typeof UNDEFINED_OPCODE;

/** One at a time: a hypercall is never handled in the middle of another one. */
const pairs = new RegisterPairs();

function answer(call: CallContext, low: number, high: number): Answer {
  call.repStart = 0;
  call.repCount = 0;
  const entry = findHypercall(inputCode(low));
  if (entry === undefined) return HvStatus.INVALID_HYPERCALL_CODE;
  const { declaration } = entry;
  if (entry.privilegeBit >= 0 && !call.partition.hasBit(entry.privilegeBit)) return HvStatus.ACCESS_DENIED;
  if (!acceptsInputValue(declaration, low, high)) return HvStatus.INVALID_HYPERCALL_INPUT;
  call.declaration = declaration;
  call.variableBytes = inputVariableQwords(low) * QWORD;
  call.repCount = inputRepCount(high);
  call.repStart = inputRepStart(high);
  call.repsDone = call.repStart;
  return inputIsFast(low) ? answerFast(call, entry.handle) : answerSlow(call, entry.handle);
}

/** The rules for the input value alone. */
function acceptsInputValue(declaration: HypercallDeclaration, low: number, high: number): boolean {
  if (inputHasReservedBits(low, high)) return false;
  const count = inputRepCount(high);
  const start = inputRepStart(high);
  if (declaration.rep ? count === 0 || start >= count : count !== 0 || start !== 0) return false;
  return declaration.variableHeader || inputVariableQwords(low) === 0;
}

function inputSize(call: CallContext): number {
  const { inputBytes, inputElementBytes } = call.declaration;
  return inputBytes + call.variableBytes + call.repCount * inputElementBytes;
}

function outputSize(call: CallContext): number {
  return call.declaration.outputBytes + call.repCount * call.declaration.outputElementBytes;
}

function answerSlow(call: CallContext, handle: (call: CallContext) => HvStatus): HvStatus {
  const { gpa } = call.partition;
  const inBytes = inputSize(call);
  const outBytes = outputSize(call);
  const inGpa = inBytes === 0 ? 0 : blockGpa(pairs.inputLow, pairs.inputHigh);
  const outGpa = outBytes === 0 ? 0 : blockGpa(pairs.outputLow, pairs.outputHigh);
  if (inBytes > 0 && !isPlaced(gpa.pageCount, inGpa, inBytes)) return HvStatus.INVALID_ALIGNMENT;
  if (outBytes > 0 && !isPlaced(gpa.pageCount, outGpa, outBytes)) return HvStatus.INVALID_ALIGNMENT;
  if (inBytes > 0 && outBytes > 0 && inGpa < outGpa + outBytes && outGpa < inGpa + inBytes) {
    return HvStatus.INVALID_ALIGNMENT;
  }
  if (outBytes > 0 && !isReachable(gpa, outGpa)) return HvStatus.INVALID_HYPERCALL_INPUT;
  if (inBytes > 0 && !copyInput(gpa, inGpa, inBytes, call)) return HvStatus.INVALID_HYPERCALL_INPUT;
  const status = run(call, handle, outBytes);
  if (outBytes > 0 && !call.retry && !copyOutput(gpa, outGpa, call, status)) {
    return HvStatus.INVALID_HYPERCALL_INPUT;
  }
  return status;
}

/** Aligned, within one page, within the address space. */
function isPlaced(pageCount: number, gpa: number, sizeBytes: number): boolean {
  if (gpa % HYPERCALL_BLOCK_ALIGNMENT !== 0) return false;
  return (gpa % PAGE_BYTES) + sizeBytes <= PAGE_BYTES && gpa + sizeBytes <= pageCount * PAGE_BYTES;
}

function answerFast(call: CallContext, handle: (call: CallContext) => HvStatus): Answer {
  const { features } = call.partition;
  const xmmInput = (features & FeatureEdx.XMM_HYPERCALL_INPUT) !== 0;
  const xmmOutput = (features & FeatureEdx.XMM_HYPERCALL_OUTPUT) !== 0 && pairs.is64Bit;
  const inBytes = inputSize(call);
  const outBytes = outputSize(call);
  if (!call.declaration.fast && !xmmInput) return HvStatus.INVALID_HYPERCALL_INPUT;
  if (outBytes > 0 && !xmmOutput) return HvStatus.INVALID_HYPERCALL_INPUT;
  if (inBytes > pairs.capacity(xmmInput))
    return xmmInput ? HvStatus.INVALID_HYPERCALL_INPUT : UNDEFINED_OPCODE;
  const firstFree = pairs.usedBy(inBytes);
  if (outBytes > pairs.capacity(true) - firstFree) return HvStatus.INVALID_HYPERCALL_INPUT;
  pairs.load(call.inputBytes, inBytes);
  const status = run(call, handle, outBytes);
  if (outBytes > 0 && !call.retry && status === HvStatus.SUCCESS) {
    pairs.attach(call.vp.processor.registers);
    pairs.store(call.outputBytes, outBytes, firstFree);
  }
  return status;
}

function run(call: CallContext, handle: (call: CallContext) => HvStatus, outBytes: number): HvStatus {
  if (outBytes > 0) call.outputBytes.fill(0, 0, outBytes);
  const status = handle(call);
  if (call.declaration.rep && status === HvStatus.SUCCESS && call.repsDone === call.repStart && !call.retry) {
    // Guests loop until all is done: success without progress would keep them there for ever.
    throw new Error(`hypercall ${call.declaration.name} succeeded without progress`);
  }
  return status;
}
