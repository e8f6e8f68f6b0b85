/** What the machines run: Debian's kernels, an initial file system around workload.sh, and firmware for v86. */

import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CpioArchive,
  cacheFolder,
  DebianPackages,
  type LinuxGuestFiles,
  type Progress,
  prepareLinuxGuest,
  unpackPackage,
} from 'viridian-demo/linux';

/** Width of a guest's kernel and programs. */
export type Bits = 32 | 64;

/** What boots. */
export interface Guest {
  /** As `uname -r` says. */
  readonly release: string;
  readonly kernelPath: string;
  readonly initrdPath: string;
}

/** Everything on disk. */
export interface BenchFiles {
  /** Those asked for. */
  readonly guests: ReadonlyMap<Bits, Guest>;
  /** For the host itself: its architecture's busybox, and the file to pack. */
  readonly busyboxPath: string;
  /** SeaBIOS and its VGA BIOS; undefined unless asked for. */
  readonly firmware: Firmware | undefined;
}

/** What a PC without a kernel starts with. */
export interface Firmware {
  readonly biosPath: string;
  readonly vgaBiosPath: string;
  /** Debian's package. */
  readonly version: string;
}

/** The script that all machines execute. */
export const WORKLOAD_PATH = fileURLToPath(new URL('workload.sh', import.meta.url));

/** What is needed. */
export interface BenchFilesOptions {
  readonly guests: ReadonlySet<Bits>;
  readonly firmware: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Fetches what is not there yet, and makes the initial file systems in `folder`. Rejects with `GuestFilesError`. */
export async function prepareBenchFiles(folder: string, options: BenchFilesOptions): Promise<BenchFiles> {
  const { progress, signal } = options;
  const guests = new Map<Bits, Guest>();
  const wide = await prepareLinuxGuest({ flavour: 'cloud-amd64', modules: [], progress, signal });
  if (options.guests.has(64)) guests.set(64, await makeGuest(wide, wide, folder));
  if (options.guests.has(32)) {
    const narrow = await prepareLinuxGuest({ flavour: '686', modules: [], progress, signal });
    guests.set(32, await makeGuest(narrow, wide, folder));
  }
  return {
    guests,
    busyboxPath: wide.busyboxPath,
    firmware: options.firmware ? await fetchFirmware(progress, signal) : undefined,
  };
}

/** The guest of a width that was asked for. */
export function guestOf({ guests }: BenchFiles, bits: Bits): Guest {
  const guest = guests.get(bits);
  if (guest === undefined) throw new Error(`no ${bits}-bit guest was asked for`);
  return guest;
}

/** Every guest packs the same file, the 64-bit busybox. */
async function makeGuest(files: LinuxGuestFiles, payload: LinuxGuestFiles, folder: string): Promise<Guest> {
  const archive = new CpioArchive().characterDevice('dev/console', 5, 1);
  for (const name of ['proc', 'tmp']) archive.folder(name);
  archive.file('bin/busybox', await bytesOf(files.busyboxPath), 0o755);
  archive.file('payload', await bytesOf(payload.busyboxPath));
  archive.file('init', await bytesOf(WORKLOAD_PATH), 0o755);
  const initrdPath = join(folder, `initrd-${files.flavour}`);
  await writeFile(initrdPath, archive.bytes());
  return { release: files.release, kernelPath: files.kernelPath, initrdPath };
}

async function fetchFirmware(progress: Progress, signal: AbortSignal): Promise<Firmware> {
  const cache = cacheFolder();
  const packages = new DebianPackages('amd64', cache, progress, signal);
  const unpacked = await unpackPackage(await packages.fetch('seabios'), cache, []);
  const folder = join(unpacked, 'usr', 'share', 'seabios');
  const firmware = {
    biosPath: join(folder, 'bios.bin'),
    vgaBiosPath: join(folder, 'vgabios-stdvga.bin'),
    version: /seabios_([^_]+)_/.exec(unpacked)?.[1] ?? 'unknown',
  };
  await Promise.all([access(firmware.biosPath), access(firmware.vgaBiosPath)]);
  return firmware;
}

async function bytesOf(path: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(path));
}
