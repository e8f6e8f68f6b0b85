import { MemoryDisk } from '@viridian/drivers';
import { describe, expect, it } from 'vitest';
import { issue, pattern, patternDisk } from '../../../test/support/scsi.ts';
import { ScsiDisk } from './scsi-disk.ts';

const u16 = (value: number) => [value >>> 8, value & 0xff];
const u32 = (value: number) => [...u16(value >>> 16), ...u16(value & 0xffff)];

type Encode = (opcode: number, lba: number, blocks: number, flags?: number) => number[];
const cdb6: Encode = (opcode, lba, blocks) => [opcode, lba >>> 16, ...u16(lba & 0xffff), blocks & 0xff, 0];
const cdb10: Encode = (opcode, lba, blocks, flags = 0) => [opcode, flags, ...u32(lba), 0, ...u16(blocks), 0];
const cdb12: Encode = (opcode, lba, blocks, flags = 0) => [opcode, flags, ...u32(lba), ...u32(blocks), 0, 0];
const cdb16: Encode = (opcode, lba, blocks, flags = 0) => [
  ...[opcode, flags, ...u32(Math.floor(lba / 2 ** 32)), ...u32(lba % 2 ** 32)],
  ...[...u32(blocks), 0, 0],
];

const FORMS: [name: string, read: number, write: number, encode: Encode][] = [
  ['6', 0x08, 0x0a, cdb6],
  ['10', 0x28, 0x2a, cdb10],
  ['12', 0xa8, 0xaa, cdb12],
  ['16', 0x88, 0x8a, cdb16],
];

describe.each(FORMS)('READ(%s) and WRITE(%s)', (_, readOpcode, writeOpcode, encode) => {
  it('moves the blocks asked for', async () => {
    const disk = patternDisk(64);
    const read = await issue(disk, encode(readOpcode, 5, 3), { room: 1536, piece: 500 });
    expect(read.moved).toBe(1536);
    expect(read.data).toEqual(pattern(5 * 512, 1536));
    const out = pattern(99, 1024);
    expect(await issue(disk, encode(writeOpcode, 62, 2), { out })).toMatchObject({ status: 0, moved: 1024 });
    expect((await issue(disk, encode(readOpcode, 62, 2), { room: 1024 })).data).toEqual(out);
    expect((await issue(disk, encode(readOpcode, 61, 1), { room: 512 })).data).toEqual(
      pattern(61 * 512, 512),
    );
  });

  it('leaves the rest of a larger buffer alone', async () => {
    const read = await issue(patternDisk(64), encode(readOpcode, 0, 1), { room: 4096, piece: 300 });
    expect(read.moved).toBe(512);
    expect(read.data).toEqual(pattern(0, 512));
  });

  it('ends at the last block', async () => {
    const disk = patternDisk(64);
    for (const [lba, blocks] of [
      [64, 1],
      [63, 2],
      [0x1fffff, 1],
    ] as const) {
      expect((await issue(disk, encode(readOpcode, lba, blocks), { room: 1024 })).sense).toBe('5/21/00');
      expect((await issue(disk, encode(writeOpcode, lba, blocks), { out: new Uint8Array(1024) })).sense).toBe(
        '5/21/00',
      );
    }
  });

  it('moves nothing when the buffer is too small or goes the other way', async () => {
    const disk = patternDisk(64);
    expect((await issue(disk, encode(readOpcode, 0, 2), { room: 1023 })).sense).toBe('5/24/00');
    expect((await issue(disk, encode(readOpcode, 0, 1))).sense).toBe('5/24/00');
    expect((await issue(disk, encode(readOpcode, 0, 1), { out: new Uint8Array(512) })).sense).toBe('5/24/00');
    expect((await issue(disk, encode(writeOpcode, 0, 1), { room: 512 })).sense).toBe('5/24/00');
    expect((await issue(disk, encode(readOpcode, 0, 1), { room: 512 })).data).toEqual(pattern(0, 512));
  });

  it('knows a write-protected disk', async () => {
    const disk = new ScsiDisk(new MemoryDisk(4096, { readOnly: true }));
    expect((await issue(disk, encode(writeOpcode, 0, 1), { out: new Uint8Array(512) })).sense).toBe(
      '7/27/00',
    );
    expect((await issue(disk, encode(readOpcode, 0, 1), { room: 512 })).status).toBe(0);
  });
});

