/** What can be asked of the storage of a running machine. */

import type { RunStorage } from '../run/run-storage.ts';

/** A request about disks and discs; which fields are needed depends on the action. */
export interface StorageRequest {
  readonly do: 'disk';
  readonly action: 'list' | 'add' | 'remove' | 'insert' | 'eject' | 'faults';
  readonly file?: string;
  readonly lun?: number;
  readonly readOnly?: boolean;
  readonly overlay?: boolean;
  readonly force?: boolean;
  readonly rules?: string;
}

/** Does it; gives what is said about it. Throws Error when it cannot be done. */
export async function actOnStorage(request: StorageRequest, storage: RunStorage): Promise<string[]> {
  const { readOnly = false, overlay = false, force = false, rules = '' } = request;
  switch (request.action) {
    case 'list':
      return storage.list();
    case 'add':
      return [`the disk is at LUN ${await storage.attach(fileOf(request), { readOnly, overlay })}`];
    case 'remove':
      await storage.detach(lunOf(request));
      return [`the disk at LUN ${request.lun} is gone`];
    case 'insert':
      await storage.insert(fileOf(request));
      return ['the disc is in the drive'];
    case 'eject':
      await storage.eject(force);
      return ['the drive is empty'];
    case 'faults':
      storage.fault(lunOf(request), rules);
      return [rules === '' ? 'the disk works as it should' : 'the disk has these faults now'];
    default:
      throw new Error(`nobody knows how to '${String(request.action)}' a disk`);
  }
}

function fileOf({ action, file }: StorageRequest): string {
  if (typeof file === 'string' && file !== '') return file;
  throw new Error(`disk ${action} needs a file`);
}

function lunOf({ action, lun }: StorageRequest): number {
  if (Number.isInteger(lun)) return lun!;
  throw new Error(`disk ${action} needs the LUN of a disk: disk list shows them`);
}
