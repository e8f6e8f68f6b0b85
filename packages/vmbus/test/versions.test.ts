import { VMBUS_VERSIONS, VmbusVersion, versionText } from '@viridian/protocols/vmbus';
import { describe, expect, it } from 'vitest';
import type { ChannelOffer } from '../src/guest/index.ts';
import { EchoDevice, EchoDriver } from './echo-device.ts';
import { makeBus } from './in-process.ts';

const versions = VMBUS_VERSIONS.filter(({ version }) => version <= VmbusVersion.V5_3);

describe.each(versions.map(({ version }) => [versionText(version), version] as const))(
  'bus %s',
  (_, version) => {
    const limited = { host: { versions: { newest: version } } };

    it('is agreed to, offers a device, opens it and does I/O', async () => {
      const { host, guest, machine } = makeBus(limited);
      const device = new EchoDevice();
      const { relid } = host.offer(device);
      expect(await guest.connect()).toBe(version);
      expect(host.version).toBe(version);
      const offers = await guest.requestOffers();
      expect(offers).toHaveLength(1);
      expect(offers[0]).toMatchObject({
        relid,
        interfaceId: device.interfaceId,
        instanceId: device.instanceId,
        subchannelIndex: 0,
        dedicatedInterrupt: version >= VmbusVersion.V2_4,
        connectionId: version >= VmbusVersion.V1_1 ? relid | 0x2000 : 2,
      });
      const driver = new EchoDriver(await guest.open(offers[0]!, { ringPages: 4, targetVp: 2 }));
      expect(await driver.ask('hello')).toBe('hello');
      const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => driver.ask(`packet ${i}`)));
      expect(answers).toEqual(Array.from({ length: 40 }, (_, i) => `packet ${i}`));
      // Before 2.4 every interrupt is flag 0 of processor 0.
      const flags = new Set(machine.flagsSet.map(({ flag, vp }) => `${flag}/${vp}`));
      expect([...flags]).toEqual([version >= VmbusVersion.V2_4 ? `${relid}/2` : '0/0']);
    });

    it('closes and opens again, with the memory given back each time', async () => {
      const { host, guest, machine } = makeBus(limited);
      const device = new EchoDevice();
      host.offer(device);
      await guest.connect();
      const [offer] = await guest.requestOffers();
      const allocated = machine.allocated.size;
      for (let round = 0; round < 3; round += 1) {
        const channel = await guest.open(offer!, { ringPages: 40 });
        expect(await new EchoDriver(channel).ask(`round ${round}`)).toBe(`round ${round}`);
        await channel.close();
        expect(channel.open).toBe(false);
        expect(machine.allocated.size).toBe(allocated);
      }
      expect(device.log.filter((line) => line.startsWith('open'))).toHaveLength(3);
      expect(device.log.filter((line) => line.startsWith('closed'))).toHaveLength(3);
      expect(host.inspect()).toMatchObject({ gpadls: { count: 0, unfinished: 0, words: 0 } });
    });

    it('takes an open device away and brings it back', async () => {
      const { host, guest, machine } = makeBus(limited);
      const device = new EchoDevice();
      const offered = host.offer(device);
      await guest.connect();
      const [offer] = await guest.requestOffers();
      const allocated = machine.allocated.size;
      const driver = new EchoDriver(await guest.open(offer!, { ringPages: 4 }));
      const again: ChannelOffer[] = [];
      guest.onOffer = (later) => again.push(later);
      offered.rescind();
      // The same GUIDs again: Linux would drop them, so they wait until the guest has let go.
      const second = new EchoDevice();
      host.offer(second);
      await machine.quiet();
      expect(driver.closed).toBe('rescinded');
      expect(offer!.present).toBe(false);
      expect(machine.allocated.size).toBe(allocated);
      expect(again).toHaveLength(1);
      expect(await new EchoDriver(await guest.open(again[0]!, { ringPages: 4 })).ask('anew')).toBe('anew');
      await expect(guest.open(offer!, { ringPages: 4 })).rejects.toThrow('took the device away');
    });

    it('unloads and connects again', async () => {
      const { host, guest } = makeBus(limited);
      const device = new EchoDevice();
      const { relid } = host.offer(device);
      for (let round = 0; round < 2; round += 1) {
        await guest.connect();
        const [offer] = await guest.requestOffers();
        expect(offer!.relid).toBe(relid);
        expect(await new EchoDriver(await guest.open(offer!, { ringPages: 3 })).ask('x')).toBe('x');
        await guest.unload();
        expect(host.version).toBe(0);
        expect(guest.version).toBe(0);
      }
      expect(host.inspect()).toMatchObject({ connection: { state: 'disconnected' }, gpadls: { words: 0 } });
    });

    it('is reset by the host without a word of the guest', async () => {
      const { host, guest, machine } = makeBus(limited);
      const device = new EchoDevice();
      host.offer(device);
      await guest.connect();
      const [offer] = await guest.requestOffers();
      await guest.open(offer!, { ringPages: 3 });
      await host.reset();
      expect(device.log.at(-1)).toBe('closed 0: disconnected');
      expect(machine.signalConnections).toEqual([]);
      expect(host.inspect()).toMatchObject({ connection: { state: 'disconnected' }, gpadls: { words: 0 } });
    });
  },
);

describe('version choice', () => {
  it('goes down until the host accepts, and gives up below its oldest', async () => {
    const { guest } = makeBus({ host: { versions: { newest: VmbusVersion.V3_0 } } });
    expect(await guest.connect()).toBe(VmbusVersion.V3_0);
    const { guest: modern } = makeBus({
      host: { versions: { newest: VmbusVersion.V2_4 } },
      guest: { versions: [VmbusVersion.V5_3, VmbusVersion.V4_0] },
    });
    await expect(modern.connect()).rejects.toThrow('the host takes none of our versions');
    const { guest: old } = makeBus({
      host: { versions: { oldest: VmbusVersion.V4_0 } },
      guest: { versions: [VmbusVersion.V2_4] },
    });
    await expect(old.connect()).rejects.toThrow('the host takes none of our versions');
  });

  it('takes messages on another processor from 3.0 on', async () => {
    for (const [version, vp] of [
      [VmbusVersion.V2_4, 0],
      [VmbusVersion.V3_0, 3],
      [VmbusVersion.V5_3, 3],
    ] as const) {
      const { guest, host } = makeBus({ host: { versions: { newest: version } }, guest: { messageVp: 3 } });
      await guest.connect();
      expect(host.inspect()).toMatchObject({ connection: { messageVp: vp } });
    }
  });
});
