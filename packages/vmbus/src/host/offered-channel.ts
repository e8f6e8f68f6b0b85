/** One offered channel: carries out the steps of its state machine. VMBus, Channel Management Protocol. */

import { NtStatus, OfferFlag, VmbusVersion, VP_INDEX_NO_INTERRUPT } from '@viridian/protocols/vmbus';
import type { InspectNode } from '@viridian/trace';
import type { GuestMemory, SharedPages } from '../ring/guest-memory.ts';
import { channelTrace, deviceWarning, protocolWarning } from '../ring/trace-points.ts';
import type { ChannelLedger } from './channel-ledger.ts';
import { type ChannelEvent, type ChannelState, type OpenParameters, stepChannel } from './channel-state.ts';
import type { Session } from './connection-state.ts';
import { afterDevice, deviceFailed } from './device-call.ts';
import type { Gpadl, GpadlTable } from './gpadl-table.ts';
import {
  gpadlCreatedMessage,
  gpadlTorndownMessage,
  modifyChannelResponseMessage,
  offerMessage,
  openResultMessage,
  rescindMessage,
} from './host-messages.ts';
import type { SignalConnection } from './host-transport.ts';
import type { MonitorPoller } from './monitor-poller.ts';
import type { GpadlRange, OfferedDevice } from './offered-device.ts';
import { OpenHostChannel } from './open-host-channel.ts';
import { ringPages, wholePages } from './ring-pages.ts';

/** What a channel needs from the bus that it hangs on. */
export interface ChannelBus {
  readonly ledger: ChannelLedger;
  readonly where: string;
  readonly memory: GuestMemory;
  readonly vpCount: number;
  readonly gpadls: GpadlTable;
  readonly monitors: MonitorPoller;
  readonly session: Session | undefined;
  send(message: Uint8Array): void;
  /** Interrupts the guest for a channel the way the version wants. */
  interrupt(relid: number, vp: number): void;
  openSignal(connectionId: number, onSignal: () => void): SignalConnection;
  offerSubchannels(primary: OfferedChannel, count: number): number;
  /** The device of a primary channel stops: its sub-channels go. */
  rescindSubchannels(primary: OfferedChannel): void;
  /** The channel came to rest: its device has stopped, or it is gone. */
  settled(channel: OfferedChannel): void;
}

/** Identity of a channel on the bus. */
export interface ChannelIdentity {
  readonly relid: number;
  readonly device: OfferedDevice;
  /** The device's GUIDs in lower case, so that they compare as text. */
  readonly interfaceId: string;
  readonly instanceId: string;
  readonly subchannelIndex: number;
  readonly primary: OfferedChannel | undefined;
  readonly monitorId: number | undefined;
}

/** SINT2 in the bits above the relid, as OpenVMM does: unique among all connections of the partition. */
export function connectionIdOf(relid: number): number {
  return relid | (2 << 12);
}

/** A primary or sub-channel. */
export class OfferedChannel {
  readonly relid: number;
  readonly device: OfferedDevice;
  readonly interfaceId: string;
  readonly instanceId: string;
  readonly subchannelIndex: number;
  readonly primary: OfferedChannel | undefined;
  readonly monitorId: number | undefined;
  readonly where: string;
  readonly #bus: ChannelBus;
  #state: ChannelState = { at: 'unannounced' };
  #current: OpenHostChannel | undefined;
  /** The device's answer, while it is awaited. */
  #answer: Promise<number> | undefined;
  #signal: SignalConnection | undefined;
  /** GPADLs to give back when the device has stopped. */
  #owedTeardowns: Gpadl[] = [];
  opens = 0;

  constructor(bus: ChannelBus, identity: ChannelIdentity) {
    this.#bus = bus;
    this.relid = identity.relid;
    this.device = identity.device;
    this.interfaceId = identity.interfaceId;
    this.instanceId = identity.instanceId;
    this.subchannelIndex = identity.subchannelIndex;
    this.primary = identity.primary;
    this.monitorId = identity.monitorId;
    this.where = `${bus.where}/channel/${identity.relid}`;
  }

  /** A connection of a socket: there may be any number, one after the other. */
  get isConnection(): boolean {
    return ((this.device.flags ?? 0) & OfferFlag.TLNPI_PROVIDER_OFFER) !== 0;
  }

  get state(): ChannelState {
    return this.#state;
  }

  /** Whether the guest may speak of this channel. */
  get known(): boolean {
    const { at } = this.#state;
    return at !== 'unannounced' && at !== 'released' && at !== 'gone';
  }

