/** Small VHD images in memory, and ways to break them. */

import {
  createVhd,
  MemoryDisk,
  MemoryStore,
  openVhd,
  type ParentDisk,
  type VhdType,
} from '../../src/index.ts';
import { VhdDynamicHeader, VhdFooter, vhdChecksum } from '../../src/vhd/layout.ts';

export const PARENT_ID = '11111111-2222-3333-4444-555555555555';
export const HEADER_AT = 512;
export const TABLE_AT = 512 + 1024;

/** A parent of `sizeBytes` bytes of 0x50. */
export async function memoryParent(sizeBytes: number): Promise<ParentDisk> {
  return Object.assign(new MemoryDisk(new Uint8Array(sizeBytes).fill(0x50), { readOnly: true }), {
    uniqueId: PARENT_ID,
  });
}

/** An image with blocks of 4 KiB in which every third block has been written. */
export async function vhdImage(type: VhdType, sizeBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const store = new MemoryStore();
  const parent = {
    uniqueId: PARENT_ID,
    timeStamp: 1,
    name: 'parent.vhd',
    locators: [{ platform: 'W2ru' as const, path: '.\\parent.vhd' }],
  };
  await createVhd(store, {
    type,
    sizeBytes,
    blockBytes: 4096,
    ...(type === 'differencing' ? { parent } : {}),
  });
  const disk = await openVhd(store, { openParent: () => memoryParent(sizeBytes) });
  for (let offset = 0; offset + 1024 <= sizeBytes; offset += 3 * 4096) {
    await disk.write(offset + 512, [new Uint8Array(512).fill(offset / 4096 + 1)]);
  }
  await disk.flush();
  return store.toBytes();
}

/** Makes the checksum of the footer or header at `at` right again. */
export function fixChecksum(image: Uint8Array, at: number, what: 'footer' | 'header'): void {
  const schema = what === 'footer' ? VhdFooter : VhdDynamicHeader;
  const bytes = image.subarray(at, at + schema.size);
  if (bytes.length < schema.size) return;
  const view = new DataView(image.buffer, image.byteOffset);
  view.setUint32(at + schema.offsets.checksum, vhdChecksum(bytes, schema.offsets.checksum), false);
}
