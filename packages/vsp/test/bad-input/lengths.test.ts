import { describe, expect, it } from 'vitest';
import { srbOf, srbPayload, statusOf } from '../support/raw-guest.ts';
import { expectAlive, expectEnded, victim, warned } from '../support/victim.ts';

describe('packets of the wrong length', () => {
  it.each([0, 8, 32, 40, 48, 56])('of %i bytes in version 6.2 end the channel', async (bytes) => {
    const { guest } = await victim();
    guest.send(srbPayload({ cdb: [0, 0, 0, 0, 0, 0] }).subarray(0, bytes));
    await expectEnded(guest, 'storage packet is too short');
  });

  it('end the channel before there is a version, too', async () => {
    const { guest } = await victim({ initialize: false });
    guest.send(new Uint8Array(40).fill(7, 0, 1));
    await expectEnded(guest, 'storage packet is too short');
  });

  it('that are longer are taken, and answered with 64 bytes', async () => {
    const { guest } = await victim();
    const long = new Uint8Array(200);
    long.set(srbPayload({ cdb: [0, 0, 0, 0, 0, 0] }));
    guest.send(long);
    const answer = await guest.answer();
    expect([answer.bytes.length, srbOf(answer).srb]).toEqual([64, 1]);
  });

  it('that no buffer is made for end the channel', async () => {
    const { guest } = await victim();
    guest.send(new Uint8Array(8192));
    await guest.answers();
    expect(guest.pair.ended).toBeDefined();
  });
});

describe('CDB lengths', () => {
  it.each([0, 17, 20, 255])('%i is refused', async (cdbBytes) => {
    const { guest } = await victim();
    guest.srb({ cdb: [0, 0, 0, 0, 0, 0], cdbBytes });
    const answer = await guest.answer();
    expect(srbOf(answer)).toEqual({ srb: 6, scsi: 0, moved: 0, sense: '' });
    expect(statusOf(answer)).toBe(0xc0000185);
    expect(warned('CDB length is not 1 to 16')).toBe(1);
    await expectAlive(guest);
  });

  it('shorter than the command needs are an invalid field', async () => {
    const { guest } = await victim();
    guest.srb({ cdb: [0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0], cdbBytes: 6 });
    expect(srbOf(await guest.answer())).toMatchObject({ srb: 0x86, sense: '5/24/00' });
  });
});

describe('data lengths', () => {
  const READ = [0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0];
  const cases: [what: string, reason: string, srb: object, range: object | undefined][] = [
    ['without a buffer', 'data length without a buffer', { dataBytes: 512 }, undefined],
    [
      'without a direction',
      'data length without a direction',
      { dataBytes: 512, dataIn: 2 },
      { byteCount: 512 },
    ],
    ['with a direction of 3', 'data direction is unknown', { dataBytes: 512, dataIn: 3 }, { byteCount: 512 }],
    [
      'beyond the buffer',
      'data buffer is shorter than the data length',
      { dataBytes: 513 },
      { byteCount: 512 },
    ],
    [
      'above the maximum transfer',
      'data length is above the maximum transfer',
      { dataBytes: 0x40001 },
      { byteCount: 0x40001 },
    ],
    ['of 4 GiB', 'data length is above the maximum transfer', { dataBytes: 0xffffffff }, { byteCount: 512 }],
  ];

  it.each(cases)('%s are refused', async (_, reason, srb, range) => {
    const { guest, gpns } = await victim();
    const ranges = range === undefined ? undefined : [{ byteCount: 0, byteOffset: 0, gpns, ...range }];
    guest.srb({ cdb: READ, ...srb }, ranges);
    expect(srbOf(await guest.answer())).toEqual({ srb: 6, scsi: 0, moved: 0, sense: '' });
    expect(warned(reason)).toBe(1);
    await expectAlive(guest);
  });

  it('that go the other way are an invalid field', async () => {
    const { guest, gpns, machine } = await victim();
    machine.memory.bytes(gpns[0]!).fill(0x77);
    guest.srb({ cdb: READ, dataBytes: 512, dataIn: 0 }, [
      { byteCount: 512, byteOffset: 0, gpns: [gpns[0]!] },
    ]);
    expect(srbOf(await guest.answer())).toMatchObject({ srb: 0x86, sense: '5/24/00' });
    expect(machine.memory.bytes(gpns[0]!)).toEqual(new Uint8Array(4096).fill(0x77));
  });

  it('shorter than the blocks asked for move nothing', async () => {
    const { guest, gpns, machine } = await victim();
    guest.srb({ cdb: READ, dataBytes: 511 }, [{ byteCount: 4096, byteOffset: 0, gpns: [gpns[0]!] }]);
    expect(srbOf(await guest.answer())).toMatchObject({ srb: 0x86, sense: '5/24/00' });
    expect(machine.memory.bytes(gpns[0]!)).toEqual(new Uint8Array(4096));
  });
});
