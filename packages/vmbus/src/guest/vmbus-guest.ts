/** The child's end of VMBus. VMBus, Channel Management Protocol. */

import {
  ChannelMessageType,
  EmptyMessage,
  GpadlTeardown,
  LINUX_FIRST_GPADL,
  ModifyChannel,
  OpenChannel,
  RelIdMessage,
  TlConnectRequest,
  VmbusVersion,
} from '@viridian/protocols/vmbus';
import type { InspectNode } from '@viridian/trace';
import { takeFlags } from '../ring/flag-scan.ts';
import { channelTrace, protocolWarning } from '../ring/trace-points.ts';
import { paddedUserData } from '../ring/user-data.ts';
import { contactConnection, contactMessage, GUEST_VERSIONS, MESSAGE_CONNECTION } from './connect.ts';
import { gpadlMessages } from './gpadl-messages.ts';
import { GuestOffers } from './guest-offers.ts';
import type {
  ChannelOffer,
  GpadlRangeInput,
  GuestBus,
  GuestChannel,
  OpenOptions,
  SocketRequest,
  VmbusGuestOptions,
} from './guest-types.ts';
import { type HostMessageActions, HostMessages } from './host-messages.ts';
import { MessageSender } from './message-sender.ts';
import type { OfferRecord } from './offer-record.ts';
import { OpenGuestChannel } from './open-guest-channel.ts';
import { Replies } from './replies.ts';
import { SharedSignals } from './shared-signals.ts';
import { VmbusError } from './vmbus-error.ts';

const FLAG_WORDS = 2048 / 32;

/** Speaks to one host on behalf of the guest's drivers. */
export class VmbusGuest implements GuestBus {
  readonly where: string;
  onOffer: ((offer: ChannelOffer) => void) | undefined;
  onSubchannel: ((offer: ChannelOffer) => void) | undefined;
  onRescind: ((offer: ChannelOffer) => void) | undefined;
  onSocketRefused: ((request: SocketRequest, status: number) => void) | undefined;
  onFailed: ((reason: string) => void) | undefined;
  readonly #options: VmbusGuestOptions;
  readonly #sender: MessageSender;
  readonly #replies = new Replies();
  readonly #offers = new GuestOffers();
  readonly #messages: HostMessages;
  /** Bound once: events come often. */
  readonly #interruptChannel = (relid: number): void => this.#offers.find(relid)?.channel?.interrupt();
  #state: 'idle' | 'connecting' | 'connected' | 'failed' = 'idle';
  #version = 0;
  #connectionId = MESSAGE_CONNECTION;
  #signals: SharedSignals | undefined;
  /** Settles when all offers of this connection are here. */
  #delivered: Promise<void> | undefined;
  #nextGpadl = LINUX_FIRST_GPADL;
  /** ModifyChannel goes strictly one at a time. */
  #lastModify: Promise<void> = Promise.resolve();

  constructor(options: VmbusGuestOptions) {
    this.#options = options;
    this.where = options.where ?? 'vmbus';
    this.#sender = new MessageSender(options, this.where);
    this.#messages = new HostMessages(this.where, this.#replies, this.#offers, this.#actions());
  }

  get version(): number {
    return this.#version;
  }

  async connect(): Promise<number> {
    if (this.#state !== 'idle') throw new Error(`connect: the bus is ${this.#state}`);
    this.#state = 'connecting';
    this.#signals ??= new SharedSignals(this.#options.transport);
    for (const version of this.#options.versions ?? GUEST_VERSIONS) {
      this.#version = version;
      const connectionId = await this.#tryVersion(version);
      if (connectionId === undefined) continue;
      this.#connectionId = connectionId;
      this.#state = 'connected';
      channelTrace.emit(this.where, 0, 'connected', version);
      return version;
    }
    this.#version = 0;
    this.#state = 'idle';
    throw new VmbusError('refused', 'the host takes none of our versions');
  }

  async requestOffers(): Promise<readonly ChannelOffer[]> {
    this.#checkConnected();
    // Hosts answer the first request of a connection only.
    this.#delivered ??= this.#askForOffers();
    await this.#delivered;
    return this.#offers.all().filter((offer) => offer.subchannelIndex === 0 && offer.present);
  }

  async #askForOffers(): Promise<void> {
    const delivered = this.#replies.expect('offers');
    await this.#send(EmptyMessage.bytes({ type: ChannelMessageType.REQUEST_OFFERS }));
    await delivered;
  }

