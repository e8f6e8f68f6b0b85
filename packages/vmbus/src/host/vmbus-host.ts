/** The parent's end of VMBus for one child partition. VMBus, Channel Management Protocol. */

import { MAX_REL_ID, VmbusVersion } from '@viridian/protocols/vmbus';
import { counters, type InspectNode } from '@viridian/trace';
import { formatGuid, parseGuid } from '@viridian/wire';
import type { BusClock } from '../ring/bus-clock.ts';
import type { GuestMemory } from '../ring/guest-memory.ts';
import { paddedUserData } from '../ring/user-data.ts';
import { ChannelLedger, type ChannelReport } from './channel-ledger.ts';
import { type GpadlLimits, GpadlTable } from './gpadl-table.ts';
import { GuestMessages } from './guest-messages.ts';
import { HostConnection } from './host-connection.ts';
import type { HostTransport } from './host-transport.ts';
import { MessageQueue } from './message-queue.ts';
import { MonitorPoller } from './monitor-poller.ts';
import { type ChannelBus, type ChannelIdentity, OfferedChannel } from './offered-channel.ts';
import type { NtStatus, Offer, OfferedDevice, SocketRequest } from './offered-device.ts';

/** Settings of the host end. */
export interface VmbusHostOptions {
  readonly transport: HostTransport;
  readonly memory: GuestMemory;
  readonly clock: BusClock;
  /** Virtual processors of the guest. */
  readonly vpCount: number;
  /** Versions to agree to; 0.13 to 5.3 when absent. */
  readonly versions?: { readonly oldest?: number; readonly newest?: number };
  readonly limits?: {
    /** 8-byte words in all GPADLs, about one per page; 262,144 when absent. */
    readonly gpadlWords?: number;
    readonly gpadlCount?: number;
    /** Messages that may wait for the guest to take them. */
    readonly waitingMessages?: number;
  };
  /** Path for traces and warnings; `vmbus` when absent. */
  readonly where?: string;
}

const GPADL_LIMITS: GpadlLimits = { words: 262_144, count: 4096 };
const MOST_WAITING_MESSAGES = 4096;

/** Offers devices to one guest and serves its channels. */
export class VmbusHost {
  readonly counters = counters({ messagesReceived: 0, messagesDropped: 0 });
  readonly where: string;
  /** Who serves sockets: gives 0 when an offer follows, else why not. Nobody unless set. */
  onSocketRequest: ((request: SocketRequest) => NtStatus) | undefined;
  readonly #options: VmbusHostOptions;
  readonly #channels = new Map<number, OfferedChannel>();
  readonly #gpadls: GpadlTable;
  readonly #queue: MessageQueue;
  readonly #monitors: MonitorPoller;
  readonly #connection: HostConnection;
  readonly #bus: ChannelBus;
  readonly #ledger = new ChannelLedger();
  #resetWaiters: (() => void)[] = [];

