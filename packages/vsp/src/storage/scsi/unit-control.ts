/** TEST UNIT READY, REQUEST SENSE, START STOP UNIT, PREVENT ALLOW MEDIUM REMOVAL. SPC-4 and SBC-3, the commands of these names. */

import { flushDevice } from './block-io.ts';
import { AdditionalSense, SenseKey } from './draft.ts';
import { invalidField } from './failures.ts';
import { type ScsiCommand, SENSE_BYTES, writeSense } from './scsi-command.ts';
import type { ScsiDisk } from './scsi-disk.ts';

const DESCRIPTOR_FORMAT = 0x01;
const START = 0x01;
const LOAD_EJECT = 0x02;
const POWER_CONDITION_MASK = 0xf0;

/** TEST UNIT READY: what could stand against it was checked before. */
export function testUnitReady(_disk: ScsiDisk, command: ScsiCommand): undefined {
  command.succeed(0);
}

/** REQUEST SENSE: a pending unit attention condition, which is cleared by it, or the state of the unit. */
export function requestSense(disk: ScsiDisk, command: ScsiCommand): undefined {
  if ((command.cdb[1]! & DESCRIPTOR_FORMAT) !== 0) return invalidField(command);
  const data = new Uint8Array(SENSE_BYTES);
  const attention = disk.takeAttention();
  if (attention !== 0) writeSense(data, SenseKey.UNIT_ATTENTION, attention);
  else if (disk.stopped) writeSense(data, SenseKey.NOT_READY, AdditionalSense.INITIALIZING_COMMAND_REQUIRED);
  else writeSense(data, SenseKey.NO_SENSE, AdditionalSense.NO_ADDITIONAL_SENSE);
  command.respond(data, command.cdb[4]!);
}

/** START STOP UNIT: stopping flushes first. The answer waits for it, IMMED or not; the medium cannot be ejected. */
export function startStop(disk: ScsiDisk, command: ScsiCommand): void | Promise<void> {
  const flags = command.cdb[4]!;
  if ((flags & (POWER_CONDITION_MASK | LOAD_EJECT)) !== 0) return invalidField(command);
  disk.stopped = (flags & START) === 0;
  if (disk.stopped) return flushDevice(disk, command);
  command.succeed(0);
}

/** PREVENT ALLOW MEDIUM REMOVAL: the medium is fixed, so there is nothing to do. */
export function preventAllow(_disk: ScsiDisk, command: ScsiCommand): undefined {
  command.succeed(0);
}
