/** Sockets with both real ends and the real bus between them. */

import { recentWarnings } from '@viridian/trace';
import type { GuestSocket } from '@viridian/vsc/socket';
import type { SocketConnection } from '@viridian/vsp/socket';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnySocket, Listening, socketMachine, utf8 } from '../support/sockets.ts';

type Machine = Awaited<ReturnType<typeof socketMachine>>;

/** A connection that the named side asked for, both ends. */
async function connected(machine: Machine, by: 'parent' | 'child' = 'parent') {
  const accepted = Promise.withResolvers<GuestSocket | SocketConnection>();
  const [from, to] = by === 'parent' ? [machine.parent, machine.child] : [machine.child, machine.parent];
  using _listener = to.listen(70, (socket) => accepted.resolve(socket));
  const made = await from.connect(70);
  const other = await accepted.promise;
  const [host, guest] = by === 'parent' ? [made, other] : [other, made];
  return { host: host as SocketConnection, guest: guest as GuestSocket };
}

describe.each(['parent', 'child'] as const)('a connection that the %s asks for', (by) => {
  it('carries bytes both ways, ends each way by itself, and is gone in order', async () => {
    const machine = await socketMachine();
    const { host, guest } = await connected(machine, by);
    expect(host.remotePort).toBe(guest.localPort);
    expect(guest.remotePort).toBe(host.localPort);
    const [atHost, atGuest] = [new Listening(host), new Listening(guest)];
    host.write(utf8('to the guest'));
    guest.write(utf8('to the '));
    guest.write(utf8('host'));
    await machine.quiet();
    expect([atHost.text, atGuest.text]).toEqual(['to the host', 'to the guest']);
    host.end();
    await machine.quiet();
    expect([atHost.hasEnded, atGuest.hasEnded, atGuest.closed]).toEqual([false, true, undefined]);
    guest.write(utf8(', still'));
    guest.end();
    await machine.quiet();
    expect([atHost.text, atHost.closed, atGuest.closed]).toEqual([
      'to the host, still',
      'in order',
      'in order',
    ]);
    expect(machine.parent.inspect()).toMatchObject({ connections: {}, counters: { connections: 1 } });
    // The relid and the memory are free again.
    expect(machine.host.inspect()).toMatchObject({ channel: {}, gpadls: { count: 0 } });
  });

  it('holds up whoever writes what nobody reads, and goes on when somebody does', async () => {
    const machine = await socketMachine();
    const { host, guest } = await connected(machine, by);
    for (const [writer, reader] of [
      [host, guest],
      [guest, host],
    ] as readonly [AnySocket, AnySocket][]) {
      let drains = 0;
      writer.onDrain = () => {
        drains += 1;
      };
      let written = 0;
      while (writer.write(new Uint8Array(10_000).fill(written & 0xff))) written += 1;
      await machine.quiet();
      expect([drains, written < 20]).toEqual([0, true]);
      expect(writer.pendingBytes).toBeGreaterThan(0);
      const heard = new Listening(reader);
      await machine.quiet();
      expect([drains, writer.pendingBytes, heard.bytes.length]).toEqual([1, 0, (written + 1) * 10_000]);
      reader.pause();
    }
  });

  it('may be cut off by either side', async () => {
    for (const side of ['host', 'guest'] as const) {
      const machine = await socketMachine();
      const ends = await connected(machine, by);
      const [cutter, other] = side === 'host' ? [ends.host, ends.guest] : [ends.guest, ends.host];
      const heard = new Listening(other);
      other.write(utf8('never read'));
      void cutter.destroy();
      await machine.quiet();
      expect(heard.closed).toBe(side === 'host' ? 'rescinded' : 'closed by the guest');
      expect(other.write(utf8('nothing'))).toBe(false);
      expect(machine.host.inspect()).toMatchObject({ channel: {} });
    }
  });
});

