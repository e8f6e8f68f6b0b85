/** Debian's own network driver on our adapter: negotiation, ARP, ping, MTU 9000, link up and down. */

import { readFile } from 'node:fs/promises';
import { Switch } from '@viridian/drivers';
import { loadKernel, pcMemoryMap } from '@viridian/emulation/loader';
import { createMachine, type Machine } from '@viridian/vm';
import { describe, expect, it } from 'vitest';
import { Modules } from '../src/linux/flavours.ts';
import { buildInitramfs } from '../src/linux/initramfs.ts';
import { prepareLinuxGuest } from '../src/linux/prepare-linux-guest.ts';
import { haveKernels } from './support/linux-guests.ts';
import { NetworkPeer } from './support/network-peer.ts';

const MEMORY_BYTES = 192 * 2 ** 20;
const MAC = '00:15:5d:01:02:03';

const SCRIPT = `
for wait in 1 2 3 4 5 6 7 8 9 10; do [ -d /sys/class/net/eth0 ] && break; sleep 1; done
echo "mac: $(cat /sys/class/net/eth0/address)"
ip link set eth0 up
ip addr add 10.0.0.2/24 dev eth0
echo "carrier: $(cat /sys/class/net/eth0/carrier)"
ping -c 3 -W 5 10.0.0.1
ping -c 2 -W 5 -s 1400 10.0.0.1
ip link set eth0 mtu 9000 && echo "mtu: $(cat /sys/class/net/eth0/mtu)"
ping -c 2 -W 5 -s 8000 10.0.0.1
echo "received: $(cat /sys/class/net/eth0/statistics/rx_packets) errors: $(cat /sys/class/net/eth0/statistics/rx_errors)"
dmesg | grep -i netvsc
`;

async function linuxMachine(network: Switch): Promise<{ machine: Machine; text: () => string }> {
  const guest = await prepareLinuxGuest({ flavour: 'cloud-amd64', modules: Modules.network });
  const boot = await loadKernel({
    kernel: new Uint8Array(await readFile(guest.kernelPath)),
    initrd: await buildInitramfs({ guest, script: SCRIPT }),
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
    networks: [{ port: network.port('linux'), mac: MAC }],
    board: { serial: [{ write }] },
    policy: { onReset: 'finish' },
  });
  return { machine, text: () => text.replaceAll('\r', '') };
}

describe.skipIf(!haveKernels())("Debian's hv_netvsc", () => {
  it('brings eth0 up and pings a peer on the switch', { timeout: 300_000 }, async () => {
    const network = new Switch();
    const peer = new NetworkPeer(network.port('peer'), [10, 0, 0, 1]);
    const { machine, text } = await linuxMachine(network);
    const killer = setTimeout(() => machine.kill(), 240_000);
    machine.start();
    const { reason } = await machine.finished;
    clearTimeout(killer);
    expect(reason, text()).toBe('powered-off');
    expect(text()).toContain(`mac: ${MAC}`);
    expect(text()).toContain('carrier: 1');
    expect(text()).toContain('3 packets transmitted, 3 packets received, 0% packet loss');
    expect(text().match(/2 packets transmitted, 2 packets received, 0% packet loss/g)).toHaveLength(2);
    expect(text()).toContain('mtu: 9000');
    expect(text()).toContain('errors: 0');
    expect(peer.echoes).toBe(7);
  });
});
