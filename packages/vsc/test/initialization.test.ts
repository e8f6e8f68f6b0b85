import { openStorvsc, StorageError } from '@viridian/vsc/storage';
import { describe, expect, it } from 'vitest';
import { RawHost } from './support/raw-host.ts';

const INIT_ID = { idLow: 0xfffffffd, idHigh: 0xffffffff };
const CANCELLED = { status: 0xc0000120 };

function open(host: RawHost, options: { versions?: number[]; subchannels?: number } = {}) {
  const opening = openStorvsc(host.guest, { dma: host.memory, ...options });
  const failure = opening.then(
    () => undefined,
    (error: unknown) => error,
  );
  return { opening, failure };
}

/** The operation and the first payload word of a packet. */
const seen = ({ view }: { view: DataView }) => [
  view.getUint32(0, true),
  view.getUint32(4, true),
  view.getUint16(12, true),
];

describe('initialization', () => {
  // vmbus.md §5.1 and §10.6.
  it('goes 7, 9, 10, 8 and asks for sub-channels, each after the answer to the one before', async () => {
    const host = new RawHost();
    const { opening } = open(host, { subchannels: 7 });
    for (const [operation, word] of [
      [7, 0],
      [9, 0x0602],
      [10, 0],
      [8, 0],
      [13, 3],
    ]) {
      const request = await host.request();
      expect(request).toMatchObject(INIT_ID);
      expect(request.bytes).toHaveLength(64);
      expect(seen(request)).toEqual([operation, 1, word]);
      host.reply(request, operation === 10 ? { u16: { 16: 3 }, u32: { 20: 1, 24: 0x80000 } } : {});
    }
    const adapter = await opening;
    expect([adapter.version, adapter.subchannelCount]).toEqual([0x0602, 3]);
    expect(adapter.maxTransferBytes).toBe(0x80000);
  });

  it('tries older versions while the host refuses', async () => {
    const host = new RawHost();
    const { opening } = open(host);
    host.reply(await host.request());
    for (const version of [0x0602, 0x0600, 0x0501, 0x0402]) {
      const request = await host.request();
      expect(seen(request)).toEqual([9, 1, version]);
      host.reply(request, version === 0x0402 ? {} : { status: 0xc0000059 });
    }
    host.reply(await host.request(), { u16: { 16: 4 }, u32: { 20: 1, 24: 0x40000 } });
    host.reply(await host.request());
    const adapter = await opening;
    expect([adapter.version, adapter.subchannelCount]).toEqual([0x0402, 0]);
  });

  it('ends when the host takes no version', async () => {
    const host = new RawHost();
    const { failure } = open(host, { versions: [0x0602] });
    host.reply(await host.request());
    host.reply(await host.request(), { status: 0xc0000059 });
    expect(await failure).toMatchObject({ kind: 'refused', message: expect.stringContaining('6.2') });
  });

  it.each([7, 10, 8])('ends when the host refuses operation %i', async (refused) => {
    const host = new RawHost();
    const { failure } = open(host);
    for (const operation of [7, 9, 10, 8]) {
      const request = await host.request();
      host.reply(request, operation === refused ? CANCELLED : { u32: { 24: 0x40000 } });
      if (operation === refused) break;
    }
    expect(await failure).toBeInstanceOf(StorageError);
    expect(await failure).toMatchObject({ kind: 'refused' });
    expect(host.ended).toBeUndefined();
  });

  it.each([0, 4095, 5000])('ends the channel at an impossible maximum transfer of %i', async (bytes) => {
    const host = new RawHost();
    const { failure } = open(host);
    host.reply(await host.request());
    host.reply(await host.request());
    host.reply(await host.request(), { u32: { 24: bytes } });
    expect(await failure).toMatchObject({ kind: 'protocol' });
    await host.requests();
    expect(host.ended).toContain('maximum transfer');
  });

  it('ends when the channel does', async () => {
    const host = new RawHost();
    const { failure } = open(host);
    await host.request();
    host.end('rescinded');
    expect(await failure).toMatchObject({ kind: 'closed', message: expect.stringContaining('rescinded') });
  });
});
