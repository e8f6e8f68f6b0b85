/**
 * A processor that writes down a window of its instructions one by one, or tells when it comes to an address. Outside of
 * that it runs as ever, and when both are done the watch is gone.
 */

import type { ProcessorEnvironment, ProcessorFactory } from '@viridian/hypervisor';
import { Outcome, Reg, StopReason, type TraceLine, traceInstructions, X86Processor } from '@viridian/x86';
import { Breakpoint } from './breakpoint.ts';
import { readPhysical } from './read-physical.ts';

/** Instructions to write down; for machines of one x86 processor. */
export interface InstructionWindow {
  /** Number of the first, as the processor counts them, or its linear address. */
  readonly from: number | { readonly address: bigint };
  /** Number of instructions. */
  readonly count: number;
  line(line: TraceLine): void;
}

/** What is watched for. */
export interface MachineWatch {
  readonly instructions?: InstructionWindow;
  readonly breakpoint?: {
    /** Linear address of an instruction. */
    readonly address: bigint;
    /** Called once, in front of the instruction, by the first processor that comes to it. */
    reached(vp: number): void;
  };
}

/** Instructions between two looks at the clock. */
const CHUNK = 20_000;
/** `runInstructions` may execute more than it was asked for, by less than this. */
const MARGIN = 5000;
const LINES = 16;
const DEBUG_VECTOR = 1;

/** The same factory; its x86 processors are watched. */
export function watchProcessors(factory: ProcessorFactory, watch: MachineWatch): ProcessorFactory {
  const { breakpoint, instructions } = watch;
  if (breakpoint === undefined && instructions === undefined) return factory;
  const shared = breakpoint && new Breakpoint(Reg.DR3, breakpoint.address, breakpoint.reached);
  return (environment) => {
    const processor = factory(environment);
    if (processor instanceof X86Processor) {
      const execute = instructions === undefined ? nothing : traced(processor, instructions, environment);
      const supervised = shared && stopping(processor, shared, environment, execute);
      superviseRuns(processor, supervised ?? execute);
    }
    return processor;
  };
}

/** Executes some instructions; undefined when there is nothing left to watch for. */
type Execute = () => StopReason | undefined;

/** Runs by `execute` as long as it watches. */
function superviseRuns(processor: X86Processor, execute: Execute): void {
  const run = processor.run.bind(processor);
  processor.run = (milliseconds) => {
    const end = performance.now() + milliseconds;
    do {
      const reason = execute();
      if (reason === undefined) {
        processor.run = run;
        return run(Math.max(0, end - performance.now()));
      }
      if (reason !== StopReason.BUDGET) return reason;
    } while (performance.now() < end);
    return StopReason.BUDGET;
  };
}

const nothing: Execute = () => undefined;

/** Instruction by instruction where the window is. */
function traced(
  processor: X86Processor,
  { from, count, line }: InstructionWindow,
  environment: ProcessorEnvironment,
): Execute {
  const { gpa, memory } = environment;
  const options = { line, read: (at: number, bytes: number) => readPhysical(gpa, memory, at, bytes) };
  let first = typeof from === 'number' ? from : Number.POSITIVE_INFINITY;
  const execute: Execute = () => {
    const before = first - processor.instructions;
    if (before > MARGIN) return processor.runInstructions(Math.min(CHUNK, before - MARGIN));
    if (before > 0) return processor.runInstructions(1);
    const left = before + count;
    return left > 0 ? traceInstructions(processor, Math.min(LINES, left), options) : undefined;
  };
  if (typeof from === 'number') return execute;
  const begin = (): void => {
    first = processor.instructions;
  };
  return stopping(processor, new Breakpoint(Reg.DR2, from.address, begin), environment, execute);
}

/**
 * `execute` with a stop in front of one instruction, which leads to #DB. The guest may write the debug registers too: they
 * are set again and again.
 */
function stopping(
  processor: X86Processor,
  breakpoint: Breakpoint,
  { handler, vpIndex }: ProcessorEnvironment,
  execute: Execute,
): Execute {
  const { registers } = processor;
  const exception = handler.exception.bind(handler);
  let isHit = false;
  handler.exception = (vector, errorCode, hasErrorCode) => {
    if (vector !== DEBUG_VECTOR || !breakpoint.isHit(registers)) {
      return exception(vector, errorCode, hasErrorCode);
    }
    isHit = true;
    return Outcome.SUSPEND;
  };
  return () => {
    if (breakpoint.isDone) {
      breakpoint.disarm(registers);
      return execute();
    }
    breakpoint.arm(registers);
    processor.exceptionFilter |= 1 << DEBUG_VECTOR;
    const reason = execute() ?? processor.runInstructions(CHUNK);
    if (reason !== StopReason.SUSPENDED || !isHit) return reason;
    isHit = false;
    breakpoint.disarm(registers);
    breakpoint.reached(vpIndex);
    return StopReason.BUDGET;
  };
}
