/** TEST UNIT READY, REQUEST SENSE, START STOP UNIT, PREVENT ALLOW MEDIUM REMOVAL. SPC-4 and SBC-3, the commands of these names. */

import { AdditionalSense, RequestSenseCdb, SenseKey, StartStopUnitCdb } from '@viridian/protocols/scsi';
import { flushDevice } from './block-io.ts';
import { invalidField } from './failures.ts';
import { fixedSense, type ScsiCommand } from './scsi-command.ts';
import type { ScsiDisk } from './scsi-disk.ts';

/** TEST UNIT READY: what could stand against it was checked before. */
export function testUnitReady(_disk: ScsiDisk, command: ScsiCommand): undefined {
  command.succeed(0);
}

/** REQUEST SENSE: a pending unit attention condition, which is cleared by it, or the state of the unit. */
export function requestSense(disk: ScsiDisk, command: ScsiCommand): undefined {
  const { flags, allocationLength } = RequestSenseCdb.read(command.view);
  if (flags.descriptorFormat !== 0) return invalidField(command);
  command.respond(currentSense(disk), allocationLength);
}

function currentSense(disk: ScsiDisk): Uint8Array {
  const attention = disk.takeAttention();
  if (attention !== 0) return fixedSense(SenseKey.UNIT_ATTENTION, attention);
  if (!disk.stopped) return fixedSense(SenseKey.NO_SENSE, AdditionalSense.NONE);
  return fixedSense(SenseKey.NOT_READY, AdditionalSense.NOT_READY_INITIALIZING_COMMAND_REQUIRED);
}

/** START STOP UNIT: stopping flushes first. The answer waits for it, IMMED or not; the medium cannot be ejected. */
export function startStop(disk: ScsiDisk, command: ScsiCommand): void | Promise<void> {
  const { start, loadEject, powerCondition } = StartStopUnitCdb.read(command.view).action;
  if (powerCondition !== 0 || loadEject !== 0) return invalidField(command);
  disk.stopped = start === 0;
  if (disk.stopped) return flushDevice(disk, command);
  command.succeed(0);
}

/** PREVENT ALLOW MEDIUM REMOVAL: the medium is fixed, so there is nothing to do. */
export function preventAllow(_disk: ScsiDisk, command: ScsiCommand): undefined {
  command.succeed(0);
}
