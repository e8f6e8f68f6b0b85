/** The subcommands of `viridian` that speak to a running guest, by the `--control` socket of its `viridian run`. */

import { resolve } from 'node:path';
import { type ArgsDef, type CommandDef, defineCommand } from 'citty';
import { OptionError } from '../demo/options.ts';
import { Terminal } from '../terminal/terminal.ts';
import type { ControlRequest } from './control-actions.ts';
import { ask, ControlError } from './control-client.ts';
import { execInGuest } from './exec-client.ts';
import type { StorageRequest } from './storage-actions.ts';

/** Runs the work of a command until it ends or is interrupted; its number becomes the process's exit code. */
type Runner = (
  terminal: Terminal,
  command: (terminal: Terminal, interrupted: AbortSignal) => Promise<number>,
) => Promise<void>;

const CONTROL = {
  type: 'string',
  description: 'the control socket of the guest: what its viridian run was given as --control',
  valueHint: 'PATH',
} as const;

/** What `ssh` and others give when the command itself was not reached. */
const NOT_REACHED = 255;
/** What a shell gives for a command that Ctrl-C ended. */
const INTERRUPTED = 130;

/** The commands by name. */
export function controlCommands(run: Runner): Record<string, CommandDef> {
  const simple = (
    description: string,
    args: ArgsDef,
    request: (args: Readonly<Record<string, unknown>>) => ControlRequest,
  ): CommandDef =>
    defineCommand<ArgsDef>({
      meta: { description },
      args: { control: CONTROL, ...args },
      run: async ({ args: given }) => {
        await run(new Terminal(), async (terminal, signal) => {
          const path = controlPath(given.control);
          const code = await report(terminal, async () => {
            for (const line of await ask(path, request(given), signal)) terminal.line(line);
            return 0;
          });
          return signal.aborted ? INTERRUPTED : code;
        });
      },
    });
  return {
    exec: execCommand(run),
    shutdown: simple(
      'Ask a running guest to switch itself off',
      { reboot: { type: 'boolean', description: 'to start again instead' } },
      ({ reboot }) => ({ do: 'shutdown', reboot: reboot === true }),
    ),
    address: simple('Print the addresses of a running guest, as its key-value daemon tells them', {}, () => ({
      do: 'address',
    })),
    facts: simple('Print what a running guest tells of itself by key-values', {}, () => ({ do: 'facts' })),
    copy: simple(
      'Copy a file into a running guest, by its file copy daemon',
      {
        file: { type: 'positional', description: 'a file here', required: true },
        to: { type: 'positional', description: 'where in the guest: a path, or a folder/', required: true },
        overwrite: { type: 'boolean', description: 'replace a file that is there' },
      },
      ({ file, to, overwrite }) => ({
        do: 'copy',
        file: resolve(String(file)),
        to: String(to),
        overwrite: overwrite === true,
      }),
    ),
    disk: simple(
      'List, add and remove disks of a running guest, change its disc, make a disk fail',
      {
        action: {
          type: 'positional',
          description: 'list, add, remove, insert, eject or faults',
          required: true,
        },
        what: { type: 'positional', description: 'a file, or the LUN of a disk', required: false },
        rules: {
          type: 'positional',
          description: "faults: e.g. 'read,delay=20;write,error=io,every=10'; none ends them",
          required: false,
        },
        ro: { type: 'boolean', description: 'add: the guest may not write' },
        overlay: { type: 'boolean', description: 'add: forget changes at the end' },
        force: { type: 'boolean', description: 'eject: even while the guest uses the disc' },
      },
      diskRequest,
    ),
    freeze: simple("Bring a running guest's file systems to rest, to copy its disks", {}, () => ({
      do: 'freeze',
    })),
    thaw: simple("Let a frozen guest's file systems go on", {}, () => ({ do: 'thaw' })),
    memory: simple(
      'Print how much memory a running guest has, or have it make do with less',
      { mib: { type: 'positional', description: 'MiB from now on', required: false } },
      ({ mib }) => ({ do: 'memory', ...(mib !== undefined && { mebibytes: mebibytes(String(mib)) }) }),
    ),
  };
}

function execCommand(run: Runner): CommandDef {
  return defineCommand<ArgsDef>({
    meta: { description: 'Run a command in a running guest that has the agent (viridian run --share-agent)' },
    args: {
      control: CONTROL,
      command: {
        type: 'positional',
        description: "the command; one word is the guest's shell's",
        required: false,
      },
    },
    run: async ({ args, rawArgs }) => {
      await run(new Terminal(process.stderr), async (terminal, signal) => {
        const path = controlPath(args.control);
        const words = commandWords(rawArgs);
        if (words.length === 0) throw new OptionError('viridian exec: give a command');
        const { stdin, stdout, stderr } = process;
        const code = await report(
          terminal,
          () => execInGuest(path, words, { stdin, stdout, stderr, signal }),
          NOT_REACHED,
        );
        return signal.aborted ? INTERRUPTED : code;
      });
    },
  });
}

/** What follows our own options, which end at the first other word or at `--`. */
export function commandWords(rawArgs: readonly string[]): readonly string[] {
  let at = 0;
  while (at < rawArgs.length) {
    const word = rawArgs[at]!;
    if (word === '--') return rawArgs.slice(at + 1);
    if (word === '--control') at += 2;
    else if (word.startsWith('--control=')) at += 1;
    else return rawArgs.slice(at);
  }
  return [];
}

function controlPath(given: unknown): string {
  if (typeof given === 'string' && given !== '') return given;
  throw new OptionError('--control PATH is needed: the guest that is meant');
}

function diskRequest(given: Readonly<Record<string, unknown>>): StorageRequest {
  const action = String(given.action) as StorageRequest['action'];
  const what = typeof given.what === 'string' ? given.what : '';
  const isFile = action === 'add' || action === 'insert';
  const isUrl = /^https?:/.test(what);
  return {
    do: 'disk',
    action,
    ...(isFile && what !== '' && { file: isUrl ? what : resolve(what) }),
    ...(!isFile && /^\d{1,3}$/.test(what) && { lun: Number(what) }),
    readOnly: given.ro === true,
    overlay: given.overlay === true,
    force: given.force === true,
    rules: typeof given.rules === 'string' ? given.rules : '',
  };
}

function mebibytes(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new OptionError(`${text}: a number of MiB is needed`);
}

/** What the guest refuses is said, not thrown. */
async function report(terminal: Terminal, work: () => Promise<number>, failed = 1): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    terminal.line(`viridian: ${error.message}`);
    return failed;
  }
}
