/** A processor without instructions for tests that set registers and make exits by hand. It remembers what was asked of it. */

import {
  type AccessKind,
  CR0_PE,
  EFER_LMA,
  type ExitHandler,
  type Processor,
  Reg,
  RegisterFile,
  SEGMENT_L,
  Seg,
  StopReason,
  type Translation,
} from '@viridian/x86';
import type { ProcessorEnvironment } from '../src/index.ts';

export class RestingProcessor implements Processor {
  readonly registers = new RegisterFile();
  readonly handler: ExitHandler;
  exceptionFilter = 0;
  interruptShadow = false;
  /** Flushed pages, 'all' for everything. */
  flushes: (bigint | 'all')[] = [];
  readonly log: string[] = [];
  interruptRequested = false;
  /** Answer to translations by access kind; identity without one. */
  walk: ((gva: bigint, kind: AccessKind, supervisor: boolean) => Translation) | undefined;

  constructor(environment: ProcessorEnvironment) {
    this.handler = environment.handler;
  }

  /** Protected mode, CPL 0, 64 or 32 bits. */
  enter(mode: 'long' | 'protected'): void {
    const { dwords, segments } = this.registers;
    dwords[Reg.CR0 * 2] = CR0_PE;
    dwords[Reg.EFER * 2] = mode === 'long' ? EFER_LMA : 0;
    segments[Seg.CS]!.attributes = mode === 'long' ? 0x9b | SEGMENT_L : 0x409b;
    segments[Seg.SS]!.attributes = 0x93;
  }

  run(): StopReason {
    return StopReason.HALT;
  }
  requestStop(): void {}
  setInterruptRequest(asserted: boolean): void {
    this.interruptRequested = asserted;
  }
  injectNmi(): void {
    this.log.push('nmi');
  }
  injectException(vector: number): void {
    this.log.push(`exception ${vector}`);
  }
  init(): void {
    this.registers.reset();
    this.log.push('init');
  }
  startUp(vector: number): void {
    this.log.push(`startUp ${vector}`);
  }
  translate(gva: bigint, kind: AccessKind, supervisor: boolean): Translation {
    return this.walk?.(gva, kind, supervisor) ?? { code: 0, gpa: Number(gva) };
  }
  flushTlb(gva?: bigint): void {
    this.flushes.push(gva ?? 'all');
  }
  gpaChanged(): void {}
}
