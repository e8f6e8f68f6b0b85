/** Network adapters that come and go under a TypeScript guest while it uses them. */

import { NatGateway, Switch } from '@viridian/drivers';
import { hostSockets } from '@viridian/drivers/node';
import { programProcessors } from '@viridian/hypervisor/program';
import { createMachine } from '@viridian/vm';
import { expect, it } from 'vitest';
import { type Kernel, linuxGuest } from '../src/index.ts';

const TIMES = 200;

/** Sends as fast as the second interface takes, whenever there is one. */
async function flood(kernel: Kernel, isOver: () => boolean): Promise<number> {
  let sent = 0;
  while (!isOver()) {
    const eth = kernel.net.interface('eth1');
    const frame = new Uint8Array(1500);
    frame.fill(0xff, 0, 6);
    if (eth !== undefined) {
      frame.set(eth.mac, 6);
      while (eth.linkUp && sent % 64 !== 63 && eth.send(frame)) sent += 1;
      sent += 1;
    }
    await kernel.sleep(0.2);
  }
  return sent;
}

it('200 adapters come and go under traffic, and the first works to the end', {
  timeout: 60_000,
}, async () => {
  const net = new Switch({ mtuBytes: 1500 });
  const other = new Switch({ mtuBytes: 1500 });
  const gateway = new NatGateway({ port: net.port('gateway'), sockets: hostSockets() });
  let isOver = false;
  let guestKernel: Kernel | undefined;
  const pings: boolean[] = [];
  let sent = 0;
  let freeBefore = 0;
  let freeAfter = 0;
  const main = async (kernel: Kernel): Promise<void> => {
    const stack = kernel.net.interface('eth0')!.openStack({ address: '10.0.2.15/24' });
    freeBefore = kernel.pages.freePages;
    guestKernel = kernel;
    sent = await flood(kernel, () => isOver);
    while (kernel.net.interface('eth1') !== undefined) await kernel.sleep(1);
    await kernel.sleep(20);
    freeAfter = kernel.pages.freePages;
    pings.push((await stack.ping('10.0.2.2')) !== undefined);
  };
  const machine = createMachine({
    name: 'plugged',
    memoryBytes: 16 * 2 ** 20,
    processor: programProcessors(linuxGuest({ main })),
    networks: [{ port: net.port('guest') }],
  });
  machine.start();
  const until = async (isTrue: () => boolean): Promise<void> => {
    while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  await until(() => guestKernel !== undefined);
  const port = other.port('plug');
  for (let time = 0; time < TIMES; time += 1) {
    const added = machine.networks.add({ port });
    // Every fourth is taken away while the guest is still finding out about it.
    if (time % 4 !== 3) await until(() => port.counters.framesSent > time * 10);
    added.remove();
    await until(() => added.isGone);
  }
  isOver = true;
  expect(await machine.finished).toEqual({ reason: 'halted' });
  gateway.close();
  expect(sent).toBeGreaterThan(TIMES);
  expect(pings).toEqual([true]);
  expect(freeAfter).toBe(freeBefore);
});
