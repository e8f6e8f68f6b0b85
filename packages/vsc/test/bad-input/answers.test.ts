/** A host that breaks the protocol: the channel ends with a reason, every command gets an end. */

import { openStorvsc } from '@viridian/vsc/storage';
import { describe, expect, it } from 'vitest';
import { RawHost } from '../support/raw-host.ts';

const LUN0 = { path: 0, target: 0, lun: 0 };

async function connect() {
  const host = new RawHost();
  const opening = openStorvsc(host.guest, { dma: host.memory });
  await host.initialize();
  const adapter = await opening;
  const { gpns } = host.memory.allocatePages(1);
  const read = () =>
    adapter
      .execute(LUN0, Uint8Array.of(0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0), 'in', {
        gpns,
        byteOffset: 0,
        byteCount: 512,
      })
      .catch((error: unknown) => error);
  return { host, adapter, read };
}

describe('an answer', () => {
  it.each([
    ['with an id of nobody', { idLow: 99, idHigh: 0 }, {}, 'storage answer fits no request'],
    ['with id 0', { idLow: 0, idHigh: 0 }, {}, 'storage answer fits no request'],
    ['with an id past all slots', { idLow: 0x7fffffff, idHigh: 0 }, {}, 'storage answer fits no request'],
    ['of another generation', { idHigh: 1 }, {}, 'storage answer fits no request'],
    [
      'to a control packet that nobody sent',
      { idLow: 0xfffffffd, idHigh: 0xffffffff },
      {},
      'storage answer fits no control packet',
    ],
    ['that is too short', {}, { packetBytes: 56 }, 'storage answer is too short'],
    ['that is empty', {}, { packetBytes: 0 }, 'storage answer is too short'],
    ['with another operation', {}, { operation: 3 }, 'storage answer is no completion'],
    ['that moved too much', {}, { moved: 513 }, 'storage answer moved more than was asked for'],
  ])('%s ends the channel', async (_, id, reply, reason) => {
    const { host, read } = await connect();
    const outcome = read();
    host.reply({ ...(await host.request()), ...id }, reply);
    await host.requests();
    expect(host.ended).toBe(reason);
    expect(await outcome).toMatchObject({ kind: 'closed' });
  });

  it('that comes twice ends the channel', async () => {
    const { host, read } = await connect();
    const outcome = read();
    const request = await host.request();
    host.reply(request, { moved: 512 });
    host.reply(request, { moved: 512 });
    expect(await outcome).toBe(512);
    await host.requests();
    expect(host.ended).toBe('storage answer fits no request');
  });

  it('that is good but moved too little is no success for a disk', async () => {
    const { host, adapter } = await connect();
    // INQUIRY data that stop early: the unit is not taken for a disk.
    const scan = adapter.scan();
    for (const request of await host.requests()) host.reply(request, { moved: 4 });
    expect(await scan).toEqual([]);
  });
});

describe('an unsolicited packet', () => {
  it('with an id ends the channel', async () => {
    const { host } = await connect();
    host.send({ operation: 11 }, 5);
    await host.requests();
    expect(host.ended).toBe('unsolicited storage packet has an id');
  });

  it('without an operation ends the channel', async () => {
    const { host } = await connect();
    host.send({ packetBytes: 0 });
    await host.requests();
    expect(host.ended).toBe('unsolicited storage packet is too short');
  });

  it('of an unknown kind is passed over', async () => {
    const { host, read } = await connect();
    host.send({ operation: 14 });
    host.send({ operation: 99 });
    const outcome = read();
    host.reply(await host.request(), { moved: 512 });
    expect(await outcome).toBe(512);
  });
});

describe('REPORT LUNS data', () => {
  it('that lie about their length, or name LUNs that no SRB can, are cut', async () => {
    const { host, adapter } = await connect();
    const scan = adapter.scan();
    const asked: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      for (const request of await host.requests()) {
        const opcode = request.bytes[28]!;
        asked.push(request.bytes[19]!);
        const page = host.memory.bytes(request.gpns[0]!);
        if (opcode === 0x12) page.set([0x7f]);
        else
          page.set([
            0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0x12, 0x34, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 7,
          ]);
        host.reply(request, { moved: opcode === 0x12 ? 36 : 26 });
      }
    }
    expect(await scan).toEqual([]);
    // LUN 0x1234 does not fit an SRB, and of the third entry only two bytes came.
    expect(new Set(asked)).toEqual(new Set([0, 9]));
    expect(host.ended).toBeUndefined();
  });
});
