/** A host with one good disk, and a guest that is about to misbehave. */

import { forgetWarnings, warning } from '@viridian/trace';
import { StorageController } from '@viridian/vsp/storage';
import { expect } from 'vitest';
import { type RawGuest, rawGuest, rawMachine, srbOf } from './raw-guest.ts';
import { patternDisk } from './scsi.ts';

/** Blocks of the disk at LUN 0. */
export const BLOCKS = 64;

/** Starts afresh: warnings forgotten, the guest initialized. */
export async function victim(options: { ringPages?: number; initialize?: boolean } = {}) {
  forgetWarnings();
  const controller = new StorageController({ instanceId: '11111111-2222-3333-4444-555555555555' });
  controller.attach({ lun: 0 }, patternDisk(BLOCKS));
  const machine = rawMachine(controller, options.ringPages);
  const guest = await rawGuest(machine);
  if (options.initialize !== false) await guest.initialize();
  const { gpns } = machine.memory.allocatePages(80);
  return { controller, machine, guest, gpns };
}

/** How often a bad request was warned of with this reason. */
export function warned(reason: string): number {
  return warning('vsp.storage.request').countOf(reason);
}

/** The channel is open and the disk answers. */
export async function expectAlive(guest: RawGuest): Promise<void> {
  guest.srb({ cdb: [0, 0, 0, 0, 0, 0] });
  const answer = (await guest.answers()).at(-1);
  expect(answer === undefined ? guest.pair.ended : srbOf(answer)).toMatchObject({ srb: 1, scsi: 0 });
}

/** The channel was ended for this reason, which is warned of. */
export async function expectEnded(guest: RawGuest, reason: string): Promise<void> {
  await guest.answers();
  expect(guest.pair.ended).toBe(reason);
}
