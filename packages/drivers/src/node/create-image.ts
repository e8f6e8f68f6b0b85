/** New image files. */

import { stat, unlink } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BlockError } from '../block/block-device.ts';
import { imageFormat } from '../image/image-format.ts';
import type { ParentDisk, ParentLocator, ParentReference } from '../image/parent.ts';
import { type CreateVhdOptions, createVhd } from '../vhd/create-vhd.ts';
import { vhdTimeStamp } from '../vhd/layout.ts';
import type { VhdType } from '../vhd/vhd-disk.ts';
import { createVhdx } from '../vhdx/create-vhdx.ts';
import type { VhdxType } from '../vhdx/vhdx-disk.ts';
import { FileStore, flushDirectoryOf } from './file-store.ts';
import { openImage } from './open-image.ts';

/** What a new VHDX file is to be. */
export interface CreateVhdxFileOptions {
  readonly type: VhdxType;
  /** A whole number of logical blocks up to 64 TiB. May be left out for a differencing image, as for VHD. */
  readonly sizeBytes?: number;
  /** The VHDX that a differencing image stands on. It must not be changed from then on. */
  readonly parentPath?: string;
  /** 2 MiB unless told. */
  readonly blockBytes?: number;
  /** 512 or 4096; that of the parent, or 512, unless told. */
  readonly logicalBlockBytes?: number;
}

/** What a new VHD file is to be. */
export interface CreateVhdFileOptions {
  readonly type: VhdType;
  /** A multiple of 512 up to 2040 GiB. May be left out for a differencing image: it then is as large as its parent. */
  readonly sizeBytes?: number;
  /** The VHD that a differencing image stands on. It must not be changed from then on. */
  readonly parentPath?: string;
  /** Of dynamic and differencing images: 2 MiB unless told. */
  readonly blockBytes?: number;
}

/** Makes a VHD file that does not exist yet; afterwards it is on disk. Throws BlockError and leaves no file behind. */
export async function createVhdFile(path: string, options: CreateVhdFileOptions): Promise<void> {
  const { parentPath, ...rest } = options;
  const below = parentPath === undefined ? undefined : await describeParent(path, parentPath, 'vhd');
  const sizeBytes = options.sizeBytes ?? below?.sizeBytes;
  if (sizeBytes === undefined) throw new BlockError('out-of-range', 'VHD: a new image needs a size');
  const parent = below === undefined ? {} : { parent: below.reference };
  await createFile(path, (store) => createVhd(store, { ...rest, ...parent, sizeBytes } as CreateVhdOptions));
}

/** Makes a VHDX file, as `createVhdFile` makes a VHD. */
export async function createVhdxFile(path: string, options: CreateVhdxFileOptions): Promise<void> {
  const { parentPath, ...rest } = options;
  const below = parentPath === undefined ? undefined : await describeParent(path, parentPath, 'vhdx');
  const sizeBytes = options.sizeBytes ?? below?.sizeBytes;
  if (sizeBytes === undefined) throw new BlockError('out-of-range', 'VHDX: a new image needs a size');
  const parent =
    below === undefined ? {} : { parent: below.reference, logicalBlockBytes: below.logicalBlockBytes };
  await createFile(path, (store) => createVhdx(store, { ...parent, ...rest, sizeBytes }));
}

/** Makes a new image file of a format by name, e.g. 'raw', in its plainest kind. As `createVhdFile` otherwise. */
export async function createImageFile(path: string, format: string, sizeBytes: number): Promise<void> {
  await createFile(path, (store) => imageFormat(format).create(store, sizeBytes));
}

async function createFile(path: string, fill: (store: FileStore) => Promise<void>): Promise<void> {
  const store = await FileStore.open(path, { create: true });
  try {
    await fill(store);
    await store.close();
  } catch (error) {
    await store.close();
    await unlink(path).catch(() => {});
    throw error;
  }
  await flushDirectoryOf(path);
}

interface DescribedParent {
  readonly reference: ParentReference;
  readonly sizeBytes: number;
  readonly logicalBlockBytes: number;
}

async function describeParent(path: string, parentPath: string, format: string): Promise<DescribedParent> {
  const disk = (await openImage(parentPath, { readOnly: true, format })) as ParentDisk;
  await disk.close();
  const { mtimeMs } = await stat(parentPath);
  return {
    sizeBytes: disk.sizeBytes,
    logicalBlockBytes: disk.logicalBlockBytes,
    reference: {
      uniqueId: disk.uniqueId,
      timeStamp: vhdTimeStamp(mtimeMs),
      name: basename(parentPath),
      locators: locatorsFor(path, parentPath),
    },
  };
}

/** A relative path in Windows' notation, which every reader knows, and the absolute one in the host's own. */
function locatorsFor(path: string, parentPath: string): ParentLocator[] {
  const absolute = resolve(parentPath);
  const fromImage = relative(dirname(resolve(path)), absolute).replaceAll('/', '\\');
  const windows = /^([a-zA-Z]:|\\\\)/;
  return [
    ...(windows.test(fromImage) ? [] : [{ platform: 'W2ru' as const, path: `.\\${fromImage}` }]),
    windows.test(absolute)
      ? { platform: 'W2ku', path: absolute }
      : { platform: 'MacX', path: pathToFileURL(absolute).href },
  ];
}
