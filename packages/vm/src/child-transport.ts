/**
 * The bus's messages and signals over the hypercalls of the parent: connections 1 and 4 for messages, one message port and
 * one event port per virtual processor of the child. TLFS, "Inter-Partition Communication".
 */

import type { ChildPartition, EventRoute, MessageRoute } from '@viridian/hypervisor/parent';
import { HvMessageType, HvStatus, VMBUS_MESSAGE_SINT, VmbusConnectionId } from '@viridian/protocols/tlfs';
import { counters } from '@viridian/trace';
import type { HostTransport, SignalConnection } from '@viridian/vmbus/host';

/** One per child; it lives as long as the partition, through resets of the guest. */
export class ChildTransport implements HostTransport {
  onMessage: ((payload: Uint8Array) => void) | undefined;
  readonly counters = counters({
    messagesPosted: 0,
    messagesDelayed: 0,
    messagesLost: 0,
    messagesReceived: 0,
    foreignMessages: 0,
    signals: 0,
    signalsLost: 0,
  });
  readonly #child: ChildPartition;
  readonly #messages: readonly MessageRoute[];
  readonly #events: readonly EventRoute[];

  /** The virtual processors of the child exist. */
  constructor(child: ChildPartition) {
    this.#child = child;
    const vps = [...child.vps].sort((a, b) => a - b);
    this.#messages = vps.map((vp) => child.openMessageRoute(VMBUS_MESSAGE_SINT, vp));
    this.#events = vps.map((vp) => child.openEventRoute(VMBUS_MESSAGE_SINT, vp));
    for (const connectionId of [VmbusConnectionId.MESSAGE, VmbusConnectionId.MESSAGE_4]) {
      child.connectToParentMessages(connectionId, (payload, type) => this.#received(payload, type));
    }
  }

  postMessage(payload: Uint8Array, lengthBytes: number, vp: number): boolean | 'retry' {
    const status = this.#messages[vp]?.post(HvMessageType.VMBUS, payload, lengthBytes);
    switch (status) {
      case HvStatus.SUCCESS:
        this.counters.messagesPosted += 1;
        return true;
      case HvStatus.INSUFFICIENT_BUFFERS:
      case HvStatus.INSUFFICIENT_MEMORY:
        this.counters.messagesDelayed += 1;
        return 'retry';
      default:
        this.counters.messagesLost += 1;
        return false;
    }
  }

  signal(flag: number, vp: number): void {
    this.counters.signals += 1;
    if (this.#events[vp]?.signal(flag) !== HvStatus.SUCCESS) this.counters.signalsLost += 1;
  }

  openSignal(connectionId: number, onSignal: () => void): SignalConnection {
    return this.#child.connectToParentEvents(connectionId, onSignal);
  }

  inspect() {
    return { ...this.counters };
  }

  #received(payload: Uint8Array, type: number): void {
    if (type !== HvMessageType.VMBUS) {
      this.counters.foreignMessages += 1;
      return;
    }
    this.counters.messagesReceived += 1;
    this.onMessage?.(payload);
  }
}
