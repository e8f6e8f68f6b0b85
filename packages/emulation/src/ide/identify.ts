/** The 256 words in which drives say what they are (ATA/ATAPI-6, IDENTIFY DEVICE). */

import type { Geometry } from './ata-address.ts';
import { MOST_MULTIPLE, MOST_MULTIWORD_MODE, MOST_ULTRA_MODE, SECTOR_BYTES, TransferMode } from './spec.ts';

/** What somebody may want a drive to be called. ASCII; what is too long is cut. */
export interface DriveNames {
  /** Up to 20 characters. */
  readonly serial?: string;
  /** Up to 40 characters. */
  readonly model?: string;
  /** Up to 8 characters. */
  readonly firmware?: string;
}

/** What of a disk is not the same for all. */
export interface DiskFacts extends DriveNames {
  readonly sectors: number;
  readonly physicalBlockBytes: number;
  /** As reset, and as INITIALIZE DEVICE PARAMETERS left it. */
  readonly defaultGeometry: Geometry;
  readonly geometry: Geometry;
  /** Sectors of READ MULTIPLE; 0 when it is off. */
  readonly multiple: number;
  readonly writeCache: boolean;
  /** As in SET FEATURES: kind and number. */
  readonly dmaMode: number;
  readonly isSlave: boolean;
}

const MOST_LBA28 = 0x0fff_ffff;
const MOST_CHS_SECTORS = 0xff_ffff;

/** Words by number, little-endian. */
class IdentifyWords {
  readonly bytes = new Uint8Array(SECTOR_BYTES);
  readonly #view = new DataView(this.bytes.buffer);

  set(word: number, value: number): void {
    this.#view.setUint16(2 * word, value, true);
  }

  /** Two words, the lower half first. */
  set32(word: number, value: number): void {
    this.#view.setUint32(2 * word, value, true);
  }

  /** Text, padded with blanks: the first character of a pair is in the upper byte. */
  setText(word: number, words: number, text: string): void {
    for (let i = 0; i < 2 * words; i += 1) {
      const code = i < text.length ? text.charCodeAt(i) : 0x20;
      this.bytes[2 * word + (i ^ 1)] = code >= 0x20 && code < 0x7f ? code : 0x20;
    }
  }

  /** The integrity word: signature and checksum of the rest. */
  seal(): Uint8Array {
    this.bytes[510] = 0xa5;
    this.bytes[511] = 0;
    this.bytes[511] = -this.bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
    return this.bytes;
  }
}

/** What disks and packet devices say alike: names, DMA modes, cable. */
function setCommonWords(words: IdentifyWords, names: DriveNames, dmaMode: number, isSlave: boolean): void {
  const selected = (kind: number, modes: number) =>
    (dmaMode & 0xf8) === kind ? modes | (0x100 << (dmaMode & 7)) : modes;
  words.setText(10, 10, names.serial ?? '');
  words.setText(23, 4, names.firmware ?? '1.0');
  words.setText(27, 20, names.model ?? '');
  words.set(49, 0x0f00); // LBA, DMA, IORDY and its disabling
  words.set(53, 0x0007); // words 54–58, 64–70 and 88 are valid
  words.set(63, selected(TransferMode.MULTIWORD_DMA, (2 << MOST_MULTIWORD_MODE) - 1));
  words.set(64, 0x0003); // PIO modes 3 and 4
  for (let word = 65; word <= 68; word += 1) words.set(word, 120); // cycle times in ns
  words.set(80, 0x00f0); // ATA-4 to ATA-7; below 4 Linux sends INITIALIZE DEVICE PARAMETERS
  words.set(88, selected(TransferMode.ULTRA_DMA, (2 << MOST_ULTRA_MODE) - 1));
  words.set(93, isSlave ? 0x6b00 : 0x604f); // 80-conductor cable; how the drive found its number
}

/** The answer of a disk, fresh bytes. */
export function identifyDisk(facts: DiskFacts): Uint8Array {
  const words = new IdentifyWords();
  const { defaultGeometry, geometry, sectors } = facts;
  words.set(0, 0x0040); // a fixed disk
  words.set(1, defaultGeometry.cylinders);
  words.set(3, defaultGeometry.heads);
  words.set(6, defaultGeometry.sectorsPerTrack);
  setCommonWords(words, facts, facts.dmaMode, facts.isSlave);
  words.set(47, 0x8000 | MOST_MULTIPLE);
  words.set(50, 0x4000);
  words.set(54, geometry.cylinders);
  words.set(55, geometry.heads);
  words.set(56, geometry.sectorsPerTrack);
  const chsSectors = geometry.cylinders * geometry.heads * geometry.sectorsPerTrack;
  words.set32(57, Math.min(chsSectors, MOST_CHS_SECTORS));
  words.set(59, facts.multiple === 0 ? 0 : 0x0100 | facts.multiple);
  words.set32(60, Math.min(sectors, MOST_LBA28));
  setCommandSets(words, facts.writeCache);
  words.set32(100, sectors % 2 ** 32);
  words.set32(102, Math.floor(sectors / 2 ** 32));
  const perBlock = facts.physicalBlockBytes / SECTOR_BYTES;
  if (perBlock > 1) words.set(106, 0x6000 | Math.log2(perBlock));
  words.set(209, 0x4000); // the first sector begins a block
  words.set(217, 0x0001); // nothing rotates
  return words.seal();
}

/** The answer of a DVD drive, fresh bytes: removable, packets of 12 bytes, asked for at once and without an interrupt. */
export function identifyPacketDevice(names: DriveNames, dmaMode: number, isSlave: boolean): Uint8Array {
  const words = new IdentifyWords();
  words.set(0, 0x85c0);
  setCommonWords(words, names, dmaMode, isSlave);
  for (const word of [82, 85]) words.set(word, 0x4210); // NOP, DEVICE RESET, PACKET
  for (const word of [83, 84, 87]) words.set(word, 0x4000);
  return words.seal();
}

/** NOP and the write cache; FLUSH CACHE in both forms and 48-bit addresses. Neither SMART nor a host protected area. */
function setCommandSets(words: IdentifyWords, writeCache: boolean): void {
  words.set(82, 0x4020);
  words.set(83, 0x7400);
  words.set(84, 0x4000);
  words.set(85, writeCache ? 0x4020 : 0x4000);
  words.set(86, 0x3400);
  words.set(87, 0x4000);
}
