import { describe, expect, it } from 'vitest';
import { formatEvent } from './format-event.ts';
import { listen, listTracePoints, type TraceEvent } from './registry.ts';
import { tracePoint } from './trace-point.ts';

describe('trace points', () => {
  it('are off until somebody listens, and off again afterwards', () => {
    const point = tracePoint('test.onoff', ['size']);
    expect(point.on).toBe(false);
    const stop = listen('test.onoff', () => {});
    expect(point.on).toBe(true);
    stop();
    stop();
    expect(point.on).toBe(false);
  });

  it('tell each listener the values by field', () => {
    const point = tracePoint('test.values', ['type', 'name', 'id'] as const);
    const seen: TraceEvent[] = [];
    using _ = listen('test.values', (event) => seen.push(event));
    point.emit('partition/2', 4, 'offer', 0x1234n);
    expect(seen).toEqual([
      {
        point: 'test.values',
        level: 'trace',
        where: 'partition/2',
        values: { type: 4, name: 'offer', id: 0x1234n },
      },
    ]);
  });

  it('cost nothing without listeners: emit makes no event', () => {
    expect(() => tracePoint('test.silent', ['a']).emit('here', 1)).not.toThrow();
  });

  it('match globs and comma lists, also when registered later', () => {
    const seen: string[] = [];
    using _ = listen('test.late.*, other.exact', (event) => seen.push(event.point));
    tracePoint('test.late.one', []).emit('x');
    tracePoint('test.late.two.deep', []).emit('x');
    tracePoint('other.exact', []).emit('x');
    tracePoint('other.exactly', []).emit('x');
    tracePoint('testxlate.one', []).emit('x');
    expect(seen).toEqual(['test.late.one', 'test.late.two.deep', 'other.exact']);
  });

  it('match nothing for an empty pattern', () => {
    const point = tracePoint('test.empty', []);
    using _ = listen(' , ', () => {});
    expect(point.on).toBe(false);
  });

  it('are stamped with the time of the listener that asks for it, and only for that one', () => {
    const point = tracePoint('test.time', []);
    const seen: (number | undefined)[] = [];
    using _one = listen('test.time', (event) => seen.push(event.time), { now: () => 12.5 });
    using _two = listen('test.time', (event) => seen.push(event.time));
    point.emit('x');
    expect(seen).toEqual([12.5, undefined]);
  });

  it('give the same point for the same name and fields, and refuse another shape', () => {
    expect(tracePoint('test.twice', ['a', 'b'])).toBe(tracePoint('test.twice', ['a', 'b']));
    expect(() => tracePoint('test.twice', ['a'])).toThrow("'test.twice' is already registered");
  });

  it('are listed by name', () => {
    tracePoint('test.listed.b', []);
    tracePoint('test.listed.a', []);
    const listed = listTracePoints().filter((name) => name.startsWith('test.listed'));
    expect(listed).toEqual(['test.listed.a', 'test.listed.b']);
  });

  it('let a listener stop itself while an event is delivered', () => {
    const point = tracePoint('test.stopself', []);
    let first = 0;
    let second = 0;
    const stop = listen('test.stopself', () => {
      first += 1;
      stop();
    });
    using _ = listen('test.stopself', () => {
      second += 1;
    });
    point.emit('x');
    point.emit('x');
    expect([first, second]).toEqual([1, 2]);
  });

  it('take off a listener that throws and report its error apart from the watched code', async () => {
    const point = tracePoint('test.broken', []);
    const original = globalThis.queueMicrotask;
    const raised: unknown[] = [];
    globalThis.queueMicrotask = (task) => {
      try {
        task();
      } catch (error) {
        raised.push(error);
      }
    };
    try {
      listen('test.broken', () => {
        throw new Error('listener bug');
      });
      expect(() => point.emit('x')).not.toThrow();
    } finally {
      globalThis.queueMicrotask = original;
    }
    expect(raised).toEqual([new Error('listener bug')]);
    expect(point.on).toBe(false);
  });
});

describe('formatEvent', () => {
  it('shows time, level, place and fields in one line', () => {
    const event: TraceEvent = {
      point: 'vmbus.protocol',
      level: 'warn',
      where: 'partition/2/vmbus',
      time: 1.25,
      values: { reason: 'short message', bytes: 3, id: 0xfen, negative: -0xfen, name: 'scsi' },
    };
    expect(formatEvent(event)).toBe(
      '     1.250 warn vmbus.protocol partition/2/vmbus reason="short message" bytes=3 id=0xfe negative=-0xfe name=scsi',
    );
  });

  it('leaves out what is not there', () => {
    expect(formatEvent({ point: 'a', level: 'trace', where: 'b', values: {} })).toBe('a b');
  });

  it('keeps a text of the guest on one line', () => {
    const line = formatEvent({ point: 'a', level: 'trace', where: 'b', values: { text: 'x\nfake line' } });
    expect(line).toBe('a b text="x\\nfake line"');
  });
});
