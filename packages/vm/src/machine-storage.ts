/** The storage controllers of a machine: from its configuration to devices on the bus. */

import { ScsiDisk, StorageController } from '@viridian/vsp/storage';
import type { CheckedStorage } from './configuration.ts';

/** A controller for each entry, its disks attached. */
export function makeControllers(storage: readonly CheckedStorage[], machine: string): StorageController[] {
  return storage.map(({ instanceId, subchannels, disks }, index) => {
    const where = `${machine}/storage/${index}`;
    const controller = new StorageController({ instanceId, maxSubchannels: subchannels, where });
    for (const { device, lun } of disks) {
      const id = `${instanceId.slice(0, -2)}${lun.toString(16).padStart(2, '0')}`;
      controller.attach({ lun }, new ScsiDisk(device, { name: `${where}/lun/${lun}`, id }));
    }
    return controller;
  });
}
