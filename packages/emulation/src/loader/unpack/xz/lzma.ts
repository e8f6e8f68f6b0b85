/** LZMA symbols to bytes, into one output that is its own dictionary (LZMA Specification, Decoding). */

import { EVEN, type RangeDecoder } from './range-decoder.ts';
import { corrupt } from './xz-error.ts';

const STATES = 12;
const POSITION_STATES = 16;
const FIRST_MATCH_STATE = 7;
const LEAST_MATCH = 2;
const LENGTH_CODER = 2 + POSITION_STATES * 16 + 256;
const LITERAL_CODER = 0x300;
/** Distances from 4 on are a slot and lower bits; those of slots below 14 have probabilities of their own. */
const FIRST_MODEL_SLOT = 4;
const END_MODEL_SLOT = 14;
const ALIGN_BITS = 4;

/** Where each group of probabilities begins. */
const IS_MATCH = 0;
const IS_REP = IS_MATCH + STATES * POSITION_STATES;
const IS_REP_G0 = IS_REP + STATES;
const IS_REP_G1 = IS_REP_G0 + STATES;
const IS_REP_G2 = IS_REP_G1 + STATES;
const IS_REP0_LONG = IS_REP_G2 + STATES;
const SLOT = IS_REP0_LONG + STATES * POSITION_STATES;
const SPECIAL = SLOT + 4 * 64;
const ALIGN = SPECIAL + 128;
const MATCH_LENGTH = ALIGN + (1 << ALIGN_BITS);
const REP_LENGTH = MATCH_LENGTH + LENGTH_CODER;
const LITERAL = REP_LENGTH + LENGTH_CODER;
/** LZMA2 allows lc + lp up to 4. */
const PROBABILITIES = LITERAL + (LITERAL_CODER << 4);

/** A decoder with its state; LZMA2 resets parts of it. */
export class LzmaDecoder {
  readonly #input: RangeDecoder;
  readonly #output: Uint8Array;
  readonly #probabilities = new Uint16Array(PROBABILITIES);
  /** Where the next byte goes. */
  at = 0;
  #dictionaryStart = 0;
  #lc = 0;
  #literalPositionMask = 0;
  #positionMask = 0;
  #state = 0;
  #rep0 = 0;
  #rep1 = 0;
  #rep2 = 0;
  #rep3 = 0;

  constructor(input: RangeDecoder, output: Uint8Array) {
    this.#input = input;
    this.#output = output;
  }

  /** What lies before is out of reach from here on. */
  resetDictionary(): void {
    this.#dictionaryStart = this.at;
  }

  /** The byte (pb · 5 + lp) · 9 + lc. */
  setProperties(byte: number): void {
    const lc = byte % 9;
    const lp = Math.floor(byte / 9) % 5;
    const pb = Math.floor(byte / 45);
    if (pb > 4 || lc + lp > 4) throw corrupt('it has LZMA properties that cannot be');
    this.#lc = lc;
    this.#literalPositionMask = (1 << lp) - 1;
    this.#positionMask = (1 << pb) - 1;
  }

  resetState(): void {
    this.#probabilities.fill(EVEN);
    this.#state = this.#rep0 = this.#rep1 = this.#rep2 = this.#rep3 = 0;
  }

