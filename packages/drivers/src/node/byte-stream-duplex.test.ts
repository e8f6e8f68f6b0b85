/** A connection as a stream of Node. */

import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import type { ByteStream } from '../stream/byte-stream.ts';
import { duplexOf } from './byte-stream-duplex.ts';

/** A connection whose other side is the test. */
class TestStream implements ByteStream {
  onData: ByteStream['onData'];
  onEnd: ByteStream['onEnd'];
  onDrain: ByteStream['onDrain'];
  onClosed: ByteStream['onClosed'];
  pendingBytes = 0;
  readonly log: string[] = [];
  isPaused = true;
  takesMore = true;

  write(bytes: Uint8Array): boolean {
    this.log.push(`write ${Buffer.from(bytes).toString()}`);
    return this.takesMore;
  }

  end(): void {
    this.log.push('end');
  }

  destroy(): void {
    this.log.push('destroy');
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

describe('a connection as a Duplex', () => {
  it('reads to the end, and holds the other side up meanwhile', async () => {
    const stream = new TestStream();
    const duplex = duplexOf(stream);
    expect(stream.isPaused).toBe(true);
    const read = text(duplex);
    await soon();
    expect(stream.isPaused).toBe(false);
    stream.onData?.(Uint8Array.from(Buffer.from('from the guest')));
    stream.onEnd?.();
    expect(await read).toBe('from the guest');
    const slow = new TestStream();
    const unread = duplexOf(slow);
    unread.read(0);
    for (let i = 0; i < 40 && !slow.isPaused; i += 1) slow.onData?.(new Uint8Array(4096));
    expect(slow.isPaused).toBe(true);
    while (unread.read() !== null);
    await soon();
    expect(slow.isPaused).toBe(false);
  });

  it('writes as fast as the other side takes it, and ends', async () => {
    const stream = new TestStream();
    const duplex = duplexOf(stream);
    stream.takesMore = false;
    let drained = false;
    duplex.write('one', () => {
      drained = true;
    });
    duplex.end('two');
    await soon();
    expect([stream.log, drained]).toEqual([['write one'], false]);
    stream.takesMore = true;
    stream.onDrain?.();
    await soon();
    expect([stream.log, drained]).toEqual([['write one', 'write two', 'end'], true]);
    stream.onEnd?.();
    duplex.resume();
    await soon();
    stream.onClosed?.(undefined);
    expect(duplex.errored).toBeNull();
  });

  it('fails with a connection that breaks, and breaks one that it is destroyed with', async () => {
    const stream = new TestStream();
    const broken = pipeline(duplexOf(stream), async (source) => {
      for await (const _ of source);
    });
    await soon();
    stream.onClosed?.('rescinded');
    await expect(broken).rejects.toThrow('the connection ended: rescinded');
    const other = new TestStream();
    duplexOf(other).destroy();
    await soon();
    expect(other.log).toEqual(['destroy']);
  });

  it('ends its own direction with the other one where it is told to', async () => {
    const stream = new TestStream();
    const duplex = duplexOf(stream, { allowHalfOpen: false });
    duplex.resume();
    await soon();
    stream.onEnd?.();
    await soon();
    expect(stream.log).toContain('end');
  });
});
