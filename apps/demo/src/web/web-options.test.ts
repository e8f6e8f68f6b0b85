import { describe, expect, it } from 'vitest';
import { OptionError } from '../demo/options.ts';
import { checkWebOptions } from './web-options.ts';

describe('checkWebOptions', () => {
  it('serves a guest of Debian on the JIT by itself', () => {
    expect(checkWebOptions({})).toMatchObject({
      port: 8080,
      kernel: undefined,
      memoryMiB: 256,
      processors: 1,
      engine: 'jit',
    });
  });

  it('takes a kernel of the user’s', () => {
    const given = { kernel: 'k', initrd: 'i', append: 'x', port: '0', engine: 'interpreter', cpus: '2' };
    expect(checkWebOptions(given)).toMatchObject({ kernel: 'k', initrd: 'i', append: 'x', port: 0 });
  });

  it.each([
    { port: '65536' },
    { port: '-1' },
    { memory: '15' },
    { memory: '1e3' },
    { cpus: '0' },
    { engine: 'fast' },
    { initrd: 'i' },
  ])('refuses %j', (given) => {
    expect(() => checkWebOptions(given as Record<string, string>)).toThrow(OptionError);
  });
});
