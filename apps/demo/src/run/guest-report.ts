/** Tells what a guest's processors were doing when it ended badly, or when somebody asks. */

import type { SymbolTable } from '@viridian/emulation/loader';
import type { Disposer } from '@viridian/trace';
import { type FinishReason, formatSnapshot, type Machine, type ProcessorSnapshot } from '@viridian/vm';
import { slideOf } from './kernel-symbols.ts';

/** Ends that nobody wanted. After a reset the processors are as new: there is nothing to tell. */
const BAD_ENDS: ReadonlySet<FinishReason> = new Set(['halted', 'killed', 'crashed', 'triple-fault']);

/** Takes the processors down at the right moment, and prints them when the symbols are there. */
export class GuestReporter {
  readonly #machine: Machine;
  readonly #symbols: () => Promise<SymbolTable | undefined>;
  readonly #print: (text: string) => void;
  #printed: Promise<void> = Promise.resolve();
  #isSilent = false;
  #atEnd: readonly ProcessorSnapshot[] = [];

  constructor(
    machine: Machine,
    symbols: () => Promise<SymbolTable | undefined>,
    print: (text: string) => void,
  ) {
    this.#machine = machine;
    this.#symbols = symbols;
    this.#print = print;
  }

  /** Takes a report by itself when the guest ends badly, for {@link printEnd}. */
  watch(): Disposer {
    return this.#machine.on('finishing', ({ reason }) => {
      if (!this.#isSilent && BAD_ENDS.has(reason)) this.#atEnd = this.#machine.snapshots();
    });
  }

  /** No report at the end. */
  silence(): void {
    this.#isSilent = true;
  }

  /** What the processors are doing at this moment, printed soon; of one processor, when `vp` is given. */
  report(heading: string, vp?: number): void {
    const snapshots = this.#machine.snapshots().filter((snapshot) => vp === undefined || snapshot.vp === vp);
    this.#printed = this.#printed.then(() => {
      this.#print(heading);
      return this.#printAll(snapshots);
    });
  }

  /** Prints the report of the end, if there is one, behind those that were asked for. */
  async printEnd(): Promise<void> {
    await this.#printed;
    await this.#printAll(this.#atEnd);
  }

  async #printAll(snapshots: readonly ProcessorSnapshot[]): Promise<void> {
    if (snapshots.length === 0) return;
    const symbols = await this.#symbols();
    const slide = symbols && slideOf(symbols, snapshots);
    if (symbols !== undefined && slide === undefined) {
      this.#print('viridian: the symbols are not those of the kernel that runs');
    }
    const names = slide === undefined ? undefined : symbols?.movedBy(slide);
    for (const snapshot of snapshots) this.#print(formatSnapshot(snapshot, names));
  }
}
