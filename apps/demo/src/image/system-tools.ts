/** Programs of the system that live in an administrator's folders. */

import { stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Where a program is; undefined where the host has none. A user's PATH often lacks the administrator's folders. */
export async function findTool(name: string): Promise<string | undefined> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin'];
  for (const folder of folders) {
    const path = join(folder, name);
    const isThere = await stat(path).then(
      (entry) => entry.isFile(),
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}