describe('connections', () => {
  it('bring any writes in any pieces over any ring whole and in order', async () => {
    const writes = fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 40_000 })), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(writes, fc.integer({ min: 2, max: 9 }), async (list, ringPages) => {
        const machine = await socketMachine({}, ringPages);
        const { host, guest } = await connected(machine);
        const [atHost, atGuest] = [new Listening(host), new Listening(guest)];
        const sent = { host: [] as number[], guest: [] as number[] };
        list.forEach(([byHost, length], index) => {
          const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + index) & 0xff);
          sent[byHost ? 'host' : 'guest'].push(...bytes);
          (byHost ? host : guest).write(bytes);
        });
        host.end();
        guest.end();
        await machine.quiet();
        await machine.advance(0.1);
        expect(Array.from(atGuest.bytes)).toEqual(sent.host);
        expect(Array.from(atHost.bytes)).toEqual(sent.guest);
        expect([atHost.closed, atGuest.closed]).toEqual(['in order', 'in order']);
      }),
      { numRuns: 25 },
    );
  });

  it('wait at their end until the guest has read, but not for ever', async () => {
    const machine = await socketMachine();
    const { host, guest } = await connected(machine);
    const atHost = new Listening(host);
    host.write(new Uint8Array(5000));
    host.end();
    guest.end();
    await machine.quiet();
    await machine.advance(0.8);
    expect(atHost.closed).toBeUndefined();
    const atGuest = new Listening(guest);
    await machine.advance(0.1);
    expect([atGuest.bytes.length, atGuest.closed, atHost.closed]).toEqual([5000, 'in order', 'in order']);

    const silent = await connected(machine);
    const atSilent = new Listening(silent.host);
    silent.host.write(new Uint8Array(100));
    silent.host.end();
    silent.guest.end();
    await machine.quiet();
    await machine.advance(1.1);
    expect(atSilent.closed).toBe('in order');
    expect(machine.clock.waiting).toBe(0);
  });

  it('are refused where nobody listens, at once to the guest, after a while to the host', async () => {
    const machine = await socketMachine();
    await expect(machine.child.connect(5)).rejects.toMatchObject({ kind: 'refused', port: 5 });
    expect(recentWarnings().map(({ reason }) => reason)).toEqual(['nobody listens on the port']);
    const failed = expect(machine.parent.connect(6)).rejects.toMatchObject({ kind: 'timeout', port: 6 });
    await machine.quiet();
    await machine.advance(5);
    await failed;
    expect(machine.host.inspect()).toMatchObject({ channel: {} });
    expect(machine.parent.counters).toEqual({ connections: 0, refused: 1, timeouts: 1 });
    expect(() => machine.parent.connect(-1)).toThrow(RangeError);
    expect(() => machine.child.listen(0x1_0000_0000, () => {})).toThrow(RangeError);
  });

  it('have one listener for each port', async () => {
    const { parent, child } = await socketMachine();
    for (const side of [parent, child]) {
      const listener = side.listen(9, () => {});
      expect(() => side.listen(9, () => {})).toThrow('somebody listens there already');
      listener.close();
      side.listen(9, () => {}).close();
    }
  });

  it('end with the bus, and need one', async () => {
    const machine = await socketMachine();
    const { host } = await connected(machine);
    const heard = new Listening(host);
    const never = expect(machine.parent.connect(8)).rejects.toMatchObject({ kind: 'closed' });
    await machine.host.reset();
    expect(heard.closed).toBe('disconnected');
    await expect(machine.parent.connect(8)).rejects.toMatchObject({ kind: 'not-ready' });
    machine.parent.close();
    await never;
    expect(machine.host.onSocketRequest).toBeUndefined();
    expect(machine.host.inspect()).toMatchObject({ channel: {} });
  });

  it('are limited in number', async () => {
    const machine = await socketMachine({ mostConnections: 3 });
    const ends = [await connected(machine), await connected(machine), await connected(machine, 'child')];
    await expect(machine.parent.connect(70)).rejects.toMatchObject({ kind: 'busy' });
    machine.parent.listen(1, () => {});
    await expect(machine.child.connect(1)).rejects.toMatchObject({ kind: 'refused' });
    ends[0]!.host.destroy();
    await machine.quiet();
    await connected(machine);
  });

  it('come and go by the thousand', async () => {
    const machine = await socketMachine();
    machine.child.listen(1, (socket) => {
      socket.onData = (bytes) => void socket.write(bytes);
      socket.onEnd = () => socket.end();
      socket.resume();
    });
    for (let round = 0; round < 1000; round += 1) {
      const socket = await machine.parent.connect(1);
      const heard = new Listening(socket);
      socket.write(utf8(`round ${round}`));
      socket.end();
      await machine.quiet();
      expect([heard.text, heard.closed]).toEqual([`round ${round}`, 'in order']);
    }
    expect(machine.host.inspect()).toMatchObject({ channel: {}, gpadls: { count: 0 } });
    expect(machine.memory.freePageCount).toBe(machine.memory.pageCount - 1 - FIXED_PAGES);
    expect(machine.clock.waiting).toBe(0);
    // Told as one, or a report would grow without end.
    const [report, ...others] = machine.host.channelReports();
    expect([report?.opens, report?.counters.packetsReceived, others]).toEqual([1000, 2000, []]);
  });
});

/** Interrupt and monitor pages of the guest's bus. */
const FIXED_PAGES = 3;
