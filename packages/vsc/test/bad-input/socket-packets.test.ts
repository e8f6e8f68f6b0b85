/** A guest's socket against a host that sends what it should not. vmbus.md §8. */

import type { GuestChannel } from '@viridian/vmbus/guest';
import { GuestSocket, GuestSockets } from '@viridian/vsc/socket';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RawHost } from '../support/raw-host.ts';

const CLOCK = { now: () => 0, schedule: () => undefined, cancel: () => {} };

/** A pipe header and data behind it. */
function piped(data: readonly number[], dataBytes = data.length, type = 1): Uint8Array {
  return new Uint8Array([...new Uint8Array(Uint32Array.of(type, dataBytes).buffer), ...data]);
}

/** A socket on a channel of which the test has the other end. */
function socketOn(host: RawHost) {
  const log: string[] = [];
  const channel = Object.assign(host.guest, {
    close: () => {
      log.push('channel closed');
      return Promise.resolve();
    },
  }) as unknown as GuestChannel;
  const socket = new GuestSocket(channel, 1, 2);
  socket.onData = (bytes) => log.push(`data ${Array.from(bytes).join(' ')}`);
  socket.onEnd = () => log.push('end');
  socket.onClosed = (reason) => log.push(`closed: ${reason}`);
  socket.resume();
  const say = async (packet: Uint8Array): Promise<void> => {
    host.host.sendInBand(0, 0, packet, packet.length, false);
    host.host.endSend();
    await host.requests();
  };
  return { log, say, socket };
}

describe('socket packets of the host', () => {
  it.each([
    ['no payload', new Uint8Array(0), 'socket packet without pipe header'],
    ['another type', piped([1], 1, 2), 'socket packet is no data'],
    ['a byte too many', piped([1, 2, 3, 4, 5, 6, 7, 8], 9), 'socket data end behind their packet'],
    ['4 GiB', piped([1], 0xffff_ffff), 'socket data end behind their packet'],
  ])('with %s end the connection', async (_, packet, reason) => {
    const host = new RawHost();
    const { log, say } = socketOn(host);
    await say(piped([7, 8]));
    await say(packet);
    expect(log.slice(0, 1)).toEqual(['data 7 8']);
    expect(log.slice(1).toSorted()).toEqual(['channel closed', `closed: ${reason}`]);
  });

  it('after the end end the connection', async () => {
    const { log, say } = socketOn(new RawHost());
    await say(piped([]));
    await say(piped([1]));
    expect(log[0]).toBe('end');
    expect(log).toContain('closed: socket data after their end');
  });

  it('of any bytes harm nobody', async () => {
    const packet = fc.tuple(fc.uint8Array({ maxLength: 64 }), fc.nat(80), fc.nat(3));
    await fc.assert(
      fc.asyncProperty(fc.array(packet, { maxLength: 6 }), async (packets) => {
        const { socket, say } = socketOn(new RawHost());
        for (const [data, length, type] of packets) await say(piped(Array.from(data), length, type));
        socket.write(Uint8Array.of(1));
        socket.end();
      }),
      { numRuns: 60 },
    );
  });
});

describe('offers of connections that nobody asked for', () => {
  it('are left alone', async () => {
    const open = (): never => expect.unreachable();
    const sockets = new GuestSockets({ bus: { open, requestSocket: () => Promise.resolve() }, clock: CLOCK });
    sockets.listen(5, () => expect.unreachable());
    const template = 'facb-11e6-bd58-64006a7986d3';
    for (const interfaceId of [`00000006-${template}`, '00000005-0000-0000-0000-000000000000']) {
      for (const direction of [0, 1, 0xff]) {
        const userDefined = new Uint8Array(120);
        userDefined[4] = direction;
        const instanceId = `00010000-${template}`;
        const offer = { interfaceId, instanceId, userDefined } as never;
        expect(await sockets.offered(offer)).toBeUndefined();
      }
    }
    sockets.refused({ endpointId: `00010000-${template}` }, 0xc000_0236);
    const waits = sockets.connect(9).catch((error: { kind: string }) => error.kind);
    sockets.refused({ endpointId: `00010000-${template}` }, 0);
    sockets.refused({ endpointId: `00010000-${template}` }, 0xc000_0236);
    expect(await waits).toBe('refused');
  });
});
