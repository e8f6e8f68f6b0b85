import { FaultDisk, injectedError, MemoryDisk } from '@viridian/drivers';
import { openStorvsc } from '@viridian/vsc/storage';
import { ScsiDisk, StorageController } from '@viridian/vsp/storage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TestMachine } from './support/machine.ts';

const BLOCKS = 256;

const step = fc.record({
  write: fc.boolean(),
  lba: fc.integer({ min: 0, max: BLOCKS - 1 }),
  blocks: fc.integer({ min: 1, max: 40 }),
  seed: fc.integer({ min: 0, max: 255 }),
});

describe('random I/O over random machines', () => {
  it('does what it does to an array, with failures injected and requests finishing in any order', async () => {
    const machineShape = fc.record({
      ringPages: fc.integer({ min: 2, max: 5 }),
      delivery: fc.constantFrom('direct', 'later'),
      queueDepth: fc.integer({ min: 1, max: 8 }),
      subchannels: fc.integer({ min: 0, max: 3 }),
      maxTransferPages: fc.integer({ min: 1, max: 8 }),
    });
    const luck = fc.infiniteStream(fc.integer({ min: 0, max: 9 }));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), machineShape, luck, async (steps, shape, dice) => {
        // Each request takes its own number of turns; one in ten reads fails.
        let lucky = false;
        const device = new FaultDisk(new MemoryDisk(BLOCKS * 512), ({ operation }) => {
          const throwOf = lucky ? 0 : dice.next().value;
          const wait = turns(throwOf);
          return operation === 'read' && throwOf === 9 ? { wait, error: injectedError('medium') } : { wait };
        });
        lucky = true;
        const controller = new StorageController({
          instanceId: '11111111-2222-3333-4444-555555555555',
          queueDepth: shape.queueDepth,
          maxTransferBytes: shape.maxTransferPages * 4096,
        });
        controller.attach({ lun: 0 }, new ScsiDisk(device));
        const machine = new TestMachine(controller, shape);
        const opening = openStorvsc((await machine.open()).guest, {
          dma: machine.memory,
          subchannels: shape.subchannels,
        });
        machine.onSubchannel = async (index) => (await opening).addChannel((await machine.open(index)).guest);
        const adapter = await opening;
        const [disk] = await adapter.scan();
        lucky = false;
        const model = new Uint8Array(BLOCKS * 512);
        // Batches of requests that touch different blocks run side by side.
        for (let first = 0; first < steps.length; ) {
          const taken = new Set<number>();
          const batch: Promise<void>[] = [];
          for (; first < steps.length; first += 1) {
            const { write, lba, seed } = steps[first]!;
            const blocks = Math.min(steps[first]!.blocks, BLOCKS - lba);
            const range = Array.from({ length: blocks }, (_, i) => lba + i);
            if (range.some((block) => taken.has(block))) break;
            for (const block of range) taken.add(block);
            if (write) {
              const bytes = Uint8Array.from({ length: blocks * 512 }, (_, i) => (seed + i * 7) & 0xff);
              model.set(bytes, lba * 512);
              batch.push(disk!.writeBytes(lba, bytes));
            } else {
              batch.push(
                disk!.readBytes(lba, blocks).then(
                  (bytes) => expect(bytes).toEqual(model.slice(lba * 512, (lba + blocks) * 512)),
                  (error) => expect(error).toMatchObject({ key: 3, asc: 0x11 }),
                ),
              );
            }
          }
          await Promise.all(batch);
        }
        expect(adapter.inspect()).toMatchObject({ outstanding: 0 });
        expect(controller.inspect()).toMatchObject({ outstanding: 0 });
      }),
      { numRuns: 60 },
    );
  });
});

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
}
