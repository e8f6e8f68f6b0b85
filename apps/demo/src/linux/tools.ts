/** Programs of the host's system, run for their output. */

import { execFile } from 'node:child_process';
import { GuestFilesError } from './guest-files-error.ts';

const MAX_OUTPUT_BYTES = 64 * 2 ** 20;

/**
 * Runs a program and gives what it printed. Rejects with {@link GuestFilesError} that names the package to install when
 * the program is missing, and with its own words when it fails.
 */
export async function runTool(
  name: string,
  args: readonly string[],
  options: { readonly package: string; readonly cwd?: string; readonly signal?: AbortSignal },
): Promise<string> {
  const { cwd, signal } = options;
  return await new Promise((resolve, reject) => {
    const env = { ...process.env, LC_ALL: 'C' }; // output is read by a program
    const settings = { maxBuffer: MAX_OUTPUT_BYTES, env, ...(cwd && { cwd }), ...(signal && { signal }) };
    execFile(name, args, settings, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (error.code === 'ENOENT') {
        reject(new GuestFilesError(`${name} was not found (Debian package ${options.package})`));
      } else if (signal?.aborted) reject(signal.reason);
      else
        reject(
          new GuestFilesError(`${name} failed: ${firstError(stderr) || error.message}`, { cause: error }),
        );
    });
  });
}

/** The line that says what went wrong: apt marks it with E, after warnings. */
function firstError(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => line.startsWith('E:')) ?? lines.at(-1) ?? '';
}
