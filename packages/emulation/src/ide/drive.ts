/** What every drive on an IDE cable does alike: registers, data blocks, waiting for the host (ATA/ATAPI-6, Protocol). */

import type { Buffers } from '@viridian/drivers';
import { counters, type InspectNode, tracePoint, warning } from '@viridian/trace';
import { allOnes, type Width } from '../bus/ports.ts';
import { commonAtPowerOn, type DmaRequest, type DrivePort, type DriveState } from './drive-state.ts';
import { type HostDone, HostWork } from './host-work.ts';
import { PioBuffer } from './pio-buffer.ts';
import { DIAGNOSTIC_PASSED, Reg, Status } from './spec.ts';
import { readTaskFile, type TaskFile, writeTaskFile } from './task-file.ts';

const commands = tracePoint('ide.command', ['code', 'lbaHigh', 'lbaMid', 'lbaLow', 'count']);
const troubles = warning('ide.host');

const READY = Status.DRDY | Status.DSC;
const NOT_PLUGGED: DrivePort = { isSlave: false, where: 'ide', changed: () => {} };

/** One drive. A subclass runs the commands; `Own` is its part of the state, plain data. */
export abstract class Drive<Own extends object = object> {
  protected own: Own;
  protected readonly buffer = new PioBuffer();
  protected readonly counters = counters({
    commands: 0,
    failed: 0,
    readBytes: 0,
    writtenBytes: 0,
    hostErrors: 0,
  });
  readonly #ownAtPowerOn: () => Own;
  readonly #host = new HostWork(
    (failure, error) => {
      this.counters.hostErrors += 1;
      troubles.report(this.where, failure, {
        message: error instanceof Error ? error.message : String(error),
      });
    },
    () => this.#port.changed(),
  );
  #state = commonAtPowerOn();
  #port = NOT_PLUGGED;
  /** A power-on that waits for the host is not replaced by a lesser reset. */
  #powerOnDue = false;

  constructor(ownAtPowerOn: () => Own) {
    this.#ownAtPowerOn = ownAtPowerOn;
    this.own = ownAtPowerOn();
  }

  /** Starts `code`, whose parameters are in the task file. */
  protected abstract run(code: number): void;
  /** The guest has read the open block. */
  protected abstract blockTaken(): void;
  /** The guest has filled the open block. */
  protected abstract blockGiven(): void;
  /** The bus master offers the memory asked for; `moved` is to be called when it holds, or has given, all bytes. */
  protected abstract runDma(buffers: Buffers, moved: () => void): void;
  /** Puts the signature of this kind of drive into the registers, and says what DRDY and DSC are then. */
  protected abstract signature(): number;
  /** Ends what a reset ends. */
  protected abstract softReset(): void;

  /** More to show in `inspect`. */
  protected abstract details(): InspectNode;

  /** Connects to a cable and shows the signature. Throws when the drive is on one already. */
  plug(port: DrivePort): void {
    if (this.#port !== NOT_PLUGGED) throw new Error(`the drive is plugged in at ${this.where}`);
    this.#port = port;
    this.#showSignature();
  }

  /** What the parameter registers hold. */
  get parameters(): Readonly<TaskFile> {
    return this.#state.taskFile;
  }

  /** The status register; to ask here acknowledges nothing. */
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
    if (reg === Reg.ERROR_FEATURE) return this.#state.error;
    return readTaskFile(this.#state.taskFile, reg, previous);
  }

  /** A busy drive takes nothing. */
  writeRegister(reg: number, value: number): void {
    if (!this.isBusy) writeTaskFile(this.#state.taskFile, reg, value);
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
    if (this.isBusy && !this.obeysWhileBusy(code)) return;
    if (commands.on) {
      const { lbaHigh, lbaMid, lbaLow, count } = this.taskFile;
      commands.emit(this.where, code, lbaHigh, lbaMid, lbaLow, count);
    }
    this.counters.commands += 1;
    if (!this.isBusy) this.#end();
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
    if (!this.#powerOnDue) this.#host.supersede(() => {});
  }

  /** SRST is released, or the drive is to reset itself. Lasts as long as the host still works on guest memory. */
  release(): void {
    this.#resetWhenIdle();
  }

  /** Power-on. */
  reset(): void {
    this.#powerOnDue = true;
    this.#resetWhenIdle();
  }

  /** EXECUTE DEVICE DIAGNOSTIC, which both drives of a cable obey; drive 0 interrupts. */
  diagnose(): void {
    if (this.isBusy) return;
    this.#end();
    this.#port.changed();
    this.#showSignature();
    this.#state.interrupting = !this.isSlave;
  }

  /** Settles when the host works on nothing for this drive. */
  quiesce(): Promise<void> {
    return this.#host.idle();
  }

  /** Throws while the host is at work: see `quiesce`. */
  save(): DriveState<Own> {
    if (this.#host.isRunning) throw new Error(`${this.where}: the host is at work`);
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

  inspect(): InspectNode {
    const { taskFile, dma, ...rest } = this.#state;
    const waits = dma === undefined ? {} : { dma: { ...dma } };
    return {
      ...rest,
      ...waits,
      taskFile: { ...taskFile },
      status: this.status,
      ...this.details(),
      ...this.counters,
    };
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
  protected obeysWhileBusy(_code: number): boolean {
    return false;
  }

  /** Ends the command well. */
  protected succeed(): void {
    this.#end();
    this.#state.ready = READY;
    this.#state.interrupting = true;
  }

  /** Ends the command with bits for the error register. */
  protected fail(error: number): void {
    this.succeed();
    this.counters.failed += 1;
    this.#state.error = error;
    this.#state.failed = true;
  }

  /** Ends a command whose last block the guest has just read: there is nothing to tell. */
  protected finishQuietly(): void {
    this.#end();
  }

  /** Shows `byteCount` bytes of the buffer to the guest. */
  protected offer(start: number, byteCount: number): void {
    this.buffer.open(start, byteCount);
    this.#wait('data-in', true);
  }

  /** Asks the guest for `byteCount` bytes into the buffer. The first block of a command comes without interrupt. */
  protected accept(start: number, byteCount: number, interrupt: boolean): void {
    this.buffer.open(start, byteCount);
    this.#wait('data-out', interrupt);
  }

  /** Waits for the bus master. */
  protected awaitDma(toMemory: boolean, byteCount: number): void {
    this.#state.dma = { toMemory, byteCount };
    this.#wait('dma', false);
  }

  /** BSY while the host works. `done` is not called when a reset comes in between. */
  protected work(start: () => void | Promise<void>, done: HostDone): void {
    this.#state.phase = 'busy';
    this.#host.start(start, done);
  }

  #wait(phase: 'data-in' | 'data-out' | 'dma', interrupt: boolean): void {
    this.#state.phase = phase;
    this.#state.ready = READY;
    this.#state.interrupting = interrupt;
  }

  #resetWhenIdle(): void {
    this.#state.interrupting = false;
    if (!this.#host.isRunning) {
      this.#reset();
      return;
    }
    this.#state.phase = 'busy';
    this.#host.supersede(() => this.#reset());
  }

  #reset(): void {
    this.#end();
    if (this.#powerOnDue) this.own = this.#ownAtPowerOn();
    else this.softReset();
    this.#powerOnDue = false;
    this.#showSignature();
  }

  #showSignature(): void {
    this.#state.ready = this.signature();
    this.#state.error = DIAGNOSTIC_PASSED;
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
