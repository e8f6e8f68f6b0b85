/** The guest's connection: version, message processor, interrupt and monitor pages. VMBus, Channel Management Protocol. */

import {
  ChannelMessageType,
  InitiateContact,
  InitiateContact5,
  VMBUS_SINT,
  VMBUS_VERSIONS,
  VmbusVersion,
  VP_INDEX_NO_INTERRUPT,
} from '@viridian/protocols/vmbus';
import type { InspectNode } from '@viridian/trace';
import type { GuestMemory } from '../ring/guest-memory.ts';
import { channelTrace, messageTrace, protocolWarning } from '../ring/trace-points.ts';
import {
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionState,
  type Contact,
  type Session,
  stepConnection,
} from './connection-state.ts';
import { type GuestPage, guestPage } from './guest-page.ts';
import { emptyMessage, versionAcceptedMessage, versionRefusedMessage } from './host-messages.ts';
import type { HostTransport, SignalConnection } from './host-transport.ts';
import { InterruptPage } from './interrupt-page.ts';
import type { MessageQueue } from './message-queue.ts';
import type { MonitorPoller } from './monitor-poller.ts';

/** Connection on which guests are told to send further messages from 5.0 on. */
const MESSAGE_CONNECTION = 1;
/** Shared event connection of versions before 2.4. */
const EVENT_CONNECTION = 2;

/** What the connection stands on and whom it tells. */
export interface ConnectionSettings {
  readonly where: string;
  readonly transport: HostTransport;
  readonly memory: GuestMemory;
  readonly vpCount: number;
  readonly oldest: number;
  readonly newest: number;
  readonly queue: MessageQueue;
  readonly monitors: MonitorPoller;
  /** The guest signalled through the interrupt page. */
  readonly channelInterrupt: (relid: number) => void;
  readonly sendOffers: () => void;
  readonly forgetChannels: () => void;
  /** Whether a device is still stopping. */
  readonly stopping: () => boolean;
}

/** Runs the connection's state machine. */
export class HostConnection {
  readonly #settings: ConnectionSettings;
  #state: ConnectionState = { at: 'disconnected' };
  #interruptPage: InterruptPage | undefined;
  #sharedEvent: SignalConnection | undefined;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** What was agreed with the guest that is connected now. */
  get session(): Session | undefined {
    return this.#state.at === 'connected' || this.#state.at === 'ready' ? this.#state.session : undefined;
  }

  apply(event: ConnectionEvent): void {
    const { next, effects } = stepConnection(this.#state, event);
    if (channelTrace.on && next.at !== this.#state.at) {
      channelTrace.emit(this.#settings.where, 0, next.at, event.kind);
    }
    this.#state = next;
    for (const effect of effects) this.#carryOut(effect);
  }

  /** A channel came to rest: perhaps the last one that was waited for. */
  settle(): void {
    if (this.#state.at === 'leaving' && !this.#settings.stopping()) this.apply({ kind: 'drained' });
  }

  /** Queues a message for the connected guest. */
  send(message: Uint8Array): void {
    const { session } = this;
    if (session !== undefined) this.#post(message, session.messageVp);
  }

  /** Interrupts the guest for a channel: its own flag from 2.4 on, before that a bit of the interrupt page and flag 0. */
  interrupt(relid: number, vp: number): void {
    const { session } = this;
    if (session === undefined || vp === VP_INDEX_NO_INTERRUPT) return;
    if (session.version >= VmbusVersion.V2_4) {
      this.#settings.transport.signal(relid, vp);
      return;
    }
    this.#interruptPage?.set(relid);
    this.#settings.transport.signal(0, 0);
  }

  inspect(): InspectNode {
    const { session } = this;
    return {
      state: this.#state.at,
      version: session?.version,
      messageVp: session?.messageVp,
      interruptPage: this.#interruptPage !== undefined,
      monitorPages: this.#settings.monitors.connected,
    };
  }

  #carryOut(effect: ConnectionEffect): void {
    switch (effect.do) {
      case 'negotiate':
        this.#negotiate(effect.contact);
        break;
      case 'send-offers':
        this.#settings.sendOffers();
        this.send(emptyMessage(ChannelMessageType.ALL_OFFERS_DELIVERED));
        break;
      case 'forget-channels':
        this.#leave();
        break;
      case 'answer-unload':
        if (effect.session.version >= VmbusVersion.V1_1) {
          this.#post(emptyMessage(ChannelMessageType.UNLOAD_RESPONSE), effect.session.messageVp);
        }
        break;
      case 'complain':
        this.#complain(effect.reason);
        break;
    }
  }

  #leave(): void {
    this.#settings.queue.clear();
    this.#settings.monitors.connect(undefined);
    this.#interruptPage = undefined;
    this.#sharedEvent?.close();
    this.#sharedEvent = undefined;
    this.#settings.forgetChannels();
    this.settle();
  }

  #negotiate(contact: Contact): void {
    const { vpCount, oldest, newest } = this.#settings;
    const { version, targetVp } = contact;
    const known = VMBUS_VERSIONS.some((info) => info.version === version);
    const wantsVp = version >= VmbusVersion.V3_0 ? targetVp : 0;
    const messageVp = wantsVp < vpCount ? wantsVp : 0;
    let fault: string | undefined;
    // The ordinary way down the versions is no complaint.
    const refused = !known || version < oldest || version > newest;
    if (!refused)
      fault = messageVp === wantsVp ? this.#accept(contact) : 'contact names an unknown processor';
    if (fault !== undefined) this.#complain(fault);
    if (refused || fault !== undefined) {
      this.#post(versionRefusedMessage(), messageVp);
      return;
    }
    this.apply({ kind: 'accepted', session: { version, messageVp } });
    this.send(versionAcceptedMessage(version, MESSAGE_CONNECTION));
  }

