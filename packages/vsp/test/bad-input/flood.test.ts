import { FaultDisk, MemoryDisk } from '@viridian/drivers';
import { ScsiDisk, StorageController } from '@viridian/vsp/storage';
import { describe, expect, it } from 'vitest';
import { rawGuest, rawMachine, srbOf, srbPayload } from '../support/raw-guest.ts';
import { expectAlive, victim } from '../support/victim.ts';

describe('a flood', () => {
  it('of requests to a disk that does not answer is bounded by the queue depth', async () => {
    const queueDepth = 16;
    const controller = new StorageController({
      instanceId: '11111111-2222-3333-4444-555555555555',
      queueDepth,
    });
    const never = new Promise<void>(() => {});
    const device = new FaultDisk(new MemoryDisk(4096), () => ({ wait: never }));
    controller.attach({ lun: 0 }, new ScsiDisk(device));
    const guest = await rawGuest(rawMachine(controller));
    await guest.initialize();
    // As many as the ring holds.
    for (let i = 0; i < 300; i += 1) guest.srb({ cdb: [0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0] });
    expect(await guest.answers()).toEqual([]);
    expect(controller.inspect()).toMatchObject({ outstanding: queueDepth });
  });

  it('of bad requests is answered one by one and costs no more than that', async () => {
    const { guest } = await victim();
    for (let round = 0; round < 40; round += 1) {
      for (let i = 0; i < 50; i += 1) guest.srb({ cdb: [0x28], cdbBytes: 99 });
      const answers = await guest.answers();
      expect(answers).toHaveLength(50);
      for (const answer of answers) expect(srbOf(answer).srb).toBe(6);
    }
    await expectAlive(guest);
  });

  it('of resets is answered in order', async () => {
    const { guest } = await victim();
    const ids = Array.from({ length: 60 }, (_, i) => {
      return guest.send(srbPayload({ operation: 4 + (i % 3), cdb: [] }));
    });
    expect((await guest.answers()).map(({ id }) => id)).toEqual(ids);
    await expectAlive(guest);
  });
});
