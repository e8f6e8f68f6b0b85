/** Sockets against a guest that sends what it should not, or does nothing at all. vmbus.md §8. */

import { recentWarnings } from '@viridian/trace';
import type { ChannelOffer } from '@viridian/vmbus/guest';
import { SocketService } from '@viridian/vsp/socket';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fields, piped } from '../support/message-guest.ts';
import { Listening, socketMachine, utf8 } from '../support/sockets.ts';

/** A connection whose guest end is a bare channel, with the parent's socket. */
async function bare() {
  const machine = await socketMachine();
  const offered = Promise.withResolvers<ChannelOffer>();
  machine.guest.onOffer = offered.resolve;
  const connecting = machine.parent.connect(1);
  const channel = await machine.guest.open(await offered.promise, { ringPages: 7 });
  const socket = await connecting;
  const heard = new Listening(socket);
  const say = async (payload: Uint8Array): Promise<void> => {
    channel.sendInBand(1, 0, payload, payload.length, false);
    channel.endSend();
    await machine.quiet();
  };
  return { machine, channel, socket, heard, say };
}

const FIN = piped(new Uint8Array(0));

describe('socket packets', () => {
  it.each([
    ['no payload', new Uint8Array(0), 'socket packet without pipe header'],
    ['half a pipe header', fields([4, 2]), 'socket packet is no data'],
    ['no data', piped(utf8('x'), 1, 2), 'socket packet is no data'],
    ['type 0', piped(utf8('x'), 1, 0), 'socket packet is no data'],
    ['one byte too many', piped(new Uint8Array(8), 9), 'socket data end behind their packet'],
    ['a length of 4 GiB', piped(new Uint8Array(8), 0xffff_ffff), 'socket data end behind their packet'],
  ])('with %s ends the connection alone', async (_, payload, reason) => {
    const { machine, heard, say } = await bare();
    const other = await openPair(machine);
    await say(piped(utf8('good')));
    await say(payload);
    expect([heard.text, heard.closed]).toEqual(['good', reason]);
    other.guest.write(utf8('still here'));
    await machine.quiet();
    expect(other.heard.text).toBe('still here');
  });

  it('after the end end the connection, a second end too', async () => {
    for (const late of [piped(utf8('late')), FIN]) {
      const { heard, say } = await bare();
      await say(FIN);
      expect([heard.hasEnded, heard.closed]).toEqual([true, undefined]);
      await say(late);
      expect(heard.closed).toBe('socket data after their end');
    }
  });

  it('of other kinds end the connection', async () => {
    const { machine, channel, heard } = await bare();
    channel.sendCompletion(1, 0, FIN, FIN.length);
    channel.endSend();
    await machine.quiet();
    expect(heard.closed).toBe('socket packet is not in-band');
  });

  it('of any bytes harm nobody', async () => {
    const packet = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .tuple(fc.uint8Array({ maxLength: 64 }), fc.nat(80), fc.nat(3))
        .map(([data, length, type]) => piped(data, length, type)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(packet, { maxLength: 8 }), async (packets) => {
        const { machine, socket, heard, say } = await bare();
        for (const payload of packets) await say(payload);
        socket.end();
        socket.destroy();
        await machine.quiet();
        expect(heard.closed).toBeDefined();
        expect(machine.host.inspect()).toMatchObject({ channel: {} });
      }),
      { numRuns: 60 },
    );
  });
});

/** A good connection beside a bad one. */
async function openPair({ parent, child, guest }: Awaited<ReturnType<typeof socketMachine>>) {
  guest.onOffer = (offer) => void child.offered(offer);
  const accepted = Promise.withResolvers<{ write(bytes: Uint8Array): boolean }>();
  child.listen(2, (socket) => accepted.resolve(socket));
  const heard = new Listening(await parent.connect(2));
  return { heard, guest: await accepted.promise };
}

describe('requests for sockets', () => {
  it('of no service, of taken instances and without end take no channels', async () => {
    const machine = await socketMachine({ mostConnections: 5 });
    const { guest, host, parent, quiet, advance } = machine;
    guest.onOffer = () => {};
    const refused: string[] = [];
    guest.onSocketRefused = ({ endpointId }, status) =>
      refused.push(`${endpointId[0]} ${status.toString(16)}`);
    parent.listen(1, () => {});
    const serviceId = '00000001-facb-11e6-bd58-64006a7986d3';
    const endpoint = (digit: number): string => `${digit}0000000-facb-11e6-bd58-64006a7986d3`;
    await guest.requestSocket({ endpointId: endpoint(1), serviceId: '00000001-facb-11e6-bd58-64006a7986d4' });
    await guest.requestSocket({ endpointId: endpoint(2), serviceId });
    await guest.requestSocket({ endpointId: endpoint(2), serviceId });
    await quiet();
    expect(refused).toEqual(['1 c0000236', '2 c0000236']);
    for (let digit = 3; digit < 9; digit += 1) {
      await guest.requestSocket({ endpointId: endpoint(digit), serviceId });
    }
    await quiet();
    expect(refused.slice(2)).toEqual(['7 c0000236', '8 c0000236']);
    expect(Object.keys(channelsOf(host))).toHaveLength(5);
    // Nobody opens them: they are taken back, and others get their turn.
    await advance(5);
    expect(channelsOf(host)).toEqual({});
    await guest.requestSocket({ endpointId: endpoint(9), serviceId });
    await quiet();
    expect(refused).toHaveLength(4);
    expect(new Set(recentWarnings().map(({ reason }) => reason))).toEqual(
      new Set(['nobody listens on the port', 'too many connections, or one of these']),
    );
  });

  it('whose offers are never let go of are counted until they are', async () => {
    const machine = await socketMachine({ mostConnections: 2 });
    const { guest, parent, advance, quiet } = machine;
    const rescinded: ChannelOffer[] = [];
    guest.onOffer = () => {};
    guest.onRescind = (offer) => rescinded.push(offer);
    const lost = [parent.connect(1), parent.connect(1)].map((one) => one.catch((error) => error.kind));
    await quiet();
    await advance(5);
    expect(await Promise.all(lost)).toEqual(['timeout', 'timeout']);
    await expect(parent.connect(1)).rejects.toMatchObject({ kind: 'busy' });
    for (const offer of rescinded) guest.release(offer);
    await quiet();
    const again = parent.connect(1).catch((error) => error.kind);
    await quiet();
    await advance(5);
    expect(await again).toBe('timeout');
  });

  it('need a bus of version 4.0', async () => {
    const { clock } = await socketMachine();
    const offer = (): never => expect.unreachable();
    const old = new SocketService({ bus: { version: 0x30000, onSocketRequest: undefined, offer }, clock });
    await expect(old.connect(1)).rejects.toMatchObject({ kind: 'not-ready', port: 1 });
  });
});

function channelsOf(host: { inspect(): unknown }): object {
  return (host.inspect() as { channel: object }).channel;
}
