/**
 * Runs the JIT and the interpreter side by side. A stretch of code, up to the next exit, fault or end of the budget, is run
 * with compiled regions; then memory is put back, a second processor with caches of its own interprets as many
 * instructions, and both must agree on registers, flags, memory and on what ended the stretch. Exits are answered once:
 * their instruction is executed after the comparison.
 */

import { type Core, Exit, State, UNWIND } from '../core/core.ts';
import type { CoreMachine, ExitTarget } from '../core/core-machine.ts';
import { Outcome } from '../processor/processor.ts';
import { Reg } from '../processor/registers.ts';
import { describeDifference, type LockStepDifference } from './difference.ts';
import { InputLog } from './input-log.ts';
import type { PageJournal } from './page-journal.ts';
import {
  compareStates,
  copyState,
  type EndKind,
  type ValueDifference,
  type VpBlock,
  vpBlock,
} from './vp-state.ts';

/** Instructions that the interpreter may execute beyond its budget, with room: those of a few blocks. */
const MOST_BEYOND = 256;
const UNWIND_SUSPEND = -1;
/** How far two counts of instructions may be apart: portions of repeated string instructions count, and may differ. */
const NEARBY = 8;
const FLAG_RF = 0x10000;
/** Differing words of memory that a report shows. */
const MOST_WORDS = 8;

/** How a stretch ended. */
interface End {
  readonly kind: EndKind;
  /** What `run` of the core gave. */
  readonly result: number;
  /** Instructions completed. */
  readonly count: number;
  /** Kind of the exit, -1 without. */
  readonly exit: number;
}

/** What two runs of a stretch disagree on. */
export interface Disagreement {
  readonly values: readonly ValueDifference[];
  /** Instructions that the JIT executed. */
  readonly count: number;
}

type Phase = 'live' | 'compiled' | 'interpreted';

/** Stands between a processor and its core. */
export class LockStep implements ExitTarget {
  readonly #core: Core;
  readonly #machine: CoreMachine;
  readonly #journal: PageJournal;
  readonly #target: ExitTarget;
  readonly #jit: VpBlock;
  readonly #shadow: VpBlock;
  readonly #start = new Uint8Array(State.END);
  readonly #inputs = new InputLog();
  #phase: Phase = 'live';
  /** Exit that ended the run under way, -1 without. */
  #exit = -1;
  /** Epochs of the JIT's translations when the shadow's were last as old. */
  #epochs = '';

  /** `vp` and `shadow` are addresses of blocks; `target` answers the exits of the processor at `vp`. */
  constructor(machine: CoreMachine, journal: PageJournal, vp: number, shadow: number, target: ExitTarget) {
    this.#machine = machine;
    this.#core = machine.core;
    this.#journal = journal;
    this.#target = target;
    this.#jit = vpBlock(machine.bank.buffer, vp);
    this.#shadow = vpBlock(machine.bank.buffer, shadow);
    this.#core.reset(shadow);
  }