  async open(offer: ChannelOffer, options: OpenOptions): Promise<GuestChannel> {
    const record = this.#present(offer);
    if (record.ringPages !== undefined) throw new Error(`channel ${offer.relid} is open already`);
    const { ringPages, targetVp = 0 } = options;
    const userData = paddedUserData(options.userData);
    if (!Number.isInteger(ringPages) || ringPages < 2) throw new RangeError('a ring has at least two pages');
    record.ringPages = this.#options.transport.allocatePages(ringPages * 2);
    try {
      const { gpns } = record.ringPages;
      record.ringGpadl = await this.establishGpadl(offer, [
        { byteOffset: 0, byteCount: gpns.length * 4096, gpns },
      ]);
      return await this.#openOn(record, ringPages, targetVp, userData);
    } catch (error) {
      await this.#takeRingBack(record);
      throw error;
    }
  }

  async establishGpadl(offer: ChannelOffer, ranges: readonly GpadlRangeInput[]): Promise<number> {
    const { relid } = this.#present(offer);
    const gpadl = this.#nextGpadl;
    const messages = gpadlMessages(relid, gpadl, ranges);
    this.#nextGpadl = (this.#nextGpadl + 1) >>> 0;
    const created = this.#replies.expect('gpadl', relid, gpadl);
    await Promise.all(messages.map((message) => this.#send(message)));
    const status = await created;
    if (status !== 0) throw new VmbusError('refused', 'the host does not take the GPADL', status);
    return gpadl;
  }

  async teardownGpadl(offer: ChannelOffer, gpadlId: number): Promise<void> {
    const { relid } = this.#present(offer);
    const torndown = this.#replies.expect('torndown', 0, gpadlId, relid);
    await this.#send(
      GpadlTeardown.bytes({ type: ChannelMessageType.GPADL_TEARDOWN, relId: relid, gpadl: gpadlId }),
    );
    await torndown;
  }

  async requestSocket({ endpointId, serviceId }: SocketRequest): Promise<void> {
    this.#checkConnected();
    if (this.#version < VmbusVersion.V4_0) throw new VmbusError('refused', 'this version knows no sockets');
    await this.#send(
      TlConnectRequest.bytes({ type: ChannelMessageType.TL_CONNECT_REQUEST, endpointId, serviceId }),
    );
  }

  release(offer: ChannelOffer): void {
    const record = this.#offers.find(offer.relid);
    if (record !== offer) return;
    if (record.channel !== undefined) throw new Error(`channel ${offer.relid} is open`);
    this.#offers.remove(record);
    const { ringPages } = record;
    record.ringPages = undefined;
    record.present = false;
    void this.#send(
      RelIdMessage.bytes({ type: ChannelMessageType.REL_ID_RELEASED, relId: record.relid }),
    ).then(
      () => ringPages !== undefined && this.#options.transport.freePages(ringPages),
      (error: unknown) => this.#fail(String(error)),
    );
  }

