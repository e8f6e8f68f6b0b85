/** Debian's Hyper-V daemons, for guests that are to have them: the programs behind key-values, backup and file copy. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../src/linux/cache-folder.ts';
import { DebianPackages } from '../../src/linux/debian-packages.ts';
import { unpackPackage } from '../../src/linux/package-contents.ts';

const DAEMONS = ['hv_kvp_daemon', 'hv_vss_daemon', 'hv_fcopy_daemon'];
const SILENT = { step: () => {}, fraction: () => {} };

/** The daemons and the C library that they need, by their paths in the guest. */
export async function daemonFiles(): Promise<Record<string, Uint8Array>> {
  const folder = cacheFolder();
  const packages = new DebianPackages('amd64', folder, SILENT);
  const unpacked = async (name: string): Promise<string> =>
    await unpackPackage(await packages.fetch(name), folder, []);
  const daemons = await unpacked('hyperv-daemons');
  const libc = await unpacked('libc6');
  const files: Record<string, Uint8Array> = {};
  for (const name of DAEMONS) files[`bin/${name}`] = await findFile(daemons, name);
  files['lib64/ld-linux-x86-64.so.2'] = await findFile(libc, 'ld-linux-x86-64.so.2');
  files['lib/x86_64-linux-gnu/libc.so.6'] = await findFile(libc, 'libc.so.6');
  return files;
}

/** A file somewhere in an unpacked package, links followed. */
async function findFile(folder: string, name: string): Promise<Uint8Array> {
  const paths = await readdir(folder, { recursive: true });
  const found = paths.filter((path) => path.endsWith(`/${name}`));
  for (const path of found) {
    // A link with an absolute target leads out of the folder: another entry has the file.
    const bytes = await readFile(join(folder, path)).catch(() => undefined);
    if (bytes !== undefined) return new Uint8Array(bytes);
  }
  throw new Error(`${folder} has no ${name}`);
}
