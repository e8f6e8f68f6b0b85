/** The storage controllers of a machine: disks and DVD drives that are there from the start, come, and go. */

import type { BlockDevice } from '@viridian/drivers';
import type { Inspectable, InspectNode } from '@viridian/trace';
import { ScsiDisk, StorageController } from '@viridian/vsp/storage';
import { LUNS } from './check-configuration.ts';
import type { CheckedDisk, CheckedStorage } from './configuration.ts';
import { ScsiDvd } from './scsi-dvd.ts';

/** What is at one place of a controller. */
export type AttachedUnit =
  | { readonly lun: number; readonly kind: 'disk'; readonly device: BlockDevice }
  | { readonly lun: number; readonly kind: 'dvd'; readonly drive: ScsiDvd };

/** A controller and what is attached to it, by LUN. The devices stay their owner's: nobody here closes them. */
export class MachineStorage implements Inspectable {
  readonly controller: StorageController;
  readonly #instanceId: string;
  readonly #where: string;
  readonly #units = new Map<number, AttachedUnit>();

  constructor(storage: CheckedStorage, where: string) {
    const { instanceId, subchannels, disks } = storage;
    this.#instanceId = instanceId;
    this.#where = where;
    this.controller = new StorageController({ instanceId, maxSubchannels: subchannels, where });
    for (const disk of disks) this.#attach(disk);
  }

  /** What is attached now, by LUN. */
  get units(): readonly AttachedUnit[] {
    return [...this.#units.values()].sort((a, b) => a.lun - b.lun);
  }

  /**
   * Attaches a disk, at the lowest free LUN unless told, and gives its LUN. A guest that runs finds it at once. Throws RangeError
   * when the place is taken or there is none.
   */
  addDisk(device: BlockDevice, lun = this.#freeLun()): number {
    this.#attach({ isDvd: false, device, lun: this.#checked(lun) });
    return lun;
  }

  /** Attaches a DVD drive with a disc or none, as `addDisk`. */
  addDvd(disc?: BlockDevice, lun = this.#freeLun()): number {
    this.#attach({ isDvd: true, device: disc, lun: this.#checked(lun) });
    return lun;
  }

  /**
   * Takes a unit away, whether the guest uses it or not: its requests fail from now on. Settles with what it was when
   * nothing works on its device any more and what the guest wrote is flushed: it may be closed then. Throws RangeError when
   * there is none, and what flushing throws.
   */
  async remove(lun: number): Promise<AttachedUnit> {
    const unit = this.#units.get(lun);
    if (unit === undefined) throw new RangeError(`there is nothing at LUN ${lun}`);
    this.#units.delete(lun);
    await this.controller.detach({ lun });
    if (unit.kind === 'disk' && !unit.device.readOnly) await unit.device.flush();
    return unit;
  }

  /** The DVD drive at a LUN, or the first one. */
  dvd(lun?: number): ScsiDvd | undefined {
    for (const unit of this.units) {
      if (unit.kind === 'dvd' && (lun === undefined || unit.lun === lun)) return unit.drive;
    }
    return undefined;
  }

  inspect(): InspectNode {
    return this.controller.inspect();
  }

  #attach({ isDvd, device, lun }: CheckedDisk): void {
    const name = `${this.#where}/lun/${lun}`;
    const id = `${this.#instanceId.slice(0, -2)}${lun.toString(16).padStart(2, '0')}`;
    if (isDvd) {
      const drive = new ScsiDvd(device, { name, id });
      this.controller.attach({ lun }, drive);
      this.#units.set(lun, { lun, kind: 'dvd', drive });
    } else {
      this.controller.attach({ lun }, new ScsiDisk(device, { name, id }));
      this.#units.set(lun, { lun, kind: 'disk', device });
    }
  }

  #freeLun(): number {
    let lun = 0;
    while (this.#units.has(lun)) lun += 1;
    return lun;
  }

  #checked(lun: number): number {
    const isPlace = Number.isInteger(lun) && lun >= 0 && lun < LUNS;
    if (!isPlace || this.#units.has(lun))
      throw new RangeError(`LUN ${lun} is taken or no place: 0 to ${LUNS - 1}`);
    return lun;
  }
}
