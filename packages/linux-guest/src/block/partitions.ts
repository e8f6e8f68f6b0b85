/**
 * Partition tables: the master boot record and the GUID partition table.
 *
 * Sources: UEFI specification, "GUID Partition Table (GPT) Disk Layout"; the MBR's layout as it repeats there.
 * Tables are a stranger's bytes: entries that lie outside the disk or run backwards are left out.
 */

import { bytes, formatGuid, guid, pad, struct, u8, u32, u64safe } from '@viridian/wire';

/** One partition of a disk. */
export interface Partition {
  /** Number from 1, as in `sda1`. */
  readonly number: number;
  readonly firstLba: number;
  readonly blocks: number;
  /** MBR type as `0x83`, or the GPT type GUID. */
  readonly type: string;
  /** GPT partition name; empty for MBR. */
  readonly name: string;
}

/** What reads whole blocks of a disk. */
export interface BlockReader {
  readonly blockBytes: number;
  readonly blockCount: number;
  readBlocks(lba: number, count: number): Promise<Uint8Array>;
}

const MBR_ENTRIES = 446;
const MBR_SIGNATURE = 510;
const GPT_PROTECTIVE = 0xee;
const GPT_MAX_ENTRIES = 128;

const MbrEntry = struct('MBR partition entry', 16, {
  status: u8,
  firstChs: bytes(3),
  type: u8,
  lastChs: bytes(3),
  firstLba: u32,
  blocks: u32,
});

const GptHeader = struct('GPT header', 92, {
  signature: bytes(8),
  revision: u32,
  headerBytes: u32,
  headerCrc: u32,
  reserved: pad(4),
  myLba: u64safe,
  alternateLba: u64safe,
  firstUsableLba: u64safe,
  lastUsableLba: u64safe,
  diskGuid: guid,
  entriesLba: u64safe,
  entryCount: u32,
  entryBytes: u32,
  entriesCrc: u32,
});

const GptEntry = struct('GPT partition entry', 128, {
  type: bytes(16),
  unique: bytes(16),
  firstLba: u64safe,
  lastLba: u64safe,
  attributes: bytes(8),
  name: bytes(72),
});

/** Reads the partition table; an empty list where the disk has none that can be read. */
export async function scanPartitions(disk: BlockReader): Promise<Partition[]> {
  if (disk.blockCount < 2) return [];
  const sector = await disk.readBlocks(0, 1);
  const view = new DataView(sector.buffer, sector.byteOffset, sector.byteLength);
  if (view.getUint16(MBR_SIGNATURE, true) !== 0xaa55) return [];
  const entries = [0, 1, 2, 3].map((index) => MbrEntry.read(view, MBR_ENTRIES + index * 16));
  if (entries.some((entry) => entry.type === GPT_PROTECTIVE)) return scanGpt(disk);
  return entries
    .map((entry, index) => ({
      number: index + 1,
      firstLba: entry.firstLba,
      blocks: entry.blocks,
      type: `0x${entry.type.toString(16).padStart(2, '0')}`,
      name: '',
    }))
    .filter((partition) => partition.type !== '0x00' && fits(disk, partition));
}

async function scanGpt(disk: BlockReader): Promise<Partition[]> {
  const sector = await disk.readBlocks(1, 1);
  const view = new DataView(sector.buffer, sector.byteOffset, sector.byteLength);
  if (new TextDecoder().decode(sector.slice(0, 8)) !== 'EFI PART') return [];
  let header: ReturnType<typeof GptHeader.read>;
  try {
    header = GptHeader.read(view, 0);
  } catch {
    return []; // a block number beyond 2^53
  }
  const count = Math.min(header.entryCount, GPT_MAX_ENTRIES);
  if (header.entryBytes < GptEntry.size || header.entryBytes > 4096) return [];
  const blocks = Math.ceil((count * header.entryBytes) / disk.blockBytes);
  if (count === 0 || !fits(disk, { firstLba: header.entriesLba, blocks })) return [];
  const table = await disk.readBlocks(header.entriesLba, blocks);
  const entries = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const found: Partition[] = [];
  for (let index = 0; index < count; index += 1) {
    const partition = gptPartition(entries, index, header.entryBytes);
    if (partition !== undefined && fits(disk, partition)) found.push(partition);
  }
  return found;
}

function gptPartition(view: DataView, index: number, entryBytes: number): Partition | undefined {
  try {
    const entry = GptEntry.read(view, index * entryBytes);
    if (entry.type.every((byte) => byte === 0)) return undefined;
    return {
      number: index + 1,
      firstLba: entry.firstLba,
      blocks: entry.lastLba - entry.firstLba + 1,
      type: formatGuid(entry.type),
      name: new TextDecoder('utf-16le').decode(entry.name).replace(/\0.*$/s, ''),
    };
  } catch {
    return undefined;
  }
}

function fits(disk: BlockReader, range: { firstLba: number; blocks: number }): boolean {
  return range.firstLba > 0 && range.blocks > 0 && range.firstLba + range.blocks <= disk.blockCount;
}
