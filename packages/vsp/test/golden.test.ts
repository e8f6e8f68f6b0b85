/** Byte exchanges of vmbus.md §10 (steps 6 to 8) and §5. */

import { IdeAccelerator, StorageController } from '@viridian/vsp/storage';
import { describe, expect, it } from 'vitest';
import { rawGuest, rawMachine, srbOf, statusOf } from './support/raw-guest.ts';
import { hex, pattern, patternDisk } from './support/scsi.ts';

const INIT_ID = 0xfffffffffffffffdn;

function controller(options: { maxSubchannels?: number; versions?: number[] } = {}): StorageController {
  const made = new StorageController({
    instanceId: '11111111-2222-3333-4444-555555555555',
    maxSubchannels: 1,
    ...options,
  });
  made.attach({ lun: 0 }, patternDisk(2048));
  return made;
}

const zeros = (count: number) => '00'.repeat(count);

describe('initialization as Linux does it', () => {
  it('is answered packet for packet', async () => {
    const machine = rawMachine(controller());
    const guest = await rawGuest(machine);
    const exchange = async (operation: number, fields: Record<number, number> = {}) => {
      guest.control(operation, fields);
      const answer = await guest.answer();
      expect([answer.type, answer.id]).toEqual([11, INIT_ID]);
      return answer.bytes;
    };
    expect(await exchange(7)).toEqual(hex(`01000000 00000000 00000000 ${zeros(52)}`));
    expect(await exchange(9, { 12: 0x0602 })).toEqual(hex(`01000000 00000000 00000000 0206 ${zeros(50)}`));
    // max 1 sub-channel, flags 1, 256 KiB.
    expect(await exchange(10)).toEqual(
      hex(`01000000 00000000 00000000 00000000 0100 0000 01000000 00000400 ${zeros(36)}`),
    );
    expect(await exchange(8)).toEqual(hex(`01000000 00000000 00000000 ${zeros(52)}`));
    expect(machine.offered).toBe(0);
    expect(await exchange(13, { 12: 1 })).toEqual(hex(`01000000 00000000 00000000 ${zeros(52)}`));
    expect(machine.offered).toBe(1);
  });

  it('refuses a version with 0xC0000059 and takes the next', async () => {
    const guest = await rawGuest(rawMachine(controller({ versions: [0x0600] })));
    guest.control(7);
    guest.control(9, { 12: 0x0602 });
    guest.control(9, { 12: 0x0600 });
    expect((await guest.answers()).map(statusOf)).toEqual([0, 0xc0000059, 0]);
  });

  it('says that there is one channel only when that is so', async () => {
    const guest = await rawGuest(rawMachine(controller({ maxSubchannels: 0 })));
    guest.control(7);
    guest.control(9, { 12: 0x0602 });
    guest.control(10);
    expect((await guest.answers()).at(-1)!.bytes.slice(12, 28)).toEqual(
      hex('00000000 0000 0000 00000000 00000400'),
    );
  });

  it('answers 48 bytes to a guest of Windows 7 age', async () => {
    const guest = await rawGuest(rawMachine(controller()));
    guest.control(7, {}, 48);
    guest.control(9, { 12: 0x0402 }, 48);
    guest.control(10, {}, 48);
    guest.control(8, {}, 48);
    expect((await guest.answers()).map(({ bytes }) => bytes.length)).toEqual([48, 48, 48, 48]);
    guest.srb({ cdb: [0, 0, 0, 0, 0, 0], packetBytes: 48 });
    const { bytes } = await guest.answer();
    expect(bytes).toEqual(
      hex(`01000000 00000000 00000000 2400 01 00 00 00 00 00 10 14 00 00 00000000 ${zeros(20)}`),
    );
  });
});

describe('commands', () => {
  it('INQUIRY with its data in guest memory', async () => {
    const machine = rawMachine(controller());
    const guest = await rawGuest(machine);
    await guest.initialize();
    const gpn = machine.memory.allocatePages(1).gpns[0]!;
    const id = guest.srb({ cdb: [0x12, 0, 0, 0, 36, 0], dataBytes: 36 }, [
      { byteCount: 36, byteOffset: 100, gpns: [gpn] },
    ]);
    const answer = await guest.answer();
    expect([answer.type, answer.id]).toEqual([11, id]);
    // Operation 1, status 0; length 0x34, srb 1, scsi 0; CDB length 16, sense length 20; 36 bytes moved.
    expect(answer.bytes).toEqual(
      hex(`01000000 00000000 00000000 3400 01 00 00 00 00 00 10 14 00 00 24000000 ${zeros(36)}`),
    );
    expect(machine.memory.bytes(gpn, 100, 16)).toEqual(hex('00 00 05 02 1f 00 00 02 4d73667420202020'));
    expect(machine.memory.bytes(gpn, 136, 1)).toEqual(hex('00'));
  });

  it('READ(10) over pages that are no neighbours', async () => {
    const machine = rawMachine(controller());
    const guest = await rawGuest(machine);
    await guest.initialize();
    const { gpns } = machine.memory.allocatePages(6);
    const pages = [gpns[4]!, gpns[0]!, gpns[2]!];
    guest.srb({ cdb: [0x28, 0, 0, 0, 0, 5, 0, 0, 16, 0], dataBytes: 8192 }, [
      { byteCount: 8192, byteOffset: 512, gpns: pages },
    ]);
    expect(srbOf(await guest.answer())).toEqual({ srb: 1, scsi: 0, moved: 8192, sense: '' });
    expect(machine.memory.bytes(pages[0]!, 512, 3584)).toEqual(pattern(2560, 3584));
    expect(machine.memory.bytes(pages[1]!)).toEqual(pattern(2560 + 3584, 4096));
    expect(machine.memory.bytes(pages[2]!, 0, 512)).toEqual(pattern(2560 + 7680, 512));
  });

  it('a failure: status 0xC0000185, scsi 2, srb with the autosense bit, sense where the CDB was', async () => {
    const guest = await rawGuest(rawMachine(controller()));
    await guest.initialize();
    guest.srb({ cdb: [0x85, ...new Array(15).fill(0)] });
    expect((await guest.answer()).bytes).toEqual(
      hex(`01000000 00000000 850100c0 3400 86 02 00 00 00 00 10 14 00 00 00000000
        70 00 05 00000000 0a 00000000 20 00 00 000000 0000 ${zeros(16)}`),
    );
  });
});

