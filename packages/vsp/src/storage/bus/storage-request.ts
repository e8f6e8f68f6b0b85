/** A request of the guest from the moment it is taken off a ring until its answer is in the other one. */

import { SrbStatus } from '@viridian/protocols/storvsp';
import { ScsiCommand } from '../scsi/scsi-command.ts';
import type { UnitSlot } from './unit-table.ts';

/** Made once and used again and again by the channel that owns it. */
export class StorageRequest {
  readonly command = new ScsiCommand();
  /** The transaction id in halves, echoed. */
  idLow = 0;
  idHigh = 0;
  /** As long as the request, and at most as long as the newest packet. */
  answerBytes = 0;
  path = 0;
  target = 0;
  lun = 0;
  /** What the SRB asked to move. */
  wantedBytes = 0;
  /** Where it runs while it runs. */
  slot: UnitSlot | undefined;
  /** SRB status without flags, set when the request is finished. */
  srbStatus: number = SrbStatus.PENDING;
  /** Bound once, so that a request that finishes later makes no closure. */
  readonly settled: () => void;
  readonly crashed: (error: unknown) => void;

  constructor(
    settled: (request: StorageRequest) => void,
    crashed: (request: StorageRequest, error: unknown) => void,
  ) {
    this.settled = () => settled(this);
    this.crashed = (error) => crashed(this, error);
  }
}
