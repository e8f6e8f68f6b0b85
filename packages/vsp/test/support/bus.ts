/** The real bus, both ends, over a SynIC that is a few queues: messages and event flags arrive in microtasks. */

import { VmbusGuest } from '@viridian/vmbus/guest';
import { type HostTransport, VmbusHost } from '@viridian/vmbus/host';
import type { BusClock } from '@viridian/vmbus/ring';
import { FlatMemory } from './machine.ts';

const VP_COUNT = 2;
const FLAG_WORDS = 64;
const MESSAGE_BYTES = 240;
const STILL: BusClock = { now: () => 0, schedule: () => undefined, cancel: () => {} };

/** A parent and a child with the bus between them; `memory` is the child's, and its page allocator. */
export function makeBus(): {
  memory: FlatMemory;
  host: VmbusHost;
  guest: VmbusGuest;
  quiet(): Promise<void>;
} {
  const memory = new FlatMemory(1024);
  const flags = new Int32Array(new SharedArrayBuffer(VP_COUNT * FLAG_WORDS * 4));
  const signals = new Map<number, () => void>();
  let underWay = 0;
  const later = (task: () => void): void => {
    underWay += 1;
    queueMicrotask(() => {
      underWay -= 1;
      task();
    });
  };

  const hostTransport: HostTransport = {
    onMessage: undefined,
    postMessage(payload, lengthBytes) {
      const slot = new Uint8Array(MESSAGE_BYTES);
      slot.set(payload.subarray(0, lengthBytes));
      later(() => guest.dispatchMessage(1, slot, lengthBytes));
      return true;
    },
    signal(flag, vp) {
      Atomics.or(flags, vp * FLAG_WORDS + (flag >>> 5), 1 << (flag & 31));
      later(() => guest.dispatchEvents(flags, vp * FLAG_WORDS));
    },
    openSignal(connectionId, onSignal) {
      signals.set(connectionId, onSignal);
      return { close: () => void signals.delete(connectionId) };
    },
  };
  const host = new VmbusHost({ transport: hostTransport, memory, clock: STILL, vpCount: VP_COUNT });
  const guest = new VmbusGuest({
    transport: {
      vpCount: VP_COUNT,
      postMessage(_connectionId, _type, payload, lengthBytes) {
        const copy = payload.slice(0, lengthBytes);
        later(() => hostTransport.onMessage?.(copy));
        return 0;
      },
      signalEvent: (connectionId) => later(() => signals.get(connectionId)?.()),
      allocatePages: (count) => memory.allocatePages(count),
      freePages: (pages) => memory.freePages(pages),
    },
    memory,
    clock: STILL,
  });
  /** Settles when nothing is under way between the two. */
  const quiet = async (): Promise<void> => {
    for (let still = 0; still < 50; still += 1) {
      if (underWay > 0) still = 0;
      await Promise.resolve();
    }
  };
  return { memory, host, guest, quiet };
}
