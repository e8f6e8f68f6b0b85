import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { issue, patternByte, patternDisk } from '../../../test/support/scsi.ts';
import { DISK_COMMANDS } from './command-table.ts';

const BLOCKS = 64;
const opcodes = fc.oneof(
  fc.constantFrom(...DISK_COMMANDS.map((entry) => entry.opcode)),
  fc.integer({ min: 0, max: 255 }),
);
/** Mostly small numbers, so that many commands are nearly right. */
const byte = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 255 }));
const buffer = fc.oneof(
  fc.constant({}),
  fc.record({ room: fc.integer({ min: 0, max: 4096 }) }),
  fc.record({ out: fc.uint8Array({ maxLength: 4096 }) }),
);

describe('any command', () => {
  it('ends with GOOD or with sense data, moves no more than there is room for, and keeps the disk usable', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(opcodes, fc.array(byte, { minLength: 15, maxLength: 15 }), buffer, fc.nat(16)), {
          maxLength: 12,
        }),
        fc.boolean(),
        async (commands, thin) => {
          const disk = patternDisk(BLOCKS, { thin });
          for (const [opcode, rest, data, cdbBytes] of commands) {
            const result = await issue(disk, [opcode, ...rest], { ...data, cdbBytes, piece: 700 });
            expect([0, 2]).toContain(result.status);
            const space = 'room' in data ? data.room : 'out' in data ? data.out.length : 0;
            expect(result.moved).toBeLessThanOrEqual(space);
            if (result.status === 2) expect(result.sense).toMatch(/^[2-7e]\//);
          }
          await issue(disk, [0x1b, 0, 0, 0, 1, 0]);
          expect((await issue(disk, [0, 0, 0, 0, 0, 0])).status).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('reads and writes', () => {
  it('do what they do to an array', async () => {
    const lba = fc.integer({ min: 0, max: BLOCKS + 2 });
    const blocks = fc.integer({ min: 0, max: 12 });
    const step = fc.record({
      lba,
      blocks,
      write: fc.boolean(),
      seed: fc.integer(),
      piece: fc.integer({ min: 1, max: 3000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const disk = patternDisk(BLOCKS);
        const model = Uint8Array.from({ length: BLOCKS * 512 }, (_, i) => patternByte(i));
        for (const { lba, blocks, write, seed, piece } of steps) {
          const cdb = [write ? 0x2a : 0x28, 0, 0, 0, 0, lba, 0, 0, blocks, 0];
          const isInside = lba < BLOCKS && lba + blocks <= BLOCKS;
          const at = lba * 512;
          if (write) {
            const out = Uint8Array.from({ length: blocks * 512 }, (_, i) => (seed + i * 13) & 0xff);
            expect((await issue(disk, cdb, { out, piece })).status).toBe(isInside ? 0 : 2);
            if (isInside) model.set(out, at);
          } else {
            const result = await issue(disk, cdb, { room: blocks * 512, piece });
            expect(result.status).toBe(isInside ? 0 : 2);
            if (isInside) expect(result.data).toEqual(model.slice(at, at + blocks * 512));
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
