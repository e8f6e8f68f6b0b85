/**
 * Messages and events between one child and its parent, both ways: pairs of a port and a connection, made and unmade by
 * hypercall. TLFS, "Inter-Partition Communication".
 */

import { HvStatus } from '@viridian/protocols/tlfs';
import { counters, tracePoint } from '@viridian/trace';
import type { CallbackGuard } from './callback-guard.ts';
import {
  connectPort,
  createPort,
  deletePort,
  disconnectPort,
  type PortPair,
  type PortTarget,
  postMessage,
  signalEvent,
} from './calls/messaging-calls.ts';
import { type EventFlagRun, FLAGS_PER_SINT } from './event-flags.ts';
import { HypercallError } from './hypercall-error.ts';
import { IdAllocator } from './id-allocator.ts';
import type { MessageTarget, ParentKit } from './kit.ts';
import { type EventTarget, MESSAGE_SINT, type ReceivedMessage } from './parent-synic.ts';

/** Our virtual processor that is interrupted. */
const PARENT_VP = 0;
/** Ports of ours in a child begin here, out of the way of numbers that guests know. */
const FIRST_CHILD_PORT = 0x1_0000;
const LAST_PORT = 0xff_ffff;

const messageReceived = tracePoint('parent.message', ['connection', 'type', 'sizeBytes']);

/** An end of a pair; closing it twice is fine. */
export interface Connection extends Disposable {
  close(): void;
}

/** From the child: `payload` is the receiver's own copy. */
export type MessageCallback = (payload: Uint8Array<ArrayBuffer>, type: number) => void;

/** From the child: `flag` is the number that it signalled. */
export type SignalCallback = (flag: number) => void;

/** To a SINT of the child, by messages. */
export interface MessageRoute extends Connection {
  /** Posts the first `payloadBytes` of `payload`. INSUFFICIENT_BUFFERS: all 16 are queued, try again later. */
  post(type: number, payload: Uint8Array, payloadBytes: number): number;
}

/** To a SINT of the child, by its 2048 event flags. */
export interface EventRoute extends Connection {
  signal(flag: number): number;
}

/** One pair; `close` takes it apart. */
class Pair implements Connection {
  protected readonly kit: ParentKit;
  protected readonly pair: PortPair;
  protected isOpen = true;
  readonly #closed: () => void;

