/** Each service with both real ends and the real bus between them. */

import {
  type HostTime,
  type OfferedFile,
  type ShutdownWish,
  serveBackup,
  serveFileCopy,
  serveHeartbeat,
  serveKeyValues,
  serveShutdown,
  serveTimeSync,
} from '@viridian/vsc/integration';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { integrationMachine, UNIX_MILLISECONDS } from '../support/integration.ts';

describe('shutdown', () => {
  it('asks, by force too, and hears when the guest will not', async () => {
    const { services, open, quiet } = await integrationMachine();
    await expect(services.shutdown.ask()).rejects.toMatchObject({ kind: 'not-ready' });
    const wishes: ShutdownWish[] = [];
    const channel = await open('shutdown');
    serveShutdown(channel, (wish) => {
      wishes.push(wish);
      return wish.kind !== 'hibernate';
    });
    await services.shutdown.whenReady();
    expect(services.shutdown.version).toBe('3.2');
    await services.shutdown.ask();
    await services.shutdown.ask({ kind: 'restart', force: true, message: 'new kernel' });
    await expect(services.shutdown.ask({ kind: 'hibernate' })).rejects.toMatchObject({
      kind: 'refused',
      status: 0x8000_4005,
    });
    expect(wishes).toEqual([
      { kind: 'power-off', force: false, message: '' },
      { kind: 'restart', force: true, message: 'new kernel' },
      { kind: 'hibernate', force: false, message: '' },
    ]);
    await channel.close();
    await quiet();
    expect(services.shutdown.isReady).toBe(false);
    expect(services.inspect()).toMatchObject({ shutdown: services.shutdown });
  });

  it('gives up after a while, and takes no late answer for the next one', async () => {
    const { services, open, quiet, advance } = await integrationMachine();
    const channel = await open('keyValues');
    const answers: ((status: number) => void)[] = [];
    serveBackup(await open('backup'), {
      freeze: () => new Promise((_, reject) => answers.push(reject)),
      thaw: () => {},
    });
    await services.backup.whenReady();
    const failed = expect(services.backup.freeze()).rejects.toMatchObject({ kind: 'timeout' });
    await quiet();
    await advance(17 * 60);
    await failed;
    const thawed = services.backup.thaw();
    await quiet();
    answers[0]!(0);
    await thawed;
    expect(services.backup.inspect()).toMatchObject({
      counters: { timeouts: 1, strayAnswers: 1, answers: 3 },
    });
    await channel.close();
  });
});

describe('time synchronization', () => {
  it('sets the clock once, then gives samples, and sets it again when told', async () => {
    const { services, open, quiet, advance, clock } = await integrationMachine();
    const heard: HostTime[] = [];
    const channel = await open('timeSync');
    serveTimeSync(channel, (time) => heard.push(time));
    await quiet();
    await advance(10);
    services.timeSync.resync();
    await quiet();
    const unixTime = BigInt(UNIX_MILLISECONDS) * 10_000n;
    expect(heard[0]).toEqual({ unixTime, referenceTime: 77_000n, isSync: true });
    expect(heard.map(({ isSync }) => isSync)).toEqual([true, false, false, true]);
    expect(services.timeSync.inspect()).toMatchObject({ samples: 2, syncs: 2, version: '4.0' });
    await channel.close();
    await quiet();
    expect(clock.waiting).toBe(0);
    services.timeSync.resync();
  });
});

describe('heartbeat', () => {
  it('beats, is lost when the guest falls silent, beats again', async () => {
    const { services, hearts, open, quiet, advance } = await integrationMachine();
    const channel = await open('heartbeat');
    let healthy = true;
    serveHeartbeat(channel, () => healthy);
    await quiet();
    await advance(6);
    expect(services.heartbeat).toMatchObject({ heart: 'beating', beats: 4, applications: 'healthy' });
    healthy = false;
    const listen = channel.onReceive;
    channel.onReceive = undefined;
    await advance(60);
    expect(services.heartbeat.inspect()).toMatchObject({ heart: 'lost', outstanding: 1 });
    channel.onReceive = listen;
    listen!();
    await quiet();
    expect(services.heartbeat).toMatchObject({ heart: 'beating', applications: 'critical' });
    await channel.close();
    await quiet();
    expect(hearts).toEqual(['beating', 'lost', 'beating', 'no-contact']);
  });
});

