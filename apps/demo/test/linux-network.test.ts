/** Debian's own network driver on our adapter: negotiation, ARP, ping, MTU 9000; DHCP, DNS and HTTP through the gateway. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NatGateway, type NetworkPort, Switch } from '@viridian/drivers';
import { hostSockets } from '@viridian/drivers/node';
import { loadKernel, pcMemoryMap } from '@viridian/emulation/loader';
import { createMachine, type Machine } from '@viridian/vm';
import { describe, expect, it } from 'vitest';
import { pseudoRandom } from '../src/image/sample-files.ts';
import { Modules } from '../src/linux/flavours.ts';
import { buildInitramfs } from '../src/linux/initramfs.ts';
import { prepareLinuxGuest } from '../src/linux/prepare-linux-guest.ts';
import { haveKernels } from './support/linux-guests.ts';
import { NetworkPeer } from './support/network-peer.ts';

const MEMORY_BYTES = 192 * 2 ** 20;
const MAC = '00:15:5d:01:02:03';
const FILE_BYTES = 4 * 2 ** 20;

const WAIT = 'for wait in 1 2 3 4 5 6 7 8 9 10; do [ -d /sys/class/net/eth0 ] && break; sleep 1; done';

const PING = `
${WAIT}
echo "mac: $(cat /sys/class/net/eth0/address)"
ip link set eth0 up
ip addr add 10.0.0.2/24 dev eth0
echo "carrier: $(cat /sys/class/net/eth0/carrier)"
ping -c 3 -W 5 10.0.0.1
ping -c 2 -W 5 -s 1400 10.0.0.1
ip link set eth0 mtu 9000 && echo "mtu: $(cat /sys/class/net/eth0/mtu)"
ping -c 2 -W 5 -s 8000 10.0.0.1
echo "errors: $(cat /sys/class/net/eth0/statistics/rx_errors)"
`;

const fetchScript = (port: number): string => `
${WAIT}
ip link set eth0 up
mkdir -p /etc
cat > /tmp/dhcp <<'END'
#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add $ip/$mask dev $interface
ip route add default via $router
echo "nameserver $dns" > /etc/resolv.conf
echo "lease: $ip from $router, mtu $mtu"
END
chmod 755 /tmp/dhcp
busybox udhcpc -i eth0 -n -q -s /tmp/dhcp
ping -c 1 -W 5 10.0.2.2
busybox nslookup -type=a viridian.test
busybox wget -q -O - http://10.0.2.2:${port}/file | sha256sum
dd if=/dev/zero bs=1024 count=2048 2> /dev/null | tr '\\0' 'v' > /tmp/up
busybox wget -q -O - --post-file /tmp/up http://10.0.2.2:${port}/up
# Debian's static busybox faults at wget's own -T, on any machine.
busybox timeout 5 busybox wget -O /dev/null http://169.254.169.254/ && echo leaked
busybox timeout 5 busybox wget -O /dev/null http://127.0.0.1:${port}/ && echo leaked
`;

async function linuxMachine(
  port: NetworkPort,
  script: string,
): Promise<{ machine: Machine; text: () => string }> {
  const guest = await prepareLinuxGuest({ flavour: 'cloud-amd64', modules: Modules.network });
  const boot = await loadKernel({
    kernel: new Uint8Array(await readFile(guest.kernelPath)),
    initrd: await buildInitramfs({ guest, script }),
    memory: pcMemoryMap(MEMORY_BYTES),
    commandLine: 'console=ttyS0 panic=-1 quiet cryptomgr.notests',
  });
  let text = '';
  const write = (byte: number): void => {
    text += String.fromCharCode(byte);
  };
  const machine = createMachine({
    name: 'networked',
    memoryBytes: MEMORY_BYTES,
    boot,
    networks: [{ port, mac: MAC }],
    board: { serial: [{ write }] },
    policy: { onReset: 'finish' },
  });
  return { machine, text: () => text.replaceAll('\r', '') };
}

/** Runs to the end; gives what the guest printed and how many parts of large segments it was given. */
async function run(port: NetworkPort, script: string): Promise<{ text: string; coalesced: unknown }> {
  const { machine, text } = await linuxMachine(port, script);
  const killer = setTimeout(() => machine.kill(), 240_000);
  machine.start();
  const { reason } = await machine.finished;
  clearTimeout(killer);
  expect(reason, text()).toBe('powered-off');
  return { text: text(), coalesced: machine.inspect('network/0/counters/segmentsCoalesced') };
}

describe.skipIf(!haveKernels())("Debian's hv_netvsc", () => {
  it('brings eth0 up and pings a peer on the switch', { timeout: 300_000 }, async () => {
    const network = new Switch();
    const peer = new NetworkPeer(network.port('peer'), [10, 0, 0, 1]);
    const { text } = await run(network.port('linux'), PING);
    expect(text).toContain(`mac: ${MAC}`);
    expect(text).toContain('carrier: 1');
    expect(text).toContain('3 packets transmitted, 3 packets received, 0% packet loss');
    expect(text.match(/2 packets transmitted, 2 packets received, 0% packet loss/g)).toHaveLength(2);
    expect(text).toContain('mtu: 9000');
    expect(text).toContain('errors: 0');
    expect(peer.echoes).toBe(7);
  });

  it('gets an address, a name and files through the gateway, and no further', {
    timeout: 300_000,
  }, async () => {
    const file = pseudoRandom(3, FILE_BYTES);
    const up = createHash('sha256');
    const server = createServer((request, response) => {
      if (request.method !== 'POST') {
        response.end(file);
        return;
      }
      let bytes = 0;
      request.on('data', (part: Buffer) => {
        up.update(part);
        bytes += part.length;
      });
      request.on('end', () => response.end(`uploaded ${bytes}\n`));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const asked: string[] = [];
    const sockets = {
      ...hostSockets({ resolvers: ['192.0.2.53'] }),
      openUdp: (received: Parameters<ReturnType<typeof hostSockets>['openUdp']>[0]) => ({
        send: (question: Uint8Array) => {
          asked.push(new TextDecoder('latin1').decode(question));
          queueMicrotask(() => received(nameAnswer(question), '192.0.2.53', 53));
        },
        close: () => {},
      }),
    };
    const network = new Switch({ mtuBytes: 1500 });
    const gateway = new NatGateway({ port: network.port('gateway'), sockets, hostPorts: [port] });
    const { text, coalesced } = await run(network.port('linux'), fetchScript(port));
    gateway.close();
    server.close();
    expect(text).toContain('lease: 10.0.2.15 from 10.0.2.2, mtu 1500');
    expect(text).toContain('1 packets received, 0% packet loss');
    expect(asked.some((question) => question.includes('viridian'))).toBe(true);
    expect(text).toMatch(/Address: *198\.51\.100\.7/);
    expect(text).toContain(createHash('sha256').update(file).digest('hex'));
    expect(text).toContain(`uploaded ${2 * 2 ** 20}`);
    expect(up.digest('hex')).toBe(
      createHash('sha256')
        .update('v'.repeat(2 * 2 ** 20))
        .digest('hex'),
    );
    expect(text).not.toContain('leaked');
    expect(coalesced).toBeGreaterThan(100);
  });
});

/** The answer of a name server: whatever was asked for has the address 198.51.100.7. RFC 1035. */
function nameAnswer(question: Uint8Array): Uint8Array {
  const answer = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 198, 51, 100, 7];
  const bytes = new Uint8Array(question.length + answer.length);
  bytes.set(question);
  bytes.set(answer, question.length);
  bytes[2] = 0x81;
  bytes[3] = 0x80;
  bytes[7] = 1;
  return bytes;
}
