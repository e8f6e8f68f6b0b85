/** A small disk made of windows onto a large one: models stay small, and requests still cross far boundaries. */

import type { BlockDevice, Buffers, WriteOptions } from '../../src/block/block-device.ts';
import { sliceBuffers } from '../../src/block/buffers.ts';

export interface Window {
  /** Byte offset in the large disk. */
  readonly at: number;
  readonly length: number;
}

/** The windows one behind the other; closing it closes the large disk. */
export function windowed(disk: BlockDevice, windows: readonly Window[]): BlockDevice {
  const each = async (
    offset: number,
    buffers: Buffers,
    run: (at: number, part: Buffers) => void | Promise<void>,
  ): Promise<void> => {
    const length = buffers.reduce((sum, { length }) => sum + length, 0);
    const work: (void | Promise<void>)[] = [];
    let start = 0;
    for (const window of windows) {
      const from = Math.max(offset, start);
      const to = Math.min(offset + length, start + window.length);
      if (from < to)
        work.push(run(window.at + from - start, sliceBuffers(buffers, from - offset, to - from)));
      start += window.length;
    }
    await Promise.all(work);
  };
  return {
    logicalBlockBytes: disk.logicalBlockBytes,
    physicalBlockBytes: disk.physicalBlockBytes,
    sizeBytes: windows.reduce((sum, { length }) => sum + length, 0),
    readOnly: disk.readOnly,
    read: (offset, into) => each(offset, into, (at, part) => disk.read(at, part)),
    write: (offset, from, options?: WriteOptions) =>
      each(offset, from, (at, part) => disk.write(at, part, options)),
    flush: () => disk.flush(),
    close: () => disk.close(),
    inspect: () => disk.inspect(),
  };
}
