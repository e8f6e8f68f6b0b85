/** What went over each channel since the bus was made, also after the channel was closed or taken away. */

import type { ChannelCounters } from '../ring/channel.ts';

/** Totals of one channel of one device; reopening it adds to them. */
export interface ChannelReport {
  readonly relid: number;
  readonly interfaceId: string;
  readonly instanceId: string;
  /** 0 for the primary channel. */
  readonly subchannelIndex: number;
  readonly opens: number;
  readonly counters: Readonly<ChannelCounters>;
}

type Identity = Pick<ChannelReport, 'relid' | 'interfaceId' | 'instanceId' | 'subchannelIndex'>;

interface Entry extends Identity {
  opens: number;
  past: ChannelCounters | undefined;
  live: Readonly<ChannelCounters>;
}

/** One entry for each device and index, however often a guest opens it. */
export class ChannelLedger {
  readonly #entries = new Map<string, Entry>();

  /** A channel was opened; `counters` counts from now on. */
  opened(identity: Identity, counters: Readonly<ChannelCounters>): void {
    const { relid, interfaceId, instanceId, subchannelIndex } = identity;
    const key = `${instanceId}/${subchannelIndex}`;
    const known = this.#entries.get(key);
    this.#entries.set(key, {
      relid,
      interfaceId,
      instanceId,
      subchannelIndex,
      opens: (known?.opens ?? 0) + 1,
      past: known === undefined ? undefined : total(known),
      live: counters,
    });
  }

  /** Totals as they are now. */
  reports(): ChannelReport[] {
    return Array.from(this.#entries.values(), (entry) => {
      const { relid, interfaceId, instanceId, subchannelIndex, opens } = entry;
      return { relid, interfaceId, instanceId, subchannelIndex, opens, counters: total(entry) };
    });
  }
}

function total({ past, live }: Entry): ChannelCounters {
  const sum = { ...live };
  if (past === undefined) return sum;
  for (const key of Object.keys(sum) as (keyof ChannelCounters)[]) sum[key] += past[key];
  return sum;
}
