/** Debian's three kernels on a network: addresses, 64 MiB each way by IPv4 and IPv6, MTU 9000, files to and from a TypeScript guest. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NatGateway, Switch, type SwitchPort } from '@viridian/drivers';
import { hostSockets } from '@viridian/drivers/node';
import { loadKernel, pcMemoryMap } from '@viridian/emulation/loader';
import { programProcessors } from '@viridian/hypervisor/program';
import { fetchHttp, type Kernel, linuxGuest } from '@viridian/linux-guest';
import { createMachine, type Machine } from '@viridian/vm';
import { describe, expect, it } from 'vitest';
import { pseudoRandom } from '../src/image/sample-files.ts';
import { type Flavour, Modules } from '../src/linux/flavours.ts';
import { buildInitramfs } from '../src/linux/initramfs.ts';
import { prepareLinuxGuest } from '../src/linux/prepare-linux-guest.ts';
import { haveKernels } from './support/linux-guests.ts';

const MIB = 2 ** 20;
const MEMORY_BYTES = 512 * MIB;
/** Without zeros: Debian's wget sends a file as a text that ends at the first. */
const FILE = pseudoRandom(5, 64 * MIB).map((byte) => byte || 1);
/** The other kernels get less of it, unless it is night. */
const SMALL_FILE = process.env.VIRIDIAN_PLUG_ROUNDS === undefined ? FILE.subarray(0, 8 * MIB) : FILE;
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const PEER = '10.0.2.100';
/** How often an adapter comes and goes under Linux; the nightly script says 200. */
const PLUGS = Number(process.env.VIRIDIAN_PLUG_ROUNDS ?? 6);
const LIMIT_MS = 600_000 + PLUGS * 30_000;

const SET_UP = `
for wait in 1 2 3 4 5 6 7 8 9 10; do [ -d /sys/class/net/eth0 ] && break; sleep 1; done
mkdir -p /etc
cat > /tmp/dhcp <<'END'
#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add $ip/$mask dev $interface
ip route add default via $router
echo "lease: $ip"
END
chmod 755 /tmp/dhcp
ip link set lo up
ip link set eth0 up
busybox udhcpc -i eth0 -n -q -s /tmp/dhcp
`;

const transfers = (port: number): string => `
${SET_UP}
for wait in 1 2 3 4 5 6 7 8 9 10; do ip -6 addr show dev eth0 | grep -q 'fd76.*global' && break; sleep 1; done
echo "ipv6: $(ip -6 addr show dev eth0 | grep -c fd76)"
busybox ping -6 -c 2 -W 5 fd76:6972:6964::2
busybox wget -q -O /tmp/file http://10.0.2.2:${port}/file
echo "down: $(sha256sum < /tmp/file)"
echo "up: $(busybox wget -q -O - --post-file /tmp/file http://10.0.2.2:${port}/up)"
echo "down by IPv6: $(busybox wget -q -O - 'http://[fd76:6972:6964::2]:${port}/file' | sha256sum)"
busybox httpd -p 80 -h /tmp
head -c 4000000 /tmp/file > /tmp/part
busybox nc ${PEER} 7000 < /tmp/part > /tmp/back
cmp /tmp/part /tmp/back && echo "the peer gave it back"
ip link set eth0 mtu 9000 && echo "mtu: $(cat /sys/class/net/eth0/mtu)"
busybox ping -c 3 -W 5 -s 8900 10.0.2.2
echo "errors: $(cat /sys/class/net/eth0/statistics/rx_errors) $(cat /sys/class/net/eth0/statistics/tx_errors)"
`;

/** Uses the second adapter whenever there is one, until the host says that it was enough. */
const plugs = (port: number): string => `
${SET_UP}
until busybox wget -q -O /dev/null http://10.0.2.2:${port}/over; do
  if [ -d /sys/class/net/eth1 ]; then
    ip link set eth1 up
    ip addr add 10.9.0.2/24 dev eth1
    busybox ping -A -w 1 -s 1400 10.9.0.1 > /dev/null 2>&1 || busybox ping -i 0.01 -w 1 -s 1400 10.9.0.1 > /dev/null
  fi
done
busybox wget -q -O - http://10.0.2.2:${port}/file | sha256sum
`;

async function startLinux(
  flavour: Flavour,
  port: SwitchPort,
  script: string,
): Promise<{ machine: Machine; text: () => string }> {
  const guest = await prepareLinuxGuest({ flavour, modules: Modules.network });
  const boot = await loadKernel({
    kernel: new Uint8Array(await readFile(guest.kernelPath)),
    initrd: await buildInitramfs({ guest, script }),
    memory: pcMemoryMap(MEMORY_BYTES),
    commandLine: 'console=ttyS0 panic=-1 cryptomgr.notests',
  });
  let text = '';
  const write = (byte: number): void => {
    text += String.fromCharCode(byte);
  };
  const machine = createMachine({
    name: flavour,
    memoryBytes: MEMORY_BYTES,
    boot,
    engine: { engine: 'jit' },
    networks: [{ port }],
    board: { serial: [{ write }] },
    policy: { onReset: 'finish' },
  });
  machine.start();
  return { machine, text: () => text.replaceAll('\r', '') };
}

