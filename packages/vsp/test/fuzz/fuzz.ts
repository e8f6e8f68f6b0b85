/** Sends a device packets that are nearly right, as many as wanted, and looks what becomes of it. */

/// <reference types="node" />

import { recentWarnings } from '@viridian/trace';
import { IncomingPacket } from '@viridian/vmbus/ring';
import type { RawGuest } from '../support/raw-guest.ts';
import { Coverage } from './coverage.ts';
import { type FuzzPacket, mutate, Random } from './mutate.ts';

/** A device with an open channel in the fuzzer's hands. */
export interface FuzzSession {
  readonly raw: RawGuest;
  /** What the host does meanwhile: keys, frames, requests. */
  readonly poke?: (random: Random) => void;
  /** Throws when good traffic does not go through any more; of a channel that is open. */
  readonly expectAlive?: () => Promise<void>;
}

/** What is fuzzed. */
export interface FuzzTarget {
  readonly name: string;
  readonly open: (random: Random) => Promise<FuzzSession>;
  /** Good packets. */
  readonly seeds: readonly FuzzPacket[];
  /** Makes a packet of what the host said, for devices that ask the guest. */
  readonly reply?: (said: Uint8Array) => FuzzPacket;
}

/** What came of it. */
export interface FuzzReport {
  readonly cases: number;
  readonly sessions: number;
  /** Blocks of code that ran. */
  readonly blocks: number;
  readonly corpus: number;
  /** The longest that a packet took, in ms. */
  readonly slowestMs: number;
  /** How much more memory was in use at the end than after the first tenth, garbage collected. */
  readonly growthBytes: number;
}

/** Packets on one channel at most. */
const SESSION_CASES = 400;
/** How often coverage is asked for. */
const BATCH = 512;
const MOST_CORPUS = 1500;
const MOST_SAID = 16;

/** Runs so many cases. Throws at the first failure; the seed repeats it. */
export async function fuzz(target: FuzzTarget, cases: number, seed: number): Promise<FuzzReport> {
  using coverage = new Coverage();
  const random = new Random(seed);
  const corpus: FuzzPacket[] = [...target.seeds];
  const batch: FuzzPacket[] = [];
  const said: FuzzPacket[] = [];
  const packet = new IncomingPacket(20_000);
  let session = await target.open(random);
  let [sessions, inSession, slowestMs, firstHeap] = [1, 0, 0, 0];
  for (let number = 0; number < cases; number += 1) {
    if (!isOpen(session) || inSession >= SESSION_CASES) {
      if (isOpen(session)) await session.expectAlive?.();
      await session.raw.pair.close('enough');
      checkWarnings(number);
      session = await target.open(random);
      [sessions, inSession] = [sessions + 1, 0];
      said.length = 0;
      // The host may have the first word.
      await settle();
      drain(session.raw, packet, target, said);
    }
    inSession += 1;
    const base = pickBase(target, corpus, said, inSession, random);
    // Good ones in between lead further in.
    const next = random.oneIn(2) ? base : mutate(base, corpus, random);
    batch.push(next);
    const start = performance.now();
    send(session.raw, next);
    if (random.oneIn(8)) session.poke?.(random);
    // Now and then the guest reads nothing for a while.
    if (!random.oneIn(20)) drain(session.raw, packet, target, said);
    slowestMs = Math.max(slowestMs, performance.now() - start);
    if (number % 8 === 0) await settle();
    if (number % BATCH === BATCH - 1) {
      if (coverage.news() > 0) corpus.push(...batch.filter(() => random.oneIn(16)));
      if (corpus.length > MOST_CORPUS) corpus.splice(target.seeds.length, corpus.length - MOST_CORPUS);
      batch.length = 0;
    }
    if (number === Math.floor(cases / 10)) firstHeap = usedBytes();
  }
  await session.raw.pair.close('enough');
  coverage.news();
  checkWarnings(cases);
  const growthBytes = usedBytes() - firstHeap;
  return { cases, sessions, blocks: coverage.blocks, corpus: corpus.length, slowestMs, growthBytes };
}

/** What to begin from: an answer where the host asks, else the good packets in their order, or whatever was good for something. */
function pickBase(
  target: FuzzTarget,
  corpus: readonly FuzzPacket[],
  said: readonly FuzzPacket[],
  place: number,
  random: Random,
): FuzzPacket {
  if (said.length > 0 && !random.oneIn(4)) return random.oneIn(2) ? said.at(-1)! : random.pick(said);
  return random.oneIn(2) ? target.seeds[(place - 1) % target.seeds.length]! : random.pick(corpus);
}

/** A bad packet ends a channel at once, its owner hears of it in a later turn. */
function isOpen({ raw }: FuzzSession): boolean {
  return raw.pair.ended === undefined && raw.pair.host.open;
}

/** A device that throws loses its channel, and a warning tells. */
function checkWarnings(number: number): void {
  const failure = recentWarnings().find(({ point }) => point === 'vmbus.device');
  if (failure !== undefined) throw new Error(`before case ${number}: ${JSON.stringify(failure)}`);
}

function send(raw: RawGuest, { payload, type, flags, ranges }: FuzzPacket): void {
  raw.send(payload, {
    ...(type !== undefined && { type }),
    ...(flags !== undefined && { flags }),
    ...(ranges !== undefined && { ranges }),
  });
}

function drain({ ring }: RawGuest, packet: IncomingPacket, target: FuzzTarget, said: FuzzPacket[]): void {
  while (ring.receive(packet)) {
    if (target.reply === undefined) continue;
    const { bytes, payloadOffset, payloadBytes } = packet;
    said.push(target.reply(bytes.slice(payloadOffset, payloadOffset + payloadBytes)));
    if (said.length > MOST_SAID) said.shift();
  }
  ring.endReceive();
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}

function usedBytes(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
}
