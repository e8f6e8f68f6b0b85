/** The symbols of the kernel that runs: from a System.map, or from the kernel itself. */

import { readFile } from 'node:fs/promises';
import {
  LoadError,
  readKernelSymbols,
  readSystemMap,
  SymbolTable,
  unpackKernel,
} from '@viridian/emulation/loader';
import type { ProcessorSnapshot } from '@viridian/vm';
import { Reg } from '@viridian/x86';
import { OptionError } from '../demo/options.ts';

/** Where symbols can be found. */
export interface SymbolSource {
  readonly kernel: string;
  readonly systemMap: string | undefined;
}

const PAGE_BYTES = 4096n;
/** Registers that Linux fills with addresses of its own, by the symbol there. */
const KNOWN_PLACES = [
  ['entry_SYSCALL_64', Reg.LSTAR],
  ['entry_SYSENTER_32', Reg.SYSENTER_EIP],
] as const;

/** Undefined for a kernel that has no symbols in it. Rejects with {@link OptionError} for a file that is wrong. */
export async function loadSymbols({ kernel, systemMap }: SymbolSource): Promise<SymbolTable | undefined> {
  if (systemMap !== undefined) return await readMap(systemMap);
  const file = new Uint8Array(await readFile(kernel));
  for (const read of [unpackKernel, async (bytes: Uint8Array) => bytes]) {
    try {
      return new SymbolTable(readKernelSymbols(await read(file)));
    } catch (error) {
      if (!(error instanceof LoadError)) throw error;
    }
  }
  return undefined;
}

async function readMap(path: string): Promise<SymbolTable> {
  let text: string;
  try {
    text = await readFile(path, 'latin1');
  } catch (error) {
    throw new OptionError(`--system-map ${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const table = new SymbolTable(readSystemMap(text));
  if (table.size === 0) throw new OptionError(`--system-map ${path}: there are no symbols in it`);
  return table;
}

/** The same, read when they are first asked for. */
export function symbolsOnDemand(source: SymbolSource): () => Promise<SymbolTable | undefined> {
  let symbols: Promise<SymbolTable | undefined> | undefined;
  return async () => {
    symbols ??= loadSymbols(source);
    return await symbols;
  };
}

/**
 * How far a Linux has moved itself from the addresses of its symbols (KASLR), 0 when that cannot be told; undefined when
 * the symbols are another kernel's.
 */
export function slideOf(symbols: SymbolTable, snapshots: readonly ProcessorSnapshot[]): bigint | undefined {
  for (const { registers } of snapshots) {
    for (const [name, register] of KNOWN_PLACES) {
      const symbol = symbols.addressOf(name);
      const place = registers.qwords[register]!;
      if (symbol === undefined || place === 0n) continue;
      return (place - symbol) % PAGE_BYTES === 0n ? place - symbol : undefined;
    }
  }
  return 0n;
}
