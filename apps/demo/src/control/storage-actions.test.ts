import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { FaultDisk, MemoryDisk } from '@viridian/drivers';
import { ReadThread } from '@viridian/drivers/node';
import { programProcessors } from '@viridian/hypervisor/program';
import { createMachine, type Machine } from '@viridian/vm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RunStorage } from '../run/run-storage.ts';
import { carryOut } from './control-actions.ts';

let folder = '';
let machine: Machine;
let storage: RunStorage;
const reads = new ReadThread((entry, workerData) => new Worker(entry, { workerData }));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-disks-'));
  await writeFile(join(folder, 'a.raw'), new Uint8Array(8192));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  const disk = new FaultDisk(new MemoryDisk(4096), () => undefined);
  machine = createMachine({
    name: 'one',
    memoryBytes: 2 ** 20,
    processor: programProcessors(() => function* () {} as never),
    disks: [{ device: disk }, { isDvd: true }],
  });
  storage = new RunStorage(machine.storage[0]!, reads);
});
afterEach(async () => {
  machine.kill();
  await storage.close();
});

const ask = (request: object) => carryOut(JSON.stringify({ do: 'disk', ...request }), machine, storage);

describe('the disks of a running machine', () => {
  it('come and go', async () => {
    const file = join(folder, 'a.raw');
    expect(await ask({ action: 'add', file, readOnly: true })).toEqual({ done: ['the disk is at LUN 2'] });
    expect(await ask({ action: 'list' })).toEqual({
      done: ['0: disk of 4096 bytes', '1: DVD drive, empty', '2: disk of 8192 bytes, read-only'],
    });
    expect(await ask({ action: 'remove', lun: 2 })).toEqual({ done: ['the disk at LUN 2 is gone'] });
    expect(await ask({ action: 'remove', lun: 2 })).toEqual({ error: 'there is nothing at LUN 2' });
    expect(await ask({ action: 'remove' })).toEqual({ error: expect.stringContaining('needs the LUN') });
    expect(await ask({ action: 'add', file: 'nowhere' })).toEqual({
      error: expect.stringContaining('nowhere'),
    });
    expect(await ask({ action: 'add' })).toEqual({ error: 'disk add needs a file' });
    expect(await ask({ action: 'burn' })).toEqual({ error: expect.stringContaining("'burn'") });
  });

  it('and discs change', async () => {
    const file = join(folder, 'a.raw');
    for (const bytes of [8192, 8192]) {
      expect(await ask({ action: 'insert', file })).toEqual({ done: ['the disc is in the drive'] });
      expect(await ask({ action: 'list' })).toMatchObject({
        done: [expect.anything(), `1: DVD drive, a disc of ${bytes} bytes`],
      });
    }
    expect(await ask({ action: 'eject' })).toEqual({ done: ['the drive is empty'] });
    await ask({ action: 'remove', lun: 1 });
    expect(await ask({ action: 'insert', file })).toEqual({ error: expect.stringContaining('no DVD drive') });
  });

  it('fail when they are told to', async () => {
    const disk = machine.storage[0]!.units[0]!;
    const read = async (): Promise<string> => {
      if (disk.kind !== 'disk') return 'no disk';
      try {
        await disk.device.read(0, [new Uint8Array(512)]);
        return 'good';
      } catch (error) {
        return (error as { kind: string }).kind;
      }
    };
    await ask({ action: 'faults', lun: 0, rules: 'read,error=medium' });
    expect(await read()).toBe('medium');
    await ask({ action: 'faults', lun: 0 });
    expect(await read()).toBe('good');
    expect(await ask({ action: 'faults', lun: 0, rules: 'read' })).toEqual({
      error: expect.stringContaining('neither'),
    });
    expect(await ask({ action: 'faults', lun: 1, rules: '' })).toEqual({
      error: 'there is no disk at LUN 1',
    });
    expect(await carryOut('{"do":"disk","action":"list"}', machine)).toEqual({
      error: 'one has no disks on the bus',
    });
  });
});
