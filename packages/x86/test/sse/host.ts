/// <reference types="node" />
/** The host's processor, by the program of `host.c` in a child process. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { arch, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Why there is no host processor to compare with; undefined where there is one. */
export function whyNoHost(): string | undefined {
  if (arch() !== 'x64' || platform() !== 'linux') return 'the host is no x86-64 Linux';
  const compiler = spawnSync('gcc', ['--version'], { stdio: 'ignore' });
  return compiler.status === 0 ? undefined : 'there is no gcc';
}

/** Executes cases, one after the other, and gives them with the state afterwards. */
export function runOnHost(cases: Uint8Array): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'viridian-sse-'));
  try {
    const program = join(folder, 'host');
    const source = fileURLToPath(new URL('host.c', import.meta.url));
    execFileSync('gcc', ['-O1', '-w', '-o', program, source]);
    const child = spawnSync(program, { input: cases, maxBuffer: cases.length + 4096 });
    if (child.status !== 0) throw new Error(`the host program ended with ${child.status ?? child.signal}`);
    return new Uint8Array(child.stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
