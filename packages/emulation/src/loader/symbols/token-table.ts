/** Finds the 256 tokens by which a kernel's symbol names are compressed (Linux, scripts/kallsyms.c). */

import type { FileView } from '../file-view.ts';

/** The table in a file. */
export interface TokenTable {
  readonly at: number;
  /** Behind the index that follows the table. */
  readonly end: number;
  readonly texts: readonly string[];
}

const TOKENS = 256;
const INDEX_BYTES = TOKENS * 2;
const FIRST_DIGIT = 0x30;
const TABLE_ALIGN = 4;
/** No token in use is near as long. */
const MOST_TOKEN_BYTES = 64;

/** Tables in a file, of which the first is right unless the file contains another kernel. */
export function* findTokens(file: FileView): Generator<TokenTable> {
  for (let digits = findDigits(file.bytes, 0); digits >= 0; digits = findDigits(file.bytes, digits + 1)) {
    const table = tableAround(file, digits);
    if (table !== undefined) yield table;
  }
}

/** "0", "1", … "9", each with its end: every kernel has names with all of them. */
function findDigits(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(FIRST_DIGIT, from); at >= 0; at = bytes.indexOf(FIRST_DIGIT, at + 1)) {
    let digit = 0;
    while (digit < 10 && bytes[at + digit * 2] === FIRST_DIGIT + digit && bytes[at + digit * 2 + 1] === 0)
      digit += 1;
    if (digit === 10) return at;
  }
  return -1;
}

/** Goes back by 48 tokens; where that begins is right when the index behind the table says the same. */
function tableAround(file: FileView, digits: number): TokenTable | undefined {
  const { bytes } = file;
  const oldest = Math.max(0, digits - FIRST_DIGIT * MOST_TOKEN_BYTES);
  let tokens = 0;
  for (let at = digits; at >= oldest; at -= 1) {
    if (at !== digits && bytes[at] === 0) tokens += 1;
    if (tokens > FIRST_DIGIT) return undefined;
    if (tokens !== FIRST_DIGIT || at % TABLE_ALIGN !== 0) continue;
    const table = readTable(file, at);
    if (table !== undefined) return table;
  }
  return undefined;
}

function readTable(file: FileView, at: number): TokenTable | undefined {
  const starts: number[] = [];
  const texts: string[] = [];
  let end = at;
  for (let token = 0; token < TOKENS; token += 1) {
    starts.push(end - at);
    const stop = file.bytes.indexOf(0, end);
    if (stop < 0 || stop - end > MOST_TOKEN_BYTES) return undefined;
    texts.push(String.fromCharCode(...file.bytes.subarray(end, stop)));
    end = stop + 1;
  }
  for (const align of [8, 4]) {
    const index = Math.ceil(end / align) * align;
    if (index + INDEX_BYTES > file.length) continue;
    const isIndex = starts.every((start, token) => file.u16(index + token * 2, 'the index') === start);
    if (isIndex) return { at, end: index + INDEX_BYTES, texts };
  }
  return undefined;
}
