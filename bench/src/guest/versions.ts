/** What was measured, on what: the facts that a recorded table needs. */

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BenchFiles } from './guest-files.ts';
import { type BenchMachine, qemuProgram } from './machines.ts';

/** One fact each, of the machines that ran. */
export async function versions(
  { guests, firmware }: BenchFiles,
  machines: readonly BenchMachine[],
): Promise<string[]> {
  const manifest = fileURLToPath(new URL('../package.json', import.meta.resolve('v86')));
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  const emulator = machines.find(({ kind }) => kind === 'qemu');
  const qemu = emulator && /version (\S+)/.exec(await output(qemuProgram(emulator.bits), ['--version']))?.[1];
  const commit = (await output('git', ['rev-parse', '--short', 'HEAD'])).trim();
  return [
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`,
    `Node ${process.version}`,
    ...(commit === '' ? [] : [`Viridian at ${commit}`]),
    ...(firmware === undefined ? [] : [`v86 ${version} with SeaBIOS ${firmware.version}`]),
    ...(qemu === undefined ? [] : [`QEMU ${qemu}`]),
    ...[...guests.values()].map(({ release }) => `Linux ${release}`),
  ];
}

/** What a program prints; nothing when it cannot be run. */
async function output(file: string, args: readonly string[]): Promise<string> {
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  return await promisify(execFile)(file, args, { cwd }).then(
    ({ stdout }) => stdout,
    () => '',
  );
}
