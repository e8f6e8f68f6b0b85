/// <reference path="./des-js.d.ts" />
/**
 * Who knows the password can encrypt what the server made up: DES with the password as its key. RFC 6143, VNC
 * Authentication. It keeps nothing secret that passes later, and eight characters are all that count.
 */

import { DES } from 'des.js';
import { CHALLENGE_BYTES } from './protocol.ts';

const KEY_BYTES = 8;

/** Bytes that nobody can foresee. */
export function makeChallenge(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(CHALLENGE_BYTES));
}

/** What who knows the password answers to a challenge. */
export function answerTo(challenge: Uint8Array, password: string): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(KEY_BYTES);
  new TextEncoder().encodeInto(password, key);
  // The first implementation had the bits of each byte the other way round, and all since.
  const cipher = DES.create({ type: 'encrypt', key: key.map(mirrored), padding: false });
  return Uint8Array.from(cipher.update(challenge));
}

/** Compares answers in a time that does not tell where they differ. */
export function isSameAnswer(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  return a.reduce((difference, byte, index) => difference | (byte ^ b[index]!), 0) === 0;
}

function mirrored(byte: number): number {
  let result = 0;
  for (let bit = 0; bit < 8; bit += 1) if ((byte & (1 << bit)) !== 0) result |= 0x80 >> bit;
  return result;
}