  constructor(kit: ParentKit, pair: PortPair, target: PortTarget, closed: () => void) {
    this.kit = kit;
    this.pair = pair;
    this.#closed = closed;
    createPort(kit.gate, pair, target);
    try {
      connectPort(kit.gate, pair, target.type);
    } catch (error) {
      deletePort(kit.gate, pair.portPartitionId, pair.portId);
      throw error;
    }
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    const { gate } = this.kit;
    disconnectPort(gate, this.pair.connectionPartitionId, this.pair.connectionId);
    deletePort(gate, this.pair.portPartitionId, this.pair.portId);
    this.#closed();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

class MessagePair extends Pair implements MessageRoute {
  post(type: number, payload: Uint8Array, payloadBytes: number): number {
    if (!this.isOpen) return HvStatus.INVALID_CONNECTION_ID;
    return postMessage(this.kit.gate, this.pair.connectionId, type, payload, payloadBytes);
  }
}

class EventPair extends Pair implements EventRoute {
  signal(flag: number): number {
    if (!this.isOpen) return HvStatus.INVALID_CONNECTION_ID;
    return signalEvent(this.kit.gate, this.pair.connectionId, flag);
  }
}

/** All pairs of one child. */
export class ChildConnections {
  readonly counters = counters({
    messagesReceived: 0,
    messageBytesReceived: 0,
    eventsReceived: 0,
  });
  readonly #kit: ParentKit;
  readonly #childId: bigint;
  readonly #guard: CallbackGuard;
  readonly #childPortIds = new IdAllocator(FIRST_CHILD_PORT, LAST_PORT);
  readonly #open = new Set<Pair>();

  constructor(kit: ParentKit, childId: bigint, guard: CallbackGuard) {
    this.#kit = kit;
    this.#childId = childId;
    this.#guard = guard;
  }

  /** Gives the child connection `connectionId`, on which it posts messages to us. */
  fromMessages(connectionId: number, onMessage: MessageCallback): Connection {
    const { portIds, messageTargets } = this.#kit;
    const portId = portIds.take();
    messageTargets.set(portId, this.#messageTarget(connectionId, onMessage));
    return this.#add(
      this.#toParent(portId, connectionId),
      { type: 'message', sint: MESSAGE_SINT, vp: PARENT_VP },
      Pair,
      () => {
        messageTargets.delete(portId);
        portIds.release(portId);
      },
    );
  }

  /** Gives the child connection `connectionId`, on which it signals `flagCount` flags to us. */
  fromEvents(connectionId: number, onSignal: SignalCallback, flagCount: number): Connection {
    const { portIds, eventFlags, synic } = this.#kit;
    const run: EventFlagRun = eventFlags.take(flagCount);
    const portId = portIds.take();
    synic.listen(run, this.#eventTarget(onSignal));
    return this.#add(
      this.#toParent(portId, connectionId),
      { type: 'event', sint: run.sint, vp: PARENT_VP, firstFlag: run.firstFlag, flagCount },
      Pair,
      () => {
        synic.forget(run);
        eventFlags.release(run);
        portIds.release(portId);
      },
    );
  }

  /** A message port in the child, at `sint` of virtual processor `vp`, and our connection to it. */
  toMessages(sint: number, vp: number): MessageRoute {
    const { pair, release } = this.#toChild();
    return this.#add(pair, { type: 'message', sint, vp }, MessagePair, release);
  }

  /** An event port in the child over all flags of `sint` of virtual processor `vp`, and our connection to it. */
  toEvents(sint: number, vp: number): EventRoute {
    const { pair, release } = this.#toChild();
    const target: PortTarget = { type: 'event', sint, vp, firstFlag: 0, flagCount: FLAGS_PER_SINT };
    return this.#add(pair, target, EventPair, release);
  }

  /** Takes all pairs apart. */
  close(): void {
    for (const pair of [...this.#open]) pair.close();
  }

  inspect() {
    return { ...this.counters, open: this.#open.size };
  }

  #toParent(portId: number, connectionId: number): PortPair {
    const { partitionId } = this.#kit;
    return { portPartitionId: partitionId, portId, connectionPartitionId: this.#childId, connectionId };
  }

  #toChild(): { pair: PortPair; release: () => void } {
    const { partitionId, connectionIds } = this.#kit;
    const portId = this.#childPortIds.take();
    const connectionId = connectionIds.take();
    return {
      pair: { portPartitionId: this.#childId, portId, connectionPartitionId: partitionId, connectionId },
      release: () => {
        this.#childPortIds.release(portId);
        connectionIds.release(connectionId);
      },
    };
  }

  /** Makes the pair; `release` gives its ids back when it is closed, or at once when it cannot be made. */
  #add<Kind extends Pair>(
    pair: PortPair,
    target: PortTarget,
    Make: new (kit: ParentKit, pair: PortPair, target: PortTarget, closed: () => void) => Kind,
    release: () => void,
  ): Kind {
    try {
      const made: Kind = new Make(this.#kit, pair, target, () => {
        this.#open.delete(made);
        release();
      });
      this.#open.add(made);
      return made;
    } catch (error) {
      if (error instanceof HypercallError) release();
      throw error;
    }
  }

  #messageTarget(connectionId: number, onMessage: MessageCallback): MessageTarget {
    const guard = this.#guard;
    const total = this.counters;
    return {
      received({ type, payload, payloadBytes }: ReceivedMessage): void {
        total.messagesReceived += 1;
        total.messageBytesReceived += payloadBytes;
        if (messageReceived.on) messageReceived.emit(guard.where, connectionId, type, payloadBytes);
        guard.run('message callback threw', () =>
          onMessage(new Uint8Array(payload.subarray(0, payloadBytes)), type),
        );
      },
    };
  }

  #eventTarget(onSignal: SignalCallback): EventTarget {
    const guard = this.#guard;
    const total = this.counters;
    return {
      signalled(flag: number): void {
        total.eventsReceived += 1;
        try {
          onSignal(flag);
        } catch (error) {
          guard.failed('signal callback threw', error);
        }
      },
    };
  }
}
