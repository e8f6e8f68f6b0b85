/** Archives in the "newc" format, which a Linux kernel unpacks as its initial file system (Linux, "initramfs buffer format"). */

const HEADER_BYTES = 110;
const MAGIC = '070701';
const FIELDS = 13;
const TRAILER = 'TRAILER!!!';
/** Kinds of entries in the mode. */
const Kind = { FOLDER: 0o040000, FILE: 0o100000, LINK: 0o120000, CHARACTER: 0o020000 } as const;

interface Entry {
  readonly path: string;
  readonly mode: number;
  readonly bytes: Uint8Array;
  readonly device: readonly [major: number, minor: number];
}

/** Collects entries; all belong to root and are as old as the epoch, so that equal contents give equal archives. */
export class CpioArchive {
  readonly #entries = new Map<string, Entry>();

  /** A folder; those around it are made too. */
  folder(path: string, permissions = 0o755): this {
    return this.#add(path, Kind.FOLDER | permissions, new Uint8Array(0));
  }

  file(path: string, bytes: Uint8Array, permissions = 0o644): this {
    return this.#add(path, Kind.FILE | permissions, bytes);
  }

  /** A symbolic link. */
  link(path: string, target: string): this {
    return this.#add(path, Kind.LINK | 0o777, new TextEncoder().encode(target));
  }

  characterDevice(path: string, major: number, minor: number, permissions = 0o600): this {
    return this.#add(path, Kind.CHARACTER | permissions, new Uint8Array(0), [major, minor]);
  }

  /** The whole archive. */
  bytes(): Uint8Array {
    const trailer: Entry = { path: TRAILER, mode: 0, bytes: new Uint8Array(0), device: [0, 0] };
    const entries = [...this.#entries.values(), trailer];
    const archive = new Uint8Array(entries.reduce((sum, entry) => sum + entryBytes(entry), 0));
    let at = 0;
    entries.forEach((entry, index) => {
      at = writeEntry(archive, at, entry, entry === trailer ? 0 : index + 1);
    });
    return archive;
  }

  #add(path: string, mode: number, bytes: Uint8Array, device: Entry['device'] = [0, 0]): this {
    const parts = path.split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..') || path.includes('\0')) {
      throw new RangeError(`not a path of an archive: ${JSON.stringify(path)}`);
    }
    // A kernel does not make the folders that a path needs.
    const parent = parts.slice(0, -1).join('/');
    if (parent !== '' && !this.#entries.has(parent)) this.folder(parent);
    this.#entries.set(path, { path, mode, bytes, device });
    return this;
  }
}

const pad = (byteCount: number): number => (byteCount + 3) & ~3;

/** Header and name are padded together, so the name with its end is counted from the header's end. */
function dataOffset(nameBytes: number): number {
  return pad(HEADER_BYTES + nameBytes);
}

function entryBytes({ path, bytes }: Entry): number {
  return dataOffset(new TextEncoder().encode(path).length + 1) + pad(bytes.length);
}

function writeEntry(archive: Uint8Array, at: number, entry: Entry, inode: number): number {
  const name = new TextEncoder().encode(`${entry.path}\0`);
  const links = (entry.mode & Kind.FOLDER) !== 0 ? 2 : 1;
  const fields = new Array<number>(FIELDS).fill(0);
  // inode, mode, uid, gid, links, mtime, size, device (2), device of a special file (2), name size, checksum
  [fields[0], fields[1], fields[4], fields[6]] = [inode, entry.mode, links, entry.bytes.length];
  [fields[9], fields[10], fields[11]] = [...entry.device, name.length];
  const header = MAGIC + fields.map((value) => value.toString(16).padStart(8, '0')).join('');
  archive.set(new TextEncoder().encode(header), at);
  archive.set(name, at + HEADER_BYTES);
  const dataAt = at + dataOffset(name.length);
  archive.set(entry.bytes, dataAt);
  return dataAt + pad(entry.bytes.length);
}
