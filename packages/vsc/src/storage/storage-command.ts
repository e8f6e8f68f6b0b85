/** One SCSI command of this guest, and what the host answered. StorVSP protocol, SRB. */

import { SRB_CDB_BYTES, SRB_SENSE_BYTES, SrbDataIn } from '@viridian/protocols/storvsp';
import { NO_PAGES } from './guest-pages.ts';

const nobody = (): void => {};

/** Reusable: fill in the upper half, submit it, and leave it alone until `done` is called. */
export class StorageCommand {
  path = 0;
  target = 0;
  lun = 0;
  /** Bytes from `cdbBytes` on must be zero. */
  readonly cdb = new Uint8Array(SRB_CDB_BYTES);
  readonly view = new DataView(this.cdb.buffer);
  cdbBytes = 0;
  /** See `SrbDataIn`; NONE without data. */
  dataIn: number = SrbDataIn.NONE;
  gpns: Float64Array | readonly number[] = NO_PAGES.gpns;
  byteOffset = 0;
  byteCount = 0;
  /** Whether a unit attention condition ends the command; else it is noted and the command is sent again. */
  reportsAttention = false;
  /** Called once, when the command was answered or `failure` is set. */
  done: (command: StorageCommand) => void = nobody;

  srbStatus = 0;
  scsiStatus = 0;
  movedBytes = 0;
  /** Fixed-format sense data if the autosense flag is set in `srbStatus`. */
  readonly sense = new Uint8Array(SRB_SENSE_BYTES);
  readonly senseView = new DataView(this.sense.buffer);
  /** Set when there will be no answer. */
  failure: Error | undefined;

  /** Of the queue: times it was sent again, when it was sent, its neighbour in the waiting line. */
  retries = 0;
  sentAt = 0;
  next: StorageCommand | undefined;

  /** Forgets the last use. */
  begin(): void {
    this.cdb.fill(0);
    this.cdbBytes = 0;
    this.dataIn = SrbDataIn.NONE;
    this.gpns = NO_PAGES.gpns;
    this.byteOffset = 0;
    this.byteCount = 0;
    this.reportsAttention = false;
    this.srbStatus = 0;
    this.scsiStatus = 0;
    this.movedBytes = 0;
    this.failure = undefined;
    this.retries = 0;
    this.next = undefined;
  }
}
