/** READ CAPACITY(10) and (16). SBC-3, READ CAPACITY. */

import { invalidField } from './failures.ts';
import type { ScsiCommand } from './scsi-command.ts';
import type { ScsiDisk } from './scsi-disk.ts';

const SERVICE_ACTION_MASK = 0x1f;
const READ_CAPACITY_16 = 0x10;
const LBPME = 0x80;
const LBPRZ = 0x40;
const TWO_32 = 2 ** 32;
const MOST_IN_32_BITS = 0xffffffff;

/** READ CAPACITY(10): a disk too large for it answers FFFFFFFFh, which means: ask (16). */
export function readCapacity10(disk: ScsiDisk, command: ScsiCommand): undefined {
  const data = new Uint8Array(8);
  const view = new DataView(data.buffer);
  view.setUint32(0, Math.min(disk.blocks - 1, MOST_IN_32_BITS));
  view.setUint32(4, disk.blockBytes);
  command.respond(data, data.length);
}

/** SERVICE ACTION IN(16), of which only READ CAPACITY(16) exists here. */
export function serviceActionIn16(disk: ScsiDisk, command: ScsiCommand): undefined {
  if ((command.cdb[1]! & SERVICE_ACTION_MASK) !== READ_CAPACITY_16) return invalidField(command);
  const data = new Uint8Array(32);
  const view = new DataView(data.buffer);
  const last = disk.blocks - 1;
  view.setUint32(0, Math.floor(last / TWO_32));
  view.setUint32(4, last % TWO_32);
  view.setUint32(8, disk.blockBytes);
  data[13] = Math.log2(disk.device.physicalBlockBytes / disk.blockBytes) & 0xf;
  if (disk.thin) data[14] = LBPME | LBPRZ;
  command.respond(data, command.view.getUint32(10));
}