describe('READ and WRITE', () => {
  it('(6) with length 0 means 256 blocks', async () => {
    const read = await issue(patternDisk(256), cdb6(0x08, 0, 0), { room: 256 * 512 });
    expect(read.moved).toBe(256 * 512);
  });

  it.each([
    [0x28, cdb10],
    [0xa8, cdb12],
    [0x88, cdb16],
  ] as const)('%i with length 0 moves nothing and succeeds', async (opcode, encode) => {
    expect(await issue(patternDisk(8), encode(opcode, 0, 0))).toMatchObject({ status: 0, moved: 0 });
    expect((await issue(patternDisk(8), encode(opcode, 8, 0))).sense).toBe('5/21/00');
  });

  it('(16) takes addresses beyond 2^53 for what they are', async () => {
    const cdb = [0x88, 0, ...u32(0xffffffff), ...u32(0xffffffff), ...u32(1), 0, 0];
    expect((await issue(patternDisk(8), cdb, { room: 512 })).sense).toBe('5/21/00');
    const wrapping = [0x88, 0, ...u32(0xffffffff), ...u32(0xffffffff), ...u32(2), 0, 0];
    expect((await issue(patternDisk(8), wrapping, { room: 1024 })).sense).toBe('5/21/00');
  });

  it('refuses protection information and too long transfers', async () => {
    const disk = patternDisk(64, { maxTransferBytes: 4096 });
    expect((await issue(disk, cdb10(0x28, 0, 1, 0x20), { room: 512 })).sense).toBe('5/24/00');
    expect((await issue(disk, cdb10(0x28, 0, 9), { room: 8192 })).sense).toBe('5/24/00');
    expect((await issue(disk, cdb10(0x28, 0, 8), { room: 8192 })).moved).toBe(4096);
  });

  it('asks the device for force unit access when FUA is set or the write cache is off', async () => {
    const asked: unknown[] = [];
    class Recorder extends MemoryDisk {
      override write(offset: number, from: readonly Uint8Array[], options?: { fua?: boolean }) {
        asked.push(options?.fua ?? false);
        return super.write(offset, from, options);
      }
    }
    const out = new Uint8Array(512);
    const cached = new ScsiDisk(new Recorder(4096));
    await issue(cached, cdb10(0x2a, 0, 1), { out });
    await issue(cached, cdb10(0x2a, 0, 1, 0x08), { out });
    await issue(new ScsiDisk(new Recorder(4096), { writeCache: false }), cdb10(0x2a, 0, 1), { out });
    expect(asked).toEqual([false, true, true]);
  });
});

describe('VERIFY', () => {
  it.each([
    [0x2f, cdb10],
    [0xaf, cdb12],
    [0x8f, cdb16],
  ] as const)('%i reads, and compares when asked', async (opcode, encode) => {
    const disk = patternDisk(64);
    expect(await issue(disk, encode(opcode, 0, 64))).toMatchObject({ status: 0, moved: 0 });
    expect((await issue(disk, encode(opcode, 1, 64))).sense).toBe('5/21/00');
    const same = pattern(1024, 1024);
    expect(await issue(disk, encode(opcode, 2, 2, 0x02), { out: same })).toMatchObject({
      status: 0,
      moved: 1024,
    });
    const other = same.with(1023, same[1023]! ^ 1);
    expect((await issue(disk, encode(opcode, 2, 2, 0x02), { out: other, piece: 100 })).sense).toBe('e/1d/00');
    expect((await issue(disk, encode(opcode, 2, 2, 0x02), { out: same.subarray(1) })).sense).toBe('5/24/00');
    expect((await issue(disk, encode(opcode, 2, 2, 0x04))).sense).toBe('5/24/00');
  });
});

describe('SYNCHRONIZE CACHE', () => {
  it('flushes the device, whatever range is named', async () => {
    let flushes = 0;
    class Recorder extends MemoryDisk {
      override flush() {
        flushes += 1;
        return super.flush();
      }
    }
    const disk = new ScsiDisk(new Recorder(4096));
    expect((await issue(disk, cdb10(0x35, 0, 0))).status).toBe(0);
    expect((await issue(disk, cdb16(0x91, 4, 4))).status).toBe(0);
    expect(flushes).toBe(2);
    expect((await issue(disk, cdb10(0x35, 4, 5))).sense).toBe('5/21/00');
    expect(flushes).toBe(2);
  });
});
