import { AdditionalSense } from '@viridian/protocols/scsi';
import { describe, expect, it } from 'vitest';
import { hex, issue, patternDisk } from '../../../test/support/scsi.ts';
import { DISK_COMMANDS } from './command-table.ts';

const ready = [0, 0, 0, 0, 0, 0];
const requestSense = [3, 0, 0, 0, 18, 0];
const startStop = (flags: number) => [0x1b, 0, 0, 0, flags, 0];

describe('unit attention', () => {
  it('tells of a new capacity once, with the next command', async () => {
    const disk = patternDisk(8);
    disk.capacityChanged();
    expect((await issue(disk, [0x12, 0, 0, 0, 36, 0], { room: 36 })).status).toBe(0);
    expect((await issue(disk, ready)).sense).toBe('6/2a/09');
    expect((await issue(disk, ready)).status).toBe(0);
  });

  it('is given and cleared by REQUEST SENSE', async () => {
    const disk = patternDisk(8);
    disk.raiseAttention(AdditionalSense.CAPACITY_DATA_HAS_CHANGED);
    expect((await issue(disk, requestSense, { room: 18 })).data).toEqual(
      hex('70 00 06 00000000 0a 00000000 2a 09 00 000000'),
    );
    expect((await issue(disk, requestSense, { room: 18 })).data).toEqual(
      hex('70 00 00 00000000 0a 00000000 00 00 00 000000'),
    );
    expect((await issue(disk, requestSense.with(4, 8), { room: 18 })).moved).toBe(8);
    expect((await issue(disk, requestSense.with(1, 1), { room: 18 })).sense).toBe('5/24/00');
  });
});

describe('START STOP UNIT', () => {
  it('stops, says so, and starts again', async () => {
    const disk = patternDisk(8);
    const read = [0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0];
    expect((await issue(disk, startStop(0))).status).toBe(0);
    expect((await issue(disk, ready)).sense).toBe('2/04/02');
    expect((await issue(disk, read, { room: 512 })).sense).toBe('2/04/02');
    expect((await issue(disk, requestSense, { room: 18 })).data[2]).toBe(2);
    expect((await issue(disk, [0x12, 0, 0, 0, 36, 0], { room: 36 })).status).toBe(0);
    expect((await issue(disk, startStop(1))).status).toBe(0);
    expect((await issue(disk, read, { room: 512 })).status).toBe(0);
  });

  it('ejects nothing', async () => {
    expect((await issue(patternDisk(8), startStop(2))).sense).toBe('5/24/00');
    expect((await issue(patternDisk(8), startStop(0x10))).sense).toBe('5/24/00');
  });
});

describe('commands in general', () => {
  it('PREVENT ALLOW MEDIUM REMOVAL succeeds', async () => {
    expect((await issue(patternDisk(8), [0x1e, 0, 0, 0, 1, 0])).status).toBe(0);
  });

  // vmbus.md §5.3, last row: from user space; 20/00 if unknown.
  it.each([0x85, 0xa1, 0x4d, 0x5e, 0x5f, 0xa3, 0x16, 0x17, 0xff])(
    'opcode %i is unknown: 20/00',
    async (opcode) => {
      const cdb = [opcode, ...new Array(15).fill(0)];
      const { sense } = await issue(patternDisk(8), cdb, { room: 512 });
      expect(sense).toBe('5/20/00');
    },
  );

  it.each(DISK_COMMANDS.map((entry) => [entry.opcode, entry.cdbBytes] as const))(
    'opcode %i needs all %i bytes of its CDB',
    async (opcode, cdbBytes) => {
      const cdb = [opcode, ...new Array(cdbBytes - 2).fill(0)];
      expect((await issue(patternDisk(8, { thin: true }), cdb)).sense).toBe('5/24/00');
    },
  );

  it('counts commands and check conditions', async () => {
    const disk = patternDisk(8);
    await issue(disk, ready);
    await issue(disk, [0xff, 0, 0, 0, 0, 0]);
    expect(disk.inspect()).toMatchObject({ blocks: 8, counters: { commands: 2, checkConditions: 1 } });
  });
});