  constructor(options: VmbusHostOptions) {
    const { transport, clock, memory, vpCount, versions, limits } = options;
    this.#options = options;
    this.where = options.where ?? 'vmbus';
    this.#gpadls = new GpadlTable({
      words: limits?.gpadlWords ?? GPADL_LIMITS.words,
      count: limits?.gpadlCount ?? GPADL_LIMITS.count,
    });
    this.#queue = new MessageQueue(transport, clock, this.where);
    this.#monitors = new MonitorPoller(clock);
    this.#connection = new HostConnection({
      where: this.where,
      transport,
      memory,
      vpCount,
      oldest: versions?.oldest ?? VmbusVersion.V0_13,
      newest: Math.min(versions?.newest ?? VmbusVersion.V5_3, VmbusVersion.V5_3),
      queue: this.#queue,
      monitors: this.#monitors,
      channelInterrupt: (relid) => this.#channels.get(relid)?.interrupt(),
      sendOffers: () => this.#announce(),
      forgetChannels: () => {
        for (const channel of [...this.#channels.values()]) {
          channel.apply({ kind: 'forget', keep: channel.primary === undefined });
        }
      },
      stopping: () => this.#stopping(),
    });
    this.#bus = this.#channelBus();
    const messages = new GuestMessages({
      where: this.where,
      connection: this.#connection,
      gpadls: this.#gpadls,
      queue: this.#queue,
      mostWaiting: limits?.waitingMessages ?? MOST_WAITING_MESSAGES,
      channel: (relid) => {
        const channel = this.#channels.get(relid);
        return channel?.known === true ? channel : undefined;
      },
      socketRequest: (request) => this.onSocketRequest?.(request),
      counters: this.counters,
    });
    transport.onMessage = (payload) => messages.receive(payload);
  }

  /** Negotiated version; 0 while no guest is connected. */
  get version(): number {
    return this.#connection.session?.version ?? 0;
  }

  /**
   * Puts a device on the bus: the guest hears of it now or when it asks for the offers. The relid stays the same as
   * long as the device is here. Throws when a GUID is none, when a device with this instance GUID is on the bus already
   * (Linux knows offers by the instance alone), or when no relid is left.
   */
  offer(device: OfferedDevice): Offer {
    const interfaceId = formatGuid(parseGuid(device.interfaceId));
    const instanceId = formatGuid(parseGuid(device.instanceId));
    paddedUserData(device.userDefined);
    for (const other of this.#channels.values()) {
      if (other.primary === undefined && !isRescinded(other) && other.instanceId === instanceId) {
        throw new Error(`a device with instance ${instanceId} is on the bus already`);
      }
    }
    const channel = this.#add({ device, interfaceId, instanceId, subchannelIndex: 0, primary: undefined });
    if (channel === undefined) throw new Error(`no relid is left of ${MAX_REL_ID}`);
    this.#announceIfReady();
    const isGone = (): boolean => this.#channels.get(channel.relid) !== channel;
    return {
      relid: channel.relid,
      device,
      get isGone() {
        return isGone();
      },
      rescind: () => {
        if (isGone()) return;
        this.#bus.rescindSubchannels(channel);
        channel.apply({ kind: 'rescind' });
      },
    };
  }

  /**
   * The machine was reset: the rings and all guest memory are let go before this returns. Linux says nothing on an
   * ordinary reboot. Settles when the devices have stopped too.
   */
  reset(): Promise<void> {
    this.#connection.apply({ kind: 'reset' });
    this.#queue.clear();
    if (this.#connection.state.at !== 'leaving') return Promise.resolve();
    return new Promise((resolve) => this.#resetWaiters.push(resolve));
  }

  /** What went over each channel that a guest has opened so far. */
  channelReports(): ChannelReport[] {
    return this.#ledger.reports();
  }

  inspect(): InspectNode {
    const channels: Record<string, InspectNode> = {};
    for (const channel of this.#channels.values()) channels[channel.relid] = channel.inspect();
    return {
      connection: this.#connection.inspect(),
      counters: this.counters,
      messagesPosted: this.#queue.posted,
      messagesWaiting: this.#queue.length,
      messagesLost: this.#queue.lost,
      gpadls: this.#gpadls.inspect(),
      monitor: { polls: this.#monitors.polls, signals: this.#monitors.signals },
      channel: channels,
    };
  }

  #channelBus(): ChannelBus {
    const connection = this.#connection;
    return {
      where: this.where,
      ledger: this.#ledger,
      memory: this.#options.memory,
      vpCount: this.#options.vpCount,
      gpadls: this.#gpadls,
      monitors: this.#monitors,
      get session() {
        return connection.session;
      },
      send: (message) => connection.send(message),
      interrupt: (relid, vp) => connection.interrupt(relid, vp),
      openSignal: (connectionId, onSignal) => this.#options.transport.openSignal(connectionId, onSignal),
      offerSubchannels: (primary, count) => this.#offerSubchannels(primary, count),
      rescindSubchannels: (primary) => {
        for (const channel of [...this.#channels.values()]) {
          if (channel.primary === primary) channel.apply({ kind: 'rescind' });
        }
      },
      settled: (channel) => this.#settled(channel),
    };
  }

  #add(identity: Omit<ChannelIdentity, 'relid' | 'monitorId'>): OfferedChannel | undefined {
    let relid = 1;
    while (this.#channels.has(relid)) relid += 1;
    if (relid > MAX_REL_ID) return undefined;
    const monitorId = identity.device.monitor === undefined ? undefined : this.#monitors.allocate();
    const channel = new OfferedChannel(this.#bus, { ...identity, relid, monitorId });
    this.#channels.set(relid, channel);
    return channel;
  }

  #offerSubchannels(primary: OfferedChannel, count: number): number {
    if (this.version < VmbusVersion.V2_4) return 0;
    const most = primary.device.maxSubchannels ?? 0;
    const taken = new Set<number>();
    for (const channel of this.#channels.values()) {
      if (channel.primary === primary && !isRescinded(channel)) taken.add(channel.subchannelIndex);
    }
    let offered = 0;
    for (let index = 1; index <= most && offered < count; index += 1) {
      if (taken.has(index)) continue;
      const { device, interfaceId, instanceId } = primary;
      if (this.#add({ device, interfaceId, instanceId, subchannelIndex: index, primary }) === undefined)
        break;
      offered += 1;
    }
    this.#announceIfReady();
    return offered;
  }

  #announceIfReady(): void {
    if (this.#connection.state.at === 'ready') this.#announce();
  }

  /**
   * Offers what the guest does not know, in the order of the relids. Linux drops an offer whose two GUIDs and index it
   * still holds from a rescinded one, so such an offer waits.
   */
  #announce(): void {
    const channels = [...this.#channels.values()].sort((a, b) => a.relid - b.relid);
    for (const channel of channels) {
      if (channel.state.at !== 'unannounced') continue;
      const held = channels.some((other) => other !== channel && other.known && isTwin(other, channel));
      if (!held) channel.apply({ kind: 'offer' });
    }
  }

  #stopping(): boolean {
    for (const channel of this.#channels.values()) if (channel.state.at === 'closing') return true;
    return false;
  }

  #settled(channel: OfferedChannel): void {
    if (channel.state.at === 'gone' && this.#channels.get(channel.relid) === channel) {
      this.#channels.delete(channel.relid);
      if (channel.monitorId !== undefined) this.#monitors.free(channel.monitorId);
      this.#announceIfReady();
    }
    this.#connection.settle();
    if (this.#connection.state.at === 'leaving' || this.#resetWaiters.length === 0) return;
    const waiters = this.#resetWaiters;
    this.#resetWaiters = [];
    for (const resolve of waiters) resolve();
  }
}

function isTwin(one: OfferedChannel, other: OfferedChannel): boolean {
  return (
    one.interfaceId === other.interfaceId &&
    one.instanceId === other.instanceId &&
    one.subchannelIndex === other.subchannelIndex
  );
}

function isRescinded(channel: OfferedChannel): boolean {
  const { state } = channel;
  if (state.at === 'revoked' || state.at === 'gone') return true;
  return state.at === 'closing' && (state.towards.at === 'revoked' || state.towards.at === 'gone');
}
