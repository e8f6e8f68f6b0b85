// The workspace as its package.json files tell it.

import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this repository. */
export const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

/**
 * @typedef {object} WorkspacePackage
 * @property {string} folder path from the root, with `/`, e.g. `packages/vmbus`
 * @property {string} directory the same, absolute
 * @property {any} manifest its package.json
 */

/**
 * Reads the packages below `root`, sorted by folder.
 * @returns {WorkspacePackage[]}
 */
export function readWorkspace(root = repository) {
  return globSync('{packages/*,apps/*,bench}/package.json', { cwd: root })
    .map((file) => dirname(file).replaceAll('\\', '/'))
    .sort()
    .map((folder) => ({
      folder,
      directory: join(root, folder),
      manifest: JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')),
    }));
}

/** The packages that are published, lowest layer first. */
export function publicPackages(root = repository) {
  return readWorkspace(root)
    .filter(({ manifest }) => manifest.private !== true)
    .sort((a, b) => a.manifest.viridian.layer - b.manifest.viridian.layer);
}
