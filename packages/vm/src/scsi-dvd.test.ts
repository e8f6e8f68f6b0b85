import { FaultDisk, injectedError, MemoryDisk } from '@viridian/drivers';
import { ScsiCommand } from '@viridian/vsp/storage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ScsiDvd } from './scsi-dvd.ts';

const BLOCK = 2048;
const disc = (blocks: number, byte = 7) =>
  new MemoryDisk(new Uint8Array(blocks * BLOCK).fill(byte), { readOnly: true });
const drive = (device?: MemoryDisk | FaultDisk) => new ScsiDvd(device, { name: 'dvd', id: 'S1' });

const READ_10 = (block: number, blocks: number) => [0x28, 0, 0, 0, block >> 8, block & 255, 0, 0, blocks, 0];
const READY = [0, 0, 0, 0, 0, 0];
const EVENT = [0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8, 0];
const START_STOP = (action: number) => [0x1b, 0, 0, 0, action, 0];
const PREVENT = (prevent: number) => [0x1e, 0, 0, 0, prevent, 0];

/** Sense as `key/additional` in hex, or the bytes that came. */
async function issue(unit: ScsiDvd, cdb: readonly number[], room = 0): Promise<string | Uint8Array> {
  const command = new ScsiCommand();
  command.begin();
  command.cdb.set(cdb);
  command.cdbBytes = cdb.length;
  const bytes = new Uint8Array(room);
  if (room > 0) {
    command.data.push(bytes.subarray(0, room >> 1), bytes.subarray(room >> 1));
    command.dataBytes = room;
    command.direction = 'in';
  }
  await unit.execute(command);
  if (command.status === 0) return bytes.subarray(0, command.bytesMoved);
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  return `${hex(command.sense[2]! & 15)}/${hex(command.sense[12]!)}${hex(command.sense[13]!)}`;
}

/** A drive whose unit attentions have been heard. */
async function ready(device?: MemoryDisk | FaultDisk): Promise<ScsiDvd> {
  const unit = drive(device);
  expect(await issue(unit, READY)).toMatch(/^06\/2[89]00$/);
  return unit;
}

