/** What the guest end does for each message of the host. VMBus, Channel Management Protocol. */

import {
  ChannelMessageType,
  ConnectionState,
  GpadlCreated,
  GpadlTorndown,
  ModifyChannelResponse,
  OpenChannelResult,
  RelIdMessage,
  TlConnectResult,
  VersionResponse,
  VmbusVersion,
} from '@viridian/protocols/vmbus';
import { messageTrace } from '../ring/trace-points.ts';
import type { GuestOffers } from './guest-offers.ts';
import type { SocketRequest } from './guest-types.ts';
import { hostMessageFault, readOffer } from './host-message.ts';
import type { OfferRecord } from './offer-record.ts';
import type { Replies } from './replies.ts';

/** What a message may lead to besides a reply. */
export interface HostMessageActions {
  readonly complain: (reason: string, type: number) => void;
  /** The host is not to be trusted any more. */
  readonly fail: (reason: string) => void;
  readonly offered: (offer: OfferRecord) => void;
  readonly rescinded: (offer: OfferRecord) => void;
  readonly socketRefused: (request: SocketRequest, status: number) => void;
}

/** Refusal of a version, as a reply. */
const REFUSED = -1;

/** Takes the host's messages, one by one. */
export class HostMessages {
  readonly #where: string;
  readonly #replies: Replies;
  readonly #offers: GuestOffers;
  readonly #actions: HostMessageActions;

  constructor(where: string, replies: Replies, offers: GuestOffers, actions: HostMessageActions) {
    this.#where = where;
    this.#replies = replies;
    this.#offers = offers;
    this.#actions = actions;
  }

  /** `message` is a private copy. */
  receive(message: Uint8Array, version: number): void {
    const fault = hostMessageFault(message, version);
    if (fault !== undefined) {
      this.#actions.fail(fault);
      return;
    }
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    const type = view.getUint32(0, true);
    if (messageTrace.on) messageTrace.emit(this.#where, 'received', type, message.length);
    switch (type) {
      case ChannelMessageType.OFFER_CHANNEL:
        this.#offer(message, version, type);
        break;
      case ChannelMessageType.RESCIND_CHANNEL_OFFER:
        this.#rescind(RelIdMessage.read(view).relId, type);
        break;
      case ChannelMessageType.TL_CONNECT_RESULT: {
        const { endpointId, serviceId, status } = TlConnectResult.read(view);
        this.#actions.socketRefused({ endpointId, serviceId }, status);
        break;
      }
      default:
        if (!this.#reply(type, view, version)) this.#actions.complain('host message nobody waits for', type);
    }
  }

  /** False when nobody waits for this. */
  #reply(type: number, view: DataView, version: number): boolean {
    const replies = this.#replies;
    switch (type) {
      case ChannelMessageType.VERSION_RESPONSE: {
        const { versionSupported, connectionState, versionOrConnectionId } = VersionResponse.read(view);
        const failed = version >= VmbusVersion.V2_4 && connectionState !== ConnectionState.SUCCESS;
        return replies.settle('version', versionSupported === 0 || failed ? REFUSED : versionOrConnectionId);
      }
      case ChannelMessageType.ALL_OFFERS_DELIVERED:
        return replies.settle('offers', 0);
      case ChannelMessageType.OPEN_CHANNEL_RESULT: {
        const { relId, openId, status } = OpenChannelResult.read(view);
        return replies.settle('open', status, relId, openId);
      }
      case ChannelMessageType.GPADL_CREATED: {
        const { relId, gpadl, status } = GpadlCreated.read(view);
        return replies.settle('gpadl', status, relId, gpadl);
      }
      case ChannelMessageType.GPADL_TORNDOWN:
        return replies.settle('torndown', 0, 0, GpadlTorndown.read(view).gpadl);
      case ChannelMessageType.MODIFY_CHANNEL_RESPONSE: {
        const { relId, status } = ModifyChannelResponse.read(view);
        return replies.settle('modify', status, relId);
      }
      case ChannelMessageType.UNLOAD_RESPONSE:
        return replies.settle('unload', 0);
      default:
        return false;
    }
  }

  #offer(message: Uint8Array, version: number, type: number): void {
    const received = readOffer(message, version);
    if (typeof received === 'string') {
      this.#actions.fail(received);
      return;
    }
    const offer = this.#offers.add(received);
    if (typeof offer === 'string') this.#actions.complain(offer, type);
    else this.#actions.offered(offer);
  }

  #rescind(relid: number, type: number): void {
    const offer = this.#offers.find(relid);
    if (offer?.present === true) this.#actions.rescinded(offer);
    else this.#actions.complain('rescind of an unknown channel', type);
  }
}
