import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buffersLength, copyFromBuffers, copyIntoBuffers, sliceBuffers } from './buffers.ts';
import { settleAll } from './settle.ts';

const parts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 5 });

function joined(buffers: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(buffersLength(buffers));
  copyFromBuffers(buffers, all, 0);
  return all;
}

describe('buffers', () => {
  it('are cut as if they were one, without empty pieces', () => {
    fc.assert(
      fc.property(parts, fc.nat(), fc.nat(), (buffers, a, b) => {
        const whole = joined(buffers);
        const start = a % whole.length;
        const length = b % (whole.length - start + 1);
        const slice = sliceBuffers(buffers, start, length);
        expect(joined(slice)).toEqual(whole.slice(start, start + length));
        if (length > 0) expect(slice.every((part) => part.length > 0)).toBe(true);
      }),
    );
  });

  it('are filled from one piece', () => {
    const into = [new Uint8Array(2), new Uint8Array(3)];
    copyIntoBuffers(Uint8Array.of(0, 1, 2, 3, 4, 5, 6), 1, into);
    expect(joined(into)).toEqual(Uint8Array.of(1, 2, 3, 4, 5));
  });
});

describe('settleAll', () => {
  it('waits for all work before it reports a failure', async () => {
    let ended = false;
    const slow = async (): Promise<void> => {
      for (let step = 0; step < 20; step++) await undefined;
      ended = true;
    };
    const work = settleAll([slow, () => Promise.reject(new Error('first'))], (start) => start());
    await expect(work).rejects.toThrow('first');
    expect(ended).toBe(true);
  });

  it('stays synchronous over synchronous work', () => {
    const done: number[] = [];
    expect(settleAll([1, 2, 3], (n) => void done.push(n))).toBeUndefined();
    expect(done).toEqual([1, 2, 3]);
    expect(settleAll([], () => {})).toBeUndefined();
  });

  it('does not start more once something failed at once', async () => {
    const started: number[] = [];
    const work = settleAll([1, 2, 3], (n) => {
      started.push(n);
      if (n === 2) throw new Error('two');
      return Promise.resolve();
    });
    await expect(work).rejects.toThrow('two');
    expect(started).toEqual([1, 2]);
  });
});
