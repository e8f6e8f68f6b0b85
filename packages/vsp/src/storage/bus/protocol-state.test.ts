import { describe, expect, it } from 'vitest';
import { ALL_VERSIONS, AT_BEGIN, type ProtocolLimits, type ProtocolState, step } from './protocol-state.ts';

const limits: ProtocolLimits = { versions: ALL_VERSIONS, maxSubchannels: 4 };
const packet = (operation: number, majorMinor = 0, subChannelCount = 0) => ({
  operation,
  majorMinor,
  subChannelCount,
});
const OUT_OF_ORDER = 0xc0000184;

const ready: ProtocolState = { at: 'ready', version: 0x602, subchannels: -1 };
const STATES: readonly [state: ProtocolState, allowed: readonly number[]][] = [
  [AT_BEGIN, [7]],
  [{ at: 'query-version' }, [9]],
  [{ at: 'query-properties', version: 0x602 }, [10]],
  [{ at: 'end', version: 0x602, subchannels: -1 }, [8, 13]],
  [ready, [13]],
];

describe('the storage protocol', () => {
  it('goes from begin to ready', () => {
    let state = AT_BEGIN;
    for (const next of [packet(7), packet(9, 0x0602), packet(10), packet(8)]) {
      const result = step(state, next, limits);
      expect(result.status).toBe(0);
      state = result.next;
    }
    expect(state).toEqual(ready);
  });

  it('lets the guest try versions until one fits', () => {
    const state: ProtocolState = { at: 'query-version' };
    const old = { ...limits, versions: [0x0600, 0x0501] };
    expect(step(state, packet(9, 0x0602), old)).toEqual({ next: state, status: 0xc0000059 });
    expect(step(state, packet(9, 0x0700), old)).toEqual({ next: state, status: 0xc0000059 });
    expect(step(state, packet(9, 0x0600), old).next).toEqual({ at: 'query-properties', version: 0x0600 });
  });

  // vmbus.md §5.1: out of order is 0xC0000184.
  it.each(STATES)('in state %j takes only %j', (state, allowed) => {
    for (let operation = 0; operation < 20; operation += 1) {
      if (allowed.includes(operation)) continue;
      expect(step(state, packet(operation, 0x0602, 1), limits)).toEqual({
        next: state,
        status: OUT_OF_ORDER,
      });
    }
  });

  it('takes the request for sub-channels before and after the end, once', () => {
    for (const at of ['end', 'ready'] as const) {
      const state: ProtocolState = { at, version: 0x602, subchannels: -1 };
      const result = step(state, packet(13, 0, 3), limits);
      expect(result).toEqual({ next: { ...state, subchannels: 3 }, status: 0, offer: 3 });
      expect(step(result.next, packet(13, 0, 1), limits)).toEqual({
        next: result.next,
        status: OUT_OF_ORDER,
      });
    }
  });

  it('refuses more sub-channels than it said, and all before Windows 8', () => {
    expect(step(ready, packet(13, 0, 5), limits)).toEqual({ next: ready, status: 0xc000000d });
    const old: ProtocolState = { at: 'ready', version: 0x0402, subchannels: -1 };
    expect(step(old, packet(13, 0, 1), limits)).toEqual({ next: old, status: 0xc000000d });
  });
});