describe('key-value exchange', () => {
  const text = fc.string({ maxLength: 200, unit: 'binary' }).filter((one) => !one.includes('\0'));

  it('carries any pairs, both ways', async () => {
    const { services, open } = await integrationMachine();
    const pools = { host: new Map(), guest: new Map(), facts: new Map([['OSName', 'test']]) };
    serveKeyValues(await open('keyValues'), pools);
    const { keyValues } = services;
    await keyValues.whenReady();
    const pairs = fc.dictionary(text, text, { maxKeys: 8, noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(pairs, async (wanted) => {
        pools.host.clear();
        pools.guest = new Map(Object.entries(wanted));
        for (const [key, value] of Object.entries(wanted)) await keyValues.set(key, value);
        expect(pools.host).toEqual(pools.guest);
        expect(await keyValues.entries('guest')).toEqual(pools.guest);
        for (const [key, value] of Object.entries(wanted)) expect(await keyValues.get(key)).toBe(value);
        for (const key of Object.keys(wanted)) expect(await keyValues.delete(key)).toBe(true);
        expect(pools.host.size).toBe(0);
      }),
      { numRuns: 30 },
    );
    expect(await keyValues.get('nothing')).toBeUndefined();
    expect(await keyValues.delete('nothing')).toBe(false);
    const facts = await keyValues.entries('facts');
    expect([facts.size, facts.get('OSName')]).toEqual([10, 'test']);
    await expect(keyValues.set('host writes', 'here', 'guest')).rejects.toMatchObject({ kind: 'refused' });
    await expect(keyValues.addresses('00:15:5d:00:00:01')).rejects.toMatchObject({ status: 0x8007_0032 });
  });

  it('refuses what does not fit before it is sent', async () => {
    const { services } = await integrationMachine();
    await expect(services.keyValues.set('x'.repeat(256), '')).rejects.toThrow(RangeError);
    await expect(services.keyValues.set('x', 'y'.repeat(1024))).rejects.toThrow(RangeError);
    await expect(services.keyValues.delete('a\0b')).rejects.toThrow(RangeError);
  });
});

describe('backup', () => {
  it('freezes, works, and thaws whatever comes of it', async () => {
    const { services, open } = await integrationMachine();
    const steps: string[] = [];
    serveBackup(await open('backup'), {
      freeze: () => void steps.push('freeze'),
      thaw: () => void steps.push('thaw'),
    });
    await services.backup.whenReady();
    const done = await services.backup.whileFrozen(async () => {
      expect(services.backup.isFrozen).toBe(true);
      steps.push('work');
      return 5;
    });
    expect([done, steps]).toEqual([5, ['freeze', 'work', 'thaw']]);
    await expect(services.backup.whileFrozen(() => Promise.reject(new Error('full')))).rejects.toThrow(
      'full',
    );
    expect(services.backup.isFrozen).toBe(false);
  });
});

describe('file copy', () => {
  async function copyMachine(accept: number | undefined = undefined) {
    const machine = await integrationMachine();
    const file = { bytes: new Uint8Array(), ends: [] as string[], offered: [] as OfferedFile[] };
    serveFileCopy(await machine.open('fileCopy'), (offered) => {
      file.offered.push(offered);
      file.bytes = new Uint8Array(offered.fileBytes);
      return (
        accept ?? {
          write: (at, data) => void file.bytes.set(data, at),
          complete: () => void file.ends.push('complete'),
          cancel: () => void file.ends.push('cancel'),
        }
      );
    });
    const { fileCopy } = machine.services;
    await fileCopy.whenReady();
    return { fileCopy, file };
  }

  it.each([0, 1, 6143, 6144, 6145, 40_000])('carries %i bytes', async (length) => {
    const { fileCopy, file } = await copyMachine();
    const content = Uint8Array.from({ length }, (_, i) => (i * 7) ^ (i >>> 8));
    let copied = 0;
    const progress = (bytes: number) => {
      copied = bytes;
    };
    const request = { directory: '/tmp', fileName: 'x', content, overwrite: true, progress };
    await Promise.all([fileCopy.copy(request), fileCopy.copy(request)]);
    expect(file.bytes).toEqual(content);
    expect([copied, file.ends]).toEqual([length, ['complete', 'complete']]);
    expect(file.offered[0]).toEqual({
      directory: '/tmp/',
      fileName: 'x',
      fileBytes: length,
      overwrite: true,
      createPath: false,
    });
  });

  it('tells the guest when it gives up, and goes on with the next', async () => {
    const { fileCopy, file } = await copyMachine();
    async function* short() {
      yield new Uint8Array(10);
    }
    const base = { directory: '/', fileName: 'f' };
    const copy = fileCopy.copy({ ...base, content: short(), fileBytes: 11 });
    await expect(copy).rejects.toThrow('11 bytes and has 10');
    const stopped = fileCopy.copy({
      ...base,
      content: new Uint8Array(9),
      signal: AbortSignal.abort('enough'),
    });
    await expect(stopped).rejects.toBe('enough');
    await expect(fileCopy.copy({ ...base, content: short() })).rejects.toThrow('needs fileBytes');
    await expect(
      fileCopy.copy({ directory: '', fileName: 'f', content: new Uint8Array() }),
    ).rejects.toThrow();
    await fileCopy.copy({ ...base, content: new Uint8Array(1) });
    expect(file.ends).toEqual(['cancel', 'complete']);
  });

  it('hears that there is such a file already', async () => {
    const { fileCopy } = await copyMachine(0x8007_0050);
    const copy = fileCopy.copy({ directory: '/', fileName: 'f', content: new Uint8Array(1) });
    await expect(copy).rejects.toMatchObject({ kind: 'refused', status: 0x8007_0050 });
  });
});
