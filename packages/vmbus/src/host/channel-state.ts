/** States of an offered channel as the host sees them, and the step between them. VMBus, Channel Management Protocol. */

import { NtStatus } from '@viridian/protocols/vmbus';

/** What the guest asked for when it opened the channel. */
export interface OpenParameters {
  readonly openId: number;
  readonly ringGpadl: number;
  readonly targetVp: number;
  readonly downstreamPageOffset: number;
  readonly userData: Uint8Array;
}

/** Where a channel goes when its device has stopped. */
export type Afterwards =
  | { readonly at: 'closed' }
  /** Close has no reply, so the next open may come before the device is done. */
  | { readonly at: 'reopen'; readonly request: OpenParameters }
  | { readonly at: 'broken' }
  | { readonly at: 'released' }
  | { readonly at: 'revoked' }
  | { readonly at: 'unannounced' }
  | { readonly at: 'gone' };

/** One channel. */
export type ChannelState =
  /** The guest does not know it yet. */
  | { readonly at: 'unannounced' }
  | { readonly at: 'closed' }
  /** The device is deciding. */
  | { readonly at: 'opening'; readonly request: OpenParameters }
  | { readonly at: 'open'; readonly request: OpenParameters }
  /** The guest broke its ring; the device has stopped, but the guest has not closed. */
  | { readonly at: 'broken' }
  /** The rings are gone and the device is stopping. */
  | { readonly at: 'closing'; readonly towards: Afterwards }
  /** The guest let go of it; it is offered anew on the next connection. */
  | { readonly at: 'released' }
  /** Rescinded; the guest has not let go yet. */
  | { readonly at: 'revoked' }
  | { readonly at: 'gone' };

/** What can happen to a channel. */
export type ChannelEvent =
  | { readonly kind: 'offer' }
  | { readonly kind: 'open'; readonly request: OpenParameters }
  /** The device's answer. */
  | { readonly kind: 'opened'; readonly status: number }
  | { readonly kind: 'close' }
  | { readonly kind: 'broke'; readonly reason: string }
  /** The device has stopped. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'rescind' }
  /** RelIdReleased. */
  | { readonly kind: 'release' }
  /** The connection is gone. Sub-channels go with it, primaries are kept for the next one. */
  | { readonly kind: 'forget'; readonly keep: boolean };

/** What the runner has to do, in order. */
export type ChannelEffect =
  | { readonly do: 'send-offer' }
  | { readonly do: 'send-rescind' }
  | { readonly do: 'start'; readonly request: OpenParameters }
  | { readonly do: 'answer-open'; readonly request: OpenParameters; readonly status: number }
  | { readonly do: 'stop'; readonly reason: string }
  /** The guest's GPADLs on this channel are void. */
  | { readonly do: 'drop-gpadls' }
  /** A rule was broken and nothing happened. */
  | { readonly do: 'complain'; readonly reason: string };

/** Result of one step. */
export interface ChannelStep {
  readonly next: ChannelState;
  readonly effects: readonly ChannelEffect[];
}

const DROP: ChannelEffect = { do: 'drop-gpadls' };
const RESCIND: ChannelEffect = { do: 'send-rescind' };

/** Pure: no ring, no device, no message. */
export function stepChannel(state: ChannelState, event: ChannelEvent): ChannelStep {
  switch (state.at) {
    case 'unannounced':
      return whenUnannounced(state, event);
    case 'closed':
      return whenClosed(state, event);
    case 'opening':
      return whenOpening(state, event);
    case 'open':
      return whenOpen(state, event);
    case 'broken':
      return whenBroken(state, event);
    case 'closing':
      return whenClosing(state, event);
    case 'released':
      return whenReleased(state, event);
    case 'revoked':
      return whenRevoked(state, event);
    case 'gone':
      return stay(state);
  }
}

function go(next: ChannelState, ...effects: ChannelEffect[]): ChannelStep {
  return { next, effects };
}

function stay(state: ChannelState, ...effects: ChannelEffect[]): ChannelStep {
  return { next: state, effects };
}

function complain(state: ChannelState, reason: string): ChannelStep {
  return stay(state, { do: 'complain', reason });
}

function closing(towards: Afterwards, reason: string, ...first: ChannelEffect[]): ChannelStep {
  return go({ at: 'closing', towards }, ...first, { do: 'stop', reason });
}

function forgotten(keep: boolean): { readonly at: 'unannounced' } | { readonly at: 'gone' } {
  return keep ? { at: 'unannounced' } : { at: 'gone' };
}

function whenUnannounced(state: ChannelState, event: ChannelEvent): ChannelStep {
  switch (event.kind) {
    case 'offer':
      return go({ at: 'closed' }, { do: 'send-offer' });
    case 'rescind':
      return go({ at: 'gone' });
    case 'forget':
      return go(forgotten(event.keep));
    default:
      return complain(state, 'channel was not offered');
  }
}

