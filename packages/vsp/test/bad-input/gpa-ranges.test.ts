import { describe, expect, it } from 'vitest';
import { srbOf, srbPayload } from '../support/raw-guest.ts';
import { expectAlive, victim, warned } from '../support/victim.ts';

const READ = [0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0];
const INVALID = { srb: 6, scsi: 0, moved: 0, sense: '' };

describe('buffers that are not in memory', () => {
  it.each([
    ['past the end', 5000],
    ['beyond any memory', 2 ** 40],
    ['at the last page number', 0xfffffffffffffn],
  ])('%s are refused', async (_, gpn) => {
    const { guest } = await victim();
    guest.srb({ cdb: READ, dataBytes: 512 }, [{ byteCount: 512, byteOffset: 0, gpns: [gpn] }]);
    expect(srbOf(await guest.answer())).toEqual(INVALID);
    expect(warned('data buffer is not in memory')).toBe(1);
    await expectAlive(guest);
  });

  it('with a hole in the middle are refused, and nothing of them is touched', async () => {
    const { guest, gpns, machine } = await victim();
    machine.memory.holes.add(gpns[1]!);
    const range = { byteCount: 3 * 4096, byteOffset: 0, gpns: gpns.slice(0, 3) };
    guest.srb({ cdb: READ.with(8, 24), dataBytes: 3 * 4096 }, [range]);
    expect(srbOf(await guest.answer())).toEqual(INVALID);
    for (const gpn of gpns.slice(0, 3)) expect(machine.memory.bytes(gpn)).toEqual(new Uint8Array(4096));
    await expectAlive(guest);
  });
});

describe('range lists', () => {
  it('of two ranges are refused', async () => {
    const { guest, gpns } = await victim();
    const range = { byteCount: 512, byteOffset: 0, gpns: [gpns[0]!] };
    guest.srb({ cdb: READ, dataBytes: 512 }, [range, range]);
    expect(srbOf(await guest.answer())).toEqual(INVALID);
    expect(warned('data buffer is not a single range')).toBe(1);
    await expectAlive(guest);
  });

  it('that are longer than the data are taken; the rest of the buffer stays as it is', async () => {
    const { guest, gpns, machine } = await victim();
    machine.memory.holes.add(gpns[1]!);
    const range = { byteCount: 8192, byteOffset: 0, gpns: gpns.slice(0, 2) };
    guest.srb({ cdb: READ, dataBytes: 512 }, [range]);
    expect(srbOf(await guest.answer())).toMatchObject({ srb: 1, moved: 512 });
  });

  it('without data, and data of a command that has none, change nothing', async () => {
    const { guest, gpns } = await victim();
    const range = { byteCount: 512, byteOffset: 0, gpns: [gpns[0]!] };
    guest.srb({ cdb: [0, 0, 0, 0, 0, 0], dataIn: 2 }, [range]);
    guest.srb({ cdb: [0, 0, 0, 0, 0, 0], dataBytes: 512 }, [range]);
    expect((await guest.answers()).map((answer) => srbOf(answer).srb)).toEqual([1, 1]);
  });

  it.each([
    ['no pages', { byteCount: 512, byteOffset: 0, gpns: [] as number[] }],
    ['too few pages', { byteCount: 4097, byteOffset: 0, gpns: [1] }],
    ['no bytes', { byteCount: 0, byteOffset: 0, gpns: [1] }],
    ['an offset past the page', { byteCount: 512, byteOffset: 4096, gpns: [1, 2] }],
    ['an offset that wraps', { byteCount: 512, byteOffset: 0xffffffff, gpns: [1, 2] }],
    ['a page number of 64 bits', { byteCount: 512, byteOffset: 0, gpns: [0xffffffffffffffffn] }],
  ])('with %s end the channel', async (_, range) => {
    const { guest, controller } = await victim();
    guest.send(srbPayload({ cdb: READ, dataBytes: 512 }), { ranges: [range] });
    await guest.answers();
    expect(guest.pair.ended).toMatch(/^packet /);
    expect(controller.inspect()).toMatchObject({ state: 'closed', outstanding: 0 });
  });
});
