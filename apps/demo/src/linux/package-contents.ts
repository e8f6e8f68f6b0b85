/** The files of a Debian package that a guest needs, unpacked once beside the downloads. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { GuestFilesError } from './guest-files-error.ts';

/** Large folders of the packages of a kernel and of busybox that no guest here loads from. */
const LEFT_OUT: readonly string[] = [
  './usr',
  './lib/modules/*/kernel/sound',
  './lib/modules/*/kernel/drivers/media',
  './lib/modules/*/kernel/drivers/net/wireless',
  './lib/modules/*/kernel/drivers/gpu/drm/[a-ce-gi-z]*',
  './lib/modules/*/kernel/drivers/infiniband',
  './lib/modules/*/kernel/drivers/staging',
];

/** Goes up when less is left out, so that folders from before are not taken for whole. */
const EDITION = 2;

/** Where a package is unpacked. */
export function unpackedPath(path: string, folder: string): string {
  return join(folder, `${basename(path, '.deb')}.${EDITION}`);
}

/**
 * Unpacks a package to a folder named after it, but for what matches `leftOut`; gives the folder. Rejects with
 * {@link GuestFilesError}.
 */
export async function unpackPackage(path: string, folder: string, leftOut = LEFT_OUT): Promise<string> {
  const target = unpackedPath(path, folder);
  if (existsSync(target)) return target;
  const incoming = `${target}.incoming-${process.pid}`;
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { recursive: true });
  try {
    await unpack(path, incoming, leftOut);
    await rename(incoming, target);
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
  return target;
}

async function unpack(path: string, folder: string, leftOut: readonly string[]): Promise<void> {
  const exclude = leftOut.map((pattern) => `--exclude=${pattern}`);
  const deb = spawn('dpkg-deb', ['--fsys-tarfile', path], { stdio: ['ignore', 'pipe', 'pipe'] });
  // The system's pipe, not one through us: tar may stop at the archive's end, before that of the padding.
  const tar = spawn('tar', ['-x', '-C', folder, '--no-same-owner', ...exclude], {
    stdio: [deb.stdout, 'ignore', 'pipe'],
  });
  const [debEnd, tarEnd] = await Promise.all([ended(deb), ended(tar)]);
  const failed = tarEnd.code === 0 ? debEnd : tarEnd;
  if (failed.code === 0) return;
  const reason = failed.words || `exit code ${failed.code}`;
  throw new GuestFilesError(`${basename(path)} cannot be unpacked: ${reason}`);
}

/** How a program ended, with what it complained about. */
async function ended(child: ChildProcess): Promise<{ code: number | null; words: string }> {
  let words = '';
  child.stderr?.on('data', (data: Buffer) => {
    words += data.toString();
  });
  return await new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, words: error.message }));
    child.once('exit', (code) => resolve({ code, words: words.trim() }));
  });
}

/** The only entry of a folder with such a name. Rejects with {@link GuestFilesError} for none. */
export async function findEntry(folder: string, prefix: string): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const name = names.find((entry) => entry.startsWith(prefix));
  if (name === undefined) throw new GuestFilesError(`${folder} has no ${prefix}…`);
  return join(folder, name);
}
