/** Brings what a guest wrote to where its disks keep it. */

import { warning } from '@viridian/trace';
import type { CheckedBoard } from './configuration.ts';
import type { MachineStorage } from './machine-storage.ts';

const flushFailed = warning('vm.machine');

/** Flushes every disk that can be written; one that fails is reported, and the others are flushed all the same. */
export async function flushDisks(
  storage: readonly MachineStorage[],
  board: CheckedBoard | undefined,
  where: string,
): Promise<void> {
  const onBus = storage.flatMap(({ units }) => units);
  const onBoard = board?.ide ?? [];
  const devices = [
    ...onBus.map((unit) => (unit.kind === 'disk' ? unit.device : undefined)),
    ...onBoard.map((disk) => disk?.device),
  ];
  for (const device of devices) {
    if (device === undefined) continue;
    try {
      if (!device.readOnly) await device.flush();
    } catch (error) {
      flushFailed.report(where, 'flushing a disk failed', { error: String(error) });
    }
  }
}
