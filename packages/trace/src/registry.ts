/** The one list of trace sources and listeners in this program, and the delivery of events between them. */

import { type Disposer, disposer } from './disposer.ts';
import { type NameFilter, nameFilter } from './glob.ts';

/** What an event may carry: numbers, names, and 64-bit identifiers as they are echoed. */
export type TraceValue = number | string | bigint;

/** `trace` tells what happened, `warn` that somebody (most often a guest) broke a rule. */
export type TraceLevel = 'trace' | 'warn';

/** One thing that happened, made only when somebody listens. */
export interface TraceEvent {
  /** Name of the trace point, e.g. `vmbus.message`. */
  readonly point: string;
  readonly level: TraceLevel;
  /** Path of the part that it happened in, e.g. `partition/2/vmbus`. */
  readonly where: string;
  /** Whatever the listener's own `now` gave; absent without one. */
  readonly time?: number;
  readonly values: Readonly<Record<string, TraceValue>>;
}

export type TraceListener = (event: TraceEvent) => void;

/** Settings of one listener. */
export interface ListenOptions {
  /** Stamps each event; the unit is the caller's, milliseconds for `formatEvent`. */
  readonly now?: () => number;
}

interface Subscription {
  readonly matches: NameFilter;
  readonly deliver: TraceListener;
}

/** A named source of events. `on` is the flag that the emitting code tests. */
export class TraceSource {
  on = false;
  readonly name: string;
  readonly level: TraceLevel;
  /** Replaced, never changed in place, so that a listener may go away while an event is delivered. */
  #heardBy: readonly Subscription[] = [];

  constructor(name: string, level: TraceLevel) {
    this.name = name;
    this.level = level;
  }

  /** Works out anew who hears this source. */
  connect(subscriptions: Iterable<Subscription>): void {
    this.#heardBy = [...subscriptions].filter((subscription) => subscription.matches(this.name));
    this.on = this.#heardBy.length > 0;
  }

  send(where: string, values: Readonly<Record<string, TraceValue>>): void {
    const event: TraceEvent = { point: this.name, level: this.level, where, values };
    for (const subscription of this.#heardBy) subscription.deliver(event);
  }
}

const sources = new Map<string, TraceSource>();
const subscriptions = new Set<Subscription>();

/** Finds a source by name; `undefined` when nobody registered it. */
export function findSource(name: string): TraceSource | undefined {
  return sources.get(name);
}

/** Adds a source and connects the listeners that were there first. */
export function register<Source extends TraceSource>(source: Source): Source {
  sources.set(source.name, source);
  source.connect(subscriptions);
  return source;
}

/** Names of all trace points and warnings registered so far, sorted. */
export function listTracePoints(): string[] {
  return [...sources.keys()].sort();
}

/**
 * Hears every trace point and warning whose name matches one of the comma-separated globs, also those registered
 * later. A listener that throws is taken off and its error rises in a microtask of its own: an observer's bug must
 * not end the channel that it observes.
 */
export function listen(patterns: string, listener: TraceListener, options: ListenOptions = {}): Disposer {
  const { now } = options;
  const stop = disposer(() => {
    subscriptions.delete(subscription);
    reconnect();
  });
  const subscription: Subscription = {
    matches: nameFilter(patterns),
    deliver(event) {
      try {
        listener(now === undefined ? event : { ...event, time: now() });
      } catch (error) {
        stop();
        queueMicrotask(() => {
          throw error;
        });
      }
    },
  };
  subscriptions.add(subscription);
  reconnect();
  return stop;
}

function reconnect(): void {
  for (const source of sources.values()) source.connect(subscriptions);
}
