/** Giving blocks back, in the form that the disk asked for. SBC-3, UNMAP and WRITE SAME(16). */

import {
  ScsiOpcode,
  UnmapCdb,
  UnmapDescriptor,
  UnmapListHeader,
  WriteSame16Cdb,
} from '@viridian/protocols/scsi';
import type { CommandPool } from './command-pool.ts';
import type { DiskFacts } from './disk-facts.ts';
import type { DmaArena } from './dma-arena.ts';
import type { LunAddress } from './lun-address.ts';

/** The list's length fields do not count themselves. */
const LIST_BYTES = UnmapListHeader.size + UnmapDescriptor.size;

/** Gives the blocks back in as many commands as it takes; nothing on a disk that is not thin. */
export async function discardBlocks(
  pool: CommandPool,
  dma: DmaArena,
  address: LunAddress,
  facts: DiskFacts,
  lba: number,
  blocks: number,
): Promise<void> {
  if (facts.unmap === 'none') return;
  const isUnmap = facts.unmap === 'unmap';
  await dma.lend(isUnmap ? LIST_BYTES : facts.blockBytes, async (buffer) => {
    for (let done = 0; done < blocks; done += facts.maxUnmapBlocks) {
      const count = Math.min(facts.maxUnmapBlocks, blocks - done);
      if (isUnmap) buffer.copyIn(unmapList(lba + done, count));
      // The pages are zeroed, so WRITE SAME has its block of zeros there.
      const cdb = isUnmap ? unmapCdb() : writeSameCdb(lba + done, count);
      await pool.execute(address, cdb, 'out', buffer.pages);
    }
  });
}

function unmapCdb(): Uint8Array {
  return UnmapCdb.bytes({ opcode: ScsiOpcode.UNMAP, parameterListLength: LIST_BYTES });
}

function unmapList(lba: number, blockCount: number): Uint8Array {
  const list = new Uint8Array(LIST_BYTES);
  const view = new DataView(list.buffer);
  const dataLength = LIST_BYTES - 2;
  UnmapListHeader.write(view, 0, { dataLength, descriptorLength: UnmapDescriptor.size });
  UnmapDescriptor.write(view, UnmapListHeader.size, { lba, blockCount });
  return list;
}

function writeSameCdb(lba: number, blockCount: number): Uint8Array {
  return WriteSame16Cdb.bytes({ opcode: ScsiOpcode.WRITE_SAME_16, flags: { unmap: 1 }, lba, blockCount });
}
