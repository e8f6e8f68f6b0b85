import { forgetWarnings, warning } from '@viridian/trace';
import { openStorvsc, type ScsiError, type Storvsc, type StorvscOptions } from '@viridian/vsc/storage';
import { describe, expect, it } from 'vitest';
import { RawHost, StillClock } from './support/raw-host.ts';

const LUN0 = { path: 0, target: 0, lun: 0 };
const READY = new Uint8Array(6);
const NO_PAGES = { gpns: [], byteOffset: 0, byteCount: 0 };

async function connect(options: Partial<StorvscOptions> = {}, ringPages = 4) {
  const host = new RawHost(undefined, ringPages);
  const opening = openStorvsc(host.guest, { dma: host.memory, ...options });
  await host.initialize(2);
  return { host, adapter: await opening };
}

/** Runs a command; its outcome settles, never rejects. */
function run(adapter: Storvsc, lun = 0): Promise<unknown> {
  return adapter.execute({ ...LUN0, lun }, READY, 'none', NO_PAGES).catch((error: unknown) => error);
}

describe('a command', () => {
  // vmbus.md §5: SRB layout; §5.2: flags that Linux sets for a device with command queueing.
  it('is laid out as Linux lays it out', async () => {
    const { host, adapter } = await connect();
    const pages = { gpns: [7, 9], byteOffset: 512, byteCount: 4096 };
    const cdb = Uint8Array.of(0x28, 0, 0, 0, 0, 1, 0, 0, 8, 0);
    void adapter.execute({ path: 1, target: 2, lun: 3 }, cdb, 'in', pages);
    const { view, bytes, gpns, idLow, idHigh } = await host.request();
    expect([idLow > 0, idHigh]).toEqual([true, 0]);
    expect([view.getUint32(0, true), view.getUint32(4, true), view.getUint32(8, true)]).toEqual([3, 1, 0]);
    expect([...bytes.subarray(12, 28)]).toEqual([0x34, 0, 0, 0, 0, 1, 2, 3, 10, 20, 1, 0, 0, 16, 0, 0]);
    expect([...bytes.subarray(28, 48)]).toEqual([...cdb, ...new Array(10).fill(0)]);
    expect([...bytes.subarray(48, 64)]).toEqual([0, 0, 0xff, 0x20, 0x4a, 1, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0]);
    expect(gpns).toEqual([7, 9]);
  });

  it('fails with the sense data of the host', async () => {
    const { host, adapter } = await connect();
    const outcome = run(adapter);
    host.reply(await host.request(), { srb: 0x84, scsi: 2, sense: [3, 0x11, 0] });
    const error = (await outcome) as ScsiError;
    expect(error).toMatchObject({
      name: 'ScsiError',
      key: 3,
      asc: 0x11,
      ascq: 0,
      code: 0x1100,
      scsiStatus: 2,
    });
    expect(error.message).toBe('command 0x0: MEDIUM_ERROR, UNRECOVERED_READ_ERROR');
  });

  it.each([
    [0x20, 2, 'no-device'],
    [0x08, 0, 'no-device'],
    [0x0a, 0, 'no-device'],
    [0x04, 0, 'failed'],
    [0x06, 0, 'failed'],
    [0x02, 0, 'failed'],
    [0x05, 8, 'busy'],
    [0x01, 2, 'failed'],
    [0x01, 0x28, 'busy'],
  ])('that ends with SRB status %i and SCSI status %i failed: %s', async (srb, scsi, kind) => {
    const { host, adapter } = await connect();
    const outcome = run(adapter);
    host.reply(await host.request(), { srb, scsi });
    expect(await outcome).toMatchObject({ name: 'StorageError', kind });
  });

  it('that meets a unit attention is sent again, and in the end it fails', async () => {
    const { host, adapter } = await connect();
    const disk = adapter.scan().catch((error: unknown) => error);
    const attention = { srb: 0x84, scsi: 2, sense: [6, 0x29, 0] as const };
    // The first INQUIRY of 16: five times more, then it counts as an answer.
    let sent = 0;
    for (let round = 0; round < 7; round += 1) {
      for (const request of await host.requests()) {
        sent += 1;
        host.reply(request, attention);
      }
    }
    expect(await disk).toEqual([]);
    expect(sent).toBe(16 * 6);
  });

  it('that is too early for a busy host is sent again later', async () => {
    const clock = new StillClock();
    const { host, adapter } = await connect({ clock });
    const outcome = run(adapter);
    host.reply(await host.request(), { srb: 0x05, scsi: 8 });
    expect(await host.requests()).toEqual([]);
    clock.advance(10);
    host.reply(await host.request());
    expect(await outcome).toBe(0);
  });

  it('that is overdue is reported, and still answered', async () => {
    forgetWarnings();
    const clock = new StillClock();
    const { host, adapter } = await connect({ clock, timeoutMilliseconds: 1000 });
    const outcome = run(adapter);
    const request = await host.request();
    for (let round = 0; round < 6; round += 1) clock.advance(500);
    expect(warning('vsc.storage.timeout').countOf('command is overdue')).toBe(1);
    host.reply(request);
    expect(await outcome).toBe(0);
    clock.advance(500);
    expect(clock.pending).toBe(0);
  });

  it('waits for a free slot when the host has as many as it may', async () => {
    const { host, adapter } = await connect({ queueDepth: 2 });
    const outcomes = Promise.all([1, 2, 3, 4].map((lun) => run(adapter, lun)));
    const luns: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const requests = await host.requests();
      expect(requests.length).toBeLessThanOrEqual(2);
      for (const request of requests) {
        luns.push(request.bytes[19]!);
        host.reply(request);
      }
    }
    expect(luns).toEqual([1, 2, 3, 4]);
    expect(await outcomes).toEqual([0, 0, 0, 0]);
  });
});

