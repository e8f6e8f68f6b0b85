import { HvStatus } from '@viridian/protocols/tlfs';
import { describe, expect, it } from 'vitest';
import {
  bootHost,
  haltUntil,
  openSynic,
  postMessage,
  signalEvent,
  startGuest,
  turn,
  waitFor,
} from './guest-kit.ts';

describe('messages and events', () => {
  it('carries messages of the child to the parent, in order and past the 16 buffers', async () => {
    const host = bootHost();
    const received: number[] = [];
    const guest = startGuest(
      host,
      async (cpu) => {
        for (let number = 0; number < 200; number += 1) {
          while (postMessage(cpu, 1, 7, Uint8Array.of(number)) === HvStatus.INSUFFICIENT_BUFFERS) {
            await turn();
          }
        }
      },
      {
        before: (child) => {
          child.connectToParentMessages(1, (payload, type) => {
            expect(type).toBe(7);
            received.push(payload[0]!);
          });
        },
      },
    );
    await guest.done;
    await waitFor(() => received.length === 200);
    expect(received).toEqual(Array.from({ length: 200 }, (_, index) => index));
    guest.remove();
  });

  it('tells the owner of each event flag, and of connections with many flags which one', async () => {
    const host = bootHost();
    const seen: string[] = [];
    const guest = startGuest(
      host,
      (cpu) => {
        expect(signalEvent(cpu, 0x2001)).toBe(HvStatus.SUCCESS);
        expect(signalEvent(cpu, 0x2002, 1999)).toBe(HvStatus.SUCCESS);
        expect(signalEvent(cpu, 0x2002, 2000)).toBe(HvStatus.INVALID_PARAMETER);
        expect(signalEvent(cpu, 0x2003)).toBe(HvStatus.INVALID_CONNECTION_ID);
        expect(signalEvent(cpu, 0x2004, 3)).toBe(HvStatus.SUCCESS);
      },
      {
        before: (child) => {
          child.connectToParentEvents(0x2001, (flag) => seen.push(`one ${flag}`));
          child.connectToParentEvents(0x2002, (flag) => seen.push(`many ${flag}`), 2000);
          // Does not fit behind the others in the first SINT.
          child.connectToParentEvents(0x2004, (flag) => seen.push(`next ${flag}`), 100);
        },
      },
    );
    await guest.done;
    await waitFor(() => seen.length === 3);
    expect(seen.sort()).toEqual(['many 1999', 'next 3', 'one 0']);
    guest.remove();
  });

  it('carries messages and events of the parent to the child', async () => {
    const host = bootHost();
    const ready = Promise.withResolvers<void>();
    const guest = startGuest(host, async (cpu) => {
      const synic = openSynic(cpu);
      ready.resolve();
      await haltUntil(cpu, () => synic.messages.length === 40 && synic.flags.length === 3);
      expect(synic.messages[39]).toEqual({ type: 1, payload: [39, 2, 3] });
      expect(synic.flags).toEqual([0, 5, 2047]);
    });
    const messages = guest.child.openMessageRoute(2, 0);
    const events = guest.child.openEventRoute(2, 0);
    await ready.promise;
    for (const flag of [0, 5, 2047, 5]) expect(events.signal(flag)).toBe(HvStatus.SUCCESS);
    let refused = 0;
    for (let number = 0; number < 40; ) {
      const status = messages.post(1, Uint8Array.of(number, 2, 3, 4), 3);
      if (status === HvStatus.SUCCESS) number += 1;
      else {
        expect(status).toBe(HvStatus.INSUFFICIENT_BUFFERS);
        refused += 1;
        await turn();
      }
    }
    expect(refused).toBeGreaterThan(0);
    await guest.done;
    guest.remove();
  });

  it('refuses to send where the child does not listen, and on routes that are closed', async () => {
    const host = bootHost();
    const guest = startGuest(host, () => {});
    await guest.done;
    const messages = guest.child.openMessageRoute(2, 0);
    const events = guest.child.openEventRoute(2, 0);
    expect(messages.post(1, new Uint8Array(1), 1)).toBe(HvStatus.INVALID_SYNIC_STATE);
    expect(events.signal(0)).toBe(HvStatus.INVALID_SYNIC_STATE);
    messages.close();
    events.close();
    events.close();
    expect(messages.post(1, new Uint8Array(1), 1)).toBe(HvStatus.INVALID_CONNECTION_ID);
    expect(events.signal(0)).toBe(HvStatus.INVALID_CONNECTION_ID);
    expect(() => messages.post(1, new Uint8Array(300), 300)).not.toThrow();
    guest.remove();
  });

  it('closes a connection: the child finds nobody, and its flags are used again', async () => {
    const host = bootHost();
    const { eventFlagsFree } = host.parent.resources;
    const goOn = Promise.withResolvers<void>();
    let calls = 0;
    const guest = startGuest(host, async (cpu) => {
      await goOn.promise;
      expect(signalEvent(cpu, 0x2001)).toBe(HvStatus.INVALID_CONNECTION_ID);
      expect(postMessage(cpu, 1, 1, new Uint8Array(1))).toBe(HvStatus.INVALID_CONNECTION_ID);
    });
    const events = guest.child.connectToParentEvents(0x2001, () => (calls += 1), 2048);
    const messages = guest.child.connectToParentMessages(1, () => (calls += 1));
    expect(host.parent.resources.eventFlagsFree).toBe(eventFlagsFree - 2048);
    events.close();
    messages.close();
    expect(host.parent.resources.eventFlagsFree).toBe(eventFlagsFree);
    goOn.resolve();
    await guest.done;
    expect(calls).toBe(0);
    guest.remove();
  });

  it('refuses a connection id that is in use and leaks nothing by it', () => {
    const host = bootHost();
    const guest = startGuest(host, () => {});
    guest.child.connectToParentEvents(5, () => {});
    const before = host.parent.resources;
    expect(() => guest.child.connectToParentEvents(5, () => {}, 7)).toThrow('INVALID_CONNECTION_ID');
    expect(host.parent.resources).toEqual(before);
    guest.remove();
  });

  it('goes on when a callback throws', async () => {
    const host = bootHost();
    const seen: number[] = [];
    const program = (cpu: Parameters<Parameters<typeof startGuest>[1]>[0]): void => {
      signalEvent(cpu, 9);
      postMessage(cpu, 1, 1, new Uint8Array(1));
    };
    const broken = startGuest(host, program, {
      before: (child) => {
        const fail = (): never => {
          throw new Error('a bug in a device');
        };
        child.connectToParentEvents(9, fail);
        child.connectToParentMessages(1, fail);
      },
    });
    const good = startGuest(host, program, {
      before: (child) => {
        child.connectToParentEvents(9, () => seen.push(9));
        child.connectToParentMessages(1, () => seen.push(1));
      },
    });
    await Promise.all([broken.done, good.done]);
    await waitFor(() => seen.length === 2 && broken.child.guard.counters.callbackErrors === 2);
    expect(broken.child.guard.lastError).toEqual(new Error('a bug in a device'));
    expect(good.child.guard.counters.callbackErrors).toBe(0);
    broken.remove();
    good.remove();
  });
});
