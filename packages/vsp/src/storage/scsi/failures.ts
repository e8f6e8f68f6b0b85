/** What a failing block device means to the initiator: SPC-4, Sense Key and Additional Sense Code Definitions. */

import { BlockError } from '@viridian/drivers';
import { AdditionalSense, SenseKey } from '@viridian/protocols/scsi';
import { warning } from '@viridian/trace';
import type { ScsiCommand } from './scsi-command.ts';
import type { ScsiDisk } from './scsi-disk.ts';

/** What the device was asked to do when it failed. */
export type DeviceOperation = 'read' | 'write' | 'flush' | 'discard';

const deviceFailed = warning('vsp.storage.device');

/** Ends a command whose CDB asks for something this target does not do in that form. */
export function invalidField(command: ScsiCommand): undefined {
  return command.fail(SenseKey.ILLEGAL_REQUEST, AdditionalSense.INVALID_FIELD_IN_CDB);
}

/** Ends a command whose parameter data does not hold together. */
export function invalidParameter(command: ScsiCommand): undefined {
  return command.fail(SenseKey.ILLEGAL_REQUEST, AdditionalSense.INVALID_FIELD_IN_PARAMETER_LIST);
}

/** Ends a command with the sense data for what the device threw or rejected with; never throws. */
export function deviceError(
  disk: ScsiDisk,
  command: ScsiCommand,
  operation: DeviceOperation,
  error: unknown,
): undefined {
  disk.counters.deviceErrors += 1;
  const kind = error instanceof BlockError ? error.kind : 'unknown';
  deviceFailed.report(disk.name, `${operation} failed (${kind})`, { message: messageOf(error) });
  switch (kind) {
    case 'no-space':
      return command.fail(SenseKey.DATA_PROTECT, AdditionalSense.SPACE_ALLOCATION_FAILED_WRITE_PROTECT);
    case 'read-only':
      return command.fail(SenseKey.DATA_PROTECT, AdditionalSense.WRITE_PROTECTED);
    case 'out-of-range':
      return command.fail(SenseKey.ILLEGAL_REQUEST, AdditionalSense.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE);
    case 'closed':
      return command.fail(SenseKey.NOT_READY, AdditionalSense.MEDIUM_NOT_PRESENT);
    case 'io':
    case 'medium':
    case 'corrupt':
      return command.fail(
        SenseKey.MEDIUM_ERROR,
        operation === 'read' ? AdditionalSense.UNRECOVERED_READ_ERROR : AdditionalSense.WRITE_ERROR,
      );
    case 'unknown':
      // Not a failure of storage but of the code that serves it.
      return command.fail(SenseKey.HARDWARE_ERROR, AdditionalSense.INTERNAL_TARGET_FAILURE);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
