import { beforeEach, describe, expect, it } from 'vitest';
import { listen, type TraceEvent } from './registry.ts';
import { tracePoint } from './trace-point.ts';
import { forgetWarnings, recentWarnings, warning } from './warning.ts';

beforeEach(() => forgetWarnings());

describe('warnings', () => {
  it('are counted and kept with their reason when nobody listens', () => {
    const warn = warning('test.warn.count');
    warn.report('partition/2', 'message too short', { sizeBytes: 3 });
    warn.report('partition/2', 'unknown message', { type: 99 });
    expect(warn.count).toBe(2);
    expect(warn.countOf('message too short')).toBe(1);
    expect(warn.countOf('never said')).toBe(0);
    expect(recentWarnings()).toEqual([
      {
        point: 'test.warn.count',
        where: 'partition/2',
        reason: 'message too short',
        details: { sizeBytes: 3 },
        occurrence: 1,
      },
      {
        point: 'test.warn.count',
        where: 'partition/2',
        reason: 'unknown message',
        details: { type: 99 },
        occurrence: 1,
      },
    ]);
  });

  it('reach listeners as events of level warn', () => {
    const warn = warning('test.warn.heard');
    const seen: TraceEvent[] = [];
    using _ = listen('test.warn.*', (event) => seen.push(event));
    warn.report('partition/1', 'bad offset', { offset: 7 });
    expect(seen).toEqual([
      {
        point: 'test.warn.heard',
        level: 'warn',
        where: 'partition/1',
        values: { reason: 'bad offset', offset: 7 },
      },
    ]);
  });

  it('are told eight times, then at each doubling, and counted always', () => {
    const warn = warning('test.warn.rate');
    const told: number[] = [];
    using _ = listen('test.warn.rate', (event) => told.push(Number(event.values.occurrence ?? 1)));
    for (let time = 0; time < 100; time += 1) warn.report('x', 'again');
    expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 64]);
    expect(warn.count).toBe(100);
    expect(warn.countOf('again')).toBe(100);
  });

  it('are limited by place, so that one guest does not silence another', () => {
    const warn = warning('test.warn.places');
    for (let time = 0; time < 1000; time += 1) warn.report('partition/2', 'noise');
    warn.report('partition/3', 'noise');
    expect(recentWarnings().at(-1)).toMatchObject({ where: 'partition/3', occurrence: 1 });
  });

  it('keep bounded memory however many places and reasons a guest brings', () => {
    const warn = warning('test.warn.flood');
    let told = 0;
    using _ = listen('test.warn.flood', () => {
      told += 1;
    });
    for (let channel = 0; channel < 20_000; channel += 1)
      warn.report(`channel/${channel}`, `reason ${channel}`);
    expect(warn.count).toBe(20_000);
    expect(told).toBeLessThan(540);
    expect(recentWarnings()).toHaveLength(128);
  });

  it('stay in order in the ring log when it wraps', () => {
    const warn = warning('test.warn.ring');
    for (let place = 0; place < 200; place += 1) warn.report(`p/${place}`, 'x');
    const places = recentWarnings().map((record) => record.where);
    expect(places[0]).toBe('p/72');
    expect(places.at(-1)).toBe('p/199');
  });

  it('share the name space with trace points', () => {
    expect(warning('test.warn.same')).toBe(warning('test.warn.same'));
    tracePoint('test.warn.taken', []);
    expect(() => warning('test.warn.taken')).toThrow('already registered');
    expect(() => tracePoint('test.warn.same', ['reason'])).toThrow('already registered');
  });
});
