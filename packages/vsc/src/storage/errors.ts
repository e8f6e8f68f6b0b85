/** What can become of a command: SCSI's own sense data, or a failure on the way. SPC-4, Sense Data; StorVSP protocol, SRB status. */

import { AdditionalSense, FixedSense, ScsiStatus, SenseKey } from '@viridian/protocols/scsi';
import { SRB_STATUS_MASK, SrbStatus, SrbStatusFlag } from '@viridian/protocols/storvsp';
import { nameOf } from '@viridian/wire';
import type { StorageCommand } from './storage-command.ts';

/** The unit executed the command and said what is wrong. */
export class ScsiError extends Error {
  override readonly name = 'ScsiError';
  /** See `SenseKey`. */
  readonly key: number;
  readonly asc: number;
  readonly ascq: number;
  readonly scsiStatus: number;

  constructor(opcode: number, key: number, asc: number, ascq: number, scsiStatus: number) {
    const code = nameOf(AdditionalSense, (asc << 8) | ascq);
    super(`command 0x${opcode.toString(16)}: ${nameOf(SenseKey, key)}, ${code}`);
    this.key = key;
    this.asc = asc;
    this.ascq = ascq;
    this.scsiStatus = scsiStatus;
  }

  /** ASC << 8 | ASCQ, see `AdditionalSense`. */
  get code(): number {
    return (this.asc << 8) | this.ascq;
  }
}

/**
 * - 'closed': the channel is gone, what became of the command is unknown
 * - 'no-device': nobody is at that address, any more perhaps
 * - 'short': fewer bytes were moved than the command is worth nothing without
 * - 'busy': the host could not take the command
 * - 'failed': the host refused the request, or failed without saying why
 * - 'protocol': the host broke the protocol; the channel has been ended
 * - 'refused': the host takes no protocol version or step that this driver knows
 */
export type StorageErrorKind = 'closed' | 'no-device' | 'short' | 'busy' | 'failed' | 'protocol' | 'refused';

/** A command, or the whole adapter, failed without sense data. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly kind: StorageErrorKind;

  constructor(kind: StorageErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

const FIXED_CURRENT = 0x70;
const FIXED_DEFERRED = 0x71;

/** What went wrong with an answered command; `undefined` when nothing did. */
export function commandError(command: StorageCommand): ScsiError | StorageError | undefined {
  const { srbStatus, scsiStatus } = command;
  const status = srbStatus & SRB_STATUS_MASK;
  const isGood = status === SrbStatus.SUCCESS || status === SrbStatus.DATA_OVERRUN;
  if (isGood && scsiStatus === ScsiStatus.GOOD) return undefined;
  const opcode = command.cdb[0]!;
  if ((srbStatus & SrbStatusFlag.AUTOSENSE_VALID) !== 0 && scsiStatus === ScsiStatus.CHECK_CONDITION) {
    const sense = FixedSense.read(command.senseView);
    if (sense.response.code === FIXED_CURRENT || sense.response.code === FIXED_DEFERRED) {
      return new ScsiError(opcode, sense.key.key, sense.asc, sense.ascq, scsiStatus);
    }
  }
  const what = `command 0x${opcode.toString(16)}: ${nameOf(SrbStatus, status)}, ${nameOf(ScsiStatus, scsiStatus)}`;
  return new StorageError(kindOf(status, scsiStatus), what);
}

function kindOf(status: number, scsiStatus: number): StorageErrorKind {
  switch (status) {
    case SrbStatus.INVALID_LUN:
    case SrbStatus.NO_DEVICE:
    case SrbStatus.SELECTION_TIMEOUT:
      return 'no-device';
    case SrbStatus.BUSY:
      return 'busy';
    default:
      return scsiStatus === ScsiStatus.BUSY || scsiStatus === ScsiStatus.TASK_SET_FULL ? 'busy' : 'failed';
  }
}
