/**
 * The symbols that a Linux kernel carries for its own back-traces: what a System.map says, from the vmlinux alone.
 *
 * Linux, scripts/kallsyms.c, writes the tables; kernel/kallsyms.c reads them. Nothing in the file tells where they are,
 * so they are found by what they hold: the token table has each character's own token at its code.
 */

import { FileView } from '../file-view.ts';
import { LoadError } from '../load-error.ts';
import { findTokens, type TokenTable } from './token-table.ts';

/** A symbol of a kernel. */
export interface KernelSymbol {
  /** Virtual address; of per-processor data an offset. */
  readonly address: bigint;
  /** As `nm` prints it: T, t, D, d, … */
  readonly type: string;
  readonly name: string;
}

const SYMBOLS_PER_MARKER = 256;
/** Fewer than in the smallest kernel, more than in the largest. */
const [LEAST_SYMBOLS, MOST_SYMBOLS] = [2 * SYMBOLS_PER_MARKER, 2 ** 21];
/** Names, markers and the order by name take less than this in any kernel. */
const MOST_TABLE_BYTES = 2 ** 25;
const NAMES_TRIED = 64;

/**
 * Reads the symbols in the order of their addresses. Throws {@link LoadError} `unsupported` for a kernel without them or
 * with tables of another form: known are those of 64-bit and 32-bit x86 with addresses relative to a base (Linux 4.6 on).
 */
export function readKernelSymbols(vmlinux: Uint8Array): KernelSymbol[] {
  const file = new FileView(vmlinux, 'the kernel');
  const is64 = file.u8(4, 'the ELF class') === 2;
  for (const tokens of findTokens(file)) {
    const names = findNames(file, tokens, is64 ? 8 : 4);
    const addresses = names && findAddresses(file, names, tokens, is64);
    if (names !== undefined && addresses !== undefined) return decode(file, names, addresses, tokens);
  }
  throw new LoadError('unsupported', 'the kernel has no symbol tables of a form that is known here');
}

/** The text of a System.map: address, type and name a line. */
export function systemMap(symbols: readonly KernelSymbol[]): string {
  const line = ({ address, type, name }: KernelSymbol): string =>
    `${address.toString(16).padStart(16, '0')} ${type} ${name}\n`;
  return symbols.map(line).join('');
}

interface Names {
  readonly at: number;
  readonly count: number;
  /** Where the number of symbols is. */
  readonly countAt: number;
}

/**
 * The number of symbols, then their names, are somewhere in front of the tokens; markers, which follow the names, tell
 * where every 256th of them begins.
 */
function findNames(file: FileView, tokens: TokenTable, word: number): Names | undefined {
  const nearest = (tokens.at - word) & ~(word - 1);
  for (let countAt = nearest; countAt > Math.max(0, nearest - MOST_TABLE_BYTES); countAt -= word) {
    const count = file.u32(countAt, 'the number of symbols');
    if (count < LEAST_SYMBOLS || count > MOST_SYMBOLS) continue;
    const at = countAt + word;
    if (looksLikeNames(file, at, tokens) && hasMarkers(file, at, count, word)) return { at, count, countAt };
  }
  return undefined;
}

/** Whether some names begin with a type as `nm` prints it. */
function looksLikeNames(file: FileView, start: number, tokens: TokenTable): boolean {
  let at = start;
  for (let i = 0; i < NAMES_TRIED; i += 1) {
    if (at + 3 > tokens.at) return false;
    const [name, length] = nameAt(file, at);
    if (length === 0 || !/^[A-Za-z]/.test(tokens.texts[file.bytes[name]!]!)) return false;
    at = name + length;
  }
  return true;
}

function hasMarkers(file: FileView, start: number, count: number, word: number): boolean {
  let at = start;
  let second = 0;
  for (let i = 0; i < count; i += 1) {
    if (i === SYMBOLS_PER_MARKER) second = at - start;
    if (at + 2 > file.length) return false;
    const [name, length] = nameAt(file, at);
    at = name + length;
  }
  const markers = Math.ceil(at / word) * word;
  if (markers + 8 > file.length) return false;
  return file.u32(markers, 'a marker') === 0 && file.u32(markers + 4, 'a marker') === second;
}

/** A length in one byte, or in two since some names are long (Linux 6.1). */
function nameAt(file: FileView, at: number): [start: number, length: number] {
  const first = file.u8(at, 'a name');
  if (first < 0x80) return [at + 1, first];
  return [at + 2, (first & 0x7f) | (file.u8(at + 1, 'a name') << 7)];
}

/** Gives the address of a symbol by its number. */
type Addresses = (index: number) => bigint;

/** In front of the names, or since Linux 6.4 behind the tokens; whichever gives addresses that rise. */
function findAddresses(
  file: FileView,
  names: Names,
  tokens: TokenTable,
  is64: boolean,
): Addresses | undefined {
  const word = is64 ? 8 : 4;
  const offsetsBytes = Math.ceil((names.count * 4) / word) * word;
  const behind = Math.ceil(tokens.end / word) * word;
  const places = [
    { offsetsAt: names.countAt - word - offsetsBytes, baseAt: names.countAt - word },
    { offsetsAt: behind, baseAt: behind + offsetsBytes },
  ];
  for (const { offsetsAt, baseAt } of places) {
    if (offsetsAt < 0 || baseAt + word > file.length) continue;
    const base = is64 ? bigAt(file, baseAt) : BigInt(file.u32(baseAt, 'the base'));
    const addresses: Addresses = (index) => {
      const offset = file.u32(offsetsAt + index * 4, 'an offset') | 0;
      if (!is64) return base + BigInt(offset >>> 0);
      // What is not negative is an offset in per-processor data.
      return offset >= 0 ? BigInt(offset) : base - 1n - BigInt(offset);
    };
    if (isRising(addresses, names.count)) return addresses;
  }
  return undefined;
}

function bigAt(file: FileView, at: number): bigint {
  return (BigInt(file.u32(at + 4, 'the base')) << 32n) | BigInt(file.u32(at, 'the base'));
}

function isRising(addresses: Addresses, count: number): boolean {
  let last = -1n;
  for (let index = 0; index < count; index += 1) {
    const address = addresses(index);
    if (address < last) return false;
    last = address;
  }
  return last > 0n;
}

function decode(file: FileView, names: Names, addresses: Addresses, tokens: TokenTable): KernelSymbol[] {
  const symbols: KernelSymbol[] = [];
  let at = names.at;
  for (let index = 0; index < names.count; index += 1) {
    const [start, length] = nameAt(file, at);
    let text = '';
    for (const token of file.slice(start, length, 'a name')) text += tokens.texts[token]!;
    symbols.push({ address: addresses(index), type: text.slice(0, 1), name: text.slice(1) });
    at = start + length;
  }
  return symbols;
}
