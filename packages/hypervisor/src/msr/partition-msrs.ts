/**
 * The state behind the partition-wide synthetic MSRs: guest identity, hypercall page, reference time, crash parameters.
 * TLFS, "Hypercall Interface", "Timers" and "Guest Crash Enlightenment".
 */

import {
  CRASH_MESSAGE_MAX_BYTES,
  CRASH_PARAMETER_COUNT,
  CrashControl,
  ReferenceTscPage,
} from '@viridian/protocols/tlfs';
import { tracePoint } from '@viridian/trace';
import { GpaAccess } from '../partition/gpa-space.ts';
import type { CrashInfo } from '../partition/observer.ts';
import type { Partition } from '../partition/partition.ts';
import { ReferenceCounter, TimeHold } from '../timer/reference-counter.ts';
import { OverlayRegister, pageNumberOf } from '../vp/overlay-register.ts';
import { SystemPage } from '../vp/system-page.ts';

const traceCrash = tracePoint('hypervisor.crash', ['vp', 'p0', 'p1', 'p2', 'p3', 'p4']);

const HYPERCALL_ENABLE = 0x1;
const HYPERCALL_LOCKED = 0x2;

/** Code of the hypercall page: VMCALL; RET. The rest is INT3. Both modes enter at its first byte. */
const HYPERCALL_CODE = [0x0f, 0x01, 0xc1, 0xc3] as const;
const INT3 = 0xcc;

/** Sequence numbers that mean "do not use the page". */
const SEQUENCE_INVALID = 0;
const SEQUENCE_OF_OLD_HYPERVISORS = 0xffff_ffff;

/** One per partition. 64-bit values are halves. */
export class PartitionMsrs {
  readonly reference: ReferenceCounter;
  osIdLow = 0;
  osIdHigh = 0;
  readonly hypercallPage: OverlayRegister;
  readonly referenceTsc: OverlayRegister;
  /** TSC_INVARIANT_CONTROL bit 0: the guest relies on the time-stamp counter itself, which is invariant anyway. */
  tscInvariant = 0;
  readonly crashLow = new Uint32Array(CRASH_PARAMETER_COUNT);
  readonly crashHigh = new Uint32Array(CRASH_PARAMETER_COUNT);
  /** Set by the RESET MSR until the reset is done: no VP of the partition runs meanwhile. */
  resetRequested = false;
  readonly #partition: Partition;
  #sequence = SEQUENCE_INVALID;

  constructor(partition: Partition) {
    this.#partition = partition;
    const { clock, tscHz } = partition.hypervisor;
    this.reference = new ReferenceCounter(clock, tscHz);
    this.reference.onFormulaChange = () => this.#publishFormula();
    this.hypercallPage = new OverlayRegister(partition.gpa, GpaAccess.READ | GpaAccess.EXECUTE);
    this.referenceTsc = new OverlayRegister(partition.gpa, GpaAccess.READ);
  }

  /** HV_X64_MSR_GUEST_OS_ID. */
  get guestOsId(): bigint {
    return (BigInt(this.osIdHigh) << 32n) | BigInt(this.osIdLow);
  }

  /** Everything to its reset value, overlays off. Reference time goes on. */
  reset(): void {
    this.resetRequested = false;
    this.osIdLow = this.osIdHigh = 0;
    this.hypercallPage.reset();
    this.referenceTsc.reset();
    this.tscInvariant = 0;
    this.crashLow.fill(0);
    this.crashHigh.fill(0);
  }

  /** Time stands still while no VP may run. Called after each change of a VP's explicit suspension. */
  updateTimeHold(): void {
    const suspended = this.#partition.vps.every((vp) => vp === undefined || vp.explicitSuspend);
    this.reference.setHold(TimeHold.SUSPENDED, suspended);
  }

  /** Writes GUEST_OS_ID; 0 takes the hypercall page away. */
  setOsId(low: number, high: number): void {
    this.osIdLow = low;
    this.osIdHigh = high;
    if (low === 0 && high === 0) {
      const { hypercallPage } = this;
      this.#setHypercallPage((hypercallPage.low & ~HYPERCALL_ENABLE) >>> 0, hypercallPage.high);
    }
  }

