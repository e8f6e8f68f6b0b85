/** `viridian image`: makes, shows, converts and checks disk images. */

import { unlink } from 'node:fs/promises';
import { type BlockDevice, BlockError, copyDisk } from '@viridian/drivers';
import { createImageFile, createVhdFile, createVhdxFile, openImage } from '@viridian/drivers/node';
import { InspectTree } from '@viridian/trace';
import { OptionError } from '../demo/options.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { NewImage } from './image-options.ts';

const READ_BYTES = 2 ** 20;

/** Makes an empty image. Throws {@link OptionError}, and leaves no file behind then. */
export async function createImage(image: NewImage, terminal: Terminal): Promise<number> {
  await told(image.path, () => makeFile(image, image.sizeBytes));
  const disk = await told(image.path, () => openImage(image.path, { readOnly: true, format: image.format }));
  terminal.line(`${image.path}: ${describe(disk)}`);
  await disk.close();
  return 0;
}

/** Shows what an image is. */
export async function imageInfo(path: string, asJson: boolean, terminal: Terminal): Promise<number> {
  const disk = await told(path, () => openImage(path, { readOnly: true }));
  try {
    if (asJson) {
      const tree = new InspectTree();
      tree.add('image', disk);
      terminal.line(JSON.stringify(tree.query('image'), undefined, 2));
      return 0;
    }
    terminal.line(`${path}: ${describe(disk)}`);
    for (const [name, value] of Object.entries(disk.inspect())) {
      if (SHOWN.has(name) && typeof value !== 'object')
        terminal.line(`  ${SHOWN.get(name)}: ${String(value)}`);
    }
    return 0;
  } finally {
    await disk.close();
  }
}

const SHOWN = new Map([
  ['logicalBlockBytes', 'bytes of a sector'],
  ['blockBytes', 'bytes of a block'],
  ['allocatedBytes', 'bytes in blocks that have a place'],
  ['uniqueId', 'id'],
  ['recovered', 'was not closed, or its end is damaged'],
]);

/** Copies an image into a new one of any format. Ends with the signal's reason when it is aborted; no file is left then. */
export async function convertImage(
  sourcePath: string,
  target: NewImage,
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<number> {
  const source = await told(sourcePath, () => openImage(sourcePath, { readOnly: true }));
  try {
    const sizeBytes = target.sizeBytes ?? source.sizeBytes;
    if (sizeBytes < source.sizeBytes) {
      throw new OptionError(`--size ${sizeBytes}: ${sourcePath} has ${source.sizeBytes} bytes`);
    }
    await told(target.path, () => makeFile(target, sizeBytes));
    try {
      await told(target.path, () => copyTo(source, target, terminal, interrupted));
    } catch (error) {
      await unlink(target.path);
      throw error;
    }
    terminal.line(
      `${target.path}: ${source.sizeBytes} bytes of ${sourcePath} as ${target.type} ${target.format}`,
    );
    return 0;
  } finally {
    await source.close();
  }
}

async function copyTo(
  source: BlockDevice,
  target: NewImage,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const disk = await openImage(target.path, { format: target.format });
  try {
    const progress = (done: number): void => terminal.progress('converting', done / source.sizeBytes);
    await copyDisk(source, disk, { signal, progress });
  } finally {
    await disk.close();
  }
}

/** Checks the structure of an image and its parents, and reads all of it. 1 when something is wrong. */
export async function checkImage(
  path: string,
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<number> {
  let at = 0;
  try {
    const disk = await openImage(path, { readOnly: true });
    try {
      const bytes = new Uint8Array(READ_BYTES);
      for (; at < disk.sizeBytes; at += READ_BYTES) {
        interrupted.throwIfAborted();
        await disk.read(at, [bytes.subarray(0, Math.min(READ_BYTES, disk.sizeBytes - at))]);
        terminal.progress('checking', at / disk.sizeBytes);
      }
      const recovered = disk.inspect().recovered === true ? '; it was not closed, or its end is damaged' : '';
      terminal.line(`${path}: no errors in ${describe(disk)}${recovered}`);
      return 0;
    } finally {
      await disk.close();
    }
  } catch (error) {
    if (!(error instanceof BlockError)) throw error;
    const where = at > 0 ? ` (at byte ${at} of the disk)` : '';
    terminal.line(`${path}: ${error.message}${where}`);
    return 1;
  }
}

function makeFile(image: NewImage, sizeBytes: number | undefined): Promise<void> {
  const { path, format, type, parentPath, blockBytes, sectorBytes } = image;
  if (sizeBytes === undefined && parentPath === undefined)
    throw new OptionError('--size SIZE is needed, e.g. 8G');
  if (format === 'raw') return createImageFile(path, 'raw', sizeBytes!);
  const options = {
    type,
    ...(sizeBytes !== undefined && { sizeBytes }),
    ...(parentPath !== undefined && { parentPath }),
    ...(blockBytes !== undefined && { blockBytes }),
  };
  if (format === 'vhd') return createVhdFile(path, options);
  return createVhdxFile(path, { ...options, ...(sectorBytes && { logicalBlockBytes: sectorBytes }) });
}

function describe(disk: BlockDevice): string {
  const { kind, type } = disk.inspect();
  const mebibytes = disk.sizeBytes / 2 ** 20;
  const size = Number.isInteger(mebibytes) ? `${mebibytes} MiB` : `${disk.sizeBytes} bytes`;
  return `${typeof type === 'string' ? `${type} ` : ''}${String(kind)} of ${size}`;
}

/** Failures of files in the words of the file. */
async function told<Value>(path: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BlockError)) throw error;
    const words = error.message.includes('EEXIST') ? 'there is such a file already' : error.message;
    throw new OptionError(`${path}: ${words}`, { cause: error });
  }
}