describe('nobody at an address', () => {
  it('INQUIRY succeeds with byte 0 = 7Fh; its vital product data do not', async () => {
    const machine = rawMachine(controller());
    const guest = await rawGuest(machine);
    await guest.initialize();
    const gpn = machine.memory.allocatePages(1).gpns[0]!;
    const range = [{ byteCount: 36, byteOffset: 0, gpns: [gpn] }];
    guest.srb({ path: 3, cdb: [0x12, 0, 0, 0, 36, 0], dataBytes: 36 }, range);
    expect(srbOf(await guest.answer())).toEqual({ srb: 1, scsi: 0, moved: 36, sense: '' });
    expect(machine.memory.bytes(gpn, 0, 8)).toEqual(hex('7f 00 05 02 1f 00 00 02'));
    guest.srb({ path: 3, cdb: [0x12, 1, 0, 0, 36, 0], dataBytes: 36 }, range);
    expect(srbOf(await guest.answer())).toMatchObject({ srb: 0x86, scsi: 2 });
  });

  it('REPORT LUNS lists the units of that target, or none', async () => {
    const made = controller();
    made.attach({ lun: 7 }, patternDisk(8));
    made.attach({ target: 1, lun: 2 }, patternDisk(8));
    const machine = rawMachine(made);
    const guest = await rawGuest(machine);
    await guest.initialize();
    const gpn = machine.memory.allocatePages(1).gpns[0]!;
    const report = async (target: number, lun = 0) => {
      const cdb = [0xa0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0];
      const range = [{ byteCount: 4096, byteOffset: 0, gpns: [gpn] }];
      guest.srb({ target, lun, cdb, dataBytes: 4096 }, range);
      const { moved } = srbOf(await guest.answer());
      return machine.memory.bytes(gpn, 0, moved).slice();
    };
    expect(await report(0)).toEqual(hex('00000010 00000000 0000000000000000 0007000000000000'));
    expect(await report(1)).toEqual(hex('00000008 00000000 0002000000000000'));
    expect(await report(0, 99)).toEqual(await report(0));
    guest.srb({ path: 1, cdb: [0xa0, 0, 3, 0, 0, 0, 0, 0, 0x10, 0, 0, 0] });
    expect(srbOf(await guest.answer()).sense).toBe('5/24/00');
  });

  it('everything else: srb 0x20, scsi 2, 0xC00000C0, no sense', async () => {
    const guest = await rawGuest(rawMachine(controller()));
    await guest.initialize();
    for (const cdb of [[0, 0, 0, 0, 0, 0], [0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0xff]]) {
      guest.srb({ lun: 1, cdb });
      const answer = await guest.answer();
      expect(srbOf(answer)).toEqual({ srb: 0x20, scsi: 2, moved: 0, sense: '' });
      expect(statusOf(answer)).toBe(0xc00000c0);
      expect(answer.bytes.slice(28)).toEqual(new Uint8Array(36));
    }
  });
});

describe('the IDE accelerator', () => {
  it('finds its drive by the channel, whatever path the guest sends', async () => {
    const accelerator = new IdeAccelerator(1, 0);
    accelerator.attach({ path: 1, lun: 0 }, patternDisk(8));
    expect(accelerator.instanceId).toBe('00000001-0000-8899-0000-000000000000');
    expect([accelerator.flags, accelerator.userDefined.slice(0, 12)]).toEqual([
      1,
      hex('0000 01 00 00000000 02000000'),
    ]);
    const guest = await rawGuest(rawMachine(accelerator));
    await guest.initialize();
    guest.srb({ path: 0, cdb: [0, 0, 0, 0, 0, 0] });
    expect(srbOf(await guest.answer())).toMatchObject({ srb: 1, scsi: 0 });
  });
});
