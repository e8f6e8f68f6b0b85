import { describe, expect, it } from 'vitest';
import { FaultDisk } from './fault-disk.ts';
import { faultPlan, parseFaultRules } from './fault-rules.ts';
import { MemoryDisk } from './memory-disk.ts';

const MiB = 2 ** 20;

describe('fault rules', () => {
  it('are read from text', () => {
    expect(parseFaultRules('read,write,delay=20; at=1M-2m,error=no-space,every=10,times=3;')).toEqual([
      { operations: ['read', 'write'], delayMilliseconds: 20 },
      { from: MiB, behind: 2 * MiB, error: 'no-space', every: 10, times: 3 },
    ]);
    expect(parseFaultRules(' ')).toEqual([]);
  });

  it.each([
    ['read', /neither delay/],
    ['read,error=bad', /the errors are io, medium/],
    ['delay=soon', /no whole number from 0/],
    ['delay=1,every=0', /no whole number from 1/],
    ['error=io,at=5', /at=FROM-TO/],
    ['error=io,on=monday', /nobody knows 'on'/],
    ['error=io,read=1', /nobody knows 'read'/],
  ])('%s is refused', (text, words) => {
    expect(() => parseFaultRules(text)).toThrow(words);
  });

  it('hit the requests that they name, as often as they say', async () => {
    const rules = parseFaultRules(
      'write,at=4k-8k,error=medium;read,error=io,every=3,times=2;flush,error=no-space',
    );
    const disk = new FaultDisk(new MemoryDisk(MiB), faultPlan(rules));
    const outcome = async (work: () => void | Promise<void>): Promise<string> => {
      try {
        await work();
        return 'good';
      } catch (error) {
        return (error as { kind: string }).kind;
      }
    };
    const bytes = [new Uint8Array(4096)];
    const writes = [0, 4096, 3584, 8192].map((at) => () => disk.write(at, bytes));
    expect(await Promise.all(writes.map(outcome))).toEqual(['good', 'medium', 'medium', 'good']);
    const reads = Array.from({ length: 10 }, () => () => disk.read(0, bytes));
    const failed = (await Promise.all(reads.map(outcome))).map((kind) => kind === 'io');
    expect(failed.flatMap((isFailed, at) => (isFailed ? [at] : []))).toEqual([2, 5]);
    expect(await outcome(() => disk.flush())).toBe('no-space');
  });

  it('delay by the timer that they are given', async () => {
    const waits: number[] = [];
    let go = (): void => {};
    const plan = faultPlan([{ delayMilliseconds: 50 }], (ms) => {
      waits.push(ms);
      return new Promise((resolve) => {
        go = resolve;
      });
    });
    const disk = new FaultDisk(new MemoryDisk(4096), plan);
    let isDone = false;
    const read = (async () => disk.read(0, [new Uint8Array(512)]))().then(() => {
      isDone = true;
    });
    await Promise.resolve();
    expect([waits, isDone]).toEqual([[50], false]);
    go();
    await read;
    expect(disk.inspect()).toMatchObject({ delayed: 1, injected: 0 });
  });
});
