import { Frame } from '@viridian/drivers';
import { describe, expect, it } from 'vitest';
import {
  frameOf,
  GUEST_MAC_BYTES,
  PEER_MAC_BYTES,
  rawNetwork,
  rndisPacket,
  u32s,
  warned,
} from '../support/raw-network.ts';

const INBOUND = () => new Frame(frameOf(GUEST_MAC_BYTES, PEER_MAC_BYTES));

describe('a guest that gives no slots back', () => {
  it('has frames kept up to a bound, and still gets answers', async () => {
    const guest = await rawNetwork();
    await guest.initialize();
    const slots = Math.floor((64 * 4096) / 1728);
    for (let i = 0; i < 6000; i += 1) guest.peer.send(INBOUND());
    const kept = await guest.received(false);
    expect(kept.flatMap(({ messages }) => messages)).toHaveLength(slots - 16);
    expect(guest.adapter.counters).toMatchObject({
      framesReceived: slots - 16,
      framesDropped: 6000 - 4096 - (slots - 16),
    });
    expect((await guest.query(0x10106)).status).toBe(0);
    let came = slots - 16;
    for (const { id } of kept) guest.complete(id);
    for (;;) {
      const more = (await guest.frames()).length;
      if (more === 0) break;
      came += more;
    }
    expect(came).toBe(4096 + slots - 16);
    await guest.expectAlive();
  });

  it('twice, or never had, is warned of and nothing else', async () => {
    const guest = await rawNetwork();
    await guest.initialize();
    guest.peer.send(INBOUND());
    const [packet] = await guest.received();
    for (const id of [packet!.id, 0n, 0xffff_ffffn, 1n << 32n, packet!.id + 1n]) guest.complete(id);
    expect(warned('completion of a packet that was not sent')).toBe(5);
    await guest.expectAlive();
  });
});

describe('a guest that does not read', () => {
  it('its completions: nothing more is taken from it, and all are there in the end', async () => {
    const guest = await rawNetwork({ ringPages: 2 });
    await guest.initialize();
    const packet = rndisPacket(frameOf(PEER_MAC_BYTES, GUEST_MAC_BYTES));
    const ids: bigint[] = [];
    // A completion takes 64 bytes of a ring of 4096: 63 fit.
    for (let i = 0; i < 63 + 40; i += 1) ids.push(guest.section(packet, 0));
    expect(guest.heard.length).toBe(64);
    const seen: bigint[] = [];
    for (let round = 0; round < 5; round += 1) {
      await guest.received();
      seen.push(...guest.completions.splice(0).map(({ id }) => id));
    }
    expect(seen.slice(-ids.length)).toEqual(ids);
    expect(guest.heard.length).toBe(63 + 40);
    await guest.expectAlive();
  });

  it('its frames: they wait until the ring has room', async () => {
    const guest = await rawNetwork({ ringPages: 2, receivePages: 256 });
    await guest.initialize();
    for (let i = 0; i < 500; i += 1) {
      guest.peer.send(INBOUND());
      await Promise.resolve();
      await Promise.resolve();
    }
    let came = 0;
    for (let round = 0; round < 20; round += 1) came += (await guest.frames()).length;
    expect(came).toBe(500);
    await guest.expectAlive();
  });

  it('its answers: the channel ends', async () => {
    const guest = await rawNetwork({ ringPages: 8 });
    await guest.initialize();
    for (let i = 0; i < 400 && guest.guest.pair.ended === undefined; i += 1) {
      guest.section(u32s(8, 12, i), 1);
      // Completions are read, transfer pages never given back.
      for (const answer of await guest.guest.answers()) expect([7, 11]).toContain(answer.type);
    }
    expect(guest.guest.pair.ended).toBe('guest asks and does not read the answers');
    expect(guest.adapter.inspect()).toMatchObject({ state: 'closed' });
  });
});

describe('closing in the middle', () => {
  it('leaves the adapter ready for the next opening', async () => {
    const guest = await rawNetwork();
    await guest.initialize();
    guest.peer.send(INBOUND());
    await guest.guest.pair.close();
    guest.peer.send(INBOUND());
    guest.port.setLink(false);
    guest.port.setLink(true);
    expect(guest.adapter.inspect()).toMatchObject({ state: 'closed', counters: { framesFiltered: 1 } });
    const again = await guest.machine.open();
    expect(again.ended).toBeUndefined();
    expect(guest.adapter.inspect()).toMatchObject({ state: 'begin', packetFilter: 0 });
  });
});
