/** Image formats: one table from which a store is recognised, opened and created. The seam for formats to come. */

import { type BlockDevice, BlockError } from '../block/block-device.ts';
import { RawDisk } from '../block/raw-disk.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { createVhd } from '../vhd/create-vhd.ts';
import { startsWithCookie } from '../vhd/footer.ts';
import { openVhd } from '../vhd/open-vhd.ts';
import { createVhdx } from '../vhdx/create-vhdx.ts';
import { FILE_SIGNATURE } from '../vhdx/layout.ts';
import { openVhdx } from '../vhdx/open-vhdx.ts';
import type { OpenChainOptions } from './parent.ts';

/** How to open an image, whatever its format; what a format has no use for it ignores. */
export interface OpenFormatOptions extends OpenChainOptions {
  /** Of raw images: 512 (default) or 4096. */
  readonly logicalBlockBytes?: number;
}

/** One format. */
export interface ImageFormat {
  readonly name: string;
  /** Whether the store looks like one. Reads a few sectors and throws only what the store throws. */
  probe(store: ByteStore): Promise<boolean>;
  /** Opens a disk over the store, which belongs to the disk from then on; when it throws, still to the caller. */
  open(store: ByteStore, options: OpenFormatOptions): Promise<BlockDevice>;
  /** Writes a new image of the format's plainest kind into an empty store. */
  create(store: ByteStore, sizeBytes: number): Promise<void>;
}

const vhd: ImageFormat = {
  name: 'vhd',
  async probe(store) {
    const tail = await bytesAt(store, store.sizeBytes - 512, 9);
    return (
      startsWithCookie(tail) ||
      startsWithCookie(tail.subarray(1)) ||
      startsWithCookie(await bytesAt(store, 0, 8))
    );
  },
  open: (store, options) => openVhd(store, options),
  create: (store, sizeBytes) => createVhd(store, { type: 'dynamic', sizeBytes }),
};

const vhdx: ImageFormat = {
  name: 'vhdx',
  probe: async (store) => String.fromCharCode(...(await bytesAt(store, 0, 8))) === FILE_SIGNATURE,
  open: (store, options) => openVhdx(store, options),
  create: (store, sizeBytes) => createVhdx(store, { type: 'dynamic', sizeBytes }),
};

const raw: ImageFormat = {
  name: 'raw',
  probe: async () => true,
  open: async (store, options) => new RawDisk(store, options),
  create: async (store, sizeBytes) => {
    await store.resize(sizeBytes);
    await store.flush();
  },
};

/** The formats in the order in which they are tried; raw fits everything and comes last. */
export const IMAGE_FORMATS: readonly ImageFormat[] = [vhdx, vhd, raw];

// Containers that must not pass for raw: a guest would see, and overwrite, their inner structures.
const FOREIGN = [
  { name: 'QCOW', magic: 'QFI\u00fb' },
  { name: 'VMDK', magic: 'KDMV' },
] as const;

/** The format of that name. Throws Error for an unknown one. */
export function imageFormat(name: string): ImageFormat {
  const format = IMAGE_FORMATS.find((known) => known.name === name);
  if (format === undefined) throw new Error(`there is no image format '${name}'`);
  return format;
}

/**
 * The format of what is in a store. The content decides, and the content of a raw disk is its guest's: name the format
 * of disks whose guests are not trusted. Throws 'corrupt' for containers that are known but cannot be opened.
 */
export async function detectFormat(store: ByteStore): Promise<ImageFormat> {
  for (const format of IMAGE_FORMATS) {
    if (format.name !== 'raw' && (await format.probe(store))) return format;
  }
  const start = String.fromCharCode(...(await bytesAt(store, 0, 8)));
  const foreign = FOREIGN.find(({ magic }) => start.startsWith(magic));
  if (foreign === undefined) return raw;
  throw new BlockError('corrupt', `this is a ${foreign.name} image: it can only be opened as 'raw' bytes`);
}

/** Bytes at a place, or none where there is no such place. */
async function bytesAt(store: ByteStore, offset: number, length: number): Promise<Uint8Array> {
  if (offset < 0 || offset + length > store.sizeBytes) return new Uint8Array(0);
  const bytes = new Uint8Array(length);
  await store.read(offset, [bytes]);
  return bytes;
}
