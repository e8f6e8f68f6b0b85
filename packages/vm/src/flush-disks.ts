/** Brings what a guest wrote to where its disks keep it. */

import { warning } from '@viridian/trace';
import type { CheckedConfiguration } from './configuration.ts';

const flushFailed = warning('vm.machine');

/** Flushes every disk that can be written; one that fails is reported, and the others are flushed all the same. */
export async function flushDisks({ storage, board }: CheckedConfiguration, where: string): Promise<void> {
  for (const disk of [...storage.flatMap(({ disks }) => disks), ...(board?.ide ?? [])]) {
    if (disk === undefined) continue;
    try {
      if (!disk.device.readOnly) await disk.device.flush();
    } catch (error) {
      flushFailed.report(where, 'flushing a disk failed', { error: String(error) });
    }
  }
}
