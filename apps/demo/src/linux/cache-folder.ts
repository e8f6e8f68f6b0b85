/** Where downloads are kept. */

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * `.cache/viridian` of the project that this file belongs to, or the user's cache folder where it was installed from
 * elsewhere (XDG Base Directory Specification).
 */
export function cacheFolder(): string {
  const project = findProject(dirname(fileURLToPath(import.meta.url)));
  if (project !== undefined) return join(project, '.cache', 'viridian');
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'viridian');
}

function findProject(folder: string): string | undefined {
  if (existsSync(join(folder, 'pnpm-workspace.yaml'))) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : findProject(parent);
}
