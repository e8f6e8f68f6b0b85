/** What the host does for each message of the guest. VMBus, Channel Management Protocol. */

import {
  ChannelMessageType,
  CloseReservedChannel,
  GpadlBody,
  GpadlHeader,
  GpadlTeardown,
  ModifyChannel,
  NtStatus,
  OpenChannel,
  OpenReservedChannel,
  RelIdMessage,
  TlConnectRequest,
  VmbusVersion,
} from '@viridian/protocols/vmbus';
import { messageTrace, protocolWarning } from '../ring/trace-points.ts';
import type { GpadlProgress, GpadlTable } from './gpadl-table.ts';
import { guestMessageFault, messageType, viewOf } from './guest-message.ts';
import { type HostConnection, readContact } from './host-connection.ts';
import {
  closeReservedResponseMessage,
  gpadlCreatedMessage,
  gpadlTorndownMessage,
  openResultMessage,
  tlConnectResultMessage,
} from './host-messages.ts';
import type { MessageQueue } from './message-queue.ts';
import type { OfferedChannel } from './offered-channel.ts';
import type { SocketRequest } from './offered-device.ts';

/** What the messages act on. */
export interface MessageTargets {
  readonly where: string;
  readonly connection: HostConnection;
  readonly gpadls: GpadlTable;
  readonly queue: MessageQueue;
  /** Messages that may wait for the guest before it is no longer listened to. */
  readonly mostWaiting: number;
  /** A channel that the guest knows. */
  readonly channel: (relid: number) => OfferedChannel | undefined;
  /** Asks whoever serves sockets; undefined when nobody does. */
  readonly socketRequest: (request: SocketRequest) => number | undefined;
  readonly counters: { messagesReceived: number; messagesDropped: number };
}

/** Takes the guest's messages, one by one. Each is answered, acted on, or dropped with a reason. */
export class GuestMessages {
  readonly #targets: MessageTargets;

  constructor(targets: MessageTargets) {
    this.#targets = targets;
  }

