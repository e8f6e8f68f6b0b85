import { Outcome } from '@viridian/x86';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DirectHandlers, type DirectMemoryHandler } from './direct-handlers.ts';

const answer = () => () => Outcome.DONE;

describe('direct handlers', () => {
  it('answer for their ports, and no longer when taken away', () => {
    const direct = new DirectHandlers();
    expect(direct.port(0x3f8)).toBeUndefined();
    const uart = answer();
    direct.setPorts(0x3f8, 0x3ff, uart);
    expect([direct.port(0x3f7), direct.port(0x3f8), direct.port(0x3ff), direct.port(0x400)]).toEqual([
      undefined,
      uart,
      uart,
      undefined,
    ]);
    direct.setPorts(0x3f9, 0xffff, undefined);
    expect([direct.port(0x3f8), direct.port(0x3f9), direct.port(0xffff)]).toEqual([
      uart,
      undefined,
      undefined,
    ]);
  });

  it('refuse to overlap in memory', () => {
    const direct = new DirectHandlers();
    direct.setMemory(0x1000, 0x1000, answer());
    expect(() => direct.setMemory(0x1fff, 1, answer())).toThrow('exists');
    direct.setMemory(0x2000, 1, answer());
  });

  it('are found by address as in a list of ranges', () => {
    const starts = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 10 });
    fc.assert(
      fc.property(starts, (pages) => {
        const direct = new DirectHandlers();
        const handlers = new Map<number, DirectMemoryHandler>();
        for (const page of pages) {
          const handler = answer();
          handlers.set(page, handler);
          direct.setMemory(page * 4096, 4096, handler);
        }
        for (let page = 0; page < 32; page++) {
          expect(direct.memory(page * 4096)).toBe(handlers.get(page));
          expect(direct.memory(page * 4096 + 4095)).toBe(handlers.get(page));
        }
        const first = pages[0];
        if (first === undefined) return;
        direct.setMemory(first * 4096, 4096, undefined);
        expect(direct.memory(first * 4096)).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });
  it('leave the rest of memory to one handler, or to nobody', () => {
    const direct = new DirectHandlers();
    const [own, other] = [answer(), answer()];
    direct.setMemory(0x1000, 0x1000, own);
    direct.otherMemory = other;
    expect([direct.memory(0xfff), direct.memory(0x1000), direct.memory(2 ** 40)]).toEqual([
      other,
      own,
      other,
    ]);
    direct.otherMemory = undefined;
    expect(direct.memory(0xfff)).toBeUndefined();
  });
});
