import { describe, expect, it } from 'vitest';
import { rawNetwork, u32s, warned, wordsOf } from '../support/raw-network.ts';

const TYPES = [
  1, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 125, 128, 129, 131, 133, 134, 135, 136, 0xffff_ffff,
];

describe('NVSP messages in wrong states', () => {
  it.each(TYPES.filter((type) => type !== 1))(
    '%i before INIT is answered and changes nothing',
    async (type) => {
      const guest = await rawNetwork();
      const id = guest.nvsp([type, 1, 1, 0]);
      expect(await guest.guest.answers()).toMatchObject([{ type: 11, id }]);
      expect(guest.adapter.inspect()).toMatchObject({ state: 'begin' });
      await guest.initialize();
      await guest.expectAlive();
    },
  );

  it.each(TYPES.filter((type) => type !== 103 && type !== 106 && type !== 125))(
    '%i when all is running is answered and changes nothing',
    async (type) => {
      const guest = await rawNetwork();
      await guest.initialize();
      const id = guest.nvsp([type, 0x101, 0x102, 0]);
      expect(await guest.guest.answers()).toMatchObject([{ type: 11, id }]);
      await guest.expectAlive();
    },
  );

  it('a longer frame is not taken while there is a receive buffer', async () => {
    const guest = await rawNetwork();
    await guest.initialize();
    guest.nvsp([125, 9014, 0, 0, 0]);
    expect(guest.adapter.inspect()).toMatchObject({ mtuBytes: 1500 });
    await guest.expectAlive();
  });

  it('a revoked buffer is used no more, and can be lent again', async () => {
    const guest = await rawNetwork();
    await guest.initialize();
    guest.nvsp([103, 0xcafe], { flags: 0 });
    guest.nvsp([106, 0], { flags: 0 });
    guest.nvsp([103, 0xcafe], { flags: 0 });
    guest.section(u32s(1, 44), 0);
    expect(await guest.status()).toBe(2);
    expect((await guest.ask(101, 0x101, 0xcafe))[1]).toBe(1);
    guest.section(u32s(1, 44), 0);
    expect(await guest.status()).toBe(5);
    expect((await guest.ask(104, 0x102, 0))[1]).toBe(1);
    await guest.expectAlive();
  });

  it('a GPADL that is torn down takes its buffer along', async () => {
    const guest = await rawNetwork();
    await guest.initialize();
    guest.adapter.releaseGpadl(guest.guest.pair.host, 0x101);
    guest.adapter.releaseGpadl(guest.guest.pair.host, 0x102);
    guest.adapter.releaseGpadl(guest.guest.pair.host, 0x103);
    expect((await guest.ask(107, 0, 0, 44))[1]).toBe(2);
  });
});

describe('NVSP messages of wrong lengths', () => {
  it.each(TYPES)('%i is answered at every length', async (type) => {
    for (let bytes = 8; bytes <= 48; bytes += 8) {
      const guest = await rawNetwork();
      if (type !== 1) expect((await guest.ask(1, 0x60001, 0x60001))[3]).toBe(1);
      const id = guest.nvsp([type, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff], { bytes });
      const answers = await guest.guest.answers();
      expect(answers.map((answer) => [answer.type, answer.id])).toEqual([[11, id]]);
    }
  });

  it('without a type end the channel', async () => {
    const guest = await rawNetwork();
    guest.nvsp([], { bytes: 0 });
    await guest.guest.answers();
    expect(guest.guest.pair.ended).toBe('NVSP message without a type');
  });

  it('in packets of other kinds end the channel', async () => {
    const guest = await rawNetwork();
    guest.guest.send(u32s(0, 0), { type: 10 });
    await guest.guest.answers();
    expect(guest.guest.pair.ended).toBe('packet type has no meaning here');
  });
});

describe('buffers', () => {
  it.each([101, 104])('of message %i: unknown, too small and too large ones are refused', async (type) => {
    const guest = await rawNetwork();
    await guest.ask(1, 0x60001, 0x60001);
    const page = guest.receivePages.offsets[0]!;
    const lend = (pages: number) => {
      guest.machine.gpadls.set(0x200, {
        buffer: guest.receivePages.buffer,
        offsets: new Array<number>(pages).fill(page),
      });
    };
    const complete = type + 1;
    expect((await guest.ask(type, 0x999, 1)).slice(0, 5)).toEqual([complete, 2, type === 101 ? 1 : 0, 0, 0]);
    lend(1);
    expect((await guest.ask(type, 0x200, 1))[1]).toBe(2);
    lend(8 * 1024);
    expect((await guest.ask(type, 0x200, 1))[1]).toBe(2);
    expect((await guest.ask(101, 0x101, 1))[1]).toBe(1);
  });
});

describe('sub-channels and queries that are not offered', () => {
  it('are answered with none', async () => {
    const guest = await rawNetwork();
    await guest.negotiate();
    expect((await guest.ask(133, 1, 7)).slice(0, 3)).toEqual([133, 1, 0]);
    expect((await guest.ask(131, 0, 0)).slice(0, 3)).toEqual([132, 0xc000_00bb, 0]);
    // Linux takes no bytes there.
    const id = guest.nvsp([129, 1]);
    const [answer] = await guest.guest.answers();
    expect([answer!.id, answer!.bytes.length]).toEqual([id, 0]);
    expect(wordsOf(answer!.bytes)).toEqual([]);
    expect(warned('NVSP message was refused')).toBe(0);
    await expect(guest.machine.open(1)).rejects.toThrow('0xc0000184');
  });
});
