/** What a packet command comes to, before anything of it has moved (SAM-5, Status). */

import { AdditionalSense, SenseKey } from '@viridian/protocols/scsi';
import type { Sense } from './dvd-unit.ts';

/** The outcome: nothing to send, bytes to send, blocks of the disc to send, or a failure. */
export type PacketResult =
  | { readonly kind: 'good' }
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'blocks'; readonly block: number; readonly blocks: number }
  | { readonly kind: 'failed'; readonly sense: Sense };

export const GOOD: PacketResult = { kind: 'good' };

/** Sends at most `allocationLength` bytes. */
export function respond(bytes: Uint8Array, allocationLength: number): PacketResult {
  return { kind: 'data', bytes: bytes.subarray(0, allocationLength) };
}

export function failed(sense: Sense): PacketResult {
  return { kind: 'failed', sense };
}

export const INVALID_FIELD = failed({
  key: SenseKey.ILLEGAL_REQUEST,
  additional: AdditionalSense.INVALID_FIELD_IN_CDB,
});

export const OUT_OF_RANGE = failed({
  key: SenseKey.ILLEGAL_REQUEST,
  additional: AdditionalSense.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE,
});

/** The parts as one run of bytes. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
