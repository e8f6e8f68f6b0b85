import { DISK_COMMANDS } from '@viridian/vsp/storage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RawRange, RawSrb } from '../support/raw-guest.ts';
import { expectAlive, victim } from '../support/victim.ts';

const small = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 255 }));
const bytes = fc.oneof(fc.constantFrom(0, 4, 512, 4096, 0x40000), fc.integer({ min: 0, max: 9000 }));
const opcode = fc.oneof(
  fc.constantFrom(...DISK_COMMANDS.map((entry) => entry.opcode)),
  fc.integer({ min: 0, max: 255 }),
);

const request = fc.record({
  operation: fc.oneof(
    { weight: 8, arbitrary: fc.constant(3) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 15 }) },
  ),
  lun: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: small }),
  opcode,
  rest: fc.array(small, { minLength: 15, maxLength: 15 }),
  cdbBytes: fc.oneof({ weight: 6, arbitrary: fc.constant(16) }, { weight: 1, arbitrary: small }),
  dataIn: fc.integer({ min: 0, max: 3 }),
  dataBytes: bytes,
  buffer: fc.option(
    fc.record({
      byteCount: fc.integer({ min: 1, max: 9000 }),
      byteOffset: fc.integer({ min: 0, max: 4095 }),
      firstPage: fc.integer({ min: 0, max: 79 }),
    }),
  ),
});

describe('any well-formed packet', () => {
  it('gets exactly one answer, touches only its own buffer, and leaves the channel open', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 12 }), async (requests) => {
        const { guest, gpns, machine } = await victim();
        const guard = machine.memory.allocatePages(1).gpns[0]!;
        machine.memory.bytes(guard).fill(0x5a);
        for (const { buffer, rest, opcode: first, ...fields } of requests) {
          const srb: RawSrb = { ...fields, cdb: [first, ...rest] };
          const id = guest.srb(srb, buffer === null ? undefined : [rangeOf(buffer, gpns)]);
          const answers = (await guest.answers()).filter((answer) => answer.type === 11);
          expect(answers.map((answer) => answer.id)).toEqual([id]);
        }
        expect(guest.pair.ended).toBeUndefined();
        expect(machine.memory.bytes(guard).every((byte) => byte === 0x5a)).toBe(true);
        guest.srb({ cdb: [0x1b, 0, 0, 0, 1, 0] });
        await expectAlive(guest);
      }),
      { numRuns: 120 },
    );
  });
});

function rangeOf(
  buffer: { byteCount: number; byteOffset: number; firstPage: number },
  gpns: readonly number[],
): RawRange {
  const pages = Math.ceil((buffer.byteOffset + buffer.byteCount) / 4096);
  return {
    byteCount: buffer.byteCount,
    byteOffset: buffer.byteOffset,
    gpns: Array.from({ length: pages }, (_, i) => gpns[(buffer.firstPage + i) % gpns.length]!),
  };
}

describe('any bytes as a packet', () => {
  it('are answered or end the channel with a reason; the controller can be opened again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 0, maxLength: 160 }), { maxLength: 6 }),
        fc.boolean(),
        async (payloads, gpaDirect) => {
          const { guest, machine, controller } = await victim();
          for (const payload of payloads) {
            if (guest.pair.ended !== undefined) break;
            guest.send(payload, gpaDirect ? { ranges: [{ byteCount: 1, byteOffset: 0, gpns: [1] }] } : {});
            await guest.answers();
          }
          await guest.pair.close();
          expect(controller.inspect()).toMatchObject({ state: 'closed', outstanding: 0 });
          expect((await machine.open()).ended).toBeUndefined();
        },
      ),
      { numRuns: 120 },
    );
  });
});
