import { describe, expect, it } from 'vitest';
import { loadKernel, pcMemoryMap } from './index.ts';

const memory = pcMemoryMap(64 * 2 ** 20);

describe('loadKernel', () => {
  it('says what a file is that is no kernel', async () => {
    await expect(loadKernel({ kernel: new Uint8Array(0), memory })).rejects.toMatchObject({
      kind: 'not-a-kernel',
      message: expect.stringContaining('empty'),
    });
    await expect(loadKernel({ kernel: Uint8Array.of(0x4d, 0x5a, 0, 0), memory })).rejects.toThrow(
      '4 bytes that begin with 4d 5a',
    );
  });
});
