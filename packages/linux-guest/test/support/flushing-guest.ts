/** A process with a machine in it: the guest writes records to the VHD named on the command line and says what it flushed. */

import { openImage } from '@viridian/drivers/node';
import { programProcessors } from '@viridian/hypervisor/program';
import { createMachine } from '@viridian/vm';
import { linuxGuest } from '../../src/index.ts';

const RECORD_BYTES = 4096;

const device = await openImage(process.argv[2]!, { format: 'vhd' });
const guest = linuxGuest({
  main: async (kernel) => {
    const disk = kernel.block.disk('sda')!;
    const blocks = RECORD_BYTES / disk.blockBytes;
    for (let record = 0; ; record += 1) {
      await disk.writeBlocks(record * 11 * blocks, new Uint8Array(RECORD_BYTES).fill(record + 1));
      if (record % 4 !== 3) continue;
      await disk.flush();
      process.stdout.write(`${record + 1}\n`);
    }
  },
});
createMachine({
  name: 'flushing',
  memoryBytes: 8 * 2 ** 20,
  processor: programProcessors(guest),
  disks: [{ device }],
}).start();