  async unload(): Promise<void> {
    if (this.#state !== 'connected') return;
    for (const offer of this.#offers.all().reverse()) if (offer.channel?.open) await offer.channel.close();
    const answered = this.#version >= VmbusVersion.V1_1 ? this.#replies.expect('unload') : undefined;
    await this.#send(EmptyMessage.bytes({ type: ChannelMessageType.UNLOAD }));
    await answered;
    this.#leave('idle', 'unloaded', new VmbusError('closed', 'the bus was unloaded'));
  }

  dispatchMessage(type: number, payload: Uint8Array, lengthBytes: number): void {
    // The slot carries timer messages too.
    if (type !== 1 || this.#state === 'failed') return;
    this.#messages.receive(payload.slice(0, Math.min(lengthBytes, payload.length)), this.#version);
  }

  dispatchEvents(flags: Int32Array, firstWord: number): void {
    if (this.#version >= VmbusVersion.V2_4) {
      takeFlags(flags, firstWord, FLAG_WORDS, this.#interruptChannel);
      return;
    }
    // One flag for all; the channels stand in the interrupt page.
    if (Atomics.and(flags, firstWord, ~1) & 1) this.#signals?.takeInterrupts(this.#interruptChannel);
  }

  inspect(): InspectNode {
    const channels: Record<string, InspectNode> = {};
    for (const offer of this.#offers.all()) {
      const { interfaceId, instanceId, subchannelIndex, present, channel } = offer;
      channels[offer.relid] = { interfaceId, instanceId, subchannelIndex, present, ring: channel };
    }
    return {
      state: this.#state,
      version: this.#version,
      messagesPosted: this.#sender.posted,
      messageRetries: this.#sender.retries,
      channel: channels,
    };
  }

  /** The connection id for further messages, or `undefined` when the host does not want this version. */
  async #tryVersion(version: number): Promise<number | undefined> {
    const { messageVp = 0, monitorPages = true } = this.#options;
    const answered = this.#replies.expect('version');
    try {
      const message = contactMessage(version, messageVp, this.#signals!, monitorPages);
      await this.#sender.send(message, { connectionId: contactConnection(version), contact: true });
    } catch (error) {
      this.#replies.forget('version');
      if (error instanceof VmbusError && error.status === 0x12) return undefined;
      this.#state = 'idle';
      throw error;
    }
    const answer = await answered;
    if (answer < 0) return undefined;
    return version >= VmbusVersion.V5_0 ? answer : MESSAGE_CONNECTION;
  }

  async #openOn(
    record: OfferRecord,
    ringPages: number,
    targetVp: number,
    userData: Uint8Array,
  ): Promise<GuestChannel> {
    const { buffer, offsets } = record.ringPages!.pages;
    const channel = new OpenGuestChannel(
      {
        memory: this.#options.memory,
        outbound: { buffer, offsets: offsets.slice(0, ringPages) },
        inbound: { buffer, offsets: offsets.slice(ringPages) },
        where: `${this.where}/channel/${record.relid}`,
        side: 'guest',
        signal: () => this.#signalHost(record),
        broken: (reason) => channel.end(reason),
      },
      {
        close: (closing) => this.#close(record, closing),
        retarget: (retargeted, vp) => this.#retarget(record, retargeted, vp),
      },
      record,
      targetVp,
    );
    record.channel = channel;
    const opened = this.#replies.expect('open', record.relid, record.relid);
    await this.#send(
      OpenChannel.bytes({
        type: ChannelMessageType.OPEN_CHANNEL,
        relId: record.relid,
        openId: record.relid,
        ringGpadl: record.ringGpadl,
        targetVp,
        downstreamPageOffset: ringPages,
        userData,
      }),
    );
    const status = await opened;
    if (status !== 0) throw new VmbusError('refused', 'the host does not open the channel', status);
    channelTrace.emit(this.where, record.relid, 'open', targetVp);
    channel.start();
    return channel;
  }

  async #close(record: OfferRecord, channel: OpenGuestChannel): Promise<void> {
    if (record.channel !== channel) return;
    channel.end('closed');
    channelTrace.emit(this.where, record.relid, 'closed', 0);
    if (record.present && this.#state === 'connected') {
      await this.#send(RelIdMessage.bytes({ type: ChannelMessageType.CLOSE_CHANNEL, relId: record.relid }));
    }
    await this.#takeRingBack(record);
  }

  /** The host lets go of the ring; after a rescind that is when the relid is released. */
  async #takeRingBack(record: OfferRecord): Promise<void> {
    record.channel?.end('closed');
    record.channel = undefined;
    const { ringGpadl, ringPages } = record;
    if (ringPages === undefined || !record.present || this.#state !== 'connected') return;
    if (ringGpadl !== 0) {
      record.ringGpadl = 0;
      await this.teardownGpadl(record, ringGpadl).catch(() => undefined);
      if (!record.present) return;
    }
    record.ringPages = undefined;
    this.#options.transport.freePages(ringPages);
  }

  #retarget(record: OfferRecord, channel: OpenGuestChannel, vp: number): Promise<void> {
    if (this.#version < VmbusVersion.V4_1) {
      return Promise.reject(new VmbusError('refused', 'this version cannot retarget interrupts'));
    }
    const turn = this.#lastModify.then(async () => {
      this.#present(record);
      const acknowledged =
        this.#version >= VmbusVersion.V5_3 ? this.#replies.expect('modify', record.relid) : undefined;
      await this.#send(
        ModifyChannel.bytes({
          type: ChannelMessageType.MODIFY_CHANNEL,
          relId: record.relid,
          targetVp: vp,
        }),
      );
      const status = (await acknowledged) ?? 0;
      if (status !== 0) throw new VmbusError('refused', 'the host does not retarget interrupts', status);
      channel.targetVp = vp;
    });
    this.#lastModify = turn.catch(() => undefined);
    return turn;
  }

  /** Linux's way: through the monitor page if the channel has a monitor, else by hypercall. */
  #signalHost(offer: OfferRecord): void {
    const { monitorId, relid, dedicatedInterrupt, connectionId } = offer;
    const monitored = monitorId !== undefined && this.#options.monitorPages !== false;
    if (monitored || !dedicatedInterrupt) this.#signals?.setInterrupt(relid);
    if (monitored) this.#signals?.trigger(monitorId);
    else this.#options.transport.signalEvent(connectionId, 0);
  }

  #actions(): HostMessageActions {
    return {
      complain: (reason, type) => protocolWarning.report(this.where, reason, { type }),
      fail: (reason) => this.#fail(reason),
      offered: (offer) => {
        channelTrace.emit(this.where, offer.relid, 'offered', offer.interfaceId);
        if (offer.primary === undefined) this.onOffer?.(offer);
        else this.onSubchannel?.(offer);
      },
      rescinded: (offer) => this.#rescinded(offer),
      socketRefused: (request, status) => this.onSocketRefused?.(request, status),
    };
  }

  #rescinded(record: OfferRecord): void {
    record.present = false;
    channelTrace.emit(this.where, record.relid, 'rescinded', 0);
    this.#replies.rejectAll(new VmbusError('rescinded', 'the host took the device away'), record.relid);
    record.channel?.end('rescinded');
    record.channel = undefined;
    if (this.onRescind === undefined) this.release(record);
    else this.onRescind(record);
  }

  #present(offer: ChannelOffer): OfferRecord {
    this.#checkConnected();
    const record = this.#offers.find(offer.relid);
    if (record === undefined || record !== offer || !record.present) {
      throw new VmbusError('rescinded', 'the host took the device away');
    }
    return record;
  }

  #checkConnected(): void {
    if (this.#state !== 'connected') throw new VmbusError('closed', `the bus is ${this.#state}`);
  }

  #send(message: Uint8Array): Promise<void> {
    return this.#sender.send(message, { connectionId: this.#connectionId });
  }

  #fail(reason: string): void {
    if (this.#state === 'failed') return;
    protocolWarning.report(this.where, reason);
    this.#leave('failed', reason, new VmbusError('failed', reason));
    this.onFailed?.(reason);
  }

  #leave(state: 'idle' | 'failed', reason: string, error: VmbusError): void {
    this.#state = state;
    this.#version = 0;
    this.#delivered = undefined;
    for (const offer of this.#offers.all()) {
      offer.present = false;
      offer.channel?.end(reason);
      offer.channel = undefined;
    }
    this.#offers.clear();
    this.#replies.rejectAll(error);
  }
}
