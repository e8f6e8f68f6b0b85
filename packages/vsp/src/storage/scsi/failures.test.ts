import { BlockError, FaultDisk, injectedError, MemoryDisk } from '@viridian/drivers';
import { describe, expect, it } from 'vitest';
import { issue, ThinMemoryDisk } from '../../../test/support/scsi.ts';
import { ScsiDisk } from './scsi-disk.ts';

const read = [0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0];
const write = [0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0];
const flush = [0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const verify = [0x2f, 0, 0, 0, 0, 0, 0, 0, 1, 0];
const out = new Uint8Array(512);

const KINDS: [kind: BlockError['kind'], onRead: string, onWrite: string][] = [
  ['io', '3/11/00', '3/0c/00'],
  ['medium', '3/11/00', '3/0c/00'],
  ['corrupt', '3/11/00', '3/0c/00'],
  ['no-space', '7/27/07', '7/27/07'],
  ['read-only', '7/27/00', '7/27/00'],
  ['out-of-range', '5/21/00', '5/21/00'],
  ['closed', '2/3a/00', '2/3a/00'],
];

describe.each([
  ['at once', undefined],
  ['later', Promise.resolve()],
])('a device that fails %s', (_, wait) => {
  it.each(KINDS)('with %s gives the initiator sense data for it', async (kind, onRead, onWrite) => {
    const fault = { error: injectedError(kind), ...(wait === undefined ? {} : { wait }) };
    const disk = new ScsiDisk(new FaultDisk(new MemoryDisk(4096), () => fault));
    expect((await issue(disk, read, { room: 512 })).sense).toBe(onRead);
    expect((await issue(disk, verify)).sense).toBe(onRead);
    expect((await issue(disk, write, { out })).sense).toBe(onWrite);
    expect((await issue(disk, flush)).sense).toBe(onWrite);
    expect(disk.counters.deviceErrors).toBe(4);
  });
});

describe('a device', () => {
  it('with a bug is a hardware error, not an exception in the parent', async () => {
    class Broken extends ThinMemoryDisk {
      override read(): never {
        throw new TypeError('undefined is not a function');
      }
      override discard(): never {
        throw new TypeError('undefined is not a function');
      }
    }
    const disk = new ScsiDisk(new Broken(4096));
    expect((await issue(disk, read, { room: 512 })).sense).toBe('4/44/00');
    expect((await issue(disk, [0x93, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0])).sense).toBe('4/44/00');
  });

  it('that was closed is not ready', async () => {
    const device = new MemoryDisk(4096);
    await device.close();
    expect((await issue(new ScsiDisk(device), read, { room: 512 })).sense).toBe('2/3a/00');
  });

  it('that runs out of space in the middle of WRITE SAME says so', async () => {
    const device = new FaultDisk(new MemoryDisk(2 ** 20), ({ offset }) =>
      offset > 0 ? { error: new BlockError('no-space', 'the quota is used up') } : undefined,
    );
    const cdb = [0x93, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0];
    expect((await issue(new ScsiDisk(device), cdb, { out })).sense).toBe('7/27/07');
  });
});