  /** Maps the pages that the guest names; a text says why it cannot be. */
  #accept(contact: Contact): string | undefined {
    const { memory, transport, monitors } = this.#settings;
    if (contact.sint !== VMBUS_SINT) return 'contact wants another SINT';
    if (contact.vtl !== 0) return 'contact wants another VTL';
    const { parentToChildGpa, childToParentGpa } = contact;
    if ((parentToChildGpa === 0) !== (childToParentGpa === 0)) return 'contact names one monitor page';
    let monitorPage: GuestPage | undefined;
    if (childToParentGpa !== 0) {
      monitorPage = guestPage(memory, childToParentGpa);
      if (monitorPage === undefined || guestPage(memory, parentToChildGpa) === undefined) {
        return 'monitor pages are not in memory';
      }
    }
    if (contact.version < VmbusVersion.V2_4) {
      const page = guestPage(memory, contact.interruptPageGpa);
      if (page === undefined) return 'interrupt page is not in memory';
      const interruptPage = new InterruptPage(page);
      try {
        this.#sharedEvent = transport.openSignal(EVENT_CONNECTION, () =>
          interruptPage.take(this.#settings.channelInterrupt),
        );
      } catch {
        return 'no shared event connection';
      }
      this.#interruptPage = interruptPage;
    }
    monitors.connect(monitorPage);
    return undefined;
  }

  #post(message: Uint8Array, vp: number): void {
    if (messageTrace.on) {
      const type = new DataView(message.buffer, message.byteOffset).getUint32(0, true);
      messageTrace.emit(this.#settings.where, 'sent', type, message.length);
    }
    this.#settings.queue.send(message, vp);
  }

  #complain(reason: string): void {
    protocolWarning.report(this.#settings.where, reason);
  }
}

/** Reads InitiateContact in the form of the version that it names. */
export function readContact(view: DataView): Contact {
  const old = InitiateContact.read(view);
  const { version, targetVp } = old;
  const { parentToChildMonitorPageGpa: parentToChildGpa, childToParentMonitorPageGpa: childToParentGpa } =
    old;
  const common = { version, targetVp, parentToChildGpa, childToParentGpa };
  if (version < VmbusVersion.V5_0) {
    return { ...common, sint: VMBUS_SINT, vtl: 0, interruptPageGpa: old.interruptPageGpa };
  }
  const { targetSint, targetVtl } = InitiateContact5.read(view);
  const vtl = version >= VmbusVersion.V5_1 ? targetVtl : 0;
  return { ...common, sint: targetSint, vtl, interruptPageGpa: 0 };
}
