/** Warnings: every broken rule is counted, and as many as a reader can use are kept and told, with the reason. */

import { findSource, register, TraceSource, type TraceValue } from './registry.ts';

/** A warning that was let through, newest in the ring log of `recentWarnings`. */
export interface WarningRecord {
  /** Name of the warning, e.g. `vmbus.protocol`. */
  readonly point: string;
  readonly where: string;
  readonly reason: string;
  readonly details: Readonly<Record<string, TraceValue>>;
  /** How often this reason was met at this place so far, this time included. */
  readonly occurrence: number;
}

/** Where one kind of rule breaking is reported. */
export interface Warning {
  readonly name: string;
  /** All reports, told or not. */
  readonly count: number;
  /** Reports with this reason, told or not. */
  countOf(reason: string): number;
  /**
   * Counts, and tells the listeners and the ring log unless this reason was told often enough at this place: the first
   * eight times, then each time the number of occurrences doubles. No clock decides, so a run stays repeatable.
   * `reason` is a fixed text; what varies (ids, lengths) belongs in `details`.
   */
  report(where: string, reason: string, details?: Readonly<Record<string, TraceValue>>): void;
}

const TOLD_IN_FULL = 8;
const RING_LOG_RECORDS = 128;
/** A guest may open channels for ever; past this many places the rest share one limit. */
const MOST_PLACES = 512;
/** Reasons are fixed texts of the code; a caller who puts a number into one must not grow memory. */
const MOST_REASONS = 256;
const THE_REST = '';

const ringLog: WarningRecord[] = [];
let ringLogNext = 0;

class WarningSource extends TraceSource implements Warning {
  count = 0;
  readonly #byReason = new Map<string, number>();
  readonly #byPlace = new Map<string, number>();

  constructor(name: string) {
    super(name, 'warn');
  }

  countOf(reason: string): number {
    return this.#byReason.get(reason) ?? 0;
  }

  report(where: string, reason: string, details: Readonly<Record<string, TraceValue>> = {}): void {
    this.count += 1;
    countUp(this.#byReason, reason, MOST_REASONS);
    const occurrence = countUp(this.#byPlace, `${where}\n${reason}`, MOST_PLACES);
    if (!isTold(occurrence)) return;
    remember({ point: this.name, where, reason, details, occurrence });
    if (this.on) this.send(where, { reason, ...details, ...(occurrence > 1 ? { occurrence } : {}) });
  }

  forget(): void {
    this.count = 0;
    this.#byReason.clear();
    this.#byPlace.clear();
  }
}

/** Adds one to the entry of `key`, or to the common entry when the table is full, and gives the new number. */
function countUp(table: Map<string, number>, key: string, mostKeys: number): number {
  const slot = table.has(key) || table.size < mostKeys ? key : THE_REST;
  const next = (table.get(slot) ?? 0) + 1;
  table.set(slot, next);
  return next;
}

function isTold(occurrence: number): boolean {
  return occurrence <= TOLD_IN_FULL || Number.isInteger(Math.log2(occurrence));
}

function remember(record: WarningRecord): void {
  ringLog[ringLogNext] = record;
  ringLogNext = (ringLogNext + 1) % RING_LOG_RECORDS;
}

const warnings = new Set<WarningSource>();

/** Registers a warning under a dotted name, or gives the one that is registered. Trace points share the name space. */
export function warning(name: string): Warning {
  const known = findSource(name);
  if (known instanceof WarningSource) return known;
  if (known !== undefined) throw new Error(`'${name}' is already registered as a trace point`);
  const source = register(new WarningSource(name));
  warnings.add(source);
  return source;
}

/** The last warnings that were told, oldest first, whether or not anybody listened. */
export function recentWarnings(): WarningRecord[] {
  return [...ringLog.slice(ringLogNext), ...ringLog.slice(0, ringLogNext)];
}

/** Empties the ring log and all warning counts: a fresh start for a test or for the next machine. */
export function forgetWarnings(): void {
  ringLog.length = 0;
  ringLogNext = 0;
  for (const source of warnings) source.forget();
}
