import { describe, expect, it } from 'vitest';
import { counters, countersSince } from './counters.ts';

describe('counters', () => {
  it('count in a plain object of their own', () => {
    const start = { messages: 0, bytes: 10 };
    const c = counters(start);
    c.messages += 1;
    c.bytes += 100;
    expect(c).toEqual({ messages: 1, bytes: 110 });
    expect(start).toEqual({ messages: 0, bytes: 10 });
  });

  it('give what was counted since a copy was taken', () => {
    const c = counters({ reads: 5, writes: 1 });
    const before = { ...c };
    c.reads += 7;
    expect(countersSince(c, before)).toEqual({ reads: 7, writes: 0 });
  });
});
