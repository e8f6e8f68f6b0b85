/** Memory that the guest lends to its channels. VMBus, GPADL messages: header, bodies, teardown. */

import { GpaRangeHeader } from '@viridian/protocols/vmbus';
import { PAGE_BYTES } from '../ring/guest-memory.ts';
import type { GpadlRange } from './offered-device.ts';

/** How much one guest may have in GPADLs, in 8-byte words (about one per page) and in number. */
export interface GpadlLimits {
  readonly words: number;
  readonly count: number;
}

/** A GPADL that was received whole and checked. */
export interface Gpadl {
  readonly relid: number;
  readonly id: number;
  readonly ranges: readonly GpadlRange[];
  readonly words: number;
  /** The guest wants it back; somebody still uses it. */
  tearingDown: boolean;
}

interface Unfinished {
  readonly relid: number;
  readonly id: number;
  readonly rangeCount: number;
  readonly data: Uint8Array;
  received: number;
}

/** What a header or body came to. */
export type GpadlProgress =
  | { readonly kind: 'more' }
  | { readonly kind: 'complete'; readonly gpadl: Gpadl }
  /** Answer with failure. */
  | { readonly kind: 'refused'; readonly relid: number; readonly id: number; readonly reason: string }
  /** Nothing to answer. */
  | { readonly kind: 'dropped'; readonly reason: string };

const TWO_TO_32 = 2 ** 32;
const MORE: GpadlProgress = { kind: 'more' };
/** Page numbers have 52 bits. */
const MOST_GPN_HIGH = 2 ** 20 - 1;

/**
 * GPADLs by channel and id. The ids are the guest's; a body names only the id, so an id can be in progress only once.
 * Memory is bounded: what is in progress counts with its stated size.
 */
export class GpadlTable {
  readonly #limits: GpadlLimits;
  readonly #unfinished = new Map<number, Unfinished>();
  readonly #whole = new Map<number, Gpadl>();
  #words = 0;

  constructor(limits: GpadlLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#whole.size;
  }

  get unfinished(): number {
    return this.#unfinished.size;
  }

  /** GpadlHeader. `data` is the rest of the message. */
  begin(relid: number, id: number, rangeBytes: number, rangeCount: number, data: Uint8Array): GpadlProgress {
    const refused = (reason: string): GpadlProgress => ({ kind: 'refused', relid, id, reason });
    const words = rangeBytes / 8;
    if (this.#unfinished.has(id)) return refused('GPADL id is in progress');
    if (this.#whole.has(keyOf(relid, id))) return refused('GPADL id is in use');
    if (rangeCount === 0) return refused('GPADL has no ranges');
    if (!Number.isInteger(words)) return refused('GPADL length is not a multiple of 8');
    // Each range has a header and at least one page.
    if (words < rangeCount * 2) return refused('GPADL length is too short for its ranges');
    if (this.#words + words > this.#limits.words) return refused('GPADL memory limit reached');
    if (this.#whole.size + this.#unfinished.size >= this.#limits.count)
      return refused('GPADL number limit reached');
    this.#words += words;
    const begun: Unfinished = { relid, id, rangeCount, data: new Uint8Array(rangeBytes), received: 0 };
    this.#unfinished.set(id, begun);
    return this.#take(begun, data);
  }

  /** GpadlBody. */
  append(id: number, data: Uint8Array): GpadlProgress {
    const begun = this.#unfinished.get(id);
    if (begun === undefined) return { kind: 'dropped', reason: 'GPADL body without a header' };
    return this.#take(begun, data);
  }

  find(relid: number, id: number): Gpadl | undefined {
    return this.#whole.get(keyOf(relid, id));
  }

  /** Whether the table still holds this very GPADL. */
  has(gpadl: Gpadl): boolean {
    return this.#whole.get(keyOf(gpadl.relid, gpadl.id)) === gpadl;
  }

  remove(gpadl: Gpadl): void {
    if (!this.has(gpadl)) return;
    this.#whole.delete(keyOf(gpadl.relid, gpadl.id));
    this.#words -= gpadl.words;
  }

  /** Forgets one in progress. True if there was one. */
  abandon(relid: number, id: number): boolean {
    const begun = this.#unfinished.get(id);
    if (begun === undefined || begun.relid !== relid) return false;
    this.#end(begun);
    return true;
  }

  /** Forgets everything of a channel. */
  removeAll(relid: number): void {
    for (const begun of this.#unfinished.values()) if (begun.relid === relid) this.#end(begun);
    for (const gpadl of this.#whole.values()) if (gpadl.relid === relid) this.remove(gpadl);
  }

  inspect(): { count: number; unfinished: number; words: number } {
    return { count: this.count, unfinished: this.unfinished, words: this.#words };
  }

  #end(begun: Unfinished): void {
    this.#unfinished.delete(begun.id);
    this.#words -= begun.data.length / 8;
  }

  /** Some clients always send whole messages: what is too much is cut. */
  #take(begun: Unfinished, data: Uint8Array): GpadlProgress {
    const wanted = begun.data.length - begun.received;
    const taken = data.length > wanted ? data.subarray(0, wanted) : data;
    if (taken.length === 0 && wanted > 0 && begun.received > 0)
      return { kind: 'dropped', reason: 'GPADL body is empty' };
    begun.data.set(taken, begun.received);
    begun.received += taken.length;
    if (begun.received < begun.data.length) return MORE;
    this.#end(begun);
    const { relid, id } = begun;
    const ranges = parseRanges(begun.data, begun.rangeCount);
    if (typeof ranges === 'string') return { kind: 'refused', relid, id, reason: ranges };
    const words = begun.data.length / 8;
    const gpadl: Gpadl = { relid, id, ranges, words, tearingDown: false };
    this.#whole.set(keyOf(relid, id), gpadl);
    this.#words += words;
    return { kind: 'complete', gpadl };
  }
}

function keyOf(relid: number, id: number): number {
  return relid * TWO_TO_32 + id;
}

/** The ranges in a stream of words; a text says what is wrong with it. */
export function parseRanges(data: Uint8Array, rangeCount: number): GpadlRange[] | string {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const ranges: GpadlRange[] = [];
  let at = 0;
  for (let range = 0; range < rangeCount; range += 1) {
    if (at + GpaRangeHeader.size > data.length) return 'GPADL range count does not match its length';
    const { byteCount, byteOffset } = GpaRangeHeader.read(view, at);
    at += GpaRangeHeader.size;
    if (byteOffset >= PAGE_BYTES) return 'GPADL range begins past its first page';
    if (byteCount === 0) return 'GPADL range is empty';
    const pages = Math.ceil((byteOffset + byteCount) / PAGE_BYTES);
    if (at + pages * 8 > data.length) return 'GPADL range has too few pages';
    const gpns = new Float64Array(pages);
    for (let page = 0; page < pages; page += 1, at += 8) {
      const high = view.getUint32(at + 4, true);
      if (high > MOST_GPN_HIGH) return 'GPADL page number is out of range';
      gpns[page] = view.getUint32(at, true) + high * TWO_TO_32;
    }
    ranges.push({ byteOffset, byteCount, gpns });
  }
  return at === data.length ? ranges : 'GPADL range count does not match its length';
}
