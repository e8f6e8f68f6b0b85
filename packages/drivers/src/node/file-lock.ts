/** Advisory locks: a file beside the image that names the process which has it. */

import { open, readFile, unlink } from 'node:fs/promises';
import { BlockError } from '../block/block-device.ts';
import { errorCode, hostError } from './host-error.ts';

/** A lock that is held. */
export interface FileLock {
  release(): Promise<void>;
}

/**
 * Takes `<path>.lock`, or fails with kind 'io' and the number of the process that has it. A lock left behind by a process
 * that no longer runs on this machine is taken over. Binds only those who ask for it.
 */
export async function lockFile(path: string): Promise<FileLock> {
  const name = `${path}.lock`;
  for (let attempt = 0; ; attempt++) {
    try {
      const file = await open(name, 'wx');
      await file.writeFile(`${process.pid}\n`);
      await file.close();
      return { release: () => unlink(name).catch(() => {}) };
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw hostError(error, 'locking', path);
    }
    const holder = Number((await readFile(name, 'utf8').catch(() => '')).trim());
    if (attempt > 0 || !(holder > 0) || isRunning(holder)) {
      throw new BlockError('io', `${path} is in use by process ${holder > 0 ? holder : 'unknown'} (${name})`);
    }
    await unlink(name).catch(() => {});
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}
