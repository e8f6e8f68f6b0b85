/** Two TypeScript guests on a switch, each with a kernel of its own. */

import { NullNetwork, Switch } from '@viridian/drivers';
import { programProcessors } from '@viridian/hypervisor/program';
import { createMachine, type MachineConfiguration } from '@viridian/vm';
import { describe, expect, it } from 'vitest';
import { type Kernel, linuxGuest } from '../src/index.ts';

const MIB = 2 ** 20;
const TYPE = [0x88, 0xb5];

function machine(
  name: string,
  main: (kernel: Kernel) => Promise<void>,
  more: Partial<MachineConfiguration>,
  log: string[] = [],
) {
  return createMachine({
    name,
    memoryBytes: 8 * MIB,
    processor: programProcessors(linuxGuest({ main, onLog: (line) => log.push(line.text) })),
    ...more,
  });
}

describe('TypeScript guests on a network', () => {
  it('find their interfaces and talk', async () => {
    const net = new Switch();
    const log: string[] = [];
    const asked: number[] = [];
    let answer = '';
    const server = machine(
      'server',
      async (kernel) => {
        const eth = kernel.net.interface('eth0')!;
        await new Promise<void>((resolve) => {
          eth.onReceive = ({ bytes: frame }) => {
            asked.push(frame.length);
            const reply = frame.slice();
            reply.set(frame.subarray(6, 12));
            reply.set(eth.mac, 6);
            reply.set(new TextEncoder().encode('pong'), 14);
            eth.send(reply);
            if (asked.length === 3) setTimeout(resolve, 0);
          };
        });
        await kernel.sleep(5);
      },
      { networks: [{ port: net.port('server') }] },
    );
    const client = machine(
      'client',
      async (kernel) => {
        const eth = kernel.net.interface('eth0')!;
        expect(eth).toMatchObject({ mtuBytes: 1500, linkUp: true });
        for (let round = 0; round < 3; round += 1) {
          const frame = Uint8Array.from([
            255,
            255,
            255,
            255,
            255,
            255,
            ...eth.mac,
            ...TYPE,
            ...new Array<number>(46).fill(0),
          ]);
          const replied = new Promise<Uint8Array>((resolve) => {
            eth.onReceive = ({ bytes }) => resolve(bytes);
          });
          // The server may still be booting.
          while (!eth.send(frame) || (await Promise.race([replied, kernel.sleep(20)])) === undefined);
          answer += new TextDecoder().decode((await replied).subarray(14, 18));
        }
      },
      { networks: [{ port: net.port('client') }, { port: new NullNetwork({ linkUp: false }) }] },
      log,
    );
    server.start();
    client.start();
    expect(await client.finished).toEqual({ reason: 'halted' });
    server.kill();
    await server.finished;
    expect(answer).toBe('pongpongpong');
    expect(asked).toEqual(expect.arrayContaining([60, 60, 60]));
    const text = log.join('\n');
    expect(text).toMatch(/hv_netvsc vmbus_\d+: protocol 6\.1/);
    expect(text).toMatch(/eth0: 02:76:[0-9a-f:]+, MTU 1500, link up/);
    expect(text).toMatch(/eth1: 02:76:[0-9a-f:]+, MTU 1500, link down/);
  });
});