  /** As `run` of the core. Throws {@link LockStepDifference} where the engines differ. */
  run(budget: number): number {
    if (this.#mustGoAlone()) return this.#core.run(this.#jit.vp, 1);
    this.#begin();
    try {
      const end = this.#runCompiled(budget);
      const isNothing = end.count === 0 && end.kind === 'exit' && this.#journal.isEmpty;
      const disagreement = isNothing ? undefined : this.#interpretAfter(end);
      if (disagreement !== undefined && !this.#agreesNearby(end)) throw this.#narrow(budget, disagreement);
      this.#epochs = this.#currentEpochs();
      this.#phase = 'live';
      if (end.kind === 'fault') throw UNWIND;
      return end.kind === 'exit' ? this.#core.run(this.#jit.vp, 1) : end.result;
    } finally {
      this.#phase = 'live';
      this.#core.setJournal(0);
      this.#core.setInterpreting(0);
    }
  }

  /** An exit of either processor. */
  exit(kind: number): number {
    if (this.#phase === 'live') return this.#target.exit(kind);
    const { view } = this.#phase === 'compiled' ? this.#jit : this.#shadow;
    if (kind === Exit.PAUSE) return this.#inputs.isReplaying ? Outcome.DONE : this.#target.exit(kind);
    if (kind === Exit.RANDOM) {
      const value = this.#inputs.take(() => {
        this.#target.exit(kind);
        return view.getBigUint64(State.EXIT_DATA, true);
      });
      view.setBigUint64(State.EXIT_DATA, value, true);
      return Outcome.DONE;
    }
    this.#exit = kind;
    if (kind !== Exit.ACKNOWLEDGE) return Outcome.SUSPEND;
    // Between two instructions, where the core has nothing to put back.
    view.setInt32(State.FAULT_VECTOR, UNWIND_SUSPEND, true);
    throw UNWIND;
  }

  readTsc(): void {
    if (this.#phase === 'live') {
      this.#target.readTsc();
      return;
    }
    const { view } = this.#phase === 'compiled' ? this.#jit : this.#shadow;
    const value = this.#inputs.take(() => {
      this.#target.readTsc();
      return this.#jit.view.getBigUint64(State.EXIT_TSC, true);
    });
    view.setBigUint64(State.EXIT_TSC, value, true);
  }

  /** Whether an event is about to be delivered whose traces cannot be undone. */
  #mustGoAlone(): boolean {
    const { view } = this.#jit;
    return (
      view.getInt32(State.INJECT_VECTOR, true) >= 0 ||
      view.getUint32(State.NMI_PENDING, true) !== 0 ||
      view.getUint32(State.PENDING_DEBUG, true) !== 0
    );
  }

  #begin(): void {
    this.#start.set(this.#jit.bytes);
    this.#journal.clear();
    this.#inputs.clear();
    this.#core.closeWrites(this.#jit.vp);
    this.#core.closeWrites(this.#shadow.vp);
    // Since the last comparison, somebody flushed translations of the one and not of the other.
    if (this.#epochs !== this.#currentEpochs()) this.#core.flushAllTlb(this.#shadow.vp);
    this.#core.setJournal(1);
  }

  #runCompiled(budget: number): End {
    this.#phase = 'compiled';
    let end = this.#execute(this.#jit, budget);
    // A repeated string instruction is finished: the interpreter may divide it into other portions.
    while (end.kind === 'plain' && this.#isRepeating()) {
      const more = this.#execute(this.#jit, 1);
      end = { ...more, count: end.count + more.count };
    }
    this.#journal.rewind();
    return end;
  }

  #isRepeating(): boolean {
    const { view } = this.#jit;
    return (
      (view.getUint32(Reg.RFLAGS * 8, true) & FLAG_RF) !== 0 && view.getUint32(State.ACTIVITY, true) === 0
    );
  }

  /** Calls the core once. */
  #execute(block: VpBlock, budget: number): End {
    const before = instructionsOf(block.view);
    this.#exit = -1;
    let result = 0;
    let kind: EndKind = 'plain';
    try {
      result = this.#core.run(block.vp, budget);
    } catch (error) {
      if (error !== UNWIND) throw error;
      kind = this.#exit >= 0 ? 'exit' : 'fault';
      this.#core.materializeFlags(block.vp);
    }
    return { kind, result, count: instructionsOf(block.view) - before, exit: this.#exit };
  }

  /** Interprets what the JIT executed, from the same start, and compares. */
  #interpretAfter(wanted: End): Disagreement | undefined {
    this.#prepareShadow();
    return this.#compare(wanted, this.#interpret(wanted.count, this.#unwinds(wanted)));
  }

  /** Whether a run ended in the middle of an instruction. */
  #unwinds({ kind, exit }: End): boolean {
    return kind !== 'plain' && exit !== Exit.ACKNOWLEDGE;
  }

  /** Whether the interpreter comes by the JIT's end a few counts earlier or later. */
  #agreesNearby(wanted: End): boolean {
    this.#journal.restart();
    this.#core.flushAllTlb(this.#shadow.vp);
    this.#prepareShadow();
    const before = Math.max(0, wanted.count - NEARBY);
    let last = this.#interpret(before, false);
    for (let i = 0; i <= 2 * NEARBY && last.kind === 'plain'; i += 1) {
      if (!this.#unwinds(wanted) && this.#compare(wanted, { ...last, count: wanted.count }) === undefined)
        return true;
      last = this.#execute(this.#shadow, 1);
    }
    return this.#compare(wanted, { ...last, count: wanted.count }) === undefined;
  }

  #compare(wanted: End, last: End): Disagreement | undefined {
    const isAlike =
      wanted.exit === Exit.ACKNOWLEDGE
        ? last.kind === 'plain'
        : last.kind === wanted.kind && last.exit === wanted.exit;
    const values = compareStates(this.#jit.bytes, this.#shadow.bytes, isAlike ? last.kind : 'plain');
    if (!isAlike) values.unshift({ name: 'end', first: nameOf(wanted), second: nameOf(last) });
    if (last.count !== wanted.count) {
      values.push({ name: 'instructions', first: `${wanted.count}`, second: `${last.count}` });
    }
    for (const { at, first, second } of this.#journal.compare(MOST_WORDS)) {
      values.push({ name: this.#machine.describe(at), first: hex32(first), second: hex32(second) });
    }
    return values.length === 0 ? undefined : { values, count: wanted.count };
  }

  /** The shadow at the start of the stretch. Interrupts wait: the JIT has chosen where they come. */
  #prepareShadow(): void {
    const { vp, bytes, view } = this.#shadow;
    copyState(this.#start, bytes);
    view.setUint32(State.INTERRUPT_REQUEST, 0, true);
    view.setInt32(State.EXIT_REQUEST, 0, true);
    this.#core.updateMode(vp);
    this.#core.setInterpreting(1);
    this.#inputs.replay();
    this.#phase = 'interpreted';
  }

  /** Interprets `count` instructions, and one more which must not complete when `unwinds`. */
  #interpret(count: number, unwinds: boolean): End {
    const first = instructionsOf(this.#shadow.view);
    let left = count;
    let end: End = { kind: 'plain', result: 0, count: 0, exit: -1 };
    while (end.kind === 'plain' && left > 0) {
      end = this.#execute(this.#shadow, left > 2 * MOST_BEYOND ? left - MOST_BEYOND : 1);
      if (end.kind === 'plain' && end.count === 0) break;
      left -= end.count;
    }
    if (end.kind === 'plain' && unwinds) end = this.#execute(this.#shadow, 1);
    return { ...end, count: instructionsOf(this.#shadow.view) - first };
  }

  /** Looks for the shortest stretch that shows a difference, and describes it. */
  #narrow(budget: number, disagreement: Disagreement): LockStepDifference {
    let found = disagreement;
    let good = 0;
    let agreed = 0;
    let bad = budget;
    while (bad - good > 1) {
      const middle = (good + bad) >> 1;
      const { end, other } = this.#again(middle);
      if (other === undefined) {
        good = middle;
        agreed = end.count;
      } else {
        bad = middle;
        found = other;
      }
    }
    this.#journal.undo();
    this.#prepareShadow();
    this.#interpret(Math.min(agreed, found.count), false);
    return describeDifference(this.#machine, this.#shadow, found, Math.min(agreed, found.count), () =>
      this.#execute(this.#shadow, 1),
    );
  }

  /** Runs the stretch once more with another budget. */
  #again(budget: number): { end: End; other: Disagreement | undefined } {
    this.#journal.undo();
    this.#inputs.replay();
    this.#core.setInterpreting(0);
    copyState(this.#start, this.#jit.bytes);
    this.#core.updateMode(this.#jit.vp);
    this.#core.flushAllTlb(this.#jit.vp);
    this.#core.flushAllTlb(this.#shadow.vp);
    const end = this.#runCompiled(budget);
    return { end, other: this.#interpretAfter(end) };
  }

  #currentEpochs(): string {
    const { view } = this.#jit;
    return `${view.getUint32(State.JIT_EPOCHS, true)} ${view.getUint32(State.JIT_EPOCHS + 4, true)}`;
  }
}

function instructionsOf(view: DataView): number {
  return Number(view.getBigUint64(State.INSTRUCTIONS, true));
}

function nameOf({ kind, exit }: End): string {
  return kind === 'exit' ? `exit ${exit}` : kind;
}

function hex32(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, '0')}`;
}
