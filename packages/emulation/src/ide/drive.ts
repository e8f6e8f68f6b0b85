/** What every drive on an IDE cable does alike: registers, data blocks, waiting for the host (ATA/ATAPI-6, Protocol). */

import { BlockError, type BlockErrorKind, type Buffers } from '@viridian/drivers';
import { counters, tracePoint, warning } from '@viridian/trace';
import { allOnes, type Width } from '../bus/ports.ts';
import { PioBuffer, type PioBufferState } from './pio-buffer.ts';
import { Reg, Status } from './spec.ts';

const commands = tracePoint('ide.command', ['code', 'lbaHigh', 'lbaMid', 'lbaLow', 'count']);
const troubles = warning('ide.host');

/** Registers as they were written: in 7:0 the last byte, in 15:8 the one before, which EXT commands use. */
export interface TaskFile {
  feature: number;
  count: number;
  lbaLow: number;
  lbaMid: number;
  lbaHigh: number;
  /** 8 bits. */
  device: number;
}

/** 'busy' waits for the host or for the end of a reset; 'dma' for the bus master. */
export type Phase = 'idle' | 'busy' | 'data-in' | 'data-out' | 'dma';

/** What a bus master is to move. */
export interface DmaRequest {
  readonly toMemory: boolean;
  readonly byteCount: number;
}

/** What all drives keep. */
export interface CommonState {
  readonly taskFile: TaskFile;
  phase: Phase;
  /** DRDY and DSC as shown outside of BSY. */
  ready: number;
  error: number;
  /** ERR: the last command failed. */
  failed: boolean;
  interrupting: boolean;
  dma: DmaRequest | undefined;
}

/** Everything volatile; `own` is what the kind of drive adds. */
export interface DriveState<Own extends object = object> {
  readonly version: 1;
  readonly common: CommonState;
  readonly own: Own;
  readonly buffer: PioBufferState;
}

/** The cable, as a drive sees it. */
export interface DrivePort {
  /** Drive 1 of its channel. */
  readonly isSlave: boolean;
  /** Names the drive in traces. */
  readonly where: string;
  /** To be called when phase or interrupt may have changed. */
  changed(): void;
}

/** Why the host did not do what it was asked; 'defect' when a device failed in an unforeseen way. */
export type HostFailure = BlockErrorKind | 'defect';

const NOT_PLUGGED: DrivePort = { isSlave: false, where: 'ide', changed: () => {} };

const atPowerOn = (): CommonState => ({
  taskFile: { feature: 0, count: 0, lbaLow: 0, lbaMid: 0, lbaHigh: 0, device: 0 },
  phase: 'idle',
  ready: 0,
  error: 0,
  failed: false,
  interrupting: false,
  dma: undefined,
});

/** One drive. A subclass runs the commands; `Own` is its part of the state, plain data. */
export abstract class Drive<Own extends object = object> {
  protected own: Own;
  protected readonly buffer = new PioBuffer();
  protected readonly counters = counters({
    commands: 0,
    aborted: 0,
    readBytes: 0,
    writtenBytes: 0,
    hostErrors: 0,
  });
  readonly #ownAtPowerOn: () => Own;
  #state = atPowerOn();
  #port = NOT_PLUGGED;
  #inFlight: Promise<void> | undefined;
  /** What happens when the host is done: a reset meanwhile voids the command, but never lets go of guest memory in use. */
  #afterHost: 'finish' | 'drop' | 'soft-reset' | 'power-on' = 'finish';

  constructor(ownAtPowerOn: () => Own) {
    this.#ownAtPowerOn = ownAtPowerOn;
    this.own = ownAtPowerOn();
  }

  /** What the command registers hold. */
  get parameters(): Readonly<TaskFile> {
    return this.#state.taskFile;
  }

  /** Starts `code`, whose parameters are in the task file. */
  protected abstract run(code: number): void;
  /** The guest has read the open block. */
  protected abstract blockTaken(): void;
  /** The guest has filled the open block. */
  protected abstract blockGiven(): void;
  /** The bus master offers the memory asked for; `moved` is to be called when it holds, or has given, all bytes. */
  protected abstract runDma(buffers: Buffers, moved: () => void): void;
  /** Puts the signature of this kind of drive into the registers, and says what `ready` is then. */
  protected abstract signature(): number;
  /** Ends what a reset ends. */
  protected abstract softReset(): void;

