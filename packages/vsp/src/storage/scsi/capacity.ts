/** READ CAPACITY(10) and (16). SBC-3, READ CAPACITY. */

import {
  ReadCapacity10Data,
  ReadCapacity16Data,
  ServiceAction,
  ServiceActionIn16Cdb,
} from '@viridian/protocols/scsi';
import { invalidField } from './failures.ts';
import type { ScsiCommand } from './scsi-command.ts';
import type { ScsiDisk } from './scsi-disk.ts';

/** In the short form: ask the long one. */
const TOO_LARGE = 0xffffffff;

/** READ CAPACITY(10): a disk too large for it answers FFFFFFFFh. */
export function readCapacity10(disk: ScsiDisk, command: ScsiCommand): undefined {
  const lastLba = Math.min(disk.blocks - 1, TOO_LARGE);
  command.respond(
    ReadCapacity10Data.bytes({ lastLba, blockBytes: disk.blockBytes }),
    ReadCapacity10Data.size,
  );
}

/** SERVICE ACTION IN(16), of which only READ CAPACITY(16) exists here. */
export function serviceActionIn16(disk: ScsiDisk, command: ScsiCommand): undefined {
  const { serviceAction, allocationLength } = ServiceActionIn16Cdb.read(command.view);
  if (serviceAction.action !== ServiceAction.READ_CAPACITY_16) return invalidField(command);
  const thin = disk.thin ? 1 : 0;
  const data = ReadCapacity16Data.bytes({
    lastLba: disk.blocks - 1,
    blockBytes: disk.blockBytes,
    exponents: { logicalBlocksPerPhysical: Math.log2(disk.device.physicalBlockBytes / disk.blockBytes) },
    provisioning: { enabled: thin, readZeros: thin },
  });
  command.respond(data, allocationLength);
}
