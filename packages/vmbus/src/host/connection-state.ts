/** States of the guest's connection to the bus, and the step between them. VMBus, Channel Management Protocol. */

/** InitiateContact, read. */
export interface Contact {
  readonly version: number;
  readonly targetVp: number;
  /** From 5.0 on; 2 before. */
  readonly sint: number;
  /** From 5.1 on; 0 before. */
  readonly vtl: number;
  /** Before 5.0; 0 after. */
  readonly interruptPageGpa: number;
  /** Monitor pages; both 0 for none. */
  readonly parentToChildGpa: number;
  readonly childToParentGpa: number;
}

/** What was agreed. */
export interface Session {
  readonly version: number;
  /** Processor that gets our messages. */
  readonly messageVp: number;
}

/** Where the connection goes when all channels have stopped. */
export type NextConnection =
  | { readonly to: 'disconnected' }
  | { readonly to: 'unloaded'; readonly session: Session }
  | { readonly to: 'contact'; readonly contact: Contact };

export type ConnectionState =
  | { readonly at: 'disconnected' }
  /** A version was agreed; offers were not asked for. */
  | { readonly at: 'connected'; readonly session: Session }
  | { readonly at: 'ready'; readonly session: Session }
  /** Channels are stopping. */
  | { readonly at: 'leaving'; readonly next: NextConnection };

export type ConnectionEvent =
  | { readonly kind: 'contact'; readonly contact: Contact }
  /** The runner checked a contact and accepted it. */
  | { readonly kind: 'accepted'; readonly session: Session }
  | { readonly kind: 'request-offers' }
  | { readonly kind: 'unload' }
  | { readonly kind: 'reset' }
  /** No channel is stopping any more. */
  | { readonly kind: 'drained' };

export type ConnectionEffect =
  | { readonly do: 'negotiate'; readonly contact: Contact }
  | { readonly do: 'send-offers' }
  /** Every channel forgets the guest. */
  | { readonly do: 'forget-channels' }
  | { readonly do: 'answer-unload'; readonly session: Session }
  | { readonly do: 'complain'; readonly reason: string };

export interface ConnectionStep {
  readonly next: ConnectionState;
  readonly effects: readonly ConnectionEffect[];
}

const FORGET: ConnectionEffect = { do: 'forget-channels' };

/** Pure. */
export function stepConnection(state: ConnectionState, event: ConnectionEvent): ConnectionStep {
  if (event.kind === 'reset') {
    if (state.at === 'disconnected') return { next: state, effects: [] };
    return { next: { at: 'leaving', next: { to: 'disconnected' } }, effects: [FORGET] };
  }
  switch (state.at) {
    case 'disconnected':
      if (event.kind === 'contact')
        return { next: state, effects: [{ do: 'negotiate', contact: event.contact }] };
      if (event.kind === 'accepted')
        return { next: { at: 'connected', session: event.session }, effects: [] };
      if (event.kind === 'drained') return { next: state, effects: [] };
      return complain(state, 'message before contact');
    case 'connected':
    case 'ready':
      return whenConnected(state, event);
    case 'leaving':
      return whenLeaving(state, event);
  }
}

function complain(state: ConnectionState, reason: string): ConnectionStep {
  return { next: state, effects: [{ do: 'complain', reason }] };
}

function whenConnected(
  state: ConnectionState & { at: 'connected' | 'ready' },
  event: ConnectionEvent,
): ConnectionStep {
  switch (event.kind) {
    case 'request-offers':
      if (state.at === 'ready') return complain(state, 'offers requested twice');
      return { next: { at: 'ready', session: state.session }, effects: [{ do: 'send-offers' }] };
    case 'unload':
      return {
        next: { at: 'leaving', next: { to: 'unloaded', session: state.session } },
        effects: [FORGET],
      };
    case 'contact':
      // A new kernel or firmware hand-over: implicit unload.
      return {
        next: { at: 'leaving', next: { to: 'contact', contact: event.contact } },
        effects: [FORGET],
      };
    default:
      return { next: state, effects: [] };
  }
}

function whenLeaving(state: ConnectionState & { at: 'leaving' }, event: ConnectionEvent): ConnectionStep {
  switch (event.kind) {
    case 'drained': {
      const next: ConnectionState = { at: 'disconnected' };
      if (state.next.to === 'contact')
        return { next, effects: [{ do: 'negotiate', contact: state.next.contact }] };
      if (state.next.to === 'unloaded')
        return { next, effects: [{ do: 'answer-unload', session: state.next.session }] };
      return { next, effects: [] };
    }
    case 'contact':
      return { next: { at: 'leaving', next: { to: 'contact', contact: event.contact } }, effects: [] };
    default:
      return complain(state, 'message while the connection is being left');
  }
}