describe('a DVD drive on SCSI', () => {
  it('says what it is', async () => {
    const unit = drive(disc(4));
    const inquiry = (await issue(unit, [0x12, 0, 0, 0, 36, 0], 36)) as Uint8Array;
    expect([...inquiry.subarray(0, 5)]).toEqual([0x05, 0x80, 5, 2, 31]);
    expect(String.fromCharCode(...inquiry.subarray(8, 36))).toBe('Msft    Virtual DVD-ROM 1.0 ');
    const toc = (await issue(unit, [0x43, 0, 0, 0, 0, 0, 0, 0, 12, 0], 12)) as string;
    expect(toc).toBe('06/2800');
    const track = (await issue(unit, [0x43, 0, 0, 0, 0, 0, 0, 0, 20, 0], 20)) as Uint8Array;
    expect([...track]).toEqual([0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0, 0, 0x14, 0xaa, 0, 0, 0, 0, 4]);
    const core = (await issue(unit, [0x46, 2, 0, 1, 0, 0, 0, 0, 20, 0], 20)) as Uint8Array;
    expect([...core.subarray(8, 16)]).toEqual([0, 1, 0x0b, 8, 0, 0, 0, 1]);
  });

  it('shows its capabilities in the short form and the long one', async () => {
    const unit = await ready(disc(4));
    const long = (await issue(unit, [0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 64, 0], 64)) as Uint8Array;
    const short = (await issue(unit, [0x1a, 0, 0x2a, 0, 64, 0], 64)) as Uint8Array;
    expect(short[4]).toBe(0x2a);
    expect([...short.subarray(4)]).toEqual([...long.subarray(8)]);
    expect(short[0]).toBe(short.length - 1);
    expect((await issue(unit, [0x1a, 0, 0x2a, 0, 5, 0], 64)).length).toBe(5);
    expect(await issue(unit, [0x1a, 0, 0x33, 0, 64, 0], 64)).toBe('05/2400');
  });

  it('reads, as far as the disc and the room go', async () => {
    const unit = await ready(disc(4));
    expect(await issue(unit, READ_10(1, 2), 2 * BLOCK)).toEqual(new Uint8Array(2 * BLOCK).fill(7));
    expect(await issue(unit, READ_10(3, 2), 2 * BLOCK)).toBe('05/2100');
    expect(await issue(unit, READ_10(0, 2), BLOCK)).toBe('05/2400');
    expect(await issue(unit, READ_10(0, 1))).toBe('05/2400');
    expect(await issue(unit, [0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0], BLOCK)).toBe('05/2000');
    expect(await issue(unit, [0x28, 0, 0, 0], BLOCK)).toBe('05/2400');
  });

  it('tells of an empty tray, a new disc, and the wish to take it out', async () => {
    const unit = drive();
    expect(await issue(unit, READY)).toBe('06/2900');
    expect(await issue(unit, READY)).toBe('02/3a01');
    unit.insert(disc(4, 1));
    expect([...((await issue(unit, EVENT, 8)) as Uint8Array)]).toEqual([0, 6, 4, 0x10, 2, 2, 0, 0]);
    expect(await issue(unit, READY)).toBe('06/2800');
    await issue(unit, PREVENT(1));
    expect(unit.isLocked).toBe(true);
    expect(await issue(unit, START_STOP(2))).toBe('05/5302');
    expect(unit.pressEject()).toBe(false);
    expect(((await issue(unit, EVENT, 8)) as Uint8Array)[4]).toBe(1);
    await issue(unit, PREVENT(0));
    expect(await issue(unit, START_STOP(2))).toEqual(new Uint8Array());
    expect(await issue(unit, READY)).toBe('02/3a02');
    expect(unit.disc).toBeUndefined();
    await issue(unit, START_STOP(3));
    expect(await issue(unit, READY)).toBe('06/2800');
    expect(((await issue(unit, READ_10(0, 1), BLOCK)) as Uint8Array)[0]).toBe(1);
    expect(() => unit.insert(new MemoryDisk(512))).toThrow(/1 to 2/);
  });

  it('gives a disc back when nobody reads it any more', async () => {
    let go = (): void => {};
    const wait = new Promise<void>((resolve) => {
      go = resolve;
    });
    const unit = await ready(new FaultDisk(disc(4), () => ({ wait })));
    const read = issue(unit, READ_10(0, 1), BLOCK);
    let isOut = false;
    const out = unit.remove().then(() => {
      isOut = true;
    });
    await Promise.resolve();
    expect(isOut).toBe(false);
    go();
    expect(((await read) as Uint8Array)[0]).toBe(7);
    await out;
    expect(await issue(unit, READY)).toMatch(/^06/);
    expect(await issue(unit, READY)).toBe('02/3a01');
  });

  it.each([
    ['medium', '03/1100'],
    ['closed', '02/3a00'],
  ] as const)('a disc that fails (%s)', async (kind, sense) => {
    const unit = await ready(new FaultDisk(disc(4), () => ({ error: injectedError(kind) })));
    expect(await issue(unit, READ_10(0, 1), BLOCK)).toBe(sense);
    expect(unit.inspect()).toMatchObject({ counters: { deviceErrors: 1 } });
  });

  it('answers any command with data in the room there is, or with sense', async () => {
    const unit = await ready(disc(40));
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 16 }),
        fc.constantFrom(0, 1, 7, 8, 2047, 4096),
        async (cdb, room) => {
          const answer = await issue(unit, [...cdb], room);
          if (typeof answer !== 'string') expect(answer.length).toBeLessThanOrEqual(room);
        },
      ),
      { numRuns: 400 },
    );
  });
});
