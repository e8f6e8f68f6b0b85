/** Disk images in files: recognised, opened with all their parents, and created. */

import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BlockDevice, BlockError } from '../block/block-device.ts';
import { RawDisk } from '../block/raw-disk.ts';
import { HttpStore } from '../http/http-store.ts';
import { detectFormat, imageFormat } from '../image/image-format.ts';
import type { OpenParent, ParentDisk, ParentLocator, ParentReference } from '../image/parent.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { FileStore } from './file-store.ts';
import { errorCode } from './host-error.ts';
import type { ReadThread } from './read-thread.ts';

/** How to open an image file. */
export interface OpenImageOptions {
  /** 'raw', 'vhd' or 'vhdx'; by content unless told. Tell it for raw disks of guests that are not trusted. */
  readonly format?: string;
  readonly readOnly?: boolean;
  /** Keeps others who ask for it out, by `<path>.lock`. */
  readonly lock?: boolean;
  /** Of raw images: 512 (default) or 4096. */
  readonly logicalBlockBytes?: number;
  /** Does short reads of the image. */
  readonly reads?: ReadThread;
}

/**
 * Opens an image file, and the files below it when it is a differencing one. A path that starts with http: or https: is read
 * from a web server. Throws BlockError.
 */
export function openImage(path: string, options: OpenImageOptions = {}): Promise<BlockDevice> {
  return openLinked(path, options, []);
}

function openStore(path: string, options: OpenImageOptions): Promise<ByteStore> {
  return /^https?:\/\//i.test(path) ? HttpStore.open(path) : FileStore.open(path, options);
}

/** Opens a file as a raw disk, whatever is in it. Throws BlockError. */
export async function openRawFile(
  path: string,
  options: Omit<OpenImageOptions, 'format'> = {},
): Promise<RawDisk> {
  return new RawDisk(await FileStore.open(path, options), options);
}

async function openLinked(
  path: string,
  options: OpenImageOptions,
  chain: readonly string[],
): Promise<BlockDevice> {
  const store = await openStore(path, options);
  try {
    const format = options.format === undefined ? await detectFormat(store) : imageFormat(options.format);
    return await format.open(store, {
      ...options,
      chain,
      openParent: fileParents(path, format.name, options.reads),
    });
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * Finds the parents of the differencing image at `path` among files: by the relative locators, then by the absolute ones,
 * then by name in the image's own folder. The first file of the same format with the right id counts; it is opened read-only.
 */
export function fileParents(path: string, format = 'vhd', reads?: ReadThread): OpenParent {
  return async (parent, chain) => {
    const tried: string[] = [];
    for (const candidate of candidates(path, parent)) {
      if (!(await exists(candidate))) {
        tried.push(`${candidate} does not exist`);
        continue;
      }
      const disk = await openLinked(candidate, { readOnly: true, format, ...(reads && { reads }) }, chain);
      const { uniqueId } = disk as ParentDisk;
      if (uniqueId === parent.uniqueId) return disk as ParentDisk;
      await disk.close();
      tried.push(`${candidate} has id ${uniqueId}`);
    }
    throw new BlockError(
      'io',
      `the parent '${parent.name}' (${parent.uniqueId}) of ${path} was not found: ${tried.join('; ')}`,
    );
  };
}

function candidates(path: string, parent: ParentReference): Set<string> {
  const folder = dirname(resolve(path));
  const order: Record<ParentLocator['platform'], number> = { W2ru: 0, W2ku: 1, MacX: 2 };
  const found = new Set<string>();
  for (const locator of parent.locators.toSorted((a, b) => order[a.platform] - order[b.platform])) {
    const file = locatorPath(locator, folder);
    if (file !== undefined) found.add(file);
  }
  // The name may be a whole path of another machine; its last part is what may lie here.
  const name = parent.name.split(/[\\/]/).at(-1) ?? '';
  if (name !== '') found.add(resolve(folder, name));
  return found;
}

/** The host's path for a locator, if it can have one here. */
function locatorPath({ platform, path }: ParentLocator, folder: string): string | undefined {
  if (path === '') return undefined;
  if (platform === 'W2ru') return resolve(folder, path.replaceAll('\\', '/'));
  if (platform === 'W2ku') return isAbsolute(path) ? path : undefined;
  try {
    return fileURLToPath(path);
  } catch {
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return false;
    if (errorCode(error) === 'ERR_INVALID_ARG_VALUE') return false;
    throw new BlockError('io', `looking for ${path}`, { cause: error });
  }
}