  /** Takes a step and does what it asks for. */
  apply(event: ChannelEvent): void {
    const { next, effects } = stepChannel(this.#state, event);
    if (channelTrace.on && next.at !== this.#state.at) {
      channelTrace.emit(this.where, this.relid, next.at, event.kind);
    }
    this.#state = next;
    for (const effect of effects) {
      switch (effect.do) {
        case 'send-offer':
          this.#sendOffer();
          break;
        case 'send-rescind':
          this.#bus.send(rescindMessage(this.relid));
          break;
        case 'start':
          this.#start(effect.request);
          break;
        case 'answer-open':
          this.#bus.send(openResultMessage(this.relid, effect.request.openId, effect.status));
          if (effect.status === 0) this.#current?.start();
          break;
        case 'stop':
          this.#stop(effect.reason);
          break;
        case 'drop-gpadls':
          this.#bus.gpadls.removeAll(this.relid);
          this.#owedTeardowns = [];
          break;
        case 'complain':
          this.#complain(effect.reason);
          break;
      }
    }
    if (this.#state.at === 'gone') this.#bus.settled(this);
  }

  /** The guest signalled. */
  interrupt(): void {
    this.#current?.interrupt();
  }

  /** The guest's GPADL was received whole: checks that it is memory, and answers. */
  gpadlArrived(gpadl: Gpadl): void {
    let status: number = NtStatus.SUCCESS;
    if (gpadl.ranges.some((range) => this.#bus.memory.pages([...range.gpns]) === undefined)) {
      this.#complain('GPADL range is outside guest memory');
      this.#bus.gpadls.remove(gpadl);
      status = NtStatus.INVALID_PARAMETER;
    }
    this.#bus.send(gpadlCreatedMessage(this.relid, gpadl.id, status));
  }

  /** GpadlTeardown. Torndown follows when nobody uses the memory any more. */
  teardown(gpadlId: number): void {
    const { gpadls } = this.#bus;
    const gpadl = gpadls.find(this.relid, gpadlId);
    if (gpadl === undefined) {
      if (!gpadls.abandon(this.relid, gpadlId)) this.#complain('teardown of an unknown GPADL');
      this.#bus.send(gpadlTorndownMessage(gpadlId));
      return;
    }
    if (gpadl.tearingDown) {
      this.#complain('GPADL torn down twice');
      return;
    }
    gpadl.tearingDown = true;
    const before = this.#state;
    if ((before.at === 'open' || before.at === 'opening') && before.request.ringGpadl === gpadlId) {
      this.#complain('ring GPADL torn down while open');
      this.apply({ kind: 'broke', reason: 'ring GPADL torn down while open' });
    }
    if (this.#state.at === 'closing') this.#owedTeardowns.push(gpadl);
    else this.#release(gpadl);
  }

  /** ModifyChannel. */
  retarget(vp: number): void {
    const channel = this.#state.at === 'open' ? this.#current : undefined;
    let status: number = NtStatus.SUCCESS;
    if (channel === undefined) {
      this.#complain('interrupts retargeted of a channel that is not open');
      status = NtStatus.INVALID_DEVICE_STATE;
    } else if (vp >= this.#bus.vpCount) {
      this.#complain('interrupts retargeted to an unknown processor');
      status = NtStatus.INVALID_PARAMETER;
    } else {
      channel.targetVp = vp;
    }
    if ((this.#bus.session?.version ?? 0) >= VmbusVersion.V5_3) {
      this.#bus.send(modifyChannelResponseMessage(this.relid, status));
    }
  }

  offerSubchannels(count: number): number {
    return this.primary === undefined ? this.#bus.offerSubchannels(this, count) : 0;
  }

  gpadl(gpadlId: number): readonly GpadlRange[] | undefined {
    const gpadl = this.#bus.gpadls.find(this.relid, gpadlId);
    return gpadl?.tearingDown === false ? gpadl.ranges : undefined;
  }

  gpadlPages(gpadlId: number): SharedPages | undefined {
    return wholePages(this.gpadl(gpadlId)?.[0], this.#bus.memory);
  }

  inspect(): InspectNode {
    const state = this.#state;
    return {
      interfaceId: this.interfaceId,
      instanceId: this.instanceId,
      subchannelIndex: this.subchannelIndex,
      state: state.at === 'closing' ? `closing, then ${state.towards.at}` : state.at,
      opens: this.opens,
      targetVp: this.#current?.targetVp,
      ring: this.#current,
    };
  }

  #sendOffer(): void {
    const version = this.#bus.session?.version ?? 0;
    this.#bus.send(
      offerMessage(this.device, {
        relid: this.relid,
        connectionId: connectionIdOf(this.relid),
        subchannelIndex: this.subchannelIndex,
        monitorId: this.#bus.monitors.connected ? this.monitorId : undefined,
        version,
      }),
    );
  }

  #start(request: OpenParameters): void {
    const channel = this.#prepare(request);
    if (channel === undefined) {
      this.apply({ kind: 'opened', status: NtStatus.INVALID_PARAMETER });
      return;
    }
    this.opens += 1;
    this.#current = channel;
    this.#bus.ledger.opened(this, channel.counters);
    const { openId, userData, targetVp } = request;
    const { subchannelIndex } = this;
    let answer: number | Promise<number>;
    try {
      answer = this.device.open(channel, { openId, userData, subchannelIndex, targetVp });
    } catch (error) {
      answer = deviceFailed(this.where, error);
    }
    if (typeof answer === 'number') {
      this.#opened(answer);
      return;
    }
    const settled = answer.catch((error: unknown) => deviceFailed(this.where, error));
    this.#answer = settled;
    void settled.then((status) => {
      this.#answer = undefined;
      // When the guest did not wait, whoever stops the channel looks at the answer.
      if (this.#state.at === 'opening' && this.#current === channel) this.#opened(status);
    });
  }

  /** Checks what the guest said and builds the channel on its rings. */
  #prepare(request: OpenParameters): OpenHostChannel | undefined {
    const bus = this.#bus;
    const { targetVp } = request;
    if (targetVp >= bus.vpCount && targetVp !== VP_INDEX_NO_INTERRUPT) {
      this.#complain('open names an unknown processor');
      return undefined;
    }
    const gpadl = bus.gpadls.find(this.relid, request.ringGpadl);
    const rings = ringPages(gpadl, request.downstreamPageOffset, bus.memory);
    if (typeof rings === 'string') {
      this.#complain(rings);
      return undefined;
    }
    const channel: OpenHostChannel = new OpenHostChannel(
      {
        memory: bus.memory,
        outbound: rings.hostToGuest,
        inbound: rings.guestToHost,
        where: this.where,
        side: 'host',
        maxPacketBytes: this.device.maxPacketBytes ?? 4096,
        signal: () => bus.interrupt(this.relid, channel.targetVp),
        broken: (reason) => {
          if (this.#current === channel) this.apply({ kind: 'broke', reason });
        },
      },
      this,
      bus.session?.version ?? 0,
      targetVp,
    );
    return this.#connectSignals(channel) ? channel : undefined;
  }

  #connectSignals(channel: OpenHostChannel): boolean {
    const connectionId = connectionIdOf(this.relid);
    try {
      this.#signal = this.#bus.openSignal(connectionId, () => channel.interrupt());
    } catch (error) {
      deviceWarning.report(this.where, 'no signal connection', { error: String(error) });
      return false;
    }
    const latency = this.device.monitor?.latency;
    if (this.monitorId !== undefined && latency !== undefined) {
      this.#bus.monitors.open(this.monitorId, connectionId, latency, () => channel.interrupt());
    }
    return true;
  }

  #opened(status: number): void {
    if (status !== 0 && this.#current !== undefined) {
      this.#current.onClosed = undefined;
      this.#detach('refused by the device');
    }
    this.apply({ kind: 'opened', status });
  }

  /** The rings are not touched from here on; the device may take its time. */
  #stop(reason: string): void {
    const answer = this.#answer;
    const channel = this.#detach(reason);
    if (this.primary === undefined) this.#bus.rescindSubchannels(this);
    if (channel === undefined) {
      this.#stopped();
      return;
    }
    if (answer !== undefined) {
      void answer.then((status) => this.#stopDevice(channel, reason, status === 0));
      return;
    }
    this.#stopDevice(channel, reason, true);
  }

  #stopDevice(channel: OpenHostChannel, reason: string, started: boolean): void {
    const work = (): void | Promise<void> => (started ? this.device.closed?.(channel, reason) : undefined);
    afterDevice(this.where, work, () => this.#stopped());
  }

  #stopped(): void {
    const owed = this.#owedTeardowns;
    this.#owedTeardowns = [];
    for (const gpadl of owed) this.#tornDown(gpadl);
    this.apply({ kind: 'stopped' });
    this.#bus.settled(this);
  }

  /** Cuts the open channel off from the guest and returns it. */
  #detach(reason: string): OpenHostChannel | undefined {
    const channel = this.#current;
    this.#current = undefined;
    this.#signal?.close();
    this.#signal = undefined;
    if (this.monitorId !== undefined) this.#bus.monitors.close(this.monitorId);
    channel?.end(reason);
    if (channel !== undefined) this.#bus.ledger.ended(this, channel.counters);
    return channel;
  }

  #release(gpadl: Gpadl): void {
    const channel = this.#current;
    const work = (): void | Promise<void> =>
      channel === undefined ? undefined : this.device.releaseGpadl?.(channel, gpadl.id);
    afterDevice(this.where, work, () => this.#tornDown(gpadl));
  }

  #tornDown(gpadl: Gpadl): void {
    // After a disconnect nobody waits for the answer.
    if (!this.#bus.gpadls.has(gpadl)) return;
    this.#bus.gpadls.remove(gpadl);
    this.#bus.send(gpadlTorndownMessage(gpadl.id));
  }

  #complain(reason: string): void {
    protocolWarning.report(this.where, reason, { relid: this.relid });
  }
}
