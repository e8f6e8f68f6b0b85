import { describe, expect, it } from 'vitest';
import { TcpFlow } from './tcp-flow.ts';
import { type TcpFields, TcpFlag, type TcpSegment } from './tcp-segment.ts';

function openFlow() {
  const sent: TcpFields[] = [];
  const opening = segment(TcpFlag.SYN, { sequence: 99, mss: 1460, windowScale: 7 });
  const flow = new TcpFlow(
    { mss: 1460, emit: (fields) => sent.push(fields), after: () => () => {}, done: () => {} },
    opening,
  );
  const socket = { pendingBytes: 0, write: () => {}, end: () => {}, destroy: () => {} };
  flow.socket = { ...socket, pause: () => {}, resume: () => {} };
  flow.connected();
  const acknowledgement = (sent[0]!.sequence + 1) % 2 ** 32;
  flow.segment(segment(TcpFlag.ACK, { sequence: 100, acknowledgement }));
  sent.length = 0;
  return { flow, sent, acknowledgement };
}

function segment(flags: number, more: Partial<TcpSegment>): TcpSegment {
  const empty = { sequence: 0, acknowledgement: 0, window: 1000, payload: new Uint8Array(0) };
  return { ...empty, mss: undefined, windowScale: undefined, flags, ...more };
}

describe('one end of a connection', () => {
  it('tells its window to a peer that asks with what is long known: the news may have been lost', () => {
    const { flow, sent, acknowledgement } = openFlow();
    flow.segment(segment(TcpFlag.ACK, { sequence: 99, acknowledgement }));
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ flags: TcpFlag.ACK, acknowledgement: 100 });
    expect(sent[0]!.window).toBeGreaterThan(0);
  });

  it('is silent about acknowledgements that tell nothing', () => {
    const { flow, sent, acknowledgement } = openFlow();
    flow.segment(segment(TcpFlag.ACK, { sequence: 100, acknowledgement }));
    expect(sent).toHaveLength(0);
  });
});
