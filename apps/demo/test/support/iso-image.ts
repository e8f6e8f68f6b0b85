/** Small ISO 9660 images for DVD drives: one folder of files, level 1 (ECMA-119). */

const BLOCK_BYTES = 2048;
const DESCRIPTORS_BLOCK = 16;
const PATH_TABLE_BLOCK = 18;
const ROOT_BLOCK = 20;
const FIRST_FILE_BLOCK = 21;

/** An image of these files; names as in `DATA.BIN`. */
export function isoImage(volume: string, files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const placed: { name: string; bytes: Uint8Array; block: number }[] = [];
  let next = FIRST_FILE_BLOCK;
  for (const [name, bytes] of Object.entries(files)) {
    placed.push({ name: `${name};1`, bytes, block: next });
    next += Math.ceil(bytes.length / BLOCK_BYTES);
  }
  const image = new Uint8Array(next * BLOCK_BYTES);
  const root = record('\0', ROOT_BLOCK, BLOCK_BYTES, true);
  const parent = record('\x01', ROOT_BLOCK, BLOCK_BYTES, true);
  const records = [
    root,
    parent,
    ...placed.map(({ name, bytes, block }) => record(name, block, bytes.length, false)),
  ];
  let at = ROOT_BLOCK * BLOCK_BYTES;
  for (const bytes of records) {
    image.set(bytes, at);
    at += bytes.length;
  }
  for (const { bytes, block } of placed) image.set(bytes, block * BLOCK_BYTES);
  writeDescriptors(image, volume, root);
  return image;
}

function writeDescriptors(image: Uint8Array, volume: string, root: Uint8Array): void {
  const view = new DataView(image.buffer);
  const primary = DESCRIPTORS_BLOCK * BLOCK_BYTES;
  text(image, primary, '\x01CD001\x01');
  image.fill(0x20, primary + 8, primary + 72);
  text(image, primary + 40, volume);
  both32(view, primary + 80, image.length / BLOCK_BYTES);
  both16(view, primary + 120, 1);
  both16(view, primary + 124, 1);
  both16(view, primary + 128, BLOCK_BYTES);
  const pathTable = [1, 0, ROOT_BLOCK, 0, 0, 0, 1, 0, 0, 0];
  both32(view, primary + 132, pathTable.length);
  view.setUint32(primary + 140, PATH_TABLE_BLOCK, true);
  view.setUint32(primary + 148, PATH_TABLE_BLOCK + 1, false);
  image.set(root, primary + 156);
  image.fill(0x20, primary + 190, primary + 813);
  image[primary + 881] = 1;
  text(image, primary + BLOCK_BYTES, '\xffCD001\x01');
  image.set(pathTable, PATH_TABLE_BLOCK * BLOCK_BYTES);
  image.set([1, 0, 0, 0, 0, ROOT_BLOCK, 0, 1, 0, 0], (PATH_TABLE_BLOCK + 1) * BLOCK_BYTES);
}

/** A directory record. */
function record(name: string, block: number, length: number, isFolder: boolean): Uint8Array {
  const bytes = new Uint8Array((33 + name.length + 1) & ~1);
  const view = new DataView(bytes.buffer);
  bytes[0] = bytes.length;
  both32(view, 2, block);
  both32(view, 10, length);
  bytes.set([126, 1, 1, 0, 0, 0, 0], 18);
  bytes[25] = isFolder ? 2 : 0;
  both16(view, 28, 1);
  bytes[32] = name.length;
  text(bytes, 33, name);
  return bytes;
}

function text(bytes: Uint8Array, at: number, characters: string): void {
  for (let i = 0; i < characters.length; i++) bytes[at + i] = characters.charCodeAt(i);
}

function both16(view: DataView, at: number, value: number): void {
  view.setUint16(at, value, true);
  view.setUint16(at + 2, value, false);
}

function both32(view: DataView, at: number, value: number): void {
  view.setUint32(at, value, true);
  view.setUint32(at + 4, value, false);
}
