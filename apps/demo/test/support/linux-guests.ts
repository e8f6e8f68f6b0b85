/** Debian's kernels for tests: prepared once, run by the command as a person would. */

import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pseudoRandom } from '../../src/image/sample-files.ts';
import { findTool } from '../../src/image/system-tools.ts';
import { type Flavour, Modules } from '../../src/linux/flavours.ts';
import { buildInitramfs } from '../../src/linux/initramfs.ts';
import { prepareLinuxGuest } from '../../src/linux/prepare-linux-guest.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Whether the host's package tool knows of Debian kernels. Says so when not. */
export function haveKernels(): boolean {
  try {
    const search = ['search', '--names-only', '^linux-image-.*-cloud-amd64$'];
    if (execFileSync('apt-cache', search, { encoding: 'utf8' }).trim() !== '') return true;
  } catch {
    // No such tool: the message below says it all.
  }
  console.warn("no Debian package lists with kernels here: boots of Debian's Linux are skipped");
  return false;
}

/** A disk image of one ext4 file system that holds `data.bin`. */
export interface TestDisk {
  readonly path: string;
  /** SHA-256 of `data.bin`. */
  readonly sha256: string;
}

/** Makes the disk with the system's mke2fs. */
export async function makeDisk(folder: string): Promise<TestDisk> {
  const root = join(folder, 'root');
  const path = join(folder, 'disk.raw');
  await mkdir(root, { recursive: true });
  const bytes = pseudoRandom(7, 300_000);
  await writeFile(join(root, 'data.bin'), bytes);
  const tool = await findTool('mke2fs');
  if (tool === undefined) throw new Error('mke2fs (Debian package e2fsprogs) is needed');
  await promisify(execFile)(tool, ['-q', '-F', '-t', 'ext4', '-d', root, path, '16M']);
  return { path, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Mounts the disk, tells what a test wants to know, and ends with the kernel's messages. */
const SCRIPT = `
for wait in 1 2 3 4 5 6 7 8 9 10; do [ -b /dev/sda ] && break; sleep 1; done
mount -t ext4 /dev/sda /mnt && echo "data: $(sha256sum < /mnt/data.bin)"
cp /mnt/data.bin /mnt/copy.bin
echo "cpus: $(grep -c ^processor /proc/cpuinfo)"
echo "clocksource: $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)"
umount /mnt
dmesg
cat /proc/interrupts
`;

/** Options of \`viridian run\` that start a flavour with a script that looks at its disk. */
export async function guestOptions(folder: string, flavour: Flavour): Promise<string[]> {
  const modules = [...Modules.enlightened, ...Modules.emulated];
  const guest = await prepareLinuxGuest({ flavour, modules });
  const initrd = join(folder, `initrd-${flavour}`);
  await writeFile(initrd, await buildInitramfs({ guest, script: SCRIPT }));
  const append = `console=ttyS0 panic=-1 quiet cryptomgr.notests${flavour === '686' ? ' noisapnp' : ''}`;
  return ['--kernel', guest.kernelPath, '--initrd', initrd, '--append', append];
}

/** What a run left. */
export interface EndedRun {
  readonly code: number | null;
  /** The guest's console, lines ending in \n. */
  readonly console: string;
  readonly messages: string;
  /** The object that \`--summary\` wrote; undefined when nothing was. */
  readonly summary: RunSummary | undefined;
}

/** The part of the summary that tests look at. */
export interface RunSummary {
  readonly intercepts: Readonly<Record<string, number>>;
  readonly hypercalls: Readonly<Record<string, number>>;
  readonly channels: readonly object[];
  readonly compiledCode?: { readonly regions: number; readonly liveRegions: number };
}

/** `viridian run` with these options. */
export async function viridianRun(folder: string, ...options: string[]): Promise<EndedRun> {
  const summaryFile = join(folder, `summary-${Math.random().toString(36).slice(2)}.json`);
  const args = ['--conditions=viridian:source', MAIN, 'run', ...options, '--summary', summaryFile];
  const child = spawn(process.execPath, args, { env: { ...process.env, NO_COLOR: '1' } });
  let out = '';
  let messages = '';
  child.stdout.on('data', (data: Buffer) => {
    out += data.toString('latin1');
  });
  child.stderr.on('data', (data: Buffer) => {
    messages += data.toString();
  });
  child.stdin.end();
  const [code] = await once(child, 'close');
  const summary = await readFile(summaryFile, 'utf8').then(
    (json) => JSON.parse(json) as RunSummary,
    () => undefined,
  );
  return { code: code as number | null, console: out.replaceAll('\r', ''), messages, summary };
}
