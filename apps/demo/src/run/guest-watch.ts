/** What `--instructions` and `--break` have the machine watch for. */

import type { SymbolTable } from '@viridian/emulation/loader';
import type { MachineWatch } from '@viridian/vm';
import { OptionError } from '../demo/options.ts';
import { InstructionFile } from './instruction-file.ts';
import type { RunOptions } from './run-options.ts';

/** Opens the file of instructions, which `resources` closes. Rejects with {@link OptionError} for what cannot be watched. */
export async function makeWatch(
  { instructions, breakAt }: RunOptions,
  symbols: () => Promise<SymbolTable | undefined>,
  resources: DisposableStack,
  reached: (vp: number) => void,
): Promise<MachineWatch> {
  if (instructions === undefined && breakAt === undefined) return {};
  const names = await symbols();
  const watch: { -readonly [Key in keyof MachineWatch]: MachineWatch[Key] } = {};
  if (breakAt !== undefined) watch.breakpoint = { address: addressOf('break', breakAt, names), reached };
  if (instructions !== undefined) {
    const { path, count } = instructions;
    const from =
      typeof instructions.from === 'number'
        ? instructions.from
        : { address: addressOf('instructions …,from', instructions.from, names) };
    const file = resources.adopt(new InstructionFile(path, names), (open) => open.close());
    watch.instructions = { from, count, line: (line) => file.write(line) };
  }
  return watch;
}

/** `0x…` is an address, everything else a name. */
function addressOf(option: string, text: string, symbols: SymbolTable | undefined): bigint {
  if (/^0x[0-9a-f]{1,16}$/i.test(text)) return BigInt(text);
  const address = symbols?.addressOf(text);
  if (address !== undefined) return address;
  const reason =
    symbols === undefined ? 'the kernel has no symbols: give a --system-map' : 'no symbol has this name';
  throw new OptionError(`--${option} ${text}: ${reason}; an address begins with 0x`);
}