  /** `payload` is a private copy. Never throws because of what is in it. */
  receive(payload: Uint8Array): void {
    const { counters, connection, queue, mostWaiting } = this.#targets;
    counters.messagesReceived += 1;
    const version = connection.session?.version;
    const fault = guestMessageFault(payload, version);
    if (fault !== undefined) {
      this.#drop(fault, payload);
      return;
    }
    const type = messageType(payload);
    if (messageTrace.on) messageTrace.emit(this.#targets.where, 'received', type, payload.length);
    // Whoever asks without taking the answers does not make our queue grow.
    if (queue.length >= mostWaiting) this.#drop('message while too many answers wait', payload);
    else this.#handle(type, payload, version);
  }

  #handle(type: number, payload: Uint8Array, version: number | undefined): void {
    const { connection } = this.#targets;
    const view = viewOf(payload);
    switch (type) {
      case ChannelMessageType.INITIATE_CONTACT:
        connection.apply({ kind: 'contact', contact: readContact(view) });
        return;
      case ChannelMessageType.REQUEST_OFFERS:
        connection.apply({ kind: 'request-offers' });
        return;
      case ChannelMessageType.UNLOAD:
        connection.apply({ kind: 'unload' });
        return;
    }
    if (version === undefined) {
      this.#drop(
        connection.state.at === 'leaving'
          ? 'message while the connection is being left'
          : 'message before contact',
        payload,
      );
      return;
    }
    this.#handleConnected(type, payload, view, version);
  }

  #handleConnected(type: number, payload: Uint8Array, view: DataView, version: number): void {
    switch (type) {
      case ChannelMessageType.OPEN_CHANNEL:
        this.#open(view, payload);
        break;
      case ChannelMessageType.CLOSE_CHANNEL:
        this.#known(view, payload)?.apply({ kind: 'close' });
        break;
      case ChannelMessageType.REL_ID_RELEASED:
        this.#known(view, payload)?.apply({ kind: 'release' });
        break;
      case ChannelMessageType.GPADL_HEADER:
        this.#gpadlHeader(view, payload);
        break;
      case ChannelMessageType.GPADL_BODY: {
        const { gpadl } = GpadlBody.read(view);
        this.#gpadlProgress(this.#targets.gpadls.append(gpadl, payload.subarray(GpadlBody.size)), payload);
        break;
      }
      case ChannelMessageType.GPADL_TEARDOWN:
        this.#gpadlTeardown(view, payload);
        break;
      case ChannelMessageType.MODIFY_CHANNEL:
        this.#known(view, payload)?.retarget(ModifyChannel.read(view).targetVp);
        break;
      case ChannelMessageType.OPEN_RESERVED_CHANNEL: {
        // Only hosts with VTLs or firmware consoles have such channels.
        this.#complain('open of a reserved channel', payload);
        const { relId } = OpenReservedChannel.read(view);
        this.#send(openResultMessage(relId, 0, NtStatus.INVALID_DEVICE_REQUEST));
        break;
      }
      case ChannelMessageType.CLOSE_RESERVED_CHANNEL:
        this.#complain('close of a reserved channel', payload);
        this.#send(closeReservedResponseMessage(CloseReservedChannel.read(view).relId));
        break;
      case ChannelMessageType.TL_CONNECT_REQUEST:
        this.#connectSocket(view, version);
        break;
      default:
        this.#drop('message type is not supported', payload);
    }
  }

  #open(view: DataView, payload: Uint8Array): void {
    const message = OpenChannel.read(view);
    const channel = this.#known(view, payload);
    if (channel === undefined) {
      this.#send(openResultMessage(message.relId, message.openId, NtStatus.INVALID_PARAMETER));
      return;
    }
    const { openId, ringGpadl, targetVp, downstreamPageOffset, userData } = message;
    const request = { openId, ringGpadl, targetVp, downstreamPageOffset, userData };
    channel.apply({ kind: 'open', request });
  }

  #gpadlHeader(view: DataView, payload: Uint8Array): void {
    const { relId, gpadl, rangeBytes, rangeCount } = GpadlHeader.read(view);
    const channel = this.#known(view, payload);
    if (channel === undefined) {
      this.#send(gpadlCreatedMessage(relId, gpadl, NtStatus.INVALID_PARAMETER));
      return;
    }
    if (channel.state.at === 'revoked') {
      // It crossed the rescind. Nobody will use the memory, so the guest may as well believe that it was taken.
      this.#send(gpadlCreatedMessage(relId, gpadl, NtStatus.SUCCESS));
      return;
    }
    const data = payload.subarray(GpadlHeader.size);
    this.#gpadlProgress(this.#targets.gpadls.begin(relId, gpadl, rangeBytes, rangeCount, data), payload);
  }

  #gpadlProgress(progress: GpadlProgress, payload: Uint8Array): void {
    switch (progress.kind) {
      case 'more':
        break;
      case 'complete': {
        const { gpadl } = progress;
        const channel = this.#targets.channel(gpadl.relid);
        if (channel === undefined) this.#targets.gpadls.remove(gpadl);
        else channel.gpadlArrived(gpadl);
        break;
      }
      case 'refused':
        this.#complain(progress.reason, payload);
        this.#send(gpadlCreatedMessage(progress.relid, progress.id, NtStatus.INVALID_PARAMETER));
        break;
      case 'dropped':
        this.#drop(progress.reason, payload);
        break;
    }
  }

  #gpadlTeardown(view: DataView, payload: Uint8Array): void {
    const { gpadl } = GpadlTeardown.read(view);
    const channel = this.#known(view, payload);
    if (channel === undefined) this.#send(gpadlTorndownMessage(gpadl));
    else channel.teardown(gpadl);
  }

  /** The answer is an offer, or a refusal; before 4.1 there is no message to say so. */
  #connectSocket(view: DataView, version: number): void {
    const { endpointId, serviceId } = TlConnectRequest.read(view);
    const status = this.#targets.socketRequest({ endpointId, serviceId }) ?? NtStatus.CONNECTION_REFUSED;
    if (status === NtStatus.SUCCESS || version < VmbusVersion.V4_1) return;
    this.#send(tlConnectResultMessage(endpointId, serviceId, status));
  }

  /** The channel that a message is about: its relid is the first field. */
  #known(view: DataView, payload: Uint8Array): OfferedChannel | undefined {
    const channel = this.#targets.channel(RelIdMessage.read(view).relId);
    if (channel === undefined) this.#complain('message names an unknown channel', payload);
    return channel;
  }

  #send(message: Uint8Array): void {
    this.#targets.connection.send(message);
  }

  #drop(reason: string, payload: Uint8Array): void {
    this.#targets.counters.messagesDropped += 1;
    this.#complain(reason, payload);
  }

  #complain(reason: string, payload: Uint8Array): void {
    const type = payload.length >= 4 ? messageType(payload) : -1;
    protocolWarning.report(this.#targets.where, reason, { type, sizeBytes: payload.length });
  }
}
