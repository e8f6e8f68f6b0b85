/** Debian packages by name, fetched and checked by the system's package tool. Nothing here needs root. */

import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GuestFilesError } from './guest-files-error.ts';
import { runTool } from './tools.ts';

/** What somebody who waits is told. */
export interface Progress {
  /** Something begins that may take a while. */
  step(text: string): void;
  /** How far a download is, from 0 to 1. */
  fraction(label: string, value: number): void;
}

/** A file of a package, as the index describes it. */
interface PackageFile {
  readonly fileName: string;
  readonly byteCount: number;
  readonly sha256: string;
}

const POLL_MS = 100;
const HELP = 'Give a kernel and an initrd of your own with --kernel and --initrd';

/** The packages of one architecture. */
export class DebianPackages {
  readonly #architecture: string;
  readonly #folder: string;
  readonly #progress: Progress;
  readonly #signal: AbortSignal | undefined;
  /** Options that lead apt to lists of our own; none while the system's will do. */
  #aptOptions: readonly string[] = [];

  /** `folder` keeps what is downloaded. */
  constructor(architecture: string, folder: string, progress: Progress, signal?: AbortSignal) {
    this.#architecture = architecture;
    this.#folder = folder;
    this.#progress = progress;
    this.#signal = signal;
  }

  /**
   * The newest package with a name of the first pattern that any has. Where the system has no lists for the
   * architecture, lists are fetched to our own folder, from the sources that the system trusts. Rejects with
   * {@link GuestFilesError}.
   */
  async newest(patterns: readonly RegExp[]): Promise<string> {
    const found = await this.#newest(patterns);
    if (found !== undefined) return found;
    await this.#fetchLists();
    const foundNow = await this.#newest(patterns);
    if (foundNow !== undefined) return foundNow;
    const wanted = patterns[0]!.source.replace(/[\\^$]/g, '');
    throw new GuestFilesError(
      `Debian's package lists here have no package ${wanted} for ${this.#architecture}. ${HELP}`,
    );
  }

  /** Downloads a package unless it is there already; gives the file's path. Rejects with {@link GuestFilesError}. */
  async fetch(name: string): Promise<string> {
    const file = await this.#describe(name);
    const path = join(this.#folder, file.fileName);
    if (existsSync(path) && (await isWhole(path, file))) return path;
    await mkdir(this.#folder, { recursive: true });
    // A folder for each: the same package may be on its way twice.
    const incoming = await mkdtemp(join(this.#folder, 'incoming-'));
    try {
      await this.#download(name, incoming, file);
      const arrived = join(incoming, file.fileName);
      if (!(await isWhole(arrived, file))) {
        throw new GuestFilesError(`${file.fileName} does not have the hash that the package list gives`);
      }
      await rename(arrived, path);
    } finally {
      await rm(incoming, { recursive: true, force: true });
    }
    return path;
  }

  async #newest(patterns: readonly RegExp[]): Promise<string | undefined> {
    for (const pattern of patterns) {
      const search = ['search', '--names-only', pattern.source];
      const text = await this.#tool('apt-cache', search).catch((error: unknown) => {
        // Lists of another architecture alone are no lists.
        if (error instanceof GuestFilesError && error.message.includes('not found'))
          throw this.#noTool(error);
        return '';
      });
      const names = text.split('\n').map((line) => line.split(' - ')[0]!.replace(/:.*/, ''));
      const newest = names
        .filter((name) => pattern.test(name))
        .sort(byVersion)
        .at(-1);
      if (newest !== undefined) return newest;
    }
    return undefined;
  }

  #noTool(cause: Error): GuestFilesError {
    return new GuestFilesError(`there is no Debian package tool here (${cause.message}). ${HELP}`, { cause });
  }

  async #describe(name: string): Promise<PackageFile> {
    const text = await this.#tool('apt-get', ['--print-uris', 'download', this.#qualified(name)]);
    const match = /^'[^']*' (\S+) (\d+) SHA256:([0-9a-f]{64})/m.exec(text);
    if (match === null)
      throw new GuestFilesError(`apt-get does not tell where ${name} is, or not its SHA-256`);
    return { fileName: match[1]!, byteCount: Number(match[2]), sha256: match[3]! };
  }

  async #download(name: string, folder: string, file: PackageFile): Promise<void> {
    const label = `fetching ${name}`;
    this.#progress.step(`${label} (${(file.byteCount / 1e6).toFixed(1)} MB)`);
    // apt reports to terminals only: look at the file while it grows.
    const timer = setInterval(async () => {
      const sizes = [file.fileName, join('partial', file.fileName)].map((part) => stat(join(folder, part)));
      const [whole, partial] = await Promise.allSettled(sizes);
      const entry = whole?.status === 'fulfilled' ? whole : partial;
      if (entry?.status === 'fulfilled') this.#progress.fraction(label, entry.value.size / file.byteCount);
    }, POLL_MS);
    try {
      await this.#tool('apt-get', ['-q', 'download', this.#qualified(name)], folder);
    } finally {
      clearInterval(timer);
      this.#progress.fraction(label, 1);
    }
  }

  /** Lists of our own, from the sources and with the keys of the system. */
  async #fetchLists(): Promise<void> {
    const state = join(this.#folder, `apt-${this.#architecture}`);
    const folders = { 'Dir::State::Lists': join(state, 'lists'), 'Dir::Cache': join(state, 'cache') };
    for (const folder of Object.values(folders)) await mkdir(join(folder, 'partial'), { recursive: true });
    await mkdir(join(state, 'cache', 'archives', 'partial'), { recursive: true });
    const settings = { ...folders, 'APT::Architecture': this.#architecture, 'Acquire::Languages': 'none' };
    const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
    this.#aptOptions = [...options, '-o', `APT::Architectures::=${this.#architecture}`];
    this.#progress.step(`fetching Debian's package lists for ${this.#architecture}`);
    // One source of several may fail; whether the package is there is seen afterwards.
    await this.#tool('apt-get', ['-q', 'update']).catch((error: unknown) => {
      if (!(error instanceof GuestFilesError)) throw error;
      this.#progress.step(error.message);
    });
  }

  #qualified(name: string): string {
    return `${name}:${this.#architecture}`;
  }

  #tool(name: string, args: readonly string[], cwd?: string): Promise<string> {
    return runTool(name, [...this.#aptOptions, ...args], {
      package: 'apt',
      ...(cwd && { cwd }),
      ...(this.#signal && { signal: this.#signal }),
    });
  }
}

/** Orders names by their numbers, e.g. 6.1.0-9 before 6.1.0-10. */
function byVersion(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

async function isWhole(path: string, file: PackageFile): Promise<boolean> {
  if ((await stat(path)).size !== file.byteCount) return false;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex') === file.sha256;
}
