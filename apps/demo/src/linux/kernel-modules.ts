/**
 * The modules of a kernel in an order in which plain `insmod` can load them. Debian's packages come without
 * `modules.dep`, which is made where they are installed.
 */

import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { GuestFilesError } from './guest-files-error.ts';
import { type ModuleInfo, moduleName, readModuleInfo } from './module-info.ts';

/** One module file. */
export interface KernelModule {
  readonly name: string;
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The module files of a folder `lib/modules/RELEASE`. */
export class KernelModules {
  readonly #paths: ReadonlyMap<string, string>;
  readonly #builtIn: ReadonlySet<string>;

  private constructor(paths: ReadonlyMap<string, string>, builtIn: ReadonlySet<string>) {
    this.#paths = paths;
    this.#builtIn = builtIn;
  }

  /** Looks through a folder; files are read when they are asked for. */
  static async open(folder: string): Promise<KernelModules> {
    const entries = await readdir(join(folder, 'kernel'), { recursive: true });
    const files = entries
      .filter((entry) => entry.endsWith('.ko'))
      .map((entry) => join(folder, 'kernel', entry));
    const listed = await readFile(join(folder, 'modules.builtin'), 'utf8').catch(() => '');
    return new KernelModules(
      new Map(files.map((path) => [nameOf(path), path])),
      new Set(listed.split('\n').filter(Boolean).map(nameOf)),
    );
  }

  /**
   * These modules and all that they need, needed ones first. Rejects with {@link GuestFilesError} for a name that is
   * neither a module nor built in, and for modules that need one another in a circle.
   */
  async inOrder(names: Iterable<string>): Promise<KernelModule[]> {
    const order: KernelModule[] = [];
    const state = new Map<string, 'visiting' | 'done'>();
    const visit = async (name: string, wantedBy: string | undefined): Promise<void> => {
      if (state.get(name) === 'done') return;
      if (state.get(name) === 'visiting') throw new GuestFilesError(`the kernel module ${name} needs itself`);
      if (this.#builtIn.has(name)) return;
      state.set(name, 'visiting');
      const [module, info] = await this.#read(name, wantedBy);
      for (const before of info.softBefore) {
        const found = this.#provider(before);
        if (found !== undefined && state.get(found) !== 'visiting') await visit(found, name);
      }
      for (const needed of info.depends) await visit(needed, name);
      order.push(module);
      state.set(name, 'done');
    };
    for (const name of names) await visit(moduleName(name), undefined);
    return order;
  }

  /** A wish may name an algorithm of the crypto layer: its plain version is in a module of its own. */
  #provider(name: string): string | undefined {
    const algorithm = name.replace(/^crypto_/, '');
    return [name, algorithm, `${algorithm}_generic`].find((candidate) => this.#paths.has(candidate));
  }

  async #read(name: string, wantedBy: string | undefined): Promise<[KernelModule, ModuleInfo]> {
    const path = this.#paths.get(name);
    if (path === undefined) {
      const whose = wantedBy === undefined ? '' : `, which ${wantedBy} needs`;
      throw new GuestFilesError(`this kernel has no module ${name}${whose}`);
    }
    const bytes = new Uint8Array(await readFile(path));
    const info = readModuleInfo(bytes);
    if (info === undefined) throw new GuestFilesError(`${path} is not a kernel module`);
    return [{ name, path, bytes }, info];
  }
}

function nameOf(path: string): string {
  return moduleName(basename(path).replace(/\.ko$/, ''));
}