function whenClosed(state: ChannelState, event: ChannelEvent): ChannelStep {
  switch (event.kind) {
    case 'open':
      return go({ at: 'opening', request: event.request }, { do: 'start', request: event.request });
    case 'close':
      return complain(state, 'close of a channel that is not open');
    case 'release':
      return go({ at: 'released' }, DROP);
    case 'rescind':
      return go({ at: 'revoked' }, RESCIND);
    case 'forget':
      return go(forgotten(event.keep), DROP);
    default:
      return stay(state);
  }
}

function whenOpening(state: ChannelState & { at: 'opening' }, event: ChannelEvent): ChannelStep {
  const { request } = state;
  switch (event.kind) {
    case 'opened': {
      const next: ChannelState = event.status === 0 ? { at: 'open', request } : { at: 'closed' };
      return go(next, { do: 'answer-open', request, status: event.status });
    }
    case 'broke':
      return closing({ at: 'closed' }, event.reason, {
        do: 'answer-open',
        request,
        status: NtStatus.INVALID_DEVICE_STATE,
      });
    case 'open':
      return complain(state, 'open of a channel that is being opened');
    case 'close':
      return closing({ at: 'closed' }, 'closed by the guest while it was being opened');
    case 'rescind':
      return closing({ at: 'revoked' }, 'rescinded', RESCIND);
    case 'release':
      return complain(state, 'release of a channel that is being opened');
    case 'forget':
      return closing(forgotten(event.keep), 'disconnected', DROP);
    default:
      return stay(state);
  }
}

function whenOpen(state: ChannelState & { at: 'open' }, event: ChannelEvent): ChannelStep {
  switch (event.kind) {
    case 'close':
      return closing({ at: 'closed' }, 'closed by the guest');
    case 'broke':
      return closing({ at: 'broken' }, event.reason);
    case 'open':
      return refuse(state, event.request, 'open of a channel that is open');
    case 'rescind':
      return closing({ at: 'revoked' }, 'rescinded', RESCIND);
    case 'release':
      return complain(state, 'release of an open channel');
    case 'forget':
      return closing(forgotten(event.keep), 'disconnected', DROP);
    default:
      return stay(state);
  }
}

function refuse(state: ChannelState, request: OpenParameters, reason: string): ChannelStep {
  return stay(
    state,
    { do: 'complain', reason },
    { do: 'answer-open', request, status: NtStatus.INVALID_DEVICE_STATE },
  );
}

function whenBroken(state: ChannelState, event: ChannelEvent): ChannelStep {
  switch (event.kind) {
    case 'close':
      return go({ at: 'closed' });
    case 'open':
      return refuse(state, event.request, 'open of a channel that is open');
    case 'rescind':
      return go({ at: 'revoked' }, RESCIND);
    case 'release':
      return complain(state, 'release of an open channel');
    case 'forget':
      return go(forgotten(event.keep), DROP);
    default:
      return stay(state);
  }
}

function whenClosing(state: ChannelState & { at: 'closing' }, event: ChannelEvent): ChannelStep {
  const { towards } = state;
  const turn = (next: Afterwards, ...effects: ChannelEffect[]): ChannelStep =>
    go({ at: 'closing', towards: next }, ...effects);
  switch (event.kind) {
    case 'stopped':
      if (towards.at !== 'reopen') return go(towards);
      return go({ at: 'opening', request: towards.request }, { do: 'start', request: towards.request });
    case 'forget':
      return turn(
        towards.at === 'gone' || towards.at === 'revoked' ? { at: 'gone' } : forgotten(event.keep),
        DROP,
      );
    case 'rescind':
      if (towards.at === 'unannounced') return turn({ at: 'gone' });
      if (towards.at === 'revoked' || towards.at === 'gone') return stay(state);
      return turn({ at: 'revoked' }, RESCIND);
    case 'release':
      if (towards.at === 'revoked') return turn({ at: 'gone' }, DROP);
      if (towards.at === 'closed') return turn({ at: 'released' }, DROP);
      return complain(state, 'release of an open channel');
    case 'open':
      if (towards.at === 'closed') return turn({ at: 'reopen', request: event.request });
      // No reply is owed to an open that crossed the rescind.
      if (towards.at === 'revoked') return stay(state);
      return refuse(state, event.request, 'open of a channel that is open');
    case 'close':
      if (towards.at === 'broken' || towards.at === 'reopen') return turn({ at: 'closed' });
      if (towards.at === 'revoked') return stay(state);
      return complain(state, 'close of a channel that is not open');
    default:
      return stay(state);
  }
}

function whenReleased(state: ChannelState, event: ChannelEvent): ChannelStep {
  switch (event.kind) {
    case 'rescind':
      return go({ at: 'gone' });
    case 'forget':
      return go(forgotten(event.keep));
    case 'open':
    case 'close':
    case 'release':
      return complain(state, 'channel was not offered');
    default:
      return stay(state);
  }
}

function whenRevoked(state: ChannelState, event: ChannelEvent): ChannelStep {
  switch (event.kind) {
    case 'release':
    case 'forget':
      return go({ at: 'gone' }, DROP);
    default:
      // Open and Close may have crossed the rescind.
      return stay(state);
  }
}