async function finish(machine: Machine, text: () => string): Promise<string> {
  const killer = setTimeout(() => machine.kill(), LIMIT_MS - 60_000);
  const { reason } = await machine.finished;
  clearTimeout(killer);
  expect(reason, text().slice(-3000)).toBe('powered-off');
  expect(text()).not.toMatch(/\bBUG\b|Oops|WARNING:|Call Trace|hung task/);
  return text();
}

/** Serves the file, takes one, and says when it was enough. */
async function serveFiles(
  file: Uint8Array,
  isOver: () => boolean,
): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    const hash = createHash('sha256');
    request.on('data', (part: Buffer) => hash.update(part));
    request.on('end', () => {
      if (request.method === 'POST') response.end(hash.digest('hex'));
      else if (request.url === '/over' && !isOver()) response.writeHead(404).end();
      else response.end(request.url === '/file' ? file : '');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

/** A TypeScript guest that gives back what it is sent, and fetches the file from Linux. */
function startPeer(network: Switch): { machine: Machine; fetched: Promise<string> } {
  const fetched = Promise.withResolvers<string>();
  const main = async (kernel: Kernel): Promise<void> => {
    const stack = kernel.net.interface('eth0')!.openStack({ address: `${PEER}/24` });
    stack.listen(7000, async (connection) => {
      for await (const part of connection) await connection.write(part);
      // Linux waits for the end of this before it goes on: its server is there as long.
      const { body } = await fetchHttp(stack, 'http://10.0.2.15/file');
      fetched.resolve(hashOf(body));
      connection.end();
    });
    await new Promise<never>(() => {});
  };
  const machine = createMachine({
    name: 'peer',
    memoryBytes: 32 * MIB,
    processor: programProcessors(linuxGuest({ main })),
    networks: [{ port: network.port('peer') }],
  });
  machine.start();
  return { machine, fetched: fetched.promise };
}

describe.skipIf(!haveKernels())("Debian's network", () => {
  it.each([
    ['cloud-amd64', FILE],
    ['amd64', SMALL_FILE],
    ['686', SMALL_FILE],
  ] as const)('carries files both ways, %s', { timeout: LIMIT_MS }, async (flavour, file) => {
    const hash = hashOf(file);
    const network = new Switch();
    const { server, port } = await serveFiles(file, () => true);
    const gateway = new NatGateway({
      port: network.port('gateway'),
      sockets: hostSockets(),
      hostPorts: [port],
    });
    const peer = startPeer(network);
    const { machine, text } = await startLinux(flavour, network.port('linux'), transfers(port));
    const said = await finish(machine, text);
    peer.machine.kill();
    gateway.close();
    server.close();
    expect(said).toContain('lease: 10.0.2.15');
    expect(said).toContain('ipv6: 1');
    expect(said).toContain('2 packets transmitted, 2 packets received');
    expect(said).toContain(`down: ${hash}`);
    expect(said).toContain(`up: ${hash}`);
    expect(said).toContain(`down by IPv6: ${hash}`);
    expect(said).toContain('the peer gave it back');
    expect(await peer.fetched).toBe(hash);
    expect(said).toContain('mtu: 9000');
    expect(said).toContain('3 packets transmitted, 3 packets received');
    expect(said).toContain('errors: 0 0');
  });

  it(`is well after ${PLUGS} adapters have come and gone under traffic`, { timeout: LIMIT_MS }, async () => {
    const network = new Switch();
    const other = new Switch();
    const echo = new NatGateway({ port: other.port('echo'), sockets: hostSockets(), address: '10.9.0.1' });
    let isOver = false;
    const { server, port } = await serveFiles(SMALL_FILE, () => isOver);
    const gateway = new NatGateway({
      port: network.port('gateway'),
      sockets: hostSockets(),
      hostPorts: [port],
    });
    const { machine, text } = await startLinux('cloud-amd64', network.port('linux'), plugs(port));
    const ended = finish(machine, text);
    const until = async (isTrue: () => boolean): Promise<void> => {
      while (!isTrue() && machine.state === 'running') await new Promise((next) => setTimeout(next, 10));
    };
    await until(() => text().includes('lease: 10.0.2.15'));
    const plug = other.port('plug');
    for (let time = 0; time < PLUGS && machine.state === 'running'; time += 1) {
      const before = plug.counters.framesReceived;
      const added = machine.networks.add({ port: plug });
      // Every third is taken away before Linux has found out about it.
      if (time % 3 !== 2) await until(() => plug.counters.framesReceived > before + 5);
      added.remove();
      await until(() => added.isGone);
    }
    isOver = true;
    const said = await ended;
    for (const one of [gateway, echo]) one.close();
    server.close();
    expect(said).toContain(hashOf(SMALL_FILE));
    expect(machine.networks.list).toHaveLength(1);
  });
});
