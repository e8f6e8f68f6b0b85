/** The disks and discs of a running machine, which may come and go. */

import { type BlockDevice, FaultDisk, faultPlan, parseFaultRules } from '@viridian/drivers';
import type { ReadThread } from '@viridian/drivers/node';
import type { MachineStorage } from '@viridian/vm';
import { openDisc, openDisk } from './open-disks.ts';

/** What a person can do to the storage of a running guest. Whatever is impossible is told by Error. */
export class RunStorage {
  readonly #storage: MachineStorage;
  readonly #reads: ReadThread;
  /** Opened here, so closed here; by LUN, the disc of the drive by -1. */
  readonly #opened = new Map<number, BlockDevice>();

  constructor(storage: MachineStorage, reads: ReadThread) {
    this.#storage = storage;
    this.#reads = reads;
  }

  /** A line for each unit. */
  list(): string[] {
    return this.#storage.units.map((unit) => {
      if (unit.kind === 'disk') {
        const { sizeBytes, readOnly } = unit.device;
        return `${unit.lun}: disk of ${sizeBytes} bytes${readOnly ? ', read-only' : ''}`;
      }
      const { disc, isLocked } = unit.drive;
      const state = disc === undefined ? 'empty' : `a disc of ${disc.sizeBytes} bytes`;
      return `${unit.lun}: DVD drive, ${state}${isLocked ? ', kept shut by the guest' : ''}`;
    });
  }

  /** Attaches an image; gives its LUN. */
  async attach(
    path: string,
    how: { readonly readOnly: boolean; readonly overlay: boolean },
  ): Promise<number> {
    const device = await openDisk({ path, bus: 'scsi', ...how }, this.#reads, () => undefined);
    try {
      const lun = this.#storage.addDisk(device);
      this.#opened.set(lun, device);
      return lun;
    } catch (error) {
      await device.close();
      throw error;
    }
  }

  /** Takes a disk or drive away. Disks that were there from the start are closed with the machine. */
  async detach(lun: number): Promise<void> {
    await this.#storage.remove(lun);
    const device = this.#opened.get(lun);
    this.#opened.delete(lun);
    await device?.close();
  }

  /** Puts a disc into the first DVD drive, in place of another. */
  async insert(path: string): Promise<void> {
    const drive = this.#drive();
    if (drive.isLocked) throw new Error('the guest keeps the drive shut: it uses the disc');
    const disc = await openDisc(path);
    await drive.remove();
    drive.insert(disc);
    const before = this.#opened.get(DISC);
    this.#opened.set(DISC, disc);
    await before?.close();
  }

  /** Takes the disc out, by force even while the guest uses it. */
  async eject(isForced: boolean): Promise<void> {
    const drive = this.#drive();
    if (!drive.pressEject() && !isForced) {
      throw new Error(
        'the guest keeps the drive shut; it has been told of the wish (--force takes the disc all the same)',
      );
    }
    await drive.remove();
    await this.#opened.get(DISC)?.close();
    this.#opened.delete(DISC);
  }

  /** Replaces the faults of a disk by others; none when there are no rules. */
  fault(lun: number, rules: string): void {
    const unit = this.#storage.units.find((known) => known.lun === lun);
    if (unit?.kind !== 'disk') throw new Error(`there is no disk at LUN ${lun}`);
    if (!(unit.device instanceof FaultDisk)) throw new Error(`the disk at LUN ${lun} takes no faults`);
    unit.device.plan = faultPlan(parseFaultRules(rules));
  }

  /** Closes what was opened here. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#opened.values()].map((device) => device.close()));
  }

  #drive() {
    const drive = this.#storage.dvd();
    if (drive === undefined) throw new Error('the machine has no DVD drive on the bus (--cdrom none)');
    return drive;
  }
}

const DISC = -1;