  /**
   * Writes HYPERCALL. False (#GP) when the page is locked or would lie beyond the address space. Without a guest
   * identity the enable bit stays 0. `canLock` says whether bit 1 is offered.
   */
  setHypercall(low: number, high: number, canLock: boolean): boolean {
    if (canLock && (this.hypercallPage.low & HYPERCALL_LOCKED) !== 0) return false;
    if (pageNumberOf(low, high) >= this.#partition.gpa.pageCount) return false;
    const identified = this.osIdLow !== 0 || this.osIdHigh !== 0;
    this.#setHypercallPage(identified ? low : (low & ~HYPERCALL_ENABLE) >>> 0, high);
    return true;
  }

  /** Whether an overlay at this page is the hypercall page: the guest's writes to it are #GP. */
  isHypercallPage(gpn: number): boolean {
    return gpn === this.hypercallPage.shownAt;
  }

  /** The system page of the hypercall page, with its code in it; no guest can write there. */
  get codePage(): SystemPage {
    const page = new SystemPage(this.#partition.hypervisor.memory, this.#partition.pages.hypercall);
    // Pages come zeroed out of the pool.
    if (page.bytes[0] === 0) page.bytes.fill(INT3).set(HYPERCALL_CODE);
    return page;
  }

  /** Writes REFERENCE_TSC; the page is right before the guest can see it. */
  setReferenceTsc(low: number, high: number): void {
    this.#publishFormula();
    this.referenceTsc.set(low, high, this.#partition.pages.referenceTsc);
  }

  /** Writes CRASH_CTL, which reports the parameters that were written before. */
  reportCrash(vpIndex: number, low: number, high: number): void {
    const control = (BigInt(high) << 32n) | BigInt(low);
    if ((control & CrashControl.CRASH_NOTIFY) === 0n) return;
    const parameters = Array.from(
      { length: CRASH_PARAMETER_COUNT },
      (_, index) => (BigInt(this.crashHigh[index]!) << 32n) | BigInt(this.crashLow[index]!),
    );
    if (traceCrash.on) {
      const [p0, p1, p2, p3, p4] = parameters as [bigint, bigint, bigint, bigint, bigint];
      traceCrash.emit(this.#partition.where, vpIndex, p0, p1, p2, p3, p4);
    }
    const message =
      (control & CrashControl.CRASH_MESSAGE) === 0n
        ? undefined
        : this.#crashText(parameters[3]!, parameters[4]!);
    const info: CrashInfo = {
      vpIndex,
      parameters,
      control,
      ...(message === undefined ? {} : { message }),
    };
    this.#partition.notify((observer) => observer.crash?.(info));
  }

  inspect() {
    return {
      guestOsId: this.guestOsId,
      hypercallPageAt: this.hypercallPage.shownAt,
      referenceTscPageAt: this.referenceTsc.shownAt,
      reference: this.reference.inspect(),
    };
  }

  #setHypercallPage(low: number, high: number): void {
    if ((low & HYPERCALL_ENABLE) === 0) {
      this.hypercallPage.set(low, high, -1);
      return;
    }
    this.hypercallPage.set(low, high, this.codePage.number);
  }

  /** Writes scale and offset into the page in the order that lets readers notice: sequence 0 first, the new one last. */
  #publishFormula(): void {
    if (this.#partition.state !== 'active') return;
    const { words, view } = new SystemPage(
      this.#partition.hypervisor.memory,
      this.#partition.pages.referenceTsc,
    );
    const next = (this.#sequence + 1) >>> 0;
    this.#sequence = next === SEQUENCE_INVALID || next === SEQUENCE_OF_OLD_HYPERVISORS ? 1 : next;
    Atomics.store(words, 0, SEQUENCE_INVALID);
    ReferenceTscPage.write(view, 0, {
      tscSequence: SEQUENCE_INVALID,
      tscScale: this.reference.scale,
      tscOffset: this.reference.offset,
    });
    Atomics.store(words, 0, this.#sequence | 0);
  }

  /** The text of a crash, cut to what the specification allows; undefined when it does not lie in memory. */
  #crashText(gpa: bigint, lengthBytes: bigint): Uint8Array | undefined {
    const length = Number(
      lengthBytes > BigInt(CRASH_MESSAGE_MAX_BYTES) ? CRASH_MESSAGE_MAX_BYTES : lengthBytes,
    );
    if (length === 0 || gpa >= 1n << 52n) return undefined;
    const text = new Uint8Array(length);
    return this.#partition.gpa.read(Number(gpa), text) ? text : undefined;
  }
}
