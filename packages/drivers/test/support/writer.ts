/** A process to be killed: writes to an image, says after every flush how far it has got, and never ends by itself. */

import { openImage } from '../../src/node/index.ts';
import { RECORD_BYTES, recordAt, recordBytes } from './records.ts';

const device = await openImage(process.argv[2]!);
for (let record = 0; ; ) {
  const pending: (void | Promise<void>)[] = [];
  for (let i = 0; i < 7; i++, record++) {
    const bytes = recordBytes(record);
    const half = RECORD_BYTES / 2;
    pending.push(device.write(recordAt(record), [bytes.subarray(0, half), bytes.subarray(half)]));
  }
  await Promise.all(pending);
  await device.flush();
  process.stdout.write(`${record}\n`);
}
