/** TypeScript guests with a network stack: with one another on a switch, and with the host through a gateway. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NatGateway, Switch } from '@viridian/drivers';
import { hostSockets } from '@viridian/drivers/node';
import { programProcessors } from '@viridian/hypervisor/program';
import { createMachine, type MachineConfiguration } from '@viridian/vm';
import { afterEach, describe, expect, it } from 'vitest';
import { ConnectionError, fetchHttp, type Kernel, linuxGuest } from '../src/index.ts';

const MIB = 2 ** 20;
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

function machine(name: string, net: Switch, main: (kernel: Kernel) => Promise<void>) {
  const configuration: MachineConfiguration = {
    name,
    memoryBytes: 12 * MIB,
    processor: programProcessors(linuxGuest({ main })),
    networks: [{ port: net.port(name) }],
  };
  const made = createMachine(configuration);
  open.push(() => made.kill());
  made.start();
  return made;
}

function pattern(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i += 1) bytes[i] = (i * 31) ^ (i >>> 9);
  return bytes;
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('TypeScript guests with TCP/IP', () => {
  it('ping one another by both kinds of addresses, and send a file and its hash back', async () => {
    const net = new Switch();
    const content = pattern(8 * MIB);
    const hash = createHash('sha256');
    const ready = Promise.withResolvers<string>();
    const server = machine('server', net, async (kernel) => {
      const stack = kernel.net.interface('eth0')!.openStack({ address: '10.0.0.1/24' });
      const done = Promise.withResolvers<void>();
      stack.listen(7000, async (connection) => {
        for await (const part of connection) hash.update(part);
        await connection.write(new TextEncoder().encode(hash.copy().digest('hex')));
        connection.end();
        done.resolve();
      });
      ready.resolve(stack.addresses.at(-1)!);
      await done.promise;
      await kernel.sleep(500);
    });
    const linkLocal = await ready.promise;
    const results: unknown[] = [];
    const client = machine('client', net, async (kernel) => {
      const stack = kernel.net.interface('eth0')!.openStack({ address: '10.0.0.2/24' });
      for (const [address, bytes] of [
        ['10.0.0.1', 56],
        [linkLocal, 56],
        ['10.0.0.1', 1400],
      ] as const) {
        results.push(typeof (await stack.ping(address, bytes)));
      }
      await expect(stack.ping('10.0.0.9')).rejects.toThrow('no way to 10.0.0.9');
      await expect(stack.ping('192.0.2.1')).rejects.toThrow('no way');
      await expect(stack.connect('10.0.0.1', 7001)).rejects.toThrow(ConnectionError);
      const connection = await stack.connect('10.0.0.1', 7000);
      for (let at = 0; at < content.length; at += 100_000) {
        await connection.write(content.subarray(at, at + 100_000));
      }
      connection.end();
      let answer = '';
      for await (const part of connection) answer += new TextDecoder().decode(part);
      results.push(answer);
    });
    expect(await client.finished).toEqual({ reason: 'halted' });
    expect(results).toEqual(['number', 'number', 'number', hashOf(content)]);
    // Large segments went in one piece, out of one guest and into the other.
    expect(server.inspect('network/0/counters/segmentsCut')).toBe(0);
    expect(client.inspect('network/0/counters/framesSent')).toBeLessThan(1000);
  });

  it('get an address from a gateway and fetch and post over HTTP, by IPv4 and IPv6', async () => {
    const content = pattern(3 * MIB);
    const server = createServer((request, response) => {
      const hash = createHash('sha256');
      request.on('data', (part: Buffer) => hash.update(part));
      request.on('end', () => {
        if (request.method === 'POST') response.end(hash.digest('hex'));
        else if (request.url === '/file')
          response.writeHead(200, { 'Content-Length': content.length }).end(content);
        else response.writeHead(404).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    open.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const net = new Switch({ mtuBytes: 1500 });
    const gateway = new NatGateway({ port: net.port('gateway'), sockets: hostSockets(), hostPorts: [port] });
    open.push(() => gateway.close());
    const results: unknown[] = [];
    const guest = machine('guest', net, async (kernel) => {
      const { stack, lease } = await kernel.net.interface('eth0')!.openStackByDhcp();
      results.push(lease.address, lease.gateway, lease.nameServers);
      for (const host of ['10.0.2.2', '[fd76:6972:6964::2]']) {
        const { status, body } = await fetchHttp(stack, `http://${host}:${port}/file`);
        results.push(status, hashOf(body));
      }
      const posted = await fetchHttp(stack, `http://10.0.2.2:${port}/`, { method: 'POST', body: content });
      results.push(new TextDecoder().decode(posted.body));
      results.push((await fetchHttp(stack, `http://10.0.2.2:${port}/none`)).status);
      results.push(stack.addresses.some((address) => address.startsWith('fd76:6972:6964:')));
    });
    expect(await guest.finished).toEqual({ reason: 'halted' });
    const hash = hashOf(content);
    expect(results).toEqual([
      '10.0.2.15/24',
      '10.0.2.2',
      ['10.0.2.2'],
      200,
      hash,
      200,
      hash,
      hash,
      404,
      true,
    ]);
  });

  it('hear datagrams, and find no server that is not there', async () => {
    const net = new Switch();
    const heard = Promise.withResolvers<unknown>();
    machine('server', net, async (kernel) => {
      const stack = kernel.net.interface('eth0')!.openStack({ address: '10.0.0.1/24' });
      const got = new Promise<void>((resolve) => {
        stack.onDatagram(99, ({ from, fromPort, payload }) => {
          heard.resolve([from, fromPort, new TextDecoder().decode(payload)]);
          resolve();
        });
      });
      await got;
    });
    const client = machine('client', net, async (kernel) => {
      const stack = kernel.net.interface('eth0')!.openStack({ address: '10.0.0.2/24' });
      await stack.sendDatagram(1234, '10.0.0.1', 99, new TextEncoder().encode('hello'));
      await heard.promise;
      stack.close();
      await expect(fetchHttp(stack, 'gopher://x')).rejects.toThrow(RangeError);
    });
    expect(await client.finished).toEqual({ reason: 'halted' });
    expect(await heard.promise).toEqual(['10.0.0.2', 1234, 'hello']);
  });
});