  /** Copies bytes that are not packed. */
  copy(bytes: Uint8Array): void {
    this.#output.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** Unpacks up to an end, at which a symbol has to end too. */
  decode(end: number): void {
    const input = this.#input;
    const probabilities = this.#probabilities;
    while (this.at < end) {
      const positionState = (this.at - this.#dictionaryStart) & this.#positionMask;
      const stateIndex = (this.#state << 4) + positionState;
      if (input.bit(probabilities, IS_MATCH + stateIndex) === 0) {
        this.#literal();
      } else if (input.bit(probabilities, IS_REP + this.#state) === 0) {
        this.#repeat(this.#match(positionState), end);
      } else {
        this.#repeat(this.#repeatedMatch(positionState, stateIndex), end);
      }
    }
  }

  #literal(): void {
    const input = this.#input;
    const output = this.#output;
    const probabilities = this.#probabilities;
    const { at } = this;
    const position = at - this.#dictionaryStart;
    const before = position === 0 ? 0 : output[at - 1]!;
    const context = ((position & this.#literalPositionMask) << this.#lc) + (before >> (8 - this.#lc));
    const base = LITERAL + LITERAL_CODER * context;
    let symbol = 1;
    if (this.#state >= FIRST_MATCH_STATE) {
      // After a match the byte that would have continued it tells what this one is not.
      this.#checkDistance();
      let matched = output[at - this.#rep0 - 1]! << 1;
      let offset = 0x100;
      while (symbol < 0x100) {
        const matchBit = matched & offset;
        matched <<= 1;
        const bit = input.bit(probabilities, base + offset + matchBit + symbol);
        symbol = (symbol << 1) | bit;
        offset &= bit === 1 ? matchBit : ~matchBit;
      }
    } else {
      while (symbol < 0x100) symbol = (symbol << 1) | input.bit(probabilities, base + symbol);
    }
    output[at] = symbol;
    this.at = at + 1;
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  /** A match at a new distance; gives its length. */
  #match(positionState: number): number {
    const input = this.#input;
    const probabilities = this.#probabilities;
    this.#state = this.#state < FIRST_MATCH_STATE ? 7 : 10;
    this.#rep3 = this.#rep2;
    this.#rep2 = this.#rep1;
    this.#rep1 = this.#rep0;
    const length = this.#length(MATCH_LENGTH, positionState);
    const slot = input.tree(probabilities, SLOT + (Math.min(length - LEAST_MATCH, 3) << 6), 6);
    if (slot < FIRST_MODEL_SLOT) {
      this.#rep0 = slot;
      return length;
    }
    const lowBits = (slot >> 1) - 1;
    const high = (2 | (slot & 1)) << lowBits;
    if (slot < END_MODEL_SLOT) {
      this.#rep0 = high + input.reverseTree(probabilities, SPECIAL + high - slot, lowBits);
    } else {
      const middle = input.direct(lowBits - ALIGN_BITS) << ALIGN_BITS;
      this.#rep0 = (high + middle + input.reverseTree(probabilities, ALIGN, ALIGN_BITS)) >>> 0;
    }
    return length;
  }

  /** A match at one of the last four distances; gives its length. */
  #repeatedMatch(positionState: number, stateIndex: number): number {
    const input = this.#input;
    const probabilities = this.#probabilities;
    const state = this.#state;
    if (input.bit(probabilities, IS_REP_G0 + state) === 0) {
      if (input.bit(probabilities, IS_REP0_LONG + stateIndex) === 0) {
        this.#state = state < FIRST_MATCH_STATE ? 9 : 11;
        return 1;
      }
    } else {
      let distance = this.#rep1;
      if (input.bit(probabilities, IS_REP_G1 + state) === 1) {
        distance = this.#rep2;
        if (input.bit(probabilities, IS_REP_G2 + state) === 1) {
          distance = this.#rep3;
          this.#rep3 = this.#rep2;
        }
        this.#rep2 = this.#rep1;
      }
      this.#rep1 = this.#rep0;
      this.#rep0 = distance;
    }
    this.#state = state < FIRST_MATCH_STATE ? 8 : 11;
    return this.#length(REP_LENGTH, positionState);
  }

  #length(coder: number, positionState: number): number {
    const input = this.#input;
    const probabilities = this.#probabilities;
    const low = coder + 2 + (positionState << 3);
    if (input.bit(probabilities, coder) === 0) return LEAST_MATCH + input.tree(probabilities, low, 3);
    const middle = low + (POSITION_STATES << 3);
    if (input.bit(probabilities, coder + 1) === 0)
      return LEAST_MATCH + 8 + input.tree(probabilities, middle, 3);
    return LEAST_MATCH + 16 + input.tree(probabilities, coder + 2 + (POSITION_STATES << 4), 8);
  }

  #repeat(length: number, end: number): void {
    this.#checkDistance();
    const { at } = this;
    if (at + length > end) throw corrupt('a match runs over the end of its chunk');
    const output = this.#output;
    const from = at - this.#rep0 - 1;
    // Forward and by bytes: a match may overlap what it writes.
    for (let i = 0; i < length; i += 1) output[at + i] = output[from + i]!;
    this.at = at + length;
  }

  #checkDistance(): void {
    if (this.#rep0 >= this.at - this.#dictionaryStart) throw corrupt('a match reaches before the data');
  }
}
