/** What went over each channel since the bus was made, also after the channel was closed or taken away. */

import type { ChannelCounters } from '../ring/channel.ts';

/** Totals of one channel of one device; reopening it adds to them. */
export interface ChannelReport {
  readonly relid: number;
  readonly interfaceId: string;
  /** Of the connections of a socket service, which are told as one: that of the last. */
  readonly instanceId: string;
  /** 0 for the primary channel. */
  readonly subchannelIndex: number;
  readonly opens: number;
  readonly counters: Readonly<ChannelCounters>;
}

/** Whose totals they are. */
export interface LedgerIdentity
  extends Pick<ChannelReport, 'relid' | 'interfaceId' | 'instanceId' | 'subchannelIndex'> {
  /** One of any number of connections of its interface, told as one. */
  readonly isConnection: boolean;
}

type Counts = Readonly<ChannelCounters>;

interface Entry {
  identity: LedgerIdentity;
  opens: number;
  /** Of the channels that have ended. */
  past: ChannelCounters | undefined;
  readonly live: Set<Counts>;
}

/** One entry for each device and index, however often a guest opens it. */
export class ChannelLedger {
  readonly #entries = new Map<string, Entry>();

  /** A channel was opened; `counters` counts from now on. */
  opened(identity: LedgerIdentity, counters: Counts): void {
    const { relid, interfaceId, instanceId, subchannelIndex, isConnection } = identity;
    const copy = { relid, interfaceId, instanceId, subchannelIndex, isConnection };
    const key = keyOf(copy);
    const entry = this.#entries.get(key) ?? { identity: copy, opens: 0, past: undefined, live: new Set() };
    entry.identity = copy;
    entry.opens += 1;
    entry.live.add(counters);
    this.#entries.set(key, entry);
  }

  /** The channel ended: it counts no more. */
  ended(identity: LedgerIdentity, counters: Counts): void {
    const entry = this.#entries.get(keyOf(identity));
    if (entry?.live.delete(counters)) entry.past = added(entry.past, counters);
  }

  /** Totals as they are now. */
  reports(): ChannelReport[] {
    return Array.from(this.#entries.values(), ({ identity, opens, past, live }) => {
      const { relid, interfaceId, instanceId, subchannelIndex } = identity;
      let counters = past;
      for (const one of live) counters = added(counters, one);
      return { relid, interfaceId, instanceId, subchannelIndex, opens, counters: counters! };
    });
  }
}

function keyOf({ interfaceId, instanceId, subchannelIndex, isConnection }: LedgerIdentity): string {
  return isConnection ? interfaceId : `${instanceId}/${subchannelIndex}`;
}

function added(past: ChannelCounters | undefined, more: Counts): ChannelCounters {
  const sum = { ...more };
  if (past === undefined) return sum;
  for (const key of Object.keys(sum) as (keyof ChannelCounters)[]) sum[key] += past[key];
  return sum;
}