describe('channels', () => {
  it('share the commands', async () => {
    const { host, adapter } = await connect({ queueDepth: 8 });
    const other = new RawHost(host.memory);
    adapter.addChannel(other.guest);
    for (let i = 0; i < 6; i += 1) void run(adapter);
    expect([(await host.requests()).length, (await other.requests()).length]).toEqual([3, 3]);
  });

  it('that end take their commands with them, the others go on', async () => {
    const { host, adapter } = await connect({ queueDepth: 8 });
    const other = new RawHost(host.memory);
    adapter.addChannel(other.guest);
    const outcomes = [run(adapter), run(adapter)];
    const [mine] = await host.requests();
    other.end('rescinded');
    host.reply(mine!);
    expect(await outcomes[0]).toBe(0);
    expect(await outcomes[1]).toMatchObject({ kind: 'closed' });
    const next = run(adapter);
    host.reply(await host.request());
    expect(await next).toBe(0);
  });

  it('with the primary one, everything ends', async () => {
    const { host, adapter } = await connect();
    let reason: string | undefined;
    adapter.onClosed = (why) => {
      reason = why;
    };
    const outcome = run(adapter);
    await host.requests();
    host.end('rescinded');
    expect(await outcome).toMatchObject({ kind: 'closed' });
    expect(await run(adapter)).toMatchObject({ kind: 'closed' });
    expect(reason).toBe('rescinded');
    await adapter.whenIdle();
  });
});

describe('reset', () => {
  it('of the bus and of a unit is sent with the id that Linux uses', async () => {
    const { host, adapter } = await connect();
    const bus = adapter.reset();
    const first = await host.request();
    expect([first.view.getUint32(0, true), first.idLow, first.idHigh]).toEqual([6, 0xfffffffc, 0xffffffff]);
    host.reply(first);
    await bus;
    const unit = adapter.reset({ path: 1, target: 0, lun: 5 });
    const second = await host.request();
    expect([second.view.getUint32(0, true), ...second.bytes.subarray(17, 20)]).toEqual([4, 1, 0, 5]);
    host.reply(second, { status: 0xc0000184 });
    await expect(unit).rejects.toMatchObject({ kind: 'refused' });
  });
});
