import { describe, expect, it } from 'vitest';
import { MarkClock } from './mark-clock.ts';

/** Clocks that go on by a second of time, and half a second of a processor, at each look. */
function steadyClocks(): () => { wall: number; processor: number } {
  let looks = 0;
  return () => {
    looks += 1;
    return { wall: looks, processor: looks / 2 };
  };
}

describe('the clock of the MARK lines', () => {
  it('takes the time from one mark to the next', () => {
    const clock = new MarkClock(steadyClocks());
    expect(clock.hear('[    1.0] Run /init\r\nMARK userspace\r\n')).toEqual(['userspace']);
    expect(clock.hear('d41d8cd9  -\r\nMARK md5-64M\r\n')).toEqual(['md5-64M']);
    expect(Object.fromEntries(clock.parts)).toEqual({
      userspace: { wall: 1, processor: 0.5 },
      'md5-64M': { wall: 1, processor: 0.5 },
    });
  });

  it('finds a mark that comes byte by byte, once', () => {
    const clock = new MarkClock(steadyClocks());
    expect([...'x\r\nMARK sha256-64M\r\ny'].flatMap((byte) => clock.hear(byte))).toEqual(['sha256-64M']);
    expect(clock.parts.size).toBe(1);
  });

  it('finds a mark that the kernel talks into, and several in one piece', () => {
    const clock = new MarkClock(steadyClocks());
    expect(clock.hear('[    2.1] random: crng init doneMARK userspace\nMARK md5-64M\n')).toEqual([
      'userspace',
      'md5-64M',
    ]);
  });

  it('takes no beginning of a line for a mark, and keeps the last words', () => {
    const clock = new MarkClock(steadyClocks());
    expect(clock.hear(`${'.'.repeat(10_000)}MARK user`)).toEqual([]);
    expect(clock.lastWords).toMatch(/^\.+MARK user$/);
    expect(clock.lastWords.length).toBeLessThan(3000);
    expect(clock.hear('space\n')).toEqual(['userspace']);
  });

  it('goes without the processor time where nobody tells it', () => {
    const clock = new MarkClock(() => ({ wall: 2, processor: undefined }));
    clock.hear('MARK userspace\n');
    expect(clock.parts.get('userspace')).toEqual({ wall: 2, processor: undefined });
  });
});