  /** Connects to a cable and shows the signature. Throws when the drive is on one already. */
  plug(port: DrivePort): void {
    if (this.#port !== NOT_PLUGGED) throw new Error(`the drive is plugged in at ${this.#port.where}`);
    this.#port = port;
    this.#showSignature();
  }

  /** The status register; reading it acknowledges nothing. */
  get status(): number {
    const { phase, ready, failed } = this.#state;
    if (phase === 'busy') return Status.BSY | ready;
    return ready | (phase === 'idle' ? 0 : Status.DRQ) | (failed ? Status.ERR : 0);
  }

  /** INTRQ, for a drive that is selected. */
  get isInterrupting(): boolean {
    return this.#state.interrupting;
  }

  get isBusy(): boolean {
    return this.#state.phase === 'busy';
  }

  /** What the drive waits for the bus master with. */
  get dmaRequest(): DmaRequest | undefined {
    return this.#state.phase === 'dma' ? this.#state.dma : undefined;
  }

  /** The guest has read the status register. */
  acknowledge(): void {
    this.#state.interrupting = false;
  }

  /** A register of the command block but for data and status; `previous` gives the byte written before the last. */
  readRegister(reg: number, previous: boolean): number {
    const { taskFile, error } = this.#state;
    const shift = previous ? 8 : 0;
    switch (reg) {
      case Reg.ERROR_FEATURE:
        return error;
      case Reg.COUNT:
        return (taskFile.count >> shift) & 0xff;
      case Reg.LBA_LOW:
        return (taskFile.lbaLow >> shift) & 0xff;
      case Reg.LBA_MID:
        return (taskFile.lbaMid >> shift) & 0xff;
      case Reg.LBA_HIGH:
        return (taskFile.lbaHigh >> shift) & 0xff;
      default:
        return taskFile.device;
    }
  }

  /** A busy drive takes nothing. */
  writeRegister(reg: number, value: number): void {
    if (this.isBusy) return;
    const { taskFile } = this.#state;
    const shifted = (before: number) => ((before << 8) | value) & 0xffff;
    if (reg === Reg.ERROR_FEATURE) taskFile.feature = shifted(taskFile.feature);
    else if (reg === Reg.COUNT) taskFile.count = shifted(taskFile.count);
    else if (reg === Reg.LBA_LOW) taskFile.lbaLow = shifted(taskFile.lbaLow);
    else if (reg === Reg.LBA_MID) taskFile.lbaMid = shifted(taskFile.lbaMid);
    else if (reg === Reg.LBA_HIGH) taskFile.lbaHigh = shifted(taskFile.lbaHigh);
    else if (reg === Reg.DEVICE) taskFile.device = value;
  }

  /** The data register. */
  readData(width: Width): number {
    if (this.#state.phase !== 'data-in') return allOnes(width);
    const value = this.buffer.read(width);
    if (this.buffer.isBlockDone) {
      this.blockTaken();
      this.#port.changed();
    }
    return value;
  }

  writeData(width: Width, value: number): void {
    if (this.#state.phase !== 'data-out') return;
    this.buffer.write(width, value);
    if (!this.buffer.isBlockDone) return;
    this.blockGiven();
    this.#port.changed();
  }

  /** The command register. A command takes the place of one that waits for the guest, never of one that waits for the host. */
  execute(code: number): void {
    if (this.isBusy && !this.interrupts(code)) return;
    const state = this.#state;
    if (commands.on) {
      const { lbaHigh, lbaMid, lbaLow, count } = state.taskFile;
      commands.emit(this.where, code, lbaHigh, lbaMid, lbaLow, count);
    }
    this.counters.commands += 1;
    this.#end();
    this.#port.changed(); // the line falls, so that a command that ends at once is an edge
    this.run(code);
    this.#port.changed();
  }

  /** The bus master has found memory for the request. */
  serveDma(buffers: Buffers, moved: () => void): void {
    this.runDma(buffers, moved);
    this.#port.changed();
  }

  /** SRST is asserted: BSY until `release`. */
  hold(): void {
    this.#state.interrupting = false;
    this.#state.phase = 'busy';
    if (this.#inFlight !== undefined) this.#afterHost = 'drop';
  }

  /** SRST is released, or the drive is to reset itself. Lasts as long as the host still works on guest memory. */
  release(): void {
    this.#resetOrWait('soft-reset');
  }

  /** Power-on. */
  reset(): void {
    this.#resetOrWait('power-on');
  }

  /** EXECUTE DEVICE DIAGNOSTIC, which both drives of a cable obey; drive 0 interrupts. */
  diagnose(): void {
    if (this.isBusy) return;
    this.#end();
    this.#showSignature();
    this.#state.interrupting = !this.#port.isSlave;
  }

  /** Waits until the host works on nothing for this drive: before its state is saved or guest memory used otherwise. */
  async quiesce(): Promise<void> {
    while (this.#inFlight !== undefined) await this.#inFlight;
  }

  /** Throws while the host is at work: see `quiesce`. */
  save(): DriveState<Own> {
    if (this.#inFlight !== undefined) throw new Error(`${this.where}: the host is at work`);
    const { buffer, own } = this;
    return structuredClone({ version: 1, common: this.#state, own, buffer: buffer.save() });
  }

  /** The drive is on the same cable at the same place, with the same medium. */
  restore(state: DriveState<Own>): void {
    const { common, own, buffer } = structuredClone(state);
    this.#state = common;
    this.own = own;
    this.buffer.restore(buffer);
  }

  inspect(): Record<string, unknown> {
    return { ...structuredClone(this.#state), status: this.status, ...this.own, ...this.counters };
  }

  protected get where(): string {
    return this.#port.where;
  }

  protected get isSlave(): boolean {
    return this.#port.isSlave;
  }

  protected get taskFile(): TaskFile {
    return this.#state.taskFile;
  }

  /** Whether this command is obeyed while BSY. */
  protected interrupts(_code: number): boolean {
    return false;
  }

  /** Ends the command well. */
  protected succeed(): void {
    this.#end();
    this.#state.ready = Status.DRDY | Status.DSC;
    this.#state.interrupting = true;
  }

  /** Ends the command with bits for the error register. */
  protected fail(error: number): void {
    this.#end();
    this.counters.aborted += 1;
    this.#state.ready = Status.DRDY | Status.DSC;
    this.#state.error = error;
    this.#state.failed = true;
    this.#state.interrupting = true;
  }

  /** Ends a command whose last block the guest has just read: there is nothing to tell. */
  protected finishQuietly(): void {
    this.#end();
  }

  /** Shows `byteCount` bytes of the buffer to the guest. */
  protected offer(start: number, byteCount: number): void {
    this.buffer.open(start, byteCount);
    this.#state.phase = 'data-in';
    this.#state.ready = Status.DRDY | Status.DSC;
    this.#state.interrupting = true;
  }

  /** Asks the guest for `byteCount` bytes into the buffer. The first block of a command comes without interrupt. */
  protected accept(start: number, byteCount: number, interrupt: boolean): void {
    this.buffer.open(start, byteCount);
    this.#state.phase = 'data-out';
    this.#state.ready = Status.DRDY | Status.DSC;
    this.#state.interrupting = interrupt;
  }

  /** Waits for the bus master. */
  protected awaitDma(toMemory: boolean, byteCount: number): void {
    this.#state.dma = { toMemory, byteCount };
    this.#state.phase = 'dma';
    this.#state.ready = Status.DRDY | Status.DSC;
  }

  /** BSY while the host works. `done` hears what went wrong; it is not called when a reset came in between. */
  protected work(start: () => void | Promise<void>, done: (failure: HostFailure | undefined) => void): void {
    this.#state.phase = 'busy';
    try {
      const pending = start();
      if (pending !== undefined) {
        this.#inFlight = pending.then(
          () => this.#hostDone(done, undefined),
          (error: unknown) => this.#hostDone(done, this.#failureOf(error)),
        );
        return;
      }
    } catch (error) {
      done(this.#failureOf(error));
      return;
    }
    done(undefined);
  }

  #hostDone(done: (failure: HostFailure | undefined) => void, failure: HostFailure | undefined): void {
    const next = this.#afterHost;
    this.#inFlight = undefined;
    this.#afterHost = 'finish';
    if (next === 'finish') done(failure);
    else if (next !== 'drop') this.#resetOrWait(next);
    this.#port.changed();
  }

  #failureOf(error: unknown): HostFailure {
    const failure = error instanceof BlockError ? error.kind : 'defect';
    this.counters.hostErrors += 1;
    troubles.report(this.where, failure, { message: error instanceof Error ? error.message : String(error) });
    return failure;
  }

  #resetOrWait(kind: 'soft-reset' | 'power-on'): void {
    this.#state.interrupting = false;
    if (this.#inFlight !== undefined) {
      this.#state.phase = 'busy';
      if (this.#afterHost !== 'power-on') this.#afterHost = kind;
      return;
    }
    this.#end();
    if (kind === 'power-on') this.own = this.#ownAtPowerOn();
    else this.softReset();
    this.#showSignature();
  }

  #showSignature(): void {
    this.#state.ready = this.signature();
    this.#state.error = 1;
  }

  /** Back to waiting for a command, with nothing to say. */
  #end(): void {
    this.#state.phase = 'idle';
    this.#state.dma = undefined;
    this.#state.error = 0;
    this.#state.failed = false;
    this.#state.interrupting = false;
    this.buffer.open(0, 0);
  }
}
