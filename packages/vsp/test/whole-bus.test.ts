/** Both ends with the real bus between them: offers, GPADLs, rings, sub-channels, rescind. */

import { openStorvsc, type Storvsc } from '@viridian/vsc/storage';
import { StorageController } from '@viridian/vsp/storage';
import { describe, expect, it } from 'vitest';
import { makeBus } from './support/bus.ts';
import { pattern, patternDisk } from './support/scsi.ts';

const OPEN = { ringPages: 8, userData: new Uint8Array(24) };

describe('storage on the bus', () => {
  it('is found by its interface, opened with sub-channels, used, and taken away', async () => {
    const { memory, host, guest, quiet } = makeBus();
    const unused = memory.freePageCount;
    const controller = new StorageController({ instanceId: '11111111-2222-3333-4444-555555555555' });
    controller.attach({ lun: 0 }, patternDisk(2048));
    const device = host.offer(controller);
    await guest.connect();
    const [offer] = await guest.requestOffers();
    expect(offer).toMatchObject({ interfaceId: 'ba6163d9-04a1-4d29-b605-72e2ffb1dc7f', flags: 0 });

    let adapter: Storvsc | undefined;
    const waiting: (() => Promise<void>)[] = [];
    guest.onSubchannel = (sub) => {
      waiting.push(async () => adapter!.addChannel(await guest.open(sub, { ...OPEN, targetVp: 1 })));
    };
    const channel = await guest.open(offer!, OPEN);
    adapter = await openStorvsc(channel, { dma: memory, subchannels: 2 });
    const [disk] = await adapter.scan();
    await quiet();
    for (const open of waiting) await open();
    expect(waiting).toHaveLength(2);

    const bytes = pattern(77, 64 * 512);
    await disk!.writeBytes(1000, bytes);
    const reads = Array.from({ length: 60 }, (_, i) => disk!.readBytes(1000 + i, 1));
    const got = await Promise.all(reads);
    got.forEach((block, i) => {
      expect(block).toEqual(bytes.slice(i * 512, (i + 1) * 512));
    });
    expect(adapter.inspect()).toMatchObject({ outstanding: 0, version: 0x0602 });

    device.rescind();
    await quiet();
    await expect(disk!.readBytes(0, 1)).rejects.toMatchObject({ kind: 'no-device' });
    expect(controller.inspect()).toMatchObject({ state: 'closed', outstanding: 0 });
    expect(memory.freePageCount).toBeLessThan(unused);
    await channel.close();
    adapter.release();
  });

  it('survives being closed and opened again', async () => {
    const { memory, host, guest } = makeBus();
    const controller = new StorageController({ instanceId: '11111111-2222-3333-4444-555555555555' });
    controller.attach({ lun: 0 }, patternDisk(64));
    host.offer(controller);
    await guest.connect();
    const [offer] = await guest.requestOffers();
    const unused = memory.freePageCount;
    for (let round = 0; round < 3; round += 1) {
      const channel = await guest.open(offer!, OPEN);
      const adapter = await openStorvsc(channel, { dma: memory });
      const [disk] = await adapter.scan();
      expect(await disk!.readBytes(1, 1)).toEqual(pattern(512, 512));
      await adapter.whenIdle();
      await channel.close();
    }
    expect(memory.freePageCount).toBe(unused);
  });
});
