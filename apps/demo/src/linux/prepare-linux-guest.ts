/** A Linux guest's files from Debian's packages: kernel, modules, busybox. */

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { DebianPackages, type Progress } from './debian-packages.ts';
import { FLAVOURS, type Flavour, Modules } from './flavours.ts';
import { type KernelModule, KernelModules } from './kernel-modules.ts';
import { findEntry, unpackedPath, unpackPackage } from './package-contents.ts';
import { findSystemMap } from './system-map.ts';

/** What is wanted. */
export interface LinuxGuestOptions {
  readonly flavour: Flavour;
  /** Modules to have, by name; those of an enlightened guest with a disk unless given. */
  readonly modules?: Iterable<string>;
  /** Where downloads are kept, by default {@link cacheFolder}. */
  readonly folder?: string;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/** What there is now. */
export interface LinuxGuestFiles {
  readonly flavour: Flavour;
  /** As `uname -r` says, e.g. 6.1.0-56-cloud-amd64. */
  readonly release: string;
  readonly kernelPath: string;
  /** Its symbols, one a line as `nm` prints them. */
  readonly systemMapPath: string;
  /** A static busybox of the kernel's architecture. */
  readonly busyboxPath: string;
  /** In the order in which they can be loaded. */
  readonly modules: readonly KernelModule[];
}

const SILENT: Progress = { step: () => {}, fraction: () => {} };

/**
 * Finds the newest kernel of a flavour, fetches and unpacks what is not there yet. Rejects with `GuestFilesError`, whose
 * message says what is missing on this host and what else would do.
 */
export async function prepareLinuxGuest(options: LinuxGuestOptions): Promise<LinuxGuestFiles> {
  const { flavour, folder = cacheFolder(), progress = SILENT, signal } = options;
  const facts = FLAVOURS[flavour];
  await mkdir(folder, { recursive: true });
  const packages = new DebianPackages(facts.architecture, folder, progress, signal);
  const kernelPackage = await packages.newest(facts.packages);
  const kernel = await unpack(await packages.fetch(kernelPackage), folder, progress);
  const busybox = await unpack(await packages.fetch('busybox-static'), folder, progress);
  const kernelPath = await findEntry(join(kernel, 'boot'), 'vmlinuz-');
  const release = basename(kernelPath).slice('vmlinuz-'.length);
  const modules = await KernelModules.open(join(kernel, 'lib', 'modules', release));
  return {
    flavour,
    release,
    kernelPath,
    systemMapPath: await findSystemMap(kernelPath, progress),
    busyboxPath: join(busybox, 'bin', 'busybox'),
    modules: await modules.inOrder(options.modules ?? Modules.enlightened),
  };
}

async function unpack(path: string, folder: string, progress: Progress): Promise<string> {
  if (!existsSync(unpackedPath(path, folder))) progress.step(`unpacking ${basename(path)}`);
  return await unpackPackage(path, folder);
}
