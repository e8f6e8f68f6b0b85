/** Machines on a network: what is refused, and what is plugged in and out. */

import { MemoryDisk, NullNetwork, Switch } from '@viridian/drivers';
import { programProcessors } from '@viridian/hypervisor/program';
import { describe, expect, it } from 'vitest';
import { createMachine, type MachineConfiguration } from '../src/index.ts';

const REST: MachineConfiguration = {
  name: 'networked',
  memoryBytes: 2 ** 20,
  processor: programProcessors(() => ({ name: 'idle', start: async () => {} })),
};

describe('networks of a machine', () => {
  it.each([
    [[{ port: undefined }], 'networks[0].port: give a NetworkPort'],
    [[{ port: new NullNetwork(), mac: '01:00:5e:00:00:01' }], 'networks[0].mac'],
    [[{ port: new NullNetwork(), mac: 'x' }], 'networks[0].mac'],
    [[{ port: new NullNetwork(), instanceId: 'x' }], 'networks[0].instanceId'],
    [
      ['02:00:00:00:00:AA', '02:00:00:00:00:aa'].map((mac) => ({ port: new NullNetwork(), mac })),
      'networks[1].mac: 02:00:00:00:00:aa is taken',
    ],
  ])('%# are refused', (networks, message) => {
    expect(() => createMachine({ ...REST, networks: networks as never })).toThrow(message);
  });

  it('need the bus', () => {
    expect(() => createMachine({ ...REST, vmbus: false, networks: [{ port: new NullNetwork() }] })).toThrow(
      'networks need the bus',
    );
  });

  it('are plugged in from the beginning to the end, and shown', async () => {
    const network = new Switch();
    const port = network.port();
    const machine = createMachine({
      ...REST,
      disks: [{ device: new MemoryDisk(4096) }],
      networks: [{ port }, { port: new NullNetwork() }],
    });
    expect(machine.inspect('network/0')).toMatchObject({ state: 'closed', port: { connected: true } });
    const macs = [0, 1].map((index) => machine.inspect(`network/${index}/mac`));
    expect(new Set(macs).size).toBe(2);
    for (const mac of macs) expect(mac).toMatch(/^02:76(:[0-9a-f]{2}){4}$/);
    expect(() => createMachine({ ...REST, networks: [{ port: new NullNetwork() }, { port }] })).toThrow(
      'there is a station',
    );
    machine.start();
    machine.kill();
    await machine.finished;
    expect(port.inspect()).toMatchObject({ connected: false });
  });

  it('come and go while it runs', async () => {
    const network = new Switch();
    const [one, two] = [network.port('one'), network.port('two')];
    const machine = createMachine({ ...REST, networks: [{ port: one }] });
    machine.start();
    const added = machine.networks.add({ port: two, mac: '02:00:00:00:00:07' });
    expect(machine.inspect('network/1')).toMatchObject({
      mac: '02:00:00:00:00:07',
      port: { connected: true },
    });
    expect(() => machine.networks.add({ port: two })).toThrow('there is a station');
    expect(() => machine.networks.add({ port: new NullNetwork(), mac: '02:00:00:00:00:07' })).toThrow(
      'taken',
    );
    expect(machine.networks.list).toHaveLength(2);
    machine.networks.list[0]!.remove();
    added.remove();
    added.remove();
    expect([one, two].map((port) => port.inspect())).toMatchObject([
      { connected: false },
      { connected: false },
    ]);
    // The guest never asked what there is.
    expect([added.isGone, machine.networks.list.length, machine.inspect('network/1')]).toEqual([
      true,
      0,
      undefined,
    ]);
    expect(machine.networks.add({ port: two }).index).toBe(0);
    machine.kill();
    await machine.finished;
    expect(two.inspect()).toMatchObject({ connected: false });
    expect(() => machine.networks.add({ port: two })).toThrow('no bus');
    const bare = createMachine({ ...REST, vmbus: false });
    expect(() => bare.networks.add({ port: two })).toThrow('no bus');
    bare.kill();
  });
});
