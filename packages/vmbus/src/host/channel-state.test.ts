import { describe, expect, it } from 'vitest';
import { type ChannelEvent, type ChannelState, type OpenParameters, stepChannel } from './channel-state.ts';

const request: OpenParameters = {
  openId: 1,
  ringGpadl: 2,
  targetVp: 0,
  downstreamPageOffset: 4,
  userData: new Uint8Array(120),
};

const EVENTS: Readonly<Record<string, ChannelEvent>> = {
  offer: { kind: 'offer' },
  open: { kind: 'open', request },
  opened: { kind: 'opened', status: 0 },
  failed: { kind: 'opened', status: 0xc0000001 },
  close: { kind: 'close' },
  broke: { kind: 'broke', reason: 'x' },
  stopped: { kind: 'stopped' },
  rescind: { kind: 'rescind' },
  release: { kind: 'release' },
  forget: { kind: 'forget', keep: true },
  drop: { kind: 'forget', keep: false },
};

const STATES: readonly ChannelState[] = [
  { at: 'unannounced' },
  { at: 'closed' },
  { at: 'opening', request },
  { at: 'open', request },
  { at: 'broken' },
  { at: 'closing', towards: { at: 'closed' } },
  { at: 'closing', towards: { at: 'reopen', request } },
  { at: 'closing', towards: { at: 'broken' } },
  { at: 'closing', towards: { at: 'revoked' } },
  { at: 'released' },
  { at: 'revoked' },
  { at: 'gone' },
];

const name = (state: ChannelState): string =>
  state.at === 'closing' ? `closing>${state.towards.at}` : state.at;

/** The whole machine: per state, each event that does not just stay, with what it does. */
function table(): Record<string, string> {
  const rows: Record<string, string> = {};
  for (const state of STATES) {
    for (const [label, event] of Object.entries(EVENTS)) {
      const { next, effects } = stepChannel(state, event);
      const does = effects.map((effect) => effect.do).join(' ');
      if (next === state && does === '') continue;
      rows[`${name(state)} + ${label}`] = `${name(next)}${does === '' ? '' : `: ${does}`}`;
    }
  }
  return rows;
}

describe('channel states', () => {
  it('are these', () => {
    expect(table()).toMatchInlineSnapshot(`
      {
        "broken + close": "closed",
        "broken + drop": "gone: drop-gpadls",
        "broken + forget": "unannounced: drop-gpadls",
        "broken + open": "broken: complain answer-open",
        "broken + release": "broken: complain",
        "broken + rescind": "revoked: send-rescind",
        "closed + close": "closed: complain",
        "closed + drop": "gone: drop-gpadls",
        "closed + forget": "unannounced: drop-gpadls",
        "closed + open": "opening: start",
        "closed + release": "released: drop-gpadls",
        "closed + rescind": "revoked: send-rescind",
        "closing>broken + close": "closing>closed",
        "closing>broken + drop": "closing>gone: drop-gpadls",
        "closing>broken + forget": "closing>unannounced: drop-gpadls",
        "closing>broken + open": "closing>broken: complain answer-open",
        "closing>broken + release": "closing>broken: complain",
        "closing>broken + rescind": "closing>revoked: send-rescind",
        "closing>broken + stopped": "broken",
        "closing>closed + close": "closing>closed: complain",
        "closing>closed + drop": "closing>gone: drop-gpadls",
        "closing>closed + forget": "closing>unannounced: drop-gpadls",
        "closing>closed + open": "closing>reopen",
        "closing>closed + release": "closing>released: drop-gpadls",
        "closing>closed + rescind": "closing>revoked: send-rescind",
        "closing>closed + stopped": "closed",
        "closing>reopen + close": "closing>closed",
        "closing>reopen + drop": "closing>gone: drop-gpadls",
        "closing>reopen + forget": "closing>unannounced: drop-gpadls",
        "closing>reopen + open": "closing>reopen: complain answer-open",
        "closing>reopen + release": "closing>reopen: complain",
        "closing>reopen + rescind": "closing>revoked: send-rescind",
        "closing>reopen + stopped": "opening: start",
        "closing>revoked + drop": "closing>gone: drop-gpadls",
        "closing>revoked + forget": "closing>gone: drop-gpadls",
        "closing>revoked + release": "closing>gone: drop-gpadls",
        "closing>revoked + stopped": "revoked",
        "open + broke": "closing>broken: stop",
        "open + close": "closing>closed: stop",
        "open + drop": "closing>gone: drop-gpadls stop",
        "open + forget": "closing>unannounced: drop-gpadls stop",
        "open + open": "open: complain answer-open",
        "open + release": "open: complain",
        "open + rescind": "closing>revoked: send-rescind stop",
        "opening + broke": "closing>closed: answer-open stop",
        "opening + close": "closing>closed: stop",
        "opening + drop": "closing>gone: drop-gpadls stop",
        "opening + failed": "closed: answer-open",
        "opening + forget": "closing>unannounced: drop-gpadls stop",
        "opening + open": "opening: complain",
        "opening + opened": "open: answer-open",
        "opening + release": "opening: complain",
        "opening + rescind": "closing>revoked: send-rescind stop",
        "released + close": "released: complain",
        "released + drop": "gone",
        "released + forget": "unannounced",
        "released + open": "released: complain",
        "released + release": "released: complain",
        "released + rescind": "gone",
        "revoked + drop": "gone: drop-gpadls",
        "revoked + forget": "gone: drop-gpadls",
        "revoked + release": "gone: drop-gpadls",
        "unannounced + broke": "unannounced: complain",
        "unannounced + close": "unannounced: complain",
        "unannounced + drop": "gone",
        "unannounced + failed": "unannounced: complain",
        "unannounced + forget": "unannounced",
        "unannounced + offer": "closed: send-offer",
        "unannounced + open": "unannounced: complain",
        "unannounced + opened": "unannounced: complain",
        "unannounced + release": "unannounced: complain",
        "unannounced + rescind": "gone",
        "unannounced + stopped": "unannounced: complain",
      }
    `);
  });

  it('never start a device twice without stopping it', () => {
    const running = new Set(['opening', 'open']);
    for (const state of STATES) {
      for (const event of Object.values(EVENTS)) {
        const { next, effects } = stepChannel(state, event);
        const starts = effects.some((effect) => effect.do === 'start');
        const stops = effects.some((effect) => effect.do === 'stop');
        if (starts) expect(running.has(state.at)).toBe(false);
        // What ran either runs on, was refused by the device itself, or is stopped.
        if (running.has(state.at) && !running.has(next.at) && event.kind !== 'opened')
          expect(stops).toBe(true);
        if (stops) expect(running.has(state.at)).toBe(true);
      }
    }
  });

  it('end: every state reaches rest by stopping, and forgetting leaves nothing open', () => {
    for (const state of STATES) {
      let { next } = stepChannel(state, { kind: 'forget', keep: true });
      if (next.at === 'closing') next = stepChannel(next, { kind: 'stopped' }).next;
      expect(['unannounced', 'gone']).toContain(next.at);
    }
  });
});
